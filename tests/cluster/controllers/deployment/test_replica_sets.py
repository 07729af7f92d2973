import pytest
from lightkube.models.apps_v1 import ReplicaSetStatus

from k8slab.cluster.controllers.deployment import replica_sets, revisions
from tests.cluster.controllers.deployment.builders import EPOCH, rollout_of, rs


def names(found):
    new, olds = found
    return (new and new.metadata.name), [one.metadata.name for one in olds]


def test_the_new_one_has_the_template_and_the_others_are_old_oldest_first():
    sets = [rs("b", 1, image="app:v0", age=1), rs("a", 1, image="app:v9", age=5), rs("new", 1)]
    assert names(replica_sets.find(rollout_of(3), sets)) == ("new", ["a", "b"])


def test_of_two_with_the_template_the_older_is_the_new_one():
    assert names(replica_sets.find(rollout_of(3), [rs("late", 1), rs("early", 1, age=9)])) == ("early", ["late"])


def test_there_may_be_none_yet():
    assert names(replica_sets.find(rollout_of(3), [rs("old", 3, image="app:v0")])) == (None, ["old"])


@pytest.mark.parametrize(
    ("surge", "unavailable", "strategy", "old", "expected"),
    [
        pytest.param(1, 0, "RollingUpdate", 0, 3, id="alone it starts at full size"),
        pytest.param(1, 0, "RollingUpdate", 3, 1, id="with surge at its first step"),
        pytest.param(0, 1, "RollingUpdate", 3, 0, id="without surge at zero"),
        pytest.param(9, 0, "RollingUpdate", 3, 3, id="never more than asked for"),
        pytest.param(0, 0, "Recreate", 0, 3, id="a Recreate starts at full size"),
    ],
)
def test_a_new_one_starts_at_the_size_of_its_first_step(surge, unavailable, strategy, old, expected):
    olds = [rs("old", old, image="app:v0")] if old else []
    deployment = rollout_of(3, surge=surge, unavailable=unavailable, strategy=strategy)
    assert replica_sets.make(deployment, olds, 1).spec.replicas == expected


def test_a_new_one_carries_the_hash_in_name_labels_selector_and_template():
    made = replica_sets.make(rollout_of(3, surge=1, minReadySeconds=5), [], 4)
    hash = made.metadata.labels["pod-template-hash"]
    assert made.metadata.name == f"web-{hash}"
    assert made.metadata.labels == {"app": "web", "pod-template-hash": hash}
    assert made.spec.selector.matchLabels == made.metadata.labels
    assert made.spec.template.metadata.labels == made.metadata.labels
    assert made.spec.minReadySeconds == 5
    assert made.metadata.annotations == {
        revisions.REVISION: "4",
        revisions.DESIRED_REPLICAS: "3",
        revisions.MAX_REPLICAS: "4",
    }
    (owner,) = made.metadata.ownerReferences
    assert (owner.kind, owner.name, owner.controller) == ("Deployment", "web", True)


def test_making_one_does_not_change_the_deployment():
    deployment = rollout_of(3)
    replica_sets.make(deployment, [], 1)
    assert deployment.spec.template.metadata.labels == {"app": "web"}
    assert deployment.spec.selector.matchLabels == {"app": "web"}


def numbered(revision, replicas=0, actual=0, **more):
    return rs(f"web-{revision}", replicas, actual=actual, annotations={revisions.REVISION: str(revision)}, **more)


@pytest.mark.parametrize(
    ("limit", "olds", "deleted"),
    [
        # pkg/controller/deployment/sync_test.go: TestDeploymentController_cleanupDeployment
        pytest.param(1, [numbered(1), numbered(2), numbered(3)], ["web-1", "web-2"], id="the oldest revisions go"),
        pytest.param(
            0,
            [numbered(1), numbered(2, actual=1), numbered(3, replicas=1), numbered(4, replicas=1, actual=1)],
            ["web-1"],
            id="only empty ones",
        ),
        pytest.param(0, [numbered(1), numbered(2)], ["web-1", "web-2"], id="all"),
        pytest.param(2**31 - 1, [numbered(1)], [], id="no limit"),
        pytest.param(10, [numbered(1)], [], id="room for more"),
        pytest.param(1, [numbered(10), numbered(9)], ["web-9"], id="by number, not by text"),
    ],
)
def test_history_limit(limit, olds, deleted):
    found = replica_sets.to_clean_up(rollout_of(1, revisionHistoryLimit=limit), olds)
    assert [one.metadata.name for one in found] == deleted


def test_one_that_is_going_already_or_not_yet_observed_is_left_alone():
    going, unseen = numbered(1), numbered(2)
    going.metadata.deletionTimestamp = EPOCH
    unseen.status = ReplicaSetStatus(replicas=0, observedGeneration=0)
    assert replica_sets.to_clean_up(rollout_of(1, revisionHistoryLimit=0), [going, unseen]) == []
