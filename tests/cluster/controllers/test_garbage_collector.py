import pytest
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import ConfigMap, Pod

from k8slab.apimachinery.owners import controller_uid
from k8slab.cluster.controllers.deployment.controller import DeploymentController
from k8slab.cluster.controllers.garbage_collector import GarbageCollector
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from tests.cluster.controllers.world import World, deployment, is_rolled_out, namespace


@pytest.fixture
def world():
    world = World(GarbageCollector, ReplicaSetController, DeploymentController)
    return world


@pytest.fixture
def rolled_out(world):
    world.create(deployment(replicas=2))
    world.until(lambda: is_rolled_out(world))
    world.run(1)
    return world


def left(world):
    return [len(world.names(model)) for model in (Deployment, ReplicaSet, Pod)]


def child(name, *owners, blocks=True, finalizers=None, namespace="default", kind="ConfigMap"):
    references = [
        OwnerReference(
            apiVersion="v1", kind=kind, name=owner.metadata.name, uid=owner.metadata.uid, blockOwnerDeletion=blocks
        )
        for owner in owners
    ]
    meta = ObjectMeta(name=name, namespace=namespace, ownerReferences=references or None, finalizers=finalizers)
    return ConfigMap(metadata=meta)


def test_in_the_background_the_owner_goes_first_and_the_rest_follows(rolled_out):
    rolled_out.delete(Deployment, "web", propagation_policy="Background")
    assert left(rolled_out) == [0, 1, 2]
    rolled_out.run(0.5)
    assert left(rolled_out) == [0, 0, 2]
    assert all(pod.metadata.deletionTimestamp for pod in rolled_out.all(Pod))
    rolled_out.run(2)
    assert left(rolled_out) == [0, 0, 0]


def test_in_the_foreground_the_owner_goes_last(rolled_out):
    rolled_out.delete(Deployment, "web", propagation_policy="Foreground")
    rolled_out.run(0.5)
    assert left(rolled_out) == [1, 1, 2]
    assert rolled_out.get(Deployment, "web").metadata.finalizers == ["foregroundDeletion"]
    seen = []

    def look():
        if seen[-1:] != [left(rolled_out)]:
            seen.append(left(rolled_out))
        return seen[-1] == [0, 0, 0]

    rolled_out.until(look)
    assert seen[-3:] == [[1, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_orphans_keep_living_without_their_owner(rolled_out):
    rolled_out.delete(Deployment, "web", propagation_policy="Orphan")
    rolled_out.run(2)
    assert left(rolled_out) == [0, 1, 2]
    (replica_set,) = rolled_out.all(ReplicaSet)
    assert controller_uid(replica_set) is None
    assert all(controller_uid(pod) == replica_set.metadata.uid for pod in rolled_out.all(Pod))


def test_an_object_goes_only_with_its_last_owner(world):
    one, other = world.create(child("one")), world.create(child("other"))
    world.create(child("both", one, other))
    world.run(1)
    world.delete(ConfigMap, "one")
    world.run(1)
    (reference,) = world.get(ConfigMap, "both").metadata.ownerReferences
    assert reference.uid == other.metadata.uid
    world.delete(ConfigMap, "other")
    world.run(1)
    assert world.names(ConfigMap) == []


def test_an_owner_that_never_was_takes_its_dependent_with_it(world):
    ghost = child("ghost")
    ghost.metadata.uid = "no-such-uid"
    world.create(child("child", ghost))
    world.run(1)
    assert world.names(ConfigMap) == []


def test_a_namesake_of_the_owner_is_somebody_else(world):
    owner = world.create(child("owner"))
    world.delete(ConfigMap, "owner")
    world.create(child("owner"))
    world.create(child("child", owner))
    world.run(1)
    assert world.names(ConfigMap) == ["owner"]


def test_an_owner_in_another_namespace_does_not_count_and_an_event_says_so(world):
    world.create(namespace("elsewhere"))
    owner = world.create(child("owner", namespace="elsewhere"))
    world.run(1)
    world.create(child("child", owner))
    world.run(1)
    assert world.names(ConfigMap) == []
    (reason, message) = world.events("ConfigMap")[0]
    assert reason == "OwnerRefInvalidNamespace" and 'does not exist in namespace "default"' in message


def test_foreground_deletion_does_not_wait_for_what_does_not_block(world):
    owner = world.create(child("owner"))
    world.create(child("child", owner, blocks=False, finalizers=["lab.example/hold"]))
    world.run(1)
    world.delete(ConfigMap, "owner", propagation_policy="Foreground")
    world.run(1)
    assert world.names(ConfigMap) == ["child"]
    assert world.get(ConfigMap, "child").metadata.deletionTimestamp is not None


def test_foreground_deletion_waits_for_a_finalizer_of_a_dependent(world):
    owner = world.create(child("owner"))
    world.create(child("child", owner, finalizers=["lab.example/hold"]))
    world.run(1)
    world.delete(ConfigMap, "owner", propagation_policy="Foreground")
    world.run(5)
    assert world.names(ConfigMap) == ["child", "owner"]
    body = {"metadata": {"finalizers": None}}
    world.patch(ConfigMap, "child", body, content_type="application/merge-patch+json")
    world.run(1)
    assert world.names(ConfigMap) == []


def test_an_owner_in_foreground_deletion_is_not_held_by_what_somebody_else_owns_too(world):
    owner, other = world.create(child("owner")), world.create(child("other"))
    world.create(child("both", owner, other))
    world.run(1)
    world.delete(ConfigMap, "owner", propagation_policy="Foreground")
    world.run(1)
    assert world.names(ConfigMap) == ["both", "other"]


def test_two_that_own_each_other_can_be_deleted_in_the_foreground(world):
    one = world.create(child("one"))
    other = world.create(child("other", one))
    body = {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "other",
                                              "uid": other.metadata.uid, "blockOwnerDeletion": True}]}}  # fmt: skip
    world.patch(ConfigMap, "one", body, content_type="application/merge-patch+json")
    world.run(1)
    world.delete(ConfigMap, "one", propagation_policy="Foreground")
    world.run(5)
    assert world.names(ConfigMap) == []


def test_a_kind_that_nobody_serves_is_retried_not_deleted(world):
    owner = child("owner")
    owner.metadata.uid = "some-uid"
    world.create(child("child", owner, kind="Gadget"))
    world.run(3)
    assert world.names(ConfigMap) == ["child"]


def test_what_nobody_owns_is_none_of_its_business(world):
    world.create(child("alone"))
    world.run(100)
    assert world.names(ConfigMap) == ["alone"]
