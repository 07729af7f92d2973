"""POSIX regular expressions, basic and extended, as Python's: what grep, sed, expr and awk-less pipelines use."""

from __future__ import annotations

import re
from functools import lru_cache

CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
LONGEST = 4000


class BadPattern(Exception):
    """The text is no regular expression; the message is GNU's."""


@lru_cache(maxsize=512)
def compile_posix(text: str, *, extended: bool, ignore_case: bool = False, fixed: bool = False) -> re.Pattern[str]:
    """Return the matcher of the POSIX expression *text*. Raises BadPattern."""
    flags = re.IGNORECASE if ignore_case else 0
    if len(text) > LONGEST:
        raise BadPattern("Regular expression too big")
    if fixed:
        return re.compile(re.escape(text), flags)
    try:
        return re.compile(_translate(text, extended), flags)
    except (re.error, RecursionError, OverflowError) as error:
        message = str(error)
        if "unterminated character set" in message:
            raise BadPattern("Unmatched [, [^, [:, [., or [=") from None
        if "missing )" in message or "unterminated subpattern" in message:
            raise BadPattern("Unmatched ( or \\(") from None
        if "unbalanced parenthesis" in message:
            raise BadPattern("Unmatched ) or \\)") from None
        if "invalid group reference" in message:
            raise BadPattern("Invalid back reference") from None
        raise BadPattern("Invalid preceding regular expression") from None


def _translate(text: str, extended: bool) -> str:
    out: list[str] = []
    at, end = 0, len(text)
    start = True  # where * is an ordinary character
    while at < end:
        char = text[at]
        if char == "[":
            bracket, at = _bracket(text, at)
            out.append(bracket)
            start = False
            continue
        if char == "\\":
            if at + 1 >= end:
                raise BadPattern("Trailing backslash")
            following = text[at + 1]
            at += 2
            if following in "(){}|+?":
                special = not extended
                out.append(_special(following, text, at) if special else "\\" + following)
                start = special and following in "(|"
                continue
            if following in "<>":
                out.append(r"\b")
            elif following == "n":
                out.append("\n")
            elif following == "t":
                out.append("\t")
            elif following in "wWsSbB" or following.isdigit():
                out.append("\\" + following)
            elif following == "'":
                out.append(r"\Z")
            elif following == "`":
                out.append(r"\A")
            else:
                out.append(re.escape(following))
            start = False
            continue
        if char == "*":
            out.append(r"\*" if start else "*")
            start = False
        elif char in "(){}|+?" and extended:
            if char == "{" and not re.match(r"\{\d*,?\d*\}", text[at:]):
                out.append(r"\{")
            elif char in "*+?" and start:
                out.append(re.escape(char))
            else:
                out.append(char)
            start = char in "(|"
        elif char in "(){}|+?":
            out.append("\\" + char)
            start = False
        elif char == "^":
            out.append("^" if start or extended else r"\^")
        elif char == "$":
            rest = text[at + 1 :]
            out.append("$" if not rest or extended or rest.startswith(("\\)", "\\|")) else r"\$")
        elif char == ".":
            out.append(".")
            start = False
        else:
            out.append(re.escape(char))
            start = False
        at += 1
    return "".join(out)


def _special(char: str, text: str, at: int) -> str:
    if char == "{" and not re.match(r"\d*,?\d*\\\}", text[at:]):
        raise BadPattern("Invalid preceding regular expression")
    return char


def _bracket(text: str, at: int) -> tuple[str, int]:
    begin = at
    at += 1
    out = ["["]
    if text[at : at + 1] == "^":
        out.append("^")
        at += 1
    first = True
    while True:
        char = text[at : at + 1]
        if not char:
            raise BadPattern("Unmatched [, [^, [:, [., or [=")
        if char == "]" and not first:
            break
        first = False
        if char == "[" and text[at + 1 : at + 2] == ":":
            close = text.find(":]", at)
            if close > 0 and text[at + 2 : close] in CLASSES:
                out.append(CLASSES[text[at + 2 : close]])
                at = close + 2
                continue
        if char == "-" and text[at + 1 : at + 2] not in ("]", "") and len(out) > 1:
            out.append("-")
        elif char == "-":
            out.append(r"\-")
        elif char == "\\" and text[at + 1 : at + 2] in ("n", "t"):
            out.append("\\" + text[at + 1])
            at += 1
        else:
            out.append(re.escape(char) if char in r"\[]^&~|" else char)
        at += 1
    return "".join(out) + "]", at + 1 if at > begin else at
