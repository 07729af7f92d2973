"""The chains that dockerd keeps in iptables, with the rules of each bridge and of each published port.

Models libnetwork/drivers/bridge/setup_ip_tables.go: nat DOCKER, POSTROUTING; filter DOCKER-USER, DOCKER-ISOLATION-STAGE-1 and -2,
DOCKER. A container behind ``-p`` is reached by a DNAT in the host's nat table and let through by the filter's DOCKER chain.
Left out: raw table, conntrack (replies are not walked, so their rule never counts), IPv6, nftables.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from k8slab.docker.ports import Wish
from k8slab.net.namespace import ANY, Namespace
from k8slab.net.path import host_only
from k8slab.net.rules import ACCEPT, DROP, MASQUERADE, RETURN, Rule

STAGE_1, STAGE_2 = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"
LOCAL_NETWORK = IPv4Network("127.0.0.0/8")


class PacketRules:
    """Docker's part of a host's tables. Nothing is written if *enabled* is false (``"iptables": false``)."""

    def __init__(self, host: Namespace, *, enabled: bool = True) -> None:
        self.host = host
        self.enabled = enabled
        self._of_bridge: dict[str, list[tuple[list[Rule], Rule]]] = {}
        if enabled:
            self._set_up()

    def _set_up(self) -> None:
        nat, filter = self.host.nat, self.host.filter
        nat.chain("DOCKER")
        nat.chain("PREROUTING").append(Rule("DOCKER", local_target=True))
        nat.chain("OUTPUT").append(Rule("DOCKER", not_target=LOCAL_NETWORK, local_target=True))
        for chain in ("DOCKER", STAGE_1, STAGE_2, "DOCKER-USER"):
            filter.chain(chain)
        filter.policies["FORWARD"] = DROP
        filter.chain("FORWARD")[:0] = [Rule("DOCKER-USER"), Rule(STAGE_1)]
        filter.chain(STAGE_1).append(Rule(RETURN))
        filter.chain(STAGE_2).append(Rule(RETURN))
        filter.chain("DOCKER-USER").append(Rule(RETURN))

    def add_bridge(
        self, bridge: str, subnet: IPv4Network, *, internal: bool, masquerade: bool = True, icc: bool = True
    ) -> None:
        """Write the rules of a new network."""
        if not self.enabled:
            return
        nat, filter = self.host.nat, self.host.filter
        rules: list[tuple[list[Rule], Rule, int]] = []
        last = lambda chain: len(chain) - 1  # noqa: E731  (before the final RETURN)
        stage_1, stage_2, forward = filter.chain(STAGE_1), filter.chain(STAGE_2), filter.chain("FORWARD")
        if internal:
            rules.append((stage_1, Rule(DROP, source=None, not_target=subnet, came_in=bridge), last(stage_1)))
            rules.append((stage_1, Rule(DROP, goes_out=bridge, came_in=f"!{bridge}"), last(stage_1)))
        else:
            if masquerade:
                post = nat.chain("POSTROUTING")
                rules.append((post, Rule(MASQUERADE, source=subnet, goes_out=f"!{bridge}"), 0))
            rules.append((stage_1, Rule(STAGE_2, came_in=bridge, goes_out=f"!{bridge}"), last(stage_1)))
            rules.append((forward, Rule("DOCKER", goes_out=bridge), len(forward)))
            rules.append((forward, Rule(ACCEPT, came_in=bridge, goes_out=f"!{bridge}"), len(forward) + 1))
        rules.append((stage_2, Rule(DROP, goes_out=bridge), last(stage_2)))
        rules.append((forward, Rule(ACCEPT if icc else DROP, came_in=bridge, goes_out=bridge), len(forward) + 2))
        for chain, rule, place in rules:
            chain.insert(place, rule)
        self._of_bridge[bridge] = [(chain, rule) for chain, rule, _ in rules]

    def remove_bridge(self, bridge: str) -> None:
        """Take the rules of a network away."""
        for chain, rule in self._of_bridge.pop(bridge, ()):
            _take(chain, rule)

    def publish(self, bridge: str, wish: Wish, host_port: int, target: IPv4Address) -> tuple[Rule, Rule] | None:
        """Write the rules of one published port; return the DNAT and what lets it through."""
        if not self.enabled:
            return None
        address = None if wish.address == ANY else host_only(wish.address)
        nat = Rule(
            "DNAT", target=address, protocol=wish.protocol, port=host_port, came_in=f"!{bridge}", to=(target, wish.port)
        )
        through = Rule(
            ACCEPT,
            target=host_only(target),
            came_in=f"!{bridge}",
            goes_out=bridge,
            protocol=wish.protocol,
            port=wish.port,
        )
        self.host.nat.chain("DOCKER").append(nat)
        self.host.filter.chain("DOCKER").append(through)
        return nat, through

    def withdraw(self, nat: Rule | None, through: Rule | None) -> None:
        """Take the rules of one published port away."""
        if nat is not None:
            _take(self.host.nat.chain("DOCKER"), nat)
        if through is not None:
            _take(self.host.filter.chain("DOCKER"), through)


def _take(chain: list[Rule], rule: Rule) -> None:
    for position, one in enumerate(chain):
        if one is rule:
            del chain[position]
            return
