"""Spread Pods evenly over zones, nodes or any other label. Models plugins/podtopologyspread.

A Pod may bring constraints: hard ones (DoNotSchedule) filter, soft ones (ScheduleAnyway) only score. A Pod without any gets the
defaults: spread what belongs to the same Service and controller over nodes (maxSkew 3) and zones (maxSkew 5), softly.
Counted are Pods of the same namespace that the selector selects, except those being deleted.
Example: zones a and b hold 2 and 1; with maxSkew 1 the next Pod may go to b (2-1 = 1) but not to a (3-1 = 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lightkube.resources.apps_v1 import ReplicaSet, StatefulSet
from lightkube.resources.core_v1 import ReplicationController, Service

from k8slab.apimachinery import labels
from k8slab.apimachinery.owners import controller_of
from k8slab.apimachinery.tolerations import first_untolerated
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
from k8slab.cluster.scheduler.node_selectors import RequiredNodeAffinity
from k8slab.cluster.scheduler.pod_info import PodInfo

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
DEFAULT_SKEWS = ((HOSTNAME, 3), (ZONE, 5))

NOT_SPREAD = "node(s) didn't match pod topology spread constraints"
MISSING_LABEL = f"{NOT_SPREAD} (missing required label)"


class Constraint:
    """One constraint with its selector parsed."""

    __slots__ = ("counted", "honors_affinity", "honors_taints", "key", "max_skew", "min_domains", "selector")

    def __init__(
        self,
        key: str,
        max_skew: int,
        selector: labels.Selector,
        min_domains: int = 1,
        honors_affinity: bool = True,
        honors_taints: bool = False,
    ) -> None:
        self.key = key
        self.max_skew = max_skew
        self.selector = selector
        self.min_domains = min_domains
        self.honors_affinity = honors_affinity
        self.honors_taints = honors_taints
        # What is counted, as a key that is quicker to look up than the selector itself.
        self.counted = "!" if selector.selects_nothing else str(selector)

    def includes(self, pod: PodInfo, node: NodeInfo, required: RequiredNodeAffinity) -> bool:
        """Whether *node* counts at all (nodeAffinityPolicy, nodeTaintsPolicy)."""
        if self.honors_affinity and not required.matches(node.labels, node.name):
            return False
        return not self.honors_taints or first_untolerated(node.hard_taints, pod.pod.spec.tolerations) is None

    def count(self, namespace: str, node: NodeInfo) -> int:
        """Return how many Pods of *namespace* on *node* are selected (kept until Pods come or go there)."""
        key = (namespace, self.counted)
        known = node.match_counts.get(key)
        if known is None:
            known = 0
            for count, example in node.label_counts.values():
                if example.namespace == namespace and self.selector.matches(example.labels):
                    known += count
            node.match_counts[key] = known
        return known


class _Hard:
    """What PreFilter counted: Pods per constraint and value of its label."""

    def __init__(self, constraints: list[Constraint], state: CycleState, pod: PodInfo) -> None:
        self.constraints = constraints
        self.counts: list[dict[str, int]] = [{} for _ in constraints]
        required = RequiredNodeAffinity(pod.pod.spec)
        for node in state.nodes:
            if not all(constraint.key in node.labels for constraint in constraints):
                continue
            for constraint, counts in zip(constraints, self.counts):
                if constraint.includes(pod, node, required):
                    value = node.labels[constraint.key]
                    counts[value] = counts.get(value, 0) + constraint.count(pod.namespace, node)

    def least(self, index: int) -> int:
        """Return the fewest Pods in any domain; 0 while there are fewer domains than minDomains."""
        counts = self.counts[index]
        return 0 if len(counts) < self.constraints[index].min_domains else min(counts.values(), default=0)


class _Soft:
    """What PreScore counted."""

    def __init__(
        self, constraints: list[Constraint], state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]
    ) -> None:
        self.constraints = constraints
        needs_all = bool(pod.pod.spec.topologySpreadConstraints)
        keys = [constraint.key for constraint in constraints]
        self.ignored = {node.name: None for node in nodes if needs_all and not all(key in node.labels for key in keys)}
        self.counts: list[dict[str, int]] = []
        self.weights: list[float] = []
        for constraint in constraints:
            counts: dict[str, int] = {}
            if constraint.key != HOSTNAME:
                for node in nodes:
                    if node.name not in self.ignored and constraint.key in node.labels:
                        counts[node.labels[constraint.key]] = 0
                if counts:
                    self._count(constraint, counts, state, pod, keys if needs_all else [])
            self.counts.append(counts)
            size = len(nodes) - len(self.ignored) if constraint.key == HOSTNAME else len(counts)
            self.weights.append(math.log(size + 2))

    def _count(
        self, constraint: Constraint, counts: dict[str, int], state: CycleState, pod: PodInfo, keys: list[str]
    ) -> None:
        required = RequiredNodeAffinity(pod.pod.spec)
        for node in state.nodes:
            value = node.labels.get(constraint.key)
            if value in counts and all(key in node.labels for key in keys) and constraint.includes(pod, node, required):
                counts[value] += constraint.count(pod.namespace, node)


class PodTopologySpread(Plugin):
    """Filter: no domain more than maxSkew above the emptiest. Score: the fewer of its kind are there, the better."""

    name = "PodTopologySpread"
    weight = 2

    # -- hard --------------------------------------------------------------------------------------------------------

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Count Pods by domain; skip Pods without hard constraints."""
        if not pod.pod.spec.topologySpreadConstraints:
            return SKIP
        constraints = own_constraints(pod, "DoNotSchedule")
        if not constraints:
            return SKIP
        state.found[self.name + "/filter"] = _Hard(constraints, state, pod)
        return SUCCESS

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status:
        """Look whether the Pod would make *node*'s domain stand out too far."""
        hard: _Hard = state.found[self.name + "/filter"]
        for index, constraint in enumerate(hard.constraints):
            value = node.labels.get(constraint.key)
            if value is None:
                return Unschedulable((MISSING_LABEL,), resolvable=False)
            self_match = constraint.selector.matches(pod.labels)
            skew = hard.counts[index].get(value, 0) + self_match - hard.least(index)
            if skew > constraint.max_skew:
                return Unschedulable((NOT_SPREAD,))
        return SUCCESS

    # -- soft --------------------------------------------------------------------------------------------------------

    def pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> Skip | None:
        """Count Pods by domain; skip Pods that nothing wants spread."""
        if pod.pod.spec.topologySpreadConstraints:
            constraints = own_constraints(pod, "ScheduleAnyway")
        else:
            constraints = default_constraints(state, pod)
        if not constraints:
            return SKIP
        state.found[self.name] = _Soft(constraints, state, pod, nodes)
        return None

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> int:
        """Return the weighted count of Pods of its kind around *node*; a domain among many weighs more."""
        soft: _Soft = state.found[self.name]
        if node.name in soft.ignored:
            return 0
        score = 0.0
        for constraint, counts, weight in zip(soft.constraints, soft.counts, soft.weights):
            value = node.labels.get(constraint.key)
            if value is not None:
                there = constraint.count(pod.namespace, node) if constraint.key == HOSTNAME else counts.get(value, 0)
                score += there * weight + (constraint.max_skew - 1)
        return int(score + 0.5)

    def scores(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """Return all scores; the common case, Pods of one Deployment over nodes without zones, in one go."""
        soft: _Soft = state.found[self.name]
        first, *others = soft.constraints
        if soft.ignored or first.key != HOSTNAME or any(soft.counts) or any(each.key == HOSTNAME for each in others):
            return super().scores(state, pod, nodes)
        namespace, count, weight = pod.namespace, first.count, soft.weights[0]
        key, base = (namespace, first.counted), first.max_skew - 1 + 0.5
        found = []
        for node in nodes:
            there = node.match_counts.get(key)
            if there is None:
                there = count(namespace, node)
            found.append(int(there * weight + base) if HOSTNAME in node.labels else 0)
        return found

    def normalize(self, state: CycleState, nodes: Sequence[NodeInfo], scores: list[int]) -> list[int]:
        """Fewer is better: the emptiest domain gets 100; nodes without the labels get 0."""
        ignored = state.found[self.name].ignored
        counted = scores if not ignored else [score for node, score in zip(nodes, scores) if node.name not in ignored]
        if not counted:
            return [0] * len(scores)
        least, most = min(counted), max(counted)
        if most == 0:
            return [0 if node.name in ignored else MAX_NODE_SCORE for node in nodes]
        points = [MAX_NODE_SCORE * (most + least - score) // most for score in scores]
        return [0 if node.name in ignored else point for node, point in zip(nodes, points)] if ignored else points

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """Nodes or Pods that are counted have come, changed or gone."""
        if event.change in (Change.ASSIGNED_POD_ADD, Change.ASSIGNED_POD_UPDATE, Change.ASSIGNED_POD_DELETE):
            moved = event.new if event.new is not None else event.old
            if moved.metadata.namespace != pod.namespace:
                return False
            return any(each.selector.matches(moved.metadata.labels) for each in own_constraints(pod, "DoNotSchedule"))
        return event.change is not Change.STORAGE


def own_constraints(pod: PodInfo, action: str) -> list[Constraint]:
    """Return the Pod's own constraints whose ``whenUnsatisfiable`` is *action*."""
    found = []
    for each in pod.pod.spec.topologySpreadConstraints or ():
        if each.whenUnsatisfiable != action:
            continue
        selector = labels.from_label_selector(each.labelSelector)
        if each.matchLabelKeys and not selector.selects_nothing:
            extra = [
                labels.Requirement(key, labels.IN, (pod.labels[key],))
                for key in each.matchLabelKeys
                if key in pod.labels
            ]
            selector = labels.Selector((*selector.requirements, *extra))
        found.append(
            Constraint(
                each.topologyKey,
                each.maxSkew,
                selector,
                each.minDomains or 1,
                each.nodeAffinityPolicy != "Ignore",
                each.nodeTaintsPolicy == "Honor",
            )
        )
    return found


def default_constraints(state: CycleState, pod: PodInfo) -> list[Constraint]:
    """Return the constraints of a Pod that brings none: none either, unless a Service or controller selects it."""
    selector = default_selector(state, pod)
    return _default_constraints(selector) if selector.requirements else []


@lru_cache(maxsize=1024)  # all Pods of a ReplicaSet have the same
def _default_constraints(selector: labels.Selector) -> list[Constraint]:
    return [Constraint(key, skew, selector) for key, skew in DEFAULT_SKEWS]


def default_selector(state: CycleState, pod: PodInfo) -> labels.Selector:
    """Return what selects the Pod's like: its Services' and its controller's selectors together (helper/spread.go)."""
    wanted: dict[str, str] = {}
    services = state.lister(Service)
    for service in services.list(pod.namespace) if services is not None else ():
        chosen = service.spec.selector
        if chosen and all(pod.labels.get(key) == value for key, value in chosen.items()):
            wanted.update(chosen)
    owner = controller_of(pod.pod)
    model: type | None = _CONTROLLERS.get((owner.apiVersion, owner.kind)) if owner is not None else None
    lister = state.lister(model) if model is not None else None
    controller: Any = lister.get(f"{pod.namespace}/{owner.name}") if lister is not None and owner is not None else None
    if controller is None:
        return labels.from_map(wanted)
    if model is ReplicationController:
        return labels.from_map({**wanted, **(controller.spec.selector or {})})
    own = labels.from_label_selector(controller.spec.selector)
    return labels.Selector((*labels.from_map(wanted).requirements, *own.requirements)) if wanted else own


_CONTROLLERS: dict[tuple[str, str], type] = {
    ("v1", "ReplicationController"): ReplicationController,
    ("apps/v1", "ReplicaSet"): ReplicaSet,
    ("apps/v1", "StatefulSet"): StatefulSet,
}
