"""Go's ways of showing strings, which histories and error texts are full of: ``%q`` and ``%v`` of strings and lists."""

from __future__ import annotations

from collections.abc import Iterable

_SHORT = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def quote(text: str) -> str:
    """Return *text* as strconv.Quote does."""
    return '"' + "".join(_escaped(mark) for mark in text) + '"'


def _escaped(mark: str) -> str:
    if mark in _SHORT:
        return _SHORT[mark]
    if mark.isprintable():
        return mark
    code = ord(mark)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted_list(words: Iterable[str]) -> str:
    """Return a list as ``%q`` does: ``["nginx" "-g"]``."""
    return "[" + " ".join(quote(word) for word in words) + "]"


def plain_list(words: Iterable[str]) -> str:
    """Return a list as ``%v`` does: ``[/data /logs]``."""
    return "[" + " ".join(words) + "]"


def closest(word: str, options: Iterable[str], *, match_case: bool = False) -> str:
    """Return the option that *word* is a misspelling of (less than 3 letters wrong), in *word*'s case, or ``""`` (util/suggest)."""
    best, least = "", 3
    wanted = word if match_case else word.lower()
    for option in options:
        candidate = option if match_case else option.lower()
        if wanted == candidate:
            return ""
        distance = _distance(wanted, candidate, least)
        if distance < least:
            best, least = candidate, distance
    if not best or match_case:
        return best
    return best.upper() if word == word.upper() and word != word.lower() else best


def did_you_mean(word: str, options: Iterable[str], *, match_case: bool = False) -> str:
    """Return `` (did you mean X?)`` or ``""``."""
    found = closest(word, options, match_case=match_case)
    return f" (did you mean {found}?)" if found else ""


def _distance(one: str, other: str, limit: int) -> int:
    """Return the Levenshtein distance, or *limit* if it is not below that."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (left != right))
    return min(row[-1], limit)
