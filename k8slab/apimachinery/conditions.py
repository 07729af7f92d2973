"""Conditions: an object's status as a list of named yes/no/unknown answers, each with a reason.

Models apimachinery pkg/api/meta/conditions.go. Works on structs and on dicts. Functions return; they change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def _get(condition: Any, name: str) -> Any:
    return condition.get(name) if isinstance(condition, dict) else getattr(condition, name)


def find(conditions: Sequence[Any] | None, type: str) -> Any | None:
    """Return the condition of *type*, or None."""
    for condition in conditions or ():
        if _get(condition, "type") == type:
            return condition
    return None


def status_of(conditions: Sequence[Any] | None, type: str) -> str | None:
    """Return ``"True"``, ``"False"`` or ``"Unknown"``, or None without such a condition."""
    condition = find(conditions, type)
    return None if condition is None else _get(condition, "status")


def is_true(conditions: Sequence[Any] | None, type: str) -> bool:
    """Whether the condition of *type* is there and true."""
    return status_of(conditions, type) == "True"


def is_false(conditions: Sequence[Any] | None, type: str) -> bool:
    """Whether the condition of *type* is there and false."""
    return status_of(conditions, type) == "False"


def set_condition(conditions: Sequence[Any] | None, condition: Any) -> list[Any]:
    """Return *conditions* with *condition* in the place of the one of its type, or at the end.

    While the status stays the same, so does lastTransitionTime.
    """
    changed = list(conditions or ())
    for index, old in enumerate(changed):
        if _get(old, "type") == _get(condition, "type"):
            if _get(old, "status") == _get(condition, "status") and _get(old, "lastTransitionTime") is not None:
                condition = _with_transition_time(condition, _get(old, "lastTransitionTime"))
            changed[index] = condition
            return changed
    changed.append(condition)
    return changed


def remove_condition(conditions: Sequence[Any] | None, type: str) -> list[Any]:
    """Return *conditions* without the one of *type*."""
    return [condition for condition in conditions or () if _get(condition, "type") != type]


def _with_transition_time(condition: Any, time: Any) -> Any:
    if isinstance(condition, dict):
        return {**condition, "lastTransitionTime": time}
    fields = {name: getattr(condition, name) for name in condition.__struct_fields__}
    fields["lastTransitionTime"] = time
    return type(condition)(**fields)
