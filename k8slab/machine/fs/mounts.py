"""Mounts: which file system stands where. A mount namespace is the table that a container sees.

Models fs/namespace.c. A mount sits on a name in a directory, so a file can be mounted on a file (``-v a.conf:/etc/a.conf``)
and hides what was there. The mounts of a namespace are looked up while a path is walked (`view.py`).
Left out: propagation (every mount is private), idmapped mounts, remounting flags of a single bind's parent.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Directory, File, Inode

#: What the files of one disk may hold in all before it counts as full, holes not counted.
MOST_KEPT_BYTES = 256 << 20


class FileSystem:
    """One mounted device: its *type* as ``df -T`` names it, where it comes from, and how full it is.

    *disk* is the file system that holds this one's bytes (an overlay's live on the host's disk).
    """

    __slots__ = ("capacity_bytes", "disk", "kept_bytes", "number", "source", "type", "used_bytes")

    def __init__(
        self, type: str, source: str, capacity_bytes: int | None = None, disk: FileSystem | None = None, number: int = 1
    ) -> None:
        self.type = type
        self.source = source
        self.capacity_bytes = capacity_bytes
        self.disk = disk
        self.used_bytes = 0
        self.kept_bytes = 0
        self.number = number

    def charge(self, grown: int) -> None:
        """Account for *grown* more bytes (less, if negative). Raises ENOSPC, changing nothing, if they do not fit."""
        if self.disk is not None:
            self.disk.charge(grown)
        if grown > 0 and self.capacity_bytes is not None and self.used_bytes + grown > self.capacity_bytes:
            if self.disk is not None:
                self.disk.charge(-grown)
            raise os_error(errno.ENOSPC)
        self.used_bytes = max(0, self.used_bytes + grown)

    def keep(self, more: int) -> None:
        """Account for *more* bytes that are really kept (zeros are not). Raises ENOSPC beyond `MOST_KEPT_BYTES`.

        The disk of a machine in the lab may be big, but no program may fill the memory of the learner's computer.
        """
        top = self
        while top.disk is not None:
            top = top.disk
        if top.kept_bytes + more > MOST_KEPT_BYTES:
            raise os_error(errno.ENOSPC)
        top.kept_bytes = max(0, top.kept_bytes + more)

    def release(self, inode: File) -> None:
        """*inode* has lost its last name and its last reader: its bytes are free."""
        self.charge(-inode.size)
        self.keep(-len(inode.data))


@dataclass(slots=True, eq=False)
class Mount:
    """One mount. *target* is its path inside the namespace, *root* the inode that appears there."""

    file_system: FileSystem
    root: Inode
    target: str = "/"
    read_only: bool = False
    options: tuple[str, ...] = ()
    #: "bind", "volume", "tmpfs" or "" as whoever mounted it says; only shown.
    kind: str = ""
    parent: Mount | None = None
    directory: Directory | None = None
    name: str = ""

    def option_text(self) -> str:
        """The options as ``mount`` prints them."""
        return ",".join(("ro" if self.read_only else "rw", *(self.options or ("relatime",))))


@dataclass(slots=True, eq=False)
class MountNamespace:
    """The mounts that a group of processes sees; the first is the root."""

    root: Mount
    mounts: list[Mount] = field(default_factory=list)
    #: Keyed by (id of the directory, name). A mount keeps its directory alive, so the ids stay true.
    _at: dict[tuple[int, str], Mount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.mounts:
            self.mounts.append(self.root)

    def at(self, directory: Directory, name: str) -> Mount | None:
        """Return the mount that stands on *name* in *directory*, or None."""
        return self._at.get((id(directory), name)) if self._at else None

    def add(self, mount: Mount, parent: Mount, directory: Directory, name: str) -> None:
        """Mount on *name* in *directory*; a mount that was there is hidden until this one goes."""
        mount.parent, mount.directory, mount.name = parent, directory, name
        self.mounts.append(mount)
        self._at[id(directory), name] = mount

    def remove(self, mount: Mount) -> None:
        """Take *mount* away; what it hid comes back. Raises EBUSY while something is mounted under it."""
        if mount is self.root or any(other.parent is mount for other in self.mounts):
            raise os_error(errno.EBUSY)
        self.mounts.remove(mount)
        assert mount.directory is not None
        key = (id(mount.directory), mount.name)
        if self._at.get(key) is mount:
            del self._at[key]
            for other in self.mounts:
                if other.directory is mount.directory and other.name == mount.name:
                    self._at[key] = other

    def copy(self) -> MountNamespace:
        """Return a namespace of its own with the same mounts (``unshare -m``)."""
        return MountNamespace(self.root, list(self.mounts), dict(self._at))

    def __iter__(self) -> Iterator[Mount]:
        return iter(self.mounts)
