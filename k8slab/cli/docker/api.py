"""Requests to the engine as the docker client makes them: ping first, the version in the path, errors in the daemon's words.

Models github.com/docker/docker/client. An answer with status 0 means that nobody listens at the socket.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker.errors import CommandError, DaemonError, Unreachable
from k8slab.cli.seam import Read, Steps
from k8slab.sim.http import Duplex, Request, Response, Stream

API_VERSION = "1.50"
DEFAULT_HOST = "unix:///var/run/docker.sock"
USER_AGENT = "Docker-Client/28.2.2 (linux)"
EMPTY_AUTH = "e30="  # the base64 of {}

Query = Mapping[str, str | list[str] | None]


class Api:
    """The engine, as one run of the command sees it."""

    def __init__(self, host: str = DEFAULT_HOST, version: str = "") -> None:
        self.host = host
        self.version = version or API_VERSION
        self.pinged = False
        self.negotiates = not version
        self.features: dict[str, str] = {}

    def ping(self) -> Steps[None]:
        """Ask the engine for the newest version that both understand; once per run."""
        if self.pinged:
            return
        self.pinged = True
        response: Response = yield Request("HEAD", "/_ping", {}, {"user-agent": USER_AGENT})
        if response.status == 0:
            return
        self.features = {name.lower(): value for name, value in response.headers.items()}
        theirs = self.features.get("api-version", "")
        if self.negotiates and theirs and _number(theirs) < _number(self.version):
            self.version = theirs

    def call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        *,
        body: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Steps[Response]:
        """Return the engine's answer; *body* is sent as JSON, *data* as it is. Parameters that are None are left out.

        Raises DaemonError for a refusal and Unreachable if nobody answers.
        """
        yield from self.ping()
        params = {}
        for name, value in sorted((query or {}).items()):
            if value is not None:
                params[name] = list(value) if isinstance(value, list) else [value]
        head = {"user-agent": USER_AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
        content = data or b""
        if body is not None:
            content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            head.setdefault("content-type", "application/json")
        response: Response = yield Request(method, f"/v{self.version}{path}", params, head, content)
        if response.status == 0:
            raise Unreachable(self.host)
        if response.status >= 400:
            text = yield from whole(response)
            raise DaemonError(response.status, _message(response, text, method, path))
        return response

    def json(self, method: str, path: str, query: Query | None = None, **more: Any) -> Steps[Any]:
        """Return the engine's answer read as JSON (None if it is empty)."""
        response = yield from self.call(method, path, query, **more)
        text = yield from whole(response)
        return json.loads(text) if text.strip() else None

    def text(self, method: str, path: str, query: Query | None = None) -> Steps[str]:
        """Return the engine's answer as text, untouched."""
        response = yield from self.call(method, path, query)
        return (yield from whole(response)).decode()

    def hijack(self, path: str, query: Query | None = None, body: Any = None) -> Steps[Duplex]:
        """Return the connection that is left when the engine has accepted a POST to *path*."""
        headers = {"connection": "Upgrade", "upgrade": "tcp"}
        if body is None:
            headers["content-type"] = "text/plain"
        response = yield from self.call("POST", path, query, body=body, headers=headers)
        if response.duplex is None:
            raise CommandError("unable to upgrade to tcp, received " + str(response.status))
        return response.duplex


def whole(response: Response) -> Steps[bytes]:
    """Return the body of *response*, waiting for the end of a stream."""
    if response.stream is None:
        return response.body
    pieces: list[bytes] = []
    while True:
        piece: bytes | None = yield Read(response.stream)
        if piece is None:
            return b"".join(pieces)
        pieces.append(piece)


class Lines:
    """The JSON values of a streaming answer, one by one."""

    def __init__(self, response: Response) -> None:
        self._stream: Stream | None = response.stream
        self._buffer = response.body
        self._decoder = json.JSONDecoder()
        self.ended = response.stream is None

    def next(self, timeout_seconds: float | None = None) -> Steps[Any]:
        """Return the next value; None at the end, or (with a timeout) when nothing came in time."""
        while True:
            found, value = self._take()
            if found:
                return value
            if self.ended or self._stream is None:
                return None
            piece: bytes | None = yield Read(self._stream, timeout_seconds)
            if piece is None:
                self.ended = True
            elif piece == b"" and timeout_seconds is not None:
                return None
            else:
                self._buffer += piece

    def close(self) -> None:
        """Listen no more."""
        if self._stream is not None:
            self._stream.close()

    def _take(self) -> tuple[bool, Any]:
        text = self._buffer.decode("utf-8", "surrogateescape").lstrip()
        if not text:
            return False, None
        try:
            value, end = self._decoder.raw_decode(text)
        except json.JSONDecodeError:
            if self.ended:
                raise CommandError("unexpected EOF") from None
            return False, None
        self._buffer = text[end:].encode("utf-8", "surrogateescape")
        return True, value


def filters(terms: list[str]) -> str | None:
    """Return ``-f name=value`` terms as the API takes them: a JSON object of sets; None without any."""
    sets: dict[str, dict[str, bool]] = {}
    for term in terms:
        if term:
            name, _, value = term.partition("=")
            sets.setdefault(name, {})[value] = True
    if not sets:
        return None
    return gojson.marshal({name: dict.fromkeys(sorted(sets[name]), True) for name in sorted(sets)})


def registry_auth(credentials: Mapping[str, str] | None) -> str:
    """Return *credentials* as the header X-Registry-Auth carries them."""
    if not credentials:
        return EMPTY_AUTH
    return base64.urlsafe_b64encode(gojson.marshal(dict(credentials)).encode()).decode()


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _message(response: Response, text: bytes, method: str, path: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        return str(value["message"]).strip()
    words = text.decode("utf-8", "replace").strip()
    if words:
        return words
    return f"request returned {response.status} for API route and version http://%2Fvar%2Frun%2Fdocker.sock/v{API_VERSION}{path}, check if the server supports the requested API version"
