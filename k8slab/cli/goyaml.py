"""Values as YAML in the hand of Go's tools: keys sorted, strings quoted only where they would be read as something else.

Models sigs.k8s.io/yaml (Marshal) on go.yaml.in/yaml/v2: resolve.go (what a plain word would mean), sorter.go (the order of
keys), emitterc.go (which style a string can be written in). What PyYAML writes differs in quoting and in the order of keys.
Left out: keys of more than 128 bytes, binary strings.
"""

from __future__ import annotations

import functools
import re
from typing import Any

_WORDS = frozenset(
    [
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "true",
        "True",
        "TRUE",
        "false",
        "False",
        "FALSE",
        "on",
        "On",
        "ON",
        "off",
        "Off",
        "OFF",
        "~",
        "null",
        "Null",
        "NULL",
        ".nan",
        ".NaN",
        ".NAN",
        ".inf",
        ".Inf",
        ".INF",
        "+.inf",
        "+.Inf",
        "+.INF",
        "-.inf",
        "-.Inf",
        "-.INF",
    ]
) | {""}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?)?\Z"
)
#: What YAML may print as it is; everything else needs double quotes.
_SPECIAL = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_INDICATOR_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_BREAKS = "\n\x85\u2028\u2029"
#: A line that is longer than this is broken at its next blank.
WIDTH = 80


def dump(value: Any) -> str:
    """Return *value* (dicts, lists, strings, numbers, booleans, None) as a YAML document, ending with a newline."""
    if isinstance(value, dict) and value:
        return "".join(_mapping(value, "", ""))
    if isinstance(value, list) and value:
        return "".join(_sequence(value, "", ""))
    return _scalar(value, "") + "\n"


def _mapping(mapping: dict[str, Any], indent: str, first_indent: str) -> list[str]:
    lines = []
    lead = first_indent
    for key in sorted(mapping, key=_KEY):
        value = mapping[key]
        name = _key(key)
        if isinstance(value, dict) and value:
            lines.append(f"{lead}{name}:\n")
            lines.extend(_mapping(value, indent + "  ", indent + "  "))
        elif isinstance(value, list) and value:
            lines.append(f"{lead}{name}:\n")
            lines.extend(_sequence(value, indent, indent))
        else:
            lines.append(f"{lead}{name}: {_scalar(value, indent, len(lead) + len(name) + 2)}\n")
        lead = indent
    return lines


def _sequence(items: list[Any], indent: str, first_indent: str) -> list[str]:
    lines = []
    lead = first_indent
    for value in items:
        if isinstance(value, dict) and value:
            lines.extend(_mapping(value, indent + "  ", lead + "- "))
        elif isinstance(value, list) and value:
            lines.extend(_sequence(value, indent + "  ", lead + "- "))
        else:
            lines.append(f"{lead}- {_scalar(value, indent, len(lead) + 2)}\n")
        lead = indent
    return lines


def _key(key: str) -> str:
    return _string(key, "", None) if "\n" not in key else _double_quoted(key, "", None)


def _scalar(value: Any, indent: str, column: int = 0) -> str:
    """Return *value*, which stands at *column* in a mapping or sequence with *indent*."""
    if isinstance(value, str):
        return _string(value, indent, column)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    return re.sub(r"e([-+]?)0*(\d)", lambda m: f"e{m[1] or '+'}{m[2].rjust(2, '0')}", text)


def _string(text: str, indent: str, column: int | None) -> str:
    """Return a string; *column* None forbids line breaks, as in keys."""
    if means_something_else(text):
        return _double_quoted(text, indent, column)
    if "\n" in text:
        return _literal(text, indent, column)
    if _SPECIAL.search(text):
        return _double_quoted(text, indent, column)
    if _may_be_plain(text):
        return text if column is None else _folded(text, indent, column, quoted=False)
    quoted = text.replace("'", "''")
    return "'" + (quoted if column is None else _folded(quoted, indent, column + 1, quoted=True)) + "'"


def _folded(text: str, indent: str, column: int, *, quoted: bool) -> str:
    """Return a single line of text, broken at the first single blank after `WIDTH` columns, and again."""
    if column + len(text) <= WIDTH:
        return text
    pieces: list[str] = []
    after_blank = False
    last = len(text) - 1
    for index, character in enumerate(text):
        if character != " ":
            after_blank = False
        else:
            may_break = not quoted or 0 < index < last
            if not after_blank and column > WIDTH and may_break and text[index + 1 : index + 2] != " ":
                pieces.append(f"\n{indent}  ")
                column = len(indent) + 2
                after_blank = True
                continue
            after_blank = True
        pieces.append(character)
        column += 1
    return "".join(pieces)


def means_something_else(text: str) -> bool:
    """Whether *text*, written without quotes, would be read as a boolean, a number, a date or nothing."""
    if text in _WORDS:
        return True
    first = text[0]
    if first.isdigit() or first in "+-.":
        if first.isdigit() and _TIMESTAMP.match(text):
            return True
        plain = text.replace("_", "") if first != "." else text
        if _INTEGER.match(plain) or _FLOAT.match(plain):
            return True
        return ":" in text and _BASE_60.match(text) is not None
    return False


def _may_be_plain(text: str) -> bool:
    """Whether *text*, one line of printable characters, can stand without quotes in block style."""
    if text[0] == " " or text[-1] == " " or text.startswith(("---", "...")):
        return False
    first = text[0]
    if first in _INDICATOR_FIRST:
        return False
    if first in "-?:" and (len(text) == 1 or text[1] == " "):
        return False
    if text.endswith(":") or ": " in text or " #" in text:
        return False
    return not any(character in text for character in _BREAKS)


def _literal(text: str, indent: str, column: int | None) -> str:
    """Return *text*, which has line breaks, as a ``|`` block, or in double quotes where a block cannot hold it."""
    if _SPECIAL.search(text) or re.search(r" [\n\x85\u2028\u2029]", text) or text.endswith(" "):
        return _double_quoted(text, indent, column)
    hints = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        hints += "-"
    elif text == "\n" or text.endswith("\n\n"):
        hints += "+"
    body = text[:-1] if text.endswith("\n") else text
    lead = indent + "  "
    return f"|{hints}\n" + "\n".join(lead + line if line else "" for line in body.split("\n"))


_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
    "\ufeff": "\\uFEFF",
}


def _double_quoted(text: str, indent: str, column: int | None) -> str:
    pieces = []
    at = None if column is None else column + 1
    after_blank = False
    last = len(text) - 1
    for index, character in enumerate(text):
        if character == " ":
            if at is not None and not after_blank and at > WIDTH and 0 < index < last:
                escape = "\\" if text[index + 1] == " " else ""
                pieces.append(f"\n{indent}  {escape}")
                at = len(indent) + 2 + len(escape)
                after_blank = True
                continue
            piece, after_blank = " ", True
        else:
            piece, after_blank = _escaped(character), False
        pieces.append(piece)
        at = None if at is None else at + len(piece)
    return '"' + "".join(pieces) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if not _SPECIAL.match(character):
        return character
    if ord(character) <= 0xFF:
        return f"\\x{ord(character):02X}"
    return f"\\u{ord(character):04X}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08X}"


def _compare(left: str, right: str) -> int:
    """Order keys as yaml.v2's keyList: letters after other characters, runs of digits by their number."""
    for i in range(min(len(left), len(right))):
        a, b = left[i], right[i]
        if a == b:
            continue
        if a.isalpha() and b.isalpha():
            return -1 if a < b else 1
        if a.isalpha() or b.isalpha():
            return -1 if b.isalpha() else 1
        start = 1 if "0" in (a, b) and left[:i].rstrip("0")[-1:].isdigit() and left[i - 1].isdigit() else 0
        a_end, a_number = _digits(left, i, start)
        b_end, b_number = _digits(right, i, start)
        if a_number != b_number:
            return -1 if a_number < b_number else 1
        if a_end != b_end:
            return -1 if a_end < b_end else 1
        return -1 if a < b else 1
    return len(left) - len(right)


def _digits(text: str, start: int, number: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdigit():
        number = number * 10 + int(text[end])
        end += 1
    return end, number


_KEY = functools.cmp_to_key(_compare)
