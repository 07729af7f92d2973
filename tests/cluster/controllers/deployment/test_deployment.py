"""The Deployment controller with the ReplicaSet controller and the real server."""

import pytest
from lightkube.models.apps_v1 import DeploymentStrategy, RollingUpdateDeployment
from lightkube.models.core_v1 import ResourceQuotaSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod, ResourceQuota

from k8slab.apimachinery import conditions, hashing
from k8slab.apimachinery.owners import controller_uid
from k8slab.cluster.controllers.deployment import revisions
from k8slab.cluster.controllers.deployment.controller import DeploymentController
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from k8slab.cluster.controllers.resource_quota import ResourceQuotaController
from tests.cluster.controllers.world import (
    World,
    deployment,
    image_patch,
    is_rolled_out,
    replica_set,
)

MERGE = "application/merge-patch+json"


@pytest.fixture
def world():
    return World(ReplicaSetController, DeploymentController)


def strategy(surge, unavailable):
    rolling = RollingUpdateDeployment(maxSurge=surge, maxUnavailable=unavailable)
    return DeploymentStrategy(type="RollingUpdate", rollingUpdate=rolling)


def created(world, replicas=3, **spec):
    world.create(deployment(replicas=replicas, **spec))
    world.until(lambda: is_rolled_out(world))


def set_image(world, image):
    world.patch(Deployment, "web", image_patch(image))


def rolled(world, image):
    set_image(world, image)
    world.until(lambda: is_rolled_out(world))
    world.run(2)


def sets(world):
    """The ReplicaSets by image, as revision and size."""
    return {
        one.spec.template.spec.containers[0].image: (revisions.revision(one), one.spec.replicas)
        for one in world.all(ReplicaSet)
    }


def progressing(world):
    found = conditions.find(world.get(Deployment, "web").status.conditions, "Progressing")
    return found.status, found.reason


def steps(world):
    """What the Deployment's Events tell: how many ReplicaSets went up and down, in order."""
    return [message.replace("replica set ", "") for _, message in world.events("Deployment")]


def test_a_new_deployment_makes_one_replica_set(world):
    created(world)
    (one,) = world.all(ReplicaSet)
    assert controller_uid(one) == world.get(Deployment, "web").metadata.uid
    assert world.get(Deployment, "web").metadata.annotations == {revisions.REVISION: "1"}
    assert progressing(world) == ("True", "NewReplicaSetAvailable")
    assert world.events("Deployment") == [
        ("ScalingReplicaSet", f"Scaled up replica set {one.metadata.name} from 0 to 3")
    ]


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        pytest.param(3, 1, 0, ["new 1", "old 2", "new 2", "old 1", "new 3", "old 0"], id="one more at a time"),
        pytest.param(3, 0, 1, ["old 2", "new 1", "old 1", "new 2", "old 0", "new 3"], id="one less at a time"),
        pytest.param(4, "100%", 0, ["new 4", "old 3", "old 0"], id="all new come; as they get ready the old go"),
        pytest.param(4, 0, "100%", ["old 0", "new 4"], id="all old go before the new come"),
        pytest.param(2, 1, 1, ["new 1", "old 1", "new 2", "old 0"], id="both"),
    ],
)
def test_a_rolling_update_step_by_step(world, replicas, surge, unavailable, expected):
    created(world, replicas, strategy=strategy(surge, unavailable))
    (old,) = world.names(ReplicaSet)
    rolled(world, "app:v2")
    told = [message.split() for _, message in world.events("Deployment")[1:]]
    assert [f"{'old' if words[4] == old else 'new'} {words[-1]}" for words in told] == expected
    assert sets(world) == {"app:v1": (1, 0), "app:v2": (2, replicas)}


def test_with_4_healthy_replicas_and_1_unavailable_3_are_ready_at_every_moment(world):
    created(world, 4, strategy=strategy(0, 1))
    least = 4

    def look():
        nonlocal least
        ready = [
            pod
            for pod in world.all(Pod)
            if not pod.metadata.deletionTimestamp and conditions.is_true(pod.status.conditions, "Ready")
        ]
        least = min(least, len(ready))
        return is_rolled_out(world) and len(sets(world)) == 2

    set_image(world, "app:v2")
    world.until(look)
    assert least == 3


def test_a_bad_version_gets_stuck_and_says_so_after_the_deadline(world):
    created(world, 4, strategy=strategy(1, 1), progressDeadlineSeconds=10)
    world.never_ready.add("bad")
    set_image(world, "bad")
    world.run(8)
    assert sets(world) == {"app:v1": (1, 3), "bad": (2, 2)}
    assert progressing(world) == ("True", "ReplicaSetUpdated")
    world.run(8)
    assert progressing(world) == ("False", "ProgressDeadlineExceeded")
    set_image(world, "app:v1")
    world.until(lambda: is_rolled_out(world))
    assert progressing(world) == ("True", "NewReplicaSetAvailable")
    assert sets(world) == {"app:v1": (3, 4), "bad": (2, 0)}
    annotations = next(one.metadata.annotations for one in world.all(ReplicaSet) if one.spec.replicas == 4)
    assert annotations[revisions.REVISION_HISTORY] == "1"


def test_a_third_template_replaces_the_bad_one_first(world):
    created(world, 10, strategy=strategy(3, 2))
    world.never_ready.add("bad")
    set_image(world, "bad")
    world.run(4)
    assert sets(world) == {"app:v1": (1, 8), "bad": (2, 5)}
    set_image(world, "app:v3")
    world.run(0.2)
    assert sets(world) == {"app:v1": (1, 8), "bad": (2, 0), "app:v3": (3, 5)}
    world.until(lambda: is_rolled_out(world))


def test_recreate_waits_until_the_last_old_pod_is_gone(world):
    created(world, 3, strategy=DeploymentStrategy(type="Recreate"))
    images = []

    def look():
        running = {pod.spec.containers[0].image for pod in world.all(Pod)}
        if images[-1:] != [running]:
            images.append(running)
        return is_rolled_out(world) and "app:v2" in sets(world)

    set_image(world, "app:v2")
    world.until(look)
    assert images == [{"app:v1"}, set(), {"app:v2"}]


def test_scaling_in_the_middle_of_a_rollout_spreads_over_both(world):
    created(world, 10, strategy=strategy(3, 2))
    world.never_ready.add("bad")
    set_image(world, "bad")
    world.run(4)
    world.patch(Deployment, "web", {"spec": {"replicas": 20}})
    world.run(1)
    # 13 replicas for 10 become 23 for 20: 8 * 23/13 = 14 and 5 * 23/13 = 9
    assert sets(world) == {"app:v1": (1, 14), "bad": (2, 9)}


def test_a_paused_deployment_scales_but_does_not_roll(world):
    created(world, 2)
    world.patch(Deployment, "web", {"spec": {"paused": True}})
    set_image(world, "app:v2")
    world.run(2)
    assert progressing(world) == ("Unknown", "DeploymentPaused")
    world.patch(Deployment, "web", {"spec": {"replicas": 4}})
    world.run(3)
    assert sets(world) == {"app:v1": (1, 4)}
    world.patch(Deployment, "web", {"spec": {"paused": None}}, content_type=MERGE)
    world.until(lambda: is_rolled_out(world))
    assert sets(world) == {"app:v1": (1, 0), "app:v2": (2, 4)}
    assert progressing(world) == ("True", "NewReplicaSetAvailable")


def test_old_replica_sets_beyond_the_history_limit_are_deleted(world):
    created(world, 1, revisionHistoryLimit=1)
    for image in ("app:v2", "app:v3", "app:v4"):
        rolled(world, image)
    assert sets(world) == {"app:v3": (3, 0), "app:v4": (4, 1)}


def test_with_min_ready_seconds_a_rollout_goes_at_that_pace(world):
    created(world, 2, minReadySeconds=5, strategy=strategy(1, 0))
    before = world.clock.now
    set_image(world, "app:v2")
    world.until(lambda: is_rolled_out(world) and len(sets(world)) == 2)
    assert 2 * 5 < world.clock.now - before < 2 * 5 + 6


def test_changing_min_ready_seconds_reaches_the_replica_set_without_a_rollout(world):
    created(world, 1)
    world.patch(Deployment, "web", {"spec": {"minReadySeconds": 7}})
    world.run(1)
    (one,) = world.all(ReplicaSet)
    assert one.spec.minReadySeconds == 7


def test_a_replica_set_scaled_by_hand_is_put_right(world):
    created(world, 3)
    (name,) = world.names(ReplicaSet)
    world.patch(ReplicaSet, name, {"spec": {"replicas": 5}})
    world.until(lambda: is_rolled_out(world) and sets(world) == {"app:v1": (1, 3)})


def test_a_deleted_replica_set_is_made_again(world):
    created(world, 2)
    (name,) = world.names(ReplicaSet)
    uid = world.all(ReplicaSet)[0].metadata.uid
    world.delete(ReplicaSet, name)
    world.run(3)
    (again,) = world.all(ReplicaSet)
    assert again.metadata.name == name and again.metadata.uid != uid


def test_a_matching_orphan_with_the_template_is_adopted_as_the_new_one(world):
    orphan = replica_set("by-hand", 3)
    orphan.metadata.labels = {"app": "web"}
    world.create(orphan)
    world.run(3)
    world.create(deployment(replicas=3))
    world.until(lambda: is_rolled_out(world))
    (one,) = world.all(ReplicaSet)
    assert one.metadata.name == "by-hand" and len(world.all(Pod)) == 3
    assert controller_uid(one) == world.get(Deployment, "web").metadata.uid


def test_a_hash_collision_is_counted_and_got_round(world):
    squatter = replica_set("placeholder", 0, app="squatter")
    squatter.metadata.name = f"web-{hashing.pod_template_hash(stored_template())}"
    world.create(squatter)
    created(world, 2)
    assert world.get(Deployment, "web").status.collisionCount == 1
    assert len(world.all(ReplicaSet)) == 2


def stored_template():
    """The template as the server stores it, with its defaults."""
    scratch = World()
    scratch.create(deployment())
    return scratch.get(Deployment, "web").spec.template


def test_a_replica_failure_is_passed_on(world):
    world = World(ReplicaSetController, DeploymentController, ResourceQuotaController)
    world.create(
        ResourceQuota(metadata=ObjectMeta(name="q", namespace="default"), spec=ResourceQuotaSpec(hard={"pods": "1"}))
    )
    world.run(1)
    world.create(deployment(replicas=2))
    world.run(2)
    found = conditions.find(world.get(Deployment, "web").status.conditions, "ReplicaFailure")
    assert (found.status, found.reason) == ("True", "FailedCreate") and "exceeded quota" in found.message


def test_when_no_replica_set_can_be_created_the_condition_and_an_event_say_why(world):
    world = World(ReplicaSetController, DeploymentController, ResourceQuotaController)
    hard = {"count/replicasets.apps": "0"}
    world.create(ResourceQuota(metadata=ObjectMeta(name="q", namespace="default"), spec=ResourceQuotaSpec(hard=hard)))
    world.run(1)
    world.create(deployment(replicas=2))
    world.run(2)
    assert progressing(world) == ("False", "ReplicaSetCreateError")
    reason, message = world.events("Deployment")[0]
    assert reason == "ReplicaSetCreateError"
    assert message.startswith('Failed to create new replica set "web-') and "exceeded quota" in message


def test_rolling_back_by_the_old_annotation(world):
    created(world, 1)
    rolled(world, "app:v2")
    world.patch(Deployment, "web", {"metadata": {"annotations": {revisions.ROLLBACK_TO: "0"}}})
    world.run(1)
    world.until(lambda: is_rolled_out(world))
    assert sets(world) == {"app:v1": (3, 1), "app:v2": (2, 0)}
    assert ("DeploymentRollback", 'Rolled back deployment "web" to revision 1') in world.events("Deployment")


def test_a_change_that_is_no_template_change_makes_no_revision(world):
    created(world, 1)
    world.patch(Deployment, "web", {"metadata": {"annotations": {"team": "a"}}, "spec": {"revisionHistoryLimit": 3}})
    world.run(2)
    (one,) = world.all(ReplicaSet)
    assert one.metadata.annotations["team"] == "a" and revisions.revision(one) == 1


def test_a_quiet_deployment_writes_nothing(world):
    created(world, 2)
    world.run(5)
    before = world.server.store.revision
    world.run(1000)
    assert world.server.store.revision == before
    assert steps(world)[0].startswith("Scaled up")
