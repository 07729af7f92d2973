import datetime as dt

import pytest
from lightkube.models.core_v1 import PodCondition, PodStatus
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.core_v1 import Pod

from k8slab.cluster.controllers.owned_pods import ENDED, NOT_READY, READY, TERMINATING, OwnedPods, state_of

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Informer:
    """Hands the handler on, so that a test can play the changes itself."""

    def add_handler(self, handler):
        self.handler = handler


def pod(name, *, owner="uid", kind="ReplicaSet", ready=False, phase="Running", going=False, **labels):
    references = [OwnerReference(apiVersion="apps/v1", kind=kind, name="web", uid=owner, controller=True)]
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace="default",
            labels=labels or None,
            ownerReferences=references if owner else None,
            deletionTimestamp=NOW if going else None,
        ),
        status=PodStatus(phase=phase, conditions=[PodCondition(type="Ready", status="True" if ready else "False")]),
    )


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (pod("a", ready=True), READY),
        (pod("a"), NOT_READY),
        (pod("a", ready=True, going=True), TERMINATING),
        (pod("a", phase="Failed"), ENDED),
        (pod("a", phase="Succeeded", going=True), ENDED),
    ],
)
def test_states(one, state):
    assert state_of(one) == state


def sizes(owned, uid="uid"):
    return {(group.state, group.labels): sorted(members) for group, members in owned.groups(uid).items()}


def test_pods_move_between_groups_as_they_change():
    informer = Informer()
    owned = OwnedPods(informer, "ReplicaSet")
    put, remove = informer.handler.on_add, informer.handler.on_delete
    put(pod("a", app="web"))
    put(pod("b", app="web"))
    assert sizes(owned) == {(NOT_READY, (("app", "web"),)): ["default/a", "default/b"]}
    put(pod("a", app="web", ready=True))
    put(pod("b", app="db"))
    assert sizes(owned) == {
        (NOT_READY, (("app", "db"),)): ["default/b"],
        (READY, (("app", "web"),)): ["default/a"],
    }
    assert sorted(one.metadata.name for one in owned.active("uid")) == ["a", "b"]
    remove(pod("a"))
    put(pod("b", owner=None))
    assert sizes(owned) == {}


def test_pods_of_other_kinds_of_owners_are_not_counted():
    informer = Informer()
    owned = OwnedPods(informer, "ReplicaSet")
    informer.handler.on_add(pod("a", kind="Job"))
    assert sizes(owned) == {}
    informer.handler.on_update(pod("a"), pod("a", owner="other"))
    assert sizes(owned, "other") != {} and sizes(owned) == {}
