"""What the server itself puts into a Pod's status, and the nulls that Go always writes there.

Models pkg/apis/core/v1/helper/qos (ComputePodQOS) and the encoding of core/v1 PodStatus.
"""

from __future__ import annotations

from typing import Any

from k8slab.apimachinery import quantity

Json = dict[str, Any]

_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
_ALWAYS: dict[str, Any] = {"ready": False, "restartCount": 0, "image": "", "imageID": ""}


def default_pod_status(pod: Json) -> None:
    """Complete the status of *pod* in place."""
    status = pod.get("status")
    if status is None:
        pod["status"] = {}
        return
    for condition in status.get("conditions") or ():
        if "lastProbeTime" not in condition:
            condition["lastProbeTime"] = None
        if "lastTransitionTime" not in condition:
            condition["lastTransitionTime"] = None
    for field in _STATUSES:
        for container in status.get(field) or ():
            _default_container_status(container)


def _default_container_status(status: Json) -> None:
    for field in ("state", "lastState"):
        state = status.setdefault(field, {})
        if "running" in state:
            state["running"].setdefault("startedAt", None)
        if "terminated" in state:
            ended = state["terminated"]
            ended.setdefault("exitCode", 0)
            ended.setdefault("startedAt", None)
            ended.setdefault("finishedAt", None)
    for field, value in _ALWAYS.items():
        status.setdefault(field, value)


def qos_class(spec: Json) -> str:
    """Return how the node treats the Pod when memory runs out: Guaranteed, Burstable or BestEffort.

    Guaranteed: all containers have limits for cpu and memory, equal to their requests. BestEffort: nobody asks for anything.
    """
    if spec.get("resources"):
        holders = [spec["resources"]]
    else:
        containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
        holders = [container.get("resources") or {} for container in containers]
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    guaranteed = True
    for resources in holders:
        for total, amounts in ((requests, resources.get("requests")), (limits, resources.get("limits"))):
            for name, text in (amounts or {}).items():
                amount = quantity.parse(text).amount
                if name in ("cpu", "memory") and amount:
                    total[name] = total[name] + amount if name in total else amount
        own = [name for name, text in (resources.get("limits") or {}).items() if quantity.parse(text)]
        guaranteed = guaranteed and "cpu" in own and "memory" in own
    if not requests and not limits:
        return "BestEffort"
    return "Guaranteed" if guaranteed and requests == limits else "Burstable"
