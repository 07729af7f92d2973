import datetime as dt

import pytest
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.core_v1 import ConfigMap

from k8slab.cluster.controllers.gc_graph import FOREGROUND, ORPHAN, Graph

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def obj(uid, *owners, blocks=True, going=False, finalizers=(), namespace="default"):
    references = [
        OwnerReference(apiVersion="v1", kind="ConfigMap", name=owner, uid=owner, blockOwnerDeletion=blocks)
        for owner in owners
    ]
    meta = ObjectMeta(
        name=uid,
        uid=uid,
        namespace=namespace,
        ownerReferences=references or None,
        deletionTimestamp=NOW if going else None,
        finalizers=list(finalizers) or None,
    )
    return ConfigMap(metadata=meta)


@pytest.fixture
def graph():
    return Graph()


def test_dependents_are_known_by_their_references(graph):
    graph.observe(obj("owner"))
    graph.observe(obj("child", "owner"))
    assert list(graph.nodes["owner"].dependents) == ["child"]
    assert [node.uid for node in graph.nodes["owner"].blocking_dependents()] == ["child"]


def test_an_owner_that_was_never_seen_gets_a_virtual_node_worth_a_look(graph):
    work = graph.observe(obj("child", "owner"))
    assert work.virtual == ["owner"] and not graph.nodes["owner"].is_observed
    graph.observe(obj("owner"))
    assert graph.nodes["owner"].is_observed and list(graph.nodes["owner"].dependents) == ["child"]


def test_a_change_that_touches_no_owner_makes_no_work(graph):
    graph.observe(obj("owner"))
    graph.observe(obj("child", "owner"))
    assert graph.observe(obj("child", "owner")) is None


def test_when_an_owner_is_gone_its_dependents_are_worth_a_look(graph):
    graph.observe(obj("owner"))
    graph.observe(obj("child", "owner"))
    assert graph.forget("owner").delete == ["child"]
    assert graph.forget("owner").delete == []


def test_an_owner_in_foreground_deletion_is_looked_at_with_its_dependents(graph):
    graph.observe(obj("owner"))
    graph.observe(obj("child", "owner"))
    work = graph.observe(obj("owner", going=True, finalizers=[FOREGROUND]))
    assert work.delete == ["child", "owner"]
    assert graph.observe(obj("owner", going=True, finalizers=[FOREGROUND])).delete == []


def test_and_again_when_a_dependent_has_gone(graph):
    graph.observe(obj("owner", going=True, finalizers=[FOREGROUND]))
    graph.observe(obj("child", "owner"))
    assert graph.forget("child").delete == ["owner"]


@pytest.mark.parametrize(
    "changed", [obj("child"), obj("child", "owner", blocks=False)], ids=["reference gone", "no longer blocks"]
)
def test_or_when_a_dependent_no_longer_blocks_it(graph, changed):
    graph.observe(obj("owner", going=True, finalizers=[FOREGROUND]))
    graph.observe(obj("child", "owner"))
    assert graph.observe(changed).delete == ["owner"]
    assert graph.nodes["owner"].blocking_dependents() == []


def test_an_owner_that_orphans_is_looked_at_once(graph):
    graph.observe(obj("owner"))
    assert graph.observe(obj("owner", going=True, finalizers=[ORPHAN])).orphan == ["owner"]
    assert graph.observe(obj("owner", going=True, finalizers=[ORPHAN])).orphan == []


def test_an_owner_in_another_namespace_is_no_owner(graph):
    graph.observe(obj("owner", namespace="elsewhere"))
    assert graph.observe(obj("child", "owner")).delete == ["child"]
