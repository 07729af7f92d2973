"""What a file descriptor points at: open files, pipes, devices. Reading and writing in virtual time.

Models ``struct file`` (an *open file description*), fs/pipe.c and drivers/char/mem.c. `read_now` and `write_now` never wait;
`read` and `write` are generators that let virtual time pass until the other side has acted.
Left out: O_NONBLOCK, splice, poll on regular files, pipes in packet mode.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Inode, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import FileView
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

PIPE_BYTES = 65536  # pipe(7)


class Description:
    """An open file description; several descriptors, of several processes, can share one (*references* of them)."""

    __slots__ = ("references",)
    readable = True
    writable = True
    is_tty = False
    #: As ``ls -l /proc/self/fd`` shows it.
    name = ""

    def __init__(self) -> None:
        self.references = 0

    def read_now(self, size: int) -> bytes | None:
        """Return up to *size* bytes, ``b""`` at the end, None if there is nothing yet."""
        raise os_error(errno.EBADF)

    def write_now(self, data: bytes) -> int:
        """Take as much of *data* as fits; return how much. Raises EPIPE, ENOSPC, EBADF."""
        raise os_error(errno.EBADF)

    def readiness(self) -> Event:
        """Return an event that happens when `read_now` may answer."""
        raise NotImplementedError

    def room(self) -> Event:
        """Return an event that happens when `write_now` may take more."""
        raise NotImplementedError

    def read(self, size: int = PIPE_BYTES) -> Generator[Event, Any, bytes]:
        """Return up to *size* bytes, waiting for the first; ``b""`` at the end."""
        while True:
            data = self.read_now(size)
            if data is not None:
                return data
            yield self.readiness()

    def write(self, data: bytes) -> Generator[Event, Any, None]:
        """Write all of *data*, waiting for room."""
        taken = self.write_now(data)
        while taken < len(data):
            data = data[taken:]
            yield self.room()
            taken = self.write_now(data)

    def close(self) -> None:
        """One descriptor less; the last one closes."""
        self.references -= 1
        if self.references <= 0:
            self.closed()

    def closed(self) -> None:
        """The last descriptor has gone."""


class Pipe:
    """A pipe: bytes in order, at most *capacity* of them, with a reading and a writing end."""

    __slots__ = ("_readable", "_writable", "buffer", "capacity", "clock", "readers", "writers")

    def __init__(self, clock: Clock, capacity: int = PIPE_BYTES) -> None:
        self.clock = clock
        self.capacity = capacity
        self.buffer = bytearray()
        self.readers = 0
        self.writers = 0
        self._readable: Event | None = None
        self._writable: Event | None = None

    def wake_readers(self) -> None:
        """Tell those who wait for bytes."""
        if self._readable is not None:
            self._readable.succeed()
            self._readable = None

    def wake_writers(self) -> None:
        """Tell those who wait for room."""
        if self._writable is not None:
            self._writable.succeed()
            self._writable = None

    def readable(self) -> Event:
        """Return the event of the next bytes (or the end)."""
        if self._readable is None:
            self._readable = self.clock.event()
        return self._readable

    def writable(self) -> Event:
        """Return the event of the next room (or of the last reader's going)."""
        if self._writable is None:
            self._writable = self.clock.event()
        return self._writable


class PipeReader(Description):
    """The reading end."""

    __slots__ = ("pipe",)
    writable = False
    name = "pipe:[1]"

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self.pipe = pipe
        pipe.readers += 1

    def read_now(self, size: int) -> bytes | None:
        buffer = self.pipe.buffer
        if buffer:
            data = bytes(buffer[:size])
            del buffer[:size]
            self.pipe.wake_writers()
            return data
        return None if self.pipe.writers else b""

    def readiness(self) -> Event:
        return self.pipe.readable()

    def closed(self) -> None:
        self.pipe.readers -= 1
        if not self.pipe.readers:
            self.pipe.wake_writers()


class PipeWriter(Description):
    """The writing end."""

    __slots__ = ("pipe",)
    readable = False
    name = "pipe:[1]"

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self.pipe = pipe
        pipe.writers += 1

    def write_now(self, data: bytes) -> int:
        pipe = self.pipe
        if not pipe.readers:
            raise os_error(errno.EPIPE)
        taken = min(len(data), pipe.capacity - len(pipe.buffer))
        if taken:
            pipe.buffer += data[:taken] if taken < len(data) else data
            pipe.wake_readers()
        return taken

    def room(self) -> Event:
        return self.pipe.writable()

    def closed(self) -> None:
        self.pipe.writers -= 1
        if not self.pipe.writers:
            self.pipe.wake_readers()


def pipe(clock: Clock) -> tuple[PipeReader, PipeWriter]:
    """Return the two ends of a new pipe."""
    shared = Pipe(clock)
    return PipeReader(shared), PipeWriter(shared)


class FifoEnd(Description):
    """A named pipe opened by name, for reading, writing or both."""

    __slots__ = ("_reader", "_writer")

    def __init__(self, clock: Clock, inode: Fifo, mode: str) -> None:
        super().__init__()
        if not isinstance(inode.pipe, Pipe):
            inode.pipe = Pipe(clock)
        reads = mode in ("r", "r+")
        writes = mode != "r"
        self._reader = PipeReader(inode.pipe) if reads else None
        self._writer = PipeWriter(inode.pipe) if writes else None
        inode.pipe.wake_readers()
        inode.pipe.wake_writers()

    def opened(self) -> Generator[Event, Any, None]:
        """Wait, as open(2) does, until the other side has opened it too."""
        if self._reader is not None and self._writer is None:
            while not self._reader.pipe.writers:
                yield self._reader.pipe.readable()
        elif self._writer is not None and self._reader is None:
            while not self._writer.pipe.readers:
                yield self._writer.pipe.writable()

    def read_now(self, size: int) -> bytes | None:
        if self._reader is None:
            raise os_error(errno.EBADF)
        return self._reader.read_now(size)

    def write_now(self, data: bytes) -> int:
        if self._writer is None:
            raise os_error(errno.EBADF)
        return self._writer.write_now(data)

    def readiness(self) -> Event:
        assert self._reader is not None
        return self._reader.readiness()

    def room(self) -> Event:
        assert self._writer is not None
        return self._writer.room()

    def closed(self) -> None:
        for end in (self._reader, self._writer):
            if end is not None:
                end.closed()


class OpenFile(Description):
    """A regular file with a position. In append mode every write goes to the end."""

    __slots__ = ("append", "file", "location", "mode", "offset", "view")

    def __init__(self, view: FileView, location: Location, file: File, mode: str) -> None:
        super().__init__()
        self.view = view
        self.location = location
        self.file = file
        self.mode = mode
        self.offset = 0
        self.append = mode.startswith("a")
        file.links += 1  # an open file keeps its bytes after its last name has gone

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.location.path

    def read_now(self, size: int) -> bytes:
        if self.mode in ("w", "a", "x"):
            raise os_error(errno.EBADF)
        data = self.file.read(self.offset, size)
        self.offset += len(data)
        return data

    def write_now(self, data: bytes) -> int:
        if self.mode == "r":
            raise os_error(errno.EBADF)
        if self.append:
            self.offset = self.file.size
        taken = self.view.write_at(self.location, self.file, self.offset, data)
        self.offset += taken
        return taken

    def seek(self, offset: int) -> None:
        """Set the position."""
        self.offset = offset

    def closed(self) -> None:
        self.file.links -= 1
        if self.file.links <= 0:
            self.location.mount.file_system.release(self.file)


class OpenDirectory(Description):
    """A directory opened for reading: read(2) on it fails."""

    __slots__ = ("location",)

    def __init__(self, location: Location) -> None:
        super().__init__()
        self.location = location

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.location.path

    def read_now(self, size: int) -> bytes | None:
        raise os_error(errno.EISDIR)


class Null(Description):
    """``/dev/null``: takes all, gives nothing. Also stdin of a container without ``-i``."""

    name = "/dev/null"

    def read_now(self, size: int) -> bytes:
        return b""

    def write_now(self, data: bytes) -> int:
        return len(data)


class Zero(Null):
    """``/dev/zero``; *full* makes it ``/dev/full``, where nothing fits."""

    __slots__ = ("full",)
    name = "/dev/zero"

    def __init__(self, full: bool = False) -> None:
        super().__init__()
        self.full = full

    def read_now(self, size: int) -> bytes:
        return bytes(size)

    def write_now(self, data: bytes) -> int:
        if self.full:
            raise os_error(errno.ENOSPC)
        return len(data)


class Random(Null):
    """``/dev/urandom``: bytes of the host's seeded chance."""

    __slots__ = ("chance",)
    name = "/dev/urandom"

    def __init__(self, chance: Chance) -> None:
        super().__init__()
        self.chance = chance

    def read_now(self, size: int) -> bytes:
        size = min(size, 1 << 20)
        return bytes.fromhex(self.chance.hex(2 * size)) if size else b""


class Sink(Description):
    """Where an engine collects what a process writes: every write calls *take*; at the end *at_end*."""

    __slots__ = ("at_end", "take")
    readable = False
    name = "pipe:[2]"

    def __init__(self, take: Callable[[bytes], None], at_end: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.take = take
        self.at_end = at_end

    def write_now(self, data: bytes) -> int:
        self.take(data)
        return len(data)

    def closed(self) -> None:
        if self.at_end is not None:
            self.at_end()


class Source(Description):
    """Bytes that are all there from the start: a here-document, the stdin a test gives."""

    __slots__ = ("data", "offset")
    writable = False
    name = "pipe:[3]"

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data
        self.offset = 0

    def read_now(self, size: int) -> bytes:
        chunk = self.data[self.offset : self.offset + size]
        self.offset += len(chunk)
        return chunk


class DescriptorLink(Inode):
    """``/proc/PID/fd/N``: looks like a link, but opening it gives what the descriptor has open."""

    __slots__ = ("description",)
    format = stat.S_IFCHR

    def __init__(self, description: Description) -> None:
        super().__init__(0o700)
        self.description = description

    def reopen(self, mode: str) -> Description:
        """Return the description for one more descriptor; a regular file is opened anew, from its start."""
        description = self.description
        if isinstance(description, OpenFile):
            return OpenFile(description.view, description.location, description.file, mode)
        return description


def open_path(
    view: FileView,
    path: str,
    mode: str,
    clock: Clock,
    chance: Chance,
    permissions: int = 0o666,
    special: Callable[[Inode, str], Description | None] = lambda inode, mode: None,
) -> Description:
    """Return *path* opened in *mode*: ``r``, ``w``, ``a``, ``x`` (w, but new) or ``r+`` (both, made if need be).

    *special* may open what is no plain file in its own way (terminals, ``/proc/self/fd``). Raises OSError.
    """
    found = view.find_or_none(path)
    if found is None:
        if mode == "r":
            view.find(path)  # raises the right error
        found = view.create(path, permissions, exclusive=mode == "x")
    elif mode == "x":
        raise os_error(errno.EEXIST, path)
    inode = found.inode
    if isinstance(inode, Directory):
        if mode != "r":
            raise os_error(errno.EISDIR, path)
        if not view.credentials.may(inode, 4):
            raise os_error(errno.EACCES, path)
        return OpenDirectory(found)
    if not view.credentials.may(inode, 4 if mode == "r" else 6 if mode == "r+" else 2):
        raise os_error(errno.EACCES, path)
    if type(inode) is not File:
        opened = special(inode, mode)
        if opened is not None:
            return opened
    if isinstance(inode, Device):
        return open_device(inode, path, chance)
    if isinstance(inode, Fifo):
        return FifoEnd(clock, inode, mode)
    if not isinstance(inode, File):
        assert not isinstance(inode, Symlink)
        raise os_error(errno.ENXIO, path)
    if mode != "r":
        view.open_for_writing(found, path)
        inode = found.inode
        assert isinstance(inode, File)
        if mode == "w" and inode.size:
            view.truncate_at(found, inode, 0)
    return OpenFile(view, found, inode, mode)


def open_device(inode: Device, path: str, chance: Chance) -> Description:
    """Return what the driver of *inode* gives. Raises ENXIO where nobody drives it."""
    if inode.major == 1 and not inode.block:
        if inode.minor == 3:
            return Null()
        if inode.minor in (5, 7):
            return Zero(full=inode.minor == 7)
        if inode.minor in (8, 9):
            return Random(chance)
    raise os_error(errno.ENXIO, path)
