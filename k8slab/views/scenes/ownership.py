"""Who owns whom: owner references as a graph, from the owner down.

An object that says it has a controller which is not there hangs from a ghost, so that an orphan about to be collected can be seen.
The old ReplicaSets of a Deployment, at 0 and kept for undo, are folded into one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8slab.apimachinery import owners
from k8slab.views.scenes import pod as pod_scene
from k8slab.views.scenes.board import revision_of, versions
from k8slab.views.words import ENGLISH, Words


def ownership_scene(
    objects: Iterable[Any], *, of: str = "", before: Mapping[str, Any] | None = None, words: Words = ENGLISH
) -> dict[str, Any]:
    """Return ``{"nodes": [{"id", "kind", "name", "label", "layer", "slot", "state", ...}], "edges": [{"from", "to"}], "message", "said"}``.

    Layers count from the owners (0) down. Among its siblings an object keeps the "slot" it had in the scene *before*.
    With *of* only the object of that name and what hangs from it is shown.
    """
    objects = sorted(objects, key=lambda obj: (kind_of(obj), revision_of(obj), _created(obj), obj.metadata.name))
    if of:
        objects = _line_of(of, objects)
    known = {obj.metadata.uid: obj for obj in objects}
    bands = versions(obj for obj in objects if kind_of(obj) == "ReplicaSet")
    folded = _kept_for_undo(objects, bands)
    away = {obj.metadata.uid for kept in folded.values() for obj in kept}
    nodes: dict[str, dict[str, Any]] = {}
    edges = []
    for uid, kept in folded.items():
        nodes[f"{uid} kept"] = _fold(f"{uid} kept", kept, bands, words)
        edges.append({"from": uid, "to": f"{uid} kept", "controller": True})
    objects = [obj for obj in objects if obj.metadata.uid not in away]
    for obj in objects:
        nodes[obj.metadata.uid] = _node(obj, bands, words)
    for obj in objects:
        for reference in owners.owners_of(obj):
            if reference.uid not in known and reference.uid not in nodes:
                nodes[reference.uid] = _ghost(reference, words)
            edges.append({"from": reference.uid, "to": obj.metadata.uid, "controller": bool(reference.controller)})
    _place(nodes, edges, before)
    depths: dict[str, int] = {}
    for node in nodes.values():
        depths[node["kind"]] = max(depths.get(node["kind"], 0), node["layer"])
    kinds = [node["kind"] for node in nodes.values() for _ in range(node.get("folded", 1))]
    counts = [words.count(kinds.count(kind), kind) for kind in sorted(depths, key=lambda kind: (depths[kind], kind))]
    orphans = [node["name"] for node in nodes.values() if node["kind"] == "Pod" and not node["parent"]]
    message = words("ownership.message", counts=", ".join(counts))
    if not nodes:
        message = words("ownership.empty.of", name=of) if of else words("ownership.empty")
    lines = [message]
    lines += [
        words("ownership.owns", owner=f"{nodes[uid]['kind']} {nodes[uid]['name']}", children=", ".join(children))
        for uid, children in _children(nodes, edges).items()
    ]
    if orphans:
        lines.append(words("ownership.orphans", names=", ".join(orphans)))
    return {"nodes": list(nodes.values()), "edges": edges, "message": message, "said": "\n".join(lines)}


def kind_of(obj: Any) -> str:
    """Return the kind of *obj*."""
    return obj._api_info.resource.kind


def _line_of(name: str, objects: Iterable[Any]) -> list[Any]:
    """Return of *objects* those called *name* that have no controller, and all below them."""
    objects = list(objects)
    line = {obj.metadata.uid for obj in objects if obj.metadata.name == name and not owners.controller_uid(obj)}
    grown = 0
    while grown != len(line):
        grown = len(line)
        line |= {obj.metadata.uid for obj in objects if owners.controller_uid(obj) in line}
    return [obj for obj in objects if obj.metadata.uid in line]


def _kept_for_undo(objects: Iterable[Any], bands: Mapping[str, tuple[str, str]]) -> dict[str, list[Any]]:
    """Return ``{Deployment's uid: its old ReplicaSets that want no Pods and have none}``."""
    objects = list(objects)
    there = {obj.metadata.uid for obj in objects}
    parents = {owners.controller_uid(obj) for obj in objects}
    newest: dict[str, int] = {}
    sets = [obj for obj in objects if kind_of(obj) == "ReplicaSet" and owners.controller_uid(obj) in there]
    for one in sets:
        owner = owners.controller_uid(one) or ""
        newest[owner] = max(newest.get(owner, 0), revision_of(one))
    kept: dict[str, list[Any]] = {}
    for one in sets:
        owner = owners.controller_uid(one) or ""
        if one.spec.replicas == 0 and one.metadata.uid not in parents and revision_of(one) < newest[owner]:
            kept.setdefault(owner, []).append(one)
    return kept


def _fold(uid: str, kept: list[Any], bands: Mapping[str, tuple[str, str]], words: Words) -> dict[str, Any]:
    revisions = ", ".join(bands[one.metadata.uid][1] for one in kept)
    name = words("ownership.kept", revisions=revisions)
    said = words("ownership.kept.said", names=", ".join(one.metadata.name for one in kept))
    return {
        "id": uid, "kind": "ReplicaSet", "name": name, "key": "", "ghost": False, "folded": len(kept), "state": "",
        "version": "", "revision": "", "restarts": 0, "label": words("ownership.replicas", replicas=0), "said": said,
    }  # fmt: skip


def _created(obj: Any) -> str:
    created = obj.metadata.creationTimestamp
    return created.isoformat() if created else ""


def _node(obj: Any, bands: Mapping[str, tuple[str, str]], words: Words) -> dict[str, Any]:
    kind = kind_of(obj)
    common = {
        "id": obj.metadata.uid,
        "kind": kind,
        "name": obj.metadata.name,
        "key": pod_scene.key_of(obj),
        "ghost": False,
    }
    if kind == "Pod":
        chip = pod_scene.chip(obj, bands=bands, words=words)
        return {
            **common,
            **{name: chip[name] for name in ("state", "version", "revision", "restarts", "said")},
            "label": chip["tail"],
        }
    version, revision = bands.get(obj.metadata.uid, ("", ""))
    replicas = getattr(getattr(obj, "spec", None), "replicas", None)
    label = words("ownership.replicas", replicas=replicas) if replicas is not None else ""
    if revision:
        label = words("ownership.revision", revision=revision) + ", " + label
    said = f"{kind} {obj.metadata.name}" + (f": {label}" if label else "")
    return {
        **common,
        "state": "",
        "version": version,
        "revision": revision,
        "restarts": 0,
        "said": said,
        "label": label,
    }


def _ghost(reference: Any, words: Words) -> dict[str, Any]:
    return {
        "id": reference.uid, "kind": reference.kind, "name": reference.name, "key": reference.name, "ghost": True, "state": "",
        "version": "", "revision": "", "restarts": 0, "label": words("ownership.ghost"),
        "said": f"{reference.kind} {reference.name}: {words('ownership.ghost')}",
    }  # fmt: skip


def _children(nodes: Mapping[str, Any], edges: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for edge in sorted(edges, key=lambda edge: (nodes[edge["from"]]["layer"], nodes[edge["from"]]["slot"])):
        children.setdefault(edge["from"], []).append(nodes[edge["to"]]["name"])
    return children


def _place(nodes: dict[str, dict[str, Any]], edges: list[dict[str, Any]], before: Mapping[str, Any] | None) -> None:
    """Set "parent", "layer" and "slot". A controller outranks a mere owner as the parent to hang from."""
    parents: dict[str, str] = {}
    for edge in edges:
        if edge["controller"] or edge["to"] not in parents:
            parents[edge["to"]] = edge["from"]
    kept = {(node["parent"], node["id"]): node["slot"] for node in (before or {"nodes": ()})["nodes"]}
    siblings: dict[str, list[dict[str, Any]]] = {}
    for node in nodes.values():
        node["parent"] = parents.get(node["id"], "")
        depth, above = 0, node["parent"]
        while above and depth < len(nodes):
            depth, above = depth + 1, parents.get(above, "")
        node["layer"] = depth
        siblings.setdefault(node["parent"], []).append(node)
    for parent, brood in siblings.items():
        taken = {kept[parent, node["id"]] for node in brood if (parent, node["id"]) in kept}
        free = (slot for slot in range(len(brood) + len(taken)) if slot not in taken)
        for node in brood:
            node["slot"] = kept[parent, node["id"]] if (parent, node["id"]) in kept else next(free)
        if not parent:
            # roots stand in kind order, the layers below them keep their seats
            for slot, node in enumerate(brood):
                node["slot"] = slot
