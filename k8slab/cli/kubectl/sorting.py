"""``--sort-by``: objects and table rows in the order of one of their fields.

Models kubectl pkg/cmd/get/sorter.go: numbers by size, quantities by amount, times by time, other strings in natural order
(``pod-2`` before ``pod-10``); those that lack the field come first; what is equal keeps its order.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from k8slab.apimachinery import quantity
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.jsonpath import JSONPath, JSONPathError, relaxed

T = TypeVar("T")

_CHUNK = re.compile(r"(\d+|\D+)")


def by_field(items: Sequence[T], expression: str, object_of: Callable[[T], Any]) -> list[T]:
    """Return *items* sorted by the field *expression* of their objects. Raises CommandError if no object has it."""
    if not items:
        return []
    try:
        path = JSONPath(relaxed(expression), allow_missing=True)
    except JSONPathError as error:
        raise CommandError(str(error)) from None
    try:
        keyed: list[tuple[Any, T]] = [(_first(path, object_of(item)), item) for item in items]
    except JSONPathError as error:
        raise CommandError(str(error)) from None
    if items and all(value is _MISSING for value, _ in keyed):
        raise CommandError(f'couldn\'t find any field with path "{relaxed(expression)}" in the list of objects')
    order = functools.cmp_to_key(_compare)
    ordered = sorted(keyed, key=lambda pair: order(pair[0]))
    return [item for _, item in ordered]


_MISSING: Any = object()  # stands for a field that is not there


def full_path(expression: str) -> str:
    """Return the field as messages show it: ``{.metadata.name}``."""
    try:
        return relaxed(expression)
    except JSONPathError:
        return expression


def _first(path: JSONPath, obj: Any) -> Any:
    values = path.values(obj)
    return values[0] if values else _MISSING


def _compare(left: Any, right: Any) -> int:
    if left is _MISSING or right is _MISSING:
        return (right is _MISSING) - (left is _MISSING)
    if isinstance(left, str) and isinstance(right, str):
        return _compare_strings(left, right)
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        kind = "map" if isinstance(left, dict) else "slice"
        raise CommandError(f"unsortable type: {kind}")
    if left is None or right is None:
        return (right is None) - (left is None)
    return int(left > right) - int(left < right)


def _compare_strings(left: str, right: str) -> int:
    if left == right:
        return 0
    try:
        a, b = quantity.parse(left), quantity.parse(right)
    except ValueError:
        return -1 if _natural(left, right) else 1
    return int(b < a) - int(a < b)


def _natural(left: str, right: str) -> bool:
    """Whether *left* comes before *right* when digits count as numbers (fvbommel.org/util/sortorder)."""
    a, b = _CHUNK.findall(left), _CHUNK.findall(right)
    for x, y in zip(a, b, strict=False):
        if x == y:
            continue
        if x.isdigit() and y.isdigit() and int(x) != int(y):
            return int(x) < int(y)
        return bool(x < y)
    return len(left) < len(right)
