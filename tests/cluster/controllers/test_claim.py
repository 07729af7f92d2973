"""Cases from pkg/controller/controller_ref_manager_test.go (TestClaimPods), against the real server."""

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery import labels
from k8slab.apimachinery.errors import is_not_found
from k8slab.apimachinery.owners import controller_uid, new_controller_ref
from k8slab.cluster.client.controller import Retry
from k8slab.cluster.controllers.claim import RefManager
from tests.cluster.client.world import Bare

PRODUCTION, TESTING = {"type": "production"}, {"type": "testing"}
SELECTOR = labels.from_map(PRODUCTION)


@pytest.fixture
def world():
    return Bare()


@pytest.fixture
def owner(world):
    return make(world, "owner", None)


def make(world, name, labelled, owner=None, finalizers=None):
    references = [new_controller_ref(owner)] if owner is not None else None
    meta = ObjectMeta(
        name=name, namespace="default", labels=labelled, ownerReferences=references, finalizers=finalizers
    )
    return world.create(ConfigMap(metadata=meta))


def claim(world, owner, *objs):
    manager = RefManager(world.context.client("owner"), owner, SELECTOR)
    return [one.metadata.name for one in world.run(manager.claim(objs))]


def owner_of(world, name):
    return controller_uid(world.server.get(ConfigMap, name, "default"))


def deleted(world, name):
    """The object once it has been told to go but is held by a finalizer."""
    world.server.delete(ConfigMap, name, "default", user="learner")
    return world.server.get(ConfigMap, name, "default")


def test_orphans_that_match_are_adopted(world, owner):
    one, other = make(world, "one", PRODUCTION), make(world, "other", TESTING)
    assert claim(world, owner, one, other) == ["one"]
    assert owner_of(world, "one") == owner.metadata.uid
    assert owner_of(world, "other") is None


def test_an_owner_that_is_being_deleted_adopts_nothing_but_keeps_its_own(world):
    owner = make(world, "owner", None, finalizers=["lab.example/hold"])
    own, orphan = make(world, "own", PRODUCTION, owner), make(world, "orphan", PRODUCTION)
    assert claim(world, deleted(world, "owner"), own, orphan) == ["own"]
    assert owner_of(world, "orphan") is None


def test_what_another_controls_is_left_alone(world, owner):
    other = make(world, "other-owner", None)
    own, foreign = make(world, "own", PRODUCTION, owner), make(world, "foreign", PRODUCTION, other)
    assert claim(world, owner, own, foreign) == ["own"]
    assert owner_of(world, "foreign") == other.metadata.uid


def test_the_owned_that_no_longer_match_are_released(world, owner):
    own, stray = make(world, "own", PRODUCTION, owner), make(world, "stray", TESTING, owner)
    assert claim(world, owner, own, stray) == ["own"]
    assert owner_of(world, "stray") is None


def test_an_owner_that_is_being_deleted_releases_nothing(world):
    owner = make(world, "owner", None, finalizers=["lab.example/hold"])
    stray = make(world, "stray", TESTING, owner)
    assert claim(world, deleted(world, "owner"), stray) == []
    assert owner_of(world, "stray") == owner.metadata.uid


def test_orphans_that_are_going_are_not_adopted(world, owner):
    make(world, "own", PRODUCTION, owner, finalizers=["lab.example/hold"])
    make(world, "orphan", PRODUCTION, finalizers=["lab.example/hold"])
    assert claim(world, owner, deleted(world, "own"), deleted(world, "orphan")) == ["own"]


def test_adoption_asks_the_server_whether_the_owner_still_lives(world):
    stale = make(world, "owner", None, finalizers=["lab.example/hold"])
    orphan = make(world, "orphan", PRODUCTION)
    deleted(world, "owner")
    with pytest.raises(Retry, match="has just been deleted"):
        claim(world, stale, orphan)
    assert owner_of(world, "orphan") is None


def test_a_namesake_of_the_owner_adopts_nothing_in_its_name(world):
    stale = make(world, "owner", None)
    orphan = make(world, "orphan", PRODUCTION)
    world.server.delete(ConfigMap, "owner", "default", user="learner")
    make(world, "owner", None)
    with pytest.raises(Retry, match="is gone: got uid"):
        claim(world, stale, orphan)


def test_releasing_what_is_gone_already_is_no_error(world, owner):
    stray = make(world, "stray", TESTING, owner)
    world.server.delete(ConfigMap, "stray", "default", user="learner")
    assert claim(world, owner, stray) == []


def test_one_failure_does_not_keep_the_others_from_being_claimed(world, owner):
    gone, orphan = make(world, "gone", PRODUCTION), make(world, "orphan", PRODUCTION)
    world.server.delete(ConfigMap, "gone", "default", user="learner")
    with pytest.raises(Exception) as caught:
        claim(world, owner, gone, orphan)
    assert is_not_found(caught.value)
    assert owner_of(world, "orphan") == owner.metadata.uid
