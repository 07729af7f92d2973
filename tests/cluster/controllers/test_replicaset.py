import pytest
from lightkube.models.core_v1 import ResourceQuotaSpec
from lightkube.models.meta_v1 import LabelSelector, LabelSelectorRequirement, ObjectMeta
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Pod, ResourceQuota

from k8slab.apimachinery.owners import controller_uid
from k8slab.cluster.controllers.owned_pods import OwnedPods
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from k8slab.cluster.controllers.resource_quota import ResourceQuotaController
from tests.cluster.controllers.world import World, replica_set, template

MERGE = "application/merge-patch+json"


@pytest.fixture
def world():
    return World(ReplicaSetController)


def scale(world, replicas, name="web"):
    world.patch(ReplicaSet, name, {"spec": {"replicas": replicas}}, content_type=MERGE)


def status(world, name="web"):
    found = world.get(ReplicaSet, name).status
    return found.replicas, found.readyReplicas or 0, found.availableReplicas or 0


def pod(name, labels, image="app:v1"):
    return Pod(metadata=ObjectMeta(name=name, namespace="default", labels=labels), spec=template(image=image).spec)


def living(world):
    return [one for one in world.all(Pod) if one.metadata.deletionTimestamp is None]


def test_as_many_pods_as_asked_for(world):
    world.create(replica_set(replicas=3))
    world.run(3)
    assert len(world.all(Pod)) == 3
    assert status(world) == (3, 3, 3)
    assert [reason for reason, _ in world.events()] == ["SuccessfulCreate"] * 3


def test_a_deleted_pod_is_replaced_when_it_is_told_to_go_not_when_it_is_gone(world):
    world.create(replica_set(replicas=2))
    world.run(3)
    victim = world.all(Pod)[0].metadata.name
    world.delete(Pod, victim)
    world.run(0.1)
    assert len(world.all(Pod)) == 3 and len(living(world)) == 2
    assert world.get(ReplicaSet, "web").status.terminatingReplicas == 1
    world.run(3)
    assert victim not in world.names(Pod) and status(world) == (2, 2, 2)
    assert world.get(ReplicaSet, "web").status.terminatingReplicas == 0


def test_a_failed_pod_is_replaced_and_left_for_inspection(world):
    world.create(replica_set(replicas=2))
    world.run(3)
    failed = world.all(Pod)[0].metadata.name
    world.set_ready(failed, False, phase="Failed")
    world.run(3)
    assert failed in world.names(Pod) and len(world.all(Pod)) == 3
    assert status(world) == (2, 2, 2)


def test_scaling_down_deletes_the_unready_first(world):
    world.create(replica_set(replicas=3))
    world.run(3)
    sick = world.all(Pod)[1].metadata.name
    world.set_ready(sick, False)
    world.run(0.1)
    scale(world, 2)
    world.run(3)
    assert sick not in world.names(Pod) and len(world.all(Pod)) == 2
    assert ("SuccessfulDelete", f"Deleted pod: {sick}") in world.events()


def test_scaling_to_zero_and_back(world):
    world.create(replica_set(replicas=2))
    world.run(3)
    scale(world, 0)
    world.run(3)
    assert world.all(Pod) == [] and status(world) == (0, 0, 0)
    scale(world, 1)
    world.run(3)
    assert status(world) == (1, 1, 1)


def test_500_pods_are_created_once_in_spite_of_a_late_cache(world):
    world.create(replica_set(replicas=500))
    world.run(3)
    assert len(world.all(Pod)) == 500
    assert sum(entry.action == "create" and entry.object.startswith("Pod/") for entry in world.trace) == 500


def test_what_a_sync_costs_does_not_grow_with_the_pods(world, monkeypatch):
    """The status of a ReplicaSet is counted in groups: 200 Pods that become ready make few groups to look at."""
    world.create(replica_set(replicas=200))
    looked_at = []
    groups = OwnedPods.groups
    monkeypatch.setattr(OwnedPods, "groups", lambda self, uid: looked_at.append(uid) or groups(self, uid))
    world.run(3)
    (uid,) = set(looked_at)
    assert len(groups(world.controllers[0].owned, uid)) == 1
    assert status(world) == (200, 200, 200)


def test_matching_orphans_are_adopted_and_only_the_rest_is_created(world):
    world.create(pod("a", {"app": "web", "extra": "yes"}))
    world.create(pod("other", {"app": "db"}))
    world.run(2)
    world.create(replica_set(replicas=2))
    world.run(3)
    owner = world.get(ReplicaSet, "web").metadata.uid
    assert controller_uid(world.get(Pod, "a")) == owner
    assert controller_uid(world.get(Pod, "other")) is None
    assert len(world.all(Pod)) == 3


def test_match_expressions_select_too(world):
    selector = LabelSelector(
        matchLabels={"app": "web"},
        matchExpressions=[LabelSelectorRequirement(key="tier", operator="In", values=["front", "edge"])],
    )
    wanted = replica_set(replicas=2)
    wanted.spec.selector = selector
    wanted.spec.template = template(tier="front")
    world.create(pod("edge", {"app": "web", "tier": "edge"}))
    world.create(pod("back", {"app": "web", "tier": "back"}))
    world.create(wanted)
    world.run(3)
    assert controller_uid(world.get(Pod, "edge")) is not None
    assert controller_uid(world.get(Pod, "back")) is None
    found = world.get(ReplicaSet, "web").status
    assert (found.replicas, found.fullyLabeledReplicas) == (2, 1)


def test_a_relabelled_pod_is_released_and_replaced_and_adopted_again(world):
    world.create(replica_set(replicas=1))
    world.run(3)
    (name,) = world.names(Pod)
    world.patch(Pod, name, {"metadata": {"labels": {"app": "quarantine"}}})
    world.run(3)
    assert controller_uid(world.get(Pod, name)) is None
    assert len(world.all(Pod)) == 2 and status(world) == (1, 1, 1)
    world.patch(Pod, name, {"metadata": {"labels": {"app": "web"}}})
    world.run(3)
    assert len(world.all(Pod)) == 1 and status(world) == (1, 1, 1)


def test_without_quota_the_failure_is_told_and_ends_when_there_is_room():
    world = World(ReplicaSetController, ResourceQuotaController)
    quota = ResourceQuota(
        metadata=ObjectMeta(name="q", namespace="default"), spec=ResourceQuotaSpec(hard={"pods": "2"})
    )
    world.create(quota)
    world.run(1)
    world.create(replica_set(replicas=4))
    world.run(2)
    assert len(world.all(Pod)) == 2
    (condition,) = world.get(ReplicaSet, "web").status.conditions
    assert (condition.type, condition.status, condition.reason) == ("ReplicaFailure", "True", "FailedCreate")
    assert "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2" in condition.message
    reason, message = world.events("ReplicaSet")[-1]
    assert reason == "FailedCreate" and message.removeprefix("(combined from similar events): ").startswith(
        "Error creating: pods "
    )
    world.patch(ResourceQuota, "q", {"spec": {"hard": {"pods": "9"}}})
    world.run(60)
    assert len(world.all(Pod)) == 4
    assert not world.get(ReplicaSet, "web").status.conditions


def test_with_min_ready_seconds_a_pod_is_ready_first_and_available_later(world):
    world.create(replica_set(replicas=2, minReadySeconds=10))
    world.run(3)
    assert status(world) == (2, 2, 0)
    world.run(10)
    assert status(world) == (2, 2, 2)


def test_a_replica_set_that_is_being_deleted_neither_creates_nor_deletes(world):
    held = replica_set(replicas=2)
    held.metadata.finalizers = ["lab.example/hold"]
    world.create(held)
    world.run(3)
    world.delete(ReplicaSet, "web")
    world.delete(Pod, world.names(Pod)[0])
    world.run(3)
    assert len(world.all(Pod)) == 1 and status(world) == (1, 1, 1)


def test_two_namesakes_in_a_row_do_not_inherit_expectations(world):
    world.create(replica_set(replicas=3))
    world.run(0.0031)
    world.delete(ReplicaSet, "web", propagation_policy="Background")
    world.create(replica_set(replicas=1))
    world.run(5)
    uid = world.get(ReplicaSet, "web").metadata.uid
    assert [one for one in world.all(Pod) if controller_uid(one) == uid][1:] == []
    assert status(world) == (1, 1, 1)


def test_the_same_seed_gives_the_same_names():
    names = []
    for _ in range(2):
        world = World(ReplicaSetController, seed=7)
        world.create(replica_set(replicas=5))
        world.run(3)
        names.append(world.names(Pod))
    assert names[0] == names[1]
