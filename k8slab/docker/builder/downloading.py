"""``ADD http://...``: fetching a file over the daemon's network.

Models BuildKit's http source. Left out: TLS, redirects, Git repositories (a URL that is none of the lab's own ends as an unknown host).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

from simpy.events import Event

from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.steps import Fetch
from k8slab.docker.http_remote import Resolve
from k8slab.machine.errors import words
from k8slab.machine.network import Network
from k8slab.machine.programs.http import BadMessage, Reader, encode_request

TIMEOUT_SECONDS = 30.0


def downloader(network: Network, resolve: Resolve) -> Fetch:
    """Return what fetches URLs over *network*."""

    def fetch(url: str) -> Generator[Event, Any, bytes]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise BuildError(f"invalid URL: {url}") from None
        address = resolve(host)
        if address is None:
            raise BuildError(f'failed to load cache key: Get "{url}": dial tcp: lookup {host}: no such host')
        try:
            connection = yield from network.connect(address, port, timeout=TIMEOUT_SECONDS)
        except OSError as error:
            why = f"dial tcp {address}:{port}: connect: {words(error).lower()}"
            raise BuildError(f'failed to load cache key: Get "{url}": {why}') from None
        try:
            if parts.scheme == "https":
                raise BuildError(
                    f'failed to load cache key: Get "{url}": http: server gave HTTP response to HTTPS client'
                )
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            yield from connection.write(
                encode_request("GET", target, [("Host", parts.netloc), ("Connection", "close")])
            )
            reply = yield from Reader(connection).reply()
        except (OSError, BadMessage):
            raise BuildError(f'failed to load cache key: Get "{url}": EOF') from None
        finally:
            connection.close()
        if reply.status >= 400:
            raise BuildError(f"failed to load cache key: invalid response status {reply.status}")
        return reply.body

    return fetch
