"""The real lightkube client, in process: an httpx2 transport whose other end is the API server of the lab.

Reading a stream that has nothing to say lets virtual time pass until it has. Nothing here opens a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import parse_qsl, unquote

import httpx2
from lightkube import Client
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.http import Request, Response, Stream

#: A request lets this much virtual time pass, so that a loop that asks again and again gets somewhere.
CALL_SECONDS = 0.005
#: How long a blocking read waits for the next item.
IDLE_SECONDS = 600

Handle = Callable[[Request], Response]


class Server(Protocol):
    """Whatever answers HTTP requests."""

    def handle(self, request: Request) -> Response:
        """Answer *request*."""


class LabTransport(httpx2.BaseTransport):
    """Passes the requests of an httpx2 client to *handle*."""

    def __init__(
        self, handle: Handle, clock: Clock, *, call_seconds: float = CALL_SECONDS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._handle = handle
        self._clock = clock
        self._call_seconds = call_seconds
        self._idle_seconds = idle_seconds

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer *request* as the server would over the network."""
        path, _, text = request.url.raw_path.decode("ascii").partition("?")
        query: dict[str, list[str]] = {}
        for key, value in parse_qsl(text, keep_blank_values=True):
            query.setdefault(key, []).append(value)
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self._handle(Request(request.method, unquote(path), query, headers, request.read()))
        if not self._clock.is_moving:
            self._clock.run(self._call_seconds)
        if answer.stream is not None:
            return httpx2.Response(
                answer.status,
                headers=dict(answer.headers),
                stream=_Body(answer.stream, self._clock, self._idle_seconds),
            )
        return httpx2.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class _Body(httpx2.SyncByteStream):
    """A streamed answer; waiting for its next piece steps the clock."""

    def __init__(self, stream: Stream, clock: Clock, idle_seconds: float) -> None:
        self._stream = stream
        self._clock = clock
        self._idle_seconds = idle_seconds

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._stream.read()) is not None:
            if piece:
                yield piece
            elif not self._clock.run_until(self._stream.wait(), self._idle_seconds):
                self._stream.close()
                raise LabError(
                    f"nothing happened for {self._idle_seconds:g} virtual seconds, so the wait was given up. "
                    "Look at the state with lab.kubectl('get all'), or let more time pass with lab.run(seconds)."
                )

    def close(self) -> None:
        self._stream.close()


def client_for(
    server: Server, clock: Clock, namespace: str = "default", *, user: str = "", idle_seconds: float = IDLE_SECONDS
) -> Client:
    """Return a lightkube client of *server*, which speaks as *user* (the admin by default)."""
    config = KubeConfig.from_one(
        cluster=Cluster(server="http://kubernetes.lab", insecure=True),
        user=User(),
        context_name="lab",
        namespace=namespace,
    )

    def handle(request: Request) -> Response:
        if user:
            request.headers = {**request.headers, "impersonate-user": user}
        return server.handle(request)

    transport = LabTransport(handle, clock, idle_seconds=idle_seconds)
    return Client(config=config.get(), namespace=namespace, transport=transport, trust_env=False)
