"""Cases from pkg/controller/controller_utils_test.go (TestSortingActivePodsWithRanks) and replica_set_test.go."""

import datetime as dt
import random

import pytest
from lightkube.models.core_v1 import ContainerStatus, PodCondition, PodSpec, PodStatus
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod

from k8slab.cluster.controllers.pod_ranking import age_rank, deletion_cost, pods_to_delete

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def ago(seconds):
    return NOW - dt.timedelta(seconds=seconds)


def pod(name, *, node="node-1", phase="Running", ready=60, restarts=0, created=60, cost=None):
    """*ready* is for how many seconds, None for not at all."""
    conditions = [PodCondition(type="Ready", status="False", lastTransitionTime=ago(1))]
    if ready is not None:
        conditions = [PodCondition(type="Ready", status="True", lastTransitionTime=ago(ready))]
    containers = [ContainerStatus(name="c", image="i", imageID="", ready=True, restartCount=restarts)]
    annotations = {"controller.kubernetes.io/pod-deletion-cost": cost} if cost is not None else None
    return Pod(
        metadata=ObjectMeta(name=name, uid=name, creationTimestamp=ago(created), annotations=annotations),
        spec=PodSpec(containers=[], nodeName=node or None),
        status=PodStatus(phase=phase, conditions=conditions, containerStatuses=containers),
    )


def order(pods, related=()):
    """The names of all but the last to die, in their order."""
    return [one.metadata.name for one in pods_to_delete(pods, related, len(pods) - 1, NOW)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(pod("a", node=""), pod("b", phase="Pending", ready=None), id="without a node before one with"),
        pytest.param(pod("a", phase="Pending", ready=None), pod("b", phase="Unknown"), id="pending before unknown"),
        pytest.param(pod("a", phase="Unknown"), pod("b", ready=None), id="unknown before running"),
        pytest.param(pod("a", ready=None, cost="100"), pod("b", cost="1"), id="not ready before the cheaper"),
        pytest.param(pod("a", cost="-1"), pod("b"), id="cheap before the default of 0"),
        pytest.param(pod("a", cost="10", ready=6000), pod("b", cost="20", ready=5), id="cheap before young"),
        pytest.param(pod("a", ready=5), pod("b", ready=6000), id="ready lately before ready for long"),
        pytest.param(pod("a", restarts=3), pod("b", restarts=2), id="often restarted before seldom"),
        pytest.param(pod("a", created=60), pod("b", created=6000), id="young before old"),
        pytest.param(pod("a", ready=100), pod("b", ready=101), id="of about one age the smaller uid"),
    ],
)
def test_which_pod_dies_first(first, second):
    assert order([second, first]) == [first.metadata.name]
    assert order([first, second]) == [first.metadata.name]


def test_where_more_pods_of_the_same_owner_share_a_node_one_goes_first():
    lonely, doubled = pod("a", node="node-1"), pod("b", node="node-2")
    assert order([lonely, doubled], related=[lonely, doubled, pod("c", node="node-2")]) == ["b"]


def test_deletion_cost_outranks_company_on_the_node():
    cheap, doubled = pod("a", node="node-1", cost="-5"), pod("b", node="node-2")
    assert order([cheap, doubled], related=[cheap, doubled, pod("c", node="node-2")]) == ["a"]


def test_the_whole_order_does_not_depend_on_the_order_of_asking():
    pods = [
        pod("unscheduled", node="", phase="Pending", ready=None),
        pod("pending", phase="Pending", ready=None),
        pod("unready", ready=None),
        pod("cheap", cost="-10", ready=9000),
        pod("young", ready=3),
        pod("restarted", ready=1000, restarts=9),
        pod("younger", ready=1000, created=5),
        pod("old", ready=1000, created=9000),
    ]
    expected = [one.metadata.name for one in pods]
    shuffled = random.Random(1)
    for _ in range(20):
        shuffled.shuffle(pods)
        assert order(pods) == expected[:-1]


def test_all_go_when_all_must():
    pods = [pod("a"), pod("b")]
    assert pods_to_delete(pods, [], 2, NOW) == pods
    assert pods_to_delete(pods, [], 0, NOW) == []


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        (None, 0),
        ("0", 0),
        ("7", 7),
        ("-2147483648", -2147483648),
        ("2147483648", 0),
        ("+1", 0),
        ("007", 0),
        ("-0", 0),
        ("many", 0),
        ("1.5", 0),
        ("", 0),
    ],
)
def test_deletion_cost(text, cost):
    assert deletion_cost(pod("a", cost=text)) == cost


@pytest.mark.parametrize(
    ("one", "other", "alike"), [(1, 1.05, True), (1, 3, False), (100, 101, True), (60, 3600, False)]
)
def test_ages_are_compared_by_their_power_of_two(one, other, alike):
    assert (age_rank(ago(one), NOW) == age_rank(ago(other), NOW)) is alike


def test_no_time_and_the_future_come_before_any_age():
    assert age_rank(None, NOW) == age_rank(ago(-5), NOW) == -1
