"""What a Pod may say: one case a rule, with upstream's words (after pkg/apis/core/validation/validation_test.go)."""

import pytest

from tests.cluster.apiserver.strategies.recorded import create, made_pod, message_of, update

C = {"name": "c", "image": "app:v1"}
HANDLER = {"tcpSocket": {"port": 80}}


def refused(**spec):
    """Return what is said of a Pod with *spec*, without the opening words."""
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [C], **spec}}
    message = message_of(create, body)
    return message and message.removeprefix('Pod "p" is invalid: ').removeprefix("spec.")


def container(**fields):
    return {"containers": [{**C, **fields}]}


LABEL_NAME = "name part must consist of alphanumeric characters"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        # containers
        (container(name="Bad_Name"), 'containers[0].name: Invalid value: "Bad_Name": a lowercase RFC 1123 label'),
        (container(image=" app:v1"), "containers[0].image: Invalid value: \" app:v1\": must not have leading or trailing"),
        (container(imagePullPolicy="Often"), 'imagePullPolicy: Unsupported value: "Often": supported values: "Always", "If'),
        (container(terminationMessagePolicy="x"), 'terminationMessagePolicy: Unsupported value: "x": supported values: "File"'),
        (container(restartPolicy="Sometimes"), 'containers[0].restartPolicy: Unsupported value: "Sometimes"'),
        ({"initContainers": [C]}, 'initContainers[0].name: Duplicate value: "c"'),
        ({"initContainers": [{**C, "name": "i", "livenessProbe": HANDLER}]}, "may not be set for init containers without"),
        ({"ephemeralContainers": [{**C, "name": "e"}]}, "ephemeralContainers: Forbidden: cannot be set on create"),
        # ports
        (container(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]), 'ports[1].name: Duplicate value: "a"'),
        (container(ports=[{"containerPort": 1, "name": "UP"}]), "must contain only alpha-numeric characters (a-z, 0-9), and"),
        (container(ports=[{"containerPort": 1, "hostPort": 99999}]), "hostPort: Invalid value: 99999: must be between 1 and"),
        (container(ports=[{"containerPort": p, "hostPort": 5} for p in (1, 2)]), 'ports[1].hostPort: Duplicate value: "TCP//5"'),
        # environment
        (container(env=[{"name": "a=b"}]), "must consist only of printable ASCII characters other than '='"),
        (container(env=[{"name": "A", "valueFrom": {}}]), "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`"),
        (container(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]), "may not be specified when `value` is not empty"),
        (container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}}]), 'fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace"'),
        (container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.bogus"}}}]), "error converting fieldPath: field label not supported: spec.bogus"),
        (container(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.gpu"}}}]), 'resourceFieldRef.resource: Unsupported value: "limits.gpu"'),
        (container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x"}}}]), "configMapKeyRef.key: Required value"),
        (container(envFrom=[{}]), "containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"),
        # probes and hooks
        (container(livenessProbe={**HANDLER, "successThreshold": 2}), "livenessProbe.successThreshold: Invalid value: 2: must be 1"),
        (container(readinessProbe={"exec": {}}), "readinessProbe.exec.command: Required value"),
        (container(readinessProbe={**HANDLER, "periodSeconds": -1}), "periodSeconds: Invalid value: -1: must be greater than or equal to 0"),
        (container(readinessProbe={"httpGet": {"port": 0}}), "httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"),
        (container(readinessProbe={"httpGet": {"port": 80, "scheme": "ftp"}}), 'scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"'),
        (container(readinessProbe={**HANDLER, "terminationGracePeriodSeconds": 1}), "must not be set for readinessProbes"),
        (container(lifecycle={"preStop": {}}), "lifecycle.preStop: Required value: must specify a handler type"),
        (container(lifecycle={"preStop": {"sleep": {"seconds": 60}}}), "must be non-negative and less than terminationGracePeriodSeconds (30)"),
        # resources
        (container(resources={"limits": {"cpu": "-1"}}), 'resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
        (container(resources={"limits": {"example.com/gpu": "500m"}}), "must be an integer"),
        (container(resources={"requests": {"example.com/gpu": "1"}}), "resources.limits: Required value: Limit must be set for non overcommitable resources"),
        (container(resources={"limits": {"example.com/gpu": "2"}, "requests": {"example.com/gpu": "1"}}), "must be equal to example.com/gpu limit of 2"),
        (container(resources={"limits": {"hugepages-2Mi": "4Mi"}}), "HugePages require cpu or memory"),
        (container(resources={"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}}), "must be an integer multiple of page size 2Mi"),
        # volumes
        (container(volumeMounts=[{"name": "v", "mountPath": ""}]) | {"volumes": [{"name": "v"}]}, "volumeMounts[0].mountPath: Required value"),
        (container(volumeMounts=[{"name": "v", "mountPath": "/a"}] * 2) | {"volumes": [{"name": "v"}]}, 'mountPath: Invalid value: "/a": must be unique'),
        (container(volumeMounts=[{"name": "v", "mountPath": "/a", "subPath": "../x"}]) | {"volumes": [{"name": "v"}]}, "must not contain '..'"),
        ({"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]}, "hostPath: Forbidden: may not specify more than 1 volume type"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/a/../b"}}]}, "must not contain '..'"),
        ({"volumes": [{"name": "v", "configMap": {}}]}, "volumes[0].configMap.name: Required value"),
        ({"volumes": [{"name": "v", "secret": {"secretName": "x", "defaultMode": 9999}}]}, "must be a number between 0 and 0777 (octal), both inclusive"),
        ({"volumes": [{"name": "v", "configMap": {"name": "x", "items": [{"key": "k", "path": "/abs"}]}}]}, "must be a relative path"),
        ({"volumes": [{"name": "v", "persistentVolumeClaim": {}}]}, "persistentVolumeClaim.claimName: Required value"),
        ({"volumes": [{"name": "v", "downwardAPI": {"items": [{"path": "x"}]}}]}, "one of fieldRef and resourceFieldRef is required"),
        ({"serviceAccountName": "x", "volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 1}}]}}]}, "may not specify a duration less than 10 minutes"),
        # who runs it
        (container(securityContext={"runAsUser": -1}), "runAsUser: Invalid value: -1: must be between 0 and 4294967295, inclusive"),
        (container(securityContext={"seccompProfile": {"type": "Localhost"}}), "must be set when seccomp type is Localhost"),
        ({"securityContext": {"sysctls": [{"name": "Bad!", "value": "1"}]}}, "must have at most 253 characters and match regex"),
        ({"hostNetwork": True, "hostUsers": False}, "hostNetwork: Forbidden: when `hostUsers` is false"),
        # where it runs
        ({"tolerations": [{"key": "a", "operator": "Maybe"}]}, 'operator: Unsupported value: "Maybe": supported values: "Equal", "Exists"'),
        ({"tolerations": [{"operator": "Equal"}]}, "operator must be Exists when `key` is empty"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 5}]}, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
        ({"tolerations": [{"key": "a", "effect": "x"}]}, 'effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'),
        ({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}}, "nodeSelectorTerms: Required value: must have at least one node selector term"),
        ({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {}}]}}}, "topologyKey: Required value: can not be empty"),
        ({"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101, "podAffinityTerm": {"topologyKey": "z"}}]}}}, "weight: Invalid value: 101: must be in the range 1-100"),
        ({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}]}, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"),
        ({"schedulingGates": [{"name": "a"}, {"name": "a"}]}, 'schedulingGates[1]: Duplicate value: "a"'),
        ({"schedulingGates": [{"name": "a"}], "nodeName": "n"}, "nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"),
        # the rest
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
        ({"hostname": "a.b"}, 'hostname: Invalid value: "a.b": must not contain dots'),
        ({"dnsPolicy": "None"}, "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
        ({"hostAliases": [{"ip": "1.2.3"}]}, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ({"preemptionPolicy": "x"}, 'preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"'),
        ({"os": {"name": "plan9"}}, 'os.name: Unsupported value: "plan9": supported values: "linux", "windows"'),
    ],
)  # fmt: skip
def test_a_pod_that_breaks_a_rule_is_told_so(spec, words):
    assert words in refused(**spec)


@pytest.mark.parametrize(
    "spec",
    [
        container(resources={"limits": {"example.com/gpu": "1"}}),
        container(env=[{"name": "1 odd name", "value": "x"}, {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}]),
        container(ports=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 80, "hostPort": 80, "protocol": "UDP"}]),
        container(lifecycle={"preStop": {"sleep": {"seconds": 5}}, "postStart": {"exec": {"command": ["x"]}}}),
        {"initContainers": [{"name": "s", "image": "x", "restartPolicy": "Always", "readinessProbe": HANDLER}]},
        {"hostNetwork": True, **container(ports=[{"containerPort": 80}])},
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"], "searches": ["a.b.", "_x.y"]}},
        {"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}]},
        {"volumes": [{"name": "v", "image": {"reference": "x:1"}}, {"name": "c", "csi": {"driver": "d.example"}}, {"name": "n", "nfs": {"server": "s", "path": "/x"}}]},
        {"tolerations": [{"operator": "Exists"}], "nodeSelector": {"disk": "ssd"}, "hostAliases": [{"ip": "::1", "hostnames": ["a"]}]},
    ],
)  # fmt: skip
def test_a_pod_that_keeps_all_rules_is_let_in(spec):
    assert refused(**spec) is None


def test_all_causes_are_told_at_once_in_upstreams_order():
    said = refused(
        containers=[{"name": "A", "env": [{}]}], restartPolicy="x", tolerations=[{"operator": "Equal"}], hostname="-"
    )
    fields = [part.partition(":")[0].strip("[ ") for part in said.split(", spec.")]
    assert [field.removeprefix("spec.") for field in fields] == [
        "containers[0].name",
        "containers[0].image",
        "containers[0].env[0].name",
        "restartPolicy",
        "hostname",
        "tolerations[0].operator",
    ]


# -- updates -----------------------------------------------------------------------------------------------------------


def changed(pod, **spec):
    return {**pod, "spec": {**pod["spec"], **spec}}


def test_images_may_change():
    pod = made_pod()
    new = changed(pod, containers=[{**pod["spec"]["containers"][0], "image": "app:v2"}])
    assert update(new, pod)["metadata"]["generation"] == 2


def test_tolerations_may_be_added_but_not_taken_away():
    pod = made_pod(tolerations=[{"key": "a", "operator": "Exists"}])
    more = [*pod["spec"]["tolerations"], {"key": "b", "operator": "Exists"}]
    assert update(changed(pod, tolerations=more), pod)
    why = "existing toleration can not be modified except its tolerationSeconds"
    assert why in message_of(update, changed(pod, tolerations=[]), pod)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, 10, None),
        (10, 5, None),
        (10, 20, "must be less than or equal to previous value"),
        (10, None, "must not update from a positive integer to nil value"),
    ],
)
def test_the_deadline_only_comes_nearer(before, after, words):
    pod = made_pod(**({} if before is None else {"activeDeadlineSeconds": before}))
    new = changed(pod)
    new["spec"].pop("activeDeadlineSeconds", None)
    if after is not None:
        new["spec"]["activeDeadlineSeconds"] = after
    message = message_of(update, new, pod)
    assert message is None if words is None else words in message


def test_containers_are_neither_added_nor_removed():
    pod = made_pod()
    more = [*pod["spec"]["containers"], {"name": "d", "image": "x"}]
    expected = 'Pod "p" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers'
    assert message_of(update, changed(pod, containers=more), pod) == expected


def test_scheduling_gates_are_only_taken_away():
    pod = made_pod(schedulingGates=[{"name": "a"}, {"name": "b"}])
    assert update(changed(pod, schedulingGates=[{"name": "b"}]), pod)
    new = changed(pod, schedulingGates=[{"name": "c"}])
    assert "only deletion is allowed, but found new scheduling gate 'c'" in message_of(update, new, pod)


def test_a_gated_pod_may_be_told_more_precisely_where_to_go():
    pod = made_pod(schedulingGates=[{"name": "a"}], nodeSelector={"zone": "x"})
    assert update(changed(pod, nodeSelector={"zone": "x", "disk": "ssd"}), pod)
    new = changed(pod, nodeSelector={"disk": "ssd"})
    assert "only additions to spec.nodeSelector are allowed" in message_of(update, new, pod)


def test_a_write_to_status_leaves_the_spec_and_the_other_way_round():
    pod = made_pod()
    new = {**changed(pod, nodeName="n"), "status": {"phase": "Running"}}
    written = update(new, pod, status=True)
    assert written["spec"] == pod["spec"]
    assert written["status"] == {"phase": "Running", "qosClass": "BestEffort"}
    plain = update({**pod, "status": {"phase": "Failed"}}, pod)
    assert plain["status"] == pod["status"]
    assert plain["metadata"]["generation"] == 1


def test_an_ended_container_does_not_come_back_to_life():
    ended = {"name": "c", "state": {"terminated": {"exitCode": 0}}}
    pod = {**made_pod(restartPolicy="Never")}
    pod["status"] = {**pod["status"], "containerStatuses": [ended]}
    new = {**pod, "status": {**pod["status"], "containerStatuses": [{"name": "c", "state": {"running": {}}}]}}
    why = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
    assert why in message_of(update, new, pod, status=True)


def test_the_deletion_cost_must_be_a_number():
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "annotations": {"controller.kubernetes.io/pod-deletion-cost": "much"}},
        "spec": {"containers": [C]},
    }
    assert 'Invalid value: "much": must be a 32bit integer' in message_of(create, body)
