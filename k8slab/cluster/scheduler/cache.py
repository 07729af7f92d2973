"""The scheduler's picture of the cluster: nodes with their Pods, and Pods it has assumed to be where it just put them.

Models pkg/scheduler/backend/cache. Binding takes a while; until the watch confirms it, the Pod is *assumed* on its node, so
that the next decision counts it. If the binding fails it is forgotten again. Left out: the snapshot (a decision here takes no
virtual time, so nothing changes under it) and the expiry of assumed Pods (upstream has switched it off too).
"""

from __future__ import annotations

from typing import Any

from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo, PodInfos


class Cache:
    """Nodes in the order in which they came."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeInfo] = {}
        self._placed: dict[str, str] = {}  # uid of a Pod -> its node
        self._assumed: dict[str, None] = {}
        self._listed: list[NodeInfo] | None = None
        self.pod_infos = PodInfos()
        #: How many nodes hold each image (ImageLocality).
        self.image_nodes: dict[str, int] = {}
        #: How many nodes have a taint of effect PreferNoSchedule, and how many Pods an affinity: usually none.
        self.soft_tainted = 0
        self.pods_with_affinity = 0

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[NodeInfo]:
        """The nodes whose Node object is there."""
        if self._listed is None:
            self._listed = [info for info in self._nodes.values() if info.node is not None]
        return self._listed

    def node(self, name: str) -> NodeInfo | None:
        """Return the node called *name*, or None."""
        info = self._nodes.get(name)
        return info if info is not None and info.node is not None else None

    def is_assumed(self, uid: str) -> bool:
        """Whether the Pod is only assumed to be on its node so far."""
        return uid in self._assumed

    def assumed(self) -> tuple[tuple[str, str], ...]:
        """Return the assumed Pods as pairs of uid and node."""
        return tuple((uid, self._placed[uid]) for uid in self._assumed)

    def pod(self, uid: str) -> PodInfo | None:
        """Return the placed Pod *uid*, or None."""
        node = self._placed.get(uid)
        return None if node is None else self._nodes[node].pods.get(uid)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def set_node(self, node: Any) -> None:
        """A Node came or changed."""
        name = node.metadata.name
        info = self._nodes.get(name)
        if info is None:
            info = self._nodes[name] = NodeInfo(name)
        self._count_node(info, -1)
        info.set_node(node)
        self._count_node(info, 1)
        self._listed = None

    def remove_node(self, name: str) -> None:
        """A Node went. Pods that are still on it stay known until they go too."""
        info = self._nodes.get(name)
        if info is None:
            return
        self._count_node(info, -1)
        info.remove_node()
        if not info.pods:
            del self._nodes[name]
        self._listed = None

    def _count_node(self, info: NodeInfo, sign: int) -> None:
        if info.node is None:
            return
        self.soft_tainted += sign * bool(info.soft_taints)
        for image in info.images:
            self.image_nodes[image] = self.image_nodes.get(image, 0) + sign

    # -- Pods --------------------------------------------------------------------------------------------------------

    def assume(self, info: PodInfo, node_name: str) -> None:
        """Count *info* on *node_name* before that is written anywhere."""
        self._assumed[info.uid] = None
        self._add(info, node_name)

    def forget(self, uid: str) -> None:
        """The assumed Pod *uid* could not be bound."""
        if uid in self._assumed:
            del self._assumed[uid]
            self._remove(uid)

    def set_pod(self, pod: Any) -> None:
        """A Pod with a node came or changed (or an assumed one is confirmed)."""
        uid, node_name = pod.metadata.uid, pod.spec.nodeName
        self._assumed.pop(uid, None)
        placed = self._placed.get(uid)
        if placed is not None:
            known = self._nodes[placed].pods[uid]
            if placed == node_name and _counts_alike(known.pod, pod):
                known.pod = pod
                return
            self._remove(uid)
        self._add(self.pod_infos.of(pod), node_name)

    def remove_pod(self, uid: str) -> bool:
        """A Pod with a node went, or has ended; return whether it was counted until now."""
        self._assumed.pop(uid, None)
        if uid not in self._placed:
            return False
        self._remove(uid)
        return True

    def _add(self, info: PodInfo, node_name: str) -> None:
        node = self._nodes.get(node_name)
        if node is None:
            node = self._nodes[node_name] = NodeInfo(node_name)  # the Pod was seen before its node
        node.add_pod(info)
        self._placed[info.uid] = node_name
        self.pods_with_affinity += info.spec.has_affinity

    def _remove(self, uid: str) -> None:
        name = self._placed.pop(uid)
        node = self._nodes[name]
        self.pods_with_affinity -= node.pods[uid].spec.has_affinity
        node.remove_pod(uid)
        if node.node is None and not node.pods:
            del self._nodes[name]


def _counts_alike(old: Any, new: Any) -> bool:
    """Whether nothing that is counted differs: most updates only bring a new status."""
    before, after = old.metadata, new.metadata
    return (
        before.deletionTimestamp == after.deletionTimestamp
        and before.labels == after.labels
        and (before.generation == after.generation or old.spec == new.spec)
    )
