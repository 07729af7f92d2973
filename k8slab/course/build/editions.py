"""A chapter's source is one Python file in jupytext's percent format; here it becomes an English and a Chinese notebook.

Code cells stand once. Text cells stand twice in a row, ``lang="en"`` and then ``lang="zh"``. The cell tagged ``language`` names
the edition's language and is the only code that differs. Links are written as seen from ``notebooks/``; the Chinese edition
lies one folder deeper, so there all links but those to other pages of the course get a ``../``.
"""

from __future__ import annotations

import copy
import hashlib
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from k8slab.course.content import LANGUAGES, Language

PAGE = re.compile(r"\d\d-[a-z0-9-]+\.ipynb")
CJK = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’…—"
BROKEN_LINE = re.compile(f"(?<=[{CJK}])\n[ ]*(?=[{CJK}])")
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
OTHER_EDITION = {
    "en": "[中文版](zh/{name}.ipynb)",
    "zh": "[English](../{name}.ipynb)",
}


class SourceError(Exception):
    """The source of a chapter breaks a rule of its format; the message names the cell."""


def read(path: Path) -> Any:
    """Return the source at *path* as a notebook, both languages in it."""
    return jupytext.read(path, fmt="py:percent")


def sha256(path: Path) -> str:
    """Return the digest of the source at *path*, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def twins(source: Any) -> list[tuple[str, str]]:
    """Return the texts of *source* in both languages, in order. Raises `SourceError` for one without its twin."""
    pairs, waiting = [], None
    for cell in source.cells:
        language = cell.metadata.get("lang")
        if waiting is not None and (cell.cell_type != "markdown" or language != "zh"):
            raise SourceError(f"this English text has no Chinese twin after it:\n{waiting}")
        if cell.cell_type != "markdown":
            continue
        if language == "en":
            waiting = cell.source
        elif language == "zh" and waiting is not None:
            pairs.append((waiting, cell.source))
            waiting = None
        else:
            raise SourceError(f'a text cell must say lang="en" and be followed by its lang="zh":\n{cell.source}')
    if waiting is not None:
        raise SourceError(f"this English text has no Chinese twin after it:\n{waiting}")
    return pairs


def edition(source: Any, language: Language, name: str, digest: str) -> Any:
    """Return the notebook *name* of *source* in *language*, not yet run; *digest* goes into its metadata."""
    cells: list[Any] = []
    for cell in source.cells:
        if cell.metadata.get("lang") not in (None, language):
            continue
        tags = list(cell.metadata.get("tags", ()))
        text = cell.source
        if cell.cell_type == "markdown":
            text = relinked(unbroken(text)) if language == "zh" else text
            if not cells:
                text = f"{text}\n\n{OTHER_EDITION[language].format(name=name)}"
            cells.append(nbformat.v4.new_markdown_cell(text, metadata={"tags": tags} if tags else {}))
        else:
            text = in_language(text, language) if "language" in tags else text
            cells.append(nbformat.v4.new_code_cell(text, metadata={"tags": tags} if tags else {}))
    return nbformat.v4.new_notebook(cells=cells, metadata={"k8slab": {"language": language, "source_sha256": digest}})


def editions(path: Path) -> dict[Language, Any]:
    """Return the notebooks of the source at *path*, by language."""
    source = read(path)
    twins(source)
    return {language: edition(copy.deepcopy(source), language, path.stem, sha256(path)) for language in LANGUAGES}


def in_language(code: str, language: Language) -> str:
    """Return the cell that names the language, for *language*. Raises `SourceError` if it names none."""
    if 'language="en"' not in code:
        raise SourceError(f'the cell tagged "language" does not say language="en":\n{code}')
    return code.replace('language="en"', f'language="{language}"')


def unbroken(text: str) -> str:
    """Return Chinese *text* with the lines of a paragraph joined: Markdown makes a space of a line's end, Chinese has none."""
    headings = re.split(r"(^#+ .*\n)", text, flags=re.MULTILINE)
    return "".join(part if part.startswith("#") else BROKEN_LINE.sub("", part) for part in headings)


def relinked(text: str) -> str:
    """Return *text* with its links as seen from one folder deeper."""

    def deeper(link: re.Match[str]) -> str:
        target = link[2]
        stays = "://" in target or target.startswith(("#", "/", "mailto:", "data:")) or PAGE.match(target)
        return link[0] if stays else f"{link[1]}../{target}{link[3]}"

    return LINK.sub(deeper, text)
