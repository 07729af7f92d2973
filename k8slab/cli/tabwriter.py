"""Columns of text as Go programs line them up: kubectl's tables and descriptions, docker's lists.

Models Go's text/tabwriter with blanks as padding. A cell ends at a tab; the rest of a line after its last tab belongs to no
column. A column is a run of consecutive lines that have a cell at that place: a line without one ends it, which is why one
long line in the middle of a description does not push the others apart.
Left out: padding with tabs, right alignment, HTML, escapes.
"""

from __future__ import annotations


class TabWriter:
    """Collects text with `write` and lines it up on `flush`, which returns it.

    *remember* keeps the widths of the first flush for the lines of later ones: the rows that ``get -w`` adds.
    """

    def __init__(self, min_width: int = 0, padding: int = 2, *, remember: bool = False) -> None:
        self.min_width = min_width
        self.padding = padding
        self.remember = remember
        self.remembered: list[int] = []
        self._text: list[str] = []

    def write(self, text: str) -> None:
        """Add *text*: cells end with a tab, lines with a newline."""
        self._text.append(text)

    def flush(self) -> str:
        """Return everything written since the last flush, lined up. The next text starts new columns."""
        text = "".join(self._text)
        self._text.clear()
        if not text:
            return ""
        lines = [line.split("\t") for line in text.split("\n")]
        out: list[str] = []
        first: list[int] = []
        self._format(lines, 0, len(lines), [], out, first)
        if self.remember:
            self.remembered = _widest(first, self.remembered)
        return "\n".join(out)

    def _format(
        self, lines: list[list[str]], start: int, end: int, widths: list[int], out: list[str], first: list[int]
    ) -> None:
        """Append lines[start:end] to *out*; the columns before the current one have *widths*."""
        column = len(widths)
        line = start
        written = start
        while line < end:
            if column >= len(lines[line]) - 1:
                line += 1
                continue
            self._put(lines, written, line, widths, out)
            block = line
            width = self.min_width
            while line < end and column < len(lines[line]) - 1:
                width = max(width, len(lines[line][column]) + self.padding)
                line += 1
            if column < len(self.remembered):
                width = max(width, self.remembered[column])
            if self.remember:
                if column < len(first):
                    first[column] = max(first[column], width)
                else:
                    first.append(width)
            self._format(lines, block, line, [*widths, width], out, first)
            written = line
        self._put(lines, written, end, widths, out)

    @staticmethod
    def _put(lines: list[list[str]], start: int, end: int, widths: list[int], out: list[str]) -> None:
        for cells in lines[start:end]:
            padded = [cell.ljust(widths[index]) for index, cell in enumerate(cells[:-1])]
            out.append("".join(padded) + cells[-1])


def _widest(some: list[int], others: list[int]) -> list[int]:
    longer, shorter = (some, others) if len(some) >= len(others) else (others, some)
    return [max(width, shorter[i]) if i < len(shorter) else width for i, width in enumerate(longer)]


def lined_up(text: str, min_width: int = 0, padding: int = 2) -> str:
    """Return *text* with its cells lined up."""
    writer = TabWriter(min_width, padding)
    writer.write(text)
    return writer.flush()
