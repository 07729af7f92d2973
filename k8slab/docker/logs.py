"""A container's log as the json-file driver keeps it: one entry a line, with its stream and its time.

Models daemon/logger/jsonfilelog and loggerutils: tail, since, until, timestamps, follow. The file stands on the host's disk
when somebody looks (``LogPath``). Left out: rotation beyond max-size with max-file, compression, other drivers than ``none``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from k8slab.docker import timestamps
from k8slab.docker.streams import STDERR, STDOUT, Outlet, frame
from k8slab.sim.clock import Clock

LONGEST_LINE = 16 * 1024  # daemon/logger/copier.go: longer lines are cut in pieces
NAMES = {STDOUT: "stdout", STDERR: "stderr"}
#: What one log may hold before its oldest entries go; the learner's memory is not the host's disk.
MOST_BYTES = 8 << 20


class Entry(NamedTuple):
    """One line (or a piece of a long one). *unix* is when its end came."""

    unix: float
    stream: int
    text: bytes


class LogFile:
    """The log of one container."""

    __slots__ = ("_partial", "bytes", "clock", "entries", "followers", "kept")

    def __init__(self, clock: Clock, *, kept: bool = True) -> None:
        self.clock = clock
        self.entries: list[Entry] = []
        self.bytes = 0
        self.kept = kept
        self.followers: list[Callable[[Entry | None], None]] = []
        self._partial: dict[int, bytearray] = {}

    def write(self, stream: int, data: bytes) -> None:
        """Take what the container writes to *stream*."""
        partial = self._partial.get(stream)
        if partial:
            data = bytes(partial) + data
            partial.clear()
        while data:
            end = data.find(b"\n") + 1
            if not end:
                if len(data) < LONGEST_LINE:
                    self._partial.setdefault(stream, bytearray()).extend(data)
                    return
                end = LONGEST_LINE
            self._add(Entry(timestamps.unix_now(self.clock), stream, data[:end]))
            data = data[end:]

    def end(self) -> None:
        """The container has ended: what is left of a line is a line; followers hear the end."""
        for stream, partial in sorted(self._partial.items()):
            if partial:
                self._add(Entry(timestamps.unix_now(self.clock), stream, bytes(partial)))
        self._partial = {}
        for follower in list(self.followers):
            follower(None)

    def _add(self, entry: Entry) -> None:
        if self.kept:
            self.entries.append(entry)
            self.bytes += len(entry.text)
            while self.bytes > MOST_BYTES:
                self.bytes -= len(self.entries.pop(0).text)
        for follower in list(self.followers):
            follower(entry)

    def text(self) -> bytes:
        """Return the file as it stands on the disk."""
        lines = [
            json.dumps(
                {
                    "log": entry.text.decode(errors="replace"),
                    "stream": NAMES[entry.stream],
                    "time": timestamps.unix_to_text(entry.unix),
                },
                separators=(",", ":"),
                ensure_ascii=False,
            )
            for entry in self.entries
        ]
        return "".join(line + "\n" for line in lines).encode()


class Wish(NamedTuple):
    """What a reader of a log wants. *tail* is None for all; times are Unix seconds."""

    stdout: bool = True
    stderr: bool = True
    tail: int | None = None
    since: float = 0.0
    until: float = 0.0
    timestamps: bool = False
    follow: bool = False
    raw: bool = False

    def takes(self, entry: Entry) -> bool:
        """Return whether the reader wants *entry*."""
        if not (self.stdout if entry.stream == STDOUT else self.stderr):
            return False
        return entry.unix >= self.since and not (self.until and entry.unix > self.until)

    def render(self, entry: Entry) -> bytes:
        """Return *entry* as it is sent."""
        text = entry.text
        if self.timestamps:
            text = nanoseconds(entry.unix).encode() + b" " + text
        return text if self.raw else frame(entry.stream, text)


def nanoseconds(unix: float) -> str:
    """Return *unix* as RFC3339Nano with all nine digits, as log lines carry it."""
    text = timestamps.unix_to_text(unix)[:-1]
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<9}Z"


def read(log: LogFile, wish: Wish, *, running: bool) -> Outlet:
    """Return the stream of *log* as *wish* says; it stays open only for a follower of a *running* container."""
    chosen = [entry for entry in log.entries if wish.takes(entry)]
    if wish.tail is not None:
        chosen = chosen[len(chosen) - wish.tail :] if wish.tail else []
    outlet = Outlet(log.clock)
    for entry in chosen:
        outlet.send(wish.render(entry))
    if not wish.follow or not running:
        outlet.end()
        return outlet

    def follow(entry: Entry | None) -> None:
        if entry is None:
            stop()
        elif wish.takes(entry):
            outlet.send(wish.render(entry))

    def stop() -> None:
        if follow in log.followers:
            log.followers.remove(follow)
        outlet.end()

    outlet.on_close = stop
    log.followers.append(follow)
    if wish.until:
        log.clock.call_later(max(0.0, wish.until - timestamps.unix_now(log.clock)), stop)
    return outlet
