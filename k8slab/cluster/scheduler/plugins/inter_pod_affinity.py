"""Pods that want to be near other Pods, or far from them. Models plugins/interpodaffinity.

*Near* means: on a node with the same value of the topology label (the same host, zone, ...). Required anti-affinity works both
ways: Pods already there can refuse a newcomer. What a Pod prefers, and what those there prefer of it, scores.
"""

from __future__ import annotations

from collections.abc import Sequence

from lightkube.resources.core_v1 import Namespace

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import (
    MAX_NODE_SCORE,
    SKIP,
    SUCCESS,
    CycleState,
    Only,
    Plugin,
    Skip,
    Status,
    Unschedulable,
)
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import AffinityTerm, PodInfo

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"

#: A required affinity of a Pod already there also counts as a wish of this weight (hardPodAffinityWeight).
HARD_POD_AFFINITY_WEIGHT = 1


def matches(state: CycleState, term: AffinityTerm, pod: PodInfo) -> bool:
    """Whether *term* (of another Pod) speaks of *pod*."""
    if pod.namespace not in term.namespaces:
        if term.namespace_selector.selects_nothing:
            return False
        namespaces = state.lister(Namespace)
        there = namespaces.get(pod.namespace) if namespaces is not None else None
        if there is None or not term.namespace_selector.matches(there.metadata.labels):
            return False
    return term.selector.matches(pod.labels)


class _Counts:
    """What PreFilter counted, by (topology key, value)."""

    def __init__(self, state: CycleState, pod: PodInfo) -> None:
        self.affinity: dict[tuple[str, str], int] = {}
        self.anti: dict[tuple[str, str], int] = {}
        self.existing: dict[tuple[str, str], int] = {}
        near, far = pod.terms("affinity"), pod.terms("anti_affinity")
        for node in state.nodes:
            if near or far:
                for there in node.pods.values():
                    if near and all(matches(state, term, there) for term in near):
                        for term in near:
                            _add(self.affinity, node, term, 1)
                    for term in far:
                        if matches(state, term, there):
                            _add(self.anti, node, term, 1)
            for there in node.pods_with_affinity.values():
                for term in there.terms("anti_affinity"):
                    if matches(state, term, pod):
                        _add(self.existing, node, term, 1)


def _add(counts: dict[tuple[str, str], int], node: NodeInfo, term: AffinityTerm, amount: int) -> None:
    value = node.labels.get(term.topology_key)
    if value is not None:
        key = (term.topology_key, value)
        counts[key] = counts.get(key, 0) + amount


class InterPodAffinity(Plugin):
    """Filter: required terms, both ways. Score: preferred terms, both ways."""

    name = "InterPodAffinity"
    weight = 2

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Count by domain; skip when neither the Pod nor any other has an affinity."""
        if not pod.spec.has_affinity and not state.cache.pods_with_affinity:
            return SKIP
        counts = _Counts(state, pod)
        if not pod.terms("affinity") and not pod.terms("anti_affinity") and not counts.existing:
            return SKIP
        state.found[self.name + "/filter"] = counts
        return SUCCESS

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Look for the company that is required, then for the company that is refused."""
        counts: _Counts = state.found[self.name + "/filter"]
        if not self._has_company(state, counts, pod, node):
            return Unschedulable((AFFINITY,), resolvable=False)
        for term in pod.terms("anti_affinity"):
            if counts.anti.get((term.topology_key, node.labels.get(term.topology_key, "")), 0) > 0:
                return Unschedulable((ANTI_AFFINITY,))
        if any(counts.existing.get(pair, 0) > 0 for pair in node.labels.items()):
            return Unschedulable((EXISTING_ANTI_AFFINITY,))
        return SUCCESS

    def _has_company(self, state: CycleState, counts: _Counts, pod: PodInfo, node: NodeInfo) -> bool:
        terms = pod.terms("affinity")
        found = True
        for term in terms:
            value = node.labels.get(term.topology_key)
            if value is None:
                return False
            found = found and counts.affinity.get((term.topology_key, value), 0) > 0
        # The first of a group that wants to be together may go anywhere; otherwise none could ever start.
        return found or (not counts.affinity and all(matches(state, term, pod) for term in terms))

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Add up wishes by domain; skip when there are none."""
        if not pod.spec.has_affinity and not state.cache.pods_with_affinity:
            return SKIP
        near, far = pod.terms("preferred_affinity"), pod.terms("preferred_anti_affinity")
        points: dict[tuple[str, str], int] = {}
        for node in state.nodes:
            for there in (node.pods if near or far else node.pods_with_affinity).values():
                for term in near:
                    if matches(state, term, there):
                        _add(points, node, term, term.weight)
                for term in far:
                    if matches(state, term, there):
                        _add(points, node, term, -term.weight)
                self._wishes_of(state, there, pod, node, points)
        if not points:
            return SKIP
        state.found[self.name] = points
        return None

    def _wishes_of(
        self, state: CycleState, there: PodInfo, pod: PodInfo, node: NodeInfo, points: dict[tuple[str, str], int]
    ) -> None:
        if not there.spec.has_affinity:
            return
        for which, weight in (("affinity", HARD_POD_AFFINITY_WEIGHT), ("preferred_affinity", 0)):
            for term in there.terms(which):
                if matches(state, term, pod):
                    _add(points, node, term, weight or term.weight)
        for term in there.terms("preferred_anti_affinity"):
            if matches(state, term, pod):
                _add(points, node, term, -term.weight)

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Add up the wishes about the domains that *node* is in."""
        points: dict[tuple[str, str], int] = state.found[self.name]
        return sum(points.get(pair, 0) for pair in node.labels.items())

    def normalize(self, state: CycleState, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """Stretch what there is to 0..100."""
        least, most = min(scores), max(scores)
        if most == least:
            return [0] * len(scores)
        return [MAX_NODE_SCORE * (score - least) // (most - least) for score in scores]

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Pods or nodes have come or gone."""
        return event.change is not Change.STORAGE
