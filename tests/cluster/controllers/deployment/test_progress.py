import datetime as dt

import pytest
from lightkube.models.apps_v1 import DeploymentStatus, ReplicaSetCondition

from k8slab.apimachinery import conditions
from k8slab.cluster.controllers.deployment import progress
from k8slab.cluster.controllers.deployment import status as statuses
from tests.cluster.controllers.deployment.builders import EPOCH, rollout_of, rs


def counts(current, updated, ready, available):
    return DeploymentStatus(replicas=current, updatedReplicas=updated, readyReplicas=ready, availableReplicas=available)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # deployment_util_test.go: TestDeploymentProgressing
        pytest.param((10, 4, 4, 4), (10, 6, 4, 4), True, id="updated Pods"),
        pytest.param((10, 4, 4, 4), (10, 4, 4, 4), False, id="nothing"),
        pytest.param((10, 4, 6, 6), (8, 4, 6, 6), True, id="old Pods removed"),
        pytest.param((10, 7, 3, 3), (10, 6, 3, 3), False, id="fewer new Pods"),
        pytest.param((10, 4, 7, 7), (8, 8, 5, 5), True, id="fewer in all but more new ones"),
        pytest.param((10, 10, 9, 8), (10, 10, 10, 8), True, id="more ready Pods"),
        pytest.param((10, 10, 10, 9), (10, 10, 10, 10), True, id="more available Pods"),
    ],
)
def test_progressing(before, after, expected):
    assert progress.is_progressing(counts(*before), counts(*after)) is expected


def progressing(reason, *, status="True", seconds=0):
    when = EPOCH + dt.timedelta(seconds=seconds)
    return statuses.condition("Progressing", status, reason, "", when)


@pytest.mark.parametrize(
    ("condition", "now", "expected"),
    [
        # deployment_util_test.go: TestDeploymentTimedOut
        pytest.param(None, 99, False, id="nothing to count from"),
        pytest.param(progressing("ReplicaSetUpdated"), 10, False, id="the deadline is not over yet"),
        pytest.param(progressing("ReplicaSetUpdated"), 10.5, True, id="the deadline is over"),
        pytest.param(progressing("ReplicaSetUpdated", seconds=60), 65, False, id="counted from the last progress"),
        pytest.param(progressing("ProgressDeadlineExceeded", status="False"), 1, True, id="timed out already"),
        pytest.param(progressing("NewReplicaSetAvailable"), 999, False, id="news of the rollout before"),
    ],
)
def test_timed_out(condition, now, expected):
    status = DeploymentStatus(conditions=[condition] if condition else None)
    deployment = rollout_of(1, progressDeadlineSeconds=10)
    assert progress.has_timed_out(deployment, status, EPOCH + dt.timedelta(seconds=now)) is expected


def rollout(new, olds=(), *, before=None, now=0.0, deadline=10, desired=3):
    deployment = rollout_of(desired, surge=1, progressDeadlineSeconds=deadline, status=before)
    found = progress.rollout_status(deployment, new, list(olds), EPOCH + dt.timedelta(seconds=now))
    return conditions.find(found.conditions, "Progressing"), found


def test_a_finished_rollout_says_so():
    found, _ = rollout(rs("web-1", 3))
    assert (found.status, found.reason) == ("True", "NewReplicaSetAvailable")
    assert found.message == 'ReplicaSet "web-1" has successfully progressed.'


def test_each_sign_of_progress_renews_the_time_even_with_the_same_reason():
    before = DeploymentStatus(
        replicas=3, updatedReplicas=3, availableReplicas=1, conditions=[progressing("ReplicaSetUpdated")]
    )
    found, _ = rollout(rs("web-1", 3, available=2), before=before, now=5)
    assert (found.reason, found.message) == ("ReplicaSetUpdated", 'ReplicaSet "web-1" is progressing.')
    assert found.lastUpdateTime == EPOCH + dt.timedelta(seconds=5) and found.lastTransitionTime == EPOCH


def test_without_progress_the_deadline_passes():
    before = DeploymentStatus(
        replicas=3, updatedReplicas=3, availableReplicas=2, conditions=[progressing("ReplicaSetUpdated")]
    )
    found, _ = rollout(rs("web-1", 3, available=2), before=before, now=11)
    assert (found.status, found.reason) == ("False", "ProgressDeadlineExceeded")
    assert found.message == 'ReplicaSet "web-1" has timed out progressing.'


def test_a_pod_that_dies_after_the_rollout_is_no_lack_of_progress():
    before = DeploymentStatus(
        replicas=3, updatedReplicas=3, availableReplicas=3, conditions=[progressing("NewReplicaSetAvailable")]
    )
    found, _ = rollout(rs("web-1", 3, available=2), before=before, now=999)
    assert found == progressing("NewReplicaSetAvailable")


def test_without_a_deadline_nothing_is_said_about_progress():
    before = DeploymentStatus(conditions=[progressing("ReplicaSetUpdated")])
    assert rollout(rs("web-1", 3), before=before, deadline=2**31 - 1)[0] is None


def test_without_a_new_replica_set_the_deployment_is_named():
    found, _ = rollout(None, desired=0)
    assert found.message == 'Deployment "web" has successfully progressed.'


def test_failures_of_the_new_replica_set_come_before_those_of_old_ones():
    def failing(name, message):
        failure = ReplicaSetCondition(type="ReplicaFailure", status="True", reason="FailedCreate", message=message)
        return rs(name, 1, conditions=[failure])

    _, status = rollout(failing("new", "new one"), [failing("old", "old one")])
    assert conditions.find(status.conditions, "ReplicaFailure").message == "new one"
    _, status = rollout(rs("new", 1), [failing("old", "old one")], before=status)
    assert conditions.find(status.conditions, "ReplicaFailure").reason == "FailedCreate"
    _, status = rollout(rs("new", 1), [], before=status)
    assert conditions.find(status.conditions, "ReplicaFailure") is None


@pytest.mark.parametrize(
    ("condition", "available", "now", "expected"),
    [
        # progress_test.go: TestRequeueStuckDeployment
        pytest.param(None, 1, 0, None, id="no condition"),
        pytest.param(progressing("ReplicaSetUpdated"), 2, 4, 6, id="what is left of the deadline"),
        pytest.param(progressing("ReplicaSetUpdated"), 3, 4, None, id="complete"),
        pytest.param(progressing("ProgressDeadlineExceeded"), 2, 4, None, id="too late already"),
        pytest.param(progressing("ReplicaSetUpdated"), 2, 12, -2, id="overdue"),
    ],
)
def test_next_check(condition, available, now, expected):
    status = DeploymentStatus(
        replicas=3,
        updatedReplicas=3,
        availableReplicas=available,
        observedGeneration=1,
        conditions=[condition] if condition else None,
    )
    deployment = rollout_of(3, progressDeadlineSeconds=10, status=status)
    assert progress.next_check_seconds(deployment, status, EPOCH + dt.timedelta(seconds=now)) == expected
