"""Shell patterns (``*``, ``?``, ``[a-z]``), matched against text and against the names of a file system.

Models POSIX 2.13. In a pattern a backslash makes the next character stand for itself: that is how the expander passes quoting.
"""

from __future__ import annotations

import re
from functools import lru_cache

from k8slab.machine.fs.inode import Directory
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import FileView

CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t\\n\\r\\f\\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
GLOB = frozenset("*?[")


def has_glob(pattern: str) -> bool:
    """Return whether *pattern* has a glob character that is not quoted."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            continue
        if pattern[at] in GLOB:
            return True
        at += 1
    return False


def escape(text: str) -> str:
    """Return the pattern that matches exactly *text*."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", text)


def unescape(pattern: str) -> str:
    """Return *pattern* without its quoting backslashes."""
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


@lru_cache(maxsize=2048)
def regex(pattern: str) -> str:
    """Return *pattern* as a regular expression (without anchors)."""
    out: list[str] = []
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        if char == "*":
            while pattern[at : at + 1] == "*":
                at += 1
            out.append(".*")
            continue
        if char == "?":
            out.append(".")
        elif char == "\\" and at + 1 < end:
            at += 1
            out.append(re.escape(pattern[at]))
        elif char == "[":
            bracket, stop = _bracket(pattern, at)
            out.append(bracket)
            at = stop
            continue
        else:
            out.append(re.escape(char))
        at += 1
    return "".join(out)


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """Return the regular expression for the bracket that opens at *at*, and where it ends; a lone ``[`` is itself."""
    begin = at
    at += 1
    negated = pattern[at : at + 1] in ("!", "^")
    if negated:
        at += 1
    inside: list[str] = []
    first = True
    while True:
        char = pattern[at : at + 1]
        if not char:
            return "\\[", begin + 1
        if char == "]" and not first:
            break
        first = False
        if char == "[" and pattern[at + 1 : at + 2] == ":":
            close = pattern.find(":]", at + 2)
            if close > 0 and pattern[at + 2 : close] in CLASSES:
                inside.append(CLASSES[pattern[at + 2 : close]])
                at = close + 2
                continue
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            char = pattern[at]
        low = char
        at += 1
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("]", ""):
            high = pattern[at + 1]
            at += 2
            if high == "\\" and at < len(pattern):
                high = pattern[at]
                at += 1
            if low <= high:
                inside.append(f"{re.escape(low)}-{re.escape(high)}")
            continue
        inside.append(re.escape(low))
    if not inside:
        return "(?!)", at + 1
    return f"[{'^' if negated else ''}{''.join(inside)}]", at + 1


@lru_cache(maxsize=2048)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the matcher of *pattern* for a whole text."""
    return re.compile(regex(pattern) + r"\Z", re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Return whether *pattern* matches the whole of *text*."""
    return compiled(pattern).match(text) is not None


def trim(text: str, pattern: str, operator: str) -> str:
    """Return *text* without the part at its start (``#``, ``##``) or end (``%``, ``%%``) that *pattern* matches."""
    matcher = compiled(pattern)
    length = len(text)
    if operator == "#":
        order = range(length + 1)
    elif operator == "##" or operator == "%":
        order = range(length, -1, -1)
    else:
        order = range(length + 1)
    for cut in order:
        if operator[0] == "#":
            if matcher.match(text[:cut]):
                return text[cut:]
        elif matcher.match(text[cut:]):
            return text[:cut]
    return text


def expand_paths(files: FileView, pattern: str) -> list[str]:
    """Return the paths that match *pattern*, sorted; none if nothing matches."""
    start = files.walker.root if pattern.startswith("/") else files.cwd
    prefix = "/" * (len(pattern) - len(pattern.lstrip("/")))
    parts = pattern.lstrip("/").split("/")
    found: list[tuple[str, Location]] = [(prefix, start)]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        found = [hit for path, where in found for hit in _step(files, path, where, part, last)]
    return sorted(path for path, _ in found)


def _step(files: FileView, path: str, where: Location, part: str, last: bool) -> list[tuple[str, Location]]:
    tail = "" if last else "/"
    if part == "":
        return [(path + tail, where)] if isinstance(where.inode, Directory) else []
    if not isinstance(where.inode, Directory):
        return []
    if has_glob(part):
        if not files.credentials.may(where.inode, 4):
            return []
        matcher = compiled(part)
        hidden = part.startswith((".", "\\."))
        names = [".", "..", *where.inode.names()] if hidden else where.inode.names()
        names = [name for name in names if (hidden or not name.startswith(".")) and matcher.match(name)]
    else:
        names = [unescape(part)]
    hits: list[tuple[str, Location]] = []
    for name in names:
        try:
            below = files.walker.find(name, where, follow=not last, credentials=files.credentials)
        except OSError:
            continue
        hits.append((path + name + tail, below))
    return hits
