"""A Pod. Models describePod of kubectl pkg/describe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.pod_template import (
    describe_containers,
    describe_resources,
    describe_spread,
    tolerations,
)
from k8slab.cli.kubectl.describe.volumes import describe_volumes
from k8slab.cli.kubectl.describe.writer import NONE, Description, controller_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps


def pod(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Pod."""
    found = (yield from events.search(run, obj, kind="")) if show_events else None
    out = Description()
    _head(out, obj, now)
    _containers(out, obj)
    spec, status = obj["spec"], obj.get("status") or {}
    conditions = status.get("conditions") or []
    if spec.get("readinessGates"):
        by_type = {condition["type"]: condition["status"] for condition in conditions}
        out.write(0, "Readiness Gates:\n  Type\tStatus\n")
        for gate in spec["readinessGates"]:
            out.write(1, f"{gate['conditionType']} \t{by_type.get(gate['conditionType'], NONE)} \n")
    if conditions:
        out.write(0, "Conditions:\n  Type\tStatus\n")
        for condition in conditions:
            out.write(1, f"{condition['type']} \t{condition['status']} \n")
    describe_volumes(out, spec.get("volumes"))
    out.line(0, "QoS Class", status.get("qosClass") or qos_class(spec))
    out.labels("Node-Selectors", spec.get("nodeSelector"))
    out.multiline("Tolerations", tolerations(spec.get("tolerations")))
    describe_spread(out, spec.get("topologySpreadConstraints"))
    events.describe_events(out, found, now)
    return out.text()


def _head(out: Description, obj: Obj, now: datetime) -> None:
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    if spec.get("priority") is not None:
        out.line(0, "Priority", spec["priority"])
    for label, field in (
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ):
        if spec.get(field):
            out.line(0, label, spec[field])
    out.line(0, "Node", f"{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else NONE)
    if status.get("startTime"):
        out.line(0, "Start Time", durations.rfc1123z(status["startTime"]))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    phase = status.get("phase", "")
    if metadata.get("deletionTimestamp") and phase not in ("Failed", "Succeeded"):
        out.line(0, "Status", f"Terminating (lasts {durations.age(metadata['deletionTimestamp'], now)})")
        out.line(0, "Termination Grace Period", f"{metadata.get('deletionGracePeriodSeconds', 0)}s")
    else:
        out.line(0, "Status", phase)
    for label, field in (("Reason", "reason"), ("Message", "message")):
        if status.get(field):
            out.line(0, label, status[field])
    profile = (spec.get("securityContext") or {}).get("seccompProfile")
    if profile:
        out.line(0, "SeccompProfile", profile.get("type"))
        if profile.get("type") == "Localhost":
            out.line(0, "LocalhostProfile", profile.get("localhostProfile"))
    out.line(0, "IP", status.get("podIP", ""))
    addresses = status.get("podIPs") or []
    out.write(0, "IPs:\n" if addresses else f"IPs:\t{NONE}\n")
    for address in addresses:
        out.line(1, "IP", address.get("ip", ""))
    if controller_of(obj):
        out.line(0, "Controlled By", controller_of(obj))
    if status.get("nominatedNodeName"):
        out.line(0, "NominatedNodeName", status["nominatedNodeName"])
    if spec.get("resources"):
        out.write(0, "Resources:\n")
        describe_resources(out, spec["resources"], 1)


def _containers(out: Description, obj: Obj) -> None:
    spec, status = obj["spec"], obj.get("status") or {}

    def resolve(path: str) -> str:
        return _field(obj, path)

    if spec.get("initContainers"):
        describe_containers(
            out, "Init Containers", spec["initContainers"], status.get("initContainerStatuses"), resolve
        )
    describe_containers(out, "Containers", spec.get("containers") or [], status.get("containerStatuses"), resolve)
    if spec.get("ephemeralContainers"):
        describe_containers(
            out, "Ephemeral Containers", spec["ephemeralContainers"], status.get("ephemeralContainerStatuses"), resolve
        )


def _field(obj: Obj, path: str) -> str:
    """Return the value that the downward API gives for *path*."""
    if path.endswith("']") and "['" in path:
        section, _, key = path[:-2].partition("['")
        return str((obj["metadata"].get(section.rpartition(".")[2]) or {}).get(key, ""))
    if path in ("metadata.labels", "metadata.annotations"):
        values = obj["metadata"].get(path.rpartition(".")[2]) or {}
        return "\n".join(f'{key}="{values[key]}"' for key in sorted(values))
    value: Any = obj
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return str(value)


def qos_class(spec: Obj) -> str:
    """Return the quality of service that the requests and limits of a pod spec earn."""
    requests: dict[str, int] = {}
    limits: dict[str, int] = {}
    guaranteed = True
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        has = {name for name, amount in (resources.get("limits") or {}).items() if quantity.millis(amount) > 0}
        for kind, total in (("requests", requests), ("limits", limits)):
            for name, amount in (resources.get(kind) or {}).items():
                if name in ("cpu", "memory") and quantity.millis(amount) > 0:
                    total[name] = total.get(name, 0) + quantity.millis(amount)
        guaranteed = guaranteed and {"cpu", "memory"} <= has
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and all(limits.get(name) == amount for name, amount in requests.items()):
        return "Guaranteed"
    return "Burstable"
