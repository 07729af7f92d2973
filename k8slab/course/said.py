"""Words that show themselves in a cell: plain in a terminal, with code spans and lists in a notebook.

The text is the least part of Markdown: paragraphs, ``code spans``, and indented lines, which are code.
"""

from __future__ import annotations

import html
import re

CODE_SPAN = re.compile(r"`([^`]+)`")


class Said:
    """A piece of text under an optional *title*."""

    def __init__(self, text: str, title: str = "") -> None:
        self.text = text.strip("\n")
        self.title = title

    def __str__(self) -> str:
        return f"{self.title}\n{self.text}" if self.title else self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = f"<p><strong>{inline(self.title)}</strong></p>" if self.title else ""
        return f'<div class="k8slab-said">{head}{blocks(self.text)}</div>'


def inline(text: str) -> str:
    """Return *text* as HTML with its code spans."""
    return CODE_SPAN.sub(r"<code>\1</code>", html.escape(text, quote=False))


def blocks(text: str) -> str:
    """Return *text* as HTML: blank lines part paragraphs, indented paragraphs are code."""
    parts = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if all(line.startswith("    ") for line in block.splitlines()):
            code = "\n".join(line[4:] for line in block.splitlines())
            parts.append(f"<pre>{html.escape(code, quote=False)}</pre>")
        else:
            parts.append("<p>" + "<br>".join(inline(line) for line in block.splitlines()) + "</p>")
    return "".join(parts)
