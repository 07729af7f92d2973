"""A rollout in a sentence: what its record shows, from the first change to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k8slab.views.scenes import pod as pod_scene
from k8slab.views.words import Words


def summary(scene: Mapping[str, Any], words: Words) -> dict[str, str]:
    """Return ``{"message", "said"}`` of a rollout scene: one sentence, and a paragraph for who cannot see the picture."""
    if not scene["rows"]:
        return {"message": words("rollout.empty"), "said": words("rollout.empty")}
    parts = [_message(scene, words)]
    for row in scene["rows"]:
        there = _at_end(scene, row)
        ready = there.count(pod_scene.READY)
        parts.append(words("rollout.row", name=row["name"], revision=row["revision"], there=len(there), ready=ready))
    if scene["requests"]:
        parts.append(scene["requests"]["said"])
    return {"message": parts[0], "said": " ".join(parts)}


def _message(scene: Mapping[str, Any], words: Words) -> str:
    at_end = [state for row in scene["rows"] for state in _at_end(scene, row)]
    most = int(max((count for _, count in scene["lines"]["total"]), default=0))
    changes = _changes(scene)
    if pod_scene.FAILED in at_end:
        return words("rollout.stuck", failing=at_end.count(pod_scene.FAILED), ready=at_end.count(pod_scene.READY))
    if not changes:
        return words("rollout.quiet", pods=words.count(most, "Pod"))
    seconds = f"{max(changes) - min(changes):.0f}"
    fewest = _fewest_available(scene)
    if fewest is None:
        return words("rollout.never-full", seconds=seconds)
    if len(scene["rows"]) == 1 and at_end.count(pod_scene.READY) == most:
        return words("rollout.created", seconds=seconds, pods=words.count(most, "Pod"))
    return words("rollout.message", seconds=seconds, fewest=fewest, pods=words.count(most, "Pod"))


def _at_end(scene: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """Return the states of the Pods that are there at the end."""
    last = [one["segments"][-1] for one in row["pods"]]
    return [segment["state"] for segment in last if segment["to"] == scene["end"]]


def _changes(scene: Mapping[str, Any]) -> list[float]:
    segments = [segment for row in scene["rows"] for one in row["pods"] for segment in one["segments"]]
    borders = [segment[end] for segment in segments for end in ("from", "to")]
    return [time for time in borders if scene["start"] < time < scene["end"]]


def _fewest_available(scene: Mapping[str, Any]) -> int | None:
    """Return the fewest Pods available since as many as asked for first were, or None if they never were."""
    available = scene["lines"]["available"]
    for index, (time, count) in enumerate(available):
        held = value_at(scene["bounds"], time)
        if held is not None and count >= held[1] > 0:
            return int(min(later for _, later in available[index:]))
    return None


def value_at(steps: Sequence[Sequence[float]], time: float) -> Sequence[float] | None:
    """Return the step of a line or of the bounds that holds at *time*, or None before the first."""
    found = None
    for step in steps:
        if step[0] > time:
            break
        found = step
    return found
