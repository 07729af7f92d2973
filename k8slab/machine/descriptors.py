"""A process's descriptors: numbers for what it has open, and reading and writing through them.

Models fs/file.c and the process's side of read(2) and write(2). The base of `Process`.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.machine import signals
from k8slab.machine.consumption import Consumption
from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Device, Inode
from k8slab.machine.fs.view import FileView
from k8slab.machine.streams import Description, DescriptorLink, Null, PipeReader, PipeWriter, open_path, pipe
from k8slab.machine.terminal import Terminal, TerminalEnd


class Descriptors(Consumption):
    """What a process can do with its table of descriptors."""

    __slots__ = ("fds", "files", "terminal")
    files: FileView
    fds: dict[int, Description]
    terminal: Terminal | None

    def deliver(self, signal: int) -> None:
        """Receive *signal* (see `Process`)."""
        raise NotImplementedError

    def fd(self, number: int) -> Description:
        """Return what the descriptor *number* is. Raises EBADF."""
        description = self.fds.get(number)
        if description is None:
            raise os_error(errno.EBADF)
        return description

    def set_fd(self, number: int, description: Description) -> None:
        """Make *number* a descriptor of *description* (dup2)."""
        description.references += 1
        old = self.fds.get(number)
        self.fds[number] = description
        if old is not None:
            old.close()

    def close_fd(self, number: int) -> None:
        """Close the descriptor *number* if it is open."""
        old = self.fds.pop(number, None)
        if old is not None:
            old.close()

    def open(self, path: str, mode: str = "r", permissions: int = 0o666) -> Description:
        """Return *path* opened as this process sees it: its terminal and /proc/self/fd included. Raises OSError."""
        return open_path(self.files, path, mode, self.host.clock, self.host.chance, permissions, self._special)

    def _special(self, inode: Inode, mode: str) -> Description | None:
        if isinstance(inode, Device) and inode.major in (5, 136) and not inode.block:
            if self.terminal is None:
                raise os_error(errno.ENXIO)
            return TerminalEnd(self.terminal)
        if isinstance(inode, DescriptorLink):
            return inode.reopen(mode)
        return None

    def make_pipe(self) -> tuple[PipeReader, PipeWriter]:
        """Return the two ends of a new pipe (not yet in any table)."""
        return pipe(self.host.clock)

    def read(self, number: int = 0, size: int = 65536) -> Generator[Event, Any, bytes]:
        """Return bytes from the descriptor *number*, ``b""`` at the end."""
        return (yield from self.fd(number).read(size))

    def read_all(self, number: int = 0) -> Generator[Event, Any, bytes]:
        """Return all bytes up to the end."""
        description = self.fd(number)
        chunks = []
        while chunk := (yield from description.read(1 << 20)):
            chunks.append(chunk)
            self.host.check_memory(sum(map(len, chunks)), self)
        return b"".join(chunks)

    def write(self, number: int, data: bytes) -> Generator[Event, Any, None]:
        """Write all of *data* to the descriptor *number*. A closed pipe sends SIGPIPE; raises EPIPE if that is ignored."""
        if not data:
            return
        try:
            yield from self.fd(number).write(data)
        except BrokenPipeError:
            self.deliver(signals.PIPE)
            raise

    def write_now(self, number: int, data: bytes) -> None:
        """Write *data* without waiting; what does not fit into a pipe is lost (log lines of servers)."""
        description = self.fds.get(number)
        if description is not None:
            try:
                description.write_now(data)
            except OSError:
                return

    def stdin_is_tty(self) -> bool:
        """Return whether descriptor 0 is a terminal."""
        return 0 in self.fds and self.fds[0].is_tty


def null_stdio() -> dict[int, Description]:
    """Return descriptors 0 to 2 that go nowhere."""
    return {0: Null(), 1: Null(), 2: Null()}
