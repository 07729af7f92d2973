"""The ReplicationController is the ReplicaSet controller over an older kind: what differs is tested here."""

import pytest
from lightkube.models.core_v1 import ReplicationControllerSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event, Pod, ReplicationController

from k8slab.cluster.controllers.replicaset import ReplicaSetController
from k8slab.cluster.controllers.replication_controller import ReplicationControllerController
from tests.cluster.controllers.world import World, replica_set, template


@pytest.fixture
def world():
    world = World(ReplicationControllerController, ReplicaSetController)
    spec = ReplicationControllerSpec(replicas=2, selector={"app": "rc"}, template=template("rc"))
    world.create(ReplicationController(metadata=ObjectMeta(name="rc", namespace="default"), spec=spec))
    world.run(3)
    return world


def test_it_keeps_its_number_of_pods(world):
    world.delete(Pod, world.names(Pod)[0])
    world.run(3)
    status = world.get(ReplicationController, "rc").status
    assert (len(world.all(Pod)), status.replicas, status.availableReplicas) == (2, 2, 2)
    assert [reason for reason, _ in world.events("ReplicationController")] == ["SuccessfulCreate"] * 3


def test_its_events_have_their_own_source(world):
    assert {event.source.component for event in world.all(Event)} == {"replication-controller"}


def test_it_and_a_replica_set_with_the_same_selector_leave_each_others_pods_alone(world):
    world.create(replica_set("web", 2, app="rc"))
    world.run(3)
    owners = sorted(pod.metadata.ownerReferences[0].kind for pod in world.all(Pod))
    assert owners == ["ReplicaSet"] * 2 + ["ReplicationController"] * 2
