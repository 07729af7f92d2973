"""Unix sockets: a listener behind a name in the file system (``/var/run/mysqld/mysqld.sock``).

Models net/unix: the name is found through mounts and roots like any other, so a socket that is bind-mounted into a container
can be reached from there.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Socket
from k8slab.machine.network import LocalConnection, connected
from k8slab.machine.process import Process


class UnixListener:
    """A listening Unix socket, bound to *path* as *process* sees it. Raises OSError (EADDRINUSE if the name is taken)."""

    def __init__(self, process: Process, path: str, mode: int = 0o777) -> None:
        self.clock = process.clock
        self.path = path
        self.waiting: list[LocalConnection] = []
        self.closed = False
        self._arrival: Event | None = None
        old = process.files.find_or_none(path, follow=False)
        if old is not None:
            if isinstance(old.inode, Socket) and (
                old.inode.listener is None or getattr(old.inode.listener, "closed", True)
            ):
                process.files.unlink(path)
            else:
                raise os_error(errno.EADDRINUSE, path)
        process.files.make_socket(path, self)
        process.files.change_mode(path, mode)

    def arrived(self, connection: LocalConnection) -> None:
        """Queue *connection*."""
        self.waiting.append(connection)
        if self._arrival is not None:
            self._arrival.succeed()
            self._arrival = None

    def accept(self) -> Generator[Event, Any, LocalConnection]:
        """Return the next connection."""
        while not self.waiting:
            if self._arrival is None:
                self._arrival = self.clock.event()
            yield self._arrival
        return self.waiting.pop(0)

    def close(self) -> None:
        """Listen no more; the name stays, as it does in Linux."""
        self.closed = True


def connect_unix(process: Process, path: str) -> Generator[Event, Any, LocalConnection]:
    """Return a connection to the listener at *path*. Raises ENOENT, ECONNREFUSED, EACCES."""
    found = process.files.find(path)
    listener = found.inode.listener if isinstance(found.inode, Socket) else None
    if not process.files.credentials.may(found.inode, 2):
        raise os_error(errno.EACCES, path)
    if not isinstance(listener, UnixListener) or listener.closed:
        raise os_error(errno.ECONNREFUSED, path)
    yield process.clock.timeout(0.00001)
    mine, theirs = connected(process.clock, ("localhost", 0), ("localhost", 0))
    listener.arrived(theirs)
    return mine
