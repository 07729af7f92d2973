"""Answers that come in pieces: a container's output, events, pull messages, and the connection that an attach leaves.

Models pkg/stdcopy (the frames that carry stdout and stderr over one connection) and the engine's side of `sim.http.Stream`.
Left out: back pressure; what nobody reads is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from k8slab.docker.errors import DockerError
from k8slab.sim.clock import Clock
from k8slab.sim.http import Response

STDIN, STDOUT, STDERR, SYSTEM_ERROR = range(4)


def frame(stream: int, data: bytes) -> bytes:
    """Return *data* with the 8-byte header that says which stream it is of."""
    return struct.pack(">BxxxL", stream, len(data)) + data


class Outlet:
    """A stream that somebody in the engine writes and a client reads."""

    def __init__(self, clock: Clock, on_close: Callable[[], None] | None = None) -> None:
        self.clock = clock
        self.on_close = on_close
        self.ended = False
        self.closed = False
        self._pieces = bytearray()
        self._ready: Event | None = None

    # -- the engine's side ---------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Say *data*."""
        if not self.ended and data:
            self._pieces += data
            self._wake()

    def end(self) -> None:
        """Say that this was all."""
        if not self.ended:
            self.ended = True
            self._wake()

    def _wake(self) -> None:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            ready.succeed()

    # -- the client's side ---------------------------------------------------------------------------------------------

    def read(self) -> bytes | None:
        """Return what has come; ``b""`` if nothing yet, None at the end."""
        if self._pieces:
            data = bytes(self._pieces)
            self._pieces.clear()
            return data
        return None if self.ended else b""

    def wait(self) -> Event:
        """Return the event of the next news."""
        if self._pieces or self.ended:
            return self.clock.event().succeed()
        if self._ready is None:
            self._ready = self.clock.event()
        return self._ready

    def close(self) -> None:
        """The client has gone."""
        if not self.closed:
            self.closed = True
            if self.on_close is not None:
                self.on_close()
            self.end()


class Talk(Outlet):
    """A hijacked connection: besides, the client writes. *heard* gets what it writes, *heard_end* its half-close."""

    def __init__(
        self,
        clock: Clock,
        heard: Callable[[bytes], None] = lambda _: None,
        heard_end: Callable[[], None] = lambda: None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(clock, on_close)
        self.heard = heard
        self.heard_end = heard_end
        self._said_end = False

    def write(self, data: bytes) -> None:
        """Take what the client writes."""
        if data and not self.ended and not self._said_end:
            self.heard(data)

    def close_write(self) -> None:
        """The client writes no more."""
        if not self._said_end:
            self._said_end = True
            self.heard_end()


class Deferred(Outlet):
    """The body of an answer whose status is only known later (``POST /containers/X/stop``).

    Whoever passes the answer on waits, without reading, until it is *decided*; then ``response.status`` is right.
    """

    decided = False

    def end(self) -> None:
        """Say that this was all."""
        self.decided = True
        super().end()


def deferred(clock: Clock, work: Generator[Event, Any, bytes | None], status: int = 204) -> Response:
    """Return the answer to a request that *work* fulfils in virtual time; a DockerError of *work* becomes its status and body."""
    outlet = Deferred(clock)
    response = Response(status, {}, stream=outlet)

    def run() -> Generator[Event, Any, None]:
        try:
            outlet.send((yield from work) or b"")
        except DockerError as error:
            told = Response.of_json(error.status, error.document())
            response.status, response.headers = told.status, told.headers
            outlet.send(told.body)
        outlet.end()

    clock.process(run())
    return response
