"""Namespace, ConfigMap, Secret, ServiceAccount, ResourceQuota, LimitRange. Models kubectl pkg/describe."""

from __future__ import annotations

import base64
from datetime import datetime

from k8slab.apimachinery import quantity
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.writer import NONE, Description
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps

_SCOPES = {
    "Terminating": "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being "
    "actively terminated by the system.",
    "NotTerminating": "Matches all pods that do not have an active deadline. These pods usually include long running pods whose "
    "container command is not expected to terminate.",
    "BestEffort": "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    "NotBestEffort": "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed "
    "quality of service.",
}
_LIMIT_HEADS = ("Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio")
_LIMIT_FIELDS = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


def _head(out: Description, obj: Obj) -> None:
    metadata = obj["metadata"]
    out.line(0, "Name", metadata["name"])
    if metadata.get("namespace"):
        out.line(0, "Namespace", metadata["namespace"])
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))


def namespace(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Namespace."""
    name = obj["metadata"]["name"]
    quotas = yield from _list(run, "resourcequotas", name)
    ranges = yield from _list(run, "limitranges", name)
    status = obj.get("status") or {}
    out = Description()
    _head(out, obj)
    out.line(0, "Status", status.get("phase", ""))
    if status.get("conditions"):
        out.write(0, "Conditions:\n")
        out.write(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage\n")
        out.write(1, "----\t------\t------------------\t------\t-------\n")
        for one in status["conditions"]:
            when = durations.rfc1123z(one.get("lastTransitionTime"))
            cells = (one["type"], one["status"], when, one.get("reason", ""), one.get("message", ""))
            out.write(1, "\t".join(cells) + "\n")
    if quotas is not None:
        out.write(0, "\n")
        _quotas(out, quotas)
    if ranges is not None:
        out.write(0, "\n")
        _ranges(out, ranges)
    return out.text()


def _list(run: Invocation, resource: str, namespace: str) -> Steps[list[Obj] | None]:
    """Return the objects of a kind, None if the server does not know it."""
    try:
        mapping = yield from run.mapper.find(resource)
        listed = yield from run.api.list(mapping, namespace, {"limit": "500"})
    except (ApiError, CommandError):
        return None
    return list(listed.get("items") or ())


def _quotas(out: Description, quotas: list[Obj]) -> None:
    if not quotas:
        out.write(0, "No resource quota.\n")
        return
    out.write(0, "Resource Quotas\n")
    for one in sorted(quotas, key=lambda q: q["metadata"]["name"]):
        out.line(1, "Name", one["metadata"]["name"])
        _scopes(out, one, 1, "* ")
        out.write(1, "Resource\tUsed\tHard\n")
        out.write(1, "--------\t---\t---\n")
        _usage(out, one, 1)


def _scopes(out: Description, quota: Obj, level: int, bullet: str) -> None:
    scopes = sorted((quota.get("spec") or {}).get("scopes") or ())
    if not scopes:
        return
    out.line(level, "Scopes", ", ".join(scopes))
    for scope in scopes:
        if scope in _SCOPES:
            out.write(level, f"{bullet}{_SCOPES[scope]}\n")


def _usage(out: Description, quota: Obj, level: int) -> None:
    status = quota.get("status") or {}
    used = status.get("used") or {}
    hard = status.get("hard") or {}
    for name in sorted(hard):
        amounts = (quantity.canonical(used.get(name, "0")), quantity.canonical(hard[name]))
        out.write(level, f"{name}\t{amounts[0]}\t{amounts[1]}\n")


def _ranges(out: Description, ranges: list[Obj]) -> None:
    if not ranges:
        out.write(0, "No LimitRange resource.\n")
        return
    out.write(0, "Resource Limits\n " + "\t".join(_LIMIT_HEADS) + "\n")
    out.write(0, " " + "\t".join("-" * len(head) for head in _LIMIT_HEADS) + "\n")
    for one in ranges:
        _limits(out, one, " ")


def _limits(out: Description, limit_range: Obj, prefix: str) -> None:
    for item in (limit_range.get("spec") or {}).get("limits") or ():
        names = {name for field in _LIMIT_FIELDS for name in item.get(field) or ()}
        for name in sorted(names):
            amounts = [(item.get(field) or {}).get(name) for field in _LIMIT_FIELDS]
            cells = ["-" if amount is None else quantity.canonical(amount) for amount in amounts]
            out.write(0, prefix + "\t".join([item.get("type", ""), name, *cells]) + "\n")


def config_map(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a ConfigMap."""
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    _head(out, obj)
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    out.write(0, "\nData\n====\n")
    for key in sorted(data):
        out.write(0, f"{key}:\n----\n{data[key]}\n\n")
    out.write(0, "\nBinaryData\n====\n")
    for key in sorted(binary):
        out.write(0, f"{key}: {len(base64.b64decode(binary[key]))} bytes\n")
    out.write(0, "\n")
    events.describe_events(out, found, now)
    return out.text()


def secret(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Secret: the sizes of its values, not the values."""
    yield from ()
    out = Description()
    _head(out, obj)
    out.write(0, f"\nType:\t{obj.get('type', '')}\n")
    out.write(0, "\nData\n====\n")
    data = obj.get("data") or {}
    for key in sorted(data):
        value = base64.b64decode(data[key])
        if key == "token" and obj.get("type") == "kubernetes.io/service-account-token":
            out.line(0, key, value.decode(errors="replace"))
        else:
            out.line(0, key, f"{len(value)} bytes")
    return out.text()


def service_account(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a ServiceAccount."""
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    _head(out, obj)
    names = [reference.get("name", "") for reference in obj.get("imagePullSecrets") or ()]
    title = "Image pull secrets:"
    for index, name in enumerate(names or [NONE]):
        out.write(0, f"{title if index == 0 else ' ' * len(title)}\t{name}\n")
    events.describe_events(out, found, now)
    return out.text()


def resource_quota(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a ResourceQuota."""
    yield from ()
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.line(0, "Namespace", obj["metadata"].get("namespace", ""))
    _scopes(out, obj, 0, " * ")
    out.write(0, "Resource\tUsed\tHard\n")
    out.write(0, "--------\t----\t----\n")
    _usage(out, obj, 0)
    return out.text()


def limit_range(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a LimitRange."""
    yield from ()
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.line(0, "Namespace", obj["metadata"].get("namespace", ""))
    out.write(0, "\t".join(_LIMIT_HEADS) + "\n")
    out.write(0, "\t".join("-" * len(head) for head in _LIMIT_HEADS) + "\n")
    _limits(out, obj, "")
    return out.text()
