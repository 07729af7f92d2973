"""A Pod may require or prefer nodes by their labels. Models plugins/nodeaffinity."""

from __future__ import annotations

from collections.abc import Sequence

from k8slab.cluster.scheduler.cluster_events import ClusterEvent
from k8slab.cluster.scheduler.framework import (
    SKIP,
    SUCCESS,
    CycleState,
    Only,
    Plugin,
    Skip,
    Status,
    Unschedulable,
    default_normalize,
)
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.node_selectors import RequiredNodeAffinity, term
from k8slab.cluster.scheduler.pod_info import PodInfo


class NodeAffinity(Plugin):
    """Filter: ``nodeSelector`` and required node affinity. Score: the weights of the preferred terms that match."""

    name = "NodeAffinity"
    weight = 2
    is_local = True
    REASON = "node(s) didn't match Pod's node affinity/selector"
    CONFLICT = "pod affinity terms conflict"

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Skip Pods that require nothing; terms that name their nodes (a DaemonSet's) leave only those."""
        spec = pod.pod.spec
        if not spec.nodeSelector and (spec.affinity is None or spec.affinity.nodeAffinity is None):
            return SKIP
        required = RequiredNodeAffinity(spec)
        if required.is_empty:
            return SKIP
        state.found[self.name] = required
        names = required.names()
        if names is None:
            return SUCCESS
        return Only(tuple(names)) if names else Unschedulable((self.CONFLICT,), resolvable=False)

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Compare labels and name."""
        if state.found[self.name].matches(node.labels, node.name):
            return SUCCESS
        return Unschedulable((self.REASON,), resolvable=False)

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Skip Pods that prefer nothing."""
        affinity = pod.pod.spec.affinity
        if affinity is None or affinity.nodeAffinity is None:
            return SKIP
        return None if affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution else SKIP

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Add up the weights of the preferred terms that match."""
        preferred = pod.pod.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution
        return sum(each.weight for each in preferred if term(each.preference).matches(node.labels, node.name))

    def normalize(self, state: CycleState, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """More is better."""
        return default_normalize(scores)

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A node that matches now and did not before."""
        if not event.is_about_node:
            return False
        required = RequiredNodeAffinity(pod.pod.spec)
        meta = event.new.metadata
        if not required.matches(meta.labels or {}, meta.name):
            return False
        return event.old is None or not required.matches(event.old.metadata.labels or {}, meta.name)
