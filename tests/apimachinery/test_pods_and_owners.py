"""Questions about Pods, conditions and owners."""

import datetime as dt

import pytest
from lightkube.models.core_v1 import (
    Container,
    ContainerStatus,
    PodCondition,
    PodSpec,
    PodStatus,
    ResourceRequirements,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery import conditions, owners, pods

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def pod(*containers, init=(), overhead=None, status=None, deleted=None):
    spec = PodSpec(containers=list(containers), initContainers=list(init), overhead=overhead)
    return Pod(metadata=ObjectMeta(name="p", deletionTimestamp=deleted), spec=spec, status=status)


def wants(cpu=None, memory=None, sidecar=False):
    amounts = {name: amount for name, amount in (("cpu", cpu), ("memory", memory)) if amount}
    policy = "Always" if sidecar else None
    return Container(name="c", resources=ResourceRequirements(requests=amounts), restartPolicy=policy)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(pod(wants("1"), wants("250m", "1Gi")), {"cpu": 1250, "memory": 2**30}, id="containers add up"),
        pytest.param(pod(wants("1"), init=[wants("3")]), {"cpu": 3000}, id="the largest init container counts"),
        pytest.param(pod(wants("1"), init=[wants("1", sidecar=True)]), {"cpu": 2000}, id="a sidecar stays and adds"),
        pytest.param(
            pod(wants("1"), init=[wants("1", sidecar=True), wants("3")]),
            {"cpu": 4000},
            id="an init container runs beside the sidecars before it",
        ),
        pytest.param(pod(wants("1"), overhead={"cpu": "100m"}), {"cpu": 1100}, id="overhead comes on top"),
        pytest.param(pod(Container(name="c")), {}, id="nothing asked"),
    ],
)
def test_what_the_scheduler_sets_aside(asked, expected):
    assert pods.requests(asked) == expected


def test_a_pod_is_available_once_it_has_been_ready_long_enough():
    ready = PodCondition(type="Ready", status="True", lastTransitionTime=NOON)
    one = pod(Container(name="c"), status=PodStatus(conditions=[ready]))
    assert pods.is_ready(one)
    assert pods.is_available(one, 0, NOON)
    assert not pods.is_available(one, 10, NOON + dt.timedelta(seconds=9))
    assert pods.is_available(one, 10, NOON + dt.timedelta(seconds=10))


def test_a_pod_that_ended_or_was_told_to_go_is_not_active():
    assert pods.is_active(pod(Container(name="c")))
    assert not pods.is_active(pod(Container(name="c"), deleted=NOON))
    ended = pod(Container(name="c"), status=PodStatus(phase="Failed"))
    assert not pods.is_active(ended)
    assert pods.is_terminal(ended)


def test_restarts_are_those_of_all_containers():
    statuses = [
        ContainerStatus(name=name, ready=True, restartCount=count, image="", imageID="")
        for name, count in (("a", 2), ("b", 3))
    ]
    one = pod(Container(name="a"), status=PodStatus(containerStatuses=statuses))
    assert pods.restarts(one) == 5
    assert pods.most_restarts(one) == 3


def test_a_condition_keeps_its_time_while_its_status_stays():
    before = [{"type": "Ready", "status": "True", "lastTransitionTime": "t1"}]
    same = {"type": "Ready", "status": "True", "lastTransitionTime": "t2", "reason": "Other"}
    other = {"type": "Ready", "status": "False", "lastTransitionTime": "t2"}
    kept = conditions.set_condition(before, same)
    assert kept == [{**same, "lastTransitionTime": "t1"}]
    assert conditions.set_condition(before, other) == [other]
    assert conditions.set_condition(None, other) == [other]
    assert before[0]["lastTransitionTime"] == "t1"
    assert conditions.is_true(kept, "Ready")
    assert conditions.remove_condition(kept, "Ready") == []


def test_a_condition_struct_keeps_its_time_too():
    later = NOON + dt.timedelta(seconds=1)
    old = PodCondition(type="Ready", status="True", lastTransitionTime=NOON)
    new = PodCondition(type="Ready", status="True", lastTransitionTime=later, reason="r")
    (kept,) = conditions.set_condition([old], new)
    assert (kept.lastTransitionTime, kept.reason) == (NOON, "r")
    assert new.lastTransitionTime == later


def test_the_controller_is_known_by_its_uid():
    deployment = Deployment(metadata=ObjectMeta(name="web", uid="u1"))
    reference = owners.new_controller_ref(deployment)
    assert (reference.apiVersion, reference.kind, reference.controller) == ("apps/v1", "Deployment", True)
    owned = ReplicaSet(metadata=ObjectMeta(name="web-1", ownerReferences=[reference]))
    assert owners.is_controlled_by(owned, deployment)
    namesake = Deployment(metadata=ObjectMeta(name="web", uid="u2"))
    assert not owners.is_controlled_by(owned, namesake)
    assert owners.controller_of(namesake) is None
