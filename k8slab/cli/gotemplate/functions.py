"""The functions that every Go template knows: comparison, logic, index, slice, printing, escaping. Models text/template/funcs.go."""

from __future__ import annotations

import html as html_module
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from k8slab.cli.gotemplate.values import NO_VALUE, TemplateFailure, sprint, sprintf, sprintln, type_name


def is_true(value: Any) -> bool:
    """Return whether *value* is not the zero of its type."""
    return value is not NO_VALUE and bool(value)


def _kind(value: Any) -> str:
    kind = type_name(value)
    if kind not in ("bool", "int", "float64", "string"):
        raise TemplateFailure(
            "invalid type for comparison" if kind == "<nil>" else "non-comparable type " + _described(value)
        )
    return kind


def _described(value: Any) -> str:
    return f"{sprint([value])}: {type_name(value)}"


def _comparable(left: Any, right: Any) -> None:
    if _kind(left) != _kind(right):
        raise TemplateFailure("incompatible types for comparison")


def eq(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateFailure("missing argument for comparison")
    for other in others:
        if first is None or other is None:
            if first is other:
                return True
            continue
        _comparable(first, other)
        if first == other:
            return True
    return False


def _less(left: Any, right: Any) -> bool:
    _comparable(left, right)
    if isinstance(left, bool):
        raise TemplateFailure("invalid type for comparison")
    return left < right


def length(value: Any) -> int:
    if value is None:
        raise TemplateFailure("len of nil pointer")
    if isinstance(value, (bool, int, float)):
        raise TemplateFailure(f"len of type {type_name(value)}")
    return len(value.encode()) if isinstance(value, str) else len(value)


def index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if value is None:
            raise TemplateFailure("index of untyped nil")
        if isinstance(value, Mapping):
            if not isinstance(key, str):
                raise TemplateFailure(f"value has type {type_name(key)}; should be string")
            value = value.get(key)
        elif isinstance(value, (list, tuple, str)):
            if not isinstance(key, int) or isinstance(key, bool):
                raise TemplateFailure(f"cannot index slice/array with type {type_name(key)}")
            if not 0 <= key < len(value):
                raise TemplateFailure(f"index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        else:
            raise TemplateFailure(f"can't index item of type {type_name(value)}")
    return value


def cut(value: Any, *bounds: int) -> Any:
    if not isinstance(value, (str, list, tuple)):
        raise TemplateFailure(f"can't slice item of type {type_name(value)}")
    low, high = (bounds[0] if bounds else 0), (bounds[1] if len(bounds) > 1 else len(value))
    for bound in bounds:
        if not 0 <= bound <= len(value):
            raise TemplateFailure(f"index out of range: {bound}")
    if low > high:
        raise TemplateFailure(f"invalid slice index: {low} > {high}")
    return value[low:high]


def js(*values: Any) -> str:
    escapes = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}
    return "".join(escapes.get(c) or (c if c >= " " else f"\\u{ord(c):04X}") for c in sprint(list(values)))


def html(*values: Any) -> str:
    return html_module.escape(sprint(list(values)), quote=False).replace('"', "&#34;").replace("'", "&#39;")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda *values: values[-1],  # carried out by the template itself: it stops early
    "or": lambda *values: values[-1],
    "not": lambda value: not is_true(value),
    "eq": eq,
    "ne": lambda left, right: not eq(left, right),
    "lt": _less,
    "le": lambda left, right: _less(left, right) or left == right,
    "gt": lambda left, right: not (_less(left, right) or left == right),
    "ge": lambda left, right: not _less(left, right),
    "len": length,
    "index": index,
    "slice": cut,
    "print": lambda *values: sprint(list(values)),
    "println": lambda *values: sprintln(list(values)),
    "printf": lambda form, *values: sprintf(form, list(values)),
    "html": html,
    "js": js,
    "urlquery": lambda *values: quote_plus(sprint(list(values))),
    "call": lambda function, *values: function(*values),
}
