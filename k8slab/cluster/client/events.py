"""Events: short notes that components leave about an object, so that ``kubectl describe`` can tell what happened.

Models client-go tools/record (EventRecorder, EventBroadcaster, EventCorrelator). Writing happens later and beside the
component's work. Three rules keep a noisy component from flooding etcd, in this order: from the tenth message on, similar
Events are combined into one; an Event that repeats is counted, not written again; and per object a source has a burst of 25
Events, then one in five minutes. Left out: retries, and upstream's limit of 1000 Events waiting to be written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event

from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.apimachinery.owners import api_version
from k8slab.cluster.client.client import ApiClient
from k8slab.sim.clock import EPOCH, Clock

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


class Note(NamedTuple):
    """What a component has to say, before it is decided what becomes of it."""

    about: ObjectReference
    type: str
    reason: str
    message: str
    annotations: dict[str, str] | None
    time: datetime
    nanoseconds: int  # for the name


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
        self._waiting: list[Note] = []
        self._correlator = EventCorrelator()
        self._second: tuple[int, datetime] = (-1, EPOCH)

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
        if not self._waiting:
            self._clock.call_later(self._client.latency_seconds, self._write)
        about = reference_to(obj, field_path)
        nanoseconds = self._unique_nanoseconds()
        self._waiting.append(Note(about, type, reason, message, annotations, self._now(), nanoseconds))

    def _now(self) -> datetime:
        second = int(self._clock.now)
        if second != self._second[0]:
            self._second = (second, EPOCH + timedelta(seconds=second))
        return self._second[1]

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for note in waiting:
            written = self._correlator.correlate(note, self._now())
            if written is not None:
                self._record(note, written)

    def _record(self, note: Note, written: Written) -> None:
        server, user = self._client.server, self._client.user
        namespace = note.about.namespace or "default"
        try:
            if written.count > 1:
                last = written.last.strftime("%Y-%m-%dT%H:%M:%SZ")
                changes = {"count": written.count, "lastTimestamp": last, "message": written.message}
                try:
                    server.patch(Event, written.name, namespace, changes, user=user)
                    return
                except ApiError as error:
                    if not is_not_found(error):
                        raise
            server.post(self._event(note, written, namespace), user=user)
        except ApiError:
            # As upstream: an Event that the server refuses (its namespace is going, for example) is dropped.
            return

    def _event(self, note: Note, written: Written, namespace: str) -> Event:
        return Event(
            metadata=ObjectMeta(name=written.name, namespace=namespace, annotations=note.annotations),
            involvedObject=note.about,
            reason=note.reason,
            message=written.message,
            firstTimestamp=written.first,
            lastTimestamp=written.last,
            count=written.count,
            type=note.type,
            source=self._source,
            reportingComponent=self.component,
            reportingInstance=self.host,
        )


@dataclass(slots=True)
class Written:
    """How a note is written: *count* 1 is a new Event, more a change of the one called *name*."""

    name: str
    message: str
    count: int
    first: datetime
    last: datetime


@dataclass(slots=True)
class _Similar:
    """Notes about one object of one type and reason: their messages, and when the last came."""

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
    """What may still be said about an object (a token bucket)."""

    tokens: float
    last: datetime


class EventCorrelator:
    """Decides what becomes of a note: a new Event, one more of an earlier one, combined with others, or nothing.

    Remembers only what one source has said, so the source is no part of its keys.
    """

    def __init__(self) -> None:
        self._similar: dict[Any, _Similar] = {}
        self._seen: dict[Any, _Seen] = {}
        self._buckets: dict[Any, _Bucket] = {}

    def correlate(self, note: Note, now: datetime) -> Written | None:
        """Return how to write *note*, or None to drop it."""
        about = note.about
        about_key = (about.kind, about.namespace, about.name, about.uid)
        similar_key = (about_key, note.type, note.reason)
        key: Any = (similar_key, about.fieldPath, note.message)
        message, first = note.message, note.time
        if self._is_one_too_many(similar_key, message, now):
            key, message, first = similar_key, COMBINED + message, now
        seen = self._seen.get(key)
        if seen is None:
            seen = _Seen(0, first, f"{about.name}.{note.nanoseconds:x}")
            _remember(self._seen, key, seen)
        seen.count += 1
        if not self._may_speak(about_key, now):
            return None
        return Written(seen.name, message, seen.count, seen.first, note.time)

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
        elif bucket.last != now:
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
