"""Inodes: files, directories, symbolic links, devices, pipes with a name. The tree every file system is made of.

Models include/linux/fs.h as a learner meets it with ``ls -li`` and ``stat``. A file's bytes may end in a *hole*: zeros
that are counted but not kept, so that an image of 140 MB costs no memory.
Left out: access times (mounts are noatime), extended attributes, ACLs, quotas, file capabilities.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from typing import ClassVar

from k8slab.machine.errors import os_error

#: How many zeros a read of a hole makes at once; nobody reads a hole whole.
LONGEST_READ = 1 << 20


class Inode:
    """What all kinds share. *mode* holds permission bits only; *mtime* is in Unix seconds; *links* counts names."""

    __slots__ = ("gid", "links", "mode", "mtime", "number", "uid")
    format: ClassVar[int] = 0

    def __init__(self, mode: int, uid: int = 0, gid: int = 0, mtime: float = 0.0) -> None:
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.mtime = mtime
        self.links = 0
        self.number = 0

    @property
    def size(self) -> int:
        """Bytes, as ``ls -l`` shows them."""
        return 0

    def copy(self) -> Inode:
        """Return an equal inode without names of its own: what copy-up puts into the upper layer."""
        raise NotImplementedError


class File(Inode):
    """A regular file: *data*, then *hole* zeros. *data* is bytes while it is shared with a layer, a bytearray once written."""

    __slots__ = ("data", "hole")
    format = stat.S_IFREG

    def __init__(
        self,
        data: bytes | bytearray = b"",
        mode: int = 0o644,
        uid: int = 0,
        gid: int = 0,
        mtime: float = 0.0,
        hole: int = 0,
    ) -> None:
        super().__init__(mode, uid, gid, mtime)
        self.data = data
        self.hole = hole

    @property
    def size(self) -> int:
        return len(self.data) + self.hole

    def read(self, offset: int, count: int) -> bytes:
        """Return up to *count* bytes from *offset*; empty at the end."""
        data = self.data
        if offset < len(data):
            return bytes(data[offset : offset + count])
        return b"\0" * max(0, min(count, LONGEST_READ, self.size - offset))

    def read_all(self) -> bytes:
        """Return the whole file without its hole."""
        return bytes(self.data)

    def write(self, offset: int, chunk: bytes) -> int:
        """Write *chunk* at *offset*; return by how many bytes the file grew."""
        before = self.size
        if offset >= before and not chunk.strip(b"\0"):
            self.hole += offset - before + len(chunk)  # zeros at the end stay a hole: dd if=/dev/zero costs nothing
            return self.size - before
        if not isinstance(self.data, bytearray):
            self.data = bytearray(self.data)
        end = offset + len(chunk)
        if end > len(self.data):
            if offset > len(self.data):
                self.data.extend(bytes(offset - len(self.data)))
            self.hole = max(0, before - end)
        self.data[offset:end] = chunk
        return self.size - before

    def truncate(self, size: int) -> None:
        """Cut or extend the file to *size*."""
        if size < len(self.data):
            self.data, self.hole = bytes(self.data[:size]), 0
        else:
            self.hole = size - len(self.data)

    def copy(self) -> File:
        return File(bytes(self.data), self.mode, self.uid, self.gid, self.mtime, self.hole)


class Symlink(Inode):
    """A symbolic link to the path *target*."""

    __slots__ = ("target",)
    format = stat.S_IFLNK

    def __init__(self, target: str, uid: int = 0, gid: int = 0, mtime: float = 0.0) -> None:
        super().__init__(0o777, uid, gid, mtime)
        self.target = target

    @property
    def size(self) -> int:
        return len(self.target.encode())

    def copy(self) -> Symlink:
        return Symlink(self.target, self.uid, self.gid, self.mtime)


class Device(Inode):
    """A device file; *major* and *minor* say which driver answers."""

    __slots__ = ("block", "major", "minor")
    format = stat.S_IFCHR

    def __init__(
        self,
        major: int,
        minor: int,
        mode: int = 0o666,
        uid: int = 0,
        gid: int = 0,
        mtime: float = 0.0,
        block: bool = False,
    ):
        super().__init__(mode, uid, gid, mtime)
        self.major = major
        self.minor = minor
        self.block = block

    def copy(self) -> Device:
        return Device(self.major, self.minor, self.mode, self.uid, self.gid, self.mtime, self.block)


class Fifo(Inode):
    """A pipe with a name; *pipe* is the pipe of those who have it open."""

    __slots__ = ("pipe",)
    format = stat.S_IFIFO

    def __init__(self, mode: int = 0o644, uid: int = 0, gid: int = 0, mtime: float = 0.0) -> None:
        super().__init__(mode, uid, gid, mtime)
        self.pipe: object = None

    def copy(self) -> Fifo:
        return Fifo(self.mode, self.uid, self.gid, self.mtime)


class Socket(Inode):
    """A Unix socket's name; *listener* is whoever accepts there (docker.sock, mysqld.sock), or None after it has gone."""

    __slots__ = ("listener",)
    format = stat.S_IFSOCK

    def __init__(self, mode: int = 0o755, uid: int = 0, gid: int = 0, mtime: float = 0.0) -> None:
        super().__init__(mode, uid, gid, mtime)
        self.listener: object = None

    def copy(self) -> Socket:
        return Socket(self.mode, self.uid, self.gid, self.mtime)


class Whiteout(Inode):
    """A name that hides the same name in the layers below (the kernel uses a 0/0 device, OCI tars a ``.wh.`` file)."""

    __slots__ = ()
    format = stat.S_IFCHR

    def __init__(self) -> None:
        super().__init__(0)

    def copy(self) -> Whiteout:
        return self


WHITEOUT = Whiteout()


class Directory(Inode):
    """Names to inodes. An *opaque* directory of a layer hides everything that layers below have under it."""

    __slots__ = ("entries", "opaque")
    format = stat.S_IFDIR

    def __init__(self, mode: int = 0o755, uid: int = 0, gid: int = 0, mtime: float = 0.0, opaque: bool = False) -> None:
        super().__init__(mode, uid, gid, mtime)
        self.entries: dict[str, Inode] = {}
        self.opaque = opaque

    @property
    def size(self) -> int:
        return 4096

    def get(self, name: str) -> Inode | None:
        """Return what *name* is here, or None."""
        node = self.entries.get(name)
        return None if node is WHITEOUT else node

    def names(self) -> list[str]:
        """Return the names here, sorted (real directories have no useful order; ours must not depend on history)."""
        return sorted(name for name, node in self.entries.items() if node is not WHITEOUT)

    def put(self, name: str, inode: Inode) -> None:
        """Give *inode* the name *name*, replacing what had it."""
        self.entries[name] = inode
        inode.links += 1

    def remove(self, name: str) -> None:
        """Take the name away."""
        self.entries.pop(name).links -= 1

    def writable(self, name: str) -> Inode:
        """Return *name*'s inode in a state that may be changed (an overlay copies it up first). It must exist."""
        return self.entries[name]

    def touch(self, mtime: float) -> None:
        """Note that names were added or taken at *mtime*."""
        self.mtime = mtime

    def may_rename_away(self, name: str) -> bool:
        """Return whether the directory *name* here can be renamed in place (a merged one cannot: EXDEV)."""
        return True

    def is_empty(self) -> bool:
        """Return whether there are no names here."""
        return not self.names()

    def copy(self) -> Directory:
        return Directory(self.mode, self.uid, self.gid, self.mtime)


def build(tree: dict[str, object], mtime: float = 0.0) -> Directory:
    """Return a directory tree from a plain dict: dict = directory, str or bytes = file, Inode = itself, ``"->x"`` = symlink.

    For image catalogues and tests: ``build({"etc": {"hostname": "web"}, "bin": "->usr/bin"})``.
    """
    root = Directory(mtime=mtime)
    for name, value in tree.items():
        if isinstance(value, dict):
            root.put(name, build(value, mtime))
        elif isinstance(value, Inode):
            root.put(name, value)
        elif isinstance(value, str) and value.startswith("->"):
            root.put(name, Symlink(value[2:], mtime=mtime))
        elif isinstance(value, str | bytes):
            root.put(name, File(value.encode() if isinstance(value, str) else value, mtime=mtime))
        else:
            raise TypeError(f"{name}: cannot make a file of {value!r}")
    return root


def graft(root: Directory, path: str, inode: Inode) -> None:
    """Put *inode* at the absolute *path* of the tree *root*, making the directories on the way.

    An empty directory on a directory only changes its mode, owner and time.
    """
    *parents, name = [part for part in path.split("/") if part]
    here = root
    for part in parents:
        child = here.get(part)
        if child is None:
            child = Directory(mtime=inode.mtime)
            here.put(part, child)
        if not isinstance(child, Directory):
            raise os_error(errno.ENOTDIR, path)
        here = child
    old = here.get(name)
    if isinstance(inode, Directory) and isinstance(old, Directory) and not inode.entries:
        old.mode, old.uid, old.gid, old.mtime = inode.mode, inode.uid, inode.gid, inode.mtime
    else:
        here.put(name, inode)


def walk(root: Directory, prefix: str = "") -> Iterator[tuple[str, Inode]]:
    """Yield ``(path, inode)`` of everything under *root*, parents first, whiteouts included, in the order of names."""
    for name in sorted(root.entries):
        node = root.entries[name]
        yield f"{prefix}/{name}", node
        if isinstance(node, Directory):
            yield from walk(node, f"{prefix}/{name}")


def seal(root: Directory) -> Directory:
    """Make the tree *root* fit to be shared as a layer: contents become immutable bytes, inode numbers are given in order."""
    for number, (_, node) in enumerate(walk(root), start=1):
        node.number = number
        if isinstance(node, File) and isinstance(node.data, bytearray):
            node.data = bytes(node.data)
    return root
