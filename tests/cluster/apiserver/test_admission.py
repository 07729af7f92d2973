"""Admission: what plugins add to an object, and what they refuse."""

import pytest
from lightkube.models.core_v1 import ResourceQuotaSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ResourceQuota

from tests.cluster.apiserver.conftest import PODS

POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def with_spec(**spec):
    return {**POD, "spec": {**POD["spec"], **spec}}


def test_a_pod_gets_an_account_and_its_token(world):
    spec = world.make(PODS, POD)["spec"]
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("default", "default")
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert (mount["mountPath"], mount["readOnly"]) == (TOKEN_PATH, True)
    assert spec["volumes"][0]["name"] == mount["name"] and mount["name"].startswith("kube-api-access-")


def test_a_pod_may_do_without_a_token(world):
    spec = world.make(PODS, with_spec(automountServiceAccountToken=False))["spec"]
    assert "volumes" not in spec and "volumeMounts" not in spec["containers"][0]


def test_a_mount_of_ones_own_in_that_place_stays(world):
    mount = {"name": "v", "mountPath": TOKEN_PATH}
    containers = [{"name": "c", "image": "app:v1", "volumeMounts": [mount]}]
    spec = world.make(PODS, with_spec(containers=containers, volumes=[{"name": "v", "emptyDir": {}}]))["spec"]
    assert (spec["containers"][0]["volumeMounts"], len(spec["volumes"])) == ([mount], 1)


def test_an_absent_account_is_refused(world):
    code, status = world.ask("POST", PODS, with_spec(serviceAccountName="ghost"))
    message = 'pods "p" is forbidden: error looking up service account default/ghost: serviceaccount "ghost" not found'
    assert (code, status["message"]) == (403, message)


def test_in_a_new_namespace_the_default_account_is_waited_for(world):
    world.make("/api/v1/namespaces", {"metadata": {"name": "new"}})
    assert world.ask("POST", "/api/v1/namespaces/new/pods", POD)[0] == 201
    world.clock.run(10)
    code, status = world.ask("POST", "/api/v1/namespaces/new/pods", {**POD, "metadata": {"name": "q"}})
    assert (code, status["reason"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("tolerations", "keys"),
    [
        ([], ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]),
        ([{"operator": "Exists"}], [""]),
        (
            [
                {
                    "key": "node.kubernetes.io/not-ready",
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": 1,
                }
            ],
            ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"],
        ),
    ],
)
def test_a_pod_tolerates_a_silent_node_for_five_minutes_unless_it_says_otherwise(world, tolerations, keys):
    found = world.make(PODS, with_spec(tolerations=tolerations))["spec"]["tolerations"]
    assert [toleration.get("key", "") for toleration in found] == keys
    assert found[-1].get("tolerationSeconds") == (300 if keys[-1] else None)


@pytest.mark.parametrize(
    ("name", "priority"), [("", 0), ("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)]
)
def test_a_priority_class_becomes_a_number(world, name, priority):
    spec = world.make(PODS, with_spec(**({"priorityClassName": name} if name else {})))["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (priority, "PreemptLowerPriority")


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"priorityClassName": "ghost"}, "no PriorityClass with name ghost was found"),
        (
            {"priority": 7},
            "the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
        ),
    ],
)
def test_a_priority_cannot_be_made_up(world, spec, why):
    code, status = world.ask("POST", PODS, with_spec(**spec))
    assert (code, status["message"]) == (403, f'pods "p" is forbidden: {why}')


def test_a_new_node_takes_no_pods_yet(world):
    node = world.make(
        "/api/v1/nodes", {"metadata": {"name": "n"}, "spec": {"taints": [{"key": "k", "effect": "NoExecute"}]}}
    )
    assert [(t["key"], t["effect"]) for t in node["spec"]["taints"]] == [
        ("k", "NoExecute"),
        ("node.kubernetes.io/not-ready", "NoSchedule"),
    ]


# -- quota -----------------------------------------------------------------------------------------------------------


def a_quota(world, used, **spec):
    quota = ResourceQuota(metadata=ObjectMeta(name="q", namespace="default"), spec=ResourceQuotaSpec(**spec))
    world.server.create(quota, user="x")
    if used is not None:
        body = {"status": {"hard": spec["hard"], "used": used}}
        world.patch("/api/v1/namespaces/default/resourcequotas/q/status", body)


def used(world):
    return world.ask("GET", "/api/v1/namespaces/default/resourcequotas/q")[1]["status"]["used"]


def test_what_is_stored_is_counted_at_once(world):
    a_quota(world, {"pods": "0", "requests.cpu": "0"}, hard={"pods": "2", "requests.cpu": "1"})
    resources = {"requests": {"cpu": "300m"}}
    world.make(PODS, with_spec(containers=[{"name": "c", "image": "a", "resources": resources}]))
    assert used(world) == {"pods": "1", "requests.cpu": "300m"}


def test_a_dry_run_and_a_refusal_count_nothing(world):
    a_quota(world, {"pods": "0"}, hard={"pods": "2"})
    assert world.ask("POST", f"{PODS}?dryRun=All", POD)[0] == 201
    assert world.ask("POST", PODS, with_spec(restartPolicy="Sometimes"))[0] == 422
    assert used(world) == {"pods": "0"}


@pytest.mark.parametrize(
    ("hard", "before", "spec", "why"),
    [
        pytest.param(
            {"pods": "2"},
            {"pods": "2"},
            {},
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
            id="too many",
        ),
        pytest.param(
            {"requests.cpu": "1", "pods": "9"},
            {"requests.cpu": "800m", "pods": "1"},
            {"containers": [{"name": "c", "image": "a", "resources": {"requests": {"cpu": "300m"}}}]},
            "exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=800m, limited: requests.cpu=1",
            id="only what is exceeded is named",
        ),
        pytest.param(
            {"limits.memory": "1Gi", "requests.cpu": "1"},
            {"limits.memory": "0", "requests.cpu": "0"},
            {},
            "failed quota: q: must specify limits.memory for: c; requests.cpu for: c",
            id="what is limited must be stated",
        ),
        pytest.param({"pods": "2"}, None, {}, "status unknown for quota: q, resources: pods", id="not counted yet"),
    ],
)
def test_a_quota_refuses_what_would_exceed_it(world, hard, before, spec, why):
    a_quota(world, before, hard=hard)
    code, status = world.ask("POST", PODS, with_spec(**spec))
    assert (code, status["message"]) == (403, f'pods "p" is forbidden: {why}')


@pytest.mark.parametrize(
    ("scopes", "spec", "code"),
    [
        (["BestEffort"], {}, 403),
        (["NotBestEffort"], {}, 201),
        (["Terminating"], {}, 201),
        (["Terminating"], {"activeDeadlineSeconds": 5}, 403),
        (["NotTerminating"], {}, 403),
    ],
)
def test_a_quota_with_scopes_counts_only_pods_of_that_kind(world, scopes, spec, code):
    a_quota(world, {"pods": "0"}, hard={"pods": "0"}, scopes=scopes)
    assert world.ask("POST", PODS, with_spec(**spec))[0] == code


def test_objects_are_counted_by_kind_too(world):
    a_quota(
        world,
        {"count/deployments.apps": "0", "configmaps": "0"},
        hard={"count/deployments.apps": "1", "configmaps": "0"},
    )
    world.deployment("a")
    assert used(world)["count/deployments.apps"] == "1"
    code, status = world.ask("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "c"}})
    why = "exceeded quota: q, requested: configmaps=1, used: configmaps=0, limited: configmaps=0"
    assert (code, status["message"]) == (403, f'configmaps "c" is forbidden: {why}')


# -- limit ranges ----------------------------------------------------------------------------------------------------

LIMITS = {
    "type": "Container",
    "default": {"cpu": "500m"},
    "defaultRequest": {"cpu": "100m"},
    "min": {"cpu": "50m"},
    "max": {"cpu": "1"},
    "maxLimitRequestRatio": {"cpu": "8"},
}


def a_limit_range(world, *limits):
    path = "/api/v1/namespaces/default/limitranges"
    world.make(path, {"metadata": {"name": "l"}, "spec": {"limits": list(limits)}})


def test_containers_that_say_nothing_get_the_namespaces_defaults(world):
    a_limit_range(world, LIMITS)
    pod = world.make(PODS, POD)
    assert pod["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "500m"}, "requests": {"cpu": "100m"}}
    note = "LimitRanger plugin set: cpu request for container c; cpu limit for container c"
    assert pod["metadata"]["annotations"] == {"kubernetes.io/limit-ranger": note}


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        ({"limits": {"cpu": "4"}}, "maximum cpu usage per Container is 1, but limit is 4"),
        (
            {"requests": {"cpu": "10m"}},
            "[minimum cpu usage per Container is 50m, but request is 10m, "
            "cpu max limit to request ratio per Container is 8, but provided ratio is 50.000000]",
        ),
    ],
)
def test_nobody_may_ask_for_too_little_or_too_much(world, resources, why):
    a_limit_range(world, LIMITS)
    code, status = world.ask("POST", PODS, with_spec(containers=[{"name": "c", "image": "a", "resources": resources}]))
    assert (code, status["message"]) == (403, f'pods "p" is forbidden: {why}')


def test_a_whole_pod_may_be_bounded_too(world):
    a_limit_range(world, {"type": "Pod", "max": {"memory": "1Gi"}})
    containers = [{"name": n, "image": "a", "resources": {"limits": {"memory": "600Mi"}}} for n in "ab"]
    code, status = world.ask("POST", PODS, with_spec(containers=containers))
    why = "maximum memory usage per Pod is 1Gi, but limit is 1200Mi"
    assert (code, status["message"]) == (403, f'pods "p" is forbidden: {why}')
