"""Who is next, and what brings those back that found no node."""

import pytest

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.plugins import default_plugins
from k8slab.cluster.scheduler.pod_info import PodInfos
from k8slab.cluster.scheduler.queue import SchedulingQueue
from k8slab.sim.clock import Clock
from tests.cluster.scheduler.builders import node, pod

INFOS = PodInfos()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return SchedulingQueue(clock, default_plugins())


def names(queue):
    found = []
    while (queued := queue.pop()) is not None:
        found.append(queued.info.pod.metadata.name)
    return found


def test_the_most_important_comes_first_and_then_who_waits_longest(queue, clock):
    for name, priority in (("first", 0), ("second", 0), ("vip", 1000)):
        queue.add(INFOS.of(pod(name, priority=priority)))
        clock.run(1)
    assert names(queue) == ["vip", "first", "second"]


def test_a_gated_pod_waits_until_its_gates_are_gone(queue):
    from lightkube.models.core_v1 import PodSchedulingGate

    gated = pod("p", schedulingGates=[PodSchedulingGate(name="wait")])
    queue.add(INFOS.of(gated))
    assert names(queue) == []
    queue.update(INFOS.of(pod("p")))
    assert names(queue) == ["p"]


def put_back(queue, plugin, made):
    queue.add(INFOS.of(made))
    queue.put_back(queue.pop(), [plugin])


BIG = pod("p", cpu="2")


@pytest.mark.parametrize(
    ("plugin", "event", "helps"),
    [
        pytest.param("NodeResourcesFit", ClusterEvent(Change.NODE_ADD, None, node("n")), True, id="a node it fits on"),
        pytest.param(
            "NodeResourcesFit", ClusterEvent(Change.NODE_ADD, None, node("n", cpu="1")), False, id="a node too small"
        ),
        pytest.param(
            "NodeResourcesFit", ClusterEvent(Change.NODE_UPDATE, node("n", cpu="1"), node("n")), True, id="a node grew"
        ),
        pytest.param(
            "NodeResourcesFit", ClusterEvent(Change.NODE_UPDATE, node("n"), node("n")), False, id="nothing changed"
        ),
        pytest.param(
            "NodeResourcesFit", ClusterEvent(Change.ASSIGNED_POD_DELETE, pod("o", on="n")), True, id="a Pod went"
        ),
        pytest.param(
            "NodeUnschedulable",
            ClusterEvent(Change.NODE_UPDATE, node("n", unschedulable=True), node("n")),
            True,
            id="uncordoned",
        ),
        pytest.param(
            "TaintToleration",
            ClusterEvent(Change.NODE_UPDATE, node("n", taints=["a=b:NoSchedule"]), node("n")),
            True,
            id="a taint was taken away",
        ),
        pytest.param(
            "TaintToleration",
            ClusterEvent(Change.NODE_ADD, None, node("n", taints=["a=b:NoSchedule"])),
            False,
            id="one more tainted node",
        ),
        pytest.param(
            "NodeAffinity", ClusterEvent(Change.ASSIGNED_POD_DELETE, pod("o", on="n")), False, id="labels stay"
        ),
    ],
)
def test_only_an_event_that_may_help_brings_a_pod_back(queue, clock, plugin, event, helps):
    put_back(queue, plugin, BIG)
    clock.run(20)
    queue.move_all(event)
    assert names(queue) == (["p"] if helps else [])


def test_after_five_minutes_it_is_tried_anyway(queue, clock):
    put_back(queue, "NodeAffinity", BIG)
    clock.run(290)
    assert names(queue) == []
    clock.run(60)
    assert names(queue) == ["p"]


def test_back_off_doubles_up_to_ten_seconds(queue, clock):
    queue.add(INFOS.of(BIG))
    seen = []
    for _ in range(6):
        queued = queue.pop()
        queue.put_back(queued, ["NodeResourcesFit"])
        seen.append(queued.backoff_seconds())
        queue.activate("p")
    assert seen == [1, 2, 4, 8, 10, 10]


def test_a_pod_that_backs_off_is_taken_early_when_nothing_else_is_to_do_but_not_after_an_error(queue, clock):
    put_back(queue, "NodeResourcesFit", BIG)
    queue.activate("p")
    queue.add(INFOS.of(pod("fresh")))
    assert names(queue) == ["fresh", "p"]
    queue.put_back_after_error(queue.get("p"))
    assert names(queue) == []
    clock.run(2.1)
    assert names(queue) == ["p"]


def test_a_deleted_pod_does_not_come_back(queue):
    queue.add(INFOS.of(BIG))
    queued = queue.pop()
    queue.delete("p")
    queue.put_back(queued, ["NodeResourcesFit"])
    assert len(queue) == 0
