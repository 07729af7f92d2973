"""Service: one address for Pods that come and go. Models pkg/registry/core/service and printService.

Left out: a second IP family, health check node ports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.core_v1 import Service

from k8slab.apimachinery import labels, names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.allocation import allocate_cluster_ip, allocate_node_ports
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.service import validate_service, validate_service_update

NONE = "<none>"
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")
_IP_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


class ServiceStrategy(Strategy):
    """Services: the server gives out addresses and node ports, and takes them back when the type changes."""

    model = Service
    singular = "service"
    short_names = ("svc",)
    categories = ("all",)
    subresources = ("status",)
    name_rule = names.dns1123_label
    columns = (
        NAME_COLUMN,
        Column("Type", description="type determines how the Service is exposed."),
        Column("Cluster-IP", description="clusterIP is the IP address of the service and is usually assigned randomly."),
        Column("External-IP", description="externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service."),
        Column("Port(s)", description="The list of ports that are exposed by this service."),
        AGE_COLUMN,
        Column("Selector", priority=1, description="Route service traffic to pods with label keys and values matching this selector."),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        kind = spec.setdefault("type", "ClusterIP")
        if spec.setdefault("sessionAffinity", "None") == "None":
            spec.pop("sessionAffinityConfig", None)
        elif spec["sessionAffinity"] == "ClientIP":
            config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
            config.setdefault("timeoutSeconds", 10800)
        for port in spec.get("ports") or ():
            port.setdefault("protocol", "TCP")
            if port.get("targetPort") in (None, 0, ""):
                port["targetPort"] = port.get("port", 0)
        if kind in _WITH_NODE_PORTS and not spec.get("externalTrafficPolicy"):
            spec["externalTrafficPolicy"] = "Cluster"
        if kind in ("ClusterIP", *_WITH_NODE_PORTS):
            spec.setdefault("internalTrafficPolicy", "Cluster")
        if kind == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)
        obj.setdefault("status", {}).setdefault("loadBalancer", {})

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"loadBalancer": {}}
        spec = new["spec"]
        _same_addresses(spec, None)
        if not list(validate_service(new)):
            allocate_cluster_ip(new, context)
            allocate_node_ports(new, context)

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        spec, before = new["spec"], old["spec"]
        _same_addresses(spec, before)
        _keep_allocated(spec, before)
        _drop_what_the_type_had(spec, before)
        if not list(validate_service_update(new, old)):
            allocate_cluster_ip(new, context)
            allocate_node_ports(new, context)

    def prepare_for_status_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "spec")

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_service(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_service_update(new, old)

    def fields(self, obj: Obj) -> dict[str, str]:
        spec = obj.get("spec") or {}
        own = {"spec.clusterIP": spec.get("clusterIP", ""), "spec.type": spec.get("type", "")}
        return {**self.metadata_fields(obj), **own}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec = obj["spec"]
        addresses = spec.get("clusterIPs") or [NONE]
        selector = str(labels.from_map(spec.get("selector"))) or NONE
        cells = [spec.get("type", ""), addresses[0], _external_ip(obj), _ports(spec)]
        return [obj["metadata"]["name"], *cells, age(obj, now), selector]


def _same_addresses(spec: Obj, before: Obj | None) -> None:
    """Let clusterIP and clusterIPs say the same; of the two the one that changed counts (NormalizeClusterIPs)."""
    one, many = spec.get("clusterIP", ""), spec.get("clusterIPs") or []
    if before is None:
        if one and not many:
            spec["clusterIPs"] = [one]
        elif many and not one:
            spec["clusterIP"] = many[0]
        return
    old_one, old_many = before.get("clusterIP", ""), before.get("clusterIPs") or []
    if one and one != old_one and many == old_many:
        spec["clusterIPs"] = [one]
    elif not one and old_one and many == old_many:
        spec.pop("clusterIPs", None)
    elif one and not many and old_many and one == old_one:
        spec["clusterIPs"] = old_many


def _keep_allocated(spec: Obj, before: Obj) -> None:
    """An update that leaves out what the server gave keeps it (patchAllocatedValues)."""
    kinds = (spec.get("type"), before.get("type"))
    if "ExternalName" not in kinds and not spec.get("clusterIP") and before.get("clusterIP"):
        spec["clusterIP"], spec["clusterIPs"] = before["clusterIP"], before.get("clusterIPs", [])
    if "ExternalName" not in kinds:
        for field in ("ipFamilies", "ipFamilyPolicy"):
            if field in before:
                spec.setdefault(field, before[field])
    if all(kind in _WITH_NODE_PORTS for kind in kinds):
        given = {
            (port.get("protocol"), port.get("port")): port.get("nodePort", 0) for port in before.get("ports") or ()
        }
        used = [port.get("nodePort") for port in spec.get("ports") or ()]
        for port in spec.get("ports") or ():
            number = given.get((port.get("protocol"), port.get("port")), 0)
            if not port.get("nodePort") and number and number not in used:
                port["nodePort"] = number


def _drop_what_the_type_had(spec: Obj, before: Obj) -> None:
    """A new type loses what only the old one could have, unless the update changes it (dropTypeDependentFields)."""
    kind, old_kind = spec.get("type"), before.get("type")
    if kind == "ExternalName" and old_kind != "ExternalName" and spec.get("clusterIP") == before.get("clusterIP"):
        for field in _IP_FIELDS:
            spec.pop(field, None)
    if kind not in _WITH_NODE_PORTS and old_kind in _WITH_NODE_PORTS:
        old_ports = [port.get("nodePort") for port in before.get("ports") or ()]
        for port in spec.get("ports") or ():
            if port.get("nodePort") in old_ports:
                port.pop("nodePort", None)
        if spec.get("externalTrafficPolicy") == before.get("externalTrafficPolicy"):
            spec.pop("externalTrafficPolicy", None)
    if kind != "LoadBalancer" and old_kind == "LoadBalancer":
        for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if spec.get(field) == before.get(field):
                spec.pop(field, None)


def _external_ip(service: Obj) -> str:
    spec = service["spec"]
    given = spec.get("externalIPs") or []
    kind = spec.get("type")
    if kind == "ExternalName":
        return spec.get("externalName", "")
    if kind == "LoadBalancer":
        ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        found = sorted({entry.get("ip") or entry.get("hostname", "") for entry in ingress})
        return ",".join([",".join(found)] * bool(found) + given) or "<pending>"
    return ",".join(given) or NONE


def _ports(spec: Obj) -> str:
    cells = []
    for port in spec.get("ports") or ():
        node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
        cells.append(f"{port.get('port', 0)}{node_port}/{port.get('protocol', '')}")
    return ",".join(cells) or NONE
