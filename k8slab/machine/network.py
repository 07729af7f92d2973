"""The network as a machine's programs need it: a protocol that `net` (or a test) implements, and a machine with no cable.

One `Network` is one network namespace. ``host.network`` is the host's own; a container's namespaces carry another. All that
takes time is a generator. Errors are OSErrors: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EADDRINUSE,
EADDRNOTAVAIL. Names are resolved by programs themselves, as libc does it: /etc/hosts, then a `query` to the servers of
/etc/resolv.conf (`resolver.py`).
"""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from simpy.events import Event

from k8slab.machine.errors import os_error
from k8slab.machine.streams import Pipe, PipeReader, PipeWriter
from k8slab.sim.clock import Clock


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface as ``ip addr`` shows it. *addresses* are ``a.b.c.d/prefix``; *peer_index* is a veth's other end."""

    index: int
    name: str
    mac: str = "00:00:00:00:00:00"
    mtu: int = 1500
    addresses: tuple[str, ...] = ()
    up: bool = True
    kind: str = "ether"
    peer_index: int | None = None
    master: str = ""
    broadcast: str = ""
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0


class Route(NamedTuple):
    """One line of ``ip route``. *destination* is ``default`` or a network; *gateway* is empty for what is on the link."""

    destination: str
    gateway: str = ""
    interface: str = ""
    source: str = ""


class Answer(NamedTuple):
    """A DNS answer: *code* is NOERROR, NXDOMAIN, SERVFAIL or REFUSED; *records* are ``(name, type, value)``."""

    code: str
    records: tuple[tuple[str, str, str], ...] = ()


class SocketRow(NamedTuple):
    """One line of ``netstat`` or ``ss``."""

    protocol: str
    local: tuple[str, int]
    peer: tuple[str, int] | None
    state: str
    owner: object = None


class Connection(Protocol):
    """A TCP connection: bytes both ways."""

    local: tuple[str, int]
    peer: tuple[str, int]

    def read(self, size: int = 65536) -> Generator[Event, Any, bytes]:
        """Return bytes as they come, ``b""`` after the other side's end. Raises ECONNRESET."""

    def write(self, data: bytes) -> Generator[Event, Any, None]:
        """Send *data*. Raises EPIPE, ECONNRESET."""

    def close_write(self) -> None:
        """Say that no more will be sent."""

    def close(self) -> None:
        """Close both ways."""


class Listener(Protocol):
    """A listening TCP socket."""

    address: str
    port: int

    def accept(self) -> Generator[Event, Any, Connection]:
        """Return the next connection."""

    def close(self) -> None:
        """Listen no more; waiting connections are reset."""


class Network(Protocol):
    """One network namespace."""

    def interfaces(self) -> list[Interface]:
        """Return the interfaces by index."""

    def routes(self) -> list[Route]:
        """Return the routes, the default one first."""

    def sockets(self) -> list[SocketRow]:
        """Return the listening and connected sockets."""

    def listen(self, port: int, address: str = "0.0.0.0", *, owner: object = None) -> Listener:
        """Listen on *port* (0 picks one). Raises EADDRINUSE, EADDRNOTAVAIL."""

    def connect(self, address: str, port: int, *, timeout: float | None = None) -> Generator[Event, Any, Connection]:
        """Connect to *address*, an IP address. Takes time. Raises OSError."""

    def query(self, server: str, name: str, kind: str = "A") -> Generator[Event, Any, Answer]:
        """Ask the DNS *server* for *name*. Takes time. Raises ETIMEDOUT, ECONNREFUSED, ENETUNREACH."""

    def ping(self, address: str, *, timeout: float = 10) -> Generator[Event, Any, float]:
        """Return the seconds to *address* and back. Raises ETIMEDOUT, EHOSTUNREACH, ENETUNREACH."""


@dataclass(slots=True)
class LocalConnection:
    """One end of a connection that stays on this machine."""

    local: tuple[str, int]
    peer: tuple[str, int]
    reader: PipeReader
    writer: PipeWriter
    closed: bool = False
    wrote_end: bool = False

    def read(self, size: int = 65536) -> Generator[Event, Any, bytes]:
        return self.reader.read(size)

    def write(self, data: bytes) -> Generator[Event, Any, None]:
        return self.writer.write(data)

    def close_write(self) -> None:
        if not self.wrote_end:
            self.wrote_end = True
            self.writer.closed()

    def close(self) -> None:
        self.close_write()
        if not self.closed:
            self.closed = True
            self.reader.closed()


def connected(
    clock: Clock, client: tuple[str, int], server: tuple[str, int]
) -> tuple[LocalConnection, LocalConnection]:
    """Return the two ends of a new connection, the client's first."""
    there, back = Pipe(clock, 1 << 20), Pipe(clock, 1 << 20)
    return (
        LocalConnection(client, server, PipeReader(back), PipeWriter(there)),
        LocalConnection(server, client, PipeReader(there), PipeWriter(back)),
    )


class LocalListener:
    """A listening socket of a `Loopback`."""

    def __init__(self, network: Loopback, address: str, port: int, owner: object) -> None:
        self.network = network
        self.address = address
        self.port = port
        self.owner = owner
        self.waiting: list[LocalConnection] = []
        self._arrival: Event | None = None

    def arrived(self, connection: LocalConnection) -> None:
        """Queue *connection*."""
        self.waiting.append(connection)
        if self._arrival is not None:
            self._arrival.succeed()
            self._arrival = None

    def accept(self) -> Generator[Event, Any, LocalConnection]:
        while not self.waiting:
            if self._arrival is None:
                self._arrival = self.network.clock.event()
            yield self._arrival
        return self.waiting.pop(0)

    def close(self) -> None:
        self.network.closed(self)
        for connection in self.waiting:
            connection.close()


class Loopback:
    """A machine without a cable (and a container with ``--network none``): only ``lo``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._listeners: dict[int, LocalListener] = {}
        self._next_port = 32768  # net.ipv4.ip_local_port_range

    def interfaces(self) -> list[Interface]:
        return [Interface(1, "lo", mtu=65536, addresses=("127.0.0.1/8",), kind="loopback")]

    def routes(self) -> list[Route]:
        return []

    def sockets(self) -> list[SocketRow]:
        return [
            SocketRow("tcp", (one.address, one.port), None, "LISTEN", one.owner)
            for _, one in sorted(self._listeners.items())
        ]

    def listen(self, port: int, address: str = "0.0.0.0", *, owner: object = None) -> LocalListener:
        if port == 0:
            port = self._port()
        if port in self._listeners:
            raise os_error(errno.EADDRINUSE)
        if not self._is_local(address) and address not in ("0.0.0.0", "::", "*"):
            raise os_error(errno.EADDRNOTAVAIL)
        listener = self._listeners[port] = LocalListener(self, address, port, owner)
        return listener

    def closed(self, listener: LocalListener) -> None:
        """Forget *listener*."""
        if self._listeners.get(listener.port) is listener:
            del self._listeners[listener.port]

    def connect(
        self, address: str, port: int, *, timeout: float | None = None
    ) -> Generator[Event, Any, LocalConnection]:
        yield self.clock.timeout(0.00002)
        if not self._is_local(address):
            raise os_error(errno.ENETUNREACH)
        listener = self._listeners.get(port)
        if listener is None:
            raise os_error(errno.ECONNREFUSED)
        mine, theirs = connected(self.clock, ("127.0.0.1", self._port()), (address, port))
        listener.arrived(theirs)
        return mine

    def query(self, server: str, name: str, kind: str = "A") -> Generator[Event, Any, Answer]:
        yield self.clock.timeout(0.00002)
        raise os_error(errno.ECONNREFUSED if self._is_local(server) else errno.ENETUNREACH)

    def ping(self, address: str, *, timeout: float = 10) -> Generator[Event, Any, float]:
        if not self._is_local(address):
            raise os_error(errno.ENETUNREACH)
        yield self.clock.timeout(0.00004)
        return 0.00004

    def _port(self) -> int:
        self._next_port += 1
        if self._next_port > 60999:
            self._next_port = 32769
        return self._next_port

    def _is_local(self, address: str) -> bool:
        try:
            return ipaddress.ip_address(address).is_loopback or address == "0.0.0.0"
        except ValueError:
            return False
