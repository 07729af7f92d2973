"""JSON kept as the engine wrote it: indented for ``inspect``, and as values whose missing fields a template complains about.

Models encoding/json.Indent and cli/command/inspect.
"""

from __future__ import annotations

import json
import re
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.gotemplate.execute import Struct

#: Fields that hold maps: Go prints their keys in order. All other objects are structs and keep theirs.
_MAPS = frozenset(
    [
        "Labels",
        "Ports",
        "Networks",
        "PortBindings",
        "ExposedPorts",
        "Volumes",
        "Options",
        "Containers",
        "Config",
        "Sysctls",
        "Tmpfs",
        "DriverOpts",
        "Data",
        "Annotations",
        "StorageOpt",
        "Status",
        "Runtimes",
        "IndexConfigs",
        "AuxiliaryAddresses",
    ]
)


class RawObject(Struct):
    """A JSON object in a template: a field that is not there is an error, as in a map with missingkey=error."""

    def missing(self, name: str) -> str:
        """Return Go's complaint."""
        return f"map has no entry for key {gojson.quote(name)}"


def decoded(text: str) -> Any:
    """Return *text* as values for a template."""
    return json.loads(text, object_pairs_hook=RawObject)


def with_sorted_maps(value: Any, name: str = "") -> Any:
    """Return *value* with the keys of what Go holds as maps in order, as ``{{json .}}`` shows them."""
    if isinstance(value, dict):
        is_map = name in _MAPS and all(isinstance(item, (str, dict, list, type(None))) for item in value.values())
        keys = sorted(value) if is_map and not _is_config(name, value) else list(value)
        return RawObject((key, with_sorted_maps(value[key], key)) for key in keys)
    if isinstance(value, list):
        return [with_sorted_maps(item) for item in value]
    return value


def _is_config(name: str, value: dict[str, Any]) -> bool:
    return name == "Config" and "Image" in value


def indent(text: str, prefix: str = "", step: str = "    ") -> str:
    """Return JSON *text* laid out over lines; strings and numbers stay as they are written."""
    out: list[str] = []
    depth = 0
    position = 0
    needs_break = False
    while position < len(text):
        letter = text[position]
        if letter == '"':
            end = position + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            if needs_break:
                out.append(_newline(prefix, step, depth))
                needs_break = False
            out.append(text[position : end + 1])
            position = end + 1
            continue
        position += 1
        if letter in " \t\r\n":
            continue
        if needs_break and letter not in "]}":
            out.append(_newline(prefix, step, depth))
            needs_break = False
        if letter in "[{":
            out.append(letter)
            depth += 1
            needs_break = True
        elif letter in "]}":
            depth -= 1
            if needs_break:
                needs_break = False  # an empty object stays on its line
            else:
                out.append(_newline(prefix, step, depth))
            out.append(letter)
        elif letter == ",":
            out.append(letter + _newline(prefix, step, depth))
        elif letter == ":":
            out.append(": ")
        else:
            out.append(letter)
    return "".join(out)


def _newline(prefix: str, step: str, depth: int) -> str:
    return "\n" + prefix + step * depth


def compact(text: str) -> str:
    """Return JSON *text* without blanks between its words; strings and numbers stay as they are written."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda match: match[1] or "", text)
