"""Workloads, Services, storage, quotas, nodes: rules and immutable fields beyond the recorded ones."""

import copy

import pytest

from k8slab.cluster.apiserver.strategies.deployment import DeploymentStrategy
from tests.cluster.apiserver.strategies.recorded import create, message_of, update, workload


def changed(obj, **spec):
    new = copy.deepcopy(obj)
    new["spec"].update(spec)
    return new


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (workload("Deployment", strategy={"rollingUpdate": {"maxUnavailable": "0%", "maxSurge": 0}}), "maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"),
        (workload("Deployment", minReadySeconds=-1), "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"),
        (workload("ReplicaSet", replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (workload("StatefulSet", selector={}), "empty selector is invalid for statefulset"),
        (workload("StatefulSet", updateStrategy={"type": "Often"}), "must be 'RollingUpdate' or 'OnDelete'"),
        (workload("StatefulSet", updateStrategy={"rollingUpdate": {"partition": -1}}), "rollingUpdate.partition: Invalid value: -1"),
        (workload("DaemonSet", updateStrategy={"rollingUpdate": {"maxUnavailable": 0}}), "maxUnavailable: Required value: cannot be 0 when maxSurge is 0"),
        (workload("ReplicationController", selector={"app": "x"}), "`selector` does not match template `labels`"),
    ],
)  # fmt: skip
def test_a_workload_that_breaks_a_rule_is_told_so(body, words):
    assert words in message_of(create, body)


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet"])
def test_the_selector_never_changes(kind):
    made = create(workload(kind))
    new = changed(made, selector={"matchLabels": {"app": "x"}})
    new["spec"]["template"]["metadata"]["labels"] = {"app": "x"}
    assert message_of(update, new, made).endswith(
        'is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable'
    )


def test_a_claim_template_of_a_stateful_set_may_be_mounted_and_never_changes():
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    body = workload("StatefulSet", volumeClaimTemplates=[claim])
    body["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/d"}]
    made = create(body)
    assert made["spec"]["volumeClaimTemplates"][0]["status"] == {"phase": "Pending"}
    new = copy.deepcopy(made)
    new["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] = "2Gi"
    assert "updates to statefulset spec for fields other than 'replicas', 'ordinals'" in message_of(update, new, made)
    assert update(changed(made, replicas=5), made)["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        (lambda obj: obj["metadata"].update(labels={"a": "b"}), 1),
        (lambda obj: obj["metadata"].update(annotations={"a": "b"}), 2),
        (lambda obj: obj["spec"].update(replicas=1), 1),
        (lambda obj: obj["spec"].update(replicas=7), 2),
        (lambda obj: obj.update(status={"replicas": 3}), 1),
    ],
)
def test_what_counts_as_a_new_generation_of_a_deployment(change, generation):
    made = create(workload("Deployment"))
    new = copy.deepcopy(made)
    change(new)
    assert update(new, made)["metadata"]["generation"] == generation


def test_a_status_with_more_available_than_there_are_replicas_is_refused():
    made = create(workload("ReplicaSet"))
    new = {**made, "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 2}}
    message = message_of(update, new, made, status=True)
    assert "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas" in message


def test_a_deployment_may_await_replicas_that_are_not_made_yet():
    made = create(workload("Deployment"))
    status = {"replicas": 3, "unavailableReplicas": 4, "readyReplicas": 1, "availableReplicas": 1}
    assert update({**made, "status": status}, made, status=True)["status"] == status


def test_jobs_freeze_their_completions_unless_indexed_and_elastic():
    body = workload("Job", completions=3, parallelism=3, completionMode="Indexed")
    del body["spec"]["selector"]
    body["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    made = create(body)
    assert update(changed(made, completions=5, parallelism=5), made)
    assert "spec.completions: Invalid value: 4: field is immutable" in message_of(
        update, changed(made, completions=4), made
    )


def test_a_suspended_job_may_still_be_told_where_to_run():
    body = workload("Job", suspend=True)
    del body["spec"]["selector"]
    body["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    made = create(body)
    new = copy.deepcopy(made)
    new["spec"]["template"]["spec"]["nodeSelector"] = {"a": "b"}
    assert message_of(update, new, made) is None
    running = {**made, "status": {"startTime": "2026-01-01T00:00:00Z"}}
    assert "spec.template: Invalid value:" in message_of(update, new, running)


# -- configuration -----------------------------------------------------------------------------------------------------


def config(kind, **fields):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "c"}, **fields}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (config("ConfigMap", data={"a b": "1"}), "data[a b]: Invalid value: \"a b\": a valid config key must consist of"),
        (config("ConfigMap", data={"a": "1"}, binaryData={"a": "MQ=="}), "duplicate of key present in binaryData"),
        (config("ConfigMap", data={"a": "x" * 2**20, "b": "y"}), "Too long: may not be more than 1048576 bytes"),
        (config("Secret", type="kubernetes.io/basic-auth"), "[data[username]: Required value, data[password]: Required value]"),
        (config("Secret", type="kubernetes.io/dockerconfigjson", data={}), "data[.dockerconfigjson]: Required value"),
        (config("ResourceQuota", spec={"hard": {"gpus": "1"}}), "must be a standard resource for quota"),
        (config("ResourceQuota", spec={"hard": {"pods": "1.5"}}), "spec.hard[pods]: Invalid value: \"1500m\": must be an integer"),
        (config("ResourceQuota", spec={"scopes": ["BestEffort", "NotBestEffort"]}), "conflicting scopes"),
        (config("LimitRange", spec={"limits": [{"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}]}), "min value 2 is greater than max value 1"),
        (config("PersistentVolumeClaim", spec={}), "spec.accessModes: Required value: at least 1 access mode is required"),
        (config("PersistentVolume", spec={"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}), "spec: Required value: must specify a volume type"),
        (config("Node", spec={"taints": [{"key": "a", "effect": "x"}]}), 'effect: Unsupported value: "x": supported values: "NoSchedule"'),
        (config("Node", spec={"taints": [{"key": "a", "effect": "NoSchedule"}] * 2}), "taints must be unique by key and effect pair"),
    ],
)  # fmt: skip
def test_other_kinds_have_their_rules_too(body, words):
    assert words in message_of(create, body)


def test_an_immutable_configmap_stays_as_it_is():
    made = create(config("ConfigMap", data={"a": "1"}, immutable=True))
    why = "field is immutable when `immutable` is set"
    assert why in message_of(update, {**made, "data": {"a": "2"}}, made)
    mutable = {key: value for key, value in made.items() if key != "immutable"}
    assert f"immutable: Forbidden: {why}" in message_of(update, mutable, made)


def test_a_claim_changes_only_when_bound_and_only_upwards():
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    made = create(config("PersistentVolumeClaim", spec=spec))
    bigger, smaller = (changed(made, resources={"requests": {"storage": size}}) for size in ("3Gi", "1Gi"))
    assert "spec is immutable after creation except" in message_of(update, bigger, made)
    bound = {**made, "status": {"phase": "Bound"}}
    assert message_of(update, bigger, bound) is None
    assert "field can not be less than" in message_of(update, smaller, bound)
    assert message_of(update, changed(made, volumeName="pv-1"), made) is None


def test_a_node_may_be_cordoned_and_tainted_and_no_more():
    made = create(config("Node"))
    assert (
        message_of(update, changed(made, unschedulable=True, taints=[{"key": "a", "effect": "NoSchedule"}]), made)
        is None
    )
    assert "node updates may only change labels, taints, or capacity" in message_of(
        update, changed(made, externalID="x"), made
    )


def test_finalizers_cannot_be_added_to_what_is_going():
    made = create(config("ConfigMap"))
    going = {**made, "metadata": {**made["metadata"], "deletionTimestamp": "t", "finalizers": ["a/b"]}}
    new = {**going, "metadata": {**going["metadata"], "finalizers": ["a/b", "c/d"]}}
    assert 'found new finalizers []string{"c/d"}' in message_of(update, new, going)


# -- services ----------------------------------------------------------------------------------------------------------


def service(**spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}], **spec},
    }


def test_a_service_keeps_its_address_and_ports_through_updates():
    made = create(service(type="NodePort"))
    port, address = made["spec"]["ports"][0]["nodePort"], made["spec"]["clusterIP"]
    assert port in range(30000, 32768)
    new = service(type="NodePort")
    new["metadata"] = made["metadata"]
    kept = update(new, made)["spec"]
    assert (kept["clusterIP"], kept["clusterIPs"], kept["ports"][0]["nodePort"]) == (address, [address], port)


def test_a_service_that_changes_its_type_loses_what_only_the_old_one_had():
    made = create(service(type="LoadBalancer"))
    plain = update(changed(made, type="ClusterIP"), made)["spec"]
    assert "nodePort" not in plain["ports"][0]
    assert "externalTrafficPolicy" not in plain
    assert "allocateLoadBalancerNodePorts" not in plain
    outside = update(changed(made, type="ExternalName", externalName="x.example"), made)["spec"]
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & outside.keys()


def test_an_address_once_given_does_not_change():
    made = create(service())
    message = message_of(update, changed(made, clusterIP="10.96.7.7"), made)
    assert 'spec.clusterIPs[0]: Invalid value: ["10.96.7.7"]: may not change once set' in message


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_warnings_name_what_is_most_likely_a_mistake():
    body = workload("Deployment")
    pod = body["spec"]["template"]["spec"]
    pod["nodeSelector"] = {"beta.kubernetes.io/os": "linux"}
    pod["terminationGracePeriodSeconds"] = -1
    pod["containers"][0] |= {
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "A", "value": "$(A)3"}],
        "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}],
        "resources": {"requests": {"memory": "100m"}},
    }
    body["metadata"]["name"] = "has.dot"
    made = create(body)
    path = "spec.template.spec"
    assert DeploymentStrategy().warnings(made) == [
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
        "a DNS label is recommended: [must not contain dots]",
        f'{path}.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        f'{path}.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
        f'{path}.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
        f"{path}.containers[0].ports[1]: duplicate port definition with {path}.containers[0].ports[0]",
        f"{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
    ]
    assert DeploymentStrategy().warnings_on_update(changed(made, replicas=2), made) == []
