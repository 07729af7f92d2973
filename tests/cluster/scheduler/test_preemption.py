"""Who must go so that somebody more important can stay?"""

import pytest
from lightkube.models.core_v1 import PodCondition
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.models.policy_v1 import PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from lightkube.resources.policy_v1 import PodDisruptionBudget

from k8slab.cluster.scheduler import preemption
from k8slab.cluster.scheduler.nominator import Nominator
from tests.cluster.scheduler.builders import World, node, pod


def choose(nodes, pods, newcomer, budgets=(), nominator=None):
    world = World(nodes, pods)
    info = world.cache.pod_infos.of(newcomer)
    state = world.framework.state(world.cache)
    feasible, diagnosis = world.framework.feasible(state, info)
    assert feasible == []
    nominator = nominator or Nominator()
    found, verdict = preemption.candidates(world.framework, state, info, diagnosis, budgets, nominator.with_nominated)
    if not found:
        return verdict.message()
    best = preemption.best(found)
    return best.node, [victim.pod.metadata.name for victim in best.victims]


def test_the_least_important_victims_are_taken_even_if_they_are_more():
    pods = [
        pod("a1", on="n1", cpu="2", priority=10),
        pod("a2", on="n1", cpu="2", priority=10),
        pod("b1", on="n2", cpu="4", priority=20),
    ]
    assert choose([node("n1"), node("n2")], pods, pod("high", cpu="3", priority=1000)) == ("n1", ["a1", "a2"])


def test_who_need_not_go_stays():
    pods = [pod("small", on="n", cpu="1", priority=1), pod("large", on="n", cpu="3", priority=2)]
    assert choose([node("n")], pods, pod("high", cpu="1", priority=5)) == ("n", ["small"])


def test_a_budget_turns_the_choice_to_another_node():
    pods = [
        pod("a", on="n1", cpu="3", priority=10, labels={"app": "guarded"}),
        pod("b", on="n2", cpu="3", priority=10, labels={"app": "free"}),
    ]
    budget = PodDisruptionBudget(
        metadata=ObjectMeta(name="pdb", namespace="ns"),
        spec=PodDisruptionBudgetSpec(minAvailable=1, selector=LabelSelector(matchLabels={"app": "guarded"})),
        status=PodDisruptionBudgetStatus(currentHealthy=1, desiredHealthy=1, disruptionsAllowed=0, expectedPods=1),
    )
    assert choose([node("n1"), node("n2")], pods, pod("high", cpu="3", priority=1000), [budget]) == ("n2", ["b"])


def test_nobody_is_less_important_and_no_eviction_could_help():
    nodes = [node("full"), node("small", cpu="1"), node("tainted", taints=["a=b:NoSchedule"])]
    pods = [pod("equal", on="full", cpu="4")]
    assert choose(nodes, pods, pod("p", cpu="2")) == (
        "0/3 nodes are available: 1 No preemption victims found for incoming pod, "
        "2 Preemption is not helpful for scheduling."
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("Never", "not eligible due to preemptionPolicy=Never."), ("PreemptLowerPriority", "")],
)
def test_the_policy_may_forbid_it(policy, expected):
    world = World([node("n")])
    info = world.cache.pod_infos.of(pod("p", preemptionPolicy=policy))
    _, diagnosis = world.ask(info.pod)
    assert preemption.ineligible(info, None, diagnosis) == expected


def test_while_victims_leave_nobody_else_is_evicted():
    leaving = pod("victim", on="n", cpu="4")
    leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    leaving.status.conditions = [PodCondition(type="DisruptionTarget", status="True", reason="PreemptionByScheduler")]
    world = World([node("n")], [leaving])
    info = world.cache.pod_infos.of(pod("high", cpu="4", priority=10))
    _, diagnosis = world.ask(info.pod)
    assert (
        preemption.ineligible(info, world.cache.node("n"), diagnosis)
        == "not eligible due to a terminating pod on the nominated node."
    )


def test_a_nominated_pod_keeps_its_place_against_less_important_ones():
    world = World([node("n")])
    nominator = Nominator()
    nominator.add(world.cache.pod_infos.of(pod("vip", cpu="3", priority=100)), "n")
    info = world.cache.pod_infos.of(pod("p", cpu="2"))
    state = world.framework.state(world.cache)
    feasible, diagnosis = world.framework.feasible(state, info)
    assert nominator.still_feasible(world.framework, state, info, feasible, diagnosis) == []
    assert diagnosis.counted_reasons() == "1 Insufficient cpu"
    equal = world.cache.pod_infos.of(pod("boss", cpu="2", priority=200))
    assert nominator.still_feasible(world.framework, state, equal, feasible, diagnosis) == feasible
