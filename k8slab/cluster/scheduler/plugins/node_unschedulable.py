"""A cordoned node takes no new Pods. Models plugins/nodeunschedulable."""

from __future__ import annotations

from lightkube.models.core_v1 import Taint

from k8slab.apimachinery.tolerations import tolerates
from k8slab.cluster.scheduler.cluster_events import ClusterEvent
from k8slab.cluster.scheduler.framework import SUCCESS, CycleState, Plugin, Status, Unschedulable
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo

CORDONED = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


class NodeUnschedulable(Plugin):
    """Filter: no node with ``spec.unschedulable``, unless the Pod tolerates its taint (DaemonSet Pods do)."""

    name = "NodeUnschedulable"
    is_local = True
    REASON = "node(s) were unschedulable"

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Turn cordoned nodes down."""
        if not node.unschedulable or tolerates(pod.pod.spec.tolerations, CORDONED):
            return SUCCESS
        return Unschedulable((self.REASON,), resolvable=False)

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node that came without being cordoned, or was uncordoned."""
        if not event.is_about_node or event.new.spec.unschedulable:
            return False
        return event.old is None or bool(event.old.spec.unschedulable)
