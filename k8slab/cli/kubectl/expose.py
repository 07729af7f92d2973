"""``kubectl expose``: a Service in front of a workload, a pod or another Service. Models kubectl pkg/cmd/expose.

Left out: --overrides.
"""

from __future__ import annotations

from k8slab.cli.kubectl import builder, printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.builder import Target
from k8slab.cli.kubectl.create.generator import built_in, printer
from k8slab.cli.kubectl.errors import CommandError, raise_all
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

SERVICES = built_in("v1", "services", "Service")
_KINDS = ("ReplicationController", "Service", "Pod", "Deployment", "ReplicaSet")
_LONGEST_NAME = 63


def run(run: Invocation) -> Steps[int]:
    """Create a Service that selects the pods of what the arguments name."""
    find = builder.from_flags(run, latest=True, selector=None)
    yield from find.arguments(run.args)
    found = yield from find.visit()
    raise_all(found.errors)
    show = printer(run, "exposed")
    for target in found.targets:
        service = _service(run, target)
        if run.dry_run != "client":
            params = run.write_params("kubectl-expose")
            service = yield from run.api.create(SERVICES, target.namespace, service, params)
        run.io.out(show(service))
    return 0


def _service(run: Invocation, target: Target) -> Obj:
    flags = run.flags
    obj = printers.typed(target)
    if target.mapping.kind not in _KINDS:
        raise CommandError(
            f"cannot expose a {target.mapping.kind}{'.' + target.mapping.group if target.mapping.group else ''}"
        )
    name = flags.text("name") or target.name[:_LONGEST_NAME]
    selector = _selector(run, obj)
    ports = _ports(run, obj, flags.text("cluster-ip") == "None")
    labels = _pairs(flags.text("labels")) if flags.text("labels") else (obj["metadata"].get("labels") or {})
    metadata: Obj = {"name": name}
    if run.namespace_given:
        metadata["namespace"] = run.namespace
    if labels:
        metadata["labels"] = labels
    spec: Obj = {}
    if ports:
        spec["ports"] = ports
    spec["selector"] = selector
    for field, flag in (("clusterIP", "cluster-ip"), ("type", "type")):
        if flags.text(flag):
            spec[field] = flags.text(flag)
    if flags.text("external-ip"):
        spec["externalIPs"] = [flags.text("external-ip")]
    if flags.text("session-affinity"):
        spec["sessionAffinity"] = flags.text("session-affinity")
    if flags.text("load-balancer-ip"):
        spec["loadBalancerIP"] = flags.text("load-balancer-ip")
    return {"kind": "Service", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}


def _pairs(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(",") if part)


def _selector(run: Invocation, obj: Obj) -> dict[str, str]:
    if run.flags.text("selector"):
        return _pairs(run.flags.text("selector"))
    kind = obj["kind"]
    if kind == "Pod":
        selector = obj["metadata"].get("labels") or {}
        if not selector:
            raise CommandError(
                "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed"
            )
        return dict(selector)
    wanted = obj["spec"].get("selector") or {}
    if kind in ("Service", "ReplicationController"):
        if not wanted:
            raise CommandError(
                "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set"
            )
        return dict(wanted)
    if wanted.get("matchExpressions"):
        raise CommandError(
            f"couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - \"{wanted['matchExpressions']}\" to map-based selector format"
        )
    return dict(wanted.get("matchLabels") or {})


def _ports(run: Invocation, obj: Obj, headless: bool) -> list[Obj]:
    flags = run.flags
    declared = _declared(obj)
    wanted = flags.text("port")
    protocols = {str(port["port"]): port["protocol"] for port in declared}
    numbers = [part for part in wanted.split(",") if part] if wanted else [str(port["port"]) for port in declared]
    if not numbers:
        if headless:
            return []
        raise run.usage("couldn't find port via --port flag or introspection")
    ports = []
    for index, number in enumerate(numbers):
        if not number.isdigit():
            raise CommandError(f'strconv.Atoi: parsing "{number}": invalid syntax')
        port: Obj = {"name": f"port-{index + 1}"} if len(numbers) > 1 else {}
        port["protocol"] = flags.text("protocol") or protocols.get(number, "TCP")
        port["port"] = int(number)
        target = flags.text("target-port")
        port["targetPort"] = (int(target) if target.isdigit() else target) if target else int(number)
        ports.append(port)
    return ports


def _declared(obj: Obj) -> list[Obj]:
    """Return the ports that *obj* itself names."""
    if obj["kind"] == "Service":
        return [
            {"port": port["port"], "protocol": port.get("protocol", "TCP")} for port in obj["spec"].get("ports") or ()
        ]
    spec = obj["spec"] if obj["kind"] == "Pod" else obj["spec"]["template"]["spec"]
    return [
        {"port": port["containerPort"], "protocol": port.get("protocol", "TCP")}
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
    ]
