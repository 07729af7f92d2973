"""A rollout over time: each Pod of each ReplicaSet as a lane, the counts, and the bounds that the Deployment promised.

Models the bounds of pkg/controller/deployment/util (ResolveFenceposts): surge is rounded up, unavailable down, and when both
come out as 0 one Pod may be missing. "total" counts Pods that are not terminating: leaving Pods are extra.
Left out: a bound that changes while Pods are counted against the old one (the band simply steps).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from k8slab.apimachinery import owners, pods
from k8slab.views.scenes import pod as pod_scene
from k8slab.views.scenes import rollout_words
from k8slab.views.scenes.board import versions
from k8slab.views.words import ENGLISH, Words

#: How long an application is taken to start in the stand-in of requests, unless its Pod says otherwise.
START_UP_SECONDS, START_UP_ANNOTATION = 3.0, "lab/ready-after"
COUNTED = ("total", "ready", "available")


class Bounds(NamedTuple):
    """What a Deployment promises while it rolls: never fewer available than *lower*, never more Pods than *upper*."""

    replicas: int
    lower: int
    upper: int


class Lane(NamedTuple):
    """One Pod at one moment."""

    name: str
    replica_set: str
    state: str
    available: bool
    start_up_seconds: float = 0.0  # for how long it counts as ready without answering


class Moment(NamedTuple):
    """What a rollout looked like at *time* (virtual seconds). Pods and ReplicaSets by uid; a ReplicaSet is (name, version, revision)."""

    time: float
    bounds: Bounds | None
    replica_sets: Mapping[str, tuple[str, str, str]]
    lanes: Mapping[str, Lane]


def bounds_of(deployment: Any) -> Bounds:
    """Return the bounds that *deployment* keeps while it rolls."""
    spec = deployment.spec
    replicas = spec.replicas if spec.replicas is not None else 1
    strategy = spec.strategy
    if strategy and strategy.type == "Recreate":
        return Bounds(replicas, 0, replicas)
    rolling = strategy.rollingUpdate if strategy else None
    surge = _share(rolling.maxSurge if rolling else None, replicas, math.ceil)
    unavailable = _share(rolling.maxUnavailable if rolling else None, replicas, math.floor)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Bounds(replicas, max(0, replicas - unavailable), replicas + surge)


def _share(value: int | str | None, replicas: int, rounded: Any) -> int:
    if value is None:
        value = "25%"
    if isinstance(value, str) and value.endswith("%"):
        return int(rounded(replicas * int(value[:-1]) / 100))
    return int(value)


def moment(
    time: float, deployment: Any | None, replica_sets: Iterable[Any], all_pods: Iterable[Any], *, now: datetime
) -> Moment:
    """Return the moment that the given objects make; ReplicaSets and Pods of others are passed over."""
    own = [one for one in replica_sets if deployment is not None and owners.is_controlled_by(one, deployment)]
    bands = versions(own)
    sets = {one.metadata.uid: (one.metadata.name, *bands[one.metadata.uid]) for one in own}
    min_ready = (deployment.spec.minReadySeconds or 0) if deployment is not None else 0
    lanes = {}
    for pod in all_pods:
        uid = owners.controller_uid(pod) or ""
        if uid in sets:
            available = not pods.is_terminating(pod) and pods.is_available(pod, min_ready, now)
            lanes[pod.metadata.uid] = Lane(pod.metadata.name, uid, pod_scene.state_of(pod), available, start_up_of(pod))
    return Moment(time, bounds_of(deployment) if deployment is not None else None, sets, lanes)


def start_up_of(pod: Any) -> float:
    """Return for how many seconds *pod* counts as ready while its application still starts: none if a probe waits for that."""
    if all(container.readinessProbe is not None for container in pod.spec.containers):
        return 0.0
    return float((pod.metadata.annotations or {}).get(START_UP_ANNOTATION, START_UP_SECONDS))


def rollout_scene(
    moments: Sequence[Moment],
    *,
    name: str,
    marks: Iterable[tuple[float, str]] = (),
    requests: Callable[..., dict[str, Any]] | None = None,
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return the rollout of the Deployment *name* that *moments* (oldest first) tell.

    ``{"rows": [{"name", "version", "revision", "pods": [{"name", "tail", "lane", "start_up", "segments": [{"from", "to", "state"}]}]}],
    "lines": {"total" | "ready" | "available": [[time, n]]}, "bounds": [[time, replicas, lower, upper]], "marks", "requests",
    "steps": [{"time", "message"}], "start", "end", "message", "said"}``. A step is a moment at which something changed. Times are virtual seconds; a line holds until its next point; rows: oldest first.
    *requests* computes the line of requests from the rows (see `stand_in_requests`).
    """
    start = round(moments[0].time, 3) if moments else 0.0
    end = round(moments[-1].time, 3) if moments else 0.0
    rows = _rows(moments, end)
    scene = {
        "deployment": name,
        "start": start,
        "end": end,
        "rows": rows,
        "lines": _lines(moments),
        "bounds": _bounds(moments),
        "steps": _steps(moments, words),
        "marks": [{"time": time, "text": text} for time, text in marks if start <= time <= end],
        "requests": requests(rows, start=start, end=end, words=words) if requests and rows else None,
    }
    return {**scene, **rollout_words.summary(scene, words)}


def _rows(moments: Sequence[Moment], end: float) -> list[dict[str, Any]]:
    sets: dict[str, tuple[str, str, str]] = {}
    pods_of: dict[str, dict[str, dict[str, Any]]] = {}
    open_until: dict[str, float] = {}
    for index, at in enumerate(moments):
        sets.update(at.replica_sets)  # the last word counts: a version that was new may be old by now
        until = moments[index + 1].time if index + 1 < len(moments) else moments[-1].time
        for uid, lane in at.lanes.items():
            found = pods_of.setdefault(lane.replica_set, {}).setdefault(
                uid,
                {
                    "name": lane.name,
                    "tail": lane.name.rpartition("-")[2][-6:],
                    "start_up": lane.start_up_seconds,
                    "segments": [],
                },
            )
            segments = found["segments"]
            if segments and segments[-1]["state"] == lane.state and open_until[uid] == at.time:
                segments[-1]["to"] = round(until, 3)
            else:
                segments.append({"from": round(at.time, 3), "to": round(until, 3), "state": lane.state})
            open_until[uid] = until
    rows = []
    for uid, (set_name, version, revision) in sets.items():
        lanes = [one for one in pods_of.get(uid, {}).values() if one["segments"][-1]["to"] > one["segments"][0]["from"]]
        if lanes:
            rows.append({"name": set_name, "version": version, "revision": revision, "pods": _in_lanes(lanes)})
    return sorted(rows, key=lambda row: (int(row["revision"] or 0), row["name"]))


def _in_lanes(lanes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each Pod the first lane that is free when it comes, so that a successor follows the one it replaced."""
    free_from: list[float] = []
    seated = []
    for one in sorted(lanes, key=lambda pod: (pod["segments"][0]["from"], pod["name"])):
        first, last = one["segments"][0]["from"], one["segments"][-1]["to"]
        lane = next((number for number, free in enumerate(free_from) if free <= first), len(free_from))
        free_from[lane : lane + 1] = [last]
        seated.append({**one, "lane": lane})
    return seated


def _lines(moments: Sequence[Moment]) -> dict[str, list[list[float]]]:
    lines: dict[str, list[list[float]]] = {name: [] for name in COUNTED}
    for at in moments:
        staying = [lane for lane in at.lanes.values() if lane.state != pod_scene.TERMINATING]
        counts = {
            "total": len(staying),
            "ready": sum(lane.state == pod_scene.READY for lane in staying),
            "available": sum(lane.available for lane in staying),
        }
        for name in COUNTED:
            _step(lines[name], at.time, counts[name])
    return lines


def _bounds(moments: Sequence[Moment]) -> list[list[float]]:
    steps: list[list[float]] = []
    for at in moments:
        if at.bounds is not None:
            _step(steps, at.time, *at.bounds)
    return steps


def _steps(moments: Sequence[Moment], words: Words) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for number, at in enumerate(moments):
        if number and at.lanes == moments[number - 1].lanes and number + 1 < len(moments):
            continue
        answering = {"old": 0, "new": 0}
        for lane in at.lanes.values():
            answering[at.replica_sets[lane.replica_set][1]] += lane.state == pod_scene.READY
        message = _at(at.time, answering["old"], answering["new"], words)
        steps.append({"time": round(at.time, 3), "message": message})
    return steps


def _at(time: float, old: int, new: int, words: Words) -> str:
    return words("rollout.at", time=f"{time:.1f}", ready=old + new, new=new)


def _step(steps: list[list[float]], time: float, *values: float) -> None:
    time = round(time, 3)
    if steps and steps[-1][0] == time:
        steps[-1][1:] = values
    elif not steps or steps[-1][1:] != list(values):
        steps.append([time, *values])


def rolled_at(scene: Mapping[str, Any], time: float, words: Words = ENGLISH) -> dict[str, Any]:
    """Return one frame: ``{"time", "rows": [{"name", "version", "revision", "pods": [{"name", "tail", "state"}]}], "message"}``."""
    rows = []
    for row in scene["rows"]:
        here = []
        for one in row["pods"]:
            for segment in one["segments"]:
                last = segment["to"] == scene["end"] and time >= scene["end"]
                if segment["from"] <= time < segment["to"] or last:
                    here.append(
                        {"name": one["name"], "tail": one["tail"], "lane": one["lane"], "state": segment["state"]}
                    )
                    break
        rows.append({**row, "pods": here})
    answering = {
        version: sum(
            one["state"] == pod_scene.READY for row in rows if row["version"] == version for one in row["pods"]
        )
        for version in ("old", "new")
    }
    message = _at(time, answering["old"], answering["new"], words)
    return {"time": time, "rows": rows, "message": message}
