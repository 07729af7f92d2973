"""Packet rules: tables of chains of rules, looked at in order; the first that matches and decides wins.

Models iptables (nat and filter) as far as Docker and kube-proxy use it. A rule keeps a count of the packets it matched.
Left out: mangle and raw tables, state beyond "this connection is known", rate limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

ACCEPT, DROP, REJECT, RETURN, MASQUERADE = "ACCEPT", "DROP", "REJECT", "RETURN", "MASQUERADE"


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection (or a ping): what rules look at. Ports are 0 for icmp."""

    source: IPv4Address
    target: IPv4Address
    protocol: str = "tcp"
    source_port: int = 0
    target_port: int = 0
    came_in: str = ""
    goes_out: str = ""

    def __str__(self) -> str:
        if self.protocol == "icmp":
            return f"icmp {self.source} -> {self.target}"
        return f"{self.protocol} {self.source}:{self.source_port} -> {self.target}:{self.target_port}"


@dataclass(slots=True)
class Rule:
    """One line of a chain. Empty conditions hold for every packet; a leading ``!`` in an interface name negates it."""

    action: str
    source: IPv4Network | None = None
    target: IPv4Network | None = None
    not_target: IPv4Network | None = None
    protocol: str = ""
    port: int = 0
    came_in: str = ""
    goes_out: str = ""
    to: tuple[IPv4Address, int] | None = None
    probability: float = 1.0
    local_target: bool = False
    when: Callable[[Packet], bool] | None = None
    comment: str = ""
    packets: int = field(default=0, compare=False)

    def matches(self, packet: Packet, is_local: Callable[[IPv4Address], bool], chance: Callable[[], float]) -> bool:
        """Return whether *packet* meets all conditions; *is_local* tells the addresses of this namespace."""
        if (self.protocol and packet.protocol != self.protocol) or (self.port and packet.target_port != self.port):
            return False
        if not _name_holds(self.came_in, packet.came_in) or not _name_holds(self.goes_out, packet.goes_out):
            return False
        if self.source is not None and packet.source not in self.source:
            return False
        if self.target is not None and packet.target not in self.target:
            return False
        if self.not_target is not None and packet.target in self.not_target:
            return False
        if self.local_target and not is_local(packet.target):
            return False
        if self.when is not None and not self.when(packet):
            return False
        return self.probability >= 1 or chance() < self.probability

    def __str__(self) -> str:
        """The rule as ``iptables -S`` writes it."""
        words = []
        if self.source is not None:
            words.append(f"-s {self.source}")
        if self.target is not None:
            words.append(f"-d {self.target}")
        if self.not_target is not None:
            words.append(f"! -d {self.not_target}")
        for flag, name in (("-i", self.came_in), ("-o", self.goes_out)):
            if name:
                words.append(f"! {flag} {name[1:]}" if name.startswith("!") else f"{flag} {name}")
        if self.protocol:
            words.append(f"-p {self.protocol}" + (f" -m {self.protocol} --dport {self.port}" if self.port else ""))
        if self.local_target:
            words.append("-m addrtype --dst-type LOCAL")
        if self.comment:
            words.append(f'-m comment --comment "{self.comment}"')
        if self.probability < 1:
            words.append(f"-m statistic --mode random --probability {self.probability:.5f}")
        words.append(f"-j {self.action}")
        if self.to is not None:
            words.append(f"--to-destination {self.to[0]}:{self.to[1]}")
        return " ".join(words)


def _name_holds(wanted: str, name: str) -> bool:
    if not wanted:
        return True
    return name != wanted[1:] if wanted.startswith("!") else name == wanted


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chain made of a packet: the *packet* as it is now, the deciding *action*, and the rules that matched on the way."""

    packet: Packet
    action: str
    matched: tuple[tuple[str, Rule], ...]


class Table:
    """The chains of one table; built-in chains have a policy for packets that no rule decides."""

    def __init__(self, name: str, builtin: tuple[str, ...]) -> None:
        self.name = name
        self.chains: dict[str, list[Rule]] = {chain: [] for chain in builtin}
        self.policies = dict.fromkeys(builtin, ACCEPT)

    def chain(self, name: str) -> list[Rule]:
        """Return the rules of chain *name*, which is made if it is new."""
        return self.chains.setdefault(name, [])

    def lines(self) -> Iterator[str]:
        """Yield the table as ``iptables -t NAME -S`` prints it."""
        for name, policy in self.policies.items():
            yield f"-P {name} {policy}"
        for name in self.chains:
            if name not in self.policies:
                yield f"-N {name}"
        for name, rules in self.chains.items():
            for rule in rules:
                yield f"-A {name} {rule}"

    def judge(self, name: str, packet: Packet, is_local: Any, chance: Any) -> Verdict:
        """Return what chain *name* makes of *packet*."""
        matched: list[tuple[str, Rule]] = []
        packet, action = self._walk(name, packet, is_local, chance, matched, 0)
        return Verdict(packet, action or self.policies.get(name, ACCEPT), tuple(matched))

    def _walk(
        self, name: str, packet: Packet, is_local: Any, chance: Any, matched: list[Any], depth: int
    ) -> tuple[Packet, str]:
        for rule in self.chains.get(name, ()):
            if not rule.matches(packet, is_local, chance):
                continue
            rule.packets += 1
            matched.append((name, rule))
            if rule.action == RETURN:
                return packet, ""
            if rule.action == "DNAT":
                assert rule.to is not None
                return replace(packet, target=rule.to[0], target_port=rule.to[1] or packet.target_port), ACCEPT
            if rule.action in (ACCEPT, DROP, REJECT, MASQUERADE):
                return packet, rule.action
            if rule.action == "MARK" or depth > 16:
                continue
            packet, action = self._walk(rule.action, packet, is_local, chance, matched, depth + 1)
            if action:
                return packet, action
        return packet, ""
