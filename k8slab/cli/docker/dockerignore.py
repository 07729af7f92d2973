"""``.dockerignore``: which files of a build's folder stay at home.

Models moby/patternmatcher and its ignorefile: ``*`` and ``?`` within a name, ``**`` over folders, ``!`` takes back, the last word wins.
"""

from __future__ import annotations

import functools
import posixpath
import re
from dataclasses import dataclass


class PatternError(ValueError):
    """A line of the file cannot be read as a pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches, and whether it takes back."""

    text: str
    excludes: bool
    regex: re.Pattern[str]


def read(text: str) -> list[Pattern]:
    """Return the patterns of a ``.dockerignore`` file, in order. Raises PatternError."""
    found = []
    for line in text.removeprefix("\ufeff").split("\n"):
        line = line.rstrip("\r")
        if line.startswith("#"):
            continue
        line = line.strip()
        if not line:
            continue
        invert = line.startswith("!")
        if invert:
            line = line[1:].strip()
        if line:
            line = posixpath.normpath(line)
            if len(line) > 1 and line.startswith("/"):
                line = line.lstrip("/")
        if line == ".":  # the folder itself cannot be left out
            continue
        if not line:
            raise PatternError('illegal exclusion pattern: "!"')
        found.append(Pattern(line, not invert, _regex(line)))
    return found


@functools.lru_cache(maxsize=512)
def _regex(pattern: str) -> re.Pattern[str]:
    out = ""
    position = 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "*":
            if pattern[position : position + 2] == "**":
                position += 2
                if pattern[position : position + 1] == "/":
                    position += 1
                out += ".*" if position >= len(pattern) else "(?:.*/)?"
                continue
            out += "[^/]*"
        elif letter == "?":
            out += "[^/]"
        elif letter == "\\":
            position += 1
            if position >= len(pattern):
                raise PatternError("syntax error in pattern")
            out += re.escape(pattern[position])
        elif letter == "[":
            end = pattern.find("]", position + 2)
            if end < 0:
                raise PatternError("syntax error in pattern")
            inside = pattern[position + 1 : end]
            negated = inside[:1] == "^"
            inside = inside[1:] if negated else inside
            out += "[" + ("^" if negated else "") + inside.replace("\\", "\\\\").replace("[", "\\[") + "]"
            position = end
        else:
            out += re.escape(letter)
        position += 1
    try:
        return re.compile(out)
    except re.error:
        raise PatternError("syntax error in pattern") from None


def ignored(patterns: list[Pattern], path: str) -> bool:
    """Return whether *path* (relative, without a leading slash) stays at home; a folder takes what is in it along."""
    result = False
    parts = path.split("/")
    for pattern in patterns:
        if pattern.excludes == result:
            continue
        if any(pattern.regex.fullmatch("/".join(parts[: count + 1])) for count in reversed(range(len(parts)))):
            result = pattern.excludes
    return result


def may_hold_exceptions(patterns: list[Pattern], folder: str) -> bool:
    """Return whether something below the ignored *folder* may be taken back, so that it must be looked through."""
    start = folder + "/"
    return any(
        not pattern.excludes and ((pattern.text + "/").startswith(start) or "**" in pattern.text.partition("/")[0])
        for pattern in patterns
    )
