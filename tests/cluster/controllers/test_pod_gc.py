import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Node, Pod

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers import pod_gc
from k8slab.cluster.controllers.pod_gc import PodGarbageCollector
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from tests.cluster.controllers.world import World, replica_set, template


def node(name):
    return Node(metadata=ObjectMeta(name=name))


def pod(name, node_name=None, **meta):
    found = Pod(metadata=ObjectMeta(name=name, namespace="default", **meta), spec=template().spec)
    found.spec.nodeName = node_name
    return found


def test_pods_of_a_node_that_is_gone_are_failed_and_deleted_after_the_quarantine():
    world = World(PodGarbageCollector, ReplicaSetController, nodes=2)
    for name in ("node-1", "node-2"):
        world.create(node(name))
    world.create(replica_set(replicas=2))
    world.run(3)
    (lost,) = [one.metadata.name for one in world.all(Pod) if one.spec.nodeName == "node-1"]
    world.stuck.add(lost)
    world.delete(Node, "node-1", None)
    seen = []
    world.server.watch(
        Pod,
        resource_version=world.server.list(Pod)[1],
        field_selector=f"metadata.name={lost}",
        deliver=lambda event: seen.append((event.type, event.object)),
    )
    world.run(39)
    assert lost in world.names(Pod)
    world.run(45)
    assert lost not in world.names(Pod) and len(world.all(Pod)) == 2
    failed = seen[0][1]
    assert failed.status.phase == "Failed"
    found = conditions.find(failed.status.conditions, "DisruptionTarget")
    assert (found.reason, found.message) == ("DeletionByPodGC", "PodGC: node no longer exists")
    assert world.get(ReplicaSet, "web").status.replicas == 2


def test_a_node_that_comes_back_in_time_keeps_its_pods():
    world = World(PodGarbageCollector, nodes=0)
    world.create(node("node-1"))
    world.create(pod("p", "node-1"))
    world.run(1)
    world.delete(Node, "node-1", None)
    world.run(30)
    world.create(node("node-1"))
    world.run(100)
    assert world.names(Pod) == ["p"]


def test_a_pod_that_was_told_to_go_before_it_had_a_node_goes():
    world = World(PodGarbageCollector, nodes=0)
    world.create(pod("p", finalizers=["lab.example/hold"]))
    world.delete(Pod, "p")
    body = {"metadata": {"finalizers": None}}
    assert world.get(Pod, "p").metadata.deletionTimestamp is not None
    world.patch(Pod, "p", body, content_type="application/merge-patch+json")
    world.run(25)
    assert world.names(Pod) == []


@pytest.mark.parametrize(("threshold", "left"), [(2, ["b", "c"]), (0, []), (9, ["a", "b", "c"])])
def test_of_ended_pods_the_oldest_go_where_there_are_too_many(monkeypatch, threshold, left):
    monkeypatch.setattr(pod_gc, "TERMINATED_POD_THRESHOLD", threshold)
    world = World(PodGarbageCollector, nodes=0)
    world.create(node("node-1"))
    for name in "abc":
        world.create(pod(name, "node-1"))
        world.set_ready(name, False, phase="Succeeded")
        world.run(2)
    world.run(30)
    assert world.names(Pod) == left
