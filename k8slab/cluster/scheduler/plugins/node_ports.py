"""Two Pods cannot listen on the same port of one node. Models plugins/nodeports."""

from __future__ import annotations

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import SKIP, SUCCESS, CycleState, Only, Plugin, Skip, Status, Unschedulable
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo


class NodePorts(Plugin):
    """Filter: every ``hostPort`` the Pod wants must be free."""

    name = "NodePorts"
    is_local = True
    REASON = "node(s) didn't have free ports for the requested pod ports"

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Most Pods want none."""
        return SUCCESS if pod.spec.host_ports else SKIP

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Look for a port that is taken."""
        if any(node.conflicts(port) for port in pod.spec.host_ports):
            return Unschedulable((self.REASON,))
        return SUCCESS

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A Pod with one of the ports has gone, or a node has come."""
        if event.change is Change.ASSIGNED_POD_DELETE:
            return any(port.hostPort for container in event.old.spec.containers for port in container.ports or ())
        return event.change in (Change.NODE_ADD, Change.TIMEOUT)
