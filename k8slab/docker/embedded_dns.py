"""The name server at 127.0.0.11 that every container on a user-defined network has.

Models libnetwork/resolver.go: names, aliases and short ids of the containers in the same networks first, then the host's
servers. The default bridge has none: there resolv.conf names the host's servers.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from k8slab.docker.endpoints import Sandbox
from k8slab.net.dns import DnsServer
from k8slab.net.namespace import Listener

ADDRESS = IPv4Address("127.0.0.11")
Outside = Callable[[str], list[IPv4Address] | None]


def serve(sandbox: Sandbox, outside: Outside) -> None:
    """Let 127.0.0.11 answer in *sandbox*; *outside* is asked for names that none of its networks knows."""
    if sandbox.has_dns:
        return
    sandbox.has_dns = True

    def look_up(name: str) -> list[IPv4Address] | None:
        for endpoint in sandbox.endpoints.values():
            network = endpoint.network
            if network is None or not network.is_user_defined:
                continue
            for link in endpoint.links or ():
                target, _, alias = link.partition(":")
                if name == (alias or target):
                    name = target
            found = network.look_up(name) or network.look_up(name.removesuffix("." + network.name))
            if found:
                return found
        return outside(name)

    sandbox.namespace.listen(Listener(53, DnsServer(look_up), ADDRESS, "udp", "dockerd"))
    sandbox.namespace.resolve_name = lambda name: look_up(name) or []
