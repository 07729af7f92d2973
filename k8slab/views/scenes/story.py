"""The story of one Pod: what it is, its containers, its conditions, what happened to it, and why it is where it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from k8slab.apimachinery import owners
from k8slab.views.scenes import pod as pod_scene
from k8slab.views.scenes.events import event_scene, said_of, time_text
from k8slab.views.words import ENGLISH, Words

#: The order in which a Pod's conditions come true.
CONDITIONS = ("PodScheduled", "Initialized", "PodReadyToStartContainers", "ContainersReady", "Ready")


def pod_story(
    pod: Any,
    events: Iterable[Any] = (),
    *,
    why: Mapping[str, Any] | None = None,
    bands: Mapping[str, tuple[str, str]] | None = None,
    origin: datetime | None = None,
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return ``{"chip", "facts": [[name, value]], "containers", "conditions", "events", "why": [sentence], "said"}``.

    *why* is what `Inspector.why_here` answers; None says that a real cluster does not tell this.
    """
    chip = pod_scene.chip(pod, bands=bands, words=words)
    owner = owners.controller_of(pod)
    status = pod.status
    facts = [
        [words("story.node"), pod.spec.nodeName or words("pod.unplaced")],
        ["IP", (status.podIP if status else None) or "–"],
        [words("story.owner"), f"{owner.kind} {owner.name}" if owner else words("story.no-owner")],
        [words("story.created"), time_text(pod.metadata.creationTimestamp, origin)],
    ]
    if pod.metadata.deletionTimestamp:
        facts.append([words("story.leaving"), time_text(pod.metadata.deletionTimestamp, origin)])
    containers = [_container(container, pod, words) for container in pod.spec.containers]
    happened = event_scene(events, origin=origin, about=f"Pod/{pod.metadata.name}", limit=12, words=words)["events"]
    story = {
        "chip": chip,
        "facts": facts,
        "containers": containers,
        "conditions": _conditions(pod, origin, words),
        "events": happened,
        "why": why_sentences(pod, why, words),
    }
    said = [
        chip["said"],
        *story["why"],
        *(f"{one['name']}: {one['state']}" for one in containers),
        *map(said_of, happened),
    ]
    return {**story, "said": "\n".join(said)}


def _container(container: Any, pod: Any, words: Words) -> dict[str, Any]:
    found = [one for one in (pod.status.containerStatuses if pod.status else None) or () if one.name == container.name]
    state = found[0].state if found else None
    if state and state.running:
        text = words("container.running")
    elif state and state.terminated:
        text = words("container.ended", reason=state.terminated.reason or "", code=state.terminated.exitCode)
    elif state and state.waiting:
        text = words("container.waiting", reason=state.waiting.reason or "")
    else:
        text = words("container.nothing")
    last = found[0].lastState.terminated if found and found[0].lastState else None
    return {
        "name": container.name,
        "image": container.image or "",
        "state": text,
        "message": (state.waiting.message or "") if state and state.waiting else "",
        "ready": bool(found and found[0].ready),
        "restarts": found[0].restartCount if found else 0,
        "last": words("container.last", reason=last.reason or "", code=last.exitCode) if last else "",
    }


def _conditions(pod: Any, origin: datetime | None, words: Words) -> list[dict[str, Any]]:
    found = {condition.type: condition for condition in (pod.status.conditions if pod.status else None) or ()}
    ordered = [name for name in CONDITIONS if name in found] + sorted(name for name in found if name not in CONDITIONS)
    return [
        {
            "type": name,
            "status": found[name].status,
            "reason": found[name].reason or "",
            "message": found[name].message or "",
            "since": time_text(found[name].lastTransitionTime, origin),
        }
        for name in ordered
    ]


def why_sentences(pod: Any, why: Mapping[str, Any] | None, words: Words) -> list[str]:
    """Return how the scheduler came to its choice, a sentence each."""
    if why is None:
        return [words("why.real-cluster")]
    filters: Mapping[str, Any] = why.get("filters") or {}
    scores: Mapping[str, Mapping[str, float]] = why.get("scores") or {}
    node = why.get("node") or pod.spec.nodeName or ""
    if not node and not filters and not scores:
        return [words("why.not-yet")]
    sentences = []
    refused = {name: _reasons(reasons) for name, reasons in sorted(filters.items()) if _reasons(reasons)}
    totals = {name: sum(scores[name].values()) for name in sorted(scores)}
    if node:
        fitting = max(len(totals), len(filters) - len(refused), 1)
        sentences.append(words("why.chosen", node=node, fitting=fitting, total=max(len(filters), fitting)))
    else:
        sentences.append(words("why.nowhere", total=len(filters)))
    if node in totals:
        others = [f"{name} {totals[name]:g}" for name in totals if name != node]
        sentences.append(words("why.score", node=node, score=f"{totals[node]:g}", others=", ".join(others) or "–"))
        best = sorted(scores[node].items(), key=lambda item: (-item[1], item[0]))[:3]
        sentences.append(words("why.plugins", plugins=", ".join(f"{name} {value:g}" for name, value in best)))
    sentences += [words("why.refused", node=name, reasons=reasons) for name, reasons in list(refused.items())[:6]]
    return sentences


def _reasons(reasons: Any) -> str:
    return reasons if isinstance(reasons, str) else ", ".join(str(reason) for reason in reasons or ())
