"""The strategy Recreate: all old Pods go, and only when none is left do the new ones come. Pure.

Models pkg/controller/deployment/recreate.go. For programs of which two versions must never run side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from k8slab.apimachinery import pods
from k8slab.cluster.controllers.deployment.rolling import Scale


def scale_down(olds: Sequence[Any]) -> list[Scale]:
    """Return the Scales that empty the old ReplicaSets."""
    return [Scale(old.metadata.name, 0) for old in olds if old.spec.replicas > 0]


def old_pods_running(olds: Sequence[Any], old_pods: Iterable[Any]) -> bool:
    """Whether something old is still there: counted in a status, or a Pod that has not ended (one that is terminating runs)."""
    return any(old.status.replicas for old in olds) or any(not pods.is_terminal(pod) for pod in old_pods)
