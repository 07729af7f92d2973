"""What the scheduler knows of a node: how much there is, how much is promised, who is on it.

Models pkg/scheduler/framework (NodeInfo, Resource, HostPortInfo). Totals are kept up to date Pod by Pod, in whole numbers
(thousandths of a CPU, bytes), so that looking at a node never means adding up its Pods. *generation* changes whenever an
answer about the node could: what was worked out for one generation stays true for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from k8slab.apimachinery import pods
from k8slab.cluster.scheduler.pod_info import HostPort, PodInfo

_generations = itertools.count(1)

NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE = "NoSchedule", "PreferNoSchedule", "NoExecute"


class NodeInfo:
    """A node with its Pods, assumed ones included."""

    __slots__ = (
        "allocatable_cpu_millis",
        "allocatable_ephemeral_bytes",
        "allocatable_extended",
        "allocatable_memory_bytes",
        "allowed_pods",
        "generation",
        "hard_taints",
        "images",
        "label_counts",
        "labels",
        "match_counts",
        "name",
        "node",
        "nonzero_cpu_millis",
        "nonzero_memory_bytes",
        "pods",
        "pods_with_affinity",
        "requested_cpu_millis",
        "requested_ephemeral_bytes",
        "requested_extended",
        "requested_memory_bytes",
        "soft_taints",
        "unschedulable",
        "used_ports",
    )

    def __init__(self, name: str, node: Any = None) -> None:
        self.name = name
        self.node: Any = None
        self.pods: dict[str, PodInfo] = {}
        #: Pods that have a required or preferred pod (anti-)affinity, by uid.
        self.pods_with_affinity: dict[str, PodInfo] = {}
        #: How many Pods (not being deleted) have equal namespace and labels; the Pod is one of them.
        self.label_counts: dict[tuple[str, ...], tuple[int, PodInfo]] = {}
        #: What PodTopologySpread has counted here, until Pods come or go.
        self.match_counts: dict[Any, int] = {}
        self.used_ports: dict[HostPort, int] = {}
        self.requested_cpu_millis = self.requested_memory_bytes = self.requested_ephemeral_bytes = 0
        self.nonzero_cpu_millis = self.nonzero_memory_bytes = 0
        self.requested_extended: dict[str, int] = {}
        self.allocatable_cpu_millis = self.allocatable_memory_bytes = self.allocatable_ephemeral_bytes = 0
        self.allowed_pods = 0
        self.allocatable_extended: dict[str, int] = {}
        self.labels: dict[str, str] = {}
        self.hard_taints: tuple[Any, ...] = ()
        self.soft_taints: tuple[Any, ...] = ()
        self.unschedulable = False
        self.images: dict[str, int] = {}
        self.generation = next(_generations)
        if node is not None:
            self.set_node(node)

    def set_node(self, node: Any) -> None:
        """Take *node* as it is now."""
        self.node = node
        there = pods.amounts(node.status.allocatable if node.status else None)
        self.allocatable_cpu_millis = there.pop("cpu", 0)
        self.allocatable_memory_bytes = there.pop("memory", 0)
        self.allocatable_ephemeral_bytes = there.pop("ephemeral-storage", 0)
        self.allowed_pods = there.pop("pods", 0)
        self.allocatable_extended = there
        self.labels = node.metadata.labels or {}
        taints = (node.spec.taints or ()) if node.spec else ()
        self.hard_taints = tuple(taint for taint in taints if taint.effect in (NO_SCHEDULE, NO_EXECUTE))
        self.soft_taints = tuple(taint for taint in taints if taint.effect == PREFER_NO_SCHEDULE)
        self.unschedulable = bool(node.spec and node.spec.unschedulable)
        self.images = {
            name: image.sizeBytes or 0
            for image in ((node.status.images or ()) if node.status else ())
            for name in image.names or ()
        }
        self.generation = next(_generations)

    def remove_node(self) -> None:
        """The Node object is gone; its Pods may still be there for a while."""
        self.node = None
        self.generation = next(_generations)

    # -- Pods --------------------------------------------------------------------------------------------------------

    def add_pod(self, info: PodInfo) -> None:
        """Count *info* in."""
        self.pods[info.uid] = info
        self._count(info, 1)

    def remove_pod(self, uid: str) -> None:
        """Count the Pod *uid* out."""
        info = self.pods.pop(uid)
        self._count(info, -1)

    def _count(self, info: PodInfo, sign: int) -> None:
        spec = info.spec
        self.requested_cpu_millis += sign * spec.cpu_millis
        self.requested_memory_bytes += sign * spec.memory_bytes
        self.requested_ephemeral_bytes += sign * spec.ephemeral_bytes
        self.nonzero_cpu_millis += sign * spec.nonzero_cpu_millis
        self.nonzero_memory_bytes += sign * spec.nonzero_memory_bytes
        for name, amount in spec.extended:
            self.requested_extended[name] = self.requested_extended.get(name, 0) + sign * amount
        for port in spec.host_ports:
            count = self.used_ports.get(port, 0) + sign
            if count:
                self.used_ports[port] = count
            else:
                self.used_ports.pop(port, None)
        if spec.has_affinity:
            if sign > 0:
                self.pods_with_affinity[info.uid] = info
            else:
                self.pods_with_affinity.pop(info.uid, None)
        if not info.is_terminating:
            count, _ = self.label_counts.get(info.label_key, (0, info))
            if count + sign:
                self.label_counts[info.label_key] = (count + sign, info)
            else:
                self.label_counts.pop(info.label_key, None)
        self.match_counts.clear()
        self.generation = next(_generations)

    def without(self, uids: Iterable[str]) -> NodeInfo:
        """Return a copy of this node from which the Pods *uids* have gone (for trying out a pre-emption)."""
        gone = dict.fromkeys(uids)
        copy = NodeInfo(self.name, self.node)
        for uid, info in self.pods.items():
            if uid not in gone:
                copy.add_pod(info)
        return copy

    def conflicts(self, port: HostPort) -> bool:
        """Whether *port* is taken here. Address 0.0.0.0 collides with every address."""
        return any(
            used.protocol == port.protocol
            and used.port == port.port
            and (used.address == port.address or "0.0.0.0" in (used.address, port.address))
            for used in self.used_ports
        )
