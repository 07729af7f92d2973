"""The HTTP door itself: paths, methods, forms of answers, discovery, health, and what is passed on to a kubelet."""

import json

import pytest
import yaml

from k8slab.sim.http import Response
from tests.cluster.apiserver.conftest import CONFIGMAPS, DEPLOYMENTS, PODS

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
NO_RESOURCE = "the server could not find the requested resource"
NO_METHOD = "the server does not allow this method on the requested resource"


@pytest.mark.parametrize(
    ("method", "path", "code", "message"),
    [
        ("GET", "/api/v1/nosuch", 404, NO_RESOURCE),
        ("GET", "/api/v1/namespaces/default/nodes", 404, NO_RESOURCE),
        ("GET", "/api/v1/pods/p", 404, NO_RESOURCE),
        ("GET", f"{CONFIGMAPS}/a/status", 404, NO_RESOURCE),
        ("GET", f"{CONFIGMAPS}/a/b/c", 404, NO_RESOURCE),
        ("POST", "/api/v1/pods", 405, NO_METHOD),
        ("POST", f"{CONFIGMAPS}/a", 405, NO_METHOD),
        ("PUT", CONFIGMAPS, 405, NO_METHOD),
        ("PATCH", CONFIGMAPS, 405, NO_METHOD),
        ("BREW", CONFIGMAPS, 405, NO_METHOD),
        ("POST", "/version", 405, NO_METHOD),
        ("GET", f"{CONFIGMAPS}/absent", 404, 'configmaps "absent" not found'),
    ],
)
def test_paths_and_methods_that_lead_nowhere(world, method, path, code, message):
    answer = world.ask(method, path)
    assert (answer[0], answer[1]["message"]) == (code, message)


@pytest.mark.parametrize(
    "path", ["/nosuch", "/apis/nosuch.io", "/apis/nosuch.io/v1/things", "/apis/apps/v9", "/openapi/v2"]
)
def test_a_path_that_nobody_serves_gets_plain_text(world, path):
    response = world.send("GET", path)
    assert (response.status, response.body) == (404, b"404 page not found\n")


# -- forms -----------------------------------------------------------------------------------------------------------


def test_a_table_has_the_columns_of_the_kind_and_metadata_for_each_row(world):
    world.configmap("a")
    world.clock.run(75)
    code, table = world.ask("GET", CONFIGMAPS, headers=TABLE)
    assert (code, table["kind"], table["apiVersion"]) == (200, "Table", "meta.k8s.io/v1")
    assert [(c["name"], c["type"], c["format"], c["priority"]) for c in table["columnDefinitions"]] == [
        ("Name", "string", "name", 0),
        ("Data", "string", "", 0),
        ("Age", "string", "", 0),
    ]
    (row,) = table["rows"]
    assert row["cells"] == ["a", 1, "75s"]
    assert (row["object"]["kind"], sorted(row["object"])) == (
        "PartialObjectMetadata",
        ["apiVersion", "kind", "metadata"],
    )


@pytest.mark.parametrize(
    ("include", "shown"), [("None", None), ("Object", "ConfigMap"), ("Metadata", "PartialObjectMetadata")]
)
def test_the_rows_show_as_much_of_the_object_as_is_asked_for(world, include, shown):
    world.configmap("a")
    table = world.ask("GET", f"{CONFIGMAPS}/a?includeObject={include}", headers=TABLE)[1]
    assert table["rows"][0].get("object", {}).get("kind") == shown


def test_an_unknown_include_is_refused_and_errors_are_never_tables(world):
    code, status = world.ask("GET", f"{CONFIGMAPS}?includeObject=Some", headers=TABLE)
    assert (code, status["message"]) == (400, 'unrecognized includeObject value: "Some"')
    assert world.ask("GET", f"{CONFIGMAPS}/absent", headers=TABLE)[1]["kind"] == "Status"


def test_answers_come_as_yaml_or_for_human_eyes(world):
    world.configmap("a")
    response = world.send("GET", f"{CONFIGMAPS}/a", headers={"accept": "application/yaml"})
    assert response.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(response.body)["data"] == {"a": "1"}
    for headers, query in (({"user-agent": "curl/8"}, ""), ({}, "?pretty=true")):
        assert world.send("GET", f"{CONFIGMAPS}/a{query}", headers=headers).body.startswith(b'{\n  "kind": "ConfigMap"')


@pytest.mark.parametrize(
    "accept", ["text/html", "application/vnd.kubernetes.protobuf", "application/json;as=Poem;v=v1;g=meta.k8s.io"]
)
def test_a_form_that_the_server_cannot_write_is_refused(world, accept):
    code, status = world.ask("GET", CONFIGMAPS, headers={"accept": accept})
    assert (code, status["reason"]) == (406, "NotAcceptable")


def test_metadata_alone_may_be_asked_for(world):
    world.configmap("a")
    accept = {"accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
    listed = world.ask("GET", CONFIGMAPS, headers=accept)[1]
    assert (listed["kind"], [sorted(item) for item in listed["items"]]) == (
        "PartialObjectMetadataList",
        [["apiVersion", "kind", "metadata"]],
    )


# -- discovery -------------------------------------------------------------------------------------------------------


def test_discovery_names_every_kind_with_its_verbs(world):
    resources = {r["name"]: r for r in world.ask("GET", "/apis/apps/v1")[1]["resources"]}
    assert resources["deployments"]["shortNames"] == ["deploy"]
    assert resources["deployments"]["singularName"] == "deployment"
    assert resources["deployments/scale"] == {
        "name": "deployments/scale",
        "singularName": "",
        "namespaced": True,
        "group": "autoscaling",
        "version": "v1",
        "kind": "Scale",
        "verbs": ["get", "patch", "update"],
    }
    core = {r["name"]: r["namespaced"] for r in world.ask("GET", "/api/v1")[1]["resources"]}
    assert (core["pods"], core["nodes"], core["namespaces"]) == (True, False, False)
    assert core["pods/log"]


def test_the_groups_lead_to_the_resources(world):
    assert world.ask("GET", "/api")[1]["versions"] == ["v1"]
    groups = [group["name"] for group in world.ask("GET", "/apis")[1]["groups"]]
    assert "apps" in groups and "" not in groups
    assert world.ask("GET", "/apis/apps")[1]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert f"v1.{world.ask('GET', '/version')[1]['minor']}." in world.ask("GET", "/version")[1]["gitVersion"]


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_kubectl_gets_everything_in_one_document(world, version):
    accept = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList,application/json"
    response = world.send("GET", "/apis", headers={"accept": accept})
    document = response.json()
    assert (
        response.headers["content-type"]
        == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    )
    assert (document["kind"], document["apiVersion"]) == ("APIGroupDiscoveryList", f"apidiscovery.k8s.io/{version}")
    apps = next(item for item in document["items"] if item["metadata"]["name"] == "apps")
    deployments = next(r for r in apps["versions"][0]["resources"] if r["resource"] == "deployments")
    assert deployments["responseKind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert [sub["subresource"] for sub in deployments["subresources"]] == ["scale", "status"]
    core = world.ask("GET", "/api", headers={"accept": accept})[1]["items"]
    assert [item["metadata"] for item in core] == [{}]


def test_openapi_tells_kubectl_that_the_server_validates(world):
    paths = world.ask("GET", "/openapi/v3")[1]["paths"]
    document = world.ask("GET", paths["apis/apps/v1"]["serverRelativeURL"])[1]
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/readyz/etcd"])
def test_the_server_is_well(world, path):
    response = world.send("GET", path)
    assert (response.status, response.body) == (200, b"ok")


def test_the_server_says_what_it_looked_at(world):
    assert world.send("GET", "/readyz?verbose").body.endswith(
        b"[+]etcd ok\n"
        b"[+]poststarthook/start-apiextensions-informers ok\n[+]poststarthook/rbac/bootstrap-roles ok\nreadyz check passed\n"
    )


# -- what the kubelet answers ----------------------------------------------------------------------------------------


def test_logs_are_asked_of_the_kubelet_of_the_pods_node(world):
    asked = []

    def kubelet(request):
        asked.append(request.target)
        return Response(200, {"content-type": "text/plain"}, b"hello\n")

    world.pod("p", node="node-1")
    world.server.kubelets["node-1"] = kubelet
    assert world.send("GET", f"{PODS}/p/log?tailLines=5").body == b"hello\n"
    assert asked == ["/containerLogs/default/p/c?tailLines=5"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "",
            400,
            "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]",
        ),
        ("?container=x", 400, "container x is not valid for pod p"),
        (
            "?container=a",
            500,
            'Get "https://node-1:10250/containerLogs/default/p/a": dial tcp: connect: connection refused',
        ),
    ],
)
def test_a_log_that_nobody_can_give(world, query, code, message):
    containers = [{"name": name, "image": "app:v1"} for name in "ab"]
    world.pod("p", node="node-1", containers=containers, initContainers=[{"name": "i", "image": "app:v1"}])
    answer = world.ask("GET", f"{PODS}/p/log{query}")
    assert (answer[0], answer[1]["message"]) == (code, message)


def test_a_pod_without_a_node_has_said_nothing(world):
    world.pod("p")
    response = world.send("GET", f"{PODS}/p/log")
    assert (response.status, response.body) == (200, b"")


def test_a_body_that_is_too_large_is_refused(world):
    code, status = world.ask("POST", CONFIGMAPS, raw=b"x" * (3 * 1024 * 1024 + 1))
    assert (code, status["reason"]) == (413, "RequestEntityTooLarge")


def test_the_same_seed_gives_the_same_bytes():
    from tests.cluster.apiserver.conftest import World

    def answers():
        world = World()
        world.deployment("web")
        made = [
            world.pod("a"),
            world.make(
                PODS, {"metadata": {"generateName": "x-"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
            ),
        ]
        return json.dumps([made, world.ask("GET", DEPLOYMENTS), world.ask("GET", "/apis")]), world.trace.text()

    assert answers() == answers()
