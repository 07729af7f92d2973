"""Event: what a component has to say about an object. Models pkg/registry/core/event/strategy.go and printEvent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lightkube.resources.core_v1 import Event

from k8slab.apimachinery.durations import since
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import NAME_COLUMN, Column, Obj, Strategy

_DATES = ("firstTimestamp", "lastTimestamp", "eventTime")


class EventStrategy(Strategy):
    """Events: kept for an hour, counted instead of repeated."""

    model = Event
    singular = "event"
    short_names = ("ev",)
    allow_create_on_update = True
    ttl_seconds = 3600
    columns = (
        Column("Last Seen", description="The time at which the most recent occurrence of this event was recorded."),
        Column("Type", description="Type of this event (Normal, Warning), new types could be added in the future"),
        Column("Reason", description="This should be a short, machine understandable string that gives the reason for the transition into the object's current status."),
        Column("Object", description="The object that this event is about."),
        Column("Subobject", priority=1, description="If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]."),
        Column("Source", priority=1, description="The component reporting this event. Should be a short machine understandable string."),
        Column("Message", description="A human-readable description of the status of this operation."),
        Column("First Seen", priority=1, description="The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)"),
        Column("Count", priority=1, description="The number of times this event has occurred."),
        NAME_COLUMN._replace(priority=1),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        obj.setdefault("involvedObject", {})
        obj.setdefault("source", {})
        for field in _DATES:
            obj.setdefault(field, None)
        obj.setdefault("reportingComponent", "")
        obj.setdefault("reportingInstance", "")

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        namespace, about = obj["metadata"].get("namespace", ""), obj["involvedObject"].get("namespace", "")
        if not about:
            # Events about objects without a namespace (nodes) live in the default namespace.
            if namespace not in ("default", "kube-system"):
                yield FieldError.invalid("involvedObject.namespace", about, "does not match event.namespace")
        elif about != namespace:
            yield FieldError.invalid("involvedObject.namespace", about, "does not match event.namespace")
        if obj.get("eventTime") and not obj.get("reportingComponent"):
            yield FieldError.required("reportingController")

    def fields(self, obj: Obj) -> dict[str, str]:
        about, source = obj.get("involvedObject") or {}, obj.get("source") or {}
        return {
            **self.metadata_fields(obj),
            "involvedObject.kind": about.get("kind", ""),
            "involvedObject.namespace": about.get("namespace", ""),
            "involvedObject.name": about.get("name", ""),
            "involvedObject.uid": about.get("uid", ""),
            "involvedObject.apiVersion": about.get("apiVersion", ""),
            "involvedObject.resourceVersion": about.get("resourceVersion", ""),
            "involvedObject.fieldPath": about.get("fieldPath", ""),
            "reason": obj.get("reason", ""),
            "reportingComponent": obj.get("reportingComponent", ""),
            "source": source.get("component") or obj.get("reportingComponent", ""),
            "type": obj.get("type", ""),
        }

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        about, series = obj.get("involvedObject") or {}, obj.get("series")
        first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
        last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
        count = obj.get("count") or 1
        if series:
            last, count = since(series.get("lastObservedTime"), now), series.get("count", 0)
        kind = about.get("kind", "").lower()
        return [
            last,
            obj.get("type", ""),
            obj.get("reason", ""),
            f"{kind}/{about['name']}" if about.get("name") else kind,
            about.get("fieldPath", ""),
            _source(obj),
            obj.get("message", "").strip(),
            first,
            count,
            obj["metadata"]["name"],
        ]


def _source(event: Obj) -> str:
    source = event.get("source") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    instance = source.get("host") or event.get("reportingInstance", "")
    return f"{component}, {instance}" if instance else component
