"""Docker Hub (or a neighbour) as a `Remote`: the questions of the distribution API answered by `Hub`, over the internet's latency."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.docker.content import digest_of
from k8slab.docker.hub.hub import Hub
from k8slab.docker.layers import Layer
from k8slab.docker.remotes import Auth

#: One question to a registry far away: a TLS connection and a token.
ROUND_TRIP_SECONDS = 0.15


class HubRemote:
    """One daemon's connection to the registry *domain*; *address* is who asks, as the rate limit sees it."""

    def __init__(self, hub: Hub, domain: str, auth: Auth, address: str = "") -> None:
        self.hub = hub
        self.domain = domain
        self.auth = auth
        self.address = address

    def _ask(self) -> Event:
        return self.hub.clock.timeout(ROUND_TRIP_SECONDS)

    def _name(self, path: str) -> str:
        return f"{self.domain}/{path}"

    def manifest(self, path: str, wanted: str) -> Generator[Event, Any, tuple[bytes, str]]:
        yield self._ask()
        return self.hub.manifest(self._name(path), wanted, self.auth, self.address)

    def config(self, path: str, digest: str) -> Generator[Event, Any, bytes]:
        yield self._ask()
        return self.hub.config(self._name(path), digest)

    def layer(self, path: str, digest: str) -> Generator[Event, Any, Layer]:
        yield from ()
        return self.hub.layer(self._name(path), digest)

    def has_blob(self, path: str, digest: str) -> Generator[Event, Any, bool]:
        yield self._ask()
        return digest in self.hub.layers or digest in self.hub.configs

    def mount(self, path: str, layer: Layer, origin: str) -> Generator[Event, Any, bool]:
        yield self._ask()
        self.hub.put_layer(layer)
        return True

    def check_push(self, path: str) -> Generator[Event, Any, None]:
        yield self._ask()
        self.hub.check_push(self._name(path), self.auth)

    def put_layer(self, path: str, layer: Layer) -> Generator[Event, Any, None]:
        yield from ()
        self.hub.put_layer(layer)

    def put_config(self, path: str, raw: bytes) -> Generator[Event, Any, None]:
        yield self._ask()
        self.hub.configs.put(raw)

    def put_manifest(self, path: str, tag: str, raw: bytes) -> Generator[Event, Any, str]:
        yield self._ask()
        self.hub.put_manifest(self._name(path), tag, raw)
        return digest_of(raw)

    def tags(self, path: str) -> Generator[Event, Any, list[str]]:
        yield self._ask()
        return self.hub.tags(self._name(path), self.auth)
