"""The board: nodes with the Pods on them, and above them the ReplicaSets and Deployments that made those.

A Pod keeps its slot on its node for as long as it is there, so that nothing moves that did not change; a newcomer takes the
first free slot. That is why the scene before may be handed in.
Left out: what the Pods serve (Services come with the packet tracer).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from k8slab.apimachinery import conditions, owners, pods
from k8slab.sim.clock import EPOCH
from k8slab.views.scenes import pod as pod_scene
from k8slab.views.words import ENGLISH, Words

#: From so many Pods or nodes on, they are drawn small and without their names.
CROWD_PODS, CROWD_NODES = 120, 12
REVISION = "deployment.kubernetes.io/revision"


def board_scene(
    nodes: Iterable[Any],
    all_pods: Iterable[Any],
    replica_sets: Iterable[Any] = (),
    deployments: Iterable[Any] = (),
    *,
    before: Mapping[str, Any] | None = None,
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return ``{"message", "nodes", "unplaced", "deployments", "counts", "crowded"}``, all lists by name.

    A node is ``{"name", "ready", "cordoned", "cpu", "memory", "room", "pods", "said"}`` where cpu and memory are
    ``{"used", "of", "share"}``; a Pod is a `chip` with its "slot". A Deployment (or a row of Pods and ReplicaSets
    without one, whose "kind" is "") holds "replica_sets", and those the chips of their Pods.
    """
    nodes, all_pods, replica_sets = list(nodes), list(all_pods), list(replica_sets)
    bands = versions(replica_sets)
    lost = frozenset(node.metadata.name for node in nodes if node_state(node) != "ready")
    chips = {pod.metadata.uid: pod_scene.chip(pod, bands=bands, lost_nodes=lost, words=words) for pod in all_pods}
    slots = _slots_of(before)
    on_node: dict[str, list[Any]] = {}
    for pod in sorted(all_pods, key=_age):
        on_node.setdefault(pod.spec.nodeName or "", []).append(pod)
    cards = [
        _node_card(node, on_node.pop(node.metadata.name, []), chips, slots, words)
        for node in sorted(nodes, key=lambda node: counting(node.metadata.name))
    ]
    homeless = [pod for here in on_node.values() for pod in here]
    states = [chip["state"] for chip in chips.values()]
    ready, leaving = states.count(pod_scene.READY), states.count(pod_scene.TERMINATING)
    total = len(states) - leaving - states.count(pod_scene.DONE)
    message = words("board.message", ready=ready, pods=words.count(total, "Pod"))
    if leaving:
        message += words("board.message.leaving", leaving=leaving)
    return {
        "message": message if chips else words("board.empty"),
        "nodes": cards,
        "unplaced": _seat(homeless, chips, slots, ""),
        "deployments": _tabs(deployments, replica_sets, all_pods, chips, bands, words),
        "counts": {"ready": ready, "total": total, "leaving": leaving},
        "crowded": len(chips) > CROWD_PODS or len(cards) > CROWD_NODES,
    }


def said_of(scene: Mapping[str, Any], message: str | None = None, past: str = "") -> str:
    """Return in words what the board shows: the moment if it is *past*; a line a Deployment, a ReplicaSet, a node, a Pod (of the first 60)."""
    lines = [message or scene["message"], *([past] if past else ())]
    for tab in scene["deployments"]:
        lines += [tab["said"], *("  " + row["said"] for row in tab["replica_sets"])]
    left = 60
    for node in scene["nodes"]:
        lines += [node["said"], *("  " + chip["said"] for chip in node["pods"][:left])]
        left = max(0, left - len(node["pods"]))
    lines += [chip["said"] for chip in scene["unplaced"][:left]]
    return "\n".join(lines)


def versions(replica_sets: Iterable[Any]) -> dict[str, tuple[str, str]]:
    """Return ``{uid: (version, revision)}``: of each Deployment the newest ReplicaSet is "new", unless it is the first ever."""
    families: dict[str, list[Any]] = {}
    for replica_set in replica_sets:
        families.setdefault(owners.controller_uid(replica_set) or replica_set.metadata.uid, []).append(replica_set)
    bands = {}
    for family in families.values():
        newest = max(revision_of(replica_set) for replica_set in family)
        for replica_set in family:
            revision = revision_of(replica_set)
            version = "new" if revision == newest and revision > 1 else "old"
            bands[replica_set.metadata.uid] = (version, str(revision) if revision else "")
    return bands


def node_state(node: Any) -> str:
    """Return "ready", "not ready", or "lost" when the node has stopped reporting."""
    status = conditions.status_of(node.status.conditions if node.status else None, "Ready")
    return {"True": "ready", "Unknown": "lost"}.get(status or "", "not ready")


def counting(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names as people count: node-2 before node-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _age(obj: Any) -> tuple[datetime, str]:
    return obj.metadata.creationTimestamp or EPOCH, obj.metadata.name


def revision_of(obj: Any) -> int:
    """Return the rollout revision of a Deployment or ReplicaSet, 0 for anything else."""
    text = (obj.metadata.annotations or {}).get(REVISION, "")
    return int(text) if text.isdigit() else 0


def _slots_of(scene: Mapping[str, Any] | None) -> dict[str, tuple[str, int]]:
    if not scene:
        return {}
    seated = [chip for node in scene["nodes"] for chip in node["pods"]] + list(scene["unplaced"])
    return {chip["key"]: (chip["node"], chip["slot"]) for chip in seated}


def _seat(
    here: Sequence[Any], chips: Mapping[str, dict[str, Any]], slots: Mapping[str, tuple[str, int]], node: str
) -> list[dict[str, Any]]:
    """Return the chips of the Pods *here* with their slots: those who had one keep it, the others fill the gaps."""
    kept = {pod.metadata.uid: slots.get(pod_scene.key_of(pod)) for pod in here}
    taken = {seat[1] for seat in kept.values() if seat and seat[0] == node}
    free = (slot for slot in range(len(here) + len(taken)) if slot not in taken)
    seated = []
    for pod in here:
        seat = kept[pod.metadata.uid]
        slot = seat[1] if seat and seat[0] == node else next(free)
        seated.append({**chips[pod.metadata.uid], "slot": slot})
    return sorted(seated, key=lambda chip: chip["slot"])


def _node_card(
    node: Any,
    here: Sequence[Any],
    chips: Mapping[str, dict[str, Any]],
    slots: Mapping[str, tuple[str, int]],
    words: Words,
) -> dict[str, Any]:
    name = node.metadata.name
    room = pods.amounts((node.status.allocatable if node.status else None) or {})
    wanted: dict[str, int] = {}
    for pod in here:
        if not pods.is_terminal(pod):
            for resource, amount in pods.requests(pod).items():
                wanted[resource] = wanted.get(resource, 0) + amount
    cpu = _gauge(wanted.get("cpu", 0), room.get("cpu", 0), _cores)
    memory = _gauge(wanted.get("memory", 0), room.get("memory", 0), _bytes)
    state = node_state(node)
    cordoned = bool(node.spec and node.spec.unschedulable)
    said = words(
        "node.said", name=name, state=words(f"node.{state}"), pods=len(here), cpu=cpu["text"], memory=memory["text"]
    )
    return {
        "name": name,
        "state": state,
        "cordoned": cordoned,
        "cpu": cpu,
        "memory": memory,
        "room": room.get("pods", 0),
        "pods": _seat(here, chips, slots, name),
        "said": said + (words("node.said.cordoned") if cordoned else ""),
    }


def _gauge(used: int, of: int, text: Any) -> dict[str, Any]:
    return {"used": used, "of": of, "share": round(used / of, 4) if of else 0.0, "text": f"{text(used)} / {text(of)}"}


def _cores(millis: int) -> str:
    return f"{millis / 1000:.2f}".rstrip("0").rstrip(".")


def _bytes(amount: int) -> str:
    for unit, size in (("Gi", 1 << 30), ("Mi", 1 << 20)):
        if amount >= size:
            return f"{amount / size:.1f}".rstrip("0").rstrip(".") + unit
    return str(amount)


def _tabs(
    deployments: Iterable[Any],
    replica_sets: Sequence[Any],
    all_pods: Sequence[Any],
    chips: Mapping[str, dict[str, Any]],
    bands: Mapping[str, tuple[str, str]],
    words: Words,
) -> list[dict[str, Any]]:
    children: dict[str, list[Any]] = {}
    for obj in [*replica_sets, *sorted(all_pods, key=_age)]:
        children.setdefault(owners.controller_uid(obj) or "", []).append(obj)
    known = {replica_set.metadata.uid for replica_set in replica_sets}

    def row(replica_set: Any) -> dict[str, Any]:
        mine = [chips[pod.metadata.uid] for pod in children.get(replica_set.metadata.uid, ())]
        wanted = replica_set.spec.replicas if replica_set.spec.replicas is not None else 1
        ready = sum(chip["state"] == pod_scene.READY for chip in mine)
        version, revision = bands[replica_set.metadata.uid]
        said = words("replicaset.said", name=replica_set.metadata.name, ready=ready, replicas=wanted)
        return {
            "key": pod_scene.key_of(replica_set),
            "name": replica_set.metadata.name,
            "version": version,
            "revision": revision,
            "replicas": wanted,
            "ready": ready,
            "pods": [chip["key"] for chip in mine],
            "said": said,
        }

    def rows(found: Iterable[Any]) -> list[dict[str, Any]]:
        # the version that comes stands last, the long gone ones are left to `rollout history`
        ordered = sorted(found, key=lambda replica_set: (revision_of(replica_set), replica_set.metadata.name))
        drawn = [row(replica_set) for replica_set in ordered]
        return [line for line in drawn if line["replicas"] or line["pods"] or line is drawn[-1]]

    tabs = []
    for deployment in sorted(deployments, key=pod_scene.key_of):
        own = [child for child in children.pop(deployment.metadata.uid, ()) if child.metadata.uid in known]
        wanted = deployment.spec.replicas if deployment.spec.replicas is not None else 1
        lines = rows(own)
        ready = sum(line["ready"] for line in lines)
        tabs.append(
            {
                "kind": "Deployment",
                "key": pod_scene.key_of(deployment),
                "name": deployment.metadata.name,
                "replicas": wanted,
                "ready": ready,
                "revision": revision_of(deployment) or "",
                "paused": bool(deployment.spec.paused),
                "replica_sets": lines,
                "said": words("deployment.said", name=deployment.metadata.name, ready=ready, replicas=wanted),
            }
        )
    strays = [child for child in children.pop("", ()) if child.metadata.uid in known]
    if strays:
        tabs.append(
            {"kind": "", "key": "", "name": "", "replica_sets": rows(strays), "said": words("board.no-deployment")}
        )
    return tabs
