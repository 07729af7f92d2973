"""The loop against the real API server: bindings, Events, conditions, retries, and telling why."""

import pytest
from lightkube.models.core_v1 import NodeStatus
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node

from tests.cluster.node.small_cluster import USER, SmallCluster, pod

CPU = "resources: {requests: {cpu: '%s'}}"


@pytest.fixture
def cluster():
    return SmallCluster(nodes=2, hollow=True)


def test_a_pod_gets_its_node_and_an_event_says_so(cluster):
    cluster.create(pod())
    cluster.clock.run(0.2)
    found = cluster.pod()
    assert found.spec.nodeName in ("node-1", "node-2")
    assert cluster.condition("p", "PodScheduled")[0] == "True"
    message = f"Successfully assigned default/p to {found.spec.nodeName}"
    assert cluster.events(source="default-scheduler") == [("Scheduled", message, 1)]


def test_a_pod_that_fits_nowhere_waits_and_says_why_until_a_node_comes(cluster):
    cluster.create(pod(container=CPU % 8))
    cluster.clock.run(1)
    message = (
        "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: "
        "0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    )
    assert cluster.condition("p", "PodScheduled") == ("False", "Unschedulable", message)
    assert cluster.events() == [("FailedScheduling", message, 1)]
    amounts = {"cpu": "16", "memory": "8Gi", "pods": "10"}
    status = NodeStatus(allocatable=amounts, capacity=amounts)
    cluster.server.create(Node(metadata=ObjectMeta(name="big"), status=status), user=USER)
    cluster.untaint()
    cluster.clock.run(1)
    assert cluster.pod().spec.nodeName == "big"


def test_without_nodes_it_says_so():
    cluster = SmallCluster(nodes=0)
    cluster.create(pod())
    cluster.clock.run(1)
    assert cluster.condition("p", "PodScheduled")[2] == "no nodes available to schedule pods"


def test_another_scheduler_s_pod_is_left_alone(cluster):
    cluster.create(pod(extra="schedulerName: mine"))
    cluster.clock.run(5)
    assert cluster.pod().spec.nodeName is None
    assert cluster.events() == []


def test_pods_of_one_moment_are_counted_before_their_binding_is_seen(cluster):
    for index in range(8):
        cluster.create(pod(f"p{index}", container=CPU % "1"))
    cluster.clock.run(1)
    nodes = [cluster.pod(f"p{index}").spec.nodeName for index in range(8)]
    assert sorted(nodes) == ["node-1"] * 4 + ["node-2"] * 4


def test_a_pod_deleted_between_decision_and_binding_is_forgotten(cluster):
    cluster.create(pod(container=CPU % "4"))
    cluster.run_until(lambda: cluster.scheduler.decision("default", "p") is not None)
    cluster.server.delete(type(cluster.pod()), "p", "default", user=USER, grace_period_seconds=0)
    cluster.create(pod("a", container=CPU % "4") + "\n---\n" + pod("b", container=CPU % "4"))
    cluster.clock.run(1)
    assert {cluster.pod(name).spec.nodeName for name in ("a", "b")} == {"node-1", "node-2"}


def test_why_here_tells_filters_and_scores_as_the_scheduler_saw_them(cluster):
    cluster.create(pod("first", container=CPU % "1"))
    cluster.clock.run(1)
    cluster.create(pod("second", container=CPU % "1"))
    cluster.clock.run(1)
    there, other = cluster.pod("first").spec.nodeName, cluster.pod("second").spec.nodeName
    assert there != other
    cluster.create(pod("third", container=CPU % "3"))  # later changes must not show
    cluster.clock.run(1)
    why = cluster.scheduler.why_here("default", "second")
    assert (why["node"], why["filters"]) == (other, {})
    assert why["scores"][there]["NodeResourcesFit"] < why["scores"][other]["NodeResourcesFit"]
    assert set(why["scores"][other]) == {"NodeResourcesFit", "NodeResourcesBalancedAllocation"}


def test_why_here_of_a_pod_without_node_and_of_nobody(cluster):
    cluster.create(pod(container=CPU % 8))
    cluster.clock.run(1)
    why = cluster.scheduler.why_here("default", "p")
    assert why["filters"] == {"node-1": ["Insufficient cpu"], "node-2": ["Insufficient cpu"]}
    assert (why["node"], why["scores"]) == ("", {})
    assert cluster.scheduler.why_here("default", "nobody") == {"node": "", "message": "", "filters": {}, "scores": {}}


def test_equal_seeds_decide_alike():
    def nodes():
        cluster = SmallCluster(nodes=3, hollow=True, seed=7)
        for index in range(6):
            cluster.create(pod(f"p{index}"))
        cluster.clock.run(2)
        return cluster.trace.text()

    assert nodes() == nodes()


def test_a_scheduler_that_was_stopped_decides_nothing_until_it_starts_again(cluster):
    cluster.scheduler.stop()
    cluster.create(pod())
    cluster.clock.run(5)
    assert cluster.pod().spec.nodeName is None
    cluster.scheduler.start()
    cluster.clock.run(1)
    assert cluster.pod().spec.nodeName is not None


def test_a_more_important_pod_evicts_and_takes_the_place(cluster):
    """The critical class is built in; the victims leave, then the newcomer is bound to the node nominated for it."""
    for index in range(2):
        cluster.create(pod(f"small-{index}", container=CPU % "3"))
    cluster.clock.run(3)
    cluster.create(pod("vip", extra="priorityClassName: system-cluster-critical", container=CPU % "3"))
    cluster.run_until(lambda: cluster.pod("vip").status.nominatedNodeName)
    nominated = cluster.pod("vip").status.nominatedNodeName
    assert nominated in ("node-1", "node-2")
    assert cluster.pod("vip").spec.nodeName is None
    cluster.run_until(lambda: cluster.pod("vip").spec.nodeName)
    assert cluster.pod("vip").spec.nodeName == nominated
    (victim,) = [f"small-{index}" for index in range(2) if not cluster.exists(f"small-{index}")]
    uid = cluster.pod("vip").metadata.uid
    message = f"Preempted by pod {uid} on node {nominated}"
    assert ("Preempted", message, 1) in cluster.events(victim)
    first = ("FailedScheduling", "0/2 nodes are available: 2 Insufficient cpu.", 1)
    assert cluster.events("vip", "default-scheduler")[0] == first
