"""A terminal (pty): what ``-t`` gives a process. One side is a person or an engine, the other a process's stdio.

Models drivers/tty/n_tty.c in canonical mode: echo, erase, ^C ^\\ ^Z ^D, newline translation, the window's size.
Left out: raw mode's finer flags, flow control, job control signals to background readers.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from simpy.events import Event

from k8slab.machine import signals
from k8slab.machine.errors import os_error
from k8slab.machine.streams import Description, Pipe
from k8slab.sim.clock import Clock

CONTROL = {0x03: signals.INT, 0x1C: signals.QUIT, 0x1A: signals.TSTP}


class Terminal:
    """One pseudo terminal. *output* gets what appears on the screen; `type` is the keyboard."""

    def __init__(self, clock: Clock, output: Callable[[bytes], None], name: str = "/dev/pts/0") -> None:
        self.clock = clock
        self.output = output
        self.name = name
        self.rows, self.columns = 24, 80
        self.echo = True
        self.canonical = True
        self.hung_up = False
        self._line = bytearray()
        self._input = Pipe(clock, 1 << 20)
        self._input.writers = 1
        self._ends = 0
        #: Called with a signal for the foreground process group.
        self.signal: Callable[[int], None] = lambda _: None

    # -- the keyboard's side -------------------------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """Press the keys *data*."""
        if not self.canonical:
            self._give(data)
            return
        for byte in data:
            self._key(byte)

    def _key(self, byte: int) -> None:
        if byte in CONTROL:
            self._show(b"^" + bytes([byte + 64]))
            self._line.clear()
            self.signal(CONTROL[byte])
        elif byte == 0x04:
            if self._line:
                self._give(bytes(self._line))
                self._line.clear()
            else:
                self._ends += 1
                self._input.wake_readers()
        elif byte in (0x7F, 0x08):
            if self._line:
                self._line.pop()
                self._show(b"\b \b")
        elif byte == 0x15:
            self._show(b"\b \b" * len(self._line))
            self._line.clear()
        elif byte in (0x0A, 0x0D):
            self._line.append(0x0A)
            self._show(b"\r\n")
            self._give(bytes(self._line))
            self._line.clear()
        else:
            self._line.append(byte)
            self._show(bytes([byte]))

    def _show(self, data: bytes) -> None:
        if self.echo:
            self.output(data)

    def _give(self, data: bytes) -> None:
        self._input.buffer += data
        self._input.wake_readers()

    def resize(self, rows: int, columns: int) -> None:
        """Set the window's size; the foreground group gets SIGWINCH."""
        self.rows, self.columns = rows, columns
        self.signal(signals.WINCH)

    def hang_up(self) -> None:
        """The person has gone: readers see the end, the foreground group gets SIGHUP."""
        if not self.hung_up:
            self.hung_up = True
            self._input.wake_readers()
            self.signal(signals.HUP)

    # -- the process's side --------------------------------------------------------------------------------------------

    def read_now(self, size: int) -> bytes | None:
        """Return typed bytes: at most one line in canonical mode."""
        buffer = self._input.buffer
        if buffer:
            end = buffer.find(b"\n") + 1 if self.canonical else 0
            count = min(size, end or len(buffer))
            data = bytes(buffer[:count])
            del buffer[:count]
            return data
        if self._ends:
            self._ends -= 1
            return b""
        return b"" if self.hung_up else None

    def typed(self) -> Event:
        """Return the event of the next line."""
        return self._input.readable()

    def write(self, data: bytes) -> None:
        """Show *data*; a newline becomes carriage return and newline."""
        self.output(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


class TerminalEnd(Description):
    """A descriptor on a terminal."""

    __slots__ = ("terminal",)
    is_tty = True

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self.terminal = terminal

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.terminal.name

    def read_now(self, size: int) -> bytes | None:
        return self.terminal.read_now(size)

    def write_now(self, data: bytes) -> int:
        if self.terminal.hung_up:
            raise os_error(errno.EIO)
        self.terminal.write(data)
        return len(data)

    def readiness(self) -> Event:
        return self.terminal.typed()
