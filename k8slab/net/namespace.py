"""A network namespace: the interfaces, routes, rules and listeners that one network stack has; and what joins namespaces.

Models Linux network namespaces, veth pairs and bridges. Left out: IPv6, neighbour tables that age, MTU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from k8slab.net.addresses import mac_of
from k8slab.net.rules import Table

LOOPBACK = IPv4Interface("127.0.0.1/8")
ANY = IPv4Address("0.0.0.0")
EVERYWHERE = IPv4Network("0.0.0.0/0")
EPHEMERAL_PORTS = (32768, 60999)


class NetworkError(OSError):
    """The network says no. *code* is the errno's name (ECONNREFUSED, EADDRINUSE, ...); the text is Linux's."""

    def __init__(self, code: str, message: str, trace: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.trace = trace


class Segment:
    """A wire that several interfaces are on: a switch, the LAN of the hosts, or the inside of a bridge."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.interfaces: list[Interface] = []

    def find(self, address: IPv4Address) -> Interface | None:
        """Return the interface that answers for *address* (what ARP would find)."""
        for interface in self.interfaces:
            if interface.up and interface.namespace.is_up and any(a.ip == address for a in interface.addresses):
                return interface
        return None


@dataclass(eq=False)
class Interface:
    """One interface of a namespace. *segment* is the wire it is on; a veth pair is a wire with a bridge at its other end."""

    name: str
    namespace: Namespace
    addresses: list[IPv4Interface] = field(default_factory=list)
    segment: Segment | None = None
    kind: str = "veth"
    peer_name: str = ""
    index: int = 0
    up: bool = True
    sent_bytes: int = 0
    received_bytes: int = 0

    @property
    def mac(self) -> str:
        """The hardware address."""
        return mac_of(self.addresses[0].ip) if self.addresses else "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Route:
    """Packets to *target* leave by *interface*, straight or by *gateway*."""

    target: IPv4Network
    interface: Interface
    gateway: IPv4Address | None = None


@dataclass(eq=False)
class Listener:
    """Who answers on a port. *accept* gets each new `Connection`'s far end; *owner* is shown by tools (``nginx``)."""

    port: int
    accept: Callable[[Any], None]
    address: IPv4Address = ANY
    protocol: str = "tcp"
    owner: str = ""


class Namespace:
    """One network stack. *forwards*: whether it passes on packets that are not its own (a Linux host with ip_forward)."""

    def __init__(self, name: str, *, forwards: bool = False) -> None:
        self.name = name
        self.forwards = forwards
        self.is_up = True
        self.interfaces: dict[str, Interface] = {}
        self.routes: list[Route] = []
        self.nat = Table("nat", ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))
        self.filter = Table("filter", ("INPUT", "FORWARD", "OUTPUT"))
        self.listeners: list[Listener] = []
        self.hosts: dict[str, IPv4Address] = {"localhost": LOOPBACK.ip}
        self.resolve_name: Callable[[str], list[IPv4Address]] | None = None
        self._next_port = EPHEMERAL_PORTS[0]
        self.add_interface("lo", LOOPBACK, kind="loopback")

    # -- interfaces and routes ---------------------------------------------------------------------------------------

    def add_interface(
        self,
        name: str,
        address: IPv4Interface | None = None,
        segment: Segment | None = None,
        *,
        kind: str = "veth",
        gateway: IPv4Address | None = None,
    ) -> Interface:
        """Add an interface with its connected route and, with *gateway*, the default route."""
        interface = Interface(name, self, [address] if address else [], segment, kind, index=len(self.interfaces) + 1)
        self.interfaces[name] = interface
        if segment is not None:
            segment.interfaces.append(interface)
        if address is not None and kind != "loopback":
            self.routes.append(Route(address.network, interface))
        if gateway is not None and not any(route.target == EVERYWHERE for route in self.routes):
            self.routes.append(Route(EVERYWHERE, interface, gateway))
        return interface

    def remove_interface(self, name: str) -> None:
        """Take an interface away, with its routes."""
        interface = self.interfaces.pop(name)
        self.routes = [route for route in self.routes if route.interface is not interface]
        if interface.segment is not None:
            interface.segment.interfaces.remove(interface)

    def is_local(self, address: IPv4Address) -> bool:
        """Return whether *address* belongs to this namespace."""
        if address in LOOPBACK.network:
            return True
        return any(address == a.ip for interface in self.interfaces.values() for a in interface.addresses)

    def route(self, target: IPv4Address) -> Route | None:
        """Return the route with the longest match for *target*, or None."""
        fitting = [route for route in self.routes if target in route.target and route.interface.up]
        return max(fitting, key=lambda route: route.target.prefixlen, default=None)

    def source_for(self, target: IPv4Address) -> IPv4Address | None:
        """Return the address that a packet to *target* would come from."""
        if self.is_local(target):
            return target if target not in LOOPBACK.network else LOOPBACK.ip
        route = self.route(target)
        if route is None or not route.interface.addresses:
            return None
        return route.interface.addresses[0].ip

    # -- ports -------------------------------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> Listener:
        """Open a port. Raises `NetworkError` EADDRINUSE if somebody has it, EADDRNOTAVAIL if the address is not ours."""
        if listener.address != ANY and not self.is_local(listener.address):
            raise NetworkError("EADDRNOTAVAIL", "Cannot assign requested address")
        if listener.port == 0:
            listener.port = self.ephemeral_port()
        for other in self.listeners:
            same = other.port == listener.port and other.protocol == listener.protocol
            if same and (ANY in (other.address, listener.address) or other.address == listener.address):
                raise NetworkError("EADDRINUSE", "Address already in use")
        self.listeners.append(listener)
        return listener

    def unlisten(self, listener: Listener) -> None:
        """Close a port; closing twice is allowed."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def listener_for(self, address: IPv4Address, port: int, protocol: str = "tcp") -> Listener | None:
        """Return who answers at *address*:*port*; a listener on that very address goes before one on all."""
        best = None
        for listener in self.listeners:
            if listener.port == port and listener.protocol == protocol:
                if listener.address == address:
                    return listener
                if listener.address == ANY:
                    best = listener
        return best

    def ephemeral_port(self) -> int:
        """Return the next source port."""
        port = self._next_port
        self._next_port = port + 1 if port < EPHEMERAL_PORTS[1] else EPHEMERAL_PORTS[0]
        return port

    # -- names -------------------------------------------------------------------------------------------------------

    def resolve(self, name: str) -> list[IPv4Address]:
        """Return the addresses of *name*: itself if it is one, then /etc/hosts, then DNS; empty if nobody knows it."""
        try:
            return [IPv4Address(name)]
        except ValueError:
            pass
        if name in self.hosts:
            return [self.hosts[name]]
        return self.resolve_name(name) if self.resolve_name is not None else []
