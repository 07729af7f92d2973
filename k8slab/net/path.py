"""Start reading here: the way of a packet, hop by hop, and what happens to it at each.

Models the order in which Linux looks at a packet: nat OUTPUT or PREROUTING, route, filter FORWARD (or INPUT, OUTPUT), nat
POSTROUTING, out. `walk` lets no time pass and opens nothing: it is a question. Replies are not walked: the connection is
known then, and each rewrite is undone in reverse order. Left out: asymmetric routes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network

from k8slab.net.namespace import Interface, Listener, Namespace, Segment
from k8slab.net.rules import DROP, MASQUERADE, REJECT, Packet, Rule, Table, Verdict

MOST_HOPS = 32


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: in which *namespace*, at which *point*, what happened (in words), by which rule, and the packet after it."""

    namespace: str
    point: str
    text: str
    packet: Packet
    rule: str = ""
    rewritten: bool = False


@dataclass
class PathTrace:
    """The way of one packet. *outcome*: delivered, refused, dropped, unreachable, unrouted or looped; *reason* says why."""

    hops: list[Hop] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""
    listener: Listener | None = None
    namespace: Namespace | None = None
    packet: Packet | None = None

    @property
    def arrived(self) -> bool:
        """Whether somebody answers at the end."""
        return self.outcome == "delivered"

    def __str__(self) -> str:
        lines = [f"{i:2}  {hop.namespace:16} {hop.point:12} {hop.text}" for i, hop in enumerate(self.hops, 1)]
        return "\n".join([*lines, f"=>  {self.outcome}" + (f": {self.reason}" if self.reason else "")])


def never() -> float:
    """A chance that always picks the first rule that offers one."""
    return 0.0


class Walk:
    """Carries one packet from namespace to namespace and writes down what happens."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self.trace = PathTrace()
        self.chance = chance

    def send(self, namespace: Namespace, packet: Packet) -> PathTrace:
        """Send *packet* from a process in *namespace*."""
        self._note(namespace, "process", f"sends {packet}", packet)
        packet = self._translate(namespace, namespace.nat, "OUTPUT", packet)
        if namespace.is_local(packet.target):
            return self._local(namespace, packet)
        return self._leave(namespace, packet, "OUTPUT")

    def _enter(self, namespace: Namespace, interface: Interface, packet: Packet) -> PathTrace:
        packet = replace(packet, came_in=interface.name, goes_out="")
        self._note(namespace, interface.name, "comes in", packet)
        if len(self.trace.hops) > MOST_HOPS * 4:
            return self._end("looped", "the packet went in a circle until its time to live was used up")
        packet = self._translate(namespace, namespace.nat, "PREROUTING", packet)
        if namespace.is_local(packet.target):
            return self._local(namespace, packet)
        if not namespace.forwards:
            return self._end("dropped", f"{namespace.name} is not {packet.target} and does not forward packets")
        return self._leave(namespace, packet, "FORWARD")

    def _local(self, namespace: Namespace, packet: Packet) -> PathTrace:
        verdict = self._judge(namespace, namespace.filter, "INPUT", packet)
        if verdict.action in (DROP, REJECT):
            return self._stopped(namespace, verdict, "INPUT")
        self.trace.namespace, self.trace.packet = namespace, packet
        if packet.protocol == "icmp":
            return self._end("delivered", f"{namespace.name} answers the ping")
        listener = namespace.listener_for(packet.target, packet.target_port, packet.protocol)
        if listener is None:
            return self._end(
                "refused", f"nothing listens on port {packet.target_port} of {packet.target} in {namespace.name}"
            )
        self.trace.listener = listener
        self._note(
            namespace, "process", f"{listener.owner or 'a process'} listens on port {packet.target_port}", packet
        )
        return self._end("delivered", "")

    def _leave(self, namespace: Namespace, packet: Packet, chain: str) -> PathTrace:
        route = namespace.route(packet.target)
        if route is None:
            return self._end("unrouted", f"{namespace.name} has no route to {packet.target}: Network is unreachable")
        packet = replace(packet, goes_out=route.interface.name)
        via = f" by gateway {route.gateway}" if route.gateway else ""
        self._note(namespace, "route", f"{route.target} is behind {route.interface.name}{via}", packet)
        verdict = self._judge(namespace, namespace.filter, chain, packet)
        if verdict.action in (DROP, REJECT):
            return self._stopped(namespace, verdict, chain)
        packet = self._masquerade(namespace, packet, route.interface)
        segment = route.interface.segment
        return self._cross(namespace, segment, route.gateway or packet.target, packet)

    def _cross(self, namespace: Namespace, segment: Segment | None, next_hop: IPv4Address, packet: Packet) -> PathTrace:
        found = segment.find(next_hop) if segment is not None else None
        if found is None:
            where = segment.name if segment is not None else "nowhere"
            return self._end("unreachable", f"nobody on {where} answers for {next_hop}: No route to host")
        assert segment is not None
        self._note(namespace, segment.name, f"carries it to {found.namespace.name}", packet)
        return self._enter(found.namespace, found, packet)

    # -- rules -------------------------------------------------------------------------------------------------------

    def _judge(self, namespace: Namespace, table: Table, chain: str, packet: Packet) -> Verdict:
        return table.judge(chain, packet, namespace.is_local, self.chance)

    def _translate(self, namespace: Namespace, table: Table, chain: str, packet: Packet) -> Packet:
        verdict = self._judge(namespace, table, chain, packet)
        if verdict.packet != packet:
            rule = self._line(verdict.matched[-1])
            text = f"{packet.target}:{packet.target_port} becomes {verdict.packet.target}:{verdict.packet.target_port}"
            self._note(namespace, f"nat {chain}", text, verdict.packet, rule, True)
        return verdict.packet

    def _masquerade(self, namespace: Namespace, packet: Packet, interface: Interface) -> Packet:
        verdict = self._judge(namespace, namespace.nat, "POSTROUTING", packet)
        if verdict.action != MASQUERADE or not interface.addresses:
            return packet
        changed = replace(packet, source=interface.addresses[0].ip)
        text = f"source {packet.source} becomes {changed.source}"
        self._note(namespace, "nat POSTROUTING", text, changed, self._line(verdict.matched[-1]), True)
        return changed

    def _stopped(self, namespace: Namespace, verdict: Verdict, chain: str) -> PathTrace:
        line = self._line(verdict.matched[-1]) if verdict.matched else f"-P {chain} {verdict.action}"
        self._note(namespace, f"filter {chain}", f"{verdict.action.lower()}s the packet", verdict.packet, line)
        outcome = "dropped" if verdict.action == DROP else "refused"
        return self._end(outcome, f"a rule of {namespace.name} stops it: {line}")

    @staticmethod
    def _line(matched: tuple[str, Rule]) -> str:
        return f"-A {matched[0]} {matched[1]}"

    def _note(
        self, namespace: Namespace, point: str, text: str, packet: Packet, rule: str = "", rewritten: bool = False
    ) -> None:
        self.trace.hops.append(Hop(namespace.name, point, text, packet, rule, rewritten))

    def _end(self, outcome: str, reason: str) -> PathTrace:
        self.trace.outcome, self.trace.reason = outcome, reason
        return self.trace


def walk(
    namespace: Namespace,
    target: IPv4Address,
    port: int = 0,
    protocol: str = "tcp",
    *,
    source_port: int = 0,
    chance: Callable[[], float] = never,
) -> PathTrace:
    """Return the way of the first packet from *namespace* to *target*:*port*. No time passes, nothing is opened."""
    source = namespace.source_for(target)
    if source is None:
        trace = PathTrace(
            outcome="unrouted", reason=f"{namespace.name} has no route to {target}: Network is unreachable"
        )
        return trace
    return Walk(chance).send(namespace, Packet(source, target, protocol, source_port, port))


def host_only(address: IPv4Address) -> IPv4Network:
    """Return the network that holds only *address*."""
    return IPv4Network(f"{address}/32")
