import datetime as dt

import pytest
from lightkube.models.apps_v1 import ReplicaSetCondition, ReplicaSetStatus
from lightkube.models.core_v1 import (
    PodCondition,
    PodStatus,
    ReplicationControllerCondition,
    ReplicationControllerStatus,
)
from lightkube.resources.core_v1 import Pod

from k8slab.cluster.controllers.replicaset_status import Claimed, calculate_status, next_availability_check
from tests.cluster.controllers.world import replica_set

NOW = dt.datetime(2026, 1, 1, 0, 1, tzinfo=dt.UTC)


def pods(*ready_for_seconds):
    return [
        Pod(
            status=PodStatus(
                conditions=[
                    PodCondition(type="Ready", status="True", lastTransitionTime=NOW - dt.timedelta(seconds=seconds))
                ]
            )
        )
        for seconds in ready_for_seconds
    ]


def status_of(claimed, *, replicas=3, min_ready_seconds=0, error=None, conditions=None):
    owner = replica_set(replicas=replicas, minReadySeconds=min_ready_seconds)
    owner.metadata.generation = 4
    owner.status = ReplicaSetStatus(replicas=0, conditions=conditions)
    return calculate_status(owner, claimed, error, NOW, ReplicaSetCondition)


def test_counts():
    status = status_of(Claimed(pods(5, 5), pods(0), fully_labeled=2, terminating=1))
    assert (status.replicas, status.readyReplicas, status.availableReplicas) == (3, 2, 2)
    assert (status.fullyLabeledReplicas, status.terminatingReplicas, status.observedGeneration) == (2, 1, 4)


def test_zero_is_left_out_as_go_does_but_for_replicas_and_terminating():
    status = status_of(Claimed([], []))
    assert (status.replicas, status.terminatingReplicas) == (0, 0)
    assert status.readyReplicas is status.availableReplicas is status.fullyLabeledReplicas is None


def test_a_pod_is_available_once_it_has_been_ready_long_enough():
    assert status_of(Claimed(pods(4, 10, 11), []), min_ready_seconds=10).availableReplicas == 2


FAILURE = ReplicaSetCondition(type="ReplicaFailure", status="True", reason="FailedCreate", message="old")


@pytest.mark.parametrize(
    ("claimed", "error", "before", "after"),
    [
        pytest.param(Claimed([], []), "no quota", None, [("FailedCreate", "no quota")], id="could not create"),
        pytest.param(Claimed(pods(1, 1, 1, 1), []), "no", None, [("FailedDelete", "no")], id="could not delete"),
        pytest.param(Claimed([], []), "new", [FAILURE], [("FailedCreate", "old")], id="the first reason stays"),
        pytest.param(Claimed([], []), None, [FAILURE], None, id="success takes it away"),
        pytest.param(Claimed([], []), None, None, None, id="nothing to tell"),
    ],
)
def test_replica_failure(claimed, error, before, after):
    found = status_of(claimed, error=error, conditions=before).conditions
    assert (found and [(one.reason, one.message) for one in found]) == after


def test_a_replication_controller_does_not_count_the_terminating():
    owner = replica_set()
    owner.status = ReplicationControllerStatus(replicas=0)
    status = calculate_status(owner, Claimed([], [], terminating=2), None, NOW, ReplicationControllerCondition)
    assert status == ReplicationControllerStatus(replicas=0)


@pytest.mark.parametrize(("ready_for", "expected"), [((3, 7, 20), 3), ((20, 30), None), ((), None), ((0,), 10)])
def test_the_next_availability_check_is_when_the_next_pod_becomes_available(ready_for, expected):
    assert next_availability_check(pods(*ready_for), 10, NOW) == expected
