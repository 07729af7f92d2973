"""Connections: two sockets that bytes pass between, after a packet has found its way.

Models TCP as seen by programs: connect, accept, read, write, half-close, refusal, time-out. `connect` is a generator and takes
virtual time; the sockets wait by events. Left out: congestion, retransmission, reset in mid-stream.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from ipaddress import IPv4Address
from typing import Any

from simpy.events import Event

from k8slab.net.namespace import Namespace, NetworkError
from k8slab.net.path import PathTrace, never, walk
from k8slab.sim.clock import Clock

#: One hop on a local network, there or back.
HOP_SECONDS = 0.00005
#: How long a connection attempt waits for an answer that never comes (net.ipv4.tcp_syn_retries = 6).
CONNECT_TIMEOUT_SECONDS = 127.0

ERRORS = {
    "refused": ("ECONNREFUSED", "Connection refused"),
    "dropped": ("ETIMEDOUT", "Connection timed out"),
    "looped": ("EHOSTUNREACH", "No route to host"),
    "unreachable": ("EHOSTUNREACH", "No route to host"),
    "unrouted": ("ENETUNREACH", "Network is unreachable"),
}
#: How long the kernel asks for a neighbour that does not answer.
UNREACHABLE_SECONDS = 3.0


class Socket:
    """One end of a connection. Reading and writing never wait; `readiness` is the event to wait for."""

    def __init__(self, clock: Clock, local: tuple[IPv4Address, int], remote: tuple[IPv4Address, int]) -> None:
        self.clock = clock
        self.local = local
        self.remote = remote
        self.peer: Socket | None = None
        self.trace: PathTrace | None = None
        self.delay_seconds = HOP_SECONDS
        self._received = bytearray()
        self._ended = False
        self._closed = False
        self._ready: Event | None = None

    def read_now(self, size: int = 65536) -> bytes | None:
        """Return up to *size* bytes that have come, ``b""`` at the end, None if there is nothing yet."""
        if self._received:
            data = bytes(self._received[:size])
            del self._received[:size]
            return data
        return b"" if self._ended or self._closed else None

    def readiness(self) -> Event:
        """Return the event of the next bytes, or of the end."""
        if self._received or self._ended or self._closed:
            return self.clock.event().succeed()
        if self._ready is None:
            self._ready = self.clock.event()
        return self._ready

    def read(self, size: int = 65536) -> Generator[Event, Any, bytes]:
        """Return up to *size* bytes, waiting for the first; ``b""`` at the end."""
        while (data := self.read_now(size)) is None:
            yield self.readiness()
        return data

    def write(self, data: bytes) -> None:
        """Send *data*. Raises `NetworkError` EPIPE once this end or the other is closed."""
        if self._closed or self.peer is None or self.peer._closed:
            raise NetworkError("EPIPE", "Broken pipe")
        peer = self.peer
        self.clock.call_later(self.delay_seconds, lambda: peer._arrive(data))

    def close_write(self) -> None:
        """Say that nothing more will be written; the other side reads to the end."""
        if self.peer is not None:
            self.clock.call_later(self.delay_seconds, self.peer._end)

    def close(self) -> None:
        """Close this end; closing twice is allowed."""
        if not self._closed:
            self._closed = True
            self._wake()
            self.close_write()

    @property
    def is_closed(self) -> bool:
        """Whether this end was closed."""
        return self._closed

    def _arrive(self, data: bytes) -> None:
        if not self._closed:
            self._received += data
            self._wake()

    def _end(self) -> None:
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            ready.succeed()


def failure(trace: PathTrace) -> NetworkError:
    """Return the error that a program gets when its packet went the way of *trace*."""
    code, words = ERRORS[trace.outcome]
    return NetworkError(code, words, trace)


def connect(
    namespace: Namespace,
    address: IPv4Address,
    port: int,
    clock: Clock,
    *,
    chance: Callable[[], float] = never,
    timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
) -> Generator[Event, Any, Socket]:
    """Return a socket connected to *address*:*port*; its ``trace`` tells the way. Raises `NetworkError`. Takes virtual time."""
    source_port = namespace.ephemeral_port()
    trace = walk(namespace, address, port, source_port=source_port, chance=chance)
    round_trip = HOP_SECONDS * 2 * max(1, len(trace.hops))
    if not trace.arrived:
        waits = {"dropped": timeout_seconds, "unreachable": min(UNREACHABLE_SECONDS, timeout_seconds), "unrouted": 0.0}
        yield clock.timeout(waits.get(trace.outcome, round_trip))
        raise failure(trace)
    yield clock.timeout(round_trip)
    return open_connection(namespace, address, port, source_port, trace, clock)


def open_connection(
    namespace: Namespace, address: IPv4Address, port: int, source_port: int, trace: PathTrace, clock: Clock
) -> Socket:
    """Return the near end of a new connection along *trace*, whose far end the listener has accepted."""
    listener, packet = trace.listener, trace.packet
    assert listener is not None and packet is not None
    own = namespace.source_for(address) or address
    near = Socket(clock, (own, source_port), (address, port))
    far = Socket(clock, (packet.target, packet.target_port), (packet.source, source_port))
    near.peer, far.peer, near.trace, far.trace = far, near, trace, trace
    near.delay_seconds = far.delay_seconds = HOP_SECONDS * max(1, len(trace.hops) // 2)
    listener.accept(far)
    return near
