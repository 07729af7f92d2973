"""A machine's network on a cable: the `Network` protocol of ``network.py`` on top of a namespace of `k8slab.net`.

What a program sees (sockets, lookups, pings) comes from here; how packets find their way is the business of ``net/path.py``,
whose trace of every connection and ping is kept for those who want to look (`NamespaceNetwork.last_trace`).
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from ipaddress import IPv4Address
from typing import Any

from simpy.events import Event

from k8slab.machine.errors import os_error
from k8slab.machine.network import Answer, Interface, Route, SocketRow
from k8slab.net import namespace as net
from k8slab.net.connection import CONNECT_TIMEOUT_SECONDS, HOP_SECONDS, Socket, connect
from k8slab.net.dns import DnsServer
from k8slab.net.namespace import ANY, EVERYWHERE, Namespace, NetworkError
from k8slab.net.path import PathTrace, walk
from k8slab.sim.clock import Clock

#: How long a resolver waits for a name server that says nothing (resolv.conf: timeout, twice).
QUERY_TIMEOUT_SECONDS = 10.0


def os_error_of(error: NetworkError) -> OSError:
    """Return *error* as the OSError that a program sees."""
    return os_error(getattr(errno, error.code, errno.EIO))


class SocketConnection:
    """One end of a connection, as programs use it."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.local = (str(socket.local[0]), socket.local[1])
        self.peer = (str(socket.remote[0]), socket.remote[1])

    def read(self, size: int = 65536) -> Generator[Event, Any, bytes]:
        return self.socket.read(size)

    def write(self, data: bytes) -> Generator[Event, Any, None]:
        try:
            self.socket.write(data)
        except NetworkError as error:
            raise os_error_of(error) from error
        yield from ()

    def close_write(self) -> None:
        self.socket.close_write()

    def close(self) -> None:
        self.socket.close()


class SocketListener:
    """A listening socket: connections wait in its backlog until they are accepted."""

    def __init__(self, network: NamespaceNetwork, address: str, port: int, owner: object) -> None:
        self.network = network
        self._waiting: list[SocketConnection] = []
        self._arrival: Event | None = None
        self._listener = net.Listener(port, self._arrived, IPv4Address(address), owner=str(owner or ""))
        try:
            network.namespace.listen(self._listener)
        except NetworkError as error:
            raise os_error_of(error) from error
        self.address, self.port, self.owner = address, self._listener.port, owner

    def _arrived(self, socket: Socket) -> None:
        self._waiting.append(SocketConnection(socket))
        if self._arrival is not None:
            self._arrival.succeed()
            self._arrival = None

    def accept(self) -> Generator[Event, Any, SocketConnection]:
        while not self._waiting:
            if self._arrival is None:
                self._arrival = self.network.clock.event()
            yield self._arrival
        return self._waiting.pop(0)

    def close(self) -> None:
        self.network.closed(self)
        self.network.namespace.unlisten(self._listener)
        for connection in self._waiting:
            connection.close()


class NamespaceNetwork:
    """The network of one namespace (see ``network.py`` for what each method promises)."""

    def __init__(self, namespace: Namespace, clock: Clock) -> None:
        self.namespace = namespace
        self.clock = clock
        self.last_trace: PathTrace | None = None
        self._listeners: list[SocketListener] = []

    def interfaces(self) -> list[Interface]:
        return [
            Interface(
                index=one.index,
                name=one.name,
                mac=one.mac if one.kind != "loopback" else "00:00:00:00:00:00",
                mtu=65536 if one.kind == "loopback" else 1500,
                addresses=tuple(str(address) for address in one.addresses),
                up=one.up,
                kind="loopback" if one.kind == "loopback" else "ether",
                broadcast=str(one.addresses[0].network.broadcast_address)
                if one.addresses and one.kind != "loopback"
                else "",
            )
            for one in self.namespace.interfaces.values()
        ]

    def routes(self) -> list[Route]:
        rows = sorted(self.namespace.routes, key=lambda route: (route.target != EVERYWHERE, route.target))
        return [
            Route(
                "default" if route.target == EVERYWHERE else str(route.target),
                str(route.gateway or ""),
                route.interface.name,
                str(route.interface.addresses[0].ip) if route.interface.addresses and not route.gateway else "",
            )
            for route in rows
        ]

    def sockets(self) -> list[SocketRow]:
        return [SocketRow("tcp", (one.address, one.port), None, "LISTEN", one.owner) for one in self._listeners]

    def listen(self, port: int, address: str = "0.0.0.0", *, owner: object = None) -> SocketListener:
        listener = SocketListener(self, str(ANY) if address in ("*", "::") else address, port, owner)
        self._listeners.append(listener)
        return listener

    def closed(self, listener: SocketListener) -> None:
        """Forget *listener*."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def connect(
        self, address: str, port: int, *, timeout: float | None = None
    ) -> Generator[Event, Any, SocketConnection]:
        wait = CONNECT_TIMEOUT_SECONDS if timeout is None else timeout
        try:
            socket = yield from connect(self.namespace, IPv4Address(address), port, self.clock, timeout_seconds=wait)
        except NetworkError as error:
            self.last_trace = error.trace
            raise os_error_of(error) from error
        self.last_trace = socket.trace
        return SocketConnection(socket)

    def query(self, server: str, name: str, kind: str = "A") -> Generator[Event, Any, Answer]:
        trace = walk(self.namespace, IPv4Address(server), 53, "udp")
        yield self.clock.timeout(
            QUERY_TIMEOUT_SECONDS if trace.outcome == "dropped" else 2 * HOP_SECONDS * len(trace.hops)
        )
        if not trace.arrived:
            codes = {"dropped": errno.ETIMEDOUT, "refused": errno.ECONNREFUSED, "unrouted": errno.ENETUNREACH}
            raise os_error(codes.get(trace.outcome, errno.ETIMEDOUT))
        assert trace.listener is not None
        asked = trace.listener.accept
        if not isinstance(asked, DnsServer):
            raise os_error(errno.ETIMEDOUT)
        code, records = asked.answer(name, kind)
        return Answer(code, tuple(records))

    def ping(self, address: str, *, timeout: float = 10) -> Generator[Event, Any, float]:
        trace = self.last_trace = walk(self.namespace, IPv4Address(address), protocol="icmp")
        if trace.outcome == "unrouted":
            raise os_error(errno.ENETUNREACH)
        seconds = HOP_SECONDS * max(1, len(trace.hops))
        if trace.arrived:
            yield self.clock.timeout(seconds)
            return seconds
        yield self.clock.timeout(min(timeout, 3.0) if trace.outcome == "unreachable" else timeout)
        raise os_error(errno.EHOSTUNREACH if trace.outcome == "unreachable" else errno.ETIMEDOUT)
