"""Endpoints: a container's place in one network, and the sandbox (network namespace) that its endpoints are in.

Models libnetwork's Endpoint and Sandbox and the API's EndpointSettings. What was asked for (addresses, aliases) stays with the
container; what was given (address, interface) lasts while it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from k8slab.machine.stack import NamespaceNetwork
from k8slab.net.namespace import Namespace
from k8slab.sim.clock import Clock

if TYPE_CHECKING:
    from k8slab.docker.networks import DockerNetwork


@dataclass(eq=False, slots=True)
class Endpoint:
    """One container in one network. The fields below *network* are only set while it is connected for real."""

    ipam_config: dict[str, Any] | None = None
    links: list[str] | None = None
    aliases: list[str] | None = None
    driver_opts: dict[str, str] | None = None
    gw_priority: int = 0
    wanted_mac: str = ""
    network: DockerNetwork | None = None
    id: str = ""
    address: IPv4Address | None = None
    mac: str = ""
    interface: str = ""
    host_interface: str = ""
    dns_names: list[str] | None = None

    @classmethod
    def of(cls, config: Any) -> Endpoint:
        """Return what an EndpointConfig of the API asks for."""
        config = config or {}
        ipam = config.get("IPAMConfig")
        return cls(
            dict(ipam) if ipam is not None else None,
            list(config["Links"]) if config.get("Links") else None,
            list(config["Aliases"]) if config.get("Aliases") else None,
            dict(config["DriverOpts"]) if config.get("DriverOpts") is not None else None,
            int(config.get("GwPriority") or 0),
            config.get("MacAddress") or "",
        )

    @property
    def wanted_address(self) -> str:
        """The address that was asked for with ``--ip``, or nothing."""
        return str((self.ipam_config or {}).get("IPv4Address") or "")

    def document(self) -> dict[str, Any]:
        """Return the API's EndpointSettings."""
        network = self.network
        given = network is not None and self.address is not None
        return {
            "IPAMConfig": self.ipam_config,
            "Links": self.links,
            "Aliases": self.aliases,
            "MacAddress": self.mac if given else self.wanted_mac,
            "DriverOpts": self.driver_opts,
            "GwPriority": self.gw_priority,
            "NetworkID": network.id if network is not None else "",
            "EndpointID": self.id,
            "Gateway": str(network.gateway or "") if given and network is not None and not network.internal else "",
            "IPAddress": str(self.address) if given else "",
            "IPPrefixLen": network.subnet.prefixlen if given and network is not None and network.subnet else 0,
            "IPv6Gateway": "",
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "DNSNames": self.dns_names,
        }


@dataclass(eq=False, slots=True)
class Sandbox:
    """A container's network namespace, with the endpoints in it."""

    id: str
    namespace: Namespace
    network: NamespaceNetwork
    number: int
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    next_interface: int = 0
    has_dns: bool = False

    @classmethod
    def new(cls, id: str, name: str, clock: Clock, number: int) -> Sandbox:
        """Return an empty sandbox: only ``lo``."""
        namespace = Namespace(name)
        return cls(id, namespace, NamespaceNetwork(namespace, clock), number)
