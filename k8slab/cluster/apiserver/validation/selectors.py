"""Label selectors and node selectors inside objects.

Models apimachinery pkg/apis/meta/v1/validation (ValidateLabelSelector) and ValidateNodeSelector of pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError

Json = dict[str, Any]

_VALUES_WANTED = "must be specified when `operator` is 'In' or 'NotIn'"
_VALUES_FORBIDDEN = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
_NO_OPERATOR = "not a valid selector operator"


def validate_label_name(name: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the key of a label."""
    for message in names.qualified_name(name):
        yield FieldError.invalid(path, name, message)


def validate_label_selector(selector: Json | None, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a metav1.LabelSelector; None is fine."""
    if not selector:
        return
    match_labels = selector.get("matchLabels") or {}
    for key in sorted(match_labels):
        for message in names.qualified_name(key):
            yield FieldError.invalid(f"{path}.matchLabels", key, message)
        for message in names.label_value(match_labels[key]):
            yield FieldError.invalid(f"{path}.matchLabels", match_labels[key], message)
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        yield from _label_requirement(expression, f"{path}.matchExpressions[{index}]")


def _label_requirement(expression: Json, path: str) -> Iterator[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            yield FieldError.required(f"{path}.values", _VALUES_WANTED)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield FieldError.forbidden(f"{path}.values", _VALUES_FORBIDDEN)
    else:
        yield FieldError.invalid(f"{path}.operator", operator, _NO_OPERATOR)
    yield from validate_label_name(expression.get("key", ""), f"{path}.key")
    for index, value in enumerate(values):
        for message in names.label_value(value):
            yield FieldError.invalid(f"{path}.values[{index}]", value, message)


def validate_node_selector(selector: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a NodeSelector (required node affinity, a volume's)."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        yield FieldError.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        yield from validate_node_selector_term(term, f"{path}.nodeSelectorTerms[{index}]")


def validate_node_selector_term(term: Json, path: str, any_value: bool = False) -> Iterator[FieldError]:
    """Yield what is wrong with one term; *any_value* lets values pass that no label can have."""
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        yield from _node_requirement(expression, f"{path}.matchExpressions[{index}]", any_value)
    for index, expression in enumerate(term.get("matchFields") or ()):
        yield from _node_field_requirement(expression, f"{path}.matchFields[{index}]")


def _node_requirement(expression: Json, path: str, any_value: bool) -> Iterator[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            yield FieldError.required(f"{path}.values", _VALUES_WANTED)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield FieldError.forbidden(f"{path}.values", _VALUES_FORBIDDEN)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield FieldError.required(
                f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'"
            )
    else:
        yield FieldError.invalid(f"{path}.operator", operator, _NO_OPERATOR)
    yield from validate_label_name(expression.get("key", ""), f"{path}.key")
    if any_value:
        return
    for index, value in enumerate(values):
        for message in names.label_value(value):
            yield FieldError.invalid(f"{path}.values[{index}]", value, message)


def _node_field_requirement(expression: Json, path: str) -> Iterator[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if len(values) != 1:
            why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            yield FieldError.required(f"{path}.values", why)
    else:
        yield FieldError.invalid(f"{path}.operator", operator, _NO_OPERATOR)
    key = expression.get("key", "")
    if key != "metadata.name":
        yield FieldError.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for index, value in enumerate(values):
        for message in names.dns1123_subdomain(value):
            yield FieldError.invalid(f"{path}.values[{index}]", value, message)
