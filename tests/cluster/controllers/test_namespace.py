import datetime as dt

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Event, Namespace, Pod, ServiceAccount

from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.controllers.namespace import NamespaceController, Remains, updated_conditions
from k8slab.cluster.controllers.root_ca import RootCAPublisher
from k8slab.cluster.controllers.service_account import ServiceAccountsController
from tests.cluster.controllers.world import World, namespace, template


@pytest.fixture
def world():
    world = World(NamespaceController, ServiceAccountsController, RootCAPublisher)
    world.create(namespace("victim"))
    world.run(1)
    return world


def config_map(name, **meta):
    return ConfigMap(metadata=ObjectMeta(name=name, namespace="victim", **meta))


def pod(name):
    return Pod(metadata=ObjectMeta(name=name, namespace="victim"), spec=template().spec)


def conditions(world):
    return {
        one.type: (one.status, one.reason, one.message)
        for one in world.get(Namespace, "victim", None).status.conditions or ()
    }


def is_gone(world):
    return "victim" not in world.names(Namespace, None)


def test_a_new_namespace_gets_its_default_account_and_the_root_ca(world):
    assert world.names(ServiceAccount, "victim") == ["default"]
    found = world.get(ConfigMap, "kube-root-ca.crt", "victim")
    assert found.data["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")
    assert "CA bundle" in found.metadata.annotations["kubernetes.io/description"]


def test_both_come_back_when_they_are_deleted_or_changed(world):
    world.delete(ServiceAccount, "default", "victim")
    world.delete(ConfigMap, "kube-root-ca.crt", "victim")
    world.run(1)
    assert world.names(ServiceAccount, "victim") == ["default"]
    world.patch(ConfigMap, "kube-root-ca.crt", {"data": {"ca.crt": "forged"}}, "victim")
    world.run(1)
    assert world.get(ConfigMap, "kube-root-ca.crt", "victim").data["ca.crt"] != "forged"


def test_a_deleted_namespace_is_emptied_after_a_grace_period_and_then_gone(world):
    world.create(config_map("c"))
    world.create(pod("p"))
    world.run(3)
    world.delete(Namespace, "victim", None)
    world.run(4)
    assert world.get(Namespace, "victim", None).status.phase == "Terminating"
    assert "c" in world.names(ConfigMap, "victim") and conditions(world) == {}
    world.run(1.1)
    # All Pods go first; until they are gone the conditions have only good news.
    assert "c" in world.names(ConfigMap, "victim")
    assert {status for status, _, _ in conditions(world).values()} == {"False"}
    world.until(lambda: is_gone(world))
    for model in (ConfigMap, Pod, ServiceAccount, Event):
        assert world.names(model, "victim") == []


def test_nothing_new_can_be_made_in_a_namespace_that_is_going(world):
    world.delete(Namespace, "victim", None)
    with pytest.raises(ApiError, match="because it is being terminated"):
        world.create(config_map("late"))


def test_what_a_finalizer_holds_is_named_in_the_conditions(world):
    world.create(config_map("held", finalizers=["lab.example/hold"]))
    world.delete(Namespace, "victim", None)
    world.run(6)
    found = conditions(world)
    assert found["NamespaceContentRemaining"] == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert found["NamespaceFinalizersRemaining"] == (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: lab.example/hold in 1 resource instances",
    )
    body = {"metadata": {"finalizers": None}}
    world.patch(ConfigMap, "held", body, "victim", content_type="application/merge-patch+json")
    world.until(lambda: is_gone(world))


def test_a_namespace_that_another_finalizer_holds_stays(world):
    body = {"metadata": {"finalizers": ["lab.example/hold"]}}
    world.patch(Namespace, "victim", body, None, content_type="application/merge-patch+json")
    world.delete(Namespace, "victim", None)
    world.run(30)
    found = world.get(Namespace, "victim", None)
    assert not found.spec.finalizers and world.names(ConfigMap, "victim") == []


def test_other_namespaces_are_left_alone(world):
    world.delete(Namespace, "victim", None)
    world.until(lambda: is_gone(world))
    assert world.names(ConfigMap, "default") == ["kube-root-ca.crt"]


def test_conditions_that_say_the_same_are_not_written_again():
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    first = updated_conditions([], Remains(), now)
    assert len(first) == 5
    assert updated_conditions(first, Remains(), now + dt.timedelta(hours=1)) is None


def test_failures_are_counted_and_joined():
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    found = updated_conditions([], Remains(errors=["b", "a"]), now)
    failure = next(one for one in found if one.type == "NamespaceDeletionContentFailure")
    assert failure.status == "True"
    assert failure.message == "Failed to delete all resource types, 2 remaining: a, b"
