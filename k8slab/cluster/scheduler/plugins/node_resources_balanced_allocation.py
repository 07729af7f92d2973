"""Prefer nodes on which CPU and memory fill up evenly. Models plugins/noderesources (BalancedAllocation)."""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.cluster.scheduler.framework import MAX_NODE_SCORE, SKIP, CycleState, Plugin, Skip
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class NodeResourcesBalancedAllocation(Plugin):
    """Score: 100 minus the standard deviation of the used shares of CPU and memory, in hundredths."""

    name = "NodeResourcesBalancedAllocation"
    is_local = True

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """A Pod that requests nothing cannot unbalance a node (kubernetes#129138)."""
        return SKIP if pod.spec.is_best_effort else None

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """With two shares the standard deviation is half their difference: 50 % CPU and 30 % memory give 90."""
        spec = pod.spec
        if not node.allocatable_cpu_millis or not node.allocatable_memory_bytes:
            return MAX_NODE_SCORE
        cpu = min((node.requested_cpu_millis + spec.cpu_millis) / node.allocatable_cpu_millis, 1.0)
        memory = min((node.requested_memory_bytes + spec.memory_bytes) / node.allocatable_memory_bytes, 1.0)
        return int((1 - abs((cpu - memory) / 2)) * MAX_NODE_SCORE)
