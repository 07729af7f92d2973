"""What a Deployment reports about itself, computed from its ReplicaSets. Pure.

Models sync.go (calculateStatus) and the condition functions of deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from lightkube.models.apps_v1 import DeploymentCondition, DeploymentStatus

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers.deployment import fenceposts

AVAILABLE, PROGRESSING, REPLICA_FAILURE = "Available", "Progressing", "ReplicaFailure"

MINIMUM_REPLICAS_AVAILABLE = "MinimumReplicasAvailable"
MINIMUM_REPLICAS_UNAVAILABLE = "MinimumReplicasUnavailable"
NEW_REPLICA_SET_CREATED = "NewReplicaSetCreated"
FOUND_NEW_REPLICA_SET = "FoundNewReplicaSet"
FAILED_CREATE = "ReplicaSetCreateError"
REPLICA_SET_UPDATED = "ReplicaSetUpdated"
NEW_REPLICA_SET_AVAILABLE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"

NO_DEADLINE = 2**31 - 1


def calculate(deployment: Any, new: Any | None, olds: Sequence[Any], now: datetime) -> DeploymentStatus:
    """Return the status of *deployment*: counts, and the condition Available; the other conditions as they were."""
    every = [*olds, new] if new is not None else list(olds)
    available = sum(one.status.availableReplicas or 0 for one in every)
    wanted = sum(one.spec.replicas for one in every)
    status = DeploymentStatus(
        observedGeneration=deployment.metadata.generation,
        replicas=sum(one.status.replicas for one in every) or None,
        updatedReplicas=(new.status.replicas if new is not None else 0) or None,
        readyReplicas=sum(one.status.readyReplicas or 0 for one in every) or None,
        availableReplicas=available or None,
        unavailableReplicas=max(0, wanted - available) or None,
        terminatingReplicas=terminating(every),
        collisionCount=deployment.status.collisionCount,
        conditions=list(deployment.status.conditions or []) or None,
    )
    if available >= deployment.spec.replicas - fenceposts.of(deployment).max_unavailable:
        text = "Deployment has minimum availability."
        set_condition(status, condition(AVAILABLE, "True", MINIMUM_REPLICAS_AVAILABLE, text, now))
    else:
        text = "Deployment does not have minimum availability."
        set_condition(status, condition(AVAILABLE, "False", MINIMUM_REPLICAS_UNAVAILABLE, text, now))
    return status


def terminating(every: Sequence[Any]) -> int | None:
    """Return how many Pods are going, None if a ReplicaSet that was looked at does not say."""
    if any(one.status.terminatingReplicas is None and one.status.observedGeneration for one in every):
        return None
    return sum(one.status.terminatingReplicas or 0 for one in every)


def condition(type: str, status: str, reason: str, message: str, now: datetime) -> DeploymentCondition:
    """Return a condition that is new at *now*."""
    now = now.replace(microsecond=0)
    return DeploymentCondition(
        type=type, status=status, reason=reason, message=message, lastUpdateTime=now, lastTransitionTime=now
    )


def set_condition(status: DeploymentStatus, new: DeploymentCondition) -> None:
    """Put *new* into *status*, unless one with the same status and reason is there: its message and times stay."""
    old = conditions.find(status.conditions, new.type)
    if old is not None and old.status == new.status:
        if old.reason == new.reason:
            return
        new = msgspec.structs.replace(new, lastTransitionTime=old.lastTransitionTime)
    status.conditions = [*conditions.remove_condition(status.conditions, new.type), new]


def remove_condition(status: DeploymentStatus, type: str) -> None:
    """Take the condition of *type* out of *status*."""
    status.conditions = conditions.remove_condition(status.conditions, type) or None


def has_progress_deadline(deployment: Any) -> bool:
    """Whether lack of progress is to be reported."""
    seconds = deployment.spec.progressDeadlineSeconds
    return seconds is not None and seconds != NO_DEADLINE


def is_complete(deployment: Any, status: DeploymentStatus) -> bool:
    """Whether all Pods are of the new template and available, and no old ones are left."""
    desired = deployment.spec.replicas
    return (status.updatedReplicas or 0) == (status.replicas or 0) == (status.availableReplicas or 0) == desired and (
        status.observedGeneration or 0
    ) >= deployment.metadata.generation
