"""Watches over HTTP and for components."""

import json

import pytest
from lightkube.resources.core_v1 import ConfigMap, Pod

from k8slab.apimachinery.errors import ApiError
from tests.cluster.apiserver.conftest import CONFIGMAPS, PODS


def lines(stream):
    return [json.loads(line) for line in (stream.read() or b"").splitlines()]


def seen(stream):
    return [(event["type"], event["object"]["metadata"]["name"]) for event in lines(stream)]


def test_a_watch_goes_on_from_the_revision_it_names(world):
    version = world.configmap("a")["metadata"]["resourceVersion"]
    world.configmap("b")
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={version}").stream
    world.patch(f"{CONFIGMAPS}/a", {"data": {"x": "y"}})
    world.ask("DELETE", f"{CONFIGMAPS}/b")
    assert seen(stream) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert stream.read() == b""
    stream.close()
    assert stream.read() is None


@pytest.mark.parametrize("version", ["", "&resourceVersion=0"])
def test_a_watch_without_a_revision_begins_with_what_is_there(world, version):
    world.configmap("a")
    stream = world.send("GET", f"{CONFIGMAPS}?watch=true{version}").stream
    world.configmap("b")
    assert seen(stream) == [("ADDED", "a"), ("ADDED", "b")]


def test_who_leaves_or_enters_the_selection_is_deleted_or_added(world):
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&labelSelector=app%3Dweb").stream
    world.configmap("a", labels={"app": "web"})
    world.patch(f"{CONFIGMAPS}/a", {"metadata": {"labels": {"app": "db"}}})
    world.patch(f"{CONFIGMAPS}/a", {"data": {"x": "y"}})
    world.patch(f"{CONFIGMAPS}/a", {"metadata": {"labels": {"app": "web"}}})
    events = lines(stream)
    assert [event["type"] for event in events] == ["ADDED", "DELETED", "ADDED"]
    # It goes with what it was, at the revision of the change that took it away.
    assert events[1]["object"]["metadata"]["labels"] == {"app": "web"}
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions[1] == versions[0] + 1 and versions[2] == versions[1] + 2


def test_a_deleted_object_shows_its_last_state_at_the_revision_of_its_deletion(world):
    version = int(world.configmap("a")["metadata"]["resourceVersion"])
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={version}").stream
    world.ask("DELETE", f"{CONFIGMAPS}/a")
    (event,) = lines(stream)
    assert (event["type"], event["object"]["data"]) == ("DELETED", {"a": "1"})
    assert int(event["object"]["metadata"]["resourceVersion"]) == version + 1 == world.store.revision


def test_a_watch_that_begins_too_far_back_ends_with_410(world):
    version = world.configmap("a")["metadata"]["resourceVersion"]
    for number in range(3):
        world.configmap(f"b{number}")
    world.server.compact(world.store.revision)
    response = world.send("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={version}")
    (event,) = lines(response.stream)
    assert response.status == 200
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert response.stream.read() is None
    with pytest.raises(ApiError, match="too old resource version"):
        world.server.watch(ConfigMap, resource_version=version, deliver=print)


def test_the_revision_just_before_the_compaction_is_not_too_old(world):
    world.configmap("a")
    world.configmap("b")
    world.server.compact(world.store.revision)
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={world.store.revision - 1}").stream
    assert seen(stream) == [("ADDED", "b")]


def test_bookmarks_tell_how_far_a_quiet_watch_has_come(world):
    version = world.configmap("a")["metadata"]["resourceVersion"]
    target = f"{CONFIGMAPS}?watch=1&resourceVersion={version}&allowWatchBookmarks=true"
    stream = world.send("GET", target).stream
    world.pod("p")
    world.clock.run(61)
    (event,) = lines(stream)
    assert event == {
        "type": "BOOKMARK",
        "object": {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": str(world.store.revision)}},
    }
    stream.close()
    world.clock.run(120)
    assert stream.read() is None


def test_initial_events_end_with_a_bookmark(world):
    world.configmap("a")
    target = f"{CONFIGMAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    first, last = lines(world.send("GET", target).stream)
    assert (first["type"], last["type"]) == ("ADDED", "BOOKMARK")
    assert last["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_ends_after_its_timeout(world):
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&timeoutSeconds=5").stream
    assert world.clock.run_until(stream.wait(), 100)
    assert (stream.read(), world.clock.now) == (None, 5)


def test_waiting_ends_when_something_comes(world):
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1").stream
    world.clock.call_later(7, lambda: world.configmap("a"))
    assert world.clock.run_until(stream.wait(), 100)
    assert (seen(stream), world.clock.now) == ([("ADDED", "a")], 7)


def test_a_table_watch_sends_its_columns_once(world):
    accept = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1", headers=accept).stream
    world.configmap("a")
    world.configmap("b")
    first, second = (event["object"] for event in lines(stream))
    assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["columnDefinitions"] == []
    assert [table["rows"][0]["cells"] for table in (first, second)] == [["a", 1, "0s"], ["b", 1, "0s"]]


def test_a_component_hears_at_once_and_all_share_one_object(world):
    heard, also = [], []
    watch = world.server.watch(ConfigMap, resource_version=world.store.revision, deliver=heard.append)
    world.server.watch(ConfigMap, resource_version=world.store.revision, namespace="default", deliver=also.append)
    elsewhere = []
    world.server.watch(ConfigMap, resource_version=world.store.revision, namespace="other", deliver=elsewhere.append)
    world.configmap("a")
    watch.stop()
    watch.stop()
    world.configmap("b")
    assert [(e.type, e.namespace, e.name, e.revision) for e in heard] == [("ADDED", "default", "a", heard[0].revision)]
    assert heard[0].object is also[0].object
    assert heard[0].object.metadata.resourceVersion == str(heard[0].revision)
    assert elsewhere == [] and len(also) == 2


def test_a_kubelet_hears_of_a_pod_when_it_is_bound_to_its_node(world):
    heard = {name: [] for name in ("node-1", "node-2")}
    for node, events in heard.items():
        world.server.watch(
            Pod, resource_version=world.store.revision, field_selector=f"spec.nodeName={node}", deliver=events.append
        )
    world.pod("a", node="node-1")
    world.patch(f"{PODS}/a", {"metadata": {"labels": {"x": "y"}}})
    assert [(event.type, event.name) for event in heard["node-1"]] == [("ADDED", "a"), ("MODIFIED", "a")]
    assert heard["node-2"] == []


def test_writes_made_by_a_listener_reach_everybody_in_the_order_of_revisions(world):
    """Components may write while they are told of something; nobody may hear the answer before the question."""
    orders = [[], []]

    def answer(event):
        orders[0].append(event.revision)
        if event.name == "question":
            world.configmap("answer")

    world.server.watch(ConfigMap, resource_version=world.store.revision, deliver=answer)
    world.server.watch(ConfigMap, resource_version=world.store.revision, deliver=lambda e: orders[1].append(e.revision))
    world.configmap("question")
    assert orders[0] == sorted(orders[0]) and orders[1] == sorted(orders[1])
    assert len(orders[1]) == 2
