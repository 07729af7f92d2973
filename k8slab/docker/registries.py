"""Which registries a daemon can talk to, and how: Docker Hub behind its mirrors, other public ones, private ones by HTTP.

Models registry/config.go and endpoint look-up: mirrors are asked first and only for docker.io; an address on the loopback
network, or one named in ``insecure-registries``, may speak plain HTTP, everything else must speak HTTPS.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from k8slab.docker.errors import DockerError
from k8slab.docker.http_remote import HttpRemote, Resolve
from k8slab.docker.hub.hub import Hub
from k8slab.docker.hub_remote import HubRemote
from k8slab.docker.reference import DEFAULT_DOMAIN, Reference
from k8slab.docker.remotes import Auth, Remote
from k8slab.machine.network import Network

#: Writes a line into the daemon's log: level and message.
Log = Callable[[str, str], None]
#: Registries of the internet that the lab knows of but has nothing from.
PUBLIC = ("docker.io", "registry.k8s.io", "quay.io", "ghcr.io", "gcr.io", "mcr.microsoft.com", "public.ecr.aws")
HUB_API = "https://registry-1.docker.io/v2/"


class Endpoint(NamedTuple):
    """One place to ask. *is_mirror*: when it fails, the next one is tried."""

    remote: Remote
    url: str
    is_mirror: bool = False


def resolve_locally(name: str) -> str | None:
    """Return the address of *name* without any DNS: addresses and localhost."""
    if name == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return None


def _unlogged(level: str, message: str) -> None:
    """Write nothing."""


@dataclass
class Registries:
    """The registries as one daemon sees them. *network* is its host's, *address* where it comes from on the internet."""

    hub: Hub
    network: Network
    mirrors: list[str] = field(default_factory=list)
    insecure: list[str] = field(default_factory=list)
    resolve: Resolve = resolve_locally
    log: Log = _unlogged
    address: str = ""

    def is_insecure(self, domain: str) -> bool:
        """Return whether plain HTTP is allowed with *domain*: the loopback network, or what daemon.json names."""
        host = domain.partition(":")[0]
        if domain in self.insecure or host in self.insecure:
            return True
        found = self.resolve(host)
        if found is None:
            return False
        address = ipaddress.ip_address(found)
        if address.is_loopback:
            return True
        return any(address in network for network in _networks(self.insecure) if network.version == address.version)

    def endpoints(self, name: Reference, auth: Auth) -> list[Endpoint]:
        """Return the places where *name* may be pulled from, in the order they are asked."""
        if name.domain == DEFAULT_DOMAIN:
            mirrors = [Endpoint(self._mirror(url), url, True) for url in self.mirrors]
            return [*mirrors, Endpoint(HubRemote(self.hub, name.domain, auth, self.address), HUB_API)]
        return [self.endpoint(name.domain, auth)]

    def endpoint(self, domain: str, auth: Auth) -> Endpoint:
        """Return the registry *domain* itself."""
        if domain in PUBLIC or domain in self.hub.domains:
            url = HUB_API if domain == DEFAULT_DOMAIN else f"https://{domain}/v2/"
            return Endpoint(HubRemote(self.hub, domain, auth, self.address), url)
        insecure = self.is_insecure(domain)
        remote = HttpRemote(self.network, self.resolve, domain, auth, insecure=insecure)
        return Endpoint(remote, f"{'http' if insecure else 'https'}://{domain}/v2/")

    def _mirror(self, url: str) -> Remote:
        parts = urlsplit(url)
        return HttpRemote(self.network, self.resolve, parts.netloc, Auth(), insecure=parts.scheme == "http")


def _networks(names: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for name in names:
        try:
            found.append(ipaddress.ip_network(name))
        except ValueError:
            continue
    return found


def check_mirror(url: str) -> None:
    """Raise DockerError unless *url* may stand in ``registry-mirrors`` (registry.ValidateMirror)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise DockerError(400, f'invalid mirror: unsupported scheme "{parts.scheme}" in "{url}"')
    if parts.query or parts.fragment:
        raise DockerError(400, f'invalid mirror: query or fragment at end of the URI "{url}"')
    if parts.username:
        raise DockerError(400, f'invalid mirror: username/password not allowed in URI "{url}"')
