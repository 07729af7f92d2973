"""Scaling a Deployment, also in the middle of a rollout: new replicas are spread over its ReplicaSets by their size. Pure.

Models sync.go (scale) and deployment_util.go (FindActiveOrLatest, IsSaturated, GetReplicaSetProportion). Spreading the risk: a
Deployment of 10 old and 5 bad new Pods that is scaled from 15 to 30 must not put all 15 into the bad version.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from k8slab.cluster.controllers.deployment import fenceposts, revisions
from k8slab.cluster.controllers.deployment.rolling import Scale


def plan(deployment: Any, new: Any | None, olds: Sequence[Any]) -> list[Scale]:
    """Return a Scale for each ReplicaSet to be written; its size may be the present one, where only annotations are stale."""
    desired = deployment.spec.replicas
    only = find_active_or_latest(new, olds)
    if only is not None:
        return [] if only.spec.replicas == desired else [Scale(only.metadata.name, desired)]
    active = [replica_set for replica_set in olds if replica_set.spec.replicas > 0]
    if is_saturated(deployment, new):
        return [Scale(old.metadata.name, 0) for old in active]
    if deployment.spec.strategy.type != fenceposts.ROLLING_UPDATE:
        return []
    if new is not None and new.spec.replicas > 0:
        active.append(new)
    allowed = desired + fenceposts.of(deployment).max_surge if desired > 0 else 0
    return spread(deployment, active, allowed - sum(one.spec.replicas for one in active))


def find_active_or_latest(new: Any | None, olds: Sequence[Any]) -> Any | None:
    """Return the one ReplicaSet that has replicas, or the newest if none has; None if several have."""
    active = [one for one in (*olds, new) if one is not None and one.spec.replicas > 0]
    if len(active) > 1:
        return None
    if active:
        return active[0]
    return new if new is not None else max(olds, key=by_creation, default=None)


def is_saturated(deployment: Any, new: Any | None) -> bool:
    """Whether the new ReplicaSet has all replicas, in spec, in its annotation and available."""
    if new is None:
        return False
    desired = deployment.spec.replicas
    annotated = revisions.desired_replicas(new)
    return new.spec.replicas == desired == annotated and (new.status.availableReplicas or 0) == desired


def spread(deployment: Any, active: Sequence[Any], to_add: int) -> list[Scale]:
    """Return the new sizes of *active*, together *to_add* (or less than zero) more, each in proportion to its size."""
    # The largest first; of equals the newer gains first and the older loses first.
    if to_add > 0:
        active = sorted(active, key=by_creation, reverse=True)
    elif to_add < 0:
        active = sorted(active, key=by_creation)
    active = sorted(active, key=lambda one: -one.spec.replicas) if to_add else list(active)
    sizes: list[int] = []
    added = 0
    for one in active:
        share = proportion(one, deployment, to_add, added)
        sizes.append(one.spec.replicas + share)
        added += share
    if sizes and to_add:
        sizes[0] = max(0, sizes[0] + to_add - added)  # what rounding left over
    return [Scale(one.metadata.name, size) for one, size in zip(active, sizes, strict=True)]


def proportion(replica_set: Any, deployment: Any, to_add: int, added: int) -> int:
    """Return how many of the *to_add* replicas, of which *added* are given out, go to *replica_set*."""
    if to_add == 0 or to_add == added or replica_set.spec.replicas == 0:
        return 0
    share, left = fraction(replica_set, deployment), to_add - added
    return min(share, left) if to_add > 0 else max(share, left)


def fraction(replica_set: Any, deployment: Any) -> int:
    """Return by how much *replica_set* would change if all changed alike, against the size it was last scaled for."""
    replicas, desired = replica_set.spec.replicas, deployment.spec.replicas
    if desired == 0:
        return -replicas
    before = revisions.max_replicas(replica_set) or deployment.status.replicas or 0
    if before == 0:
        return 0
    size = replicas * (desired + fenceposts.of(deployment).max_surge) / before
    return math.floor(size + 0.5) - replicas


def by_creation(replica_set: Any) -> Any:
    """Sort key: oldest first, then by name."""
    return (replica_set.metadata.creationTimestamp, replica_set.metadata.name)
