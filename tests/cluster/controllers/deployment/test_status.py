import datetime as dt

import pytest
from lightkube.models.apps_v1 import DeploymentStatus

from k8slab.cluster.controllers.deployment import status as statuses
from tests.cluster.controllers.deployment.builders import EPOCH, rollout_of, rs


def test_counts_over_all_replica_sets():
    new = rs("new", 3, available=1, actual=2, readyReplicas=2, terminatingReplicas=0)
    old = rs("old", 2, available=2, actual=2, readyReplicas=2, terminatingReplicas=3)
    found = statuses.calculate(rollout_of(4, surge=1), new, [old], EPOCH)
    assert (found.replicas, found.updatedReplicas, found.readyReplicas, found.availableReplicas) == (4, 2, 4, 3)
    assert (found.unavailableReplicas, found.terminatingReplicas, found.observedGeneration) == (2, 3, 1)


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        # deployment_util_test.go: TestGetReplicaCountForReplicaSets
        pytest.param([rs("a", 1, terminatingReplicas=3)], 3, id="one"),
        pytest.param([rs("a", 1, terminatingReplicas=3), rs("b", 1, terminatingReplicas=1)], 4, id="two"),
        pytest.param([rs("a", 1)], None, id="one that does not say"),
        pytest.param([], 0, id="none"),
    ],
)
def test_terminating(sets, expected):
    assert statuses.terminating(sets) == expected


def test_one_that_nobody_has_looked_at_yet_has_no_terminating_pods():
    fresh = rs("a", 1)
    fresh.status.observedGeneration = None
    assert statuses.terminating([fresh]) == 0


@pytest.mark.parametrize(
    ("available", "unavailable", "expected"),
    [(3, 0, "True"), (2, 0, "False"), (2, 1, "True"), (1, 1, "False")],
)
def test_minimum_availability(available, unavailable, expected):
    new = rs("new", 3, available=available)
    (condition,) = statuses.calculate(rollout_of(3, surge=1, unavailable=unavailable), new, [], EPOCH).conditions
    assert (condition.type, condition.status) == ("Available", expected)
    assert condition.reason == ("MinimumReplicasAvailable" if expected == "True" else "MinimumReplicasUnavailable")


def condition(status="True", reason="A", message="m", seconds=0):
    return statuses.condition("Progressing", status, reason, message, EPOCH + dt.timedelta(seconds=seconds))


def test_the_same_status_and_reason_change_nothing():
    status = DeploymentStatus(conditions=[condition(message="first")])
    statuses.set_condition(status, condition(message="second", seconds=9))
    assert status.conditions == [condition(message="first")]


def test_another_reason_keeps_the_time_of_the_transition():
    status = DeploymentStatus(conditions=[condition()])
    statuses.set_condition(status, condition(reason="B", seconds=9))
    (found,) = status.conditions
    assert found.reason == "B" and found.lastTransitionTime == EPOCH
    assert found.lastUpdateTime == EPOCH + dt.timedelta(seconds=9)


def test_another_status_is_a_transition():
    status = DeploymentStatus(conditions=[condition()])
    statuses.set_condition(status, condition(status="False", seconds=9))
    assert status.conditions[0].lastTransitionTime == EPOCH + dt.timedelta(seconds=9)


def test_the_last_condition_leaves_nothing():
    status = DeploymentStatus(conditions=[condition()])
    statuses.remove_condition(status, "Progressing")
    assert status.conditions is None


@pytest.mark.parametrize(
    ("desired", "current", "updated", "available", "expected"),
    [
        # deployment_util_test.go: TestDeploymentComplete
        pytest.param(5, 5, 5, 4, False, id="not all available"),
        pytest.param(5, 5, 5, 3, False, id="below the minimum"),
        pytest.param(5, 5, 5, 5, True, id="complete"),
        pytest.param(5, 5, 4, 5, False, id="not all updated"),
        pytest.param(1, 2, 1, 1, False, id="old Pods still run"),
        pytest.param(1, 1, 1, 0, False, id="one that never comes up"),
        pytest.param(0, None, None, None, True, id="nothing asked for"),
    ],
)
def test_complete(desired, current, updated, available, expected):
    status = DeploymentStatus(
        replicas=current, updatedReplicas=updated, availableReplicas=available, observedGeneration=1
    )
    assert statuses.is_complete(rollout_of(desired), status) is expected


def test_a_status_of_an_older_spec_is_not_complete():
    status = DeploymentStatus(replicas=1, updatedReplicas=1, availableReplicas=1, observedGeneration=0)
    assert not statuses.is_complete(rollout_of(1), status)
