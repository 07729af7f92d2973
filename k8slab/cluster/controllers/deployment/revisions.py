"""The history of a Deployment, kept in annotations of its ReplicaSets: no other object remembers it.

Models pkg/controller/deployment/util/deployment_util.go (Revision, SetNewReplicaSetAnnotations, SetReplicasAnnotations).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ROLLBACK_TO = "deprecated.deployment.rollback.to"

#: What a ReplicaSet does not take over from its Deployment.
NOT_COPIED = (LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO)
MAX_HISTORY_CHARACTERS = 2000


def revision(obj: Any) -> int:
    """Return the revision number; 0 for none or a bad one."""
    return _number(obj, REVISION) or 0


def max_revision(replica_sets: Iterable[Any]) -> int:
    """Return the greatest revision number of *replica_sets*."""
    return max(map(revision, replica_sets), default=0)


def desired_replicas(replica_set: Any) -> int | None:
    """Return the Deployment's replicas when this ReplicaSet was last scaled."""
    return _number(replica_set, DESIRED_REPLICAS)


def max_replicas(replica_set: Any) -> int | None:
    """Return the Deployment's replicas with surge when this ReplicaSet was last scaled."""
    return _number(replica_set, MAX_REPLICAS)


def _number(obj: Any, annotation: str) -> int | None:
    try:
        return int((obj.metadata.annotations or {}).get(annotation, ""))
    except ValueError:
        return None


def for_new_replica_set(deployment: Any, annotations: dict[str, str] | None, new_revision: int) -> dict[str, str]:
    """Return the annotations the new ReplicaSet should have, given those it has (None before it exists).

    The Deployment's own are copied, the revision is raised, and one that was rolled back to remembers its earlier revisions.
    """
    result = dict(annotations or {})
    for key, value in (deployment.metadata.annotations or {}).items():
        if key not in NOT_COPIED:
            result[key] = value
    text = result.get(REVISION)
    try:
        old_revision = int(text) if text else 0
    except ValueError:
        return result  # not ours to mend
    if old_revision < new_revision:
        result[REVISION] = str(new_revision)
        if text is not None:
            history = appended(result.get(REVISION_HISTORY, ""), text)
            if history is not None:
                result[REVISION_HISTORY] = history
    return result


def appended(history: str, text: str) -> str | None:
    """Return *history* ("1,3") with *text* at its end; the oldest go where it gets too long. None if it cannot be made to fit."""
    if not history:
        return text
    kept = history.split(",")
    length = len(history) + len(text) + 1
    while length > MAX_HISTORY_CHARACTERS and kept:
        length -= len(kept.pop(0)) + 1
    return ",".join([*kept, text]) if length <= MAX_HISTORY_CHARACTERS else None


def with_replicas(annotations: dict[str, str] | None, desired: int, most: int) -> dict[str, str]:
    """Return *annotations* that say what the ReplicaSet was scaled for."""
    return {**(annotations or {}), DESIRED_REPLICAS: str(desired), MAX_REPLICAS: str(most)}
