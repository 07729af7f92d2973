"""The real docker SDK for Python, in process: its requests go to a `DockerApi` instead of a socket.

The SDK reads its answers from real HTTP/1.1 bytes through http.client and urllib3, so everything that digs into the connection
(attach, exec_run with stream, socket or demux, logs that follow) works as it does over a socket. Reading what is not there yet
lets virtual time pass; the SDK's timeouts count in virtual seconds. Nothing here opens a socket or reads a file of the learner's.
Left out: TLS, SSH, credential helpers, attach by websocket.
"""

from __future__ import annotations

import http.client
import io
import os
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import docker
import docker.api
import docker.client
import requests
import urllib3
from docker import auth
from docker.constants import DEFAULT_TIMEOUT_SECONDS, DEFAULT_USER_AGENT
from docker.utils.proxy import ProxyConfig

from k8slab.docker.streams import Deferred
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.http import Duplex, Request, Response, Stream

BASE_URL = "http://docker.lab:2375"
#: A request lets this much virtual time pass, so that a loop that asks again and again gets somewhere.
CALL_SECONDS = 0.005
#: How long a read without a timeout waits for news.
IDLE_SECONDS = 3600.0


class Server(Protocol):
    """Whatever answers requests to the Engine API."""

    def handle(self, request: Request) -> Response:
        """Answer *request*."""


class Connection(io.RawIOBase):
    """One end of a connection as http.client and the SDK see it: a file to read from and a socket to send to.

    `read` gives the head of the answer first, alone, so that a buffered reader never takes bytes that the SDK reads itself.
    """

    def __init__(
        self, head: bytes, body: bytes, stream: Stream | None, clock: Clock, *, chunked: bool, timeout: float | None
    ) -> None:
        super().__init__()
        self._head = head
        self._body = body
        self._stream = stream
        self._clock = clock
        self._chunked = chunked
        self._timeout = timeout
        self._ended = stream is None
        self._null: int | None = None
        self._response: Any = None

    # -- reading -------------------------------------------------------------------------------------------------------

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def recv(self, size: int = 65536, flags: int = 0) -> bytes:
        """Return bytes as they come, ``b""`` at the end; lets virtual time pass. Raises TimeoutError."""
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        while not self._body and not self._ended:
            self._next()
        data, self._body = self._body[:size], self._body[size:]
        return data

    def _next(self) -> None:
        assert self._stream is not None
        piece = self._stream.read()
        if piece is None:
            self._ended = True
            self._body = b"0\r\n\r\n" if self._chunked else b""
        elif piece:
            self._body = b"%x\r\n%s\r\n" % (len(piece), piece) if self._chunked else piece
        elif not self._clock.run_until(self._stream.wait(), IDLE_SECONDS if self._timeout is None else self._timeout):
            if self._timeout is not None:
                raise TimeoutError("timed out")
            self._stream.close()
            raise LabError(
                f"nothing came for {IDLE_SECONDS:g} virtual seconds, so the wait was given up. Give the call a timeout, or let "
                "something happen first."
            )

    # -- writing and the rest of a socket ------------------------------------------------------------------------------

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Send *data* to the process at the other end."""
        self._duplex().write(bytes(data))

    def send(self, data: bytes, flags: int = 0) -> int:
        """Send *data*; return how much was taken."""
        self.sendall(data)
        return len(data)

    def write(self, data: Any) -> int:
        return self.send(bytes(data))

    def shutdown(self, how: int) -> None:
        """Half-close: say that no more will be sent."""
        self._duplex().close_write()

    def _duplex(self) -> Duplex:
        if self._stream is None or not hasattr(self._stream, "write"):
            raise BrokenPipeError("this answer is not a connection to write to")
        return self._stream  # type: ignore[return-value]

    @property
    def _sock(self) -> Connection:
        return self

    def makefile(self, mode: str = "rb", *args: Any, **kwargs: Any) -> io.BufferedReader:
        """Return the file that http.client reads from."""
        return io.BufferedReader(self)

    def settimeout(self, seconds: float | None) -> None:
        """Set the time-out of a read, in virtual seconds."""
        self._timeout = seconds

    def gettimeout(self) -> float | None:
        """Return the time-out of a read."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """Set whether reads wait at all."""
        self._timeout = None if flag else 0.0

    def fileno(self) -> int:
        """Return a descriptor that always looks ready: the SDK polls before it reads, and our reads do the waiting."""
        if self._null is None:
            self._null = os.open(os.devnull, os.O_RDWR)
        return self._null

    def close(self) -> None:
        if self._null is not None:
            null, self._null = self._null, None
            os.close(null)
        if not self.closed and self._stream is not None:
            self._stream.close()
        super().close()


class LabAdapter(requests.adapters.HTTPAdapter):
    """Passes the requests of the SDK to *handle*."""

    def __init__(self, handle: Callable[[Request], Response], clock: Clock) -> None:
        super().__init__()
        self._handle = handle
        self._clock = clock

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **ignored: Any
    ) -> requests.Response:
        """Answer *request* as the daemon would."""
        seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        answer = self._handle(_translated(request))
        if not self._clock.is_moving:
            self._clock.run(CALL_SECONDS)
        body, source = answer.body, answer.duplex if answer.duplex is not None else answer.stream
        if isinstance(source, Deferred):
            self._decide(source, seconds, request)
            if source.ended:
                body, source = source.read() or b"", None
        chunked = source is not None and answer.duplex is None
        connection = Connection(
            _head(answer, body, chunked=chunked), body, source, self._clock, chunked=chunked, timeout=seconds
        )
        parsed = http.client.HTTPResponse(connection, method=request.method)  # type: ignore[arg-type]
        parsed.begin()
        # As urllib3 wraps what a connection of its own has read.
        wrapped = urllib3.HTTPResponse(
            body=parsed, headers=urllib3.HTTPHeaderDict(parsed.headers.items()), status=parsed.status, version=parsed.version,
            reason=parsed.reason, preload_content=False, decode_content=False, original_response=parsed, request_method=request.method,
        )  # fmt: skip
        return self.build_response(request, wrapped)

    def _decide(self, stream: Deferred, seconds: float | None, request: requests.PreparedRequest) -> None:
        """Let virtual time pass until the status of an answer is known. Raises ReadTimeout."""
        while not stream.decided:
            if not self._clock.run_until(stream.wait(), IDLE_SECONDS if seconds is None else seconds):
                host = urlsplit(request.url or "").netloc
                raise requests.exceptions.ReadTimeout(
                    f"{host}: Read timed out. (read timeout={seconds})", request=request
                )


def _translated(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
    body = request.body
    if body is None:
        data = b""
    elif isinstance(body, str):
        data = body.encode()
    elif isinstance(body, bytes):
        data = body
    elif hasattr(body, "read"):
        content = body.read()
        data = content.encode() if isinstance(content, str) else bytes(content)
    else:
        data = b"".join(one.encode() if isinstance(one, str) else one for one in body)
    return Request.from_url(
        request.method or "GET", unquote(parts.path) + (f"?{parts.query}" if parts.query else ""), headers, data
    )


def _head(answer: Response, body: bytes, *, chunked: bool) -> bytes:
    reason = "UPGRADED" if answer.status == 101 else http.client.responses.get(answer.status, "")
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif answer.duplex is None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class LabAPIClient(docker.APIClient):
    """The SDK's low-level client, joined to a lab's engine. Its session and its methods are the SDK's own."""

    def __init__(
        self,
        server: Server,
        clock: Clock,
        *,
        timeout: float | None = DEFAULT_TIMEOUT_SECONDS,
        version: str | None = None,
    ) -> None:
        requests.Session.__init__(self)
        # What APIClient.__init__ does, without looking at the learner's ~/.docker and at environment variables.
        self.trust_env = False
        self.base_url = BASE_URL
        self.timeout = timeout
        self.headers["User-Agent"] = DEFAULT_USER_AGENT
        self._general_configs: dict[str, Any] = {}
        self._proxy_configs = ProxyConfig.from_dict({})
        self._auth_configs = auth.AuthConfig({})
        self.credstore_env = None
        self._adapter = LabAdapter(server.handle, clock)
        self._custom_adapter = self._adapter
        self._version = version if version and version != "auto" else self._retrieve_server_version()

    def get_adapter(self, url: str) -> LabAdapter:
        """Return the lab's adapter, whatever the address."""
        return self._adapter


def client_for(server: Server, clock: Clock, *, timeout: float | None = DEFAULT_TIMEOUT_SECONDS) -> docker.DockerClient:
    """Return the SDK's high-level client for *server*."""
    client = docker.DockerClient.__new__(docker.DockerClient)
    client.api = LabAPIClient(server, clock, timeout=timeout)
    return client


def install(server: Server, clock: Clock) -> Callable[[], None]:
    """Let an unmodified ``docker.from_env()`` (and ``docker.APIClient()``) reach *server*; return what undoes it."""
    before = docker.client.APIClient, docker.APIClient, docker.api.APIClient

    class InstalledClient(LabAPIClient):
        """What ``docker.APIClient`` is while the lab is installed."""

        def __init__(
            self,
            base_url: str | None = None,
            version: str | None = None,
            timeout: float | None = DEFAULT_TIMEOUT_SECONDS,
            **ignored: Any,
        ) -> None:
            super().__init__(server, clock, timeout=timeout, version=version)

    docker.client.APIClient = docker.APIClient = docker.api.APIClient = InstalledClient

    def uninstall() -> None:
        docker.client.APIClient, docker.APIClient, docker.api.APIClient = before

    return uninstall
