"""Every path of the API and who answers it. Models api/server/router and its middleware: versions, headers, errors.

Left out: swarm (503), plugins (none), sessions of BuildKit, TLS and users: whoever reaches the socket is root.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from k8slab.docker.api import build, containers, execs, images, networks, system, volumes
from k8slab.docker.api.call import Call
from k8slab.docker.engine import DockerEngine
from k8slab.docker.errors import DockerError, invalid_parameter, unavailable
from k8slab.sim.http import Request, Response

API_VERSION, MINIMUM_VERSION = "1.50", "1.24"
HEADERS = {
    "Api-Version": API_VERSION,
    "Docker-Experimental": "false",
    "Ostype": "linux",
    "Server": "Docker/28.2.2 (linux)",
}
Handler = Callable[[Call], Response]
SWARM = ("swarm", "nodes", "services", "tasks", "secrets", "configs")
NO_SWARM = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'

ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/_ping", system.ping), ("HEAD", "/_ping", system.ping),
    ("GET", "/version", system.version), ("GET", "/info", system.info), ("GET", "/events", system.events),
    ("GET", "/system/df", system.disk_usage), ("POST", "/auth", system.auth), ("GET", "/plugins", system.plugins),
    ("GET", "/containers/json", containers.listing), ("POST", "/containers/create", containers.create),
    ("POST", "/containers/prune", containers.prune), ("GET", "/containers/{}/json", containers.inspect),
    ("GET", "/containers/{}/top", containers.top), ("GET", "/containers/{}/logs", containers.logs),
    ("GET", "/containers/{}/stats", containers.stats), ("GET", "/containers/{}/changes", containers.changes),
    ("GET", "/containers/{}/export", containers.export), ("HEAD", "/containers/{}/archive", containers.archive_stat),
    ("GET", "/containers/{}/archive", containers.archive), ("PUT", "/containers/{}/archive", containers.extract),
    ("POST", "/containers/{}/start", containers.start), ("POST", "/containers/{}/stop", containers.stop),
    ("POST", "/containers/{}/restart", containers.restart), ("POST", "/containers/{}/kill", containers.kill),
    ("POST", "/containers/{}/pause", containers.pause), ("POST", "/containers/{}/unpause", containers.unpause),
    ("POST", "/containers/{}/wait", containers.wait), ("POST", "/containers/{}/rename", containers.rename),
    ("POST", "/containers/{}/update", containers.update), ("POST", "/containers/{}/resize", containers.resize),
    ("POST", "/containers/{}/attach", containers.attach), ("POST", "/containers/{}/exec", execs.create),
    ("DELETE", "/containers/{}", containers.remove), ("POST", "/commit", containers.commit),
    ("POST", "/exec/{}/start", execs.start), ("POST", "/exec/{}/resize", execs.resize), ("GET", "/exec/{}/json", execs.inspect),
    ("GET", "/images/json", images.listing), ("GET", "/images/search", images.search), ("GET", "/images/get", images.save),
    ("POST", "/images/create", images.create), ("POST", "/images/load", images.load), ("POST", "/images/prune", images.prune),
    ("GET", "/images/{*}/json", images.inspect), ("GET", "/images/{*}/history", images.history),
    ("GET", "/images/{*}/get", images.save), ("POST", "/images/{*}/push", images.push), ("POST", "/images/{*}/tag", images.tag),
    ("DELETE", "/images/{*}", images.remove), ("GET", "/distribution/{*}/json", images.distribution),
    ("GET", "/networks", networks.listing), ("POST", "/networks/create", networks.create),
    ("POST", "/networks/prune", networks.prune), ("GET", "/networks/{}", networks.inspect),
    ("POST", "/networks/{}/connect", networks.connect), ("POST", "/networks/{}/disconnect", networks.disconnect),
    ("DELETE", "/networks/{}", networks.remove),
    ("GET", "/volumes", volumes.listing), ("POST", "/volumes/create", volumes.create), ("POST", "/volumes/prune", volumes.prune),
    ("GET", "/volumes/{}", volumes.inspect), ("DELETE", "/volumes/{}", volumes.remove),
    ("POST", "/build", build.build), ("POST", "/build/prune", build.prune),
]  # fmt: skip


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{\*\}", "(.+)").replace(r"\{\}", "([^/]+)"))


_COMPILED = [(method, _pattern(path), handler) for method, path, handler in ROUTES]
_PLAIN = {(method, path): handler for method, path, handler in ROUTES if "{" not in path}
_VERSIONED = re.compile(r"/v(\d+\.\d+)(/.*)")


class DockerApi:
    """The door to *engine*."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine

    def handle(self, request: Request) -> Response:
        """Answer *request*. Lets no time pass; answers that need time come as streams (`docker.streams.Deferred`)."""
        try:
            response = self._answer(request)
        except DockerError as error:
            response = Response.of_json(error.status, error.document())
        response.headers = {**HEADERS, **response.headers}
        if request.method == "HEAD":
            response.body = b""
        return response

    def _answer(self, request: Request) -> Response:
        path = request.path
        match = _VERSIONED.fullmatch(path)
        if match is not None:
            path = match[2]
            _check_version(match[1])
        handler = _PLAIN.get((request.method, path))
        if handler is not None:
            return handler(Call(self.engine, request, ()))
        allowed = False
        for method, pattern, found in _COMPILED:
            fits = pattern.fullmatch(path)
            if fits is None:
                continue
            if method == request.method:
                return found(Call(self.engine, request, fits.groups()))
            allowed = True
        if path.split("/")[1:2] and path.split("/")[1] in SWARM:
            raise unavailable(NO_SWARM)
        if allowed:
            return Response.of_json(405, {"message": "method not allowed"})
        return Response.of_json(404, {"message": "page not found"})


def _check_version(text: str) -> None:
    wanted = _number(text)
    if wanted > _number(API_VERSION):
        raise invalid_parameter(f"client version {text} is too new. Maximum supported API version is {API_VERSION}")
    if wanted < _number(MINIMUM_VERSION):
        raise invalid_parameter(
            f"client version {text} is too old. Minimum supported API version is {MINIMUM_VERSION}, please upgrade your client to a newer version"
        )


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
