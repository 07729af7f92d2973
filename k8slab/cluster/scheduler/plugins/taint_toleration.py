"""Taints keep Pods away from a node unless they tolerate them. Models plugins/tainttoleration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8slab.apimachinery.tolerations import first_untolerated, tolerates
from k8slab.cluster.scheduler.cluster_events import ClusterEvent
from k8slab.cluster.scheduler.framework import (
    SKIP,
    SUCCESS,
    CycleState,
    Plugin,
    Skip,
    Status,
    Unschedulable,
    default_normalize,
)
from k8slab.cluster.scheduler.node_info import NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class TaintToleration(Plugin):
    """Filter: NoSchedule and NoExecute taints must be tolerated. Score: the fewer untolerated PreferNoSchedule, the better."""

    name = "TaintToleration"
    weight = 3
    is_local = True
    REASON = "node(s) had untolerated taint(s)"

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Turn a node down for the first taint that is not tolerated."""
        if not node.hard_taints or first_untolerated(node.hard_taints, pod.pod.spec.tolerations) is None:
            return SUCCESS
        return Unschedulable((self.REASON,), resolvable=False)

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Without any such taint all nodes would get the same points."""
        return None if state.cache.soft_tainted else SKIP

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Count the soft taints that are not tolerated."""
        wanted = [
            toleration
            for toleration in pod.pod.spec.tolerations or ()
            if not toleration.effect or toleration.effect == PREFER_NO_SCHEDULE
        ]
        return sum(not tolerates(wanted, taint) for taint in node.soft_taints)

    def normalize(self, state: CycleState, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """Fewer is better."""
        return default_normalize(scores, reverse=True)

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node whose taints are tolerated now and were not before."""
        if not event.is_about_node:
            return False
        before = event.old is not None and self._tolerated(event.old, pod)
        return self._tolerated(event.new, pod) and not before

    def _tolerated(self, node: Any, pod: PodInfo) -> bool:
        hard = [taint for taint in node.spec.taints or () if taint.effect in (NO_SCHEDULE, NO_EXECUTE)]
        return first_untolerated(hard, pod.pod.spec.tolerations) is None
