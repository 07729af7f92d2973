"""Patches: JSON, merge and strategic merge (cases of strategicpatch/patch_test.go and of the recordings)."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Node, Pod, Service

from k8slab.apimachinery import patches
from k8slab.apimachinery.patches import PatchError, strategic_merge


def pod(*containers, **spec):
    return {"metadata": {"name": "p"}, "spec": {"containers": list(containers), **spec}}


C, SIDE = {"name": "c", "image": "app:v1", "env": [{"name": "A", "value": "1"}]}, {"name": "side", "image": "side:v1"}


@pytest.mark.parametrize(
    ("patch", "containers"),
    [
        pytest.param([{"name": "c", "image": "v2"}], [{**C, "image": "v2"}, SIDE], id="merged by name"),
        pytest.param([{"name": "new"}], [{"name": "new"}, C, SIDE], id="a new one goes first"),
        pytest.param([{"name": "side", "$patch": "delete"}], [C], id="delete"),
        pytest.param([{"$patch": "replace"}, {"name": "only"}], [{"name": "only"}], id="replace the list"),
        pytest.param(
            [{"name": "c", "env": [{"name": "B", "value": "2"}]}],
            [{**C, "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]}, SIDE],
            id="lists within items merge too",
        ),
        pytest.param([{"name": "c", "image": None}], [{"name": "c", "env": C["env"]}, SIDE], id="null deletes"),
        pytest.param([{"name": "c", "$patch": "replace", "image": "x"}], [{"name": "c", "image": "x"}], id="replace"),
    ],
)
def test_containers_merge_by_name(patch, containers):
    document = pod(C, SIDE)
    if any(item.get("$patch") == "replace" and "name" in item for item in patch):
        containers = []  # upstream: a replace directive replaces the whole list by the items without directives
    before = copy.deepcopy((document, patch))
    assert strategic_merge(document, {"spec": {"containers": patch}}, Pod)["spec"]["containers"] == containers
    assert (document, patch) == before


def test_the_order_can_be_set():
    patch = {"spec": {"$setElementOrder/containers": [{"name": "side"}, {"name": "c"}]}}
    assert strategic_merge(pod(C, SIDE), patch, Pod)["spec"]["containers"] == [SIDE, C]


def test_an_item_that_only_the_server_has_keeps_its_place_among_ordered_ones():
    live = [{"name": name} for name in ("a", "istio", "b")]
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "b", "image": "x"}],
        }
    }
    result = strategic_merge(pod(*live), patch, Pod)["spec"]["containers"]
    assert [item["name"] for item in result] == ["istio", "b", "a"]


def test_lists_without_a_merge_key_are_replaced():
    document = pod({**C, "args": ["a", "b"]}, tolerations=[{"key": "x"}])
    patch = {"spec": {"containers": [{"name": "c", "args": ["z"]}], "tolerations": [{"key": "y"}]}}
    spec = strategic_merge(document, patch, Pod)["spec"]
    assert spec["containers"][0]["args"] == ["z"]
    assert spec["tolerations"] == [{"key": "y"}]


def test_lists_of_plain_values_merge_and_delete_by_their_parallel_list():
    document = {"metadata": {"finalizers": ["a/x", "b/y"]}, "spec": {}}
    added = strategic_merge(document, {"metadata": {"finalizers": ["c/z"]}}, Node)
    assert added["metadata"]["finalizers"] == ["c/z", "a/x", "b/y"] or added["metadata"]["finalizers"] == [
        "a/x",
        "b/y",
        "c/z",
    ]
    gone = strategic_merge(document, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/x"]}}, Node)
    assert gone["metadata"]["finalizers"] == ["b/y"]


def test_retain_keys_drops_what_a_union_held_before():
    document = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(document, patch, Deployment)["spec"]["strategy"] == {"type": "Recreate"}


def test_a_volume_changes_its_source_with_retain_keys():
    document = pod(C, volumes=[{"name": "v", "emptyDir": {}}])
    patch = {"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "x"}}]}}
    assert strategic_merge(document, patch, Pod)["spec"]["volumes"] == [{"name": "v", "configMap": {"name": "x"}}]


def test_a_map_can_be_replaced_as_a_whole():
    document = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    patch = {"metadata": {"labels": {"$patch": "replace", "c": "3"}}}
    assert strategic_merge(document, patch, ConfigMap)["metadata"]["labels"] == {"c": "3"}


@pytest.mark.parametrize(
    ("document", "patch", "model", "message"),
    [
        (pod(C), {"spec": {"containers": [{"image": "x"}]}}, Pod, "map: map[image:x] does not contain declared merge key: name"),
        (pod(C), {"spec": {"containers": [{"name": "c", "$patch": "frob"}]}}, Pod, "unknown patch type: frob"),
        (pod(C, bogus={"a": 1}), {"spec": {"bogus": {"b": 1}}}, Pod, 'unable to find api field in struct PodSpec for the json field "bogus"'),
        (pod(C), {"spec": {"$setElementOrder/containers": "x"}}, Pod, "invalid patch format of setElementOrder list"),
    ],
)  # fmt: skip
def test_a_patch_that_makes_no_sense_is_refused(document, patch, model, message):
    with pytest.raises(PatchError) as refused:
        strategic_merge(document, patch, model)
    assert message in str(refused.value)


def test_nulls_and_directives_do_not_stay_in_what_is_new():
    patch = {"spec": {"affinity": {"nodeAffinity": None, "podAffinity": {"$patch": "replace", "x": 1}}}}
    assert strategic_merge(pod(C), patch, Pod)["spec"]["affinity"] == {"podAffinity": {"x": 1}}


# -- merge patch and JSON patch ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, {"b": {"c": None}}, {"a": "foo", "b": {}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_follows_rfc_7386(document, patch, expected):
    assert patches.merge_patch(document, patch) == expected


def test_a_json_patch_changes_a_copy():
    document = {"a": [1, 2], "b": {"c": 1}}
    operations = [
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "remove", "path": "/b/c"},
        {"op": "copy", "from": "/a/0", "path": "/b/d"},
        {"op": "test", "path": "/b/d", "value": 1},
    ]
    assert patches.json_patch(document, operations) == {"a": [1, 2, 3], "b": {"d": 1}}
    assert document == {"a": [1, 2], "b": {"c": 1}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "remove", "path": "/x"},
        {"op": "test", "path": "/a", "value": 1},
        {"op": "frob", "path": "/a"},
        {"op": "add"},
        1,
    ],
)
def test_an_operation_that_cannot_be_done_is_refused(operation):
    with pytest.raises(PatchError):
        patches.json_patch({"a": []}, [operation])


# -- what kubectl apply sends ------------------------------------------------------------------------------------------


def test_apply_sends_only_what_differs():
    live = pod({**C, "imagePullPolicy": "IfNotPresent"}, restartPolicy="Always")
    wanted = pod({**C, "image": "app:v2"})
    assert patches.create_three_way_patch(pod(C), wanted, live, Pod) == {
        "spec": {"$setElementOrder/containers": [{"name": "c"}], "containers": [{"name": "c", "image": "app:v2"}]}
    }
    assert patches.create_three_way_patch(pod(C), pod(C), live, Pod) == {}


def test_apply_deletes_what_was_applied_before_and_is_no_longer_wanted():
    applied = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    live = {"metadata": {"labels": {"a": "1", "b": "2", "by-hand": "x"}}}
    patch = patches.create_three_way_patch(applied, {"metadata": {"labels": {"a": "1"}}}, live, ConfigMap)
    assert patch == {"metadata": {"labels": {"b": None}}}
    assert strategic_merge(live, patch, ConfigMap) == {"metadata": {"labels": {"a": "1", "by-hand": "x"}}}


def test_apply_takes_a_container_away_but_not_one_that_somebody_else_added():
    live = pod(C, {"name": "istio"}, SIDE)
    patch = patches.create_three_way_patch(pod(C, SIDE), pod(C), live, Pod)
    assert patch == {
        "spec": {
            "$setElementOrder/containers": [{"name": "c"}],
            "containers": [{"$patch": "delete", "name": "side"}],
        }
    }
    names = [item["name"] for item in strategic_merge(live, patch, Pod)["spec"]["containers"]]
    assert names == ["c", "istio"]


def test_apply_retains_the_keys_of_a_strategy():
    applied = {"spec": {"strategy": {"type": "RollingUpdate"}}}
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}}
    wanted = {"spec": {"strategy": {"type": "Recreate"}}}
    patch = patches.create_three_way_patch(applied, wanted, live, Deployment)
    assert patch == {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(live, patch, Deployment)["spec"] == wanted["spec"]


def test_apply_replaces_a_list_without_merge_key():
    live = pod({**C, "command": ["a"]})
    patch = patches.create_three_way_patch(live, pod({**C, "command": ["b", "c"]}), live, Pod)
    assert patch["spec"]["containers"] == [{"name": "c", "command": ["b", "c"]}]


def test_service_ports_merge_by_port():
    live = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]}}
    wanted = {"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 443}]}}
    patch = patches.create_three_way_patch({"spec": {"ports": [{"port": 80}]}}, wanted, live, Service)
    assert strategic_merge(live, patch, Service)["spec"]["ports"] == [
        {"port": 80, "protocol": "TCP", "nodePort": 30080, "name": "http"},
        {"port": 443},
    ]


def test_kinds_without_a_schema_get_a_json_merge_patch():
    applied, wanted = {"spec": {"a": 1, "b": 2}}, {"spec": {"a": 5}}
    live = {"spec": {"a": 1, "b": 2, "by": "hand"}}
    patch = patches.create_three_way_json_patch(applied, wanted, live)
    assert patch == {"spec": {"a": 5, "b": None}}
    assert patches.merge_patch(live, patch) == {"spec": {"a": 5, "by": "hand"}}


names = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)


@given(names, names, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3)))
def test_a_two_way_patch_leads_from_one_to_the_other(before, after, images):
    def made(chosen, shift):
        items = [{"name": name, "image": f"i{images.get(name, 0) + shift}"} for name in chosen]
        return pod(*items)

    old, new = made(before, 0), made(after, len(after) % 2)
    result = strategic_merge(old, patches.create_two_way_merge_patch(old, new, Pod), Pod)
    by_name = {item["name"]: item for item in result["spec"]["containers"]}
    assert by_name == {item["name"]: item for item in new["spec"]["containers"]}


@given(names, names, names)
def test_applying_twice_changes_nothing_more(applied, wanted, live):
    applied_pod, wanted_pod, live_pod = (
        pod(*({"name": name} for name in chosen)) for chosen in (applied, wanted, live)
    )
    patch = patches.create_three_way_patch(applied_pod, wanted_pod, live_pod, Pod)
    result = strategic_merge(live_pod, patch, Pod)
    present = [item["name"] for item in result["spec"]["containers"]]
    assert sorted(name for name in present if name in wanted) == sorted(wanted)
    assert [name for name in present if name in wanted] == wanted
    again = patches.create_three_way_patch(wanted_pod, wanted_pod, result, Pod)
    assert strategic_merge(result, again, Pod) == result
