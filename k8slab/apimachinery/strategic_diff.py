"""The client's half of ``kubectl apply``: from what was applied last, what is wanted now and what is there, make the patch.

Models apimachinery pkg/util/strategicpatch: CreateTwoWayMergePatch and CreateThreeWayMergePatch.
The patch holds (1) what differs between live and wanted, without deletions, and (2) the deletions between last applied and
wanted. So a field that somebody else added stays, and one that was taken out of the file goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from k8slab.apimachinery.patch_schema import field_schema
from k8slab.apimachinery.strategic import (
    DELETE_FROM,
    PATCH,
    RETAIN_KEYS,
    SET_ORDER,
    Json,
    PatchError,
    are_maps,
    key_of,
    merge_map,
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which differences a diff shall tell."""

    changes: bool
    deletions: bool
    order: bool


def create_two_way_merge_patch(original: Json, modified: Json, model: type | None) -> Json:
    """Return the strategic merge patch that makes *modified* of *original*."""
    return _diff_maps(original, modified, model, _Wanted(changes=True, deletions=True, order=False), retain_keys=False)


def create_three_way_patch(original: Json | None, modified: Json, current: Json, model: type | None) -> Json:
    """Return the strategic merge patch that ``kubectl apply`` sends.

    *original* is what was applied last (None or empty the first time), *modified* what is wanted, *current* what is there.
    """
    delta = _diff_maps(current, modified, model, _Wanted(changes=True, deletions=False, order=True), False)
    deletions = _diff_maps(original or {}, modified, model, _Wanted(changes=False, deletions=True, order=True), False)
    return merge_map(deletions, delta, model, final=False)


def _diff_maps(original: Json, modified: Json, model: type | None, wanted: _Wanted, retain_keys: bool) -> Json:
    patch: Json = {}
    for key, value in modified.items():
        if key not in original:
            if wanted.changes:
                patch[key] = value
            continue
        before = original[key]
        if key == PATCH:
            patch[key] = value
        elif type(before) is not type(value):
            if wanted.changes:
                patch[key] = value
        elif isinstance(value, dict):
            _diff_inner_map(key, before, value, patch, model, wanted)
        elif isinstance(value, list):
            _diff_inner_list(key, before, value, patch, model, wanted)
        elif wanted.changes and before != value:
            patch[key] = value
    if wanted.deletions:
        patch.update({key: None for key in original if key not in modified})
    if retain_keys and modified and (patch or any(key not in modified for key in original)):
        kept = sorted(key for key, value in modified.items() if value is not None)
        if kept:
            patch[RETAIN_KEYS] = kept
    return patch


def _diff_inner_map(key: str, before: Json, value: Json, patch: Json, model: type | None, wanted: _Wanted) -> None:
    if before == value and not _knows(model, key):
        return
    schema = _lookup(model, key)
    if schema.strategy == "replace":
        if wanted.changes and before != value:
            patch[key] = value
        return
    change = _diff_maps(before, value, schema.inner, wanted, schema.retain_keys)
    if change:
        patch[key] = change


def _diff_inner_list(
    key: str, before: list[Any], value: list[Any], patch: Json, model: type | None, wanted: _Wanted
) -> None:
    if before == value and not _knows(model, key):
        return
    schema = _lookup(model, key)
    if schema.strategy != "merge":
        if wanted.changes and before != value:
            patch[key] = value
        return
    if not before:
        if value and wanted.changes:
            patch[key] = value
        return
    if are_maps(before, value):
        _diff_maps_by_key(key, before, value, patch, schema, wanted)
        return
    added = [item for item in value if item not in before] if wanted.changes else []
    removed = sorted((item for item in before if item not in value), key=str) if wanted.deletions else []
    if added:
        patch[key] = added
    if removed:
        patch[DELETE_FROM + key] = removed
    if wanted.order and (removed or (wanted.changes and before != value)):
        patch[SET_ORDER + key] = value


def _diff_maps_by_key(
    key: str, before: Sequence[Json], value: Sequence[Json], patch: Json, schema: Any, wanted: _Wanted
) -> None:
    merge_key = schema.merge_key
    if not merge_key:
        raise PatchError("cannot merge lists without merge key for type struct")
    # Items are paired in the order of their keys: the nth item with a key belongs to the nth with that key.
    olds, news = (sorted(items, key=lambda item: _text(key_of(item, merge_key))) for items in (before, value))
    changes: list[Json] = []
    deletions: list[Json] = []
    at_old = at_new = 0
    while at_old < len(olds) or at_new < len(news):
        old_key = _text(key_of(olds[at_old], merge_key)) if at_old < len(olds) else None
        new_key = _text(key_of(news[at_new], merge_key)) if at_new < len(news) else None
        if old_key is not None and old_key == new_key:
            change = _diff_maps(olds[at_old], news[at_new], schema.inner, wanted, schema.retain_keys)
            if change:
                changes.append({**change, merge_key: news[at_new][merge_key]})
            at_old, at_new = at_old + 1, at_new + 1
        elif old_key is None or (new_key is not None and old_key > new_key):
            if wanted.changes:
                changes.append(news[at_new])
            at_new += 1
        else:
            if wanted.deletions:
                deletions.append({merge_key: olds[at_old][merge_key], PATCH: "delete"})
            at_old += 1
    order = [key_of(item, merge_key) for item in value]
    changes.sort(key=lambda item: order.index(item[merge_key]))
    same_order = [key_of(item, merge_key) for item in before] == order
    items = changes + deletions
    if items:
        patch[key] = items
    if wanted.order and ((wanted.changes and (items or not same_order)) or (wanted.deletions and items)):
        patch[SET_ORDER + key] = [{merge_key: item} for item in order]


def _text(key: Any) -> str:
    return str(key)


def _knows(model: type | None, key: str) -> bool:
    try:
        field_schema(model, key)
    except LookupError:
        return False
    return True


def _lookup(model: type | None, key: str) -> Any:
    try:
        return field_schema(model, key)
    except LookupError as error:
        raise PatchError(str(error.args[0])) from None
