"""Networks: docker0, the ones that users make, ``host`` and ``none``; who is in them with which address.

Models daemon/network.go, daemon/container_operations.go and libnetwork's bridge driver and default IPAM, in their words.
Left out: overlay, macvlan and ipvlan drivers, IPv6, swarm scope, config-only networks.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from k8slab.docker import embedded_dns, timestamps
from k8slab.docker.durations import Until
from k8slab.docker.endpoints import Endpoint, Sandbox
from k8slab.docker.errors import DockerError, conflict, forbidden, invalid_parameter, not_found
from k8slab.docker.label_filters import labels_match
from k8slab.docker.packet_rules import PacketRules
from k8slab.net.addresses import DEFAULT_POOLS, AddressError, free_subnet, mac_of
from k8slab.net.namespace import Namespace, Segment
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

PREDEFINED = ("bridge", "host", "none")
DEFAULT_BRIDGE_OPTIONS = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}
Tell = Callable[[str, str, str, dict[str, str]], None]


class Addresses:
    """The addresses of one subnet; the lowest free one is given, as libnetwork's bitmap does."""

    def __init__(self, subnet: IPv4Network, gateway: IPv4Address, ip_range: IPv4Network | None = None) -> None:
        self.subnet = subnet
        self.range = ip_range or subnet
        self.taken = {int(gateway)}
        self._next = int(self.range.network_address) + (0 if ip_range else 1)
        self._free: list[int] = []

    def take(self, wanted: IPv4Address | None = None) -> IPv4Address:
        """Return *wanted* or the lowest free address. Raises DockerError."""
        if wanted is not None:
            if wanted not in self.subnet:
                raise invalid_parameter(f"no configured subnet or ip-range contain the IP address {wanted}")
            if int(wanted) in self.taken:
                raise forbidden("Address already in use")
            self.taken.add(int(wanted))
            return wanted
        while self._free:
            number = heapq.heappop(self._free)
            if number not in self.taken:
                self.taken.add(number)
                return IPv4Address(number)
        end = int(self.range.broadcast_address)
        if self.range.broadcast_address == self.subnet.broadcast_address:
            end -= 1
        while self._next <= end:
            number = self._next
            self._next += 1
            if number not in self.taken and number != int(self.subnet.network_address):
                self.taken.add(number)
                return IPv4Address(number)
        raise DockerError(500, "no available IPv4 addresses on this network's address pools: " + str(self.subnet))

    def give_back(self, address: IPv4Address) -> None:
        """Make *address* free again."""
        self.taken.discard(int(address))
        if address in self.range:
            heapq.heappush(self._free, int(address))


@dataclass(eq=False)
class DockerNetwork:
    """One network. *members* are the running containers in it: id -> (name, endpoint)."""

    name: str
    id: str
    driver: str
    created: str
    subnet: IPv4Network | None = None
    gateway: IPv4Address | None = None
    ip_range: IPv4Network | None = None
    user_subnet: bool = False
    gateway_given: bool = True
    internal: bool = False
    attachable: bool = False
    options: dict[str, str] = field(default_factory=dict)
    ipam_options: dict[str, str] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    bridge: str = ""
    segment: Segment | None = None
    addresses: Addresses | None = None
    members: dict[str, tuple[str, Endpoint]] = field(default_factory=dict)
    names: dict[str, list[IPv4Address]] = field(default_factory=dict)

    @property
    def is_user_defined(self) -> bool:
        """Whether a user made it."""
        return self.name not in PREDEFINED

    def look_up(self, name: str) -> list[IPv4Address]:
        """Return the addresses of the containers called *name* here."""
        return list(self.names.get(name.lower(), ()))

    def document(self, *, containers: bool = True) -> dict[str, Any]:
        """Return ``docker network inspect``'s document."""
        config: list[dict[str, Any]] | None = None
        if self.driver not in ("host", "null"):
            config = [{"Subnet": str(self.subnet)}]
            if self.ip_range is not None:
                config[0]["IPRange"] = str(self.ip_range)
            config[0]["Gateway"] = str(self.gateway)
        found: dict[str, Any] = {}
        for id in sorted(self.members) if containers else ():
            name, endpoint = self.members[id]
            prefix = f"/{self.subnet.prefixlen}" if self.subnet is not None else ""
            found[id] = {
                "Name": name,
                "EndpointID": endpoint.id,
                "MacAddress": endpoint.mac,
                "IPv4Address": f"{endpoint.address}{prefix}" if endpoint.address is not None else "",
                "IPv6Address": "",
            }
        return {
            "Name": self.name,
            "Id": self.id,
            "Created": self.created,
            "Scope": "local",
            "Driver": self.driver,
            "EnableIPv4": True,
            "EnableIPv6": False,
            "IPAM": {"Driver": "default", "Options": self.ipam_options, "Config": config},
            "Internal": self.internal,
            "Attachable": self.attachable,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": found,
            "Options": {key: self.options[key] for key in sorted(self.options)},
            "Labels": {key: self.labels[key] for key in sorted(self.labels)},
        }


class Networks:
    """All networks of one engine, on the host whose namespace is *host*."""

    def __init__(
        self, clock: Clock, chance: Chance, host: Namespace, rules: PacketRules, tell: Tell, *,
        pools: tuple[IPv4Network, ...] = DEFAULT_POOLS, bridge_address: IPv4Interface | None = None,
    ) -> None:  # fmt: skip
        self.clock = clock
        self.chance = chance
        self.host = host
        self.rules = rules
        self.tell = tell
        self.pools = pools
        self.outside: embedded_dns.Outside = lambda name: host.resolve(name) or None
        self.all: dict[str, DockerNetwork] = {}
        address = bridge_address or IPv4Interface((int(self._free_subnet().network_address) + 1, 16))
        bridge = self._new("bridge", "bridge")
        bridge.options = dict(DEFAULT_BRIDGE_OPTIONS)
        self._lay(bridge, address.network, address.ip, "docker0")
        self._new("host", "host")
        self._new("none", "null")

    # -- making --------------------------------------------------------------------------------------------------------

    def _new(self, name: str, driver: str) -> DockerNetwork:
        network = DockerNetwork(name, self.chance.hex(64), driver, timestamps.now(self.clock))
        self.all[network.id] = network
        return network

    def _lay(self, network: DockerNetwork, subnet: IPv4Network, gateway: IPv4Address, bridge: str) -> None:
        network.subnet, network.gateway, network.bridge = subnet, gateway, bridge
        network.segment = Segment(bridge)
        network.addresses = Addresses(subnet, gateway, network.ip_range)
        self.host.add_interface(bridge, IPv4Interface((int(gateway), subnet.prefixlen)), network.segment, kind="bridge")
        on = lambda key: network.options.get(f"com.docker.network.bridge.{key}", "true") != "false"  # noqa: E731
        self.rules.add_bridge(
            bridge, subnet, internal=network.internal, masquerade=on("enable_ip_masquerade"), icc=on("enable_icc")
        )

    def _free_subnet(self) -> IPv4Network:
        taken = [one.subnet for one in self.all.values() if one.subnet is not None]
        taken += [route.target for route in self.host.routes if route.gateway is None]
        try:
            return free_subnet(taken, self.pools)
        except AddressError as error:
            raise invalid_parameter(str(error)) from None

    def create(self, body: Mapping[str, Any]) -> DockerNetwork:
        """``docker network create``. Raises DockerError."""
        name = str(body.get("Name") or "")
        driver = body.get("Driver") or "bridge"
        if not name.strip() or "/" in name:
            raise invalid_parameter(
                "network name cannot be empty"
                if not name.strip()
                else f'"{name}" includes invalid characters for a network name'
            )
        if name in PREDEFINED or name == "default":
            raise forbidden(f"operation is not permitted on predefined {name} network")
        if any(one.name == name for one in self.all.values()):
            raise conflict(f"network with name {name} already exists")
        if driver in ("host", "null"):
            raise forbidden(f'only one instance of "{driver}" network is allowed')
        if driver == "overlay":
            raise DockerError(
                503,
                'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
            )
        if driver != "bridge":
            raise not_found(f'plugin "{driver}" not found')
        ipam = body.get("IPAM") or {}
        configs = [one for one in ipam.get("Config") or [] if one and ":" not in str(one.get("Subnet") or "")]
        subnet, gateway, ip_range = self._ipam(configs[0]) if configs else (None, None, None)
        given = subnet is not None
        if subnet is None:
            subnet = self._free_subnet()
        if any(one.subnet is not None and one.subnet.overlaps(subnet) for one in self.all.values()):
            raise forbidden("invalid pool request: Pool overlaps with other one on this address space")
        network = self._new(name, driver)
        network.user_subnet, network.ip_range = given, ip_range
        network.internal, network.attachable = bool(body.get("Internal")), bool(body.get("Attachable"))
        network.options = {str(key): str(value) for key, value in (body.get("Options") or {}).items()}
        network.labels = {str(key): str(value) for key, value in (body.get("Labels") or {}).items()}
        network.ipam_options = ipam.get("Options")
        bridge = network.options.get("com.docker.network.bridge.name") or f"br-{network.id[:12]}"
        self._lay(network, subnet, gateway or IPv4Address(int(subnet.network_address) + 1), bridge)
        self.tell("network", "create", network.id, {"name": name, "type": driver})
        return network

    @staticmethod
    def _ipam(config: Mapping[str, Any]) -> tuple[IPv4Network | None, IPv4Address | None, IPv4Network | None]:
        def network(key: str) -> IPv4Network | None:
            text = str(config.get(key) or "")
            if not text:
                return None
            word = {"Subnet": "subnet", "IPRange": "ip-range"}[key]
            if "/" not in text:
                raise invalid_parameter(f"invalid network config:\ninvalid {word} {text}: invalid CIDR block notation")
            try:
                return IPv4Network(text, strict=False)
            except ValueError:
                raise invalid_parameter(
                    f"invalid network config:\ninvalid {word} {text}: invalid CIDR block notation"
                ) from None

        subnet, ip_range = network("Subnet"), network("IPRange")
        text = str(config.get("Gateway") or "")
        if (ip_range or text) and subnet is None:
            raise invalid_parameter("every ip-range or gateway must have a corresponding subnet")
        if ip_range is not None and subnet is not None and not ip_range.subnet_of(subnet):
            raise invalid_parameter(
                f"invalid network config:\ninvalid ip-range {ip_range}: parent subnet {subnet} doesn't contain ip-range"
            )
        try:
            gateway = IPv4Address(text) if text else None
        except ValueError:
            raise invalid_parameter(f"invalid network config:\ninvalid gateway {text}: invalid address") from None
        if gateway is not None and subnet is not None and gateway not in subnet:
            raise invalid_parameter(
                f"invalid network config:\ninvalid gateway {gateway}: parent subnet {subnet} doesn't contain this address"
            )
        return subnet, gateway, ip_range

    # -- finding -------------------------------------------------------------------------------------------------------

    def find(self, text: str) -> DockerNetwork:
        """Return the network with the id or name *text*, or whose id begins so. Raises DockerError 404."""
        if text in self.all:
            return self.all[text]
        for one in self.all.values():
            if one.name == text:
                return one
        found = [one for one in self.all.values() if text and one.id.startswith(text)]
        if len(found) == 1:
            return found[0]
        if found:
            raise invalid_parameter(f"network {text} is ambiguous ({len(found)} matches found on ID prefix)")
        raise not_found(f"network {text} not found")

    def remove(self, text: str) -> None:
        """``docker network rm``. Raises DockerError 403, 404."""
        network = self.find(text)
        if not network.is_user_defined:
            raise forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        if network.members:
            ends = " ".join(f'name:"{name}" id:"{end.id[:12]}"' for name, end in network.members.values())
            raise forbidden(f"error while removing network: network {network.name} has active endpoints ({ends})")
        self.rules.remove_bridge(network.bridge)
        self.host.remove_interface(network.bridge)
        del self.all[network.id]
        self.tell("network", "destroy", network.id, {"name": network.name, "type": network.driver})

    def prune(self, filters: Mapping[str, list[str]], used: Callable[[DockerNetwork], bool]) -> list[str]:
        """Remove the user-defined networks that no container is in; return their names."""
        until = Until.of(list(filters.get("until", [])), timestamps.unix_now(self.clock))
        gone = []
        for network in list(self.all.values()):
            if not network.is_user_defined or network.members or used(network):
                continue
            if until.covers(timestamps.to_unix(network.created)) and labels_match(filters, network.labels):
                self.remove(network.id)
                gone.append(network.name)
        return gone

    # -- joining -------------------------------------------------------------------------------------------------------

    def check_address(self, network: DockerNetwork, endpoint: Endpoint) -> None:
        """Raise DockerError if *endpoint* asks for an address that *network* cannot give by its kind."""
        wanted = endpoint.wanted_address
        if not wanted:
            return
        try:
            address = IPv4Address(wanted)
        except ValueError:
            raise invalid_parameter(f"invalid endpoint settings:\ninvalid IPv4 address: {wanted}") from None
        if not network.is_user_defined:
            raise invalid_parameter("user specified IP address is supported on user defined networks only")
        if not network.user_subnet:
            raise invalid_parameter(
                "user specified IP address is supported only when connecting to networks with user configured subnets"
            )
        if network.subnet is not None and address not in network.subnet:
            raise invalid_parameter(f"invalid endpoint settings:\nno configured subnet contains IP address {address}")

    def join(self, network: DockerNetwork, endpoint: Endpoint, sandbox: Sandbox, id: str, name: str) -> None:
        """Connect the running container *id* to *network*: address, interface, route, names. Raises DockerError."""
        self.check_address(network, endpoint)
        endpoint.network, endpoint.id = network, self.chance.hex(64)
        if network.driver == "bridge":
            assert network.addresses is not None and network.subnet is not None and network.gateway is not None
            wanted = endpoint.wanted_address
            endpoint.address = network.addresses.take(IPv4Address(wanted) if wanted else None)
            endpoint.mac = endpoint.wanted_mac or mac_of(endpoint.address)
            endpoint.interface = f"eth{sandbox.next_interface}"
            sandbox.next_interface += 1
            endpoint.host_interface = f"veth{endpoint.id[:7]}"
            space = sandbox.namespace
            gateway = None if network.internal else network.gateway
            space.add_interface(
                endpoint.interface,
                IPv4Interface((int(endpoint.address), network.subnet.prefixlen)),
                network.segment,
                gateway=gateway,
            )
            self.host.add_interface(endpoint.host_interface, kind="veth")
            if network.is_user_defined:
                embedded_dns.serve(sandbox, self.outside)
            names = dict.fromkeys([name, *(endpoint.aliases or ()), id[:12]])
            endpoint.dns_names = list(names) if network.is_user_defined else None
            for one in names:
                network.names.setdefault(one.lower(), []).append(endpoint.address)
        sandbox.endpoints[network.name] = endpoint
        network.members[id] = (name, endpoint)
        self.tell("network", "connect", network.id, {"container": id, "name": network.name, "type": network.driver})

    def leave(self, endpoint: Endpoint, sandbox: Sandbox, id: str) -> None:
        """Take the container *id* out of the endpoint's network."""
        network = endpoint.network
        if network is None:
            return
        if endpoint.address is not None and network.addresses is not None:
            sandbox.namespace.remove_interface(endpoint.interface)
            self.host.remove_interface(endpoint.host_interface)
            network.addresses.give_back(endpoint.address)
            for name, addresses in (
                list(network.names.items()) if len(network.names) < 64 else self._named(network, endpoint)
            ):
                if endpoint.address in addresses:
                    addresses.remove(endpoint.address)
                    if not addresses:
                        del network.names[name]
        sandbox.endpoints.pop(network.name, None)
        network.members.pop(id, None)
        endpoint.address, endpoint.id, endpoint.mac = None, "", ""
        self.tell("network", "disconnect", network.id, {"container": id, "name": network.name, "type": network.driver})

    @staticmethod
    def _named(network: DockerNetwork, endpoint: Endpoint) -> list[tuple[str, list[IPv4Address]]]:
        return [(name, found) for name, found in network.names.items() if endpoint.address in found]

    def rename(self, network: DockerNetwork, endpoint: Endpoint, id: str, old: str, new: str) -> None:
        """A member has got another name."""
        if endpoint.address is None:
            return
        addresses = network.names.get(old.lower(), [])
        if endpoint.address in addresses:
            addresses.remove(endpoint.address)
            if not addresses:
                del network.names[old.lower()]
        network.names.setdefault(new.lower(), []).append(endpoint.address)
        network.members[id] = (new, endpoint)
        if endpoint.dns_names is not None:
            endpoint.dns_names = [new if one == old else one for one in endpoint.dns_names]
