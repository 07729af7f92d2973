"""JSON as Go writes it, for messages that quote a value: compact, with ``<``, ``>`` and ``&`` escaped.

Models encoding/json (Marshal) and fmt's ``%q``. Keys keep the order of the dict; Go sorts the keys of maps, so callers pass
maps through `sorted_map`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def marshal(value: Any) -> str:
    """Return *value* as ``json.Marshal`` writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str).translate(_HTML)


def quote(text: str) -> str:
    """Return *text* as ``%q`` writes it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escape, text)) + '"'


def sorted_map(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return *mapping* with its keys in the order in which Go writes those of a map."""
    return {key: mapping[key] for key in sorted(mapping)}


_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
