"""Services, Endpoints and EndpointSlices. Models ValidateService of pkg/apis/core/validation and pkg/apis/discovery/validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.objectmeta import IMMUTABLE, validate_labels
from k8slab.cluster.apiserver.validation.pod_spec import validate_ip
from k8slab.cluster.apiserver.validation.probes import validate_port_number_or_name

Json = dict[str, Any]

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_NO_IPS = "may not be set for ExternalName services"
_MOST_AFFINITY_SECONDS = 86400


def validate_service(service: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a Service."""
    spec = service["spec"]
    kind, ports, headless = spec.get("type", ""), spec.get("ports") or [], spec.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield FieldError.required("spec.ports")
    yield from _type(spec, kind, headless)
    seen: list[str] = []
    for index, port in enumerate(ports):
        yield from _port(port, len(ports) > 1, seen, f"spec.ports[{index}]")
    if spec.get("selector"):
        yield from validate_labels(spec["selector"], "spec.selector")
    yield from _affinity(spec)
    if kind != "ExternalName":
        yield from _cluster_ips(spec)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        yield from validate_ip(address, f"spec.externalIPs[{index}]")
    if not kind:
        yield FieldError.required("spec.type")
    elif kind not in _TYPES:
        yield FieldError.not_supported("spec.type", kind, _TYPES)
    if kind == "ClusterIP":
        for index, port in enumerate(ports):
            if port.get("nodePort"):
                yield FieldError.forbidden(
                    f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'"
                )
    yield from _duplicates(ports)
    yield from _traffic_policies(spec, kind)


def _type(spec: Json, kind: str, headless: bool) -> Iterator[FieldError]:
    if kind == "LoadBalancer":
        for index, port in enumerate(spec.get("ports") or ()):
            if port.get("port") == 10250:
                why = "may not expose port 10250 externally since it is used by kubelet"
                yield FieldError.invalid(f"spec.ports[{index}]", 10250, why)
    if kind in ("LoadBalancer", "NodePort") and headless:
        yield FieldError.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind != "ExternalName":
        return
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(field):
            yield FieldError.forbidden(f"spec.{field}", _NO_IPS)
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        yield FieldError.required("spec.externalName")
    else:
        for message in names.dns1123_subdomain(name):
            yield FieldError.invalid("spec.externalName", name, message)


def _port(port: Json, name_wanted: bool, seen: list[str], path: str) -> Iterator[FieldError]:
    name, number, protocol = port.get("name", ""), port.get("port", 0), port.get("protocol", "")
    if name_wanted and not name:
        yield FieldError.required(f"{path}.name")
    elif name:
        for message in names.dns1123_label(name):
            yield FieldError.invalid(f"{path}.name", name, message)
        if name in seen:
            yield FieldError.duplicate(f"{path}.name", name)
        seen.append(name)
    for message in names.port_number(number):
        yield FieldError.invalid(f"{path}.port", number, message)
    if not protocol:
        yield FieldError.required(f"{path}.protocol")
    elif protocol not in _PROTOCOLS:
        yield FieldError.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    yield from validate_port_number_or_name(port.get("targetPort", 0), f"{path}.targetPort")
    if app_protocol := port.get("appProtocol"):
        for message in names.qualified_name(app_protocol):
            yield FieldError.invalid(f"{path}.appProtocol", app_protocol, message)


def _affinity(spec: Json) -> Iterator[FieldError]:
    affinity, config = spec.get("sessionAffinity", ""), spec.get("sessionAffinityConfig")
    if not affinity:
        yield FieldError.required("spec.sessionAffinity")
    elif affinity not in ("ClientIP", "None"):
        yield FieldError.not_supported("spec.sessionAffinity", affinity, ("ClientIP", "None"))
    if affinity == "ClientIP":
        seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds", 0)
        if not 0 < seconds <= _MOST_AFFINITY_SECONDS:
            why = f"must be greater than 0 and less than {_MOST_AFFINITY_SECONDS}"
            yield FieldError.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", seconds, why)
    elif affinity == "None" and config is not None:
        why = "must not be set when session affinity is None"
        yield FieldError.forbidden("spec.sessionAffinityConfig", why)


def _cluster_ips(spec: Json) -> Iterator[FieldError]:
    addresses = spec.get("clusterIPs") or []
    for index, address in enumerate(addresses):
        if address != "None":
            yield from validate_ip(address, f"spec.clusterIPs[{index}]")
    if addresses and spec.get("clusterIP", "") != addresses[0]:
        why = "first value must match `clusterIP`"
        yield FieldError.invalid("spec.clusterIPs", addresses, why)
    for family in spec.get("ipFamilies") or ():
        if family not in ("IPv4", "IPv6"):
            yield FieldError.not_supported("spec.ipFamilies[0]", family, ("IPv4", "IPv6"))
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in ("PreferDualStack", "RequireDualStack", "SingleStack"):
        words = ("PreferDualStack", "RequireDualStack", "SingleStack")
        yield FieldError.not_supported("spec.ipFamilyPolicy", policy, words)


def _duplicates(ports: Sequence[Json]) -> Iterator[FieldError]:
    seen: list[tuple[str, int]] = []
    for index, port in enumerate(ports):
        if node_port := port.get("nodePort", 0):
            if (key := (port.get("protocol", ""), node_port)) in seen:
                yield FieldError.duplicate(f"spec.ports[{index}].nodePort", node_port)
            seen.append(key)
    seen = []
    for index, port in enumerate(ports):
        if (key := (port.get("protocol", ""), port.get("port", 0))) in seen:
            shown = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            yield FieldError.duplicate(f"spec.ports[{index}]", shown)
        seen.append(key)


def _traffic_policies(spec: Json, kind: str) -> Iterator[FieldError]:
    external, internal = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    if external and kind not in ("NodePort", "LoadBalancer") and not spec.get("externalIPs"):
        why = "may only be set for externally-accessible services"
        yield FieldError.invalid("spec.externalTrafficPolicy", external, why)
    elif external and external not in ("Cluster", "Local"):
        yield FieldError.not_supported("spec.externalTrafficPolicy", external, ("Cluster", "Local"))
    if internal is not None and internal not in ("Cluster", "Local"):
        yield FieldError.not_supported("spec.internalTrafficPolicy", internal, ("Cluster", "Local"))
    distribution = spec.get("trafficDistribution")
    words = ("PreferClose", "PreferSameNode", "PreferSameZone")
    if distribution is not None and distribution not in words:
        yield FieldError.not_supported("spec.trafficDistribution", distribution, words)


def validate_service_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*: an address, once given, stays."""
    after, before = new["spec"].get("clusterIPs") or [], old["spec"].get("clusterIPs") or []
    kinds = (new["spec"].get("type"), old["spec"].get("type"))
    if "ExternalName" not in kinds and before and after and after[0] != before[0]:
        yield FieldError.invalid("spec.clusterIPs[0]", after, "may not change once set")
    yield from validate_service(new)


def validate_endpoints(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with Endpoints."""
    for index, subset in enumerate(obj.get("subsets") or ()):
        at = f"subsets[{index}]"
        ready, not_ready = subset.get("addresses") or [], subset.get("notReadyAddresses") or []
        if not ready and not not_ready:
            yield FieldError.required(at, "must specify `addresses` or `notReadyAddresses`")
        for field, addresses in (("addresses", ready), ("notReadyAddresses", not_ready)):
            for address_index, address in enumerate(addresses):
                yield from validate_ip(address.get("ip", ""), f"{at}.{field}[{address_index}].ip")
        ports = subset.get("ports") or []
        for port_index, port in enumerate(ports):
            where = f"{at}.ports[{port_index}]"
            if len(ports) > 1 and not port.get("name"):
                yield FieldError.required(f"{where}.name")
            for message in names.port_number(port.get("port", 0)):
                yield FieldError.invalid(f"{where}.port", port.get("port", 0), message)
            if port.get("protocol", "") not in _PROTOCOLS:
                yield FieldError.not_supported(f"{where}.protocol", port.get("protocol", ""), _PROTOCOLS)


def validate_endpoint_slice(obj: Json, old: Json | None = None) -> Iterator[FieldError]:
    """Yield what is wrong with an EndpointSlice."""
    kind = obj.get("addressType", "")
    if not kind:
        yield FieldError.required("addressType")
    elif kind not in ("FQDN", "IPv4", "IPv6"):
        yield FieldError.not_supported("addressType", kind, ("FQDN", "IPv4", "IPv6"))
    for index, endpoint in enumerate(obj.get("endpoints") or ()):
        addresses = endpoint.get("addresses") or []
        if not addresses:
            yield FieldError.required(f"endpoints[{index}].addresses", "must contain at least 1 address")
        for address_index, address in enumerate(addresses if kind != "FQDN" else ()):
            yield from validate_ip(address, f"endpoints[{index}].addresses[{address_index}]")
    seen: list[str] = []
    for index, port in enumerate(obj.get("ports") or ()):
        name = port.get("name", "")
        if name:
            for message in names.dns1123_label(name):
                yield FieldError.invalid(f"ports[{index}].name", name, message)
        if name in seen:
            yield FieldError.duplicate(f"ports[{index}].name", name)
        seen.append(name)
        if port.get("protocol", "") not in _PROTOCOLS:
            yield FieldError.not_supported(f"ports[{index}].protocol", port.get("protocol", ""), _PROTOCOLS)
    if old is not None and kind != old.get("addressType"):
        yield FieldError.invalid("addressType", kind, IMMUTABLE)
