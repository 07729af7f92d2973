"""HTTP between programs: a client's request over a connection, and a server that answers from a function.

The bytes on the wire are real HTTP/1.1, so that any program may read them; an `HttpServer` that is asked by `fetch` skips
writing and reading them, which makes a request cheap. Left out: pipelining, trailers, HTTP/2.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import urlsplit

from simpy.events import Event

from k8slab.net.connection import CONNECT_TIMEOUT_SECONDS, HOP_SECONDS, Socket, connect, failure
from k8slab.net.namespace import ANY, Listener, Namespace, NetworkError
from k8slab.net.path import PathTrace, never, walk
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request, Response

REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
    302: "Found", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 416: "Range Not Satisfiable",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout",
}  # fmt: skip

#: Answers a request from *peer*; may be a generator that takes virtual time before it returns the response.
Handler = Callable[[Request, tuple[IPv4Address, int]], Any]


@dataclass
class Exchange:
    """A request, its answer, and the way that its packets took."""

    request: Request
    response: Response
    trace: PathTrace
    seconds: float


class HttpServer:
    """Listens on a port of a namespace and answers by *handler*."""

    def __init__(self, clock: Clock, handler: Handler, *, server: str = "") -> None:
        self.clock = clock
        self.handler = handler
        self.server = server

    def listen(self, namespace: Namespace, port: int, address: IPv4Address = ANY, owner: str = "") -> Listener:
        """Open *port*. Raises `NetworkError` EADDRINUSE."""
        return namespace.listen(Listener(port, self, address, owner=owner or self.server))

    def __call__(self, socket: Socket) -> None:
        self.clock.process(self._serve(socket))

    def answer(self, request: Request, peer: tuple[IPv4Address, int]) -> Generator[Event, Any, Response]:
        """Return the answer to *request*."""
        result = self.handler(request, peer)
        return (yield from result) if isinstance(result, Generator) else result

    def _serve(self, socket: Socket) -> Generator[Event, Any, None]:
        received = b""
        while not socket.is_closed:
            message = parse_request(received)
            if message is None:
                data = yield from socket.read()
                if not data:
                    socket.close()
                    return
                received += data
                continue
            request, received = message
            response = yield from self.answer(request, socket.remote)
            try:
                socket.write(serialize(response, head_only=request.method == "HEAD"))
            except NetworkError:
                return
            if request.headers.get("connection", "").lower() == "close":
                socket.close()


def serialize(response: Response, *, head_only: bool = False) -> bytes:
    """Return *response* as HTTP/1.1 bytes."""
    names = {name.lower() for name in response.headers}
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, '')}"]
    lines += [
        f"{'-'.join(word.capitalize() for word in name.split('-'))}: {value}"
        for name, value in response.headers.items()
    ]
    if "content-length" not in names:
        lines.append(f"Content-Length: {len(response.body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head_only else response.body)


def parse_head(data: bytes) -> tuple[str, dict[str, str], bytes] | None:
    """Return first line, headers (lower case) and what follows, or None if the head is not there in full."""
    head, mark, rest = data.partition(b"\r\n\r\n")
    if not mark:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return first, headers, rest


def parse_request(data: bytes) -> tuple[Request, bytes] | None:
    """Return the first whole request of *data* and the bytes after it, or None."""
    parsed = parse_head(data)
    if parsed is None:
        return None
    first, headers, rest = parsed
    size = int(headers.get("content-length") or 0)
    if len(rest) < size:
        return None
    method, _, target = first.partition(" ")
    return Request.from_url(method, target.partition(" ")[0], headers, rest[:size]), rest[size:]


def fetch(
    namespace: Namespace,
    url: str,
    clock: Clock,
    *,
    request: Request | None = None,
    chance: Callable[[], float] = never,
    timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
) -> Generator[Event, Any, Exchange]:
    """Ask *url* from *namespace* and return the `Exchange`. Takes virtual time.

    Raises `NetworkError` (its ``trace`` tells where the packet died): ENOTFOUND for an unknown name, ECONNREFUSED, ETIMEDOUT, ...
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    asked = request or Request.from_url("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    if "host" not in asked.headers:
        asked.headers = {**asked.headers, "host": parts.netloc}
    began = clock.now
    addresses = namespace.resolve(host)
    if not addresses:
        raise NetworkError("ENOTFOUND", f"Could not resolve host: {host}")
    trace = walk(namespace, addresses[0], port, source_port=namespace.ephemeral_port(), chance=chance)
    if not trace.arrived:
        seconds = {"dropped": timeout_seconds, "unreachable": min(3.0, timeout_seconds)}.get(trace.outcome, HOP_SECONDS)
        yield clock.timeout(seconds)
        raise failure(trace)
    assert trace.listener is not None and trace.packet is not None
    if isinstance(trace.listener.accept, HttpServer):
        yield clock.timeout(2 * HOP_SECONDS * len(trace.hops))
        response = yield from trace.listener.accept.answer(asked, (trace.packet.source, trace.packet.source_port))
        return Exchange(asked, response, trace, clock.now - began)
    socket = yield from connect(namespace, addresses[0], port, clock, chance=chance)
    response = yield from exchange_bytes(socket, asked)
    return Exchange(asked, response, trace, clock.now - began)


def exchange_bytes(socket: Socket, request: Request) -> Generator[Event, Any, Response]:
    """Write *request* to *socket*, read one response to its end, and close. Raises `NetworkError` ECONNRESET without one."""
    headers = {**request.headers, "connection": "close"}
    if request.body:
        headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    socket.write("\r\n".join([*lines, "", ""]).encode() + request.body)
    received = b""
    while True:
        parsed = parse_head(received)
        if parsed is not None:
            first, found, rest = parsed
            size = int(found["content-length"]) if "content-length" in found else None
            if request.method == "HEAD" or (size is not None and len(rest) >= size):
                socket.close()
                return Response(int(first.split(" ")[1]), found, rest if size is None else rest[:size])
        data = yield from socket.read()
        if not data:
            socket.close()
            if parsed is not None:
                return Response(int(parsed[0].split(" ")[1]), parsed[1], parsed[2])
            raise NetworkError("ECONNRESET", "Connection reset by peer" if not received else "Empty reply from server")
        received += data
