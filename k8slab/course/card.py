"""A panel as a picture: its words on a card, for the places that show nothing but pictures. English, as all figures are."""

from __future__ import annotations

from k8slab.views import tokens

LINE = 22  # px from line to line


def card(text: str) -> bytes:
    """Return a PNG of *text*: its first line as the title, the others below, wrapped to the card."""
    from k8slab.views.figures.canvas import MARGIN, Canvas  # matplotlib: on first use

    title, *rest = text.split("\n")
    width = tokens.FIGURE["width"] - 2 * MARGIN
    lines = [part for line in rest for part in wrapped(line, width)]
    canvas = Canvas(height=round(2 * MARGIN + 2 * LINE + LINE * len(lines)))
    canvas.box(0, 0, canvas.width, canvas.height, fill="raised", line="line", radius=tokens.RADIUS["card"])
    canvas.text(MARGIN, MARGIN + 8, title, size="title", strong=True, width=width)
    for number, line in enumerate(lines):
        canvas.text(MARGIN, MARGIN + 2 * LINE + LINE * number, line)
    return canvas.picture(text).png


def wrapped(line: str, width: float) -> list[str]:
    """Return *line* parted at its spaces so that each piece is at most *width* px wide; it keeps its indent."""
    from k8slab.views.figures.canvas import text_width

    indent = " " * (len(line) - len(line.lstrip()))
    pieces, current = [], indent
    for word in line.split():
        longer = f"{current}{word}" if not current.strip() else f"{current} {word}"
        if current.strip() and text_width(longer, tokens.SIZES["text"]) > width:
            pieces.append(current)
            longer = f"{indent}   {word}"
        current = longer
    return [*pieces, current]
