"""Is the rollout getting anywhere? The condition Progressing and its deadline. Pure but for the requeue.

Models pkg/controller/deployment/progress.go (syncRolloutStatus, requeueStuckDeployment) and DeploymentTimedOut.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from lightkube.models.apps_v1 import DeploymentCondition, DeploymentStatus

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers.deployment import status as statuses
from k8slab.cluster.controllers.deployment.status import PROGRESSING, REPLICA_FAILURE


def rollout_status(deployment: Any, new: Any | None, olds: Sequence[Any], now: datetime) -> DeploymentStatus:
    """Return the status of a Deployment during a rollout, with the conditions Progressing and ReplicaFailure."""
    status = statuses.calculate(deployment, new, olds, now)
    if not statuses.has_progress_deadline(deployment):
        statuses.remove_condition(status, PROGRESSING)
    current = conditions.find(deployment.status.conditions, PROGRESSING)
    is_done = (
        (status.replicas or 0) == (status.updatedReplicas or 0)
        and current is not None
        and current.reason == statuses.NEW_REPLICA_SET_AVAILABLE
    )
    # A finished rollout is not estimated again when a Pod of it dies: that is no lack of progress.
    if statuses.has_progress_deadline(deployment) and not is_done:
        _estimate(deployment, new, status, current, now)
    failures = _replica_failures(new, olds)
    if failures:
        statuses.set_condition(status, failures[0])
    else:
        statuses.remove_condition(status, REPLICA_FAILURE)
    return status


def _estimate(
    deployment: Any, new: Any | None, status: DeploymentStatus, current: DeploymentCondition | None, now: datetime
) -> None:
    who = f'ReplicaSet "{new.metadata.name}"' if new is not None else f'Deployment "{deployment.metadata.name}"'
    if statuses.is_complete(deployment, status):
        text = f"{who} has successfully progressed."
        found = statuses.condition(PROGRESSING, "True", statuses.NEW_REPLICA_SET_AVAILABLE, text, now)
        statuses.set_condition(status, found)
    elif is_progressing(deployment.status, status):
        text = f"{who} is progressing."
        found = statuses.condition(PROGRESSING, "True", statuses.REPLICA_SET_UPDATED, text, now)
        # Each sign of progress renews lastUpdateTime, from which the deadline counts, even if the reason stays.
        if current is not None:
            if current.status == "True":
                found = msgspec.structs.replace(found, lastTransitionTime=current.lastTransitionTime)
            statuses.remove_condition(status, PROGRESSING)
        statuses.set_condition(status, found)
    elif has_timed_out(deployment, status, now):
        text = f"{who} has timed out progressing."
        statuses.set_condition(status, statuses.condition(PROGRESSING, "False", statuses.TIMED_OUT, text, now))


def is_progressing(before: DeploymentStatus, after: DeploymentStatus) -> bool:
    """Whether there are more new, ready or available Pods than *before*, or fewer old ones."""
    old_before = (before.replicas or 0) - (before.updatedReplicas or 0)
    old_after = (after.replicas or 0) - (after.updatedReplicas or 0)
    return (
        (after.updatedReplicas or 0) > (before.updatedReplicas or 0)
        or old_after < old_before
        or (after.readyReplicas or 0) > (before.readyReplicas or 0)
        or (after.availableReplicas or 0) > (before.availableReplicas or 0)
    )


def has_timed_out(deployment: Any, status: DeploymentStatus, now: datetime) -> bool:
    """Whether the last progress is more than progressDeadlineSeconds ago."""
    found = conditions.find(status.conditions, PROGRESSING)
    # A condition that tells of success is from the rollout before: the news of this one has not come to the cache yet.
    if found is None or found.reason == statuses.NEW_REPLICA_SET_AVAILABLE:
        return False
    if found.reason == statuses.TIMED_OUT:
        return True
    return found.lastUpdateTime + timedelta(seconds=deployment.spec.progressDeadlineSeconds) < now


def next_check_seconds(deployment: Any, status: DeploymentStatus, now: datetime) -> float | None:
    """Return in how many seconds a Deployment that does not move should be looked at again; None for never."""
    current = conditions.find(deployment.status.conditions, PROGRESSING)
    if not statuses.has_progress_deadline(deployment) or current is None:
        return None
    if statuses.is_complete(deployment, status) or current.reason == statuses.TIMED_OUT:
        return None
    deadline = timedelta(seconds=deployment.spec.progressDeadlineSeconds)
    return (current.lastUpdateTime + deadline - now).total_seconds()


def _replica_failures(new: Any | None, olds: Sequence[Any]) -> list[DeploymentCondition]:
    """Return the ReplicaFailure conditions of the new ReplicaSet, or else those of the old ones."""
    for group in ([new] if new is not None else [], olds):
        found = [
            DeploymentCondition(
                type=one.type,
                status=one.status,
                reason=one.reason,
                message=one.message,
                lastTransitionTime=one.lastTransitionTime,
                lastUpdateTime=one.lastTransitionTime,
            )
            for replica_set in group
            for one in replica_set.status.conditions or ()
            if one.type == REPLICA_FAILURE
        ]
        if found:
            return found
    return []
