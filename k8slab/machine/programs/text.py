"""Lines in, lines out: sort, uniq, cut, tr, paste, join's little sisters fold and expand, comm, diff.

Left out: locales (bytes order, as LC_ALL=C.UTF-8 in images), sort's -k options beyond field ranges with n, r, h, f.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Generator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from simpy.events import Event

from k8slab.machine.programs.tool import Call, Options, Steps, quoted, reason


def lines_of(call: Call, paths: list[str]) -> Generator[Event, Any, tuple[list[str], int]]:
    """Return the lines of *paths* (stdin if none), without newlines, and the exit code."""
    lines: list[str] = []
    code = 0
    for path in paths or ["-"]:
        try:
            data = yield from call.read(path)
        except OSError as error:
            if call.busybox:
                code = call.fail(f"{path}: {reason(error)}")
            else:
                code = call.fail(
                    f"cannot read: {path}: {reason(error)}" if call.name == "sort" else f"{path}: {reason(error)}"
                )
                code = 2 if call.name == "sort" else code
            continue
        text = data.decode(errors="surrogateescape")
        lines += text.split("\n")[:-1] if text.endswith("\n") else text.split("\n") if text else []
    return lines, code


def sort(call: Call) -> Steps:
    options, paths = call.options(
        "nrufk:t:o:hsVbcmgMzid",
        {
            "numeric-sort": "n",
            "reverse": "r",
            "unique": "u",
            "key=": "k",
            "field-separator=": "t",
            "output=": "o",
            "human-numeric-sort": "h",
            "ignore-case": "f",
            "version-sort": "V",
            "check": "c",
            "stable": "s",
        },
        code=2,
    )
    lines, code = yield from lines_of(call, paths)
    if code:
        return code
    keys = [_SortKey(text, options) for text in options.all("k")] or [_SortKey("", options)]
    separator = options.get("t") or None

    def key(line: str) -> Any:
        return [one.value(line, separator) for one in keys]

    if "c" in options:
        for number, (one, two) in enumerate(itertools.pairwise(lines), start=2):
            if key(one) > key(two):
                return call.fail(f"{paths[0] if paths else '-'}:{number}: disorder: {two}")
        return 0
    reverse = "r" in options
    if not options.all("k") and not any(letter in options for letter in "nhfVgMbd"):
        lines.sort(reverse=reverse)
    else:
        if "s" not in options and "u" not in options:
            lines.sort(reverse=reverse)
        for sort_key in reversed(keys):
            lines.sort(key=partial(_SortKey.value, sort_key, separator=separator), reverse=sort_key.reverse)
    if "u" in options:
        kept: list[str] = []
        for line in lines:
            if not kept or key(kept[-1]) != key(line):
                kept.append(line)
        lines = kept
    text = "".join(line + "\n" for line in lines)
    if "o" in options:
        call.files.write(options.get("o"), text)
    else:
        call.out(text)
    return 0


class _SortKey:
    """One ``-k`` of sort: the fields it looks at and how it compares."""

    def __init__(self, text: str, options: Options) -> None:
        match = re.match(r"(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?", text)
        self.first = int(match[1]) if match else 0
        self.last = int(match[4]) if match and match[4] else 0
        letters = (match[3] or "") + (match[6] or "") if match else ""
        given = letters or "".join(letter for letter in "nrfhVgMb" if letter in options)
        self.letters = given
        self.reverse = "r" in given

    def value(self, line: str, separator: str | None) -> Any:
        """Return what this key compares of *line*."""
        text = line
        if self.first:
            if separator:
                fields = line.split(separator)
            else:
                fields = re.findall(r"\s*\S+", line)
            text = (separator or "").join(fields[self.first - 1 : self.last or None])
        if "n" in self.letters or "g" in self.letters:
            match = re.match(r"\s*(-?\d*\.?\d*)", text)
            try:
                return float(match[1]) if match and match[1] not in ("", "-", ".", "-.") else 0.0
            except ValueError:
                return 0.0
        if "h" in self.letters:
            match = re.match(r"\s*(-?\d+\.?\d*)([KMGTPE]?)", text)
            return float(match[1]) * 1024 ** " KMGTPE".index(match[2] or " ") if match else 0.0
        if "V" in self.letters:
            return [
                (not piece.isdigit(), int(piece) if piece.isdigit() else 0, piece) for piece in re.split(r"(\d+)", text)
            ]
        if "M" in self.letters:
            months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
            name = text.strip()[:3].upper()
            return months.index(name) + 1 if name in months else 0
        if "b" in self.letters:
            text = text.lstrip()
        return text.upper() if "f" in self.letters else text


def uniq(call: Call) -> Steps:
    options, paths = call.options("cduif:s:w:", {"count": "c", "repeated": "d", "unique": "u", "ignore-case": "i"})
    lines, code = yield from lines_of(call, paths[:1])
    groups: list[tuple[str, int]] = []

    def key(line: str) -> str:
        text = line
        for _ in range(int(options.get("f") or 0)):
            text = re.sub(r"^\s*\S+", "", text)
        text = text[int(options.get("s") or 0) :]
        text = text[: int(options.get("w"))] if "w" in options else text
        return text.lower() if "i" in options else text

    for line in lines:
        if groups and key(groups[-1][0]) == key(line):
            groups[-1] = (groups[-1][0], groups[-1][1] + 1)
        else:
            groups.append((line, 1))
    for line, count in groups:
        if ("d" in options and count == 1) or ("u" in options and count > 1):
            continue
        call.line(f"{count:>7} {line}" if "c" in options else line)
    return code


def ranges(text: str) -> list[tuple[int, int]] | None:
    """Return ``1,3-5,7-`` as pairs, None if it is no list."""
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if match is None or not (match[1] or match[3]):
            return None
        low = int(match[1]) if match[1] else 1
        high = int(match[3]) if match[3] else (1 << 30 if match[2] else low)
        found.append((low, high))
    return found


def cut(call: Call) -> Steps:
    options, paths = call.options(
        "d:f:c:b:sn",
        {
            "delimiter=": "d",
            "fields=": "f",
            "characters=": "c",
            "bytes=": "b",
            "only-delimited": "s",
            "complement": "C",
            "output-delimiter=": "O",
        },
    )
    kind = options.last("f", "c", "b")
    if not kind:
        if call.busybox:
            return call.fail("expected a list of bytes, characters, or fields")
        return call.fail(
            "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information."
        )
    wanted = ranges(options.get(kind))
    if wanted is None or any(low == 0 for low, _ in wanted):
        what = "field" if kind == "f" else "byte/character"
        return call.fail(
            f"invalid {what} value {quoted(options.get(kind))}\nTry 'cut --help' for more information."
            if wanted is None
            else f"{what}s are numbered from 1\nTry 'cut --help' for more information."
        )
    delimiter = options.get("d") or "\t"
    if len(delimiter) > 1:
        return call.fail("the delimiter must be a single character\nTry 'cut --help' for more information.")
    lines, code = yield from lines_of(call, paths)

    def chosen(number: int) -> bool:
        inside = any(low <= number <= high for low, high in wanted or ())
        return inside != ("C" in options)

    for line in lines:
        if kind == "f":
            if delimiter not in line:
                if "s" not in options:
                    call.line(line)
                continue
            pieces = line.split(delimiter)
            call.line((options.get("O") or delimiter).join(piece for at, piece in enumerate(pieces, 1) if chosen(at)))
        else:
            call.line("".join(char for at, char in enumerate(line, 1) if chosen(at)))
    return code


CLASSES = {
    "lower": "abcdefghijklmnopqrstuvwxyz", "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "digit": "0123456789",
    "space": "\t\n\v\f\r ", "blank": "\t ", "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "alpha": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "xdigit": "0123456789ABCDEFabcdef",
    "alnum": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "cntrl": "".join(map(chr, range(32))) + "\x7f", "print": "".join(map(chr, range(32, 127))), "graph": "".join(map(chr, range(33, 127))),
}  # fmt: skip


def character_set(text: str) -> str:
    """Return the characters of a tr set: ranges, classes and backslashes."""
    escapes = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
    out: list[str] = []
    at = 0
    while at < len(text):
        match = re.compile(r"\[:(\w+):\]").match(text, at)
        if match and match[1] in CLASSES:
            out += CLASSES[match[1]]
            at = match.end()
            continue
        octal = re.compile(r"\\([0-7]{1,3})").match(text, at)
        if octal:
            char, at = chr(int(octal[1], 8) & 255), octal.end()
        elif text[at] == "\\" and at + 1 < len(text):
            char, at = escapes.get(text[at + 1], text[at + 1]), at + 2
        else:
            char, at = text[at], at + 1
        if text[at : at + 1] == "-" and at + 1 < len(text):
            out += map(chr, range(ord(char), ord(text[at + 1]) + 1))
            at += 2
            continue
        out.append(char)
    return "".join(out)


def tr(call: Call) -> Steps:
    options, sets = call.options("dscCt", {"delete": "d", "squeeze-repeats": "s", "complement": "c"})
    if not sets:
        return call.missing_operand()
    if len(sets) < 2 and "d" not in options and "s" not in options:
        return call.fail(
            f"missing operand after {quoted(sets[0])}\nTwo strings must be given when translating.\nTry 'tr --help' for more information."
        )
    first = character_set(sets[0])
    second = character_set(sets[1]) if len(sets) > 1 else ""
    text = (yield from call.process.read_all(0)).decode(errors="surrogateescape")
    complement = "c" in options or "C" in options
    members = frozenset(first)

    def hit(char: str) -> bool:
        return (char in members) != complement

    if "d" in options:
        text = "".join(char for char in text if not hit(char))
        squeeze = frozenset(second) if "s" in options else frozenset()
    elif second:
        if complement:
            text = "".join(second[-1] if hit(char) else char for char in text)
        else:
            padded = second + second[-1] * (len(first) - len(second))
            table: dict[int, str] = {}
            for old, new in zip(first, padded):
                table[ord(old)] = new
            text = text.translate(table)
        squeeze = frozenset(second) if "s" in options else frozenset()
    else:
        squeeze = frozenset(char for char in set(text) if hit(char))
    if squeeze:
        kept: list[str] = []
        for char in text:
            if not (kept and kept[-1] == char and char in squeeze):
                kept.append(char)
        text = "".join(kept)
    call.out(text)
    return 0


def paste(call: Call) -> Steps:
    options, paths = call.options("sd:", {"serial": "s", "delimiters=": "d"})
    delimiters = character_set(options.get("d")) if "d" in options else "\t"
    columns = []
    for path in paths or ["-"]:
        lines, code = yield from lines_of(call, [path])
        if code:
            return code
        columns.append(lines)
    if "s" in options:
        for lines in columns:
            call.line(delimiters[:1].join(lines))
        return 0
    for row in range(max(map(len, columns))):
        cells = [column[row] if row < len(column) else "" for column in columns]
        call.line(delimiters[:1].join(cells))
    return 0


def fold(call: Call) -> Steps:
    options, paths = call.options("w:sb", {"width=": "w", "spaces": "s"})
    width = int(options.get("w") or 80)
    text = ""
    for path in paths or ["-"]:
        text += (yield from call.read(path)).decode(errors="surrogateescape")
    for whole in text.splitlines(keepends=True):
        line = whole.rstrip("\n")
        while len(line) > width:
            space = line.rfind(" ", 0, width) + 1 if "s" in options else 0
            cut_at = space or width
            call.line(line[:cut_at])
            line = line[cut_at:]
        call.out(line + whole[len(whole.rstrip("\n")) :])
    return 0


def column(call: Call) -> Steps:
    options, paths = call.options("ts:o:", {"table": "t", "separator=": "s"})
    lines, code = yield from lines_of(call, paths)
    if "t" not in options:
        call.out("".join(line + "\n" for line in lines))
        return code
    rows = [line.split(options.get("s") or None) for line in lines if line]
    widths = [
        max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(max(map(len, rows), default=0))
    ]
    for row in rows:
        call.line("  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip())
    return code


def comm(call: Call) -> Steps:
    options, paths = call.options("123")
    one, _ = yield from lines_of(call, paths[:1])
    two, _ = yield from lines_of(call, paths[1:2])
    unsorted = [number for number, lines in ((1, one), (2, two)) if lines != sorted(lines)]
    at = other = 0
    while at < len(one) or other < len(two):
        if other >= len(two) or (at < len(one) and one[at] < two[other]):
            kind, line = 1, one[at]
            at += 1
        elif at >= len(one) or two[other] < one[at]:
            kind, line = 2, two[other]
            other += 1
        else:
            kind, line = 3, one[at]
            at, other = at + 1, other + 1
        if str(kind) not in options:
            tabs = sum(1 for column in range(1, kind) if str(column) not in options)
            call.line("\t" * tabs + line)
    for number in unsorted:
        call.fail(f"file {number} is not in sorted order")
    return call.fail("input is not in sorted order") if unsorted else 0


def diff(call: Call) -> Steps:
    options, paths = call.options(
        "uNrqU:bwiaB", {"unified?": "u", "brief": "q", "recursive": "r", "new-file": "N"}, code=2
    )
    if len(paths) != 2:
        return call.fail(
            f"missing operand after {quoted(paths[0] if paths else 'diff')}\ndiff: Try 'diff --help' for more information.",
            2,
        )
    try:
        one = (yield from call.read(paths[0])).decode(errors="replace").splitlines(keepends=True)
        two = (yield from call.read(paths[1])).decode(errors="replace").splitlines(keepends=True)
    except OSError as error:
        return call.fail(f"{error.filename}: {reason(error)}", 2)
    if one == two:
        return 0
    if "q" in options:
        call.line(f"Files {paths[0]} and {paths[1]} differ")
        return 1
    if "u" in options or "U" in options or call.busybox:
        dates = []
        for path in paths:
            when = call.files.stat(path).mtime if path != "-" else call.files.now()
            dates.append(
                ""
                if call.busybox
                else datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S.")
                + f"{int(when % 1 * 1e9):09d} +0000"
            )
        for line in difflib.unified_diff(one, two, paths[0], paths[1], dates[0], dates[1]):
            call.out(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
        return 1
    for tag, begin, end, other_begin, other_end in difflib.SequenceMatcher(
        None, one, two, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        left = f"{begin + 1},{end}" if end - begin > 1 else str(begin + (end > begin))
        right = (
            f"{other_begin + 1},{other_end}"
            if other_end - other_begin > 1
            else str(other_begin + (other_end > other_begin))
        )
        call.line(f"{left}{ {'replace': 'c', 'delete': 'd', 'insert': 'a'}[tag] }{right}".replace(" ", ""))
        call.out("".join(f"< {line}" for line in one[begin:end]))
        if tag == "replace":
            call.line("---")
        call.out("".join(f"> {line}" for line in two[other_begin:other_end]))
    return 1
