"""One object as YAML, with what changed since the last look.

``managedFields`` stay out, as in ``kubectl get -o yaml``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml

from k8slab.views.scenes import pod as pod_scene
from k8slab.views.scenes.ownership import kind_of
from k8slab.views.words import ENGLISH, Words

SAME, ADDED, REMOVED = "same", "added", "removed"


def object_scene(obj: Any | None, before: Any | None = None, *, words: Words = ENGLISH) -> dict[str, Any]:
    """Return ``{"kind", "name", "lines": [{"text", "change"}], "changes": [path: old -> new], "message", "said"}``.

    *before* is the object as it was at the last look; without one nothing counts as changed.
    """
    if obj is None and before is None:
        return {
            "kind": "",
            "name": "",
            "lines": [],
            "changes": [],
            "message": words("object.empty"),
            "said": words("object.empty"),
        }
    shown = obj if obj is not None else before
    new, old = plain(obj), plain(before)
    lines = _lines(yaml_of(new), yaml_of(old) if before is not None else yaml_of(new))
    changes = list(_changes(old, new)) if before is not None else []
    name = f"{kind_of(shown)} {pod_scene.key_of(shown)}"
    if obj is None:
        message = words("object.gone", name=name)
    elif before is None:
        message = words("object.first", name=name)
    else:
        message = words("object.changed" if changes else "object.same", name=name, count=len(changes))
    return {
        "kind": kind_of(shown),
        "name": pod_scene.key_of(shown),
        "lines": lines,
        "changes": changes,
        "message": message,
        "said": "\n".join([message, *changes]),
    }


def plain(obj: Any | None) -> dict[str, Any]:
    """Return *obj* as the dict that its YAML shows; {} for nothing."""
    if obj is None:
        return {}
    body = obj.to_dict()
    resource = obj._api_info.resource
    body.get("metadata", {}).pop("managedFields", None)
    api_version = f"{resource.group}/{resource.version}" if resource.group else resource.version
    return {"apiVersion": api_version, "kind": resource.kind, **body}


def yaml_of(body: Mapping[str, Any]) -> list[str]:
    """Return the YAML of *body*, a line each, keys in the API's order."""
    if not body:
        return []
    return yaml.safe_dump(dict(body), sort_keys=False, allow_unicode=True, width=100).splitlines()


def _lines(new: list[str], old: list[str]) -> list[dict[str, str]]:
    lines = []
    for operation, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            lines += [{"text": text, "change": SAME} for text in new[c:d]]
            continue
        lines += [{"text": text, "change": REMOVED} for text in old[a:b]]
        lines += [{"text": text, "change": ADDED} for text in new[c:d]]
    return lines


def _changes(old: Any, new: Any, path: str = "") -> Any:
    """Yield ``path: old -> new`` for every leaf that differs, in the order of the new object."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _changes(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new)):
            yield from _changes(a, b, f"{path}[{index}]")
    elif old != new:
        yield f"{path}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    if value is None:
        return "–"
    text = (
        str(value)
        if not isinstance(value, dict | list)
        else yaml.safe_dump(value, default_flow_style=True, width=10_000).strip()
    )
    return text if len(text) <= 60 else text[:59] + "…"
