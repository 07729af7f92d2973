"""Published ports: what ``-p`` asks for, and which host port each gets.

Models libnetwork's portallocator and the bridge driver's port mapping, with a docker-proxy process for each port.
Left out: SCTP, IPv6 (shown in documents beside 0.0.0.0, as there is a proxy for it), rootless.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.net.connection import Socket, connect
from k8slab.net.namespace import ANY, Listener, Namespace, NetworkError
from k8slab.net.rules import Rule
from k8slab.sim.clock import Clock

if TYPE_CHECKING:
    from k8slab.machine.process import Process

EPHEMERAL = (32768, 60999)  # net.ipv4.ip_local_port_range


@dataclass(frozen=True, slots=True)
class Wish:
    """One binding that was asked for. *first*..*last* are host ports; 0 means any of the ephemeral ones."""

    port: int
    protocol: str
    address: IPv4Address = ANY
    first: int = 0
    last: int = 0
    shows_ipv6: bool = False


@dataclass(eq=False, slots=True)
class Mapping_:
    """One binding that stands: its rules in the host's tables, its proxy."""

    wish: Wish
    host_port: int
    listener: Listener
    nat: Rule | None = None
    forward: Rule | None = None
    proxy: Process | None = None


def parse_port(text: str) -> tuple[int, str]:
    """Return number and protocol of ``80/tcp``. Raises DockerError 400."""
    number, _, protocol = text.partition("/")
    protocol = protocol or "tcp"
    if not number.isdigit() or not 0 < int(number) < 65536:
        raise invalid_parameter(f"invalid port specification: {text!r}".replace("'", '"'))
    if protocol not in ("tcp", "udp", "sctp"):
        raise invalid_parameter(f"invalid protocol: {protocol}")
    return int(number), protocol


def wishes(bindings: Mapping[str, Any] | None, exposed: Mapping[str, Any] | None, publish_all: bool) -> list[Wish]:
    """Return what PortBindings (and, with *publish_all*, ExposedPorts) ask for, in the order of ports. Raises DockerError."""
    found: list[Wish] = []
    for text in sorted(bindings or {}, key=lambda one: parse_port(one)):
        port, protocol = parse_port(text)
        for one in (bindings or {})[text] or [{}]:
            host_ip, host_port = one.get("HostIp") or "", str(one.get("HostPort") or "")
            first, _, last = host_port.partition("-")
            if (first and not first.isdigit()) or (last and not last.isdigit()) or int(last or first or 0) > 65535:
                raise invalid_parameter(f'invalid port specification: "{host_port}"')
            try:
                address = ANY if host_ip in ("", "::") else IPv4Address(host_ip)
            except ValueError:
                raise invalid_parameter(f"invalid IP address in port mapping: {host_ip}") from None
            found.append(Wish(port, protocol, address, int(first or 0), int(last or first or 0), host_ip == ""))
    if publish_all:
        for text in sorted(exposed or {}, key=lambda one: parse_port(one)):
            if text not in (bindings or {}):
                found.append(Wish(*parse_port(text), shows_ipv6=True))
    return found


def documents(mappings: list[Mapping_], exposed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return NetworkSettings.Ports: bindings by port, None for ports that are only exposed."""
    found: dict[str, Any] = dict.fromkeys(exposed or {})
    for one in mappings:
        key = f"{one.wish.port}/{one.wish.protocol}"
        rows = found.get(key) or []
        rows.append({"HostIp": str(one.wish.address), "HostPort": str(one.host_port)})
        if one.wish.shows_ipv6:
            rows.append({"HostIp": "::", "HostPort": str(one.host_port)})
        found[key] = rows
    return {key: found[key] for key in sorted(found)}


@dataclass
class PortAllocator:
    """Which host ports are given away, by protocol and port; and the proxies that hold them."""

    clock: Clock
    host: Namespace
    taken: dict[tuple[str, int], list[IPv4Address]] = field(default_factory=dict)
    next_ephemeral: int = EPHEMERAL[0]

    def allocate(self, wish: Wish, container: Namespace, target: IPv4Address) -> Mapping_:
        """Return *wish* fulfilled for *container*, which has the address *target*. Raises DockerError with the bridge driver's words."""
        host_port = self._port(wish)
        self.taken.setdefault((wish.protocol, host_port), []).append(wish.address)

        def accept(socket: Any) -> None:
            self.clock.process(self._relay(socket, target, wish.port))

        listener = Listener(host_port, accept, wish.address, wish.protocol, "docker-proxy")
        try:
            self.host.listen(listener)
        except NetworkError as error:
            self.taken[wish.protocol, host_port].remove(wish.address)
            where = f"{wish.address}:{host_port}:{target}:{wish.port}/{wish.protocol}"
            raise DockerError(500, f"failed to bind host port for {where}: {str(error).lower()}") from None
        return Mapping_(wish, host_port, listener)

    def release(self, mapping: Mapping_) -> None:
        """Give *mapping*'s port back."""
        self.host.unlisten(mapping.listener)
        addresses = self.taken.get((mapping.wish.protocol, mapping.host_port), [])
        if mapping.wish.address in addresses:
            addresses.remove(mapping.wish.address)

    def _is_free(self, wish: Wish, port: int) -> bool:
        addresses = self.taken.get((wish.protocol, port))
        return not addresses or not (ANY in addresses or wish.address == ANY or wish.address in addresses)

    def _port(self, wish: Wish) -> int:
        if wish.first:
            for port in range(wish.first, wish.last + 1):
                if self._is_free(wish, port):
                    return port
            if wish.first == wish.last:
                raise DockerError(500, f"Bind for {wish.address}:{wish.first} failed: port is already allocated")
            raise DockerError(500, f"Bind for {wish.address}:{wish.last} failed: all ports are allocated")
        for _ in range(EPHEMERAL[1] - EPHEMERAL[0] + 1):
            port = self.next_ephemeral
            self.next_ephemeral = port + 1 if port < EPHEMERAL[1] else EPHEMERAL[0]
            if self._is_free(wish, port) and self.host.listener_for(wish.address, port, wish.protocol) is None:
                return port
        raise DockerError(500, "all ports are allocated")

    def _relay(self, near: Socket, target: IPv4Address, port: int) -> Generator[Event, Any, None]:
        try:
            far = yield from connect(self.host, target, port, self.clock)
        except NetworkError:
            near.close()
            return
        self.clock.process(_copy(near, far))
        yield from _copy(far, near)


def _copy(source: Socket, sink: Socket) -> Generator[Event, Any, None]:
    while data := (yield from source.read()):
        try:
            sink.write(data)
        except NetworkError:
            source.close()
            return
    sink.close_write()
