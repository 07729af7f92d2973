"""The cells of a Pod: READY, STATUS and RESTARTS, which say in a word what dozens of fields add up to.

Models printPod of pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from k8slab.apimachinery import durations

Json = dict[str, Any]

NONE = "<none>"


class PodSummary(NamedTuple):
    """What a table shows of a Pod: ``1/2``, ``CrashLoopBackOff``, ``3 (20s ago)``."""

    ready: str
    status: str
    restarts: str


def summary(pod: Json, now: dt.datetime) -> PodSummary:
    """Return the READY, STATUS and RESTARTS cells of *pod*."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    phase = status.get("phase", "")
    reason = status.get("reason") or phase
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    sidecars = [c.get("name") for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    total = len(spec.get("containers") or ()) + len(sidecars)
    init_reason, ready, count = _init(spec, status, sidecars)
    reason = init_reason or reason
    if not init_reason or _is_true(status, "Initialized"):
        reason, ready_now, count = _running(status, reason, sidecars)
        ready += ready_now
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif phase not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return PodSummary(f"{ready}/{total}", reason, count.text(now))


class _Restarts:
    """How often containers restarted, and when last."""

    def __init__(self) -> None:
        self.number = 0
        self.last = ""

    def add(self, container: Json) -> None:
        self.number += container.get("restartCount", 0)
        ended = ((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        self.last = max(self.last, ended)

    def text(self, now: dt.datetime) -> str:
        if self.number and self.last:
            return f"{self.number} ({durations.since(self.last, now)} ago)"
        return str(self.number)


def _init(spec: Json, status: Json, sidecars: list[str]) -> tuple[str, int, _Restarts]:
    """Return the status of a Pod whose init containers are not through (else nothing), ready sidecars, and restarts."""
    restarts, ready = _Restarts(), 0
    number = len(spec.get("initContainers") or ())
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts.add(container)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if container.get("name") in sidecars and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if terminated is not None:
            return "Init:" + _how_it_ended(terminated), ready, restarts
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return "Init:" + waiting["reason"], ready, restarts
        return f"Init:{index}/{number}", ready, restarts
    return "", ready, restarts


def _running(status: Json, reason: str, sidecars: list[str]) -> tuple[str, int, _Restarts]:
    restarts, ready, running = _Restarts(), 0, False
    for container in status.get("initContainerStatuses") or ():
        if container.get("name") in sidecars:
            restarts.add(container)
    for container in reversed(status.get("containerStatuses") or ()):
        restarts.add(container)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _how_it_ended(terminated)
        elif container.get("ready") and state.get("running") is not None:
            running = True
            ready += 1
    if reason == "Completed" and running:
        reason = "Running" if _is_true(status, "Ready") else "NotReady"
    return reason, ready, restarts


def _how_it_ended(terminated: Json) -> str:
    if terminated.get("reason"):
        return terminated["reason"]
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _is_true(status: Json, kind: str) -> bool:
    return any(c.get("type") == kind and c.get("status") == "True" for c in status.get("conditions") or ())


def readiness_gates(pod: Json) -> str:
    """Return how many of the Pod's readiness gates are open: ``1/2``."""
    gates = (pod.get("spec") or {}).get("readinessGates") or []
    if not gates:
        return NONE
    met = sum(_is_true(pod.get("status") or {}, gate.get("conditionType", "")) for gate in gates)
    return f"{met}/{len(gates)}"


def containers_and_images(pod_spec: Json | None) -> tuple[str, str]:
    """Return the names and the images of the containers, each separated by commas."""
    containers = (pod_spec or {}).get("containers") or []
    return ",".join(c.get("name", "") for c in containers), ",".join(c.get("image", "") for c in containers)
