"""Why a build fails, and where: every error of the builder knows its lines in the Dockerfile."""

from __future__ import annotations


class BuildError(Exception):
    """A build cannot go on. *lines* are the first and the last line concerned (1-based), None if it is no line's fault.

    *classic* is what the old builder says where its words differ; *output* is what the failing step still had to print.
    """

    def __init__(
        self,
        message: str,
        lines: tuple[int, int] | None = None,
        *,
        classic: str = "",
        code: int = 0,
        output: str = "",
    ) -> None:
        super().__init__(message)
        self.output = output
        self.message = message
        self.lines = lines
        self.classic = classic or message
        #: The exit code of the command that failed.
        self.code = code


class DockerfileError(BuildError):
    """The Dockerfile itself is wrong: nothing was run."""


def parse_error(line: int, message: str, end: int = 0) -> DockerfileError:
    """Return the error for a bad instruction at *line*."""
    return DockerfileError(f"dockerfile parse error on line {line}: {message}", (line, end or line))


def excerpt(filename: str, text: str, lines: tuple[int, int]) -> str:
    """Return the lines of *text* around *lines*, those marked with ``>>>``, as ``docker build`` prints them (errdefs.Source.Print)."""
    rows = text.split("\n")
    first, last = lines
    first = max(1, min(first, len(rows)))
    last = max(first, min(last, len(rows)))
    show_first, show_last, counted = first, last, 0
    while counted < (4 if first == last else 2):  # two lines on each side of one, one on each side of several
        if show_first > 1:
            show_first -= 1
            counted += 1
        if show_last != len(rows):
            show_last += 1
            counted += 1
        counted += 1
    out = [f"{filename}:{first}", "-" * 20]
    for number in range(show_first, show_last + 1):
        mark = ">>>" if first <= number <= last else "   "
        out.append(f" {number:3d} | {mark} {rows[number - 1]}")
    return "\n".join([*out, "-" * 20]) + "\n"
