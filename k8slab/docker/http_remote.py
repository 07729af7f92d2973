"""A registry that runs somewhere in the lab (``localhost:5000``), asked over HTTP on the daemon's own network.

Models distribution's client. Left out: TLS (a registry here speaks plain HTTP, so a daemon that insists on HTTPS fails as a real
one does), token servers, resumed uploads.
"""

from __future__ import annotations

import base64
import errno
import json
from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from k8slab.docker import content
from k8slab.docker.errors import DockerError
from k8slab.docker.layers import Layer
from k8slab.docker.manifests import MANIFESTS, media_type_of
from k8slab.docker.remotes import Auth, RegistryError
from k8slab.machine.errors import words
from k8slab.machine.fs.archive import ArchiveError
from k8slab.machine.network import Network
from k8slab.machine.programs.http import BadMessage, Reader, Reply, encode_request

CONNECT_TIMEOUT_SECONDS = 15.0
#: Finds the address of a host's name, or None.
Resolve = Callable[[str], "str | None"]


class HttpRemote:
    """The registry at *domain* (``host[:port]``). *insecure* allows plain HTTP."""

    def __init__(self, network: Network, resolve: Resolve, domain: str, auth: Auth, *, insecure: bool) -> None:
        self.network = network
        self.resolve = resolve
        self.domain = domain
        self.auth = auth
        self.insecure = insecure
        host, _, port = domain.partition(":")
        self.host = host
        self.port = int(port) if port else (80 if insecure else 443)

    # -- the questions -------------------------------------------------------------------------------------------------

    def manifest(self, path: str, wanted: str) -> Generator[Event, Any, tuple[bytes, str]]:
        accept = [("Accept", ", ".join(MANIFESTS))]
        reply = yield from self._ask("GET", f"/v2/{path}/manifests/{wanted}", headers=accept)
        try:
            return reply.body, media_type_of(reply.body)
        except ValueError as error:
            raise DockerError(500, f"invalid manifest: {error}") from None

    def config(self, path: str, digest: str) -> Generator[Event, Any, bytes]:
        return (yield from self._blob(path, digest))

    def layer(self, path: str, digest: str) -> Generator[Event, Any, Layer]:
        raw = yield from self._blob(path, digest)
        try:
            return Layer.of_tar(raw)
        except ArchiveError as error:
            raise DockerError(500, f"failed to register layer: {error}") from None

    def _blob(self, path: str, digest: str) -> Generator[Event, Any, bytes]:
        reply = yield from self._ask("GET", f"/v2/{path}/blobs/{digest}")
        if content.digest_of(reply.body) != digest:
            raise DockerError(500, "filesystem layer verification failed for digest " + digest)
        return reply.body

    def has_blob(self, path: str, digest: str) -> Generator[Event, Any, bool]:
        try:
            yield from self._ask("HEAD", f"/v2/{path}/blobs/{digest}")
        except RegistryError as error:
            if error.status == 404:
                return False
            raise
        return True

    def mount(self, path: str, layer: Layer, origin: str) -> Generator[Event, Any, bool]:
        target = f"/v2/{path}/blobs/uploads/?mount={layer.diff_id}&from={origin}"
        return (yield from self._ask("POST", target)).status == 201

    def check_push(self, path: str) -> Generator[Event, Any, None]:
        yield from self._ask("GET", "/v2/")

    def put_layer(self, path: str, layer: Layer) -> Generator[Event, Any, None]:
        yield from self._upload(path, layer.tar())

    def put_config(self, path: str, raw: bytes) -> Generator[Event, Any, None]:
        yield from self._upload(path, raw)

    def _upload(self, path: str, data: bytes) -> Generator[Event, Any, None]:
        started = yield from self._ask("POST", f"/v2/{path}/blobs/uploads/")
        place = started.header("Location")
        place = "/" + place.split("://", 1)[1].partition("/")[2] if "://" in place else place
        joint = "&" if "?" in place else "?"
        kind = [("Content-Type", "application/octet-stream")]
        yield from self._ask("PUT", f"{place}{joint}digest={content.digest_of(data)}", data, headers=kind)

    def put_manifest(self, path: str, tag: str, raw: bytes) -> Generator[Event, Any, str]:
        kind = [("Content-Type", media_type_of(raw))]
        reply = yield from self._ask("PUT", f"/v2/{path}/manifests/{tag}", raw, headers=kind)
        return reply.header("Docker-Content-Digest") or content.digest_of(raw)

    def tags(self, path: str) -> Generator[Event, Any, list[str]]:
        reply = yield from self._ask("GET", f"/v2/{path}/tags/list")
        try:
            found = json.loads(reply.body).get("tags") or []
        except (ValueError, AttributeError):
            found = []
        return [str(tag) for tag in found]

    # -- the wire ------------------------------------------------------------------------------------------------------

    def _ask(
        self, method: str, target: str, body: bytes = b"", headers: list[tuple[str, str]] | None = None
    ) -> Generator[Event, Any, Reply]:
        scheme = "http" if self.insecure else "https"
        url = f"{scheme}://{self.domain}{'/v2/' if not self.insecure else target}"
        if target == "/v2/" or method == "GET":
            url = f"{scheme}://{self.domain}/v2/"
        verb = {"GET": "Get", "HEAD": "Head", "POST": "Post", "PUT": "Put"}[method]
        address = self.resolve(self.host)
        if address is None:
            raise DockerError(500, f'{verb} "{url}": dial tcp: lookup {self.host}: no such host')
        try:
            connection = yield from self.network.connect(address, self.port, timeout=CONNECT_TIMEOUT_SECONDS)
        except OSError as error:
            raise DockerError(500, f'{verb} "{url}": {_dial(error, address, self.port)}') from None
        try:
            if not self.insecure:
                raise DockerError(500, f'{verb} "{url}": http: server gave HTTP response to HTTPS client')
            full = [("Host", self.domain), ("User-Agent", "docker/28.2.2"), *(headers or ())]
            if self.auth.username:
                token = base64.b64encode(f"{self.auth.username}:{self.auth.password}".encode()).decode()
                full.append(("Authorization", f"Basic {token}"))
            if body or method in ("POST", "PUT"):
                full.append(("Content-Length", str(len(body))))
            full.append(("Connection", "close"))
            yield from connection.write(encode_request(method, target, full, body))
            reply = yield from Reader(connection).reply(method)
        except (OSError, BadMessage):
            raise DockerError(500, f'{verb} "{url}": EOF') from None
        finally:
            connection.close()
        if reply.status >= 400:
            raise _error(reply)
        return reply


def _dial(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.ETIMEDOUT:
        return (
            "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"
        )
    return f"dial tcp {address}:{port}: connect: {words(error).lower()}"


def _error(reply: Reply) -> RegistryError:
    try:
        first = json.loads(reply.body)["errors"][0]
        return RegistryError(reply.status, str(first["code"]), str(first.get("message", "")))
    except (ValueError, KeyError, IndexError, TypeError):
        codes = {
            401: ("UNAUTHORIZED", "authentication required"),
            403: ("DENIED", "requested access to the resource is denied"),
        }
        if reply.status in codes:
            return RegistryError(reply.status, *codes[reply.status])
        return RegistryError(reply.status, "", f"received unexpected HTTP status: {reply.status} {reply.reason}")
