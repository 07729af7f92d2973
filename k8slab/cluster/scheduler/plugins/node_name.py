"""A Pod that names its node fits nowhere else. Models plugins/nodename."""

from __future__ import annotations

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import SKIP, SUCCESS, CycleState, Only, Plugin, Skip, Status, Unschedulable
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class NodeName(Plugin):
    """Filter: only the node named in ``spec.nodeName``. (Such a Pod never reaches the queue: it has its node.)"""

    name = "NodeName"
    is_local = True
    REASON = "node(s) didn't match the requested node name"

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Most Pods name none."""
        return SUCCESS if pod.pod.spec.nodeName else SKIP

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Compare the names."""
        if pod.pod.spec.nodeName == node.name:
            return SUCCESS
        return Unschedulable((self.REASON,), resolvable=False)

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """The node has come."""
        return event.change is Change.NODE_ADD and event.new.metadata.name == pod.pod.spec.nodeName
