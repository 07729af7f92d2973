"""Creating, replacing and patching: what is refused, what is kept, what is counted."""

import json

import pytest
from lightkube.models.core_v1 import Container, PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod

from k8slab.apimachinery.errors import ApiError
from tests.cluster.apiserver.conftest import CONFIGMAPS, DEPLOYMENTS, PODS


def test_the_server_alone_sets_the_system_fields(world):
    world.clock.run(90)
    made = world.configmap(
        "a", uid="mine", creationTimestamp="2020-01-01T00:00:00Z", deletionTimestamp="2020-01-01T00:00:00Z"
    )
    metadata = made["metadata"]
    assert metadata["uid"] != "mine"
    assert metadata["creationTimestamp"] == "2026-01-01T00:01:30Z"
    assert "deletionTimestamp" not in metadata
    assert metadata["resourceVersion"] == str(world.store.revision)


def test_the_answer_is_what_a_later_get_shows(world):
    made = world.deployment("web")
    assert world.ask("GET", f"{DEPLOYMENTS}/web") == (200, made)


def test_a_generated_name_is_the_prefix_and_five_characters(world):
    made = world.make(CONFIGMAPS, {"metadata": {"generateName": "job-"}})
    name = made["metadata"]["name"]
    assert name.startswith("job-") and len(name) == 9
    assert world.make(CONFIGMAPS, {"metadata": {"generateName": "job-"}})["metadata"]["name"] != name


def test_a_taken_generated_name_is_made_again(world, monkeypatch):
    suffixes = iter(["aaaaa", "aaaaa", "bbbbb"])
    monkeypatch.setattr(world.server.chance, "suffix", lambda length=5: next(suffixes))
    names = [world.make(CONFIGMAPS, {"metadata": {"generateName": "x-"}})["metadata"]["name"] for _ in range(2)]
    assert names == ["x-aaaaa", "x-bbbbb"]


def test_when_no_name_is_free_the_client_may_try_again(world, monkeypatch):
    monkeypatch.setattr(world.server.chance, "suffix", lambda length=5: "aaaaa")
    world.make(CONFIGMAPS, {"metadata": {"generateName": "x-"}})
    code, status = world.ask("POST", CONFIGMAPS, {"metadata": {"generateName": "x-"}})
    assert (code, status["reason"], status["details"]["retryAfterSeconds"]) == (409, "AlreadyExists", 1)
    assert status["message"] == (
        'configmaps "x-aaaaa" already exists, the server was not able to generate a unique name for the object'
    )


def test_a_new_object_has_no_version(world):
    code, status = world.ask("POST", CONFIGMAPS, {"metadata": {"name": "a", "resourceVersion": "7"}})
    assert (code, status["message"]) == (500, "resourceVersion should not be set on objects to be created")


def test_the_second_of_two_writers_is_told_of_the_conflict(world):
    made = world.configmap("a")
    first = {**made, "data": {"who": "first"}}
    assert world.ask("PUT", f"{CONFIGMAPS}/a", first)[0] == 200
    code, status = world.ask("PUT", f"{CONFIGMAPS}/a", {**made, "data": {"who": "second"}})
    assert (code, status["reason"]) == (409, "Conflict")
    assert world.ask("GET", f"{CONFIGMAPS}/a")[1]["data"] == {"who": "first"}


def test_an_update_that_changes_nothing_makes_no_revision(world):
    made = world.configmap("a")
    before = world.store.revision
    assert world.ask("PUT", f"{CONFIGMAPS}/a", made) == (200, made)
    assert world.patch(f"{CONFIGMAPS}/a", {"data": {"a": "1"}}) == (200, made)
    assert world.store.revision == before


def test_an_update_cannot_touch_what_is_the_servers(world):
    made = world.configmap("a")
    made["metadata"] |= {
        "creationTimestamp": "2020-01-01T00:00:00Z",
        "generation": 9,
        "deletionTimestamp": "2020-01-01T00:00:00Z",
    }
    made["data"]["b"] = "2"
    metadata = world.ask("PUT", f"{CONFIGMAPS}/a", made)[1]["metadata"]
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert "generation" not in metadata and "deletionTimestamp" not in metadata


def test_the_generation_counts_changes_of_the_spec_only(world):
    def generation(body):
        return world.patch(f"{DEPLOYMENTS}/web", body)[1]["metadata"]["generation"]

    world.deployment("web")
    assert generation({"metadata": {"labels": {"a": "b"}}}) == 1
    assert generation({"spec": {"replicas": 2}}) == 2
    assert generation({"spec": {"replicas": 2}}) == 2


def test_status_and_spec_are_written_through_different_doors(world):
    world.deployment("web")
    spec = world.ask("GET", f"{DEPLOYMENTS}/web")[1]["spec"]
    both = {"spec": {"replicas": 5}, "status": {"replicas": 3}}
    after = world.patch(f"{DEPLOYMENTS}/web/status", both)[1]
    assert (after["spec"], after["status"], after["metadata"]["generation"]) == (spec, {"replicas": 3}, 1)
    after = world.patch(f"{DEPLOYMENTS}/web", {**both, "status": {"replicas": 4}})[1]
    assert (after["spec"]["replicas"], after["status"]) == (5, {"replicas": 3})


def test_the_scale_is_a_small_object_of_its_own(world):
    world.deployment("web")
    code, scale = world.ask("GET", f"{DEPLOYMENTS}/web/scale")
    assert (code, scale["kind"], scale["spec"], scale["status"]) == (
        200,
        "Scale",
        {},
        {"replicas": 0, "selector": "app=web"},
    )
    scale["spec"]["replicas"] = 3
    assert world.ask("PUT", f"{DEPLOYMENTS}/web/scale", scale)[1]["spec"] == {"replicas": 3}
    assert world.ask("PUT", f"{DEPLOYMENTS}/web/scale", scale)[1]["reason"] == "Conflict"
    assert world.patch(f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 4}})[1]["spec"] == {"replicas": 4}
    code, status = world.patch(f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": -1}})
    assert (code, status["message"]) == (
        422,
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
    assert world.ask("GET", f"{DEPLOYMENTS}/web")[1]["spec"]["replicas"] == 4


def test_a_dry_run_answers_as_if_and_stores_nothing(world):
    before = world.store.revision
    made = world.make(f"{CONFIGMAPS}?dryRun=All", {"metadata": {"name": "a"}, "data": {"a": "1"}})
    assert made["metadata"]["uid"] and "resourceVersion" not in made["metadata"]
    assert world.store.revision == before
    real = world.configmap("b")
    assert world.patch(f"{CONFIGMAPS}/b?dryRun=All", {"data": {"a": "2"}})[1]["data"] == {"a": "2"}
    assert world.ask("DELETE", f"{CONFIGMAPS}/b?dryRun=All")[0] == 200
    assert world.ask("GET", f"{CONFIGMAPS}/b") == (200, real)


def test_a_binding_gives_a_pod_to_a_node_once(world):
    world.pod("p")
    body = {"target": {"kind": "Node", "name": "node-1"}}
    assert world.ask("POST", f"{PODS}/p/binding", body)[0] == 201
    pod = world.ask("GET", f"{PODS}/p")[1]
    assert pod["spec"]["nodeName"] == "node-1"
    (condition,) = pod["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["lastProbeTime"]) == ("PodScheduled", "True", None)
    code, status = world.ask("POST", f"{PODS}/p/binding", body)
    assert (code, status["message"]) == (
        409,
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-1"',
    )


# -- strictness ------------------------------------------------------------------------------------------------------

DUPLICATE = (
    b'{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"bogus":1,"metadata":{"name":"a","labels":{},"wrong":2}}'
)
COMPLAINTS = [
    'duplicate field "data.x"',
    'unknown field "bogus"',
    'duplicate field "metadata"',
    'unknown field "metadata.wrong"',
]


def test_strict_validation_names_unknown_and_duplicate_fields_in_document_order(world):
    code, status = world.ask("POST", f"{CONFIGMAPS}?fieldValidation=Strict", raw=DUPLICATE)
    expected = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ' + ", ".join(
        COMPLAINTS
    )
    assert (code, status["message"]) == (400, expected)


@pytest.mark.parametrize("query", ["", "?fieldValidation=Warn"])
def test_without_strictness_they_are_warnings(world, query):
    response = world.send("POST", CONFIGMAPS + query, raw=DUPLICATE)
    assert response.status == 201
    expected = ", ".join('299 - "' + text.replace('"', '\\"') + '"' for text in COMPLAINTS)
    assert response.headers["warning"] == expected
    assert response.json()["data"] == {"x": "2"}


def test_they_can_be_ignored(world):
    response = world.send("POST", f"{CONFIGMAPS}?fieldValidation=Ignore", raw=DUPLICATE)
    assert response.status == 201 and "warning" not in response.headers


def test_an_unknown_strictness_is_refused(world):
    code, status = world.ask("POST", f"{CONFIGMAPS}?fieldValidation=Hard", {"metadata": {"name": "a"}})
    assert (code, status["message"]) == (
        422,
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Hard": supported values: "Ignore", "Strict", "Warn"',
    )


def test_yaml_bodies_are_read_as_strictly(world):
    headers = {"content-type": "application/yaml"}
    body = b"metadata:\n  name: a\ndata:\n  x: 'y'\n  x: 'z'\nextra: 1\n"
    code, status = world.ask("POST", f"{CONFIGMAPS}?fieldValidation=Strict", raw=body, headers=headers)
    assert (code, status["message"]) == (
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n'
        '  line 5: key "x" already set in map, unknown field "extra"',
    )
    assert world.make(CONFIGMAPS, None, raw=body, headers=headers)["data"] == {"x": "z"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"spec": {"replicas": "3"}}, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"spec": {"replicas": 1.5}}, "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"spec": {"replicas": 3000000000}}, "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"spec": {"paused": "yes"}}, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool"),
        ({"spec": []}, "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
        (
            {"spec": {"template": {"spec": {"containers": {"name": "c"}}}}},
            "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
        ),
        (
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "ports": [{"containerPort": "80"}]}]}}}},
            "json: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32",
        ),
        ({"metadata": {"labels": {"a": 1}}}, "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"),
        (
            {"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "lots"}}}]}}}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_named_in_gos_words(world, body, why):
    code, status = world.ask("POST", DEPLOYMENTS, body)
    assert (code, status["message"]) == (400, f'Deployment in version "v1" cannot be handled as a Deployment: {why}')


def test_what_go_would_leave_out_is_left_out_and_quantities_get_their_canonical_form(world):
    body = {
        "metadata": {"name": "p", "labels": {}, "annotations": None},
        "spec": {
            "hostNetwork": False,
            "nodeName": "",
            "containers": [
                {"name": "c", "image": "app:v1", "env": [], "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}
            ],
        },
    }
    pod = world.make(PODS, body)
    container = pod["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"cpu": "500m", "memory": "1Gi"}
    assert "env" not in container and "hostNetwork" not in pod["spec"] and "nodeName" not in pod["spec"]
    assert "labels" not in pod["metadata"] and "annotations" not in pod["metadata"]


# -- patches ---------------------------------------------------------------------------------------------------------


def test_a_patch_names_what_it_cannot_set(world):
    world.deployment("web")
    code, status = world.patch(f"{DEPLOYMENTS}/web?fieldValidation=Strict", {"spec": {"replicsa": 3}}, "strategic")
    assert (code, status["message"]) == (
        422,
        ' "" is invalid: patch: Invalid value: "map[spec:map[replicsa:3]]": strict decoding error: unknown field "spec.replicsa"',
    )
    code, status = world.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": "three"}}, "strategic")
    assert (
        status["message"]
        == ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:three]]": unrecognized type: int32'
    )
    code, status = world.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": "three"}})
    why = "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    assert (code, status["message"].endswith(why)) == (422, True)


def test_a_patch_may_carry_a_version_of_its_own(world):
    made = world.configmap("a")
    stale = {"metadata": {"resourceVersion": "1"}, "data": {"x": "y"}}
    assert world.patch(f"{CONFIGMAPS}/a", stale)[1]["reason"] == "Conflict"
    stale["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    assert world.patch(f"{CONFIGMAPS}/a", stale)[0] == 200


def test_server_side_apply_is_not_there_yet(world):
    headers = {"content-type": "application/apply-patch+yaml"}
    code, status = world.ask("PATCH", f"{CONFIGMAPS}/a?fieldManager=x", {}, headers=headers)
    assert (code, status["reason"]) == (415, "UnsupportedMediaType")


# -- the door for components -----------------------------------------------------------------------------------------


def a_pod(name):
    spec = PodSpec(containers=[Container(name="c", image="app:v1")])
    return Pod(metadata=ObjectMeta(name=name, namespace="default"), spec=spec)


def test_components_give_and_get_structs(world):
    made = world.server.create(a_pod("p"), user="replicaset-controller")
    assert (made.spec.restartPolicy, made.status.phase) == ("Always", "Pending")
    made.metadata.labels = {"a": "b"}
    changed = world.server.update(made, user="replicaset-controller")
    assert changed.metadata.labels == {"a": "b"}
    with pytest.raises(ApiError) as conflict:
        world.server.update(made, user="replicaset-controller")
    assert conflict.value.reason == "Conflict"
    items, version = world.server.list(Pod, "default", label_selector="a=b")
    assert ([pod.metadata.name for pod in items], version) == (["p"], str(world.store.revision))


def test_a_copy_is_the_callers_own(world):
    world.server.create(a_pod("p"), user="x")
    mine = world.server.get(Pod, "p", "default")
    mine.spec.containers[0].image = "other"
    assert world.server.get(Pod, "p", "default").spec.containers[0].image == "app:v1"


def test_a_struct_round_trip_loses_nothing(world):
    """A component sees structs; what goes over HTTP keeps the empty values that Go writes."""
    world.pod("p", node="node-1")
    before = world.ask("GET", f"{PODS}/p")[1]
    pod = world.server.get(Pod, "p", "default")
    world.server.update(pod, user="kubelet")
    world.server.update(pod, user="kubelet", subresource="status")
    assert world.ask("GET", f"{PODS}/p")[1] == before


def test_a_status_update_keeps_the_spec_and_a_patch_takes_a_body(world):
    world.deployment("web")
    deployment = world.server.get(Deployment, "web", "default")
    deployment.spec.replicas = 9
    deployment.status.replicas = 2
    after = world.server.update(deployment, user="controller", subresource="status")
    assert (after.spec.replicas, after.status.replicas) == (0, 2)
    body = {"spec": {"replicas": 3}}
    assert world.server.patch(Deployment, "web", "default", body, user="x").spec.replicas == 3
    scale = world.server.patch(
        Deployment, "web", "default", {"spec": {"replicas": 4}}, user="x",
        content_type="application/merge-patch+json", subresource="scale",
    )  # fmt: skip
    assert scale["spec"] == {"replicas": 4}


def test_every_write_is_in_the_trace_and_no_refusal(world):
    world.configmap("a")
    world.server.create(ConfigMap(metadata=ObjectMeta(name="b", namespace="default")), user="some-controller")
    world.patch(f"{CONFIGMAPS}/a", {"data": {"x": "y"}})
    world.ask("DELETE", f"{CONFIGMAPS}/a", headers={"impersonate-user": "alice"})
    world.ask("DELETE", f"{CONFIGMAPS}/a")
    written = [(e.who, e.action, e.object) for e in world.trace if e.object.startswith("ConfigMap/")]
    assert written == [
        ("kubernetes-admin", "create", "ConfigMap/default/a"),
        ("some-controller", "create", "ConfigMap/default/b"),
        ("kubernetes-admin", "update", "ConfigMap/default/a"),
        ("alice", "delete", "ConfigMap/default/a"),
    ]


def test_the_bytes_in_etcd_are_the_object(world):
    made = world.configmap("a")
    assert json.loads(world.store.get("/registry/configmaps/default/a").value) == made
    world.deployment("web")
    assert world.store.get("/registry/deployments/default/web").value.startswith(
        b'{"kind":"Deployment","apiVersion":"apps/v1"'
    )


def test_the_scale_of_a_replication_controller_shows_its_selector(world):
    template = {"metadata": {"labels": {"app": "rc"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    path = "/api/v1/namespaces/default/replicationcontrollers"
    world.make(path, {"metadata": {"name": "rc"}, "spec": {"replicas": 2, "template": template}})
    scale = world.ask("GET", f"{path}/rc/scale")[1]
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 0, "selector": "app=rc"})


def test_a_deprecated_kind_warns_at_every_request(world, monkeypatch):
    strategy = world.server.registries[ConfigMap].strategy
    monkeypatch.setattr(type(strategy), "deprecated", "v1 ConfigMap is old")
    assert world.send("GET", CONFIGMAPS).headers["warning"] == '299 - "v1 ConfigMap is old"'
