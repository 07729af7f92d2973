"""JSONPath as ``kubectl -o jsonpath`` knows it: ``{.items[*].metadata.name}``, ranges, filters, slices, recursive descent.

Models client-go util/jsonpath (parser, evaluation, printing) with its own sentences for errors. `parse` turns a template into
nodes, `JSONPath.find` evaluates them, `JSONPath.print` writes the result. Maps are walked in the order of their keys (upstream:
in any order).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.kubectl.jsonpath_parser import (
    Array,
    Constant,
    Field,
    Filter,
    Identifier,
    JSONPathError,
    Node,
    Nodes,
    Recursive,
    Text,
    Union,
    Wildcard,
    parse,
)

__all__ = ["JSONPath", "JSONPathError", "relaxed"]


@dataclass(slots=True)
class _Ranges:
    """Where evaluation stands among ``{range}`` and ``{end}``."""

    begin: int = 0
    inside: int = 0
    end: int = 0
    last_end: int = -1


class JSONPath:
    """A parsed template. *allow_missing*: a key that is not there gives nothing; otherwise it is an error."""

    def __init__(self, template: str, *, allow_missing: bool = True) -> None:
        self.template = template
        self.allow_missing = allow_missing
        self.root = parse(template)

    def find(self, data: Any) -> list[list[Any]]:
        """Return what each piece of the template gives. Raises JSONPathError."""
        ranges = _Ranges()
        return self._find(data, 0, ranges)

    def values(self, data: Any) -> list[Any]:
        """Return everything found, in one list."""
        return [value for results in self.find(data) for value in results]

    def print(self, data: Any) -> str:
        """Return the text that the template gives for *data*."""
        return "".join(" ".join(_shown(value) for value in results) for results in self.find(data))

    def print_json(self, data: Any) -> str:
        """Return everything found as indented JSON lists (``-o jsonpath-as-json``)."""
        return "".join(json_indented(results) + "\n" for results in self.find(data))

    # -- evaluation --------------------------------------------------------------------------------------------------

    def _find(self, data: Any, start: int, ranges: _Ranges) -> list[list[Any]]:
        found: list[list[Any]] = []
        index = start
        while index < len(self.root):
            results = self._walk([data], self.root[index], ranges)
            if 0 < ranges.end <= ranges.inside:
                ranges.end -= 1
                ranges.last_end = index
                break
            if ranges.begin:
                ranges.begin -= 1
                ranges.inside += 1
                for value in results:
                    found.extend(self._find(value, index + 1, ranges))
                if not results:
                    self._find(None, index + 1, ranges)  # only to learn where the range ends
                ranges.inside -= 1
                if ranges.last_end > index:
                    index = ranges.last_end
                index += 1
                continue
            found.append(results)
            index += 1
        return found

    def _walk(self, values: list[Any], node: Node, ranges: _Ranges) -> list[Any]:
        if isinstance(node, Nodes):
            return self._walk_all(values, node, ranges)
        if isinstance(node, Text | Constant):
            return [node.value]
        if isinstance(node, Field):
            return self._field(values, node)
        if isinstance(node, Array):
            return _array(values, node)
        if isinstance(node, Filter):
            return self._filter(values, node, ranges)
        if isinstance(node, Wildcard):
            return [child for value in values for child in _children(value)]
        if isinstance(node, Recursive):
            return list(_descend(values))
        if isinstance(node, Union):
            return [found for option in node.options for found in self._walk_all(values, option, ranges)]
        assert isinstance(node, Identifier)
        return _identifier(values, node, ranges)

    def _walk_all(self, values: list[Any], nodes: Nodes, ranges: _Ranges) -> list[Any]:
        for node in nodes.nodes:
            values = self._walk(values, node, ranges)
        return values

    def _field(self, values: list[Any], node: Field) -> list[Any]:
        found = [value[node.name] for value in values if isinstance(value, dict) and node.name in value]
        if not found and not self.allow_missing:
            raise JSONPathError(f"{node.name} is not found")
        return found

    def _filter(self, values: list[Any], node: Filter, ranges: _Ranges) -> list[Any]:
        found = []
        for value in values:
            if not isinstance(value, list):
                raise JSONPathError(f"{go_value(value)} is not array or slice and cannot be filtered")
            for item in value:
                if self._passes(item, node, ranges):
                    found.append(item)
        return found

    def _passes(self, item: Any, node: Filter, ranges: _Ranges) -> bool:
        if node.operator == "exists":
            try:
                return bool(self._walk_all([item], node.left, ranges))
            except JSONPathError:
                return False
        lefts = self._walk_all([item], node.left, ranges)
        if not lefts:
            return False
        rights = self._walk_all([item], node.right, ranges)
        if len(lefts) > 1 or len(rights) > 1:
            raise JSONPathError("can only compare one element at a time")
        return bool(rights) and _compare(lefts[0], node.operator, rights[0])


def _identifier(values: list[Any], node: Identifier, ranges: _Ranges) -> list[Any]:
    if node.name == "range":
        ranges.begin += 1
        return values
    if node.name == "end":
        if not ranges.inside:
            raise JSONPathError("not in range, nothing to end")
        ranges.end += 1
        return []
    raise JSONPathError(f"unrecognized identifier {node.name}")


def _array(values: list[Any], node: Array) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise JSONPathError(f"{_type(value)} is not array or slice")
        length = len(value)
        start = node.start if node.start is not None else 0
        start += length if start < 0 else 0
        end = length if node.end is None else node.end
        if end < 0 or (end == 0 and node.is_index):
            end += length
        if start == end:
            return found
        if not 0 <= start < length:
            raise JSONPathError(f"array index out of bounds: index {start}, length {length}")
        if not 0 <= end <= length:
            raise JSONPathError(f"array index out of bounds: index {end - 1}, length {length}")
        if start > end:
            raise JSONPathError(f"starting index {start} is greater than ending index {end}")
        step = 1 if node.step is None else node.step
        if step <= 0:
            raise JSONPathError("step must be > 0")
        found.extend(value[start:end:step])
    return found


def _children(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value[key] for key in sorted(value)] if isinstance(value, dict) else []


def _descend(values: list[Any]) -> list[Any]:
    found = []
    for value in values:
        children = _children(value)
        if children:
            found.append(value)
            found.extend(_descend(children))
    return found


def _compare(left: Any, operator: str, right: Any) -> bool:
    kinds = {_basic_kind(left), _basic_kind(right)}
    if None in kinds:
        raise JSONPathError("invalid type for comparison")
    if len(kinds) > 1:
        raise JSONPathError("incompatible types for comparison")
    if operator == "==":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if operator not in ("<", "<=", ">", ">="):
        raise JSONPathError(f"unrecognized filter operator {operator}")
    if isinstance(left, bool):
        raise JSONPathError("invalid type for comparison")
    if operator[0] == "<":
        return bool(left < right or (operator == "<=" and left == right))
    return bool(left > right or (operator == ">=" and left == right))


def _basic_kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string" if isinstance(value, str) else None


# -- showing -----------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return compact(value)
    return go_value(value) if value is not None else "null"


def go_value(value: Any) -> str:
    """Return *value* as Go's ``%v`` prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_value(item) for item in value) + "]"
    return str(value)


def go_syntax(value: Any) -> str:
    """Return *value* as Go's ``%#v`` prints it."""
    if isinstance(value, dict):
        inner = ", ".join(f"{gojson.quote(key)}:{go_syntax(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(go_syntax(item) for item in value) + "}"
    if isinstance(value, str):
        return gojson.quote(value)
    return "interface {}(nil)" if value is None else go_value(value)


def _type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    names = {bool: "bool", int: "int64", float: "float64", str: "string"}
    return names.get(type(value), "interface {}")


def compact(value: Any) -> str:
    """Return *value* as ``json.Marshal`` writes it, keys sorted."""
    return _escaped(json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True))


def json_indented(value: Any) -> str:
    """Return *value* as kubectl prints JSON: four blanks, keys sorted, ``<``, ``>`` and ``&`` escaped."""
    return _escaped(json.dumps(value, indent=4, ensure_ascii=False, sort_keys=True))


_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def _escaped(text: str) -> str:
    return text.translate(_HTML)


def relaxed(expression: str) -> str:
    """Return a path as sorting and columns accept it (``.metadata.name``, ``metadata.name``, ``{.metadata.name}``) in full form.

    Raises JSONPathError for anything else.
    """
    if not expression:
        return expression
    match = re.fullmatch(r"\{?\.?([^{}]+)\}?", expression)
    if match is None or expression.count("{") != expression.count("}"):
        raise JSONPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return "{." + match[1] + "}"


def first_of(values: Sequence[Any]) -> Any:
    """Return the first value, or None."""
    return values[0] if values else None
