"""The messages that pass every door: a `Request` goes in, a `Response` comes out.

``ApiServer.handle`` and ``DockerApi.handle`` are the only entrances; lightkube, the docker SDK, our command lines and
(once served) a socket are adapters around them. Nothing here does I/O or lets time pass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

from simpy.events import Event


@dataclass(slots=True)
class Request:
    """One HTTP request. Header names are lower case; *query* keeps repeated keys in their order."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | list[str]] | None = None,
        json_body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """Return a request with *params* as query and *json_body*, if any, as its body."""
        query = {key: value if isinstance(value, list) else [value] for key, value in (params or {}).items()}
        head = {name.lower(): value for name, value in (headers or {}).items()}
        body = b""
        if json_body is not None:
            body = json.dumps(json_body, separators=(",", ":")).encode()
            head.setdefault("content-type", "application/json")
        return cls(method, path, query, head, body)

    @classmethod
    def from_url(cls, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Request:
        """Return a request for *target*, a path with an optional ``?query``."""
        path, _, text = target.partition("?")
        query: dict[str, list[str]] = {}
        for key, value in parse_qsl(text, keep_blank_values=True):
            query.setdefault(key, []).append(value)
        return cls(method, path, query, {name.lower(): value for name, value in (headers or {}).items()}, body)

    def param(self, name: str, default: str = "") -> str:
        """Return the first value of the query parameter *name*."""
        values = self.query.get(name)
        return values[0] if values else default

    def flag(self, name: str) -> bool:
        """Return whether the query parameter *name* is switched on, as Go's ``strconv.ParseBool`` reads it."""
        return self.param(name) in ("1", "t", "T", "true", "TRUE", "True")

    @property
    def target(self) -> str:
        """The path with its query, as it stands in a request line."""
        return self.path + ("?" + urlencode(self.query, doseq=True) if self.query else "")


class Stream(Protocol):
    """An answer that comes in pieces as virtual time passes. Reading never lets time pass."""

    def read(self) -> bytes | None:
        """Return what has come since the last call: ``b""`` if nothing yet, ``None`` once it has ended."""

    def wait(self) -> Event:
        """Return an event that happens when `read` may have more to say (or at the end)."""

    def close(self) -> None:
        """The reader has gone; the writer may stop. Closing twice is allowed."""

    # A stream with an attribute ``decided`` that is false belongs to an answer whose status is not known yet (``docker stop``
    # answers when the container has stopped): wait, without reading, until it is true; then status and body are there.


class Duplex(Stream, Protocol):
    """A `Stream` that can also be written to: what HTTP leaves after a hijack (attach, exec)."""

    def write(self, data: bytes) -> None:
        """Send *data* to the other side."""

    def close_write(self) -> None:
        """Say that no more will be written (half-close); reading goes on."""


@dataclass(slots=True)
class Response:
    """One HTTP answer: a whole *body*, or a *stream*, or (after 101) a *duplex*."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Stream | None = None
    duplex: Duplex | None = None

    @classmethod
    def of_json(cls, status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
        """Return an answer that carries *value* as compact JSON."""
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(status, {"content-type": "application/json", **(headers or {})}, body)

    @property
    def is_decided(self) -> bool:
        """Whether the status is known (see `Stream`)."""
        return bool(getattr(self.stream, "decided", True))

    def settle(self) -> None:
        """Take what came late for the body, if all of it has come with the decision; otherwise it goes on as a stream."""
        if self.stream is not None and hasattr(self.stream, "decided") and getattr(self.stream, "ended", False):
            self.body, self.stream = self.stream.read() or b"", None

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)
