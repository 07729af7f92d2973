"""A Node, with the pods on it and what they ask for. Models describeNode of kubectl pkg/describe.

Left out: ResourceSlices, resources resized in place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.apimachinery.errors import ApiError
from k8slab.apimachinery.quantity import Quantity
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.writer import NONE, Description, shown
from k8slab.cli.kubectl.errors import CommandError, text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

_ROLE_PREFIX = "node-role.kubernetes.io/"
_STANDARD = ("cpu", "memory", "ephemeral-storage")
Amounts = dict[str, Quantity]


def node(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Node."""
    name = obj["metadata"]["name"]
    pods = yield from _pods_on(run, name)
    found = None
    if show_events:
        found = yield from events.search(run, obj)
        by_name = yield from events.search(run, obj, uid=name)
        found = None if found is None else [*found, *(by_name or ())]
    lease = yield from _lease(run, name)
    out = Description()
    _head(out, obj)
    _lease_lines(out, lease)
    _conditions(out, obj)
    _capacity(out, obj)
    _system(out, obj)
    _pods(out, obj, pods, now)
    events.describe_events(out, found, now)
    return out.text()


def _pods_on(run: Invocation, name: str) -> Steps[list[Obj]]:
    mapping = yield from run.mapper.find("pods")
    selector = f"spec.nodeName={name},status.phase!=Succeeded,status.phase!=Failed"
    listed = yield from run.api.list(mapping, "", {"fieldSelector": selector, "limit": "500"})
    return list(listed.get("items") or ())


def _lease(run: Invocation, name: str) -> Steps[Obj | str]:
    try:
        mapping = yield from run.mapper.find("leases.coordination.k8s.io")
        return (yield from run.api.get(mapping, "kube-node-lease", name))
    except (ApiError, CommandError) as error:
        return text_of(error)


def _head(out: Description, obj: Obj) -> None:
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    out.line(0, "Name", metadata["name"])
    out.line(0, "Roles", ",".join(roles(metadata.get("labels") or {})) or NONE)
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "CreationTimestamp", durations.rfc1123z(metadata.get("creationTimestamp")))
    taints = sorted(spec.get("taints") or (), key=lambda t: f"{t.get('effect', '')},{t.get('key', '')}")
    out.multiline("Taints", [taint_text(taint) for taint in taints])
    out.line(0, "Unschedulable", bool(spec.get("unschedulable")))


def roles(labels: dict[str, str]) -> list[str]:
    """Return the roles that a node's labels give it, sorted."""
    found = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    found.add(labels.get("kubernetes.io/role", ""))
    return sorted(role for role in found if role)


def taint_text(taint: Obj) -> str:
    """Return ``key=value:Effect``."""
    key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
    if not effect:
        return f"{key}={value}:" if value else key
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def _lease_lines(out: Description, lease: Obj | str) -> None:
    if isinstance(lease, str):
        out.line(0, "Lease", f"Failed to get lease: {lease}")
        return
    spec = lease.get("spec") or {}
    out.write(0, "Lease:\n")
    out.line(1, "HolderIdentity", spec.get("holderIdentity", "<unset>"))
    for label, field in (("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")):
        out.line(1, label, durations.rfc1123z(spec[field]) if spec.get(field) else "<unset>")


def _conditions(out: Description, obj: Obj) -> None:
    conditions = (obj.get("status") or {}).get("conditions")
    if not conditions:
        return
    out.write(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n")
    out.write(1, "----\t------\t-----------------\t------------------\t------\t-------\n")
    for one in conditions:
        times = [durations.rfc1123z(one.get(field)) for field in ("lastHeartbeatTime", "lastTransitionTime")]
        cells = [one["type"], one["status"], *times, one.get("reason", "")]
        out.write(1, "".join(f"{cell} \t" for cell in cells) + f"{one.get('message', '')}\n")


def _capacity(out: Description, obj: Obj) -> None:
    status = obj.get("status") or {}
    out.write(0, "Addresses:\n")
    for address in status.get("addresses") or ():
        out.line(1, address["type"], address["address"])
    for title, field in (("Capacity", "capacity"), ("Allocatable", "allocatable")):
        amounts = status.get(field)
        if amounts:
            out.write(0, f"{title}:\n")
            for name in sorted(amounts):
                out.line(1, name, quantity.canonical(amounts[name]))


def _system(out: Description, obj: Obj) -> None:
    spec, about = obj.get("spec") or {}, (obj.get("status") or {}).get("nodeInfo") or {}
    out.write(0, "System Info:\n")
    for label, field in (
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ):
        out.line(1, label, about.get(field, ""))
    if spec.get("podCIDR"):
        out.line(0, "PodCIDR", spec["podCIDR"])
    if spec.get("podCIDRs"):
        out.line(0, "PodCIDRs", ",".join(spec["podCIDRs"]))
    if spec.get("providerID"):
        out.line(0, "ProviderID", spec["providerID"])


# -- what the pods ask for ---------------------------------------------------------------------------------------------


def _pods(out: Description, obj: Obj, pods: list[Obj], now: datetime) -> None:
    status = obj.get("status") or {}
    room: dict[str, Any] = status.get("allocatable") or status.get("capacity") or {}
    out.line(0, "Non-terminated Pods", f"({len(pods)} in total)")
    out.write(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n")
    out.write(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n")
    requests: Amounts = {}
    limits: Amounts = {}
    for pod in pods:
        asked, allowed = effective(pod, "requests"), effective(pod, "limits")
        _add(requests, asked)
        _add(limits, allowed)
        cells = [_share(amounts, name, room) for name in ("cpu", "memory") for amounts in (asked, allowed)]
        age = durations.age(pod["metadata"].get("creationTimestamp"), now)
        first = f"{pod['metadata'].get('namespace', '')}\t{pod['metadata']['name']}\t\t"
        out.write(1, first + "\t".join([*cells, age]) + "\n")
    out.write(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n")
    out.write(1, "Resource\tRequests\tLimits\n")
    out.write(1, "--------\t--------\t------\n")
    huge = sorted(name for name in room if name.startswith("hugepages-"))
    extended = sorted(name for name in room if name not in (*_STANDARD, *huge, "pods"))
    for name in (*_STANDARD, *huge):
        out.write(1, f"{name}\t{_share(requests, name, room)}\t{_share(limits, name, room)}\n")
    for name in extended:
        out.write(1, f"{name}\t{shown(_amount(requests, name))}\t{shown(_amount(limits, name))}\n")


def _amount(amounts: Amounts, name: str) -> str:
    return str(amounts[name]) if name in amounts else "0"


def _share(amounts: Amounts, name: str, room: dict[str, Any]) -> str:
    """Return an amount with its part of what there is: ``500m (12%)``."""
    measure = quantity.millis if name == "cpu" else quantity.value
    there = measure(room[name]) if name in room else 0
    amount = _amount(amounts, name)
    return f"{amount} ({int(measure(amount) / there * 100) if there else 0}%)"


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def effective(pod: Obj, kind: str) -> Amounts:
    """Return what a pod asks for (*kind* "requests") or is limited to: all containers together, or the largest start-up step."""
    spec = pod["spec"]
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _of(container, kind))
    sidecars: Amounts = {}
    start_up: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _of(container, kind)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, own)
            own = dict(sidecars)
        else:
            own = dict(own)
            _add(own, sidecars)
        for name, amount in own.items():
            if name not in start_up or start_up[name] < amount:
                start_up[name] = amount
    _add(total, sidecars)
    for name, amount in start_up.items():
        if name not in total or total[name] < amount:
            total[name] = amount
    for name, text in ((spec.get("resources") or {}).get(kind) or {}).items():
        total[name] = quantity.parse(text)
    for name, text in (spec.get("overhead") or {}).items():
        if kind == "requests" or name in total:
            _add(total, {name: quantity.parse(text)})
    return total


def _of(container: Obj, kind: str) -> Amounts:
    amounts = (container.get("resources") or {}).get(kind) or {}
    return {name: quantity.parse(text) for name, text in amounts.items()}
