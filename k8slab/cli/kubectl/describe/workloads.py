"""ReplicaSet, ReplicationController, Deployment, DaemonSet, StatefulSet, Job, CronJob. Models kubectl pkg/describe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from k8slab.apimachinery import labels, quantity
from k8slab.apimachinery.durations import human_duration
from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe import events
from k8slab.cli.kubectl.describe.pod_template import describe_template
from k8slab.cli.kubectl.describe.writer import NONE, Description, controller_of, shown, yes_no_unset
from k8slab.cli.kubectl.errors import text_of
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.rollout import revisions
from k8slab.cli.kubectl.tables import format_labels
from k8slab.cli.seam import Steps


def replica_set(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a ReplicaSet."""
    return (yield from _replicas(run, obj, show_events, now, labels.format_label_selector(obj["spec"].get("selector"))))


def replication_controller(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a ReplicationController."""
    return (yield from _replicas(run, obj, show_events, now, format_labels(obj["spec"].get("selector"))))


def _replicas(run: Invocation, obj: Obj, show_events: bool, now: datetime, selector: str) -> Steps[str]:
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    pods = yield from _pods_status(run, obj)
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "Selector", selector)
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    if controller_of(obj) and obj["kind"] == "ReplicaSet":
        out.line(0, "Controlled By", controller_of(obj))
    out.line(0, "Replicas", f"{status.get('replicas', 0)} current / {spec.get('replicas', 1)} desired")
    out.line(0, "Pods Status", pods)
    describe_template(out, spec.get("template"))
    _conditions(out, status.get("conditions"))
    events.describe_events(out, found, now)
    return out.text()


def _conditions(out: Description, conditions: list[Obj] | None) -> None:
    if not conditions:
        return
    out.write(0, "Conditions:\n  Type\tStatus\tReason\n")
    out.write(1, "----\t------\t------\n")
    for one in conditions:
        out.write(1, f"{one['type']} \t{one['status']}\t{one.get('reason', '')}\n")


def _pods_status(run: Invocation, obj: Obj) -> Steps[str]:
    """Return how many of the pods of *obj* are in which phase."""
    selector = obj["spec"].get("selector")
    text = str(labels.from_map(selector)) if obj["kind"] == "ReplicationController" else revisions.selector_of(obj)
    mapping = yield from run.mapper.find("pods")
    params = {"labelSelector": text, "limit": "500"}
    try:
        listed = yield from run.api.list(mapping, obj["metadata"].get("namespace", ""), params)
    except ApiError as error:
        return f"error in fetching pods: {text_of(error)}"
    counts = {"Running": 0, "Pending": 0, "Succeeded": 0, "Failed": 0}
    for pod in listed.get("items") or ():
        phase = (pod.get("status") or {}).get("phase")
        if revisions.controller_uid(pod) == obj["metadata"]["uid"] and phase in counts:
            counts[phase] += 1
    return "{Running} Running / {Pending} Waiting / {Succeeded} Succeeded / {Failed} Failed".format(**counts)


def deployment(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Deployment."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    old, new = yield from revisions.replica_sets_of(run, obj)
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "CreationTimestamp", durations.rfc1123z(metadata.get("creationTimestamp")))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Selector", str(labels.from_label_selector(spec.get("selector"))))
    counts = [(spec.get("replicas", 1), "desired")]
    fields = ("updatedReplicas", "replicas", "availableReplicas", "unavailableReplicas")
    words = ("updated", "total", "available", "unavailable")
    counts += [(status.get(field, 0), word) for field, word in zip(fields, words, strict=True)]
    out.line(0, "Replicas", " | ".join(f"{count} {word}" for count, word in counts))
    strategy = spec.get("strategy") or {}
    out.line(0, "StrategyType", strategy.get("type", ""))
    out.line(0, "MinReadySeconds", spec.get("minReadySeconds", 0))
    rolling = strategy.get("rollingUpdate")
    if rolling:
        text = f"{rolling.get('maxUnavailable')} max unavailable, {rolling.get('maxSurge')} max surge"
        out.line(0, "RollingUpdateStrategy", text)
    describe_template(out, spec.get("template"))
    _conditions(out, status.get("conditions"))
    if old or new:
        out.line(0, "OldReplicaSets", _replica_sets(old))
        out.line(0, "NewReplicaSet", _replica_sets([new] if new else []))
    events.describe_events(out, found, now)
    return out.text()


def _replica_sets(replica_sets: list[Obj]) -> str:
    texts = []
    for one in replica_sets:
        created = (one.get("status") or {}).get("replicas", 0)
        texts.append(f"{one['metadata']['name']} ({created}/{one['spec'].get('replicas', 1)} replicas created)")
    return ", ".join(texts) or NONE


def daemon_set(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a DaemonSet."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    pods = yield from _pods_status(run, obj)
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "Selector", str(labels.from_label_selector(spec.get("selector"))))
    out.line(0, "Node-Selector", format_labels((spec["template"].get("spec") or {}).get("nodeSelector")))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    for label, field in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        out.write(0, f"{label}: {status.get(field, 0)}\n")
    out.line(0, "Pods Status", pods)
    describe_template(out, spec.get("template"))
    events.describe_events(out, found, now)
    return out.text()


def stateful_set(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a StatefulSet."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    pods = yield from _pods_status(run, obj)
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "CreationTimestamp", durations.rfc1123z(metadata.get("creationTimestamp")))
    out.line(0, "Selector", str(labels.from_label_selector(spec.get("selector"))))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Replicas", f"{spec.get('replicas', 1)} desired | {status.get('replicas', 0)} total")
    strategy = spec.get("updateStrategy") or {}
    out.line(0, "Update Strategy", strategy.get("type", ""))
    rolling = strategy.get("rollingUpdate") or {}
    if rolling.get("partition") is not None:
        out.line(1, "Partition", rolling["partition"])
        if rolling.get("maxUnavailable") is not None:
            out.line(1, "MaxUnavailable", rolling["maxUnavailable"])
    out.line(0, "Pods Status", pods)
    describe_template(out, spec.get("template"))
    _claim_templates(out, spec.get("volumeClaimTemplates"))
    events.describe_events(out, found, now)
    return out.text()


def _claim_templates(out: Description, templates: list[Obj] | None) -> None:
    if not templates:
        out.line(0, "Volume Claims", NONE)
        return
    out.write(0, "Volume Claims:\n")
    for claim in templates:
        metadata, spec = claim["metadata"], claim.get("spec") or {}
        out.line(1, "Name", metadata["name"])
        out.line(1, "StorageClass", spec.get("storageClassName", ""))
        out.labels("Labels", metadata.get("labels"), 1)
        out.labels("Annotations", metadata.get("annotations"), 1)
        storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        out.line(1, "Capacity", quantity.canonical(storage) if storage else "<default>")
        out.line(1, "Access Modes", spec.get("accessModes") or [])


def job(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a Job."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.line(0, "Selector", str(labels.from_label_selector(spec.get("selector"))))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    if controller_of(obj):
        out.line(0, "Controlled By", controller_of(obj))
    _given(out, spec, [("Parallelism", "parallelism")])
    out.line(0, "Completions", spec.get("completions", "<unset>"))
    _given(
        out,
        spec,
        [
            ("Completion Mode", "completionMode"),
            ("Suspend", "suspend"),
            ("Backoff Limit", "backoffLimit"),
            ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
        ],
    )
    began, ended = status.get("startTime"), status.get("completionTime")
    if began:
        out.line(0, "Start Time", durations.rfc1123z(began))
    if ended:
        out.line(0, "Completed At", durations.rfc1123z(ended))
    if began and ended:
        seconds = (durations.when(ended) - durations.when(began)).total_seconds()
        out.line(0, "Duration", human_duration(seconds))
    if spec.get("activeDeadlineSeconds") is not None:
        out.line(0, "Active Deadline Seconds", f"{spec['activeDeadlineSeconds']}s")
    active = str(status.get("active", 0)) + " Active"
    if status.get("ready") is not None:
        active += f" ({status['ready']} Ready)"
    out.line(
        0, "Pods Statuses", f"{active} / {status.get('succeeded', 0)} Succeeded / {status.get('failed', 0)} Failed"
    )
    if spec.get("completionMode") == "Indexed":
        out.line(0, "Completed Indexes", _indexes(status.get("completedIndexes", "")))
    describe_template(out, spec.get("template"))
    events.describe_events(out, found, now)
    return out.text()


def _given(out: Description, fields: Obj, pairs: list[tuple[str, str]]) -> None:
    for label, field in pairs:
        if fields.get(field) is not None:
            out.line(0, label, fields[field])


def _indexes(text: str, soft_limit: int = 50) -> str:
    if not text:
        return NONE
    comma = text.find(",", soft_limit)
    return text if comma < 0 else text[: comma + 1] + "..."


def cron_job(run: Invocation, obj: Obj, show_events: bool, now: datetime) -> Steps[str]:
    """Return the description of a CronJob."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    found = (yield from events.search(run, obj)) if show_events else None
    out = Description()
    out.line(0, "Name", metadata["name"])
    out.line(0, "Namespace", metadata.get("namespace", ""))
    out.labels("Labels", metadata.get("labels"))
    out.annotations("Annotations", metadata.get("annotations"))
    out.line(0, "Schedule", spec.get("schedule", ""))
    out.line(0, "Concurrency Policy", spec.get("concurrencyPolicy", ""))
    out.line(0, "Suspend", yes_no_unset(spec.get("suspend")))
    out.line(0, "Time Zone", spec.get("timeZone", "<unset>"))
    out.line(0, "Successful Job History Limit", spec.get("successfulJobsHistoryLimit", "<unset>"))
    out.line(0, "Failed Job History Limit", spec.get("failedJobsHistoryLimit", "<unset>"))
    starting = spec.get("startingDeadlineSeconds")
    out.line(0, "Starting Deadline Seconds", "<unset>" if starting is None else f"{starting}s")
    _job_template(out, (spec.get("jobTemplate") or {}).get("spec") or {})
    last = status.get("lastScheduleTime")
    out.line(0, "Last Schedule Time", durations.rfc1123z(last) if last else "<unset>")
    out.line(0, "Active Jobs", ", ".join(one.get("name", "") for one in status.get("active") or ()) or NONE)
    events.describe_events(out, found, now)
    return out.text()


def _job_template(out: Description, spec: dict[str, Any]) -> None:
    selector = spec.get("selector")
    out.line(0, "Selector", str(labels.from_label_selector(selector)) if selector is not None else "<unset>")
    out.line(0, "Parallelism", shown(spec.get("parallelism", "<unset>")))
    out.line(0, "Completions", shown(spec.get("completions", "<unset>")))
    if spec.get("activeDeadlineSeconds") is not None:
        out.line(0, "Active Deadline Seconds", f"{spec['activeDeadlineSeconds']}s")
    describe_template(out, spec.get("template"))
