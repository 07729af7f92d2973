"""Before it runs a Pod, the kubelet looks whether it can: a Pod that named its node itself was checked by nobody.

Models pkg/kubelet/lifecycle (predicate.go). Left out: node taints (NoExecute only there), topology and device managers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.apimachinery import labels, pods

AFFINITY_MESSAGE = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"


def rejection(pod: Any, others: Iterable[Any], node: Any) -> tuple[str, str] | None:
    """Return reason and message with which *pod* is refused, or None. *others* are the Pods admitted before."""
    selector = pod.spec.nodeSelector
    if selector and not labels.from_map(selector).matches(node.metadata.labels):
        return "NodeAffinity", AFFINITY_MESSAGE
    there = pods.amounts(node.status.allocatable)
    used: dict[str, int] = {}
    count = 0
    for other in others:
        count += 1
        for name, amount in pods.requests(other).items():
            used[name] = used.get(name, 0) + amount
    if count + 1 > there.get("pods", 0):
        return "OutOfpods", _short("pods", 1, count, there.get("pods", 0))
    for name, wanted in pods.requests(pod).items():
        if wanted and wanted > there.get(name, 0) - used.get(name, 0):
            return f"OutOf{name}", _short(name, wanted, used.get(name, 0), there.get(name, 0))
    return None


def _short(name: str, wanted: int, used: int, there: int) -> str:
    return f"Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {there}"
