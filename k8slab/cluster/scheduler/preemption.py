"""Pre-emption: if a Pod fits nowhere, could less important Pods make room for it?

Models pkg/scheduler/framework/preemption and plugins/defaultpreemption (PostFilter). On each node where eviction could help, all
less important Pods are taken away in thought; if the newcomer fits then, as many as possible are put back, the most
important first. Of the nodes that remain, the one that hurts least is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from k8slab.apimachinery import labels
from k8slab.cluster.scheduler.framework import CycleState, Diagnosis, Framework, Unschedulable
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.pod_info import PodInfo

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
NEVER = "not eligible due to preemptionPolicy=Never."
TERMINATING = "not eligible due to a terminating pod on the nominated node."
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node and the Pods that would have to go, most important first."""

    node: str
    victims: tuple[PodInfo, ...]
    budget_violations: int = 0


class Budget:
    """How many disruptions a PodDisruptionBudget still allows, while victims are chosen on one node."""

    def __init__(self, budget: Any) -> None:
        self.namespace = budget.metadata.namespace
        self.selector = labels.from_label_selector(budget.spec.selector)
        self.allowed = budget.status.disruptionsAllowed if budget.status else 0
        self.disrupted = dict((budget.status.disruptedPods if budget.status else None) or {})

    def covers(self, pod: PodInfo) -> bool:
        """Whether the budget is about *pod* (an empty selector is about none here)."""
        if pod.namespace != self.namespace or not self.selector.requirements:
            return False
        return self.selector.matches(pod.labels) and pod.pod.metadata.name not in self.disrupted


def ineligible(pod: PodInfo, nominated: NodeInfo | None, diagnosis: Diagnosis) -> str:
    """Return why *pod* may not pre-empt now, or an empty text."""
    if pod.pod.spec.preemptionPolicy == "Never":
        return NEVER
    if nominated is not None:
        rejection = diagnosis.nodes.get(nominated.name)
        if rejection is not None and not rejection.resolvable:
            return ""
        if any(there.priority < pod.priority and _was_preempted(there.pod) for there in nominated.pods.values()):
            return TERMINATING
    return ""


def _was_preempted(pod: Any) -> bool:
    if pod.metadata.deletionTimestamp is None:
        return False
    found = (pod.status.conditions if pod.status else None) or ()
    return any(
        each.type == "DisruptionTarget" and each.status == "True" and each.reason == "PreemptionByScheduler"
        for each in found
    )


def candidates(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    diagnosis: Diagnosis,
    budgets: Sequence[Any],
    with_nominated: Callable[[PodInfo, NodeInfo], NodeInfo],
) -> tuple[list[Candidate], Diagnosis]:
    """Return the nodes where room could be made, and why the others do not help."""
    verdict = Diagnosis(diagnosis.all_nodes)
    found = []
    for node in state.nodes:
        rejection = diagnosis.nodes.get(node.name, diagnosis.absent)
        if not rejection.resolvable:
            verdict.nodes[node.name] = Unschedulable((NOT_HELPFUL,), resolvable=False)
            continue
        answer = _victims_on(framework, state, pod, node, budgets, with_nominated)
        if isinstance(answer, Candidate):
            found.append(answer)
        else:
            verdict.nodes[node.name] = answer
    return found, verdict


def _victims_on(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    node: NodeInfo,
    budgets: Sequence[Any],
    with_nominated: Callable[[PodInfo, NodeInfo], NodeInfo],
) -> Candidate | Unschedulable:
    lesser = sorted((there for there in node.pods.values() if there.priority < pod.priority), key=_importance)
    if not lesser:
        return Unschedulable((NO_VICTIMS,), resolvable=False)

    def fits_without(gone: Sequence[PodInfo]) -> Unschedulable | None:
        tried = with_nominated(pod, node.without(victim.uid for victim in gone))
        trial = framework.state(state.cache, [tried if each.name == node.name else each for each in state.nodes])
        rejection, _, filters, _ = framework.pre_filter(trial, pod)
        return rejection if rejection is not None else framework.fits(trial, pod, tried, filters)

    rejection = fits_without(lesser)
    if rejection is not None:
        return rejection
    guarded, free = _by_budget(lesser, budgets)
    gone = list(lesser)
    violations = 0
    for group in (guarded, free):
        for there in group:
            kept = [victim for victim in gone if victim is not there]
            if fits_without(kept) is None:
                gone = kept
            elif group is guarded:
                violations += 1
    return Candidate(node.name, tuple(gone), violations)


def _by_budget(pods: Sequence[PodInfo], budgets: Sequence[Any]) -> tuple[list[PodInfo], list[PodInfo]]:
    """Return those whose eviction would violate a budget, and the others."""
    watched = [Budget(budget) for budget in budgets]
    guarded: list[PodInfo] = []
    free: list[PodInfo] = []
    for pod in pods:
        violated = False
        for budget in watched:
            if budget.covers(pod):
                budget.allowed -= 1
                violated = violated or budget.allowed < 0
        (guarded if violated else free).append(pod)
    return guarded, free


def _started(pod: PodInfo) -> datetime:
    return (pod.pod.status.startTime if pod.pod.status else None) or FOREVER


def _importance(pod: PodInfo) -> tuple[int, datetime]:
    """Sorts the most important first: the higher priority, then the one that runs longest."""
    return -pod.priority, _started(pod)


def best(found: Sequence[Candidate]) -> Candidate:
    """Return the candidate that hurts least: fewest violated budgets, then the least important victims, then the fewest, then
    the one whose most important victim started last."""

    def hurt(candidate: Candidate) -> tuple[int, int, int, int, float]:
        victims = candidate.victims
        highest = max((victim.priority for victim in victims), default=-(2**31))
        important = [victim for victim in victims if victim.priority == highest]
        earliest = min((_started(victim).timestamp() for victim in important), default=0.0)
        # Upstream shifts each priority by 2^31 so that many negative ones do not look better than few.
        total = sum(victim.priority + 2**31 for victim in victims)
        return candidate.budget_violations, highest, total, len(victims), -earliest

    return min(found, key=hurt)
