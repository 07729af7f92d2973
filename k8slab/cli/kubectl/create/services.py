"""``kubectl create service TYPE`` and ``create ingress``. Models kubectl pkg/cmd/create/create_{service,ingress}.go."""

from __future__ import annotations

import re

from k8slab.apimachinery import names
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.create.generator import built_in, finish, metadata, name_argument
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

SERVICES = built_in("v1", "services", "Service")
_INGRESSES = built_in("networking.k8s.io/v1", "ingresses", "Ingress")
_RULE = re.compile(r"^([^/,=]*)(/[^,=]*)?=([^:,]+):([^,]+)((?:,[^=,]+(?:=[^,]*)?)*)$")


def clusterip(run: Invocation) -> Steps[int]:
    """Create a Service that is reachable inside the cluster."""
    return (yield from _service(run, "ClusterIP", cluster_ip=run.flags.text("clusterip")))


def nodeport(run: Invocation) -> Steps[int]:
    """Create a Service that is reachable at a port of every node."""
    return (yield from _service(run, "NodePort", node_port=run.flags.number("node-port")))


def loadbalancer(run: Invocation) -> Steps[int]:
    """Create a Service with a load balancer of the cloud."""
    return (yield from _service(run, "LoadBalancer"))


def externalname(run: Invocation) -> Steps[int]:
    """Create a Service that stands for a name outside."""
    external = run.flags.text("external-name")
    if not external:
        raise CommandError('required flag(s) "external-name" not set')
    return (yield from _service(run, "ExternalName", external_name=external))


def _service(
    run: Invocation, kind: str, *, cluster_ip: str = "", node_port: int = 0, external_name: str = ""
) -> Steps[int]:
    name = name_argument(run)
    specs = run.flags.items("tcp")
    if not specs and kind != "ExternalName" and cluster_ip != "None":
        raise CommandError("at least one tcp port specifier must be provided")
    if cluster_ip == "None" and specs and kind != "ClusterIP":
        raise CommandError("can not map ports with clusterip=None")
    labels = {"app": name}
    spec: Obj = {}
    ports = [_port(text, node_port) for text in specs]
    if ports:
        spec["ports"] = ports
    spec["selector"] = labels
    if cluster_ip:
        spec["clusterIP"] = cluster_ip
    spec["type"] = kind
    if external_name:
        spec["externalName"] = external_name
    obj = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": metadata(run, name, labels=labels),
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    return (yield from finish(run, SERVICES, obj, f"failed to create {kind} service"))


def _port(text: str, node_port: int) -> Obj:
    first, colon, second = text.partition(":")
    if not first.isdigit():
        raise CommandError(f'strconv.ParseUint: parsing "{first}": invalid syntax')
    port = int(first)
    if port > 65535:
        raise CommandError(f'strconv.ParseUint: parsing "{first}": value out of range')
    target: int | str = port
    if colon:
        target = int(second) if second.isdigit() else second
        problems = names.port_number(target) if isinstance(target, int) else names.port_name(target)
        if problems:
            raise CommandError(problems[0])
    made: Obj = {"name": text.replace(":", "-"), "protocol": "TCP", "port": port, "targetPort": target}
    return {**made, "nodePort": node_port} if node_port else made


def ingress(run: Invocation) -> Steps[int]:
    """Create an Ingress from rules such as ``host/path=service:port,tls=secret``."""
    flags = run.flags
    name = name_argument(run)
    rules, default = flags.items("rule"), flags.text("default-backend")
    if not rules and not default:
        raise CommandError(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)"
        )
    meta = metadata(run, name)
    annotations = dict(text.partition("=")[::2] for text in flags.items("annotation"))
    if annotations:
        meta["annotations"] = annotations
    spec: Obj = {}
    if flags.text("class"):
        spec["ingressClassName"] = flags.text("class")
    if default:
        spec["defaultBackend"] = _backend(*default.partition(":")[::2])
    hosts, certificates = _rules(rules)
    if certificates:
        spec["tls"] = [
            {"hosts": names_, "secretName": secret} if secret else {"hosts": names_}
            for secret, names_ in certificates.items()
        ]
    if hosts:
        spec["rules"] = [
            {**({"host": host} if host else {}), "http": {"paths": paths}} for host, paths in hosts.items()
        ]
    obj = {
        "kind": "Ingress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": meta,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    return (yield from finish(run, _INGRESSES, obj, "failed to create ingress"))


def _rules(texts: list[str]) -> tuple[dict[str, list[Obj]], dict[str, list[str]]]:
    """Return the paths of each host, and the hosts of each certificate."""
    hosts: dict[str, list[Obj]] = {}
    certificates: dict[str, list[str]] = {}
    for text in texts:
        match = _RULE.match(text)
        if match is None:
            raise CommandError(
                f"rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            )
        host, path, service, port, rest = match.groups()
        path = path or "/"
        kind = "Exact"
        if path.endswith("*"):
            path, kind = path[:-1], "Prefix"
        hosts.setdefault(host, []).append({"path": path, "pathType": kind, "backend": _backend(service, port)})
        for option in rest.split(",")[1:]:
            key, _, secret = option.partition("=")
            if key == "tls":
                there = certificates.setdefault(secret, [])
                if host and host not in there:
                    there.append(host)
    return hosts, certificates


def _backend(service: str, port: str) -> Obj:
    return {"service": {"name": service, "port": {"number": int(port)} if port.isdigit() else {"name": port}}}
