"""Talking with a container's process: its two outputs in frames, its terminal as it is, what is typed for it.

Models pkg/stdcopy and cli/command/container/hijack.go. Left out: raw mode of a real terminal, resizing while it runs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.terminal import QUIET_SECONDS
from k8slab.cli.seam import Interrupted, Read, Steps
from k8slab.sim.http import Duplex, Response, Stream

STDOUT, STDERR, SYSTEM_ERROR = 1, 2, 3
HEADER_BYTES = 8
END_OF_INPUT = "\x04"
INTERRUPT = b"\x03"
DEFAULT_DETACH = b"\x10\x11"  # ctrl-p ctrl-q


class Demux:
    """Takes frames apart: a byte for the stream, three of nothing, four of length, then the data."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the frames that *data* completes. Raises CommandError for a stream that is none of the three."""
        self._buffer += data
        while len(self._buffer) >= HEADER_BYTES:
            kind, size = struct.unpack(">BxxxL", self._buffer[:HEADER_BYTES])
            if kind > SYSTEM_ERROR:
                raise CommandError(f"Unrecognized input header: {kind}")
            if len(self._buffer) < HEADER_BYTES + size:
                return
            frame, self._buffer = self._buffer[HEADER_BYTES : HEADER_BYTES + size], self._buffer[HEADER_BYTES + size :]
            yield kind, frame


class Sink:
    """Writes what comes from a container to where it belongs."""

    def __init__(self, run: Invocation, *, raw: bool) -> None:
        self.run = run
        self.demux = None if raw else Demux()

    def write(self, data: bytes) -> None:
        """Write a piece as it came from the engine."""
        if self.demux is None:
            self.run.io.out_bytes(data)
            return
        for kind, frame in self.demux.feed(data):
            if kind == STDERR:
                self.run.io.err_bytes(frame)
            elif kind == SYSTEM_ERROR:
                raise CommandError(f"error from daemon in stream: {frame.decode('utf-8', 'replace')}")
            else:
                self.run.io.out_bytes(frame)


def copy_out(run: Invocation, response: Response, *, raw: bool) -> Steps[None]:
    """Write an answer that is a container's output until it ends."""
    sink = Sink(run, raw=raw)
    sink.write(response.body)
    stream: Stream | None = response.stream
    while stream is not None:
        piece: bytes | None = yield Read(stream)
        if piece is None:
            return
        sink.write(piece)


class Conversation:
    """A hijacked connection: what is typed goes in, what the process prints comes out."""

    def __init__(self, run: Invocation, duplex: Duplex, *, stdin: bool, tty: bool, forward: str = "") -> None:
        self.run = run
        self.duplex = duplex
        self.stdin = stdin
        self.tty = tty
        self.sink = Sink(run, raw=tty)
        #: The container that signals are forwarded to.
        self.forward = forward
        self.detached = False

    def hold(self) -> Steps[None]:
        """Talk until the other side closes the connection, or the user detaches."""
        types = self.stdin and self.run.terminal is not None and self.run.in_is_terminal
        if not types:
            if self.stdin and self.run.stdin:
                self.duplex.write(self.run.stdin)
            self.duplex.close_write()
        keys = list(self.run.terminal.keys) if types and self.run.terminal is not None else []
        while True:
            try:
                piece: bytes | None = yield Read(self.duplex, QUIET_SECONDS if keys else None)
            except Interrupted:
                yield from self._interrupt()
                continue
            if piece is None:
                return
            if piece:
                self.sink.write(piece)
            elif keys:
                self._type(keys.pop(0))
                if self.detached:
                    return

    def _type(self, keys: str) -> None:
        data = keys.encode()
        if self.tty and DEFAULT_DETACH in data:
            self.duplex.write(data.partition(DEFAULT_DETACH)[0])
            self.duplex.close()
            self.detached = True
            return
        if self.tty:
            self.duplex.write(data)
            return
        for part in keys.replace("\r", "\n").split(END_OF_INPUT)[0:1]:
            self.run.io.out(part)  # a terminal shows what is typed; here nobody else does
            self.duplex.write(part.encode())
        if END_OF_INPUT in keys:
            self.duplex.close_write()

    def _interrupt(self) -> Steps[None]:
        """Ctrl-C: on a terminal a key like any other; otherwise a signal that is passed on."""
        if self.tty and self.stdin:
            self.duplex.write(INTERRUPT)
        elif self.forward:
            yield from self.run.api.call("POST", f"/containers/{self.forward}/kill", {"signal": "INT"})
        else:
            raise Interrupted
