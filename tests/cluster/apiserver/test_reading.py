"""Lists: selectors, chunks, revisions."""

import pytest

from tests.cluster.apiserver.conftest import CONFIGMAPS, PODS


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


@pytest.fixture
def five(world):
    for number in range(5):
        world.configmap(f"c{number}", labels={"n": str(number), "even": str(number % 2 == 0).lower()})
    return world


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("labelSelector=even%3Dtrue", ["c0", "c2", "c4"]),
        ("labelSelector=n+in+(1,3),even", ["c1", "c3"]),
        ("labelSelector=n+notin+(1,3)", ["c0", "c2", "c4"]),
        ("labelSelector=!even", []),
        ("fieldSelector=metadata.name%3Dc3", ["c3"]),
        ("fieldSelector=metadata.name!%3Dc3&labelSelector=even%3Dfalse", ["c1"]),
    ],
)
def test_selectors_choose(five, query, expected):
    assert names(five.ask("GET", f"{CONFIGMAPS}?{query}")[1]) == expected


def test_the_items_of_a_list_do_not_repeat_their_kind(five):
    listed = five.ask("GET", CONFIGMAPS)[1]
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert all("kind" not in item and "apiVersion" not in item for item in listed["items"])


def test_chunks_show_one_moment_although_the_world_goes_on(five):
    code, first = five.ask("GET", f"{CONFIGMAPS}?limit=2")
    assert (code, names(first), first["metadata"]["remainingItemCount"]) == (200, ["c0", "c1"], 3)
    five.configmap("c2b")
    five.ask("DELETE", f"{CONFIGMAPS}/c3")
    second = five.ask("GET", f"{CONFIGMAPS}?limit=2&continue={first['metadata']['continue']}")[1]
    third = five.ask("GET", f"{CONFIGMAPS}?limit=2&continue={second['metadata']['continue']}")[1]
    assert (names(second), names(third)) == (["c2", "c3"], ["c4"])
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in third["metadata"] and "remainingItemCount" not in third["metadata"]


def test_a_selector_makes_the_number_of_remaining_items_unknown(five):
    listed = five.ask("GET", f"{CONFIGMAPS}?limit=1&labelSelector=even%3Dtrue")[1]
    assert names(listed) == ["c0"]
    assert "remainingItemCount" not in listed["metadata"]
    rest = five.ask("GET", f"{CONFIGMAPS}?labelSelector=even%3Dtrue&continue={listed['metadata']['continue']}")[1]
    assert names(rest) == ["c2", "c4"]


def test_a_token_that_is_too_old_is_refused_with_one_that_may_be_used_instead(five):
    first = five.ask("GET", f"{CONFIGMAPS}?limit=2")[1]
    five.configmap("c9")
    five.server.compact(five.store.revision)
    code, status = five.ask("GET", f"{CONFIGMAPS}?limit=2&continue={first['metadata']['continue']}")
    assert (code, status["reason"]) == (410, "Expired")
    rest = five.ask("GET", f"{CONFIGMAPS}?continue={status['metadata']['continue']}")[1]
    assert names(rest) == ["c2", "c3", "c4", "c9"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("limit=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("fieldSelector=spec.x%3D1", 400, "field label not supported: spec.x"),
        (
            "resourceVersion=abc",
            500,
            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        (
            "continue=garbage",
            400,
            "invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value",
        ),
        ("continue=%25", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"),
        (
            "resourceVersionMatch=Exact",
            422,
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
        ),
        (
            "sendInitialEvents=true",
            422,
            'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
        ),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_in_upstreams_words(world, query, code, message):
    answer = world.ask("GET", f"{CONFIGMAPS}?{query}")
    assert (answer[0], answer[1]["message"]) == (code, message)


def test_an_exact_revision_shows_the_past(world):
    version = world.configmap("a")["metadata"]["resourceVersion"]
    world.configmap("b")
    exact = world.ask("GET", f"{CONFIGMAPS}?resourceVersion={version}&resourceVersionMatch=Exact")[1]
    assert (names(exact), exact["metadata"]["resourceVersion"]) == (["a"], version)
    newer = world.ask("GET", f"{CONFIGMAPS}?resourceVersion={version}&resourceVersionMatch=NotOlderThan")[1]
    assert names(newer) == ["a", "b"]
    world.server.compact(world.store.revision)
    code, status = world.ask("GET", f"{CONFIGMAPS}?resourceVersion={version}&resourceVersionMatch=Exact")
    assert (code, status["message"]) == (410, "The resourceVersion for the provided list is too old.")


def test_a_list_may_leave_out_the_namespace(world):
    world.make("/api/v1/namespaces", {"metadata": {"name": "other"}})
    world.configmap("a")
    world.make("/api/v1/namespaces/other/configmaps", {"metadata": {"name": "b"}})
    listed = world.ask("GET", "/api/v1/configmaps")[1]
    assert [(i["metadata"]["namespace"], i["metadata"]["name"]) for i in listed["items"]] == [
        ("default", "a"),
        ("other", "b"),
    ]


def test_pods_are_found_by_their_node(world):
    world.pod("a", node="node-1")
    world.pod("b", node="node-2")
    world.pod("c")
    assert names(world.ask("GET", f"{PODS}?fieldSelector=spec.nodeName%3Dnode-1")[1]) == ["a"]
    assert names(world.ask("GET", f"{PODS}?fieldSelector=spec.nodeName%3D")[1]) == ["c"]


def test_objects_can_be_read_as_they_were(world):
    from lightkube.resources.core_v1 import ConfigMap

    version = int(world.configmap("a")["metadata"]["resourceVersion"])
    world.patch(f"{CONFIGMAPS}/a", {"data": {"a": "2"}})
    world.ask("DELETE", f"{CONFIGMAPS}/a")
    assert [c.data for c in world.server.objects_at(ConfigMap, version)] == [{"a": "1"}]
    assert [c.data for c in world.server.objects_at(ConfigMap, version + 1)] == [{"a": "2"}]
    assert world.server.objects_at(ConfigMap, version + 2) == []
