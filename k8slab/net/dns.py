"""Names: zones that know addresses, and a resolver that asks them in order.

Models a stub resolver with search domains (resolv.conf: search, ndots) in front of servers. Docker's embedded server at
127.0.0.11 and CoreDNS are such servers. Left out: TTLs, caching, record types beyond A (and SRV for headless Services later).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address


@dataclass
class Answer:
    """What a lookup gave, and each question that was asked on the way: ``(name asked, server, addresses)``."""

    addresses: list[IPv4Address]
    asked: list[tuple[str, str, list[IPv4Address]]]


@dataclass
class Zone:
    """Names that one server knows by heart, in lower case and without the last dot."""

    records: dict[str, list[IPv4Address]] = field(default_factory=dict)

    def look_up(self, name: str) -> list[IPv4Address]:
        """Return the addresses of *name*; empty if it is not known."""
        return list(self.records.get(name.lower().rstrip("."), ()))


class DnsServer:
    """What answers on port 53 (udp): *look_up* gives the addresses of a name, or None for a name that does not exist."""

    def __init__(self, look_up: Callable[[str], list[IPv4Address] | None]) -> None:
        self._look_up = look_up

    def answer(self, name: str, kind: str = "A") -> tuple[str, list[tuple[str, str, str]]]:
        """Return the code (NOERROR, NXDOMAIN) and the records ``(name, type, value)`` for *name*."""
        found = self._look_up(name.lower().rstrip("."))
        if found is None:
            return "NXDOMAIN", []
        return "NOERROR", [(name, "A", str(address)) for address in found] if kind in ("A", "ANY") else []

    def __call__(self, socket: object) -> None:
        """A TCP connection to a name server: nobody here speaks DNS over TCP."""


@dataclass
class Resolver:
    """What /etc/resolv.conf says: servers by address, domains to try, and how many dots make a name complete."""

    servers: Sequence[tuple[str, Callable[[str], list[IPv4Address]]]]
    search: Sequence[str] = ()
    ndots: int = 1

    def candidates(self, name: str) -> list[str]:
        """Return the full names that are tried for *name*, in order."""
        if name.endswith("."):
            return [name.rstrip(".")]
        extended = [f"{name}.{domain}" for domain in self.search]
        return [name, *extended] if name.count(".") >= self.ndots else [*extended, name]

    def look_up(self, name: str) -> Answer:
        """Return the first answer that any candidate gets from any server."""
        asked: list[tuple[str, str, list[IPv4Address]]] = []
        for candidate in self.candidates(name):
            for address, ask in self.servers:
                found = ask(candidate)
                asked.append((candidate, address, found))
                if found:
                    return Answer(found, asked)
        return Answer([], asked)

    def __call__(self, name: str) -> list[IPv4Address]:
        return self.look_up(name).addresses

    def text(self) -> str:
        """Return the resolver as /etc/resolv.conf."""
        lines = [f"nameserver {address}" for address, _ in self.servers]
        if self.search:
            lines.insert(0, "search " + " ".join(self.search))
        if self.ndots != 1:
            lines.append(f"options ndots:{self.ndots}")
        return "\n".join(lines) + "\n"
