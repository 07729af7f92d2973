"""From text to instructions' lines: directives, comments, continuation lines, heredocs, flags.

Models frontend/dockerfile/parser. A line that ends in the escape character goes on in the next; comments and blank lines in
between are dropped (blank ones with a warning). Heredocs are allowed where upstream allows them: RUN, COPY, ADD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from k8slab.docker.builder.errors import DockerfileError, parse_error

LONGEST_LINE = 65535  # bufio.MaxScanTokenSize - 1
MOST_BYTES = 4 << 20
_DIRECTIVE = re.compile(r"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = ("escape", "syntax", "check")
_HEREDOC = re.compile(r"^(\d*)<<(-?)([^<]*)$")
_WHITESPACE = re.compile(r"[\t\v\f\r ]+")
WITH_HEREDOCS = ("add", "copy", "run")


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A document inside the Dockerfile. *expand* is off when the name was quoted; *chomp* takes leading tabs away."""

    name: str
    content: str
    expand: bool = True
    chomp: bool = False

    @property
    def text(self) -> str:
        """The content, without leading tabs if `<<-` was used."""
        return re.sub(r"(?m)^\t+", "", self.content) if self.chomp else self.content


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction as it stands in the file. *keyword* keeps its case; *rest* is what follows keyword and flags."""

    keyword: str
    rest: str
    flags: tuple[str, ...]
    original: str
    start: int
    end: int
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class Source:
    """A Dockerfile taken apart: its lines, and what its directives say. *empty_continuations* are ``(start, end)`` of lines."""

    text: str
    lines: list[Line] = field(default_factory=list)
    escape: str = "\\"
    syntax: str = ""
    check: str = ""
    empty_continuations: list[tuple[int, int]] = field(default_factory=list)


def read(data: bytes | str) -> Source:
    """Return *data* taken apart. Raises `DockerfileError`."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if len(text) > MOST_BYTES:
        raise DockerfileError("the Dockerfile is larger than 4 MB")
    text = text.removeprefix("\ufeff")
    source = Source(text)
    rows = text.split("\n")
    if rows and rows[-1] == "":
        rows.pop()
    for row in rows:
        if len(row) > LONGEST_LINE:
            raise DockerfileError(f"dockerfile line greater than max allowed size of {LONGEST_LINE}")
    _Reader(source, [row.removesuffix("\r") for row in rows]).run()
    return source


class _Reader:
    def __init__(self, source: Source, rows: list[str]) -> None:
        self.source = source
        self.rows = rows
        self.at = 0  # rows read so far: the number of the row last read
        self.continued = _continuation("\\")
        self.seen: list[str] = []
        self.directives_over = False

    def run(self) -> None:
        comments: list[str] = []
        while self.at < len(self.rows):
            row = self._next().lstrip()
            if row.startswith("#"):
                self._directive(row)
                comment = row[1:].strip()
                comments = [*comments, comment] if comment else []
                continue
            self.directives_over = True
            start = self.at
            text, is_over = self._trim(row)
            if is_over and not text:
                continue
            text = self._joined(text, is_over, start)
            line = self._line(text, start, tuple(comments))
            comments = []
            self.source.lines.append(line)
        if not self.source.lines:
            raise DockerfileError("file with no instructions", (1, 1), classic="file with no instructions")

    def _next(self) -> str:
        row = self.rows[self.at]
        self.at += 1
        return row

    def _joined(self, text: str, is_over: bool, start: int) -> str:
        parts = [text]
        has_empty = False
        while not is_over and self.at < len(self.rows):
            row = self._next()
            if row.lstrip().startswith("#"):
                continue
            if not row.strip():
                has_empty = True
                continue
            more, is_over = self._trim(row)
            parts.append(more)
        if has_empty:
            self.source.empty_continuations.append((start, self.at))
        return "".join(parts)

    def _trim(self, row: str) -> tuple[str, bool]:
        match = self.continued.search(row)
        return (row[: match.start()], False) if match else (row, True)

    def _directive(self, row: str) -> None:
        if self.directives_over:
            return
        match = _DIRECTIVE.match(row)
        key = match[1].lower() if match else ""
        if match is None or key not in _DIRECTIVES:
            self.directives_over = True
            return
        if key in self.seen:
            raise DockerfileError(f"only one {key} parser directive can be used", (self.at, self.at))
        self.seen.append(key)
        value = match[2]
        if key == "escape":
            if value not in ("`", "\\"):
                raise DockerfileError(f"invalid escape token '{value}' does not match ` or \\", (self.at, self.at))
            self.source.escape = value
            self.continued = _continuation(value)
        elif key == "syntax":
            self.source.syntax = value
        else:
            self.source.check = value

    def _line(self, text: str, start: int, comments: tuple[str, ...]) -> Line:
        end = self.at
        keyword, flags, rest = self._split(text, start)
        subject, inner = keyword.lower(), rest
        if subject == "onbuild":
            subject, _, inner = self._split(rest, start)
            subject = subject.lower()
        heredocs: list[Heredoc] = []
        if subject in WITH_HEREDOCS and "<<" in inner:
            for found in find_heredocs(inner, self.source.escape):
                heredocs.append(self._read_heredoc(found, start))
            end = self.at
        return Line(keyword, rest, flags, text, start, end, tuple(heredocs), comments)

    def _read_heredoc(self, found: Heredoc, start: int) -> Heredoc:
        content: list[str] = []
        while self.at < len(self.rows):
            row = self._next()
            if (row.lstrip("\t") if found.chomp else row) == found.name:
                return Heredoc(found.name, "".join(content), found.expand, found.chomp)
            content.append(row + "\n")
        raise DockerfileError("unterminated heredoc", (start, self.at))

    def _split(self, text: str, start: int) -> tuple[str, tuple[str, ...], str]:
        parts = _WHITESPACE.split(text.strip(), maxsplit=1)
        keyword = parts[0]
        rest = parts[1].strip() if len(parts) == 2 else ""
        try:
            rest, flags = extract_flags(rest, self.source.escape)
        except ValueError as error:
            raise parse_error(start, str(error), self.at) from None
        return keyword, flags, rest.strip()


def _continuation(escape: str) -> re.Pattern[str]:
    return re.compile(re.escape(escape) + r"[ \t]*$")


def extract_flags(text: str, escape: str = "\\") -> tuple[str, tuple[str, ...]]:
    """Return what follows the ``--flags`` at the beginning of *text*, and those flags with their quotes taken off."""
    flags: list[str] = []
    at = 0
    size = len(text)
    while True:
        while at < size and text[at].isspace():
            at += 1
        if not text.startswith("--", at):
            return text[at:], tuple(flags)
        word: list[str] = []
        quote = ""
        start = at
        while at < size:
            mark = text[at]
            if quote:
                if mark == quote:
                    quote = ""
                elif mark == escape and at + 1 < size:
                    at += 1
                    word.append(text[at])
                else:
                    word.append(mark)
            elif mark.isspace():
                break
            elif mark in "'\"":
                quote = mark
            elif mark == escape and at + 1 < size:
                at += 1
                word.append(text[at])
            else:
                word.append(mark)
            at += 1
        if "".join(word) == "--":
            return text[at:], tuple(flags)
        flags.append("".join(word))
        if at == start:
            return text[at:], tuple(flags)


def find_heredocs(text: str, escape: str = "\\") -> list[Heredoc]:
    """Return the heredocs that *text* announces (``<<EOF``, ``<<-'EOF'``, ``3<<EOF``), without content."""
    found = []
    for word in split_words(text, escape):
        heredoc = heredoc_of(word)
        if heredoc is not None:
            found.append(heredoc)
    return found


def heredoc_of(word: str) -> Heredoc | None:
    """Return the heredoc that *word* announces, or None."""
    match = _HEREDOC.match(word)
    if match is None or not match[3]:
        return None
    rest = match[3]
    name = re.sub(r"['\"\\]", "", rest)
    if not name or any(mark.isspace() for mark in name):
        return None
    return Heredoc(name, "", expand=name == rest, chomp=bool(match[2]))


def split_words(text: str, escape: str = "\\") -> list[str]:
    """Return the words of *text*, quotes and escapes kept as they are (parser.parseWords)."""
    words: list[str] = []
    word: list[str] = []
    quote = ""
    blank_ok = False
    at = 0
    while at < len(text):
        mark = text[at]
        at += 1
        if not quote and mark.isspace():
            if word or blank_ok:
                words.append("".join(word))
            word, blank_ok = [], False
            continue
        if mark == escape and quote != "'":
            if at == len(text):
                break
            word.append(mark)
            mark = text[at]
            at += 1
            word.append(mark)
            continue
        if quote and mark == quote:
            quote = ""
        elif not quote and mark in "'\"":
            quote, blank_ok = mark, True
        word.append(mark)
    if word or blank_ok:
        words.append("".join(word))
    return words
