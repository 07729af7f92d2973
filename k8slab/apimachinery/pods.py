"""Questions about Pods that many parts ask: is it ready, available, gone, and how much does it want?

Models pkg/api/v1/pod (IsPodReady, IsPodAvailable), controller.IsPodActive and component-helpers resource.PodRequests.
All functions take lightkube structs and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from k8slab.apimachinery import conditions, quantity

PENDING, RUNNING, SUCCEEDED, FAILED, UNKNOWN = "Pending", "Running", "Succeeded", "Failed", "Unknown"


def phase(pod: Any) -> str:
    """Return the phase; a Pod that nobody has looked at yet is Pending."""
    return (pod.status.phase if pod.status else None) or PENDING


def is_ready(pod: Any) -> bool:
    """Whether the Pod's condition Ready is true."""
    return pod.status is not None and conditions.is_true(pod.status.conditions, "Ready")


def is_available(pod: Any, min_ready_seconds: int, now: datetime) -> bool:
    """Whether the Pod has been ready for *min_ready_seconds* at *now*."""
    if not is_ready(pod):
        return False
    if not min_ready_seconds:
        return True
    since = conditions.find(pod.status.conditions, "Ready").lastTransitionTime
    return since is not None and since + timedelta(seconds=min_ready_seconds) <= now


def is_terminating(pod: Any) -> bool:
    """Whether the Pod has been told to go."""
    return pod.metadata.deletionTimestamp is not None


def is_terminal(pod: Any) -> bool:
    """Whether the Pod's containers have ended for good."""
    return phase(pod) in (SUCCEEDED, FAILED)


def is_active(pod: Any) -> bool:
    """Whether the Pod still counts as a replica: neither ended nor told to go."""
    return pod.metadata.deletionTimestamp is None and phase(pod) not in (SUCCEEDED, FAILED)


def is_scheduled(pod: Any) -> bool:
    """Whether the Pod has a node."""
    return bool(pod.spec.nodeName)


def restarts(pod: Any) -> int:
    """Return how often the containers have restarted, all together."""
    return sum(status.restartCount for status in (pod.status.containerStatuses or ())) if pod.status else 0


def most_restarts(pod: Any) -> int:
    """Return the restarts of the container that restarted most (the ranking for scale-down looks at this)."""
    if not pod.status:
        return 0
    return max((status.restartCount for status in pod.status.containerStatuses or ()), default=0)


def is_sidecar(container: Any) -> bool:
    """Whether an init container is meant to go on running beside the others."""
    return container.restartPolicy == "Always"


def requests(pod: Any) -> dict[str, int]:
    """Return what the scheduler sets aside for *pod*: ``cpu`` in thousandths, everything else in whole units.

    Containers run together, so they add up; init containers run one after the other, so the largest counts, on top of the
    sidecars started before it. Overhead comes on top of that.
    """
    return _effective(pod.spec, "requests")


def limits(pod: Any) -> dict[str, int]:
    """Return the effective limits of *pod*, computed as in `requests`."""
    return _effective(pod.spec, "limits")


def _effective(spec: Any, which: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for container in spec.containers:
        _add(total, _amounts(container.resources, which))
    if spec.initContainers:
        sidecars: dict[str, int] = {}
        highest: dict[str, int] = {}
        for container in spec.initContainers:
            wanted = _amounts(container.resources, which)
            if is_sidecar(container):
                _add(total, wanted)
                _add(sidecars, wanted)
                wanted = dict(sidecars)
            else:
                wanted = dict(wanted)
                _add(wanted, sidecars)
            _raise(highest, wanted)
        _raise(total, highest)
    if spec.resources is not None:
        total.update(_amounts(spec.resources, which))
    if spec.overhead and (which == "requests" or total):
        overhead = amounts(spec.overhead)
        _add(total, overhead if which == "requests" else {name: overhead[name] for name in overhead if name in total})
    return total


def amounts(resource_list: dict[str, Any] | None) -> dict[str, int]:
    """Return a ResourceList in numbers: ``cpu`` in thousandths, everything else in whole units."""
    return {
        name: quantity.millis(text) if name == "cpu" else quantity.value(text)
        for name, text in (resource_list or {}).items()
    }


def _amounts(resources: Any, which: str) -> dict[str, int]:
    return amounts(getattr(resources, which)) if resources is not None else {}


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise(total: dict[str, int], floor: dict[str, int]) -> None:
    for name, amount in floor.items():
        total[name] = max(total.get(name, 0), amount)


def names(pods: Iterable[Any]) -> list[str]:
    """Return the names of *pods*, sorted."""
    return sorted(pod.metadata.name for pod in pods)
