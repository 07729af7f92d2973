"""Strategic merge patch: a merge patch that knows the API types, so that lists of containers merge by name.

Models apimachinery pkg/util/strategicpatch: StrategicMergePatch with its directives ``$patch`` (replace, delete),
``$retainKeys``, ``$setElementOrder/<list>`` and ``$deleteFromPrimitiveList/<list>``. Dicts in, new dicts out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8slab.apimachinery.patch_schema import field_schema

PATCH, RETAIN_KEYS = "$patch", "$retainKeys"
SET_ORDER, DELETE_FROM = "$setElementOrder/", "$deleteFromPrimitiveList/"

Json = dict[str, Any]


class PatchError(ValueError):
    """A patch that cannot be applied, in upstream's words. *bad_request*: whether the patch itself is malformed (400)."""

    def __init__(self, message: str, bad_request: bool = False) -> None:
        super().__init__(message)
        self.bad_request = bad_request


def strategic_merge(document: Json, patch: Json, model: type | None) -> Json:
    """Return *document*, an object of lightkube class *model*, changed by *patch*. Raises PatchError."""
    return merge_map(document, patch, model, final=True)


def merge_map(original: Json, patch: Json, model: type | None, final: bool) -> Json:
    """Return *original* with *patch* merged in.

    *final* obeys the directives; otherwise *original* is itself a patch, and directives and nulls are kept for the server.
    """
    if PATCH in patch:
        return _whole_map(patch)
    result = dict(original)
    patch = dict(patch)
    _retain_keys(result, patch, final)
    _ordered_lists(result, patch, model, final)
    for key, value in patch.items():
        delete_list = key.startswith(DELETE_FROM)
        if delete_list:
            if not final:
                result[key] = value
                continue
            key = key[len(DELETE_FROM) :]
        if value is None:
            result.pop(key, None)
            if final:
                continue
        if key not in result:
            if not delete_list:
                result[key] = _cleaned(value) if final else value
            continue
        here = result[key]
        if type(here) is not type(value):
            if not delete_list:
                result[key] = _cleaned(value) if final else value
        elif isinstance(value, dict):
            schema = _lookup(model, key)
            replace = schema.strategy == "replace"
            result[key] = value if replace else merge_map(here, value, schema.inner, final)
        elif isinstance(value, list):
            schema = _lookup(model, key)
            if schema.strategy == "merge" or delete_list:
                result[key] = merge_list(here, value, schema.inner, schema.merge_key, final, delete_list)
            else:
                result[key] = value
        else:
            result[key] = value
    return result


def merge_list(
    original: Sequence[Any],
    patch: Sequence[Any],
    inner: type | None,
    merge_key: str,
    final: bool,
    delete_list: bool = False,
) -> list[Any]:
    """Return the two lists merged; items of the patch keep its order, the others find their place among them."""
    if not original and not patch:
        return []
    items = list(original)
    if not are_maps(original, patch):
        if final and delete_list:
            return [item for item in items if item not in patch]
        merged = items + [item for item in patch if item not in items]
        merged = [item for index, item in enumerate(merged) if item not in merged[:index]]
        return in_order(merged, patch, original, "")
    if not merge_key:
        raise PatchError("cannot merge lists without merge key for type struct")
    items, changes = _special_items(items, list(patch), merge_key)
    for change in changes:
        key = key_of(change, merge_key)
        for index, item in enumerate(items):
            if item.get(merge_key) == key:
                items[index] = merge_map(item, change, inner, final)
                break
        else:
            items.append(_cleaned(change) if final else change)
    return in_order(items, changes, original if items else [], merge_key)


def in_order(merged: Sequence[Any], wanted: Sequence[Any], live: Sequence[Any], merge_key: str) -> list[Any]:
    """Return *merged* with the items that *wanted* names in its order, the others put among them as in *live*."""
    order = [key_of(item, merge_key) for item in wanted]
    live_order = [item.get(merge_key) if merge_key else item for item in live]
    named = [item for item in merged if key_of(item, merge_key) in order]
    others = [item for item in merged if key_of(item, merge_key) not in order]
    deletions = [item for item in named if merge_key and item.get(PATCH) == "delete"]
    named = [item for item in named if item not in deletions]
    named.sort(key=lambda item: order.index(key_of(item, merge_key)))
    others.sort(key=lambda item: _index(live_order, key_of(item, merge_key)))
    result: list[Any] = []
    right = named + deletions
    while others and right:
        left_at, right_at = (_index(live_order, key_of(items[0], merge_key)) for items in (others, right))
        both_known = left_at < len(live_order) and right_at < len(live_order)
        result.append(others.pop(0) if both_known and left_at < right_at else right.pop(0))
    return result + right + others


def key_of(item: Any, merge_key: str) -> Any:
    """Return what identifies *item* in its list: the value of *merge_key*, or, without one, the item itself."""
    if not merge_key:
        return item
    if merge_key not in item:
        raise PatchError(f"map: {_go_map(item)} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def are_maps(*lists: Sequence[Any]) -> bool:
    """Whether the items are maps; raises PatchError if they are lists, or not all of one kind."""
    kinds = [type(item) for items in lists for item in items]
    if any(kind is list for kind in kinds):
        raise PatchError("lists of lists are not supported")
    if len(dict.fromkeys(int if kind is float else kind for kind in kinds)) > 1:
        raise PatchError(f"list element types are not identical: {[list(items) for items in lists]}")
    return bool(kinds) and kinds[0] is dict


def _index(order: Sequence[Any], key: Any) -> int:
    return order.index(key) if key in order else len(order)


def _lookup(model: type | None, key: str) -> Any:
    try:
        return field_schema(model, key)
    except LookupError as error:
        raise PatchError(str(error.args[0])) from None


def _whole_map(patch: Json) -> Json:
    directive = patch[PATCH]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != PATCH}
    if directive == "delete":
        return {}
    raise PatchError(f"unknown patch type: {directive} in map: {_go_map(patch)}", bad_request=True)


def _retain_keys(result: Json, patch: Json, final: bool) -> None:
    """Obey ``$retainKeys``: of the live map only these keys stay."""
    if RETAIN_KEYS not in patch:
        return
    keys = patch.pop(RETAIN_KEYS)
    if not final:
        if result.setdefault(RETAIN_KEYS, keys) != keys:
            raise PatchError(
                f"{result[RETAIN_KEYS]} and {keys} are not deep equal: this may happen when calculating the 3-way diff patch"
            )
        return
    if not isinstance(keys, list):
        raise PatchError("invalid patch format of retainKeys", bad_request=True)
    for key, value in patch.items():
        if value is not None and not key.startswith((DELETE_FROM, SET_ORDER)) and key not in keys:
            raise PatchError("patch contains fields not present in retainKeys", bad_request=True)
    for key in [key for key in result if key not in keys]:
        del result[key]


def _ordered_lists(result: Json, patch: Json, model: type | None, final: bool) -> None:
    """Merge the lists for which ``$setElementOrder`` gives the order, and take them out of *patch*."""
    for directive in [key for key in patch if key.startswith(SET_ORDER)]:
        order = patch.pop(directive)
        if not isinstance(order, list):
            raise PatchError("invalid patch format of setElementOrder list", bad_request=True)
        if not final and result.setdefault(directive, order) != order:
            raise PatchError("invalid patch format of setElementOrder list", bad_request=True)
        key = directive[len(SET_ORDER) :]
        schema = _lookup(model, key)
        live, change = result.get(key), patch.pop(key, None)
        for items in (live, change):
            if items is not None and not isinstance(items, list):
                raise PatchError(f"expected a list, but received a {type(items).__name__}")
        if change:
            _check_order(change, order, schema.merge_key)
        if live is None and change is None:
            continue
        if live is None:
            merged = [_cleaned(item) for item in change if not _is_directive(item)] if final else list(change)
        elif change is None:
            merged = live
        elif schema.strategy == "merge":
            merged = merge_list(live, change, schema.inner, schema.merge_key, final)
        else:
            merged = change
        result[key] = in_order(merged, order, live or [], schema.merge_key)


def _check_order(change: Sequence[Any], order: Sequence[Any], merge_key: str) -> None:
    rest = iter(key_of(item, merge_key) for item in order)
    if not order:
        return
    for item in change:
        if _is_directive(item):
            continue
        key = key_of(item, merge_key)
        if not any(other == key for other in rest):
            raise PatchError(
                f"The order in patch list:\n{_go_list(change)}\n doesn't match $setElementOrder list:\n{_go_list(order)}\n"
            )


def _is_directive(item: Any) -> bool:
    return isinstance(item, dict) and PATCH in item


def _special_items(items: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Obey ``$patch: delete`` and ``$patch: replace`` among the items; return the live items and the plain changes."""
    changes, replace = [], False
    for change in patch:
        directive = change.get(PATCH)
        if directive is None:
            changes.append(change)
        elif directive == "delete":
            key = key_of(change, merge_key)
            items = [item for item in items if item.get(merge_key) != key]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise PatchError("merging lists cannot yet be specified in the patch")
        else:
            raise PatchError(f"unknown patch type: {directive} in map: {_go_map(change)}", bad_request=True)
    return (changes, []) if replace else (items, changes)


def _cleaned(value: Any) -> Any:
    """Return a value that is new to the document without nulls and directives in it."""
    if isinstance(value, dict):
        return {
            key: _cleaned(item)
            for key, item in value.items()
            if item is not None and key not in (PATCH, RETAIN_KEYS) and not key.startswith((SET_ORDER, DELETE_FROM))
        }
    if isinstance(value, list):
        return [_cleaned(item) for item in value if not (isinstance(item, dict) and item.get(PATCH) == "delete")]
    return value


def _go_map(value: Json) -> str:
    return "map[" + " ".join(f"{key}:{_go_value(value[key])}" for key in sorted(value)) + "]"


def _go_list(value: Sequence[Any]) -> str:
    return "[" + " ".join(map(_go_value, value)) + "]"


def _go_value(value: Any) -> str:
    if isinstance(value, dict):
        return _go_map(value)
    if isinstance(value, list):
        return _go_list(value)
    return (
        {None: "<nil>", True: "true", False: "false"}.get(value, str(value))
        if value is None or isinstance(value, bool)
        else str(value)
    )
