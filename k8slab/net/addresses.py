"""Addresses and the pools they are taken from. Models libnetwork's ipam: subnets from a list of pools, addresses in order."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

#: Where Docker takes subnets for networks that name none (default-address-pools of dockerd).
DEFAULT_POOLS = (
    *(IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32)),
    *IPv4Network("192.168.0.0/16").subnets(new_prefix=20),
)


class AddressError(Exception):
    """An address or subnet cannot be given. The text is libnetwork's."""


class AddressPool:
    """The addresses of one subnet: given out upwards, never the same one twice until it is back and the pool went round."""

    def __init__(self, subnet: IPv4Network, *, ip_range: IPv4Network | None = None) -> None:
        self.subnet = subnet
        self._range = ip_range or subnet
        self._taken: set[IPv4Address] = set()
        self._last = int(self._range.network_address) - (1 if ip_range else 0)

    def take(self, wanted: IPv4Address | None = None) -> IPv4Address:
        """Return *wanted*, or the next free address. Raises `AddressError` if it is taken or none is left."""
        if wanted is not None:
            if wanted not in self.subnet:
                raise AddressError("no configured subnet contains IP address " + str(wanted))
            if wanted in self._taken:
                raise AddressError("Address already in use")
            self._taken.add(wanted)
            return wanted
        first, last = int(self._range.network_address), int(self._range.broadcast_address)
        edges = (
            {int(self.subnet.network_address), int(self.subnet.broadcast_address)}
            if self.subnet.prefixlen < 31
            else set()
        )
        for step in range(1, last - first + 2):
            number = first + (self._last - first + step) % (last - first + 1)
            address = IPv4Address(number)
            if number not in edges and address not in self._taken:
                self._last = number
                self._taken.add(address)
                return address
        raise AddressError("no available IPv4 addresses on this network's address pools")

    def give_back(self, address: IPv4Address) -> None:
        """Make *address* free again."""
        self._taken.discard(address)


def free_subnet(taken: Iterable[IPv4Network], pools: Iterable[IPv4Network] = DEFAULT_POOLS) -> IPv4Network:
    """Return the first of *pools* that overlaps none of *taken*."""
    used = list(taken)
    for pool in pools:
        if not any(pool.overlaps(other) for other in used):
            return pool
    raise AddressError("all predefined address pools have been fully subnetted")


def mac_of(address: IPv4Address) -> str:
    """Return the hardware address that goes with *address*, derived from it as Docker once did (02:42:ac:11:00:02)."""
    return "02:42:" + ":".join(f"{byte:02x}" for byte in address.packed)
