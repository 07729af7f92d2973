"""The ways to change an object without sending all of it: JSON patch, merge patch, strategic merge patch.

JSON patch (RFC 6902) lists operations. A merge patch (RFC 7386) is a piece of the object, where null deletes. Both know
nothing of the types; the strategic merge patch does (``strategic.py``). What `kubectl apply` computes is in
``strategic_diff.py``, and, for kinds without a schema, in `create_three_way_json_patch` here, which models
apimachinery pkg/util/jsonmergepatch. Dicts in, new dicts out; nothing given is changed.
"""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from k8slab.apimachinery.strategic import PatchError, strategic_merge
from k8slab.apimachinery.strategic_diff import create_three_way_patch, create_two_way_merge_patch

__all__ = [
    "PatchError",
    "create_three_way_json_patch",
    "create_three_way_patch",
    "create_two_way_json_patch",
    "create_two_way_merge_patch",
    "json_patch",
    "merge_patch",
    "strategic_merge",
]


def json_patch(document: Any, operations: list[dict[str, Any]]) -> Any:
    """Return *document* after *operations* (RFC 6902). Raises PatchError if one cannot be carried out."""
    try:
        return jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PatchError(str(error)) from None
    except (TypeError, KeyError, AttributeError, IndexError, ValueError) as error:
        raise PatchError(f"invalid JSON patch: {error}") from None


def merge_patch(document: Any, patch: Any) -> Any:
    """Return *document* with *patch* merged in (RFC 7386): maps merge, null deletes, everything else is replaced."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def create_two_way_json_patch(original: dict[str, Any], modified: dict[str, Any]) -> dict[str, Any]:
    """Return the merge patch that makes *modified* of *original*."""
    patch: dict[str, Any] = {key: None for key in original if key not in modified}
    for key, value in modified.items():
        if key not in original:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(original[key], dict):
            inner = create_two_way_json_patch(original[key], value)
            if inner:
                patch[key] = inner
        elif original[key] != value or type(original[key]) is not type(value):
            patch[key] = value
    return patch


def create_three_way_json_patch(
    original: dict[str, Any] | None, modified: dict[str, Any], current: dict[str, Any]
) -> dict[str, Any]:
    """Return the merge patch that ``kubectl apply`` sends for a kind whose fields it does not know.

    *original* is what was applied last, *modified* what is wanted, *current* what is there.
    """
    additions = _only(create_two_way_json_patch(current, modified), nulls=False)
    deletions = _only(create_two_way_json_patch(original or {}, modified), nulls=True)
    return _joined(deletions, additions)


def _only(patch: dict[str, Any], nulls: bool) -> dict[str, Any]:
    """Return the part of a merge patch that deletes (*nulls*) or the part that does not."""
    part: dict[str, Any] = {}
    for key, value in patch.items():
        if isinstance(value, dict):
            inner = _only(value, nulls)
            if inner or (not value and not nulls):
                part[key] = inner
        elif (value is None) == nulls:
            part[key] = value
    return part


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    joined = dict(first)
    for key, value in second.items():
        here = joined.get(key)
        joined[key] = _joined(here, value) if isinstance(here, dict) and isinstance(value, dict) else value
    return joined
