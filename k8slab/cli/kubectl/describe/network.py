"""Service, Endpoints, EndpointSlice, Ingress. Models kubectl pkg/describe."""

from __future__ import annotations

from datetime import datetime

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.writer import NONE, Description
from k8slab.cli.kubectl.errors import CommandError, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.jsonpath import go_value
from k8slab.cli.kubectl.tables import format_labels
from k8slab.cli.seam import Steps

MOST_ENDPOINTS = 3
_SERVICE_NAME = "kubernetes.io/service-name"


def service(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Service."""
    metadata, spec = obj["metadata"], obj["spec"]
    slices = yield from _slices_of(run, metadata["name"], metadata.get("namespace", ""))
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Selector", format_labels(spec.get("selector")))
    out.line(0, "Type", spec.get("type", ""))
    if spec.get("ipFamilyPolicy"):
        out.line(0, "IP Family Policy", spec["ipFamilyPolicy"])
    out.line(0, "IP Families", ",".join(spec.get("ipFamilies") or ()) or NONE)
    out.line(0, "IP", spec.get("clusterIP", ""))
    out.line(0, "IPs", ",".join(spec.get("clusterIPs") or ()) or NONE)
    if spec.get("externalIPs"):
        out.line(0, "External IPs", ",".join(spec["externalIPs"]))
    for label, field in (("Desired LoadBalancer IP", "loadBalancerIP"), ("External Name", "externalName")):
        if spec.get(field):
            out.line(0, label, spec[field])
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if ingress:
        out.line(0, "LoadBalancer Ingress", ", ".join(_ingress_point(one) for one in ingress))
    for port in spec.get("ports") or ():
        _port(out, port, slices)
    out.line(0, "Session Affinity", spec.get("sessionAffinity", ""))
    for label, field in (
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("HealthCheck NodePort", "healthCheckNodePort"),
    ):
        if spec.get(field):
            out.line(0, label, spec[field])
    if spec.get("loadBalancerSourceRanges"):
        out.line(0, "LoadBalancer Source Ranges", ",".join(spec["loadBalancerSourceRanges"]))
    if spec.get("trafficDistribution"):
        out.line(0, "Traffic Distribution", spec["trafficDistribution"])
    events.describe_events(out, found, now)
    return out.text()


def _slices_of(run: Invocation, name: str, namespace: str) -> Steps[list[Obj]]:
    try:
        mapping = yield from run.mapper.find("endpointslices.discovery.k8s.io")
        listed = yield from run.api.list(mapping, namespace, {"labelSelector": f"{_SERVICE_NAME}={name}"})
    except (ApiError, CommandError):
        return []
    return list(listed.get("items") or ())


def _ingress_point(point: Obj) -> str:
    if not point.get("ip"):
        return str(point.get("hostname", ""))
    return f"{point['ip']} ({point['ipMode']})" if point.get("ipMode") else str(point["ip"])


def _port(out: Description, port: Obj, slices: list[Obj]) -> None:
    name, protocol = port.get("name") or "<unset>", port.get("protocol", "")
    out.write(0, f"Port:\t{name}\t{port.get('port', 0)}/{protocol}\n")
    out.line(0, "TargetPort", f"{port.get('targetPort', 0)}/{protocol}")
    if port.get("appProtocol") is not None:
        out.line(0, "AppProtocol", port["appProtocol"])
    if port.get("nodePort"):
        out.write(0, f"NodePort:\t{name}\t{port['nodePort']}/{protocol}\n")
    out.line(0, "Endpoints", format_slices(slices, port.get("name", "")))


def format_slices(slices: list[Obj], port_name: str) -> str:
    """Return the ready endpoints behind the port called *port_name*, the first few of them."""
    if not slices:
        return NONE
    addresses: list[str] = []
    for one in slices:
        ready = [e for e in one.get("endpoints") or () if (e.get("conditions") or {}).get("ready", True)]
        ports = one.get("ports") or []
        if not ports:
            addresses += [endpoint["addresses"][0] for endpoint in ready]
        for port in ports:
            if (port.get("name") or "") == port_name:
                addresses += [_host_port(endpoint["addresses"][0], port.get("port", 0)) for endpoint in ready]
    shown = ",".join(addresses[:MOST_ENDPOINTS])
    more = len(addresses) - MOST_ENDPOINTS
    return f"{shown} + {more} more..." if more > 0 else shown


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def endpoints(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of an Endpoints object."""
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    _head(out, obj)
    out.write(0, "Subsets:\n")
    for subset in obj.get("subsets") or ():
        for label, field in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
            out.line(1, label, ",".join(address.get("ip", "") for address in subset.get(field) or ()) or NONE)
        if subset.get("ports"):
            out.write(1, "Ports:\n")
            _port_table(out, subset["ports"], 2)
        out.write(0, "\n")
    events.describe_events(out, found, now)
    return out.text()


def _head(out: Description, obj: Obj) -> None:
    metadata = obj["metadata"]
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))


def _port_table(out: Description, ports: list[Obj], level: int) -> None:
    out.write(level, "Name\tPort\tProtocol\n")
    out.write(level, "----\t----\t--------\n")
    for port in ports:
        number = port.get("port")
        cells = (port.get("name") or "<unset>", "<unset>" if number is None else str(number), port.get("protocol", ""))
        out.write(level, "\t".join(cells) + "\n")


def endpoint_slice(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of an EndpointSlice."""
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    _head(out, obj)
    out.line(0, "AddressType", obj.get("addressType", ""))
    if obj.get("ports"):
        out.write(0, "Ports:\n")
        _port_table(out, obj["ports"], 1)
    else:
        out.write(0, "Ports: <unset>\n")
    if not obj.get("endpoints"):
        out.write(0, "Endpoints: <none>\n")
    else:
        out.write(0, "Endpoints:\n")
        for endpoint in obj["endpoints"]:
            _endpoint(out, endpoint)
    events.describe_events(out, found, now)
    return out.text()


def _endpoint(out: Description, endpoint: Obj) -> None:
    out.line(1, "- Addresses", ", ".join(endpoint.get("addresses") or ()) or NONE)
    out.write(2, "Conditions:\n")
    ready = (endpoint.get("conditions") or {}).get("ready")
    out.line(3, "Ready", "<unset>" if ready is None else go_value(ready))
    out.line(2, "Hostname", endpoint.get("hostname", "<unset>"))
    reference = endpoint.get("targetRef")
    if reference:
        out.line(2, "TargetRef", f"{reference.get('kind', '')}/{reference.get('name', '')}")
    out.line(2, "NodeName", endpoint.get("nodeName", "<unset>"))
    out.line(2, "Zone", endpoint.get("zone", "<unset>"))


def ingress(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of an Ingress."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    namespace = metadata.get("namespace", "")
    default = "<default>"
    if spec.get("defaultBackend"):
        default = yield from _backend(run, namespace, spec["defaultBackend"])
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.labels("Labels", metadata.get("labels"))
    out.line(0, "Namespace", namespace)
    points = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    out.line(0, "Address", ",".join(sorted({one.get("ip") or one.get("hostname", "") for one in points})))
    out.line(0, "Ingress Class", spec.get("ingressClassName", NONE))
    out.line(0, "Default backend", default)
    if spec.get("tls"):
        out.write(0, "TLS:\n")
        for one in spec["tls"]:
            hosts = ",".join(one.get("hosts") or ())
            secret = one.get("secretName")
            out.write(1, f"{secret} terminates {hosts}\n" if secret else f"SNI routes {hosts}\n")
    out.write(0, "Rules:\n  Host\tPath\tBackends\n")
    out.write(1, "----\t----\t--------\n")
    rules = [rule for rule in spec.get("rules") or () if rule.get("http") is not None]
    for rule in rules:
        out.write(1, f"{rule.get('host') or '*'}\t\n")
        for path in rule["http"].get("paths") or ():
            backend = yield from _backend(run, namespace, path["backend"])
            out.write(2, f"\t{path.get('path', '')} \t{backend}\n")
    if not rules:
        out.write(1, f"*\t*\t{default}\n")
    out.annotations("Annotations", metadata.get("annotations"))
    events.describe_events(out, found, now)
    return out.text()


def _backend(run: Invocation, namespace: str, backend: Obj) -> Steps[str]:
    if backend.get("service"):
        wanted = backend["service"]
        port = wanted.get("port") or {}
        text = f"{wanted.get('name', '')}:{port.get('number') or port.get('name', '')}"
        slices = yield from _slices_of(run, wanted.get("name", ""), namespace)
        try:
            mapping = yield from run.mapper.find("services")
            there = yield from run.api.get(mapping, namespace, wanted.get("name", ""))
        except (ApiError, CommandError) as error:
            return f"{text} (<error: {text_of(error)}>)"
        name = ""
        for one in there["spec"].get("ports") or ():
            if port.get("number") == one.get("port") or (port.get("name") and port["name"] == one.get("name")):
                name = one.get("name", "")
        return f"{text} ({format_slices(slices, name)})"
    resource = backend.get("resource") or {}
    return f"APIGroup: {resource.get('apiGroup', NONE)}, Kind: {resource.get('kind')}, Name: {resource.get('name')}"
