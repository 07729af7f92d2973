"""The status of a ReplicaSet (or ReplicationController), computed from its Pods. Pure.

Models pkg/controller/replicaset/replica_set_utils.go (calculateStatus) and controller.FindMinNextPodAvailabilityCheck.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery import conditions, pods
from k8slab.apimachinery.pods import is_available

REPLICA_FAILURE = "ReplicaFailure"


@dataclass(slots=True)
class Claimed:
    """The Pods that belong to a ReplicaSet, after adoption and release."""

    ready: list[Pod]
    not_ready: list[Pod]
    fully_labeled: int = 0
    terminating: int = 0

    @property
    def active(self) -> list[Pod]:
        """All Pods that count as replicas."""
        return self.not_ready + self.ready

    def __len__(self) -> int:
        return len(self.ready) + len(self.not_ready)


def calculate_status(
    replica_set: Any, claimed: Claimed, error_message: str | None, now: datetime, condition_type: type
) -> Any:
    """Return the new status, of the class of the old one. *error_message*: why creating or deleting Pods failed just now.

    Counts are those of before that attempt: what it changed comes back through the cache and makes another sync.
    """
    spec, old = replica_set.spec, replica_set.status
    seconds = spec.minReadySeconds or 0
    available = len(claimed.ready)
    if seconds:
        available = sum(is_available(pod, seconds, now) for pod in claimed.ready)
    kept = old.conditions
    failure = conditions.find(kept, REPLICA_FAILURE)
    if error_message is not None and failure is None:
        reason = "FailedCreate" if len(claimed) < spec.replicas else "FailedDelete"
        condition = condition_type(
            type=REPLICA_FAILURE, status="True", reason=reason, message=error_message, lastTransitionTime=now
        )
        kept = conditions.set_condition(kept, condition)
    elif error_message is None and failure is not None:
        kept = conditions.remove_condition(kept, REPLICA_FAILURE) or None
    changes: dict[str, Any] = {
        "replicas": len(claimed),
        "fullyLabeledReplicas": claimed.fully_labeled or None,
        "readyReplicas": len(claimed.ready) or None,
        "availableReplicas": available or None,
        "observedGeneration": replica_set.metadata.generation,
        "conditions": kept,
    }
    if "terminatingReplicas" in old.__struct_fields__:  # a ReplicationController does not count them
        changes["terminatingReplicas"] = claimed.terminating
    return msgspec.structs.replace(old, **changes)


def next_availability_check(ready: Iterable[Any], min_ready_seconds: int, now: datetime) -> float | None:
    """Return in how many seconds the next of the *ready* Pods becomes available, or None if all are."""
    soonest: float | None = None
    for pod in ready:
        since = conditions.find(pod.status.conditions, "Ready").lastTransitionTime
        if since is None or pods.is_available(pod, min_ready_seconds, now):
            continue
        wait = (since + timedelta(seconds=min_ready_seconds) - now).total_seconds()
        soonest = wait if soonest is None else min(soonest, wait)
    return soonest
