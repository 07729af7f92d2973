"""What DELETE means: at once, gracefully, when the finalizers have gone; and what becomes of dependents and namespaces."""

import json

import pytest
from lightkube.resources.core_v1 import Namespace, Pod

from tests.cluster.apiserver.conftest import CONFIGMAPS, DEPLOYMENTS, PODS


def events(stream):
    return [json.loads(line)["type"] for line in (stream.read() or b"").splitlines()]


def test_most_objects_go_at_once_and_the_answer_says_which_one_went(world):
    made = world.configmap("a")
    code, status = world.ask("DELETE", f"{CONFIGMAPS}/a")
    assert (code, status["status"], status["details"]) == (
        200,
        "Success",
        {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]},
    )
    assert world.ask("GET", f"{CONFIGMAPS}/a")[0] == 404


def test_a_running_pod_gets_its_grace_period(world):
    world.pod("p", node="node-1")
    world.clock.run(10)
    code, pod = world.ask("DELETE", f"{PODS}/p")
    assert code == 200
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 30
    assert pod["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:40Z"
    assert pod["metadata"]["generation"] == 2
    assert world.ask("GET", f"{PODS}/p")[0] == 200


def test_a_second_delete_may_only_shorten_the_grace(world):
    world.pod("p", node="node-1")
    world.ask("DELETE", f"{PODS}/p")
    longer = world.ask("DELETE", f"{PODS}/p?gracePeriodSeconds=60")[1]["metadata"]
    assert (longer["deletionGracePeriodSeconds"], longer["deletionTimestamp"]) == (30, "2026-01-01T00:00:30Z")
    shorter = world.ask("DELETE", f"{PODS}/p?gracePeriodSeconds=5")[1]["metadata"]
    assert (shorter["deletionGracePeriodSeconds"], shorter["deletionTimestamp"]) == (5, "2026-01-01T00:00:05Z")
    assert shorter["generation"] == 2
    assert world.ask("DELETE", f"{PODS}/p?gracePeriodSeconds=0")[0] == 200
    assert world.ask("GET", f"{PODS}/p")[0] == 404


@pytest.mark.parametrize(
    ("node", "phase", "query"),
    [
        pytest.param(None, None, "", id="nobody runs it"),
        pytest.param("node-1", "Succeeded", "", id="it has ended"),
        pytest.param("node-1", None, "?gracePeriodSeconds=0", id="grace 0"),
    ],
)
def test_a_pod_that_nobody_has_to_stop_goes_at_once_and_is_seen_going(world, node, phase, query):
    world.pod("p", node=node)
    if phase:
        world.patch(f"{PODS}/p/status", {"status": {"phase": phase}})
    stream = world.send("GET", f"{PODS}?watch=1&resourceVersion={world.store.revision}").stream
    code, pod = world.ask("DELETE", f"{PODS}/p{query}")
    assert (code, pod["kind"], pod["metadata"]["deletionGracePeriodSeconds"]) == (200, "Pod", 0)
    assert events(stream) == ["MODIFIED", "DELETED"]


def test_a_negative_grace_is_one_second(world):
    world.pod("p", node="node-1")
    assert world.ask("DELETE", f"{PODS}/p?gracePeriodSeconds=-5")[1]["metadata"]["deletionGracePeriodSeconds"] == 1


def test_a_finalizer_holds_the_object_until_somebody_takes_it_away(world):
    world.configmap("a", finalizers=["example.com/hold"])
    code, shown = world.ask("DELETE", f"{CONFIGMAPS}/a")
    assert (code, shown["kind"], shown["metadata"]["deletionGracePeriodSeconds"]) == (200, "ConfigMap", 0)
    code, status = world.patch(
        f"{CONFIGMAPS}/a", {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    )
    assert (code, status["message"]) == (
        422,
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is '
        'being deleted, found new finalizers []string{"example.com/more"}',
    )
    stream = world.send("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={world.store.revision}").stream
    assert world.patch(f"{CONFIGMAPS}/a", {"metadata": {"finalizers": None}})[0] == 200
    assert events(stream) == ["DELETED"]
    assert world.ask("GET", f"{CONFIGMAPS}/a")[0] == 404


@pytest.mark.parametrize(
    ("query", "finalizers", "code"),
    [
        ("?propagationPolicy=Foreground", ["foregroundDeletion"], 200),
        ("?propagationPolicy=Orphan", ["orphan"], 200),
        ("?orphanDependents=true", ["orphan"], 200),
        ("?propagationPolicy=Background", None, 200),
        ("?orphanDependents=false", None, 200),
        ("", None, 200),
    ],
)
def test_the_propagation_policy_becomes_a_finalizer_for_the_garbage_collector(world, query, finalizers, code):
    world.deployment("web")
    assert world.ask("DELETE", f"{DEPLOYMENTS}/web{query}")[0] == code
    found, obj = world.ask("GET", f"{DEPLOYMENTS}/web")
    if finalizers is None:
        assert found == 404
    else:
        assert (obj["metadata"]["finalizers"], obj["metadata"]["generation"]) == (finalizers, 2)


def test_a_later_policy_replaces_the_earlier_one(world):
    world.deployment("web")
    world.ask("DELETE", f"{DEPLOYMENTS}/web?propagationPolicy=Foreground")
    world.ask("DELETE", f"{DEPLOYMENTS}/web?propagationPolicy=Orphan")
    assert world.ask("GET", f"{DEPLOYMENTS}/web")[1]["metadata"]["finalizers"] == ["orphan"]
    world.ask("DELETE", f"{DEPLOYMENTS}/web?propagationPolicy=Background")
    assert world.ask("GET", f"{DEPLOYMENTS}/web")[0] == 404


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"propagationPolicy": "Sideways"},
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
        ),
    ],
)
def test_contradictory_options_are_refused(world, options, message):
    world.configmap("a")
    code, status = world.ask("DELETE", f"{CONFIGMAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", **options})
    assert (code, status["message"]) == (422, message)


def test_a_collection_goes_together_but_only_what_is_selected(world):
    world.configmap("a", labels={"app": "web"})
    world.configmap("b")
    world.configmap("c", labels={"app": "web"})
    code, listed = world.ask("DELETE", f"{CONFIGMAPS}?labelSelector=app%3Dweb")
    assert (code, listed["kind"], [i["metadata"]["name"] for i in listed["items"]]) == (
        200,
        "ConfigMapList",
        ["a", "c"],
    )
    assert [i["metadata"]["name"] for i in world.ask("GET", CONFIGMAPS)[1]["items"]] == ["b"]


def test_a_namespace_says_that_it_is_going_and_takes_nothing_new(world):
    world.make("/api/v1/namespaces", {"metadata": {"name": "victim"}})
    code, namespace = world.ask("DELETE", "/api/v1/namespaces/victim")
    assert (code, namespace["status"], namespace["spec"]) == (
        200,
        {"phase": "Terminating"},
        {"finalizers": ["kubernetes"]},
    )
    code, status = world.ask("POST", "/api/v1/namespaces/victim/configmaps", {"metadata": {"name": "late"}})
    assert (code, status["message"]) == (
        403,
        'configmaps "late" is forbidden: unable to create new content in namespace victim because it is being terminated',
    )
    assert status["details"]["causes"][0]["reason"] == "NamespaceTerminating"


def test_a_namespace_goes_when_its_last_finalizer_is_taken(world):
    world.make("/api/v1/namespaces", {"metadata": {"name": "victim"}})
    world.ask("DELETE", "/api/v1/namespaces/victim")
    namespace = world.ask("GET", "/api/v1/namespaces/victim")[1]
    assert world.ask("PUT", "/api/v1/namespaces/victim", {**namespace, "spec": {}})[1]["spec"] == {
        "finalizers": ["kubernetes"]
    }
    namespace = world.ask("GET", "/api/v1/namespaces/victim")[1]
    assert world.ask("PUT", "/api/v1/namespaces/victim/finalize", {**namespace, "spec": {}})[0] == 200
    assert world.ask("GET", "/api/v1/namespaces/victim")[0] == 404


def test_a_component_finalizes_a_namespace_with_a_struct(world):
    world.make("/api/v1/namespaces", {"metadata": {"name": "victim"}})
    world.server.delete(Namespace, "victim", user="x")
    namespace = world.server.get(Namespace, "victim")
    namespace.spec.finalizers = None
    world.server.update(namespace, user="namespace-controller", subresource="finalize")
    assert world.ask("GET", "/api/v1/namespaces/victim")[0] == 404


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_three_namespaces_never_go(world, name):
    code, status = world.ask("DELETE", f"/api/v1/namespaces/{name}")
    assert (code, status["message"]) == (403, f'namespaces "{name}" is forbidden: this namespace may not be deleted')


def test_an_eviction_deletes(world):
    world.pod("p", node="node-1")
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    assert world.ask("POST", f"{PODS}/p/eviction", body)[0] == 201
    assert world.ask("GET", f"{PODS}/p")[1]["metadata"]["deletionGracePeriodSeconds"] == 30


def test_a_component_deletes_only_the_object_it_meant(world):
    from k8slab.apimachinery.errors import ApiError

    world.pod("p", node="node-1")
    with pytest.raises(ApiError, match="does not match the UID in record"):
        world.server.delete(Pod, "p", "default", user="x", uid="another")
    world.server.delete(Pod, "p", "default", user="x", grace_period_seconds=0)
    with pytest.raises(ApiError) as gone:
        world.server.get(Pod, "p", "default")
    assert gone.value.reason == "NotFound"


# -- evictions and their budget --------------------------------------------------------------------------------------

PDBS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
WOULD_VIOLATE = "Cannot evict pod as it would violate the pod's disruption budget."


def guarded_pod(world, *, ready="True", observed=1, allowed=1, healthy=1):
    world.pod("p", node="node-1")
    world.patch(f"{PODS}/p", {"metadata": {"labels": {"app": "web"}}})
    conditions = [{"type": "Ready", "status": ready}]
    world.patch(f"{PODS}/p/status", {"status": {"phase": "Running", "conditions": conditions}})
    world.make(
        PDBS, {"metadata": {"name": "b"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
    )
    status = {
        "observedGeneration": observed,
        "disruptionsAllowed": allowed,
        "desiredHealthy": 1,
        "currentHealthy": healthy,
    }
    world.patch(f"{PDBS}/b/status", {"status": {**status, "expectedPods": 1}})


def test_an_eviction_is_counted_in_the_budget_at_once(world):
    guarded_pod(world)
    assert world.ask("POST", f"{PODS}/p/eviction", EVICTION)[0] == 201
    status = world.ask("GET", f"{PDBS}/b")[1]["status"]
    assert (status["disruptionsAllowed"], list(status["disruptedPods"])) == (0, ["p"])
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("DisruptionAllowed", "False", "InsufficientPods")
    ]
    pod = world.ask("GET", f"{PODS}/p")[1]
    assert pod["status"]["conditions"][-1]["reason"] == "EvictionByEvictionAPI"
    assert pod["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize(
    ("budget", "cause", "retry"),
    [
        pytest.param(
            {"allowed": 0}, "The disruption budget b needs 1 healthy pods and has 1 currently", None, id="used up"
        ),
        pytest.param(
            {"observed": 0}, "The disruption budget b is still being processed by the server.", 10, id="not counted"
        ),
        pytest.param(
            {"allowed": 0, "ready": "False", "healthy": 0},
            "The disruption budget b needs 1 healthy pods and has 0 currently",
            None,
            id="not ready, but too few others are",
        ),
    ],
)
def test_a_budget_that_is_used_up_holds_the_pod(world, budget, cause, retry):
    guarded_pod(world, **budget)
    code, status = world.ask("POST", f"{PODS}/p/eviction", EVICTION)
    assert (code, status["reason"], status["message"]) == (429, "TooManyRequests", WOULD_VIOLATE)
    assert status["details"]["causes"] == [{"reason": "DisruptionBudget", "message": cause}]
    assert status["details"].get("retryAfterSeconds") == retry
    assert "deletionTimestamp" not in world.ask("GET", f"{PODS}/p")[1]["metadata"]


def test_a_pod_that_is_not_ready_costs_nothing_while_enough_others_are(world):
    guarded_pod(world, allowed=0, ready="False", healthy=1)
    assert world.ask("POST", f"{PODS}/p/eviction", EVICTION)[0] == 201


def test_two_budgets_for_one_pod_are_one_too_many(world):
    guarded_pod(world)
    world.make(PDBS, {"metadata": {"name": "c"}, "spec": {"minAvailable": 0, "selector": {}}})
    code, status = world.ask("POST", f"{PODS}/p/eviction", EVICTION)
    assert (code, status["message"].startswith("This pod has more than one PodDisruptionBudget")) == (500, True)
