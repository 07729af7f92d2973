import datetime as dt

import pytest
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.core_v1 import NodeCondition, NodeSpec, NodeStatus, Taint
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Event, Node, Pod

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers import node_taints
from k8slab.cluster.controllers.node_lifecycle import NodeLifecycleController
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from k8slab.cluster.controllers.taint_eviction import TaintEvictionController
from tests.cluster.controllers.world import World, replica_set

LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}


class Nodes:
    """Nodes whose kubelets renew their leases until they are switched off."""

    def __init__(self, count, *controllers):
        self.world = World(NodeLifecycleController, TaintEvictionController, *controllers, nodes=count)
        self.off = set()
        for number in range(1, count + 1):
            self.add(f"node-{number}")

    def add(self, name):
        now = self.world.clock.datetime().replace(microsecond=0)
        ready = NodeCondition(type="Ready", status="True", lastHeartbeatTime=now, lastTransitionTime=now)
        status = NodeStatus(conditions=[ready])
        created = self.world.create(Node(metadata=ObjectMeta(name=name, labels=LABELS)))
        created.status = status
        self.world.server.update(created, user="kubelet", subresource="status")
        self.world.create(Lease(metadata=ObjectMeta(name=name, namespace="kube-node-lease"), spec=LeaseSpec()))
        self.world.clock.process(self._heartbeats(name))

    def _heartbeats(self, name):
        while True:
            if name not in self.off:
                time = self.world.clock.datetime().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                self.world.patch(Lease, name, {"spec": {"renewTime": time}}, "kube-node-lease")
            yield self.world.clock.timeout(10)

    def taints(self, name):
        found = self.world.get(Node, name, None)
        return sorted(f"{taint.key.partition('/')[2]}:{taint.effect}" for taint in found.spec.taints or ())

    def ready(self, name):
        found = conditions.find(self.world.get(Node, name, None).status.conditions, "Ready")
        return found.status, found.reason

    def come_back(self, name):
        self.off.discard(name)
        now = self.world.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now}
        self.world.patch(Node, name, {"status": {"conditions": [ready]}}, None, subresource="status")


def test_a_node_that_reports_ready_loses_the_taint_it_was_born_with():
    nodes = Nodes(1)
    nodes.world.run(1)
    assert nodes.taints("node-1") == []
    assert nodes.world.get(Node, "node-1", None).metadata.labels["beta.kubernetes.io/os"] == "linux"


def test_a_node_that_beats_stays_ready_for_ever():
    nodes = Nodes(2)
    nodes.world.run(1000)
    assert nodes.taints("node-1") == [] and nodes.ready("node-1")[0] == "True"


def test_a_silent_node_is_unknown_after_50_seconds_and_tainted():
    nodes = Nodes(2)
    nodes.world.run(15)
    nodes.off.add("node-1")
    nodes.world.run(44)
    assert nodes.ready("node-1")[0] == "True"
    nodes.world.run(12)
    assert nodes.ready("node-1") == ("Unknown", "NodeStatusUnknown")
    assert nodes.taints("node-1") == ["unreachable:NoExecute", "unreachable:NoSchedule"]
    assert nodes.taints("node-2") == []
    nodes.come_back("node-1")
    nodes.world.run(6)
    assert nodes.taints("node-1") == []


def test_its_pods_are_not_ready_at_once_and_evicted_after_their_toleration():
    nodes = Nodes(2, ReplicaSetController)
    world = nodes.world
    world.run(1)
    world.create(replica_set(replicas=2))
    world.run(3)
    (lost,) = [one.metadata.name for one in world.all(Pod) if one.spec.nodeName == "node-1"]
    world.stuck.add(lost)
    nodes.off.add("node-1")
    world.run(70)
    assert not conditions.is_true(world.get(Pod, lost).status.conditions, "Ready")
    assert ("NodeNotReady", "Node is not ready") in world.events("Pod")
    assert len(world.all(Pod)) == 2
    world.run(300)  # tolerationSeconds that admission gives every Pod
    assert world.get(Pod, lost).metadata.deletionTimestamp is not None
    assert len(world.all(Pod)) == 3
    assert ("TaintManagerEviction", f"Marking for deletion Pod default/{lost}") in world.events("Pod")


def test_when_all_nodes_fall_silent_nobody_is_evicted():
    nodes = Nodes(3)
    nodes.world.run(5)
    nodes.off |= {"node-1", "node-2", "node-3"}
    nodes.world.run(120)
    assert nodes.taints("node-1") == ["unreachable:NoSchedule"]


def test_of_several_silent_nodes_one_is_emptied_in_ten_seconds():
    nodes = Nodes(5)
    nodes.world.run(5)
    nodes.off |= {"node-1", "node-2"}
    emptied = []

    def look():
        found = [name for name in ("node-1", "node-2") if "unreachable:NoExecute" in nodes.taints(name)]
        if len(found) > len(emptied):
            emptied.append(nodes.world.clock.now)
        return len(emptied) == 2

    nodes.world.until(look, 120)
    assert emptied[1] - emptied[0] >= 10


def test_in_a_large_outage_evictions_stop():
    nodes = Nodes(5)
    nodes.world.run(5)
    nodes.off |= {"node-1", "node-2", "node-3"}
    nodes.world.run(120)
    assert [nodes.taints(f"node-{number}") for number in (1, 2, 3)] == [["unreachable:NoSchedule"]] * 3


def test_a_cordoned_node_gets_a_taint():
    nodes = Nodes(1)
    nodes.world.run(1)
    nodes.world.patch(Node, "node-1", {"spec": {"unschedulable": True}}, None)
    nodes.world.run(1)
    assert nodes.taints("node-1") == ["unschedulable:NoSchedule"]
    nodes.world.patch(Node, "node-1", {"spec": {"unschedulable": False}}, None)
    nodes.world.run(1)
    assert nodes.taints("node-1") == []


def test_pressure_is_told_by_a_taint_and_foreign_taints_are_left_alone():
    nodes = Nodes(1)
    nodes.world.run(1)
    mine = {"spec": {"taints": [{"key": "team", "value": "a", "effect": "NoSchedule"}]}}
    nodes.world.patch(Node, "node-1", mine, None)
    pressure = {"status": {"conditions": [{"type": "DiskPressure", "status": "True"}]}}
    nodes.world.patch(Node, "node-1", pressure, None, subresource="status")
    nodes.world.run(1)
    keys = [taint.key for taint in nodes.world.get(Node, "node-1", None).spec.taints]
    assert keys == ["team", "node.kubernetes.io/disk-pressure"]


def test_arrivals_departures_and_silence_are_told():
    nodes = Nodes(2)
    nodes.world.run(6)
    nodes.off.add("node-1")
    nodes.world.run(60)
    nodes.world.delete(Node, "node-1", None)
    nodes.world.run(6)
    told = [
        (event.reason, event.message)
        for event in sorted(nodes.world.all(Event), key=lambda event: event.metadata.name)
        if event.involvedObject.name == "node-1"
    ]
    assert told == [
        ("RegisteredNode", "Node node-1 event: Registered Node node-1 in Controller"),
        ("NodeNotReady", "Node node-1 status is now: NodeNotReady"),
        ("RemovingNode", "Node node-1 event: Removing Node node-1 from Controller"),
    ]


def tainted(*taints, unschedulable=False, **statuses):
    conditions = [NodeCondition(type=type, status=status) for type, status in statuses.items()]
    return Node(
        spec=NodeSpec(taints=list(taints), unschedulable=unschedulable), status=NodeStatus(conditions=conditions)
    )


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param(tainted(Ready="True"), [], id="healthy"),
        pytest.param(tainted(Ready="False"), ["node.kubernetes.io/not-ready"], id="not ready"),
        pytest.param(tainted(Ready="Unknown"), ["node.kubernetes.io/unreachable"], id="unknown"),
        pytest.param(
            tainted(Ready="True", MemoryPressure="True", PIDPressure="True"),
            ["node.kubernetes.io/memory-pressure", "node.kubernetes.io/pid-pressure"],
            id="under pressure",
        ),
        pytest.param(tainted(NetworkUnavailable="False"), [], id="network is there"),
        pytest.param(tainted(unschedulable=True), ["node.kubernetes.io/unschedulable"], id="cordoned"),
    ],
)
def test_which_taints_conditions_call_for(node, expected):
    assert node_taints.no_schedule_taints(node) == expected


def test_only_managed_taints_of_the_effect_are_touched():
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    node = tainted(
        Taint(key="a", effect="NoSchedule"), Taint(key="a", effect="NoExecute"), Taint(key="b", effect="NoSchedule")
    )
    found = node_taints.with_taints(node, ["c"], "NoSchedule", ["a", "c"], now)
    assert [(taint.key, taint.effect) for taint in found] == [
        ("a", "NoExecute"),
        ("b", "NoSchedule"),
        ("c", "NoSchedule"),
    ]
    node.spec.taints = found
    assert node_taints.with_taints(node, ["c"], "NoSchedule", ["a", "c"], now) is None
