"""The events of an object, at the end of its description. Models DescribeEvents and searchEvents of kubectl pkg/describe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe.writer import Description
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.seam import Steps


def search(run: Invocation, obj: Obj, *, kind: str | None = None, uid: str | None = None) -> Steps[list[Obj] | None]:
    """Return the events about *obj*; None if they cannot be read. *kind* "" looks for any kind."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    terms = {
        "involvedObject.kind": obj["kind"] if kind is None else kind,
        "involvedObject.name": metadata["name"],
        "involvedObject.namespace": namespace,
        "involvedObject.uid": metadata.get("uid", "") if uid is None else uid,
    }
    optional = ("involvedObject.kind", "involvedObject.uid")
    selector = ",".join(f"{key}={value}" for key, value in terms.items() if value or key not in optional)
    try:
        mapping = yield from run.mapper.find("events")
        listed = yield from run.api.list(mapping, namespace, {"fieldSelector": selector, "limit": "500"})
    except (ApiError, CommandError):
        return None
    return list(listed.get("items") or ())


def describe_events(out: Description, events: list[Obj] | None, now: datetime) -> None:
    """Add the table of *events*, oldest first."""
    if events is None:
        return
    if not events:
        out.write(0, "Events:\t<none>\n")
        return
    out.flush()
    out.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n")
    out.write(1, "----\t------\t----\t----\t-------\n")
    for event in sorted(events, key=lambda one: one.get("lastTimestamp") or ""):
        source = (event.get("source") or {}).get("component") or event.get("reportingComponent") or ""
        message = str(event.get("message") or "").strip()
        field = (event.get("involvedObject") or {}).get("fieldPath")
        if field:
            message = f"{field}: {message}"
        cells = (event.get("type", ""), event.get("reason", ""), interval(event, now), source, message)
        out.write(1, "\t".join(cells) + "\n")


def interval(event: dict[str, Any], now: datetime) -> str:
    """Return when the event happened: ``5s``, or ``5s (x3 over 2m)`` for one that was repeated."""
    first = durations.age(event.get("eventTime") or event.get("firstTimestamp"), now)
    series = event.get("series")
    if series:
        last = durations.age(series.get("lastObservedTime"), now)
        return f"{last} (x{series.get('count', 0)} over {first})"
    if (event.get("count") or 0) > 1:
        return f"{durations.age(event.get('lastTimestamp'), now)} (x{event['count']} over {first})"
    return first
