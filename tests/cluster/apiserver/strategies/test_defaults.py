"""Defaults that the recordings do not show, and what the server works out by itself."""

import pytest

from k8slab.cluster.apiserver.defaulting.pod_spec import tag_of
from k8slab.cluster.apiserver.defaulting.pod_status import qos_class
from tests.cluster.apiserver.strategies.recorded import BY_KIND, create, made_pod, workload


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"),
        ("nginx:latest", "latest"),
        ("nginx:1.27", "1.27"),
        ("registry:5000/team/app", "latest"),
        ("registry:5000/team/app:v1", "v1"),
        ("nginx@sha256:" + "a" * 64, ""),
        ("nginx:1@sha256:" + "a" * 64, "1"),
        ("UPPER", ""),
        ("", ""),
    ],
)
def test_the_tag_of_an_image_decides_when_it_is_pulled(image, tag):
    assert tag_of(image) == tag


def asks(requests=None, limits=None):
    return {"resources": {name: value for name, value in (("requests", requests), ("limits", limits)) if value}}


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([asks()], "BestEffort"),
        ([asks({"cpu": "0"})], "BestEffort"),
        ([asks({"cpu": "1"})], "Burstable"),
        ([asks(BOTH, BOTH)], "Guaranteed"),
        ([asks(BOTH, BOTH), asks()], "Burstable"),
        ([asks({"cpu": "1", "memory": "512Mi"}, BOTH)], "Burstable"),
        ([asks({"cpu": "1000m", "memory": "1024Mi"}, BOTH)], "Guaranteed"),
    ],
)
def test_the_class_of_service_follows_from_requests_and_limits(containers, expected):
    assert qos_class({"containers": containers}) == expected


def test_a_template_leaves_open_what_only_a_pod_needs():
    body = workload("Deployment")
    body["spec"]["template"]["spec"] |= {"hostNetwork": True}
    container = body["spec"]["template"]["spec"]["containers"][0]
    container |= {"resources": {"limits": {"cpu": "0.5"}}, "ports": [{"containerPort": 80}]}
    made = create(body)["spec"]["template"]["spec"]
    assert made["containers"][0]["resources"] == {"limits": {"cpu": "500m"}}
    assert made["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert "enableServiceLinks" not in made
    container = dict(container)
    pod = made_pod(hostNetwork=True, containers=[container])["spec"]
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "500m"}
    assert pod["containers"][0]["ports"][0]["hostPort"] == 80


def test_the_old_name_of_the_service_account_is_understood():
    spec = made_pod(serviceAccount="bot")["spec"]
    assert (spec["serviceAccount"], spec["serviceAccountName"]) == ("bot", "bot")


def test_match_label_keys_become_part_of_the_selector():
    constraint = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
        "matchLabelKeys": ["pod-template-hash"],
    }
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"app": "web", "pod-template-hash": "h1"}},
        "spec": {"containers": [{"name": "c", "image": "x"}], "topologySpreadConstraints": [constraint]},
    }
    (made,) = create(body)["spec"]["topologySpreadConstraints"]
    expected = [{"key": "pod-template-hash", "operator": "In", "values": ["h1"]}]
    assert made["labelSelector"]["matchExpressions"] == expected


def test_a_gated_pod_says_that_it_waits():
    status = made_pod(schedulingGates=[{"name": "a"}])["status"]
    assert [condition["reason"] for condition in status["conditions"]] == ["SchedulingGated"]


@pytest.mark.parametrize(
    ("pod", "asked", "seconds"),
    [
        pytest.param(({"nodeName": "n"}, "Running"), None, 30, id="the Pod's own"),
        pytest.param(({"nodeName": "n"}, "Running"), 5, 5, id="as asked"),
        pytest.param(({"nodeName": "n"}, "Running"), -1, 1, id="never negative"),
        pytest.param(({}, "Pending"), None, 0, id="not scheduled: nobody runs it"),
        pytest.param(({"nodeName": "n"}, "Succeeded"), 30, 0, id="ended already"),
    ],
)
def test_how_long_a_pod_gets_to_go(pod, asked, seconds):
    spec, phase = pod
    obj = {"spec": {"terminationGracePeriodSeconds": 30, **spec}, "status": {"phase": phase}}
    assert BY_KIND["Pod"].grace_period(obj, asked) == seconds


def test_defaults_are_remembered_but_never_shared():
    """Two Pods of one template are defaulted alike, and changing one leaves the other alone."""
    one, two = made_pod(), made_pod()
    assert one["spec"] == two["spec"]
    one["spec"]["containers"][0]["image"] = "changed"
    assert two["spec"]["containers"][0]["image"] == "app:v1"
    assert made_pod()["spec"]["containers"][0]["image"] == "app:v1"


def test_a_scale_is_read_from_the_selector_and_the_status():
    made = create(workload("Deployment", replicas=3))
    strategy = BY_KIND["Deployment"]
    assert strategy.replicas(made) == (3, 0, "app=web")
    assert BY_KIND["ReplicationController"].replicas(create(workload("ReplicationController"))) == (1, 0, "app=web")


def test_a_conditions_nulls_are_written_as_go_writes_them():
    pod = made_pod()
    pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    pod["status"]["containerStatuses"] = [{"name": "c", "state": {"running": {}}}]
    BY_KIND["Pod"].default(pod)
    assert pod["status"]["conditions"][0]["lastProbeTime"] is None
    assert pod["status"]["containerStatuses"][0] == {
        "name": "c",
        "state": {"running": {"startedAt": None}},
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": "",
        "imageID": "",
    }
