"""Events of the newer kind, which the scheduler writes: a repetition becomes a series on the first Event.

Models client-go tools/events (the events.k8s.io/v1 recorder), stored as the core/v1 Event that both are. Two Events belong
together when all but their text agrees, the version of the object included. The second makes a series; later ones are only
counted in memory, and the count is written when the series has been quiet for six minutes.
Left out: the refresh of a running series every half hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from lightkube.models.core_v1 import EventSeries
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event

from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.client.events import reference_to
from k8slab.sim.clock import Clock

FINISH_SECONDS = 6 * 60


class EventSeriesRecorder:
    """Writes Events whose reporter is *controller* (and *instance*, one of its copies)."""

    def __init__(
        self,
        client: ApiClient,
        clock: Clock,
        unique_nanoseconds: Callable[[], int],
        controller: str,
        instance: str,
    ) -> None:
        self._client = client
        self._clock = clock
        self._unique_nanoseconds = unique_nanoseconds
        self.controller = controller
        self.instance = instance
        self._waiting: list[Event] = []
        self._cache: dict[Any, Event] = {}
        self._finishing = False

    def eventf(self, regarding: Any, related: Any | None, type: str, reason: str, action: str, note: str) -> None:
        """Note that *reason* happened to *regarding* while *action* was tried. Returns at once."""
        reference = reference_to(regarding)
        event = Event(
            metadata=ObjectMeta(
                name=f"{reference.name}.{self._unique_nanoseconds():x}", namespace=reference.namespace or "default"
            ),
            involvedObject=reference,
            related=reference_to(related) if related is not None else None,
            eventTime=self._clock.datetime(),
            reportingComponent=self.controller,
            reportingInstance=self.instance,
            action=action,
            reason=reason,
            message=note,
            type=type,
        )
        if not self._waiting:
            self._clock.call_later(self._client.latency_seconds, self._write)
        self._waiting.append(event)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._record(event)
        if self._cache and not self._finishing:
            self._finishing = True
            self._clock.call_later(FINISH_SECONDS, self._finish)

    def _record(self, event: Event) -> None:
        regarding, related = event.involvedObject, event.related
        key = (
            event.type,
            event.action,
            event.reason,
            msgspec.structs.astuple(regarding),
            msgspec.structs.astuple(related) if related is not None else None,
        )
        first = self._cache.get(key)
        if first is None:
            self._cache[key] = event
            self._create(event)
        elif first.series is not None:
            first.series.count = (first.series.count or 0) + 1
            first.series.lastObservedTime = self._clock.datetime()
        else:
            first.series = EventSeries(count=2, lastObservedTime=self._clock.datetime())
            self._patch(first)

    def _finish(self) -> None:
        """Write down and forget the series that have been quiet for `FINISH_SECONDS`."""
        self._finishing = False
        quiet_since = self._clock.datetime() - timedelta(seconds=FINISH_SECONDS)
        for key, event in list(self._cache.items()):
            if last_observed(event) <= quiet_since:
                del self._cache[key]
                if event.series is not None and (event.series.count or 0) > 2:
                    self._patch(event)
        if self._cache:
            self._finishing = True
            self._clock.call_later(FINISH_SECONDS, self._finish)

    def _create(self, event: Event) -> None:
        try:
            self._client.server.post(event, user=self._client.user)
        except ApiError:
            return  # as upstream: what the server refuses is dropped

    def _patch(self, event: Event) -> None:
        series = event.series
        changes = {"series": {"count": series.count, "lastObservedTime": micro_time(last_observed(event))}}
        meta = event.metadata
        try:
            self._client.server.patch(Event, meta.name, meta.namespace, changes, user=self._client.user)
        except ApiError as error:
            if is_not_found(error):
                self._create(event)


def last_observed(event: Event) -> datetime:
    """Return when *event*, or the last one of its series, happened."""
    time = event.series.lastObservedTime if event.series is not None else event.eventTime
    assert time is not None  # set by eventf and _record
    return time


def micro_time(time: datetime) -> str:
    """Return *time* as metav1.MicroTime is written."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
