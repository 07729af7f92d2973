"""Events: short notes that components leave about an object, so that ``kubectl describe`` can tell what happened.

Models client-go tools/record (EventRecorder, EventBroadcaster, EventCorrelator). Writing happens later and beside the
component's work. Three rules keep a noisy component from flooding etcd, in this order: from the tenth message on, similar
Events are combined into one; an Event that repeats is counted, not written again; and per object a source has a burst of 25
Events, then one in five minutes. Left out: retries, and upstream's limit of 1000 Events waiting to be written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event

from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.apimachinery.owners import api_version
from k8slab.cluster.client.client import ApiClient
from k8slab.sim.clock import Clock

NORMAL, WARNING = "Normal", "Warning"

MAX_CACHE_ENTRIES = 4096
MAX_SIMILAR_EVENTS = 10
SIMILAR_WITHIN_SECONDS = 600
SPAM_BURST = 25
SPAM_PER_SECOND = 1 / 300
COMBINED = "(combined from similar events): "


def reference_to(obj: Any, field_path: str | None = None) -> ObjectReference:
    """Return a reference to *obj* (a struct of a lightkube resource, or a reference already)."""
    if isinstance(obj, ObjectReference):
        return obj
    definition, meta = obj._api_info.resource, obj.metadata
    return ObjectReference(
        apiVersion=api_version(definition.group, definition.version),
        kind=definition.kind,
        name=meta.name,
        namespace=meta.namespace,
        uid=meta.uid,
        resourceVersion=meta.resourceVersion,
        fieldPath=field_path,
    )


class EventRecorder:
    """Writes Events with *component* (and *host*) as their source."""

    def __init__(
        self,
        client: ApiClient,
        clock: Clock,
        unique_nanoseconds: Callable[[], int],
        component: str,
        host: str = "",
    ) -> None:
        self._client = client
        self._clock = clock
        self._unique_nanoseconds = unique_nanoseconds
        self.component = component
        self.host = host
        self._source = EventSource(component=component, host=host or None)
        self._waiting: list[Event] = []
        self._correlator = EventCorrelator()

    def event(
        self,
        obj: Any,
        type: str,
        reason: str,
        message: str,
        *,
        field_path: str | None = None,
        annotations: dict[str, str] | None = None,
    ) -> None:
        """Note that *reason* happened to *obj*; *type* is Normal or Warning. Returns at once."""
        reference = reference_to(obj, field_path)
        now = self._clock.datetime().replace(microsecond=0)
        event = Event(
            metadata=ObjectMeta(
                name=self._name(reference), namespace=reference.namespace or "default", annotations=annotations
            ),
            involvedObject=reference,
            reason=reason,
            message=message,
            firstTimestamp=now,
            lastTimestamp=now,
            count=1,
            type=type,
            source=self._source,
            reportingComponent=self.component,
            reportingInstance=self.host,
        )
        if not self._waiting:
            self._clock.call_later(self._client.latency_seconds, self._write)
        self._waiting.append(event)

    def _name(self, reference: ObjectReference) -> str:
        return f"{reference.name}.{self._unique_nanoseconds():x}"

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            now = self._clock.datetime().replace(microsecond=0)
            correlated = self._correlator.correlate(event, now, self._name)
            if correlated is not None:
                self._record(correlated)

    def _record(self, event: Event) -> None:
        server, user = self._client.server, self._client.user
        try:
            if event.count and event.count > 1:
                last = event.lastTimestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
                changes = {"count": event.count, "lastTimestamp": last, "message": event.message}
                try:
                    server.patch(Event, event.metadata.name, event.metadata.namespace, changes, user=user)
                    return
                except ApiError as error:
                    if not is_not_found(error):
                        raise
            server.create(event, user=user)
        except ApiError:
            # As upstream: an Event that the server refuses (its namespace is going, for example) is dropped.
            return


@dataclass(slots=True)
class _Similar:
    """Events of one source, object, type and reason: their messages, and when the last came."""

    last: datetime
    messages: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Seen:
    """How an Event was written last time."""

    count: int
    first: datetime
    name: str


@dataclass(slots=True)
class _Bucket:
    """What an object's source may still say (a token bucket)."""

    tokens: float
    last: datetime


class EventCorrelator:
    """Decides what becomes of an Event: written, counted on an earlier one, combined with others, or dropped. Pure memory."""

    def __init__(self) -> None:
        self._similar: dict[Any, _Similar] = {}
        self._seen: dict[Any, _Seen] = {}
        self._buckets: dict[Any, _Bucket] = {}

    def correlate(self, event: Event, now: datetime, new_name: Callable[[ObjectReference], str]) -> Event | None:
        """Return the Event to create (count 1) or to patch (count above 1), or None to drop it."""
        involved, source = event.involvedObject, event.source
        spam_key = (source.component, source.host, involved.kind, involved.namespace, involved.name, involved.uid)
        similar_key = (*spam_key, event.type, event.reason)
        key: Any = (*similar_key, involved.fieldPath, event.message)
        if self._is_one_too_many(similar_key, event.message or "", now):
            key = similar_key
            event = Event(
                metadata=ObjectMeta(name=new_name(involved), namespace=event.metadata.namespace),
                involvedObject=involved,
                reason=event.reason,
                message=COMBINED + (event.message or ""),
                firstTimestamp=now,
                lastTimestamp=now,
                count=1,
                type=event.type,
                source=source,
                reportingComponent=event.reportingComponent,
                reportingInstance=event.reportingInstance,
            )
        seen = self._seen.get(key)
        if seen is not None:
            seen.count += 1
            event.metadata.name, event.firstTimestamp, event.count = seen.name, seen.first, seen.count
        else:
            _remember(self._seen, key, _Seen(1, event.firstTimestamp or now, event.metadata.name or ""))
        return event if self._may_speak(spam_key, now) else None

    def _is_one_too_many(self, key: Any, message: str, now: datetime) -> bool:
        similar = self._similar.get(key)
        if similar is None or (now - similar.last).total_seconds() > SIMILAR_WITHIN_SECONDS:
            similar = _Similar(now)
            _remember(self._similar, key, similar)
        similar.messages[message] = None
        similar.last = now
        if len(similar.messages) < MAX_SIMILAR_EVENTS:
            return False
        # Go's set pops any message; here it is the newest, so that the first nine keep their own Events.
        similar.messages.popitem()
        return True

    def _may_speak(self, key: Any, now: datetime) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = _Bucket(SPAM_BURST, now)
            _remember(self._buckets, key, bucket)
        refilled = bucket.tokens + (now - bucket.last).total_seconds() * SPAM_PER_SECOND
        bucket.tokens, bucket.last = min(SPAM_BURST, refilled), now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def _remember(cache: dict[Any, Any], key: Any, value: Any) -> None:
    if len(cache) >= MAX_CACHE_ENTRIES:
        del cache[next(iter(cache))]
    cache[key] = value
