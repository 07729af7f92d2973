"""Which taints the conditions of a node call for. Pure.

Models nodeConditionToTaintKeyStatusMap of pkg/controller/nodelifecycle, and TaintSetDiff.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lightkube.models.core_v1 import Taint

from k8slab.apimachinery import conditions

NO_SCHEDULE, NO_EXECUTE = "NoSchedule", "NoExecute"
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
#: Condition -> its status -> the taint.
BY_CONDITION = {
    "Ready": {"False": NOT_READY, "Unknown": UNREACHABLE},
    "MemoryPressure": {"True": "node.kubernetes.io/memory-pressure"},
    "DiskPressure": {"True": "node.kubernetes.io/disk-pressure"},
    "NetworkUnavailable": {"True": "node.kubernetes.io/network-unavailable"},
    "PIDPressure": {"True": "node.kubernetes.io/pid-pressure"},
}
OWN_KEYS = (*(key for keys in BY_CONDITION.values() for key in keys.values()), UNSCHEDULABLE)


def no_schedule_taints(node: Any) -> list[str]:
    """Return the keys of the NoSchedule taints that *node* should have from us."""
    wanted = []
    for type, keys in BY_CONDITION.items():
        status = conditions.status_of(node.status.conditions, type)
        if status in keys:
            wanted.append(keys[status])
    if node.spec.unschedulable:
        wanted.append(UNSCHEDULABLE)
    return wanted


def with_taints(
    node: Any, wanted: Sequence[str], effect: str, managed: Sequence[str], now: datetime
) -> list[Taint] | None:
    """Return the node's taints with exactly *wanted* of the *managed* keys for *effect*; None if they are so already."""
    taints = list(node.spec.taints or ())
    kept = [one for one in taints if one.effect != effect or one.key not in managed or one.key in wanted]
    has = [one.key for one in kept if one.effect == effect]
    added = [Taint(key=key, effect=effect, timeAdded=now.replace(microsecond=0)) for key in wanted if key not in has]
    return kept + added if added or len(kept) != len(taints) else None
