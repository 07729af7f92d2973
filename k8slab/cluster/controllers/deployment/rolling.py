"""A rolling update: which ReplicaSet to scale next. Pure.

Models pkg/controller/deployment/rolling.go and NewRSNewReplicas. Each look takes one step: up with the new ReplicaSet as far as
the surge allows, otherwise down with the old ones as far as availability allows.

Invariants, whatever happens to the Pods: no step takes the sum of spec.replicas above ``desired + max_surge``, and no step
down takes the available Pods below ``desired - max_unavailable`` (a ReplicaSet removes its unavailable Pods first). Pods that are
terminating are extra: they are in no spec.replicas.

Example, 10 replicas, maxSurge 3, maxUnavailable 2. The new ReplicaSet is made with 3 (sum 13); the old one goes to 8, because 8
available are enough; the new one gets 5 (sum 13). If its Pods never become ready, that is where it stays: 13 - 8 - 5 = 0 may go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Size(NamedTuple):
    """A ReplicaSet as a rollout sees it: what it was asked for, and how many of its Pods are available."""

    name: str
    replicas: int
    available: int


class Scale(NamedTuple):
    """A step: set spec.replicas of the ReplicaSet *name*."""

    name: str
    replicas: int


def plan(desired: int, max_surge: int, max_unavailable: int, new: Size, olds: Sequence[Size]) -> list[Scale]:
    """Return the next step: nothing, one Scale of *new*, or Scales of *olds* (oldest first; one of them may be scaled twice)."""
    size = new_replicas(desired, max_surge, new, olds)
    if size != new.replicas:
        return [Scale(new.name, size)]
    return scale_down(desired, max_unavailable, new, [old for old in olds if old.replicas > 0])


def new_replicas(desired: int, max_surge: int, new: Size, olds: Sequence[Size]) -> int:
    """Return what the new ReplicaSet's spec.replicas should be now."""
    if new.replicas >= desired:
        return desired
    room = desired + max_surge - new.replicas - sum(old.replicas for old in olds)
    return new.replicas + max(0, min(room, desired - new.replicas))


def scale_down(desired: int, max_unavailable: int, new: Size, olds: Sequence[Size]) -> list[Scale]:
    """Return the Scales that take *olds* down as far as availability allows: first what is unavailable anyway, then the rest."""
    old_replicas = sum(old.replicas for old in olds)
    if old_replicas == 0:
        return []
    min_available = desired - max_unavailable
    # Pods of the new ReplicaSet that are not available yet may not be counted on when old ones go.
    most = new.replicas + old_replicas - min_available - (new.replicas - new.available)
    if most <= 0:
        return []
    steps = clean_up_unhealthy(olds, most)
    if steps is None:
        return []
    now = {step.name: step.replicas for step in steps}
    olds = [old._replace(replicas=now.get(old.name, old.replicas)) for old in olds]
    may_go = new.available + sum(old.available for old in olds) - min_available
    for old in olds:
        if may_go <= 0:
            break
        count = min(old.replicas, may_go)
        if count > 0:
            steps.append(Scale(old.name, old.replicas - count))
            may_go -= count
    return steps


def clean_up_unhealthy(olds: Sequence[Size], most: int) -> list[Scale] | None:
    """Return Scales that remove up to *most* unavailable Pods, so that they do not block the rollout.

    None if a status is ahead of its spec (more available than asked for): better to wait until they agree.
    """
    steps: list[Scale] = []
    for old in olds:
        if most <= 0:
            break
        if old.available > old.replicas:
            return None
        count = min(most, old.replicas - old.available)
        if count > 0:
            steps.append(Scale(old.name, old.replicas - count))
            most -= count
    return steps
