"""HTTP over a connection: reading and writing requests and responses for the programs (curl, wget, nginx, httpd, ...).

Models RFC 9112 as far as small servers need it: Content-Length, chunked bodies, keep-alive.
Left out: TLS (https names a scheme that fails to verify), HTTP/2, pipelining, trailers.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from k8slab.machine.errors import os_error
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.sim.http import Request

REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
    302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
    411: "Length Required", 413: "Content Too Large", 414: "URI Too Long", 429: "Too Many Requests", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
LONGEST_HEAD = 65536
LONGEST_BODY = 64 << 20


class BadMessage(Exception):
    """The bytes are no HTTP message."""


@dataclass(slots=True)
class Reply:
    """A response. Header names are written as given, in order."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    reason: str = ""

    def header(self, name: str) -> str:
        """Return the header *name*, "" if absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class Reader:
    """Takes messages off a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.buffer = b""

    def _more(self) -> Generator[Any, Any, bool]:
        chunk = yield from self.connection.read()
        self.buffer += chunk
        return bool(chunk)

    def head(self) -> Generator[Any, Any, list[str] | None]:
        """Return the lines of a message's head, None at the end of the connection. Raises BadMessage."""
        while b"\r\n\r\n" not in self.buffer and b"\n\n" not in self.buffer:
            if len(self.buffer) > LONGEST_HEAD:
                raise BadMessage("head too long")
            if not (yield from self._more()):
                if self.buffer.strip():
                    raise BadMessage("unfinished head")
                return None
        separator = b"\r\n\r\n" if b"\r\n\r\n" in self.buffer else b"\n\n"
        head, _, self.buffer = self.buffer.partition(separator)
        return head.decode("latin-1").replace("\r\n", "\n").lstrip("\n").split("\n")

    def body(self, headers: dict[str, str], *, to_the_end: bool = False) -> Generator[Any, Any, bytes]:
        """Return the body that *headers* announce. Raises BadMessage."""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return (yield from self._chunked())
        length = headers.get("content-length")
        if length is None:
            if not to_the_end:
                return b""
            while (yield from self._more()):
                if len(self.buffer) > LONGEST_BODY:
                    raise BadMessage("body too long")
            body, self.buffer = self.buffer, b""
            return body
        if not length.isdigit() or int(length) > LONGEST_BODY:
            raise BadMessage("bad length")
        while len(self.buffer) < int(length):
            if not (yield from self._more()):
                raise BadMessage("unfinished body")
        body, self.buffer = self.buffer[: int(length)], self.buffer[int(length) :]
        return body

    def _chunked(self) -> Generator[Any, Any, bytes]:
        parts: list[bytes] = []
        while True:
            while b"\r\n" not in self.buffer:
                if not (yield from self._more()):
                    raise BadMessage("unfinished body")
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError:
                raise BadMessage("bad chunk") from None
            if size > LONGEST_BODY or sum(map(len, parts)) > LONGEST_BODY:
                raise BadMessage("body too long")
            while len(self.buffer) < size + 2:
                if not (yield from self._more()):
                    raise BadMessage("unfinished body")
            parts.append(self.buffer[:size])
            self.buffer = self.buffer[size + 2 :]
            if size == 0:
                return b"".join(parts)

    def request(self) -> Generator[Any, Any, Request | None]:
        """Return the next request, None at the end. Raises BadMessage."""
        lines = yield from self.head()
        if lines is None:
            return None
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            raise BadMessage(lines[0])
        headers = _headers(lines[1:])
        headers[":version"] = words[2]
        body = yield from self.body(headers)
        return Request.from_url(words[0], words[1], headers, body)

    def reply(self, method: str = "GET") -> Generator[Any, Any, Reply]:
        """Return the response that comes. Raises BadMessage (an empty one: nothing came)."""
        lines = yield from self.head()
        if lines is None:
            raise BadMessage("")
        words = lines[0].split(" ", 2)
        if not words[0].startswith("HTTP/") or len(words) < 2 or not words[1].isdigit():
            raise BadMessage("not HTTP")
        pairs = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines[1:])]
        status = int(words[1])
        body = b""
        if method != "HEAD" and status not in (204, 304):
            body = yield from self.body({key.lower(): value for key, value in pairs}, to_the_end=True)
        return Reply(status, pairs, body, words[2] if len(words) > 2 else "")


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon:
            raise BadMessage(line)
        headers[key.strip().lower()] = value.strip()
    return headers


def encode_request(method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers) + "\r\n"
    return head.encode("latin-1", errors="replace") + body


def encode_reply(reply: Reply, *, head_only: bool = False) -> bytes:
    """Return the bytes of a response; Content-Length is added unless the headers have one."""
    headers = list(reply.headers)
    if not reply.header("Content-Length") and not reply.header("Transfer-Encoding") and reply.status not in (204, 304):
        headers.append(("Content-Length", str(len(reply.body))))
    text = reply.reason or REASONS.get(reply.status, "")
    head = f"HTTP/1.1 {reply.status} {text}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers) + "\r\n"
    return head.encode("latin-1", errors="replace") + (b"" if head_only else reply.body)


def http_date(unix: float) -> str:
    """Return *unix* as in a Date header."""
    return datetime.fromtimestamp(unix, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


Answer: TypeAlias = "Reply | Generator[Any, Any, Reply]"
#: Answers one request; gets the connection too, for addresses.
Handler: TypeAlias = Callable[[Request, Connection], Answer]


def serve_connection(
    connection: Connection, handler: Handler, *, keep_alive: bool = True, bad: Callable[[], Reply] | None = None
) -> Generator[Any, Any, None]:
    """Answer the requests of one connection until it ends. Run it as a thread of the server's process."""
    reader = Reader(connection)
    try:
        while True:
            try:
                request = yield from reader.request()
            except BadMessage:
                if bad is not None:
                    yield from connection.write(encode_reply(bad()))
                return
            if request is None:
                return
            outcome = handler(request, connection)
            reply = outcome if isinstance(outcome, Reply) else (yield from outcome)
            wants_close = (
                request.headers.get("connection", "").lower() == "close"
                or request.headers.get(":version") == "HTTP/1.0"
            )
            yield from connection.write(encode_reply(reply, head_only=request.method == "HEAD"))
            if wants_close or not keep_alive or reply.header("Connection").lower() == "close":
                return
    except OSError:
        return  # the client has gone
    finally:
        connection.close()


def exchange(
    process: Process,
    address: str,
    port: int,
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    body: bytes = b"",
    *,
    timeout: float | None = None,
) -> Generator[Any, Any, Reply]:
    """Return the answer of *address*:*port* to one request over a new connection. Raises OSError, BadMessage."""
    connection = yield from process.network.connect(address, port, timeout=timeout)
    try:
        yield from connection.write(encode_request(method, target, headers, body))
        try:
            return (yield from Reader(connection).reply(method))
        except ConnectionResetError:
            raise os_error(errno.ECONNRESET) from None
    finally:
        connection.close()
