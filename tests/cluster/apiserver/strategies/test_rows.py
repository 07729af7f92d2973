"""Table cells: what `kubectl get` shows (after pkg/printers/internalversion/printers_test.go and the recordings)."""

import datetime as dt

import pytest

from tests.cluster.apiserver.strategies.recorded import BY_KIND, create, recording, workload

NOW = dt.datetime(2026, 1, 1, 0, 1, tzinfo=dt.UTC)
RUNNING = {"state": {"running": {}}, "ready": True}


def pod(status=None, deleted=False, init=(), containers=("c",), **spec):
    metadata = {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"}
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:30Z"
    spec |= {"containers": [{"name": name} for name in containers], "initContainers": list(init)}
    return {"metadata": metadata, "spec": spec, "status": status or {"phase": "Pending"}}


def status(phase, *containers, init=(), conditions=(), **more):
    named = [{"name": "c", "restartCount": 0, **container} for container in containers]
    return {
        "phase": phase,
        "containerStatuses": named,
        "initContainerStatuses": list(init),
        "conditions": list(conditions),
        **more,
    }


def waiting(reason, **more):
    return {"state": {"waiting": {"reason": reason}}, **more}


def ended(code=0, reason="", signal=0, **more):
    return {"state": {"terminated": {"exitCode": code, "reason": reason, "signal": signal}}, **more}


CRASHED = {"restartCount": 3, "lastState": {"terminated": {"finishedAt": "2026-01-01T00:00:40Z"}}}
INIT = [{"name": "i1"}, {"name": "i2"}]
INITIALIZED = {"type": "Initialized", "status": "True"}


@pytest.mark.parametrize(
    ("shown", "cells"),
    [
        (pod(), ["0/1", "Pending", "0"]),
        (pod(status("Pending", waiting("ContainerCreating"))), ["0/1", "ContainerCreating", "0"]),
        (pod(status("Pending", waiting("ImagePullBackOff"))), ["0/1", "ImagePullBackOff", "0"]),
        (pod(status("Running", RUNNING)), ["1/1", "Running", "0"]),
        (pod(status("Running", {**RUNNING, "ready": False})), ["0/1", "Running", "0"]),
        (pod(status("Running", waiting("CrashLoopBackOff", **CRASHED))), ["0/1", "CrashLoopBackOff", "3 (20s ago)"]),
        (pod(status("Running", {**RUNNING, **CRASHED})), ["1/1", "Running", "3 (20s ago)"]),
        (pod(status("Running", {**RUNNING, "restartCount": 2})), ["1/1", "Running", "2"]),
        (pod(status("Succeeded", ended(0, "Completed"))), ["0/1", "Completed", "0"]),
        (pod(status("Failed", ended(1, "Error"))), ["0/1", "Error", "0"]),
        (pod(status("Failed", ended(137, "OOMKilled"))), ["0/1", "OOMKilled", "0"]),
        (pod(status("Failed", ended(7))), ["0/1", "ExitCode:7", "0"]),
        (pod(status("Failed", ended(0, signal=9))), ["0/1", "Signal:9", "0"]),
        (pod(status("Failed", reason="Evicted")), ["0/1", "Evicted", "0"]),
        (pod(status("Running", RUNNING), deleted=True), ["1/1", "Terminating", "0"]),
        (pod(status("Succeeded", ended(0, "Completed")), deleted=True), ["0/1", "Completed", "0"]),
        (pod(status("Running", RUNNING, reason="NodeLost"), deleted=True), ["1/1", "Unknown", "0"]),
        (pod(status("Pending", conditions=[{"type": "PodScheduled", "reason": "SchedulingGated"}])), ["0/1", "SchedulingGated", "0"]),
        (pod(status("Pending", init=[{"name": "i1", **waiting("PodInitializing")}]), init=INIT), ["0/1", "Init:0/2", "0"]),
        (pod(status("Pending", init=[{"name": "i1", **ended()}, {"name": "i2", "state": {"running": {}}}]), init=INIT), ["0/1", "Init:1/2", "0"]),
        (pod(status("Pending", init=[{"name": "i1", **ended(1, "Error")}]), init=INIT), ["0/1", "Init:Error", "0"]),
        (pod(status("Pending", init=[{"name": "i1", **ended(2)}]), init=INIT), ["0/1", "Init:ExitCode:2", "0"]),
        (pod(status("Pending", init=[{"name": "i1", **waiting("CrashLoopBackOff", **CRASHED)}]), init=INIT), ["0/1", "Init:CrashLoopBackOff", "3 (20s ago)"]),
        (
            pod(
                status("Running", RUNNING, init=[{"name": "s", "started": True, "ready": True, "restartCount": 1}], conditions=[INITIALIZED]),
                init=[{"name": "s", "restartPolicy": "Always"}],
            ),
            ["2/2", "Running", "1"],
        ),
        (
            pod(
                status("Running", ended(0, "Completed"), {**RUNNING, "name": "d"}, conditions=[{"type": "Ready", "status": "True"}]),
                containers=("c", "d"),
            ),
            ["1/2", "Running", "0"],
        ),
        (pod(status("Running", ended(0, "Completed"), {**RUNNING, "name": "d"}), containers=("c", "d")), ["1/2", "NotReady", "0"]),
    ],
)  # fmt: skip
def test_a_pods_status_in_a_word(shown, cells):
    assert BY_KIND["Pod"].row(shown, NOW)[1:4] == cells


def test_the_wide_cells_of_a_pod():
    gates = [{"conditionType": "a/b"}, {"conditionType": "c/d"}]
    shown = pod(
        {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "a/b", "status": "True"}]},
        nodeName="n",
        readinessGates=gates,
    )
    assert BY_KIND["Pod"].row(shown, NOW)[4:] == ["60s", "10.0.0.1", "n", "<none>", "1/2"]


def test_columns_are_those_of_the_real_server():
    """Names, types, formats and priorities of every kind that was recorded, and as many cells as columns."""
    compared = 0
    by_plural = {strategy.plural: strategy for strategy in BY_KIND.values()}
    for step in recording("api-tables")["steps"]:
        plural = step["arg"]["path"].rpartition("/")[2] if step["step"] == "api" else ""
        if plural in by_plural:
            columns = [[c.name, c.type, c.format, c.priority] for c in by_plural[plural].columns]
            assert columns == step["columns"], plural
            compared += 1
    assert compared >= 24


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_a_row_has_a_cell_for_every_column(kind):
    strategy = BY_KIND[kind]
    body = workload(kind) if kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController") else {
        "apiVersion": strategy.api_version, "kind": kind, "metadata": {"name": "x"}
    }  # fmt: skip
    body["metadata"]["uid"] = "u"
    strategy.default(body)
    assert len(strategy.row(body, NOW)) == len(strategy.columns)


@pytest.mark.parametrize(
    ("kind", "body", "cells"),
    [
        ("Node", {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "db"}}, "spec": {"unschedulable": True}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}, ["Ready,SchedulingDisabled", "control-plane,db"]),
        ("Node", {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, ["NotReady", "<none>"]),
        ("Node", {}, ["Unknown", "<none>"]),
        ("ResourceQuota", {"status": {"hard": {"pods": "2", "limits.cpu": "4", "cpu": "1"}, "used": {"pods": "1"}}}, ["cpu: 0/1, pods: 1/2", "limits.cpu: 0/4"]),
        ("Service", {"spec": {"type": "LoadBalancer", "clusterIPs": ["10.96.0.9"], "ports": [{"port": 80, "nodePort": 30001, "protocol": "TCP"}]}}, ["LoadBalancer", "10.96.0.9", "<pending>", "80:30001/TCP"]),
        ("Service", {"spec": {"type": "ExternalName", "externalName": "x.example"}}, ["ExternalName", "<none>", "x.example", "<none>"]),
        ("Endpoints", {"subsets": [{"addresses": [{"ip": f"10.0.0.{i}"} for i in range(5)], "ports": [{"port": 80}]}]}, ["10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more..."]),
        ("EndpointSlice", {"addressType": "IPv4", "endpoints": None, "ports": None}, ["IPv4", "<unset>", "<unset>"]),
        ("Job", {"spec": {"completions": 3}, "status": {"succeeded": 1, "startTime": "2026-01-01T00:00:10Z"}}, ["Running", "1/3", "50s"]),
        ("Job", {"spec": {"parallelism": 2}, "status": {"conditions": [{"type": "Failed", "status": "True"}]}}, ["Failed", "0/1 of 2", ""]),
        ("PersistentVolumeClaim", {"spec": {"volumeName": "pv", "storageClassName": "fast"}, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce"]}}, ["Bound", "pv", "1Gi", "RWO,RWX", "fast"]),
        ("StorageClass", {"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "p"}, ["p", "Delete", "Immediate", False]),
        ("ControllerRevision", {"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "controller": True}]}, "revision": 2}, ["daemonset.apps/agent", 2]),
        ("PodDisruptionBudget", {"spec": {"maxUnavailable": "30%"}, "status": {"disruptionsAllowed": 1}}, ["N/A", "30%", 1]),
    ],
)  # fmt: skip
def test_cells_of_other_kinds(kind, body, cells):
    shown = {"spec": {}, **body, "metadata": {"name": "x", **body.get("metadata", {})}}
    assert BY_KIND[kind].row(shown, NOW)[1 : len(cells) + 1] == cells


@pytest.mark.parametrize(
    ("event", "cells"),
    [
        (
            {"involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Started", "type": "Normal", "message": " m ", "count": 4,
             "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:55Z", "source": {"component": "kubelet", "host": "n"}},
            ["5s", "Normal", "Started", "pod/p", "", "kubelet, n", "m", "60s", 4, "x"],
        ),
        (
            {"involvedObject": {"kind": "Node"}, "eventTime": "2026-01-01T00:00:30.000000Z", "reportingComponent": "sched",
             "series": {"count": 9, "lastObservedTime": "2026-01-01T00:00:59.000000Z"}},
            ["1s", "", "", "node", "", "sched", "", "30s", 9, "x"],
        ),
    ],
)  # fmt: skip
def test_an_event_tells_when_it_was_seen_last_and_first(event, cells):
    assert BY_KIND["Event"].row({"metadata": {"name": "x"}, **event}, NOW) == cells


def test_a_failed_pod_that_is_stored_keeps_its_row():
    made = create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "x"}]},
        }
    )
    assert BY_KIND["Pod"].row(made, NOW) == [
        "p",
        "0/1",
        "Pending",
        "0",
        "<unknown>",
        "<none>",
        "<none>",
        "<none>",
        "<none>",
    ]
    assert BY_KIND["Pod"].fields(made)["status.phase"] == "Pending"
