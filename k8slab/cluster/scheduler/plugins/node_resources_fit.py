"""A Pod must fit into what is left of a node, and better on the emptier one. Models plugins/noderesources (Fit).

The score is LeastAllocated over CPU and memory. What counts is what Pods *requested*, never what they use.
"""

from __future__ import annotations

from k8slab.apimachinery import pods
from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import MAX_NODE_SCORE, SUCCESS, CycleState, Plugin, Status, Unschedulable
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class NodeResourcesFit(Plugin):
    """Filter: number of Pods, CPU, memory, ephemeral storage, extended resources. Score: the more is left, the better."""

    name = "NodeResourcesFit"
    is_local = True

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Name everything that is short. What even the empty node lacks, no eviction can give."""
        spec = pod.spec
        reasons = []
        resolvable = True
        if len(node.pods) + 1 > node.allowed_pods:
            reasons.append("Too many pods")
        if spec.cpu_millis > node.allocatable_cpu_millis - node.requested_cpu_millis and spec.cpu_millis:
            reasons.append("Insufficient cpu")
            resolvable = spec.cpu_millis <= node.allocatable_cpu_millis
        if spec.memory_bytes > node.allocatable_memory_bytes - node.requested_memory_bytes and spec.memory_bytes:
            reasons.append("Insufficient memory")
            resolvable = resolvable and spec.memory_bytes <= node.allocatable_memory_bytes
        if (
            spec.ephemeral_bytes
            and spec.ephemeral_bytes > node.allocatable_ephemeral_bytes - node.requested_ephemeral_bytes
        ):
            reasons.append("Insufficient ephemeral-storage")
            resolvable = resolvable and spec.ephemeral_bytes <= node.allocatable_ephemeral_bytes
        for name, amount in spec.extended:
            there = node.allocatable_extended.get(name, 0)
            if amount > there - node.requested_extended.get(name, 0):
                reasons.append(f"Insufficient {name}")
                resolvable = resolvable and amount <= there
        return Unschedulable(tuple(reasons), resolvable) if reasons else SUCCESS

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Return the mean of the free shares of CPU and memory after the Pod, 0..100 (least_allocated.go).

        4 CPUs of which 1 is asked for leave 75; 8 GiB of which 2 are leave 75: the score is 75.
        """
        spec = pod.spec
        total = kinds = 0
        for there, wanted in (
            (node.allocatable_cpu_millis, node.nonzero_cpu_millis + spec.nonzero_cpu_millis),
            (node.allocatable_memory_bytes, node.nonzero_memory_bytes + spec.nonzero_memory_bytes),
        ):
            if there:
                kinds += 1
                if wanted <= there:
                    total += (there - wanted) * MAX_NODE_SCORE // there
        return total // kinds if kinds else 0

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A Pod has gone or asks for less, or a node came or grew that is big enough when empty."""
        if event.change in (Change.ASSIGNED_POD_DELETE, Change.ASSIGNED_POD_UPDATE, Change.TIMEOUT):
            return True
        if not event.is_about_node:
            return False
        there = pods.amounts(event.new.status.allocatable if event.new.status else None)
        if event.old is not None and pods.amounts(event.old.status.allocatable if event.old.status else None) == there:
            return False
        spec = pod.spec
        return (
            spec.cpu_millis <= there.get("cpu", 0)
            and spec.memory_bytes <= there.get("memory", 0)
            and spec.ephemeral_bytes <= there.get("ephemeral-storage", 0)
            and all(amount <= there.get(name, 0) for name, amount in spec.extended)
        )
