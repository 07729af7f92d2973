"""PodDisruptionBudget, HorizontalPodAutoscaler, PriorityClass, and who may do what: roles and bindings. Models kubectl pkg/describe.

Left out: custom, object and external metrics of autoscalers; rules of roles are shown as they stand, not merged.
"""

from __future__ import annotations

from datetime import datetime

from k8slab.apimachinery import labels
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.writer import Description
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.tables import format_labels
from k8slab.cli.seam import Steps


def pod_disruption_budget(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a PodDisruptionBudget."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.line(0, "Namespace", obj["metadata"].get("namespace", ""))
    if spec.get("minAvailable") is not None:
        out.line(0, "Min available", spec["minAvailable"])
    elif spec.get("maxUnavailable") is not None:
        out.line(0, "Max unavailable", spec["maxUnavailable"])
    selector = spec.get("selector")
    out.line(0, "Selector", "<unset>" if selector is None else labels.format_label_selector(selector))
    out.write(0, "Status:\n")
    for label, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        out.line(2, label, status.get(field, 0))
    events.describe_events(out, found, now)
    return out.text()


def horizontal_pod_autoscaler(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a HorizontalPodAutoscaler."""
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    target = spec.get("scaleTargetRef") or {}
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "CreationTimestamp", durations.rfc1123z(metadata.get("creationTimestamp")))
    out.line(0, "Reference", f"{target.get('kind', '')}/{target.get('name', '')}")
    out.line(0, "Metrics", "( current / target )")
    current = status.get("currentMetrics") or []
    for index, metric in enumerate(spec.get("metrics") or ()):
        _metric(out, metric, current[index] if index < len(current) else {})
    out.line(0, "Min replicas", spec.get("minReplicas", "<unset>"))
    out.line(0, "Max replicas", spec.get("maxReplicas", 0))
    behavior = spec.get("behavior")
    if behavior:
        out.write(0, "Behavior:\n")
        for title, field in (("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")):
            _behavior(out, title, behavior.get(field))
    counts = f"{status.get('currentReplicas', 0)} current / {status.get('desiredReplicas', 0)} desired"
    out.line(0, f"{target.get('kind', '')} pods", counts)
    if status.get("conditions"):
        out.write(0, "Conditions:\n")
        out.write(1, "Type\tStatus\tReason\tMessage\n")
        out.write(1, "----\t------\t------\t-------\n")
        for one in status["conditions"]:
            cells = (one["type"], one["status"], one.get("reason", ""), one.get("message", ""))
            out.write(1, "\t".join(cells) + "\n")
    events.describe_events(out, found, now)
    return out.text()


def _metric(out: Description, metric: Obj, current: Obj) -> None:
    if metric.get("type") not in ("Resource", "ContainerResource"):
        out.write(1, f'<unknown metric type "{metric.get("type", "")}">\n')
        return
    field = "resource" if metric["type"] == "Resource" else "containerResource"
    wanted, now = metric[field], (current.get(field) or {}).get("current") or {}
    where = f' of container "{wanted.get("container", "")}"' if field == "containerResource" else ""
    subject = f"resource {wanted.get('name', '')}{where} on pods"
    target = wanted.get("target") or {}
    if target.get("averageValue") is not None:
        out.write(1, f"{subject}:\t{now.get('averageValue', '<unknown>')} / {target['averageValue']}\n")
        return
    used = "<unknown>"
    if now.get("averageUtilization") is not None:
        used = f"{now['averageUtilization']}% ({now.get('averageValue', '0')})"
    utilization = target.get("averageUtilization")
    limit = "<auto>" if utilization is None else f"{utilization}%"
    out.write(1, f"{subject}  (as a percentage of request):\t{used} / {limit}\n")


def _behavior(out: Description, title: str, rules: Obj | None) -> None:
    if rules is None:
        return
    out.write(1, f"{title}:\n")
    if rules.get("stabilizationWindowSeconds") is not None:
        out.write(2, f"Stabilization Window: {rules['stabilizationWindowSeconds']} seconds\n")
    if rules.get("policies"):
        out.write(2, f"Select Policy: {rules.get('selectPolicy', 'Max')}\n")
        out.write(2, "Policies:\n")
        for one in rules["policies"]:
            parts = (
                f"- Type: {one.get('type')}",
                f"Value: {one.get('value')}",
                f"Period: {one.get('periodSeconds')} seconds",
            )
            out.write(3, "\t".join(parts) + "\n")


def priority_class(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a PriorityClass."""
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.line(0, "Value", obj.get("value", 0))
    out.line(0, "GlobalDefault", bool(obj.get("globalDefault")))
    out.line(0, "PreemptionPolicy", obj.get("preemptionPolicy", ""))
    out.line(0, "Description", obj.get("description", ""))
    out.line(0, "Annotations", format_labels(obj["metadata"].get("annotations")))
    events.describe_events(out, found, now)
    return out.text()


def role(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Role or ClusterRole."""
    yield from ()
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.labels("Labels", obj["metadata"].get("labels"))
    out.annotations("Annotations", obj["metadata"].get("annotations"))
    out.write(0, "PolicyRule:\n")
    out.write(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs\n")
    out.write(1, "---------\t-----------------\t--------------\t-----\n")
    lines = []
    for rule in obj.get("rules") or ():
        for resource in rule.get("resources") or [""]:
            for group in rule.get("apiGroups") or [""]:
                lines.append((_resource(resource, group), rule))
    for name, rule in sorted(lines, key=lambda line: line[0]):
        lists = [rule.get(field) or [] for field in ("nonResourceURLs", "resourceNames", "verbs")]
        out.write(1, "\t".join([name, *(f"[{' '.join(words)}]" for words in lists)]) + "\n")
    return out.text()


def _resource(resource: str, group: str) -> str:
    name, slash, sub = resource.partition("/")
    return name + (f".{group}" if group else "") + slash + sub


def role_binding(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a RoleBinding or ClusterRoleBinding."""
    yield from ()
    out = Description()
    out.line(0, "Name", obj["metadata"]["name"])
    out.labels("Labels", obj["metadata"].get("labels"))
    out.annotations("Annotations", obj["metadata"].get("annotations"))
    out.write(0, "Role:\n")
    out.line(1, "Kind", obj["roleRef"].get("kind", ""))
    out.line(1, "Name", obj["roleRef"].get("name", ""))
    out.write(0, "Subjects:\n")
    out.write(1, "Kind\tName\tNamespace\n")
    out.write(1, "----\t----\t---------\n")
    for subject in obj.get("subjects") or ():
        cells = (subject.get("kind", ""), subject.get("name", ""), subject.get("namespace", ""))
        out.write(1, "\t".join(cells) + "\n")
    return out.text()
