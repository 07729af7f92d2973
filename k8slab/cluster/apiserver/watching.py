"""GET with ?watch: a stream of what changes, one JSON document a line.

Models apiserver pkg/endpoints/handlers/watch.go and the watch rules of pkg/storage/cacher: where a watch begins, bookmarks,
initial events, and the ERROR event of one that begins too far back.
"""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import Event as Signal

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver import listing
from k8slab.cluster.apiserver.listing import ListOptions
from k8slab.cluster.apiserver.negotiation import PARTIAL, PARTIAL_LIST, TABLE, Form
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.tables import partial_metadata, table
from k8slab.cluster.apiserver.watchcache import ADDED, Item, Watch, WatchEvent, encode_json
from k8slab.cluster.etcd.store import CompactedError
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request, Response

#: A watch that names no timeout ends after 30 to 60 minutes (--min-request-timeout).
MIN_REQUEST_TIMEOUT_SECONDS = 1800
BOOKMARK_SECONDS = 60
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class WatchStream:
    """The body of a watch: a `Stream`. It lets no time pass; it only says when there is more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: list[bytes] = []
        self._signal: Signal | None = None
        self._timers: list[Signal] = []
        self._ended = False
        self.watch: Watch | None = None

    def read(self) -> bytes | None:
        """Return the lines that have come, ``b""`` if none have, None once the watch has ended."""
        if self._lines:
            lines, self._lines = self._lines, []
            return b"".join(lines)
        return None if self._ended else b""

    def wait(self) -> Signal:
        """Return an event that happens when `read` has something to say."""
        if self._signal is None or self._signal.triggered:
            self._signal = self._clock.event()
            if self._lines or self._ended:
                self._signal.succeed()
        return self._signal

    def close(self) -> None:
        """The reader has gone."""
        self._ended = True
        if self.watch is not None:
            self.watch.stop()
        for timer in self._timers:
            if timer.callbacks is not None:
                timer.callbacks.clear()
        self._timers.clear()
        self._wake()

    def send(self, line: bytes) -> None:
        """Add a line and wake the reader."""
        if not self._ended:
            self._lines.append(line + b"\n")
            self._wake()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do *action* in *seconds*, unless the stream is closed before."""
        self._timers = [timer for timer in self._timers if not timer.processed]
        self._timers.append(self._clock.call_later(seconds, action))

    def _wake(self) -> None:
        if self._signal is not None and not self._signal.triggered:
            self._signal.succeed()


class Watching:
    """One watch request: turns the events of the cache into lines of the stream."""

    def __init__(self, registry: Registry, namespace: str, options: ListOptions, form: Form, include: str) -> None:
        self._registry = registry
        self._namespace = namespace
        self._options = options
        self._form = form
        self._include = include
        self._columns_sent = False
        self._clock = registry.server.clock
        self.stream = WatchStream(self._clock)

    def start(self) -> None:
        """Send what the watch begins with and follow from there. Raises ApiError for a malformed resourceVersion."""
        options, server, stream = self._options, self._registry.server, self.stream
        asked = listing.parse_resource_version(options.resource_version)
        if asked > server.store.revision:
            self._fail(errors.too_large_resource_version(asked, server.store.revision))
            return
        initial = options.send_initial_events
        if initial or (initial is None and asked == 0):
            items = self._registry.cache.list(self._namespace)
            for item in listing.select(items, options.label_selector, options.field_selector):
                self._send(WatchEvent(ADDED, item, item.revision))
            asked = server.store.revision
            if initial and options.bookmarks:
                self._bookmark(initial_events_end=True)
        elif asked == 0:
            asked = server.store.revision
        try:
            stream.watch = self._registry.cache.watch(
                self._send,
                after_revision=asked,
                namespace=self._namespace,
                label_selector=options.label_selector,
                field_selector=options.field_selector,
            )
        except CompactedError as error:
            self._fail(errors.too_old_resource_version(asked, error.compacted))
            return
        timeout = options.timeout_seconds
        if not timeout or timeout < 0:
            timeout = MIN_REQUEST_TIMEOUT_SECONDS + server.watch_chance.below(MIN_REQUEST_TIMEOUT_SECONDS)
        stream.after(min(timeout, 10**8), stream.close)
        if options.bookmarks:
            stream.after(BOOKMARK_SECONDS, self._regular_bookmark)

    def _send(self, event: WatchEvent) -> None:
        self.stream.send(b'{"type":"%s","object":%s}' % (event.type.encode(), self._encoded(event.item)))

    def _encoded(self, item: Item) -> bytes:
        into = self._form.into
        if into == TABLE:
            version = {"resourceVersion": str(item.revision)}
            now = self._clock.datetime()
            with_columns, self._columns_sent = not self._columns_sent, True
            return encode_json(
                table(self._registry.strategy, [item.obj], now, self._include, version, with_columns=with_columns)
            )
        if into in (PARTIAL, PARTIAL_LIST):
            return encode_json(partial_metadata(item.obj))
        return item.value

    def _regular_bookmark(self) -> None:
        self._bookmark()
        self.stream.after(BOOKMARK_SECONDS, self._regular_bookmark)

    def _bookmark(self, initial_events_end: bool = False) -> None:
        strategy = self._registry.strategy
        metadata = {"resourceVersion": str(self._registry.server.store.revision)}
        obj = {"kind": strategy.kind, "apiVersion": strategy.api_version, "metadata": metadata}
        if initial_events_end:
            obj["metadata"] = {**metadata, "annotations": {INITIAL_EVENTS_END: "true"}}
        self.stream.send(encode_json({"type": "BOOKMARK", "object": obj}))

    def _fail(self, error: ApiError) -> None:
        # The request itself was fine, so the answer is 200 and the error an event.
        self.stream.send(encode_json({"type": "ERROR", "object": error.status}))
        self.stream.close()


def watch(request: Request, registry: Registry, namespace: str, options: ListOptions, form: Form) -> Response:
    """Return the answer to a watch request: a stream."""
    watching = Watching(registry, namespace, options, form, request.param("includeObject"))
    watching.start()
    return Response(200, {"content-type": "application/json"}, stream=watching.stream)
