"""Which Pods die first when there are too many.

Models ActivePodsWithRanks (pkg/controller/controller_utils.go) and getPodsToDelete of the ReplicaSet controller. Of two Pods
the one goes first that, by the first of these in which they differ: has no node; is Pending rather than Unknown rather than
Running; is not ready; has the lower ``controller.kubernetes.io/pod-deletion-cost``; shares its node with more Pods of the same
owner; became ready later; has restarted more; is younger. Times are compared by the power of two of their age, so that among
Pods of about the same age chance (the uid) decides: otherwise scaling down would always undo the last scaling up.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from k8slab.apimachinery import pods
from k8slab.apimachinery.pods import PENDING, RUNNING, UNKNOWN

POD_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASE_ORDER = {PENDING: 0, UNKNOWN: 1, RUNNING: 2}


def pods_to_delete(candidates: Sequence[Any], related: Iterable[Any], count: int, now: datetime) -> list[Any]:
    """Return *count* of *candidates*, first to die first.

    *related* are the active Pods that belong to the same owner in the wider sense (all ReplicaSets of a Deployment): where
    two of them share a node, one can go with the least harm.
    """
    if count >= len(candidates):
        return list(candidates)
    on_node: dict[str, int] = {}
    for pod in related:
        node = pod.spec.nodeName
        on_node[node] = on_node.get(node, 0) + 1
    age_ranks: dict[datetime | None, int] = {}
    ties: dict[tuple[int, ...], list[Any]] = {}
    for pod in candidates:
        ties.setdefault(_rank(pod, on_node, age_ranks, now), []).append(pod)
    chosen: list[Any] = []
    for rank in sorted(ties):
        chosen += _first(ties[rank], count - len(chosen), now)
        if len(chosen) == count:
            break
    return chosen


def deletion_cost(pod: Any) -> int:
    """Return what the annotation says it costs to delete *pod*; without one, or with a bad one, 0."""
    text = (pod.metadata.annotations or {}).get(POD_DELETION_COST)
    if text is None:
        return 0
    # As strconv.ParseInt with the API's rule: no leading zeros and no plus sign.
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or (text != "0" and digits.startswith("0")):
        return 0
    cost = int(text)
    return cost if -(2**31) <= cost < 2**31 else 0


def ready_since(pod: Any) -> datetime | None:
    """Return when *pod* became ready, or None if it is not."""
    if pod.status is None:
        return None
    for condition in pod.status.conditions or ():
        if condition.type == "Ready":
            return condition.lastTransitionTime if condition.status == "True" else None
    return None


def age_rank(since: datetime | None, now: datetime) -> int:
    """Return the power of two of the age in nanoseconds, -1 for none: 1 s and 1.9 s are alike, 1 s and 3 s are not."""
    if since is None:
        return -1
    age_nanoseconds = (now - since).total_seconds() * 1e9
    return int(math.log2(age_nanoseconds)) if age_nanoseconds > 0 else -1


def _rank(
    pod: Any, on_node: dict[str, int], age_ranks: dict[datetime | None, int], now: datetime
) -> tuple[int, int, int, int, int, int]:
    """Return everything that decides about *pod* and does not depend on chance."""
    node = pod.spec.nodeName
    ready = ready_since(pod)
    if ready not in age_ranks:
        age_ranks[ready] = age_rank(ready, now)
    return (
        1 if node else 0,
        _PHASE_ORDER.get(pods.phase(pod), 0),
        0 if ready is None else 1,
        deletion_cost(pod) if pod.metadata.annotations else 0,
        -on_node.get(node, 0),
        age_ranks[ready],
    )


def _first(tied: list[Any], count: int, now: datetime) -> list[Any]:
    """Return the first *count* of Pods that have the same rank."""
    if len({(pods.most_restarts(pod), pod.metadata.creationTimestamp) for pod in tied}) == 1:
        # Made together and never restarted, as most are: the uid decides about each pair.
        return heapq.nsmallest(count, tied, key=lambda pod: pod.metadata.uid)

    def compare(one: Any, other: Any) -> int:
        return _compare(one, other, now)

    return heapq.nsmallest(count, tied, key=cmp_to_key(compare))


def _compare(one: Any, other: Any, now: datetime) -> int:
    """Return below 0 if *one* goes before *other*, where both have the same rank."""
    if ready_since(one) != ready_since(other):
        return _by_uid(one, other)
    restarts = pods.most_restarts(other) - pods.most_restarts(one)
    if restarts:
        return restarts
    one_created, other_created = one.metadata.creationTimestamp, other.metadata.creationTimestamp
    if one_created != other_created:
        return age_rank(one_created, now) - age_rank(other_created, now) or _by_uid(one, other)
    return 0


def _by_uid(one: Any, other: Any) -> int:
    return -1 if one.metadata.uid < other.metadata.uid else 1
