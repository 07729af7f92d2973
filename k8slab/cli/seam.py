"""The seam between a command-line verb and the world: what a verb may ask for, and where it writes.

A verb is a generator. It yields one of

==================  =====================================================================
`Request`           and receives the `Response` of the API it talks to
`Read`              and receives what the stream says next: some bytes, ``b""`` when the
                    time it was willing to wait is over, ``None`` at the end of the stream
`Sleep`             and receives ``None`` once that much time has passed
`Now`               and receives the date and time
==================  =====================================================================

and returns its exit code. Whoever runs it (``driver.py``) decides what waiting means.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from k8slab.sim.http import Duplex, Request, Stream

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read:
    """Wait until *stream* has something to say, at most *timeout_seconds* (as long as it takes, if None)."""

    stream: Stream | Duplex
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let *seconds* pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for the date and time."""


Step: TypeAlias = Request | Read | Sleep | Now
#: Part of a verb: a generator of steps that returns a T.
Steps: TypeAlias = Generator[Step, Any, T]


class Interrupted(Exception):
    """Ctrl-C was pressed. The driver throws it into the verb where that waits; a verb that does not catch it just ends."""


class Io:
    """What a verb has written so far. *echo*, if set, is called with every piece as it is written.

    Bytes that are no UTF-8 are kept as surrogates (``surrogateescape``): `raw` gives them back as they were, `shown` replaces them.
    """

    def __init__(self) -> None:
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self.echo: Callable[[str], None] | None = None
        self._out_decoder = _new_decoder()
        self._err_decoder = _new_decoder()

    def out(self, text: str) -> None:
        """Write *text* to standard output."""
        self._write(self.stdout, text)

    def err(self, text: str) -> None:
        """Write *text* to standard error."""
        self._write(self.stderr, text)

    def out_bytes(self, data: bytes) -> None:
        """Write *data* to standard output; a character may be split over two calls."""
        self._write(self.stdout, self._out_decoder.decode(data))

    def err_bytes(self, data: bytes) -> None:
        """Write *data* to standard error."""
        self._write(self.stderr, self._err_decoder.decode(data))

    def finish(self) -> None:
        """Write what is left of a character that never became whole."""
        self._write(self.stdout, self._out_decoder.decode(b"", True))
        self._write(self.stderr, self._err_decoder.decode(b"", True))

    def _write(self, where: list[str], text: str) -> None:
        if text:
            where.append(text)
            if self.echo is not None:
                self.echo(text)


def _new_decoder() -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")("surrogateescape")


def raw(text: str) -> bytes:
    """Return *text*, as an `Io` keeps it, as the bytes that were written."""
    return text.encode("utf-8", "surrogateescape")


def shown(text: str) -> str:
    """Return *text*, as an `Io` keeps it, fit for a screen."""
    return text if text.isascii() else raw(text).decode("utf-8", "replace")


@dataclass(slots=True)
class Verb:
    """A command line ready to run: its steps, which return the exit code, and what it writes to."""

    io: Io
    steps: Steps[int]


class Files(Protocol):
    """The files that a command line may read. Both methods raise FileNotFoundError for a path that is not there."""

    def read(self, path: str) -> str:
        """Return the text of the file *path*. Raises IsADirectoryError for a folder."""

    def list(self, path: str) -> list[str]:
        """Return the names in the folder *path*, sorted. Raises NotADirectoryError for a file."""


class NoFiles:
    """A world without files."""

    def read(self, path: str) -> str:
        """There is no file."""
        raise FileNotFoundError(path)

    def list(self, path: str) -> list[str]:
        """There is no folder."""
        raise FileNotFoundError(path)
