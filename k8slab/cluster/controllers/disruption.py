"""The condition DisruptionTarget: why a Pod was ended by the system and not by its own fault.

Models the pod status patches of pkg/controller/podgc and tainteviction.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.cluster.client.client import ApiClient

DISRUPTION_TARGET = "DisruptionTarget"


def mark_disrupted(
    client: ApiClient, pod: Pod, reason: str, message: str, now: datetime, *, phase: str | None = None
) -> Generator[Event, Any, None]:
    """Write the condition into the status of *pod*, and *phase* if given; a Pod that is gone needs none."""
    condition = {
        "type": DISRUPTION_TARGET,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "observedGeneration": pod.metadata.generation,
    }
    status: dict[str, Any] = {"conditions": [condition]}
    if phase is not None:
        status["phase"] = phase
    try:
        yield from client.patch_status(
            Pod,
            pod.metadata.name or "",
            pod.metadata.namespace,
            {"metadata": {"uid": pod.metadata.uid}, "status": status},
        )
    except ApiError as error:
        if not is_not_found(error):
            raise
