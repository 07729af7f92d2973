"""Wildcards of COPY and .dockerignore: ``*``, ``?``, ``[a-z]`` inside one part of a path, ``**`` for any number of parts.

Models Go's filepath.Match and moby/patternmatcher, without regular expressions: a hostile pattern costs the product of its
length and the name's, never more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class BadPattern(ValueError):
    """``syntax error in pattern``."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


class _Set(NamedTuple):
    ranges: tuple[tuple[str, str], ...]
    negated: bool

    def matches(self, mark: str) -> bool:
        return any(low <= mark <= high for low, high in self.ranges) != self.negated


_STAR, _ANY = object(), object()


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> tuple[object, ...]:
    tokens: list[object] = []
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        at += 1
        if mark == "*":
            if not tokens or tokens[-1] is not _STAR:
                tokens.append(_STAR)
        elif mark == "?":
            tokens.append(_ANY)
        elif mark == "\\":
            if at == len(pattern):
                raise BadPattern
            tokens.append(pattern[at])
            at += 1
        elif mark == "[":
            found, at = _set(pattern, at)
            tokens.append(found)
        else:
            tokens.append(mark)
    return tuple(tokens)


def _set(pattern: str, at: int) -> tuple[_Set, int]:
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while True:
        if at >= len(pattern):
            raise BadPattern
        if pattern[at] == "]" and ranges:
            return _Set(tuple(ranges), negated), at + 1
        low, at = _one(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _one(pattern, at + 1)
        ranges.append((low, high))


def _one(pattern: str, at: int) -> tuple[str, int]:
    if at < len(pattern) and pattern[at] == "\\":
        at += 1
    if at >= len(pattern) or pattern[at] in "-]":
        raise BadPattern
    return pattern[at], at + 1


def matches(pattern: str, name: str) -> bool:
    """Return whether *name*, one part of a path, fits *pattern*. Raises `BadPattern`."""
    tokens = _compiled(pattern)
    token = position = 0
    star, resume = -1, 0
    while position < len(name):
        if token < len(tokens) and tokens[token] is _STAR:
            star, resume = token, position
            token += 1
        elif token < len(tokens) and _fits(tokens[token], name[position]):
            token += 1
            position += 1
        elif star >= 0:
            token, resume = star + 1, resume + 1
            position = resume
        else:
            return False
    return all(one is _STAR for one in tokens[token:])


def _fits(token: object, mark: str) -> bool:
    if token is _ANY:
        return True
    return token.matches(mark) if isinstance(token, _Set) else token == mark


def path_matches(pattern: list[str], parts: list[str]) -> bool:
    """Return whether the whole path *parts* fits *pattern*, whose ``**`` stands for any number of parts."""
    at = position = 0
    star, resume = -1, 0
    while position < len(parts):
        if at < len(pattern) and pattern[at] == "**":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and matches(pattern[at], parts[position]):
            at += 1
            position += 1
        elif star >= 0:
            at, resume = star + 1, resume + 1
            position = resume
        else:
            return False
    return all(one == "**" for one in pattern[at:])


def has_wildcards(text: str) -> bool:
    """Return whether *text* has a wildcard that is not escaped."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in "*?[":
            return True
        at += 1
    return False
