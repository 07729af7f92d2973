"""Walking path names: components, ``..``, symbolic links, mount points, and a root that cannot be left.

Models fs/namei.c. Names are handled as text; bytes that are not UTF-8 travel as surrogates.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Directory, Inode, Symlink
from k8slab.machine.fs.mounts import Mount, MountNamespace

MOST_SYMLINKS = 40  # include/linux/namei.h: MAXSYMLINKS
LONGEST_PATH = 4096  # PATH_MAX, with its final NUL
LONGEST_NAME = 255  # NAME_MAX
#: Not Linux's: a tree deeper than this is somebody's attack, and our recursions must end.
DEEPEST = 128


class Location:
    """An inode together with the way to it: its parent's location and its name there. The root has no parent."""

    __slots__ = ("depth", "inode", "mount", "name", "parent")

    def __init__(self, parent: Location | None, name: str, inode: Inode, mount: Mount) -> None:
        self.parent = parent
        self.name = name
        self.inode = inode
        self.mount = mount
        self.depth: int = 0 if parent is None else parent.depth + 1

    @property
    def path(self) -> str:
        """The absolute path, as seen from the root of the walk."""
        names: list[str] = []
        here = self
        while here.parent is not None:
            names.append(here.name)
            here = here.parent
        return "/" + "/".join(reversed(names))

    @property
    def directory(self) -> Directory:
        """This inode as a directory. Raises ENOTDIR."""
        if not isinstance(self.inode, Directory):
            raise os_error(errno.ENOTDIR)
        return self.inode

    def writable(self) -> Inode:
        """Return the inode ready to be changed: copied up where need be. Raises EROFS on a read-only mount."""
        if self.mount.read_only:
            raise os_error(errno.EROFS)
        if self.parent is None or self.mount.root is self.inode:
            return self.inode
        self.inode = self.parent.directory.writable(self.name)
        return self.inode

    def ancestors(self) -> Iterator[Location]:
        """Yield this location and those above it, up to the root."""
        here: Location | None = self
        while here is not None:
            yield here
            here = here.parent


class Walker:
    """Finds locations in one mount namespace under one root. *may_search(directory)* says whether x is granted there."""

    __slots__ = ("may_search", "mounts", "root")

    def __init__(self, mounts: MountNamespace, root: Location | None = None) -> None:
        self.mounts = mounts
        self.root = root if root is not None else Location(None, "", mounts.root.root, mounts.root)

    def child(self, here: Location, name: str) -> Location | None:
        """Return *name* in the directory *here* (mounts on it included), or None."""
        directory = here.directory
        mount = self.mounts.at(directory, name)
        if mount is not None:
            return Location(here, name, mount.root, mount)
        inode = directory.get(name)
        return None if inode is None else Location(here, name, inode, here.mount)

    def find(self, path: str, start: Location, *, follow: bool = True, credentials: Searcher | None = None) -> Location:
        """Return where *path* leads from *start*. Raises ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG."""
        here, name = self.split(path, start, credentials=credentials)
        if name == "":
            return here
        return self._last(here, name, path, follow or path.endswith("/"), credentials)

    def split(self, path: str, start: Location, *, credentials: Searcher | None = None) -> tuple[Location, str]:
        """Return the directory that holds *path*'s last component, and that name; ``""`` if the path names the place itself."""
        if not path:
            raise os_error(errno.ENOENT, path)
        if len(path) >= LONGEST_PATH:
            raise os_error(errno.ENAMETOOLONG, path)
        here = self.root if path[0] == "/" else start
        parts = [part for part in path.split("/") if part and part != "."]
        if not parts:
            return here, ""
        last = parts.pop()
        if parts:
            here = self._descend(here, parts, path, credentials)
        if last == "..":
            return (here if here.parent is None or here.inode is self.root.inode else here.parent), ""
        if not isinstance(here.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        if len(last) > LONGEST_NAME:
            raise os_error(errno.ENAMETOOLONG, path)
        if credentials is not None and not credentials.may(here.inode, 1):
            raise os_error(errno.EACCES, path)
        return here, last

    def _last(self, here: Location, name: str, path: str, follow: bool, credentials: Searcher | None) -> Location:
        found = self.child(here, name)
        if found is None:
            raise os_error(errno.ENOENT, path)
        if follow and isinstance(found.inode, Symlink):
            found = self._descend(here, [name], path, credentials)
        if path.endswith("/") and not isinstance(found.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        return found

    def _descend(self, here: Location, parts: list[str], path: str, credentials: Searcher | None) -> Location:
        """Return where *parts* lead from *here*, following every symbolic link."""
        links = 0
        todo = parts[::-1]
        root = self.root
        while todo:
            name = todo.pop()
            if name == "..":
                if here.parent is not None and here is not root:
                    here = here.parent
                continue
            if not isinstance(here.inode, Directory):
                raise os_error(errno.ENOTDIR, path)
            if credentials is not None and not credentials.may(here.inode, 1):
                raise os_error(errno.EACCES, path)
            found = self.child(here, name)
            if found is None:
                raise os_error(errno.ENAMETOOLONG if len(name) > LONGEST_NAME else errno.ENOENT, path)
            if isinstance(found.inode, Symlink):
                links += 1
                if links > MOST_SYMLINKS or len(todo) > LONGEST_PATH:
                    raise os_error(errno.ELOOP, path)
                target = found.inode.target
                if target.startswith("/"):
                    here = root
                todo.extend(part for part in reversed(target.split("/")) if part and part != ".")
                continue
            here = found
        return here


class Searcher:
    """Who walks: user, group and the groups besides. Root may everything (but execute only what somebody may)."""

    __slots__ = ("gid", "groups", "uid")

    def __init__(self, uid: int = 0, gid: int = 0, groups: tuple[int, ...] = ()) -> None:
        self.uid = uid
        self.gid = gid
        self.groups = groups

    def may(self, inode: Inode, wanted: int) -> bool:
        """Return whether *wanted* (4 read, 2 write, 1 execute or search, summed) is granted on *inode*."""
        if self.uid == 0:
            return not wanted & 1 or isinstance(inode, Directory) or bool(inode.mode & 0o111)
        if inode.uid == self.uid:
            granted = inode.mode >> 6
        elif inode.gid == self.gid or inode.gid in self.groups:
            granted = inode.mode >> 3
        else:
            granted = inode.mode
        return granted & wanted == wanted
