"""Descriptions. Layouts are kubectl 1.36's; the recordings of a real cluster check more of them (tests/golden)."""

import pytest

from k8slab.cli.kubectl.describe.generic import label_for
from k8slab.cli.kubectl.describe.node import effective
from k8slab.cli.kubectl.describe.pod import qos_class
from k8slab.cli.kubectl.describe.pod_template import describe_probe, tolerations

POD = {
    "metadata": {"name": "p", "labels": {"app": "x"}, "annotations": {"note": "a\nb"}},
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "app:v1",
                "command": ["sh", "-c", "sleep 1"],
                "ports": [{"containerPort": 80, "name": "http"}],
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                ],
                "resources": {"requests": {"cpu": "0.1"}},
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
            }
        ],
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
}
DESCRIBED = """\
Name:             p
Namespace:        default
Priority:         0
Service Account:  default
Node:             <none>
Labels:           app=x
Annotations:      note:
                    a
                    b
Status:           Pending
IP:               
IPs:              <none>
Containers:
  c:
    Image:      app:v1
    Port:       80/TCP (http)
    Host Port:  0/TCP (http)
    Command:
      sh
      -c
      sleep 1
    Requests:
      cpu:  100m
    Environment:
      A:  1
      N:  p (v1:metadata.name)
      K:  <set to the key 'k' in secret 's'>  Optional: false
    Mounts:
      /v from v (rw)
Volumes:
  v:
    Type:        EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:      
    SizeLimit:   <unset>
QoS Class:       Burstable
Node-Selectors:  <none>
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                 node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
Events:          <none>
"""


def test_a_pod(terminal):
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    terminal.api("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    terminal.api("POST", "/api/v1/namespaces/default/pods", POD)
    assert terminal("describe", "pod", "p").stdout == DESCRIBED
    assert terminal("describe", "pod/p", "--show-events=false").stdout == DESCRIBED.removesuffix(
        "Events:          <none>\n"
    )


def test_events_stand_at_the_end_with_their_ages(terminal):
    cm = terminal.api("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "k"}})
    about = {"kind": "ConfigMap", "name": "k", "namespace": "default", "uid": cm["metadata"]["uid"], "apiVersion": "v1"}
    for number, more in enumerate(({}, {"count": 3, "lastTimestamp": "2026-01-01T00:01:00Z"})):
        terminal.api("POST", "/api/v1/namespaces/default/events", {
            "metadata": {"name": f"k.{number}"}, "involvedObject": about, "type": "Normal", "reason": f"R{number}",
            "message": " said \n", "source": {"component": "lab"}, "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:00:00Z", **more,
        })  # fmt: skip
    terminal.clock.run(90)
    assert terminal("describe", "cm", "k").stdout.endswith(
        "Events:\n"
        "  Type    Reason  Age                From  Message\n"
        "  ----    ------  ----               ----  -------\n"
        "  Normal  R0      90s                lab   said\n"
        "  Normal  R1      30s (x3 over 90s)  lab   said\n"
    )
    assert terminal("events", "--for=cm/k").stdout == (
        "LAST SEEN           TYPE     REASON   OBJECT        MESSAGE\n"
        "90s                 Normal   R0       ConfigMap/k   said\n"
        "30s (x3 over 90s)   Normal   R1       ConfigMap/k   said\n"
    )
    assert terminal("events", "--types=Warning").stderr == "No events found in default namespace.\n"


def test_a_namespace_with_its_quota(terminal):
    terminal("create", "quota", "q", "--hard=pods=2")
    assert terminal("describe", "ns", "default").stdout == (
        "Name:         default\nLabels:       kubernetes.io/metadata.name=default\nAnnotations:  <none>\n"
        "Status:       Active\n\nResource Quotas\n  Name:     q\n  Resource  Used  Hard\n  --------  ---   ---\n\n"
        "No LimitRange resource.\n"
    )


def test_a_secret_shows_sizes_and_a_config_map_its_text(terminal):
    terminal("create", "secret", "generic", "s", "--from-literal=p=secret")
    assert terminal("describe", "secret", "s").stdout.endswith("\nType:  Opaque\n\nData\n====\np:  6 bytes\n")
    terminal("create", "cm", "k", "--from-literal=a=x")
    assert "\nData\n====\na:\n----\nx\n\n\nBinaryData\n====\n\n" in terminal("describe", "cm", "k").stdout


def test_several_are_parted_and_a_name_may_be_a_beginning(terminal):
    terminal("create", "sa", "bot-1")
    terminal("create", "sa", "bot-2")
    both = terminal("describe", "sa", "bot").stdout
    assert both.count("Image pull secrets:  <none>\n") == 2
    assert "Events:              <none>\n\n\nName:                bot-2\n" in both
    assert (
        terminal("describe", "sa", "nope").stderr == 'Error from server (NotFound): serviceaccounts "nope" not found\n'
    )
    assert terminal("describe", "pods").stderr == "No resources found in default namespace.\n"


def test_any_other_kind_is_described_field_by_field(terminal):
    terminal.api("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}})  # fmt: skip
    out = terminal("describe", "lease", "l").stdout
    assert out.startswith("Name:         l\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n")
    assert "\nAPI Version:  coordination.k8s.io/v1\nKind:         Lease\n" in out
    assert "\nSpec:\n  Holder Identity:  me\n" in out


@pytest.mark.parametrize(
    ("field", "label"),
    [("creationTimestamp", "Creation Timestamp"), ("uid", "UID"), ("apiVersion", "API Version"), ("f:x", "f:x")],
)
def test_a_fields_name_becomes_words(field, label):
    assert label_for(field) == label


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        ({"exec": {"command": ["a", "b"]}, "periodSeconds": 10}, "exec [a b] delay=0s timeout=0s period=10s #success=0 #failure=0"),
        (
            {"httpGet": {"path": "/h", "port": "http", "scheme": "HTTP"}, "timeoutSeconds": 1},
            "http-get http://:http/h delay=0s timeout=1s period=0s #success=0 #failure=0",
        ),
        ({"tcpSocket": {"port": 80}}, "tcp-socket :80 delay=0s timeout=0s period=0s #success=0 #failure=0"),
    ],
)  # fmt: skip
def test_a_probe_on_one_line(probe, text):
    assert describe_probe(probe) == text


def test_tolerations_are_sorted_and_may_tolerate_everything():
    assert tolerations([{"key": "b", "value": "v", "effect": "NoSchedule"}, {"operator": "Exists"}]) == [
        "op=Exists",
        "b=v:NoSchedule",
    ]


def container(requests=None, limits=None, **more):
    return {"name": "c", "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([container()], "BestEffort"),
        ([container({"cpu": "1"})], "Burstable"),
        ([container({"cpu": "1", "memory": "1Gi"}, {"cpu": "1000m", "memory": "1Gi"})], "Guaranteed"),
        ([container({"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"}), container()], "Burstable"),
    ],
)
def test_quality_of_service(containers, expected):
    assert qos_class({"containers": containers}) == expected


def test_a_pod_asks_for_its_containers_together_or_for_its_largest_start():
    spec = {
        "containers": [container({"cpu": "100m"}), container({"cpu": "100m"})],
        "initContainers": [container({"cpu": "50m"}, restartPolicy="Always"), container({"cpu": "300m"})],
    }
    assert str(effective({"spec": spec}, "requests")["cpu"]) == "350m"
