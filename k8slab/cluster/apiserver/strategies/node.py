"""Node: a machine that runs Pods. Models pkg/registry/core/node/strategy.go and printNode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import Node

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import canonical_resources
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.node import validate_node, validate_node_update

_ROLE_PREFIX, _OLD_ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"
_NODE_INFO = (
    "machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion",
    "kubeProxyVersion", "operatingSystem", "architecture",
)  # fmt: skip
NONE, UNKNOWN = "<none>", "<unknown>"


class NodeStrategy(Strategy):
    """Nodes: the kubelet reports the status; people cordon and taint them."""

    model = Node
    singular = "node"
    short_names = ("no",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Status", description="The status of the node"),
        Column("Roles", description="The roles of the node"),
        AGE_COLUMN,
        Column("Version", description="Kubelet Version reported by the node."),
        Column("Internal-IP", priority=1, description="List of addresses reachable to the node."),
        Column("External-IP", priority=1, description="List of addresses reachable to the node."),
        Column("OS-Image", priority=1, description="OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy))."),
        Column("Kernel-Version", priority=1, description="Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64)."),
        Column("Container-Runtime", priority=1, description="ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2)."),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        obj.setdefault("spec", {})
        status = obj.setdefault("status", {})
        if "capacity" in status:
            canonical_resources(status["capacity"])
            # A node that says only what it has gives all of it to Pods.
            status.setdefault("allocatable", dict(status["capacity"]))
        if "allocatable" in status:
            canonical_resources(status["allocatable"])
        for condition in status.get("conditions") or ():
            condition.setdefault("lastHeartbeatTime", None)
            condition.setdefault("lastTransitionTime", None)
        status.setdefault("daemonEndpoints", {}).setdefault("kubeletEndpoint", {"Port": 0})
        info = status.setdefault("nodeInfo", {})
        for field in _NODE_INFO:
            info.setdefault(field, "")

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")

    def prepare_for_status_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "spec")

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_node(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_node_update(new, old)
        yield from validate_node(new)

    def fields(self, obj: Obj) -> dict[str, str]:
        unschedulable = "true" if (obj.get("spec") or {}).get("unschedulable") else "false"
        return {**self.metadata_fields(obj), "spec.unschedulable": unschedulable}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        info = (obj.get("status") or {}).get("nodeInfo") or {}
        kernel, architecture = info.get("kernelVersion") or UNKNOWN, info.get("architecture")
        return [
            obj["metadata"]["name"],
            _status(obj),
            _roles(obj["metadata"].get("labels") or {}),
            age(obj, now),
            info.get("kubeletVersion", ""),
            _address(obj, "InternalIP"),
            _address(obj, "ExternalIP"),
            info.get("osImage") or UNKNOWN,
            f"{kernel} ({architecture})" if architecture else kernel,
            info.get("containerRuntimeVersion") or UNKNOWN,
        ]


def _status(node: Obj) -> str:
    words = []
    for condition in (node.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            words = ["Ready" if condition.get("status") == "True" else "NotReady"]
    words = words or ["Unknown"]
    if (node.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _roles(labels: dict[str, str]) -> str:
    roles = [key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX) and key != _ROLE_PREFIX]
    if labels.get(_OLD_ROLE):
        roles.append(labels[_OLD_ROLE])
    return ",".join(sorted(dict.fromkeys(roles))) or NONE


def _address(node: Obj, kind: str) -> str:
    addresses = (node.get("status") or {}).get("addresses") or ()
    return next((entry["address"] for entry in addresses if entry.get("type") == kind), NONE)
