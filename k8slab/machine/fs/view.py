"""The file system as one process sees it: its mounts, its root, its working directory, its user, its umask.

Models the system calls around fs/open.c and fs/namei.c. All of it is synchronous; every refusal is an OSError with Linux's
errno and words, its ``filename`` the path as it was given.
Left out: access times, file leases and locks, mandatory locking.
"""

from __future__ import annotations

import errno
import posixpath
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Inode, Socket, Symlink
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.overlay import MergedDirectory
from k8slab.machine.fs.paths import DEEPEST, MOST_SYMLINKS, Location, Searcher, Walker


class Stat(NamedTuple):
    """What ``stat`` tells. *mode* includes the type; *mtime* is in Unix seconds."""

    mode: int
    uid: int
    gid: int
    size: int
    mtime: float
    links: int
    number: int
    device: int
    rdev: tuple[int, int] = (0, 0)

    @property
    def blocks(self) -> int:
        """512-byte blocks, in whole pages of 4 KiB; directories take one page, links none."""
        if stat.S_ISLNK(self.mode) or stat.S_ISCHR(self.mode):
            return 0
        return -(-self.size // 4096) * 8


class FileView:
    """What a process (or the engine, for a container that does not run) can see of the file system, and do with it."""

    __slots__ = ("credentials", "cwd", "now", "umask", "walker")

    def __init__(
        self,
        mounts: MountNamespace,
        now: Callable[[], float],
        *,
        root: Location | None = None,
        cwd: Location | None = None,
        credentials: Searcher | None = None,
        umask: int = 0o022,
    ) -> None:
        self.walker = Walker(mounts, root)
        self.cwd = cwd or self.walker.root
        self.credentials = credentials or Searcher()
        self.umask = umask
        self.now = now

    def copy(self) -> FileView:
        """Return an equal view whose working directory, user and umask go their own way (fork)."""
        return FileView(
            self.walker.mounts,
            self.now,
            root=self.walker.root,
            cwd=self.cwd,
            credentials=self.credentials,
            umask=self.umask,
        )

    @property
    def mounts(self) -> MountNamespace:
        """The mount namespace."""
        return self.walker.mounts

    # -- looking -------------------------------------------------------------------------------------------------------

    def find(self, path: str, *, follow: bool = True) -> Location:
        """Return where *path* is. Raises OSError."""
        return self.walker.find(path, self.cwd, follow=follow, credentials=self.credentials)

    def find_or_none(self, path: str, *, follow: bool = True) -> Location | None:
        """Return where *path* is, or None if that cannot be said."""
        try:
            return self.find(path, follow=follow)
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Return whether *path* leads to something."""
        return self.find_or_none(path) is not None

    def is_directory(self, path: str) -> bool:
        """Return whether *path* leads to a directory."""
        found = self.find_or_none(path)
        return found is not None and isinstance(found.inode, Directory)

    def is_file(self, path: str) -> bool:
        """Return whether *path* leads to a regular file."""
        found = self.find_or_none(path)
        return found is not None and isinstance(found.inode, File)

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what is known about *path*."""
        return self.stat_of(self.find(path, follow=follow))

    def stat_of(self, location: Location) -> Stat:
        """Return what is known about *location*."""
        inode = location.inode
        links = inode.links
        rdev = (0, 0)
        kind = inode.format
        if isinstance(inode, Directory):
            links = 2 + sum(1 for name in inode.names() if isinstance(inode.get(name), Directory))
        elif isinstance(inode, Device):
            rdev = (inode.major, inode.minor)
            kind = stat.S_IFBLK if inode.block else kind
        number = inode.number or 1_000_000 + location.depth
        return Stat(
            kind | inode.mode,
            inode.uid,
            inode.gid,
            inode.size,
            inode.mtime,
            max(1, links),
            number,
            location.mount.file_system.number,
            rdev,
        )

    def list(self, path: str) -> list[str]:
        """Return the names in the directory *path*, sorted, without ``.`` and ``..``."""
        found = self.find(path)
        if not isinstance(found.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        if not self.credentials.may(found.inode, 4):
            raise os_error(errno.EACCES, path)
        return found.inode.names()

    def read_link(self, path: str) -> str:
        """Return the target of the symbolic link *path*. Raises EINVAL if it is none."""
        inode = self.find(path, follow=False).inode
        if not isinstance(inode, Symlink):
            raise os_error(errno.EINVAL, path)
        return inode.target

    def real_path(self, path: str) -> str:
        """Return *path* without symbolic links."""
        return self.find(path).path

    def may(self, path: str, wanted: int) -> bool:
        """Return whether this user may read (4), write (2), execute (1) *path*; the same as ``access(2)``."""
        found = self.find_or_none(path)
        if found is None or (wanted & 2 and found.mount.read_only and not isinstance(found.inode, Device)):
            return False
        return self.credentials.may(found.inode, wanted)

    def walk(self, path: str, *, follow: bool = False) -> Iterator[tuple[str, Location]]:
        """Yield ``(path, location)`` of *path* and all under it, parents first, mounts included; links are not followed."""
        start = self.find(path, follow=follow)
        yield path, start
        if isinstance(start.inode, Directory):
            for name in start.inode.names():
                yield from self._walk_under(start, path, name)

    def _walk_under(self, here: Location, prefix: str, name: str) -> Iterator[tuple[str, Location]]:
        found = self.walker.child(here, name)
        if found is None:
            return
        path = prefix.rstrip("/") + "/" + name
        yield path, found
        if isinstance(found.inode, Directory) and self.credentials.may(found.inode, 5):
            for inner in found.inode.names():
                yield from self._walk_under(found, path, inner)

    # -- contents ------------------------------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        """Return the content of the regular file *path* (without a hole at its end)."""
        return self.file_at(self.find(path), path, 4).read_all()

    def read_text(self, path: str) -> str:
        """Return the content of *path* as text."""
        return self.read(path).decode(errors="surrogateescape")

    def file_at(self, found: Location, path: str, wanted: int) -> File:
        """Return the regular file at *found*, checked for *wanted*. Raises EISDIR, EACCES, ENXIO."""
        if isinstance(found.inode, Directory):
            raise os_error(errno.EISDIR, path)
        if not isinstance(found.inode, File):
            raise os_error(errno.ENXIO, path)
        if not self.credentials.may(found.inode, wanted):
            raise os_error(errno.EACCES, path)
        return found.inode

    def create(self, path: str, mode: int = 0o666, *, exclusive: bool = False) -> Location:
        """Return the location of *path* ready for writing, made as an empty file if there is none (O_CREAT)."""
        found = self.find_or_none(path)
        if found is not None:
            if exclusive:
                raise os_error(errno.EEXIST, path)
            return self.open_for_writing(found, path)
        for _ in range(MOST_SYMLINKS):  # a dangling link: make what it points to
            dangling = self.find_or_none(path, follow=False)
            if dangling is None or not isinstance(dangling.inode, Symlink) or exclusive:
                break
            assert dangling.parent is not None
            path = posixpath.join(dangling.parent.path, dangling.inode.target)
        place, name = self._place(path)
        self._add(place, name, File(b"", mode & ~self.umask, *self._owner(place), self.now()), path)
        made = self.walker.child(place, name)
        assert made is not None
        return made

    def open_for_writing(self, found: Location, path: str) -> Location:
        """Return *found* copied up and checked for writing. Raises EISDIR, EACCES, EROFS."""
        if isinstance(found.inode, Directory):
            raise os_error(errno.EISDIR, path)
        if not self.credentials.may(found.inode, 2):
            raise os_error(errno.EACCES, path)
        if isinstance(found.inode, File):
            self._named(found.writable, path)
        return found

    def write(self, path: str, content: bytes | str, mode: int = 0o666, *, append: bool = False) -> None:
        """Make *content* the content of *path* (or its end), creating the file if need be."""
        chunk = content.encode(errors="surrogateescape") if isinstance(content, str) else content
        found = self.create(path, mode)
        inode = self.file_at(found, path, 2)
        if not append:
            self.truncate_at(found, inode, 0)
        self.write_at(found, inode, inode.size, chunk)

    def write_at(self, found: Location, inode: File, offset: int, chunk: bytes) -> int:
        """Write into an open file; return the bytes written. Raises ENOSPC, EFBIG."""
        system = found.mount.file_system
        grown = max(0, offset + len(chunk) - inode.size)
        if grown:
            system.charge(grown)
            if chunk.strip(b"\0"):
                try:
                    system.keep(grown)
                except OSError:
                    system.charge(-grown)
                    raise
        inode.write(offset, chunk)
        inode.mtime = self.now()
        return len(chunk)

    def truncate_at(self, found: Location, inode: File, size: int) -> None:
        """Cut or extend an open file."""
        found.mount.file_system.charge(size - inode.size)
        if size < len(inode.data):
            found.mount.file_system.keep(size - len(inode.data))
        inode.truncate(size)
        inode.mtime = self.now()

    # -- names ---------------------------------------------------------------------------------------------------------

    def make_directory(self, path: str, mode: int = 0o777) -> None:
        """Make the directory *path*. Raises EEXIST, ENOENT (a parent is missing), ..."""
        place, name = self._place(path.rstrip("/") or path)
        self._add(place, name, Directory(mode & ~self.umask, *self._owner(place), self.now()), path)

    def make_directories(self, path: str, mode: int = 0o777) -> None:
        """Make *path* and the directories above it that are missing (``mkdir -p``)."""
        done = "/" if path.startswith("/") else ""
        for part in path.split("/"):
            if not part:
                continue
            done = done + part
            found = self.find_or_none(done)
            if found is None:
                self.make_directory(done, mode)
            elif not isinstance(found.inode, Directory):
                raise os_error(errno.EEXIST if done.strip("/") == path.strip("/") else errno.ENOTDIR, path)
            done += "/"

    def add(self, path: str, inode: Inode) -> None:
        """Give *inode* the new name *path* as it is, with its own mode, owner and time (mknod, image building)."""
        place, name = self._place(path)
        self._add(place, name, inode, path)

    def make_symlink(self, target: str, path: str) -> None:
        """Make *path* a symbolic link to *target*."""
        place, name = self._place(path)
        self._add(place, name, Symlink(target, *self._owner(place), self.now()), path)

    def make_fifo(self, path: str, mode: int = 0o666) -> None:
        """Make the named pipe *path*."""
        place, name = self._place(path)
        self._add(place, name, Fifo(mode & ~self.umask, *self._owner(place), self.now()), path)

    def make_socket(self, path: str, listener: object) -> None:
        """Bind a Unix socket to *path*."""
        place, name = self._place(path)
        node = Socket(0o777 & ~self.umask, *self._owner(place), self.now())
        node.listener = listener
        self._add(place, name, node, path)

    def link(self, old: str, new: str) -> None:
        """Give the file *old* the second name *new* (a hard link)."""
        source = self.find(old, follow=False)
        if isinstance(source.inode, Directory):
            raise os_error(errno.EPERM, old)
        place, name = self._place(new)
        if place.mount is not source.mount:
            raise os_error(errno.EXDEV, old)
        inode = self._named(source.writable, old)
        self._add(place, name, inode, new)

    def unlink(self, path: str) -> None:
        """Take the name *path* away from its file. Raises EISDIR, EBUSY (a mount stands there), ..."""
        found = self.find(path, follow=False)
        if found.inode is found.mount.root:
            raise os_error(errno.EBUSY, path)
        if isinstance(found.inode, Directory):
            raise os_error(errno.EISDIR, path)
        place = self._changeable(found.parent, path)
        self._check_sticky(place, found.inode, path)
        place.directory.remove(found.name)
        place.directory.touch(self.now())
        if isinstance(found.inode, File) and found.inode.links <= 0:
            found.mount.file_system.release(found.inode)

    def remove_directory(self, path: str) -> None:
        """Remove the empty directory *path*. Raises ENOTEMPTY, ENOTDIR, EBUSY, ..."""
        if path.rstrip("/").rsplit("/", 1)[-1] == ".":
            raise os_error(errno.EINVAL, path)
        found = self.find(path, follow=False)
        if not isinstance(found.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        if found.inode is found.mount.root or found.parent is None:
            raise os_error(errno.EBUSY, path)
        if not found.inode.is_empty():
            raise os_error(errno.ENOTEMPTY, path)
        place = self._changeable(found.parent, path)
        self._check_sticky(place, found.inode, path)
        place.directory.remove(found.name)
        place.directory.touch(self.now())

    def remove_tree(self, path: str) -> None:
        """Remove *path* and everything under it. Raises at the first thing that cannot be removed."""
        found = self.find(path, follow=False)
        if not isinstance(found.inode, Directory):
            self.unlink(path)
            return
        for name in found.inode.names():
            self.remove_tree(path.rstrip("/") + "/" + name)
        self.remove_directory(path)

    def rename(self, old: str, new: str) -> None:
        """Move the name *old* to *new*, replacing a file or an empty directory there.

        Raises EXDEV between mounts (and for a directory that has a part in a lower layer), EBUSY for mount points.
        """
        source = self.find(old, follow=False)
        place, name = self._place(new.rstrip("/") or new, wanting_new=False)
        if source.mount is not place.mount and source.inode is not source.mount.root:
            raise os_error(errno.EXDEV, old)
        if source.inode is source.mount.root or self.mounts.at(place.directory, name) is not None:
            raise os_error(errno.EBUSY, old)
        if any(above.inode is source.inode for above in place.ancestors()):
            raise os_error(errno.EINVAL, old)
        target = self.walker.child(place, name)
        if target is not None:
            if target.inode is source.inode:
                return
            if isinstance(target.inode, Directory):
                if not isinstance(source.inode, Directory):
                    raise os_error(errno.EISDIR, old)
                if not target.inode.is_empty():
                    raise os_error(errno.ENOTEMPTY, old)
            elif isinstance(source.inode, Directory):
                raise os_error(errno.ENOTDIR, old)
        parent = self._changeable(source.parent, old)
        self._changeable(place, new)
        self._check_sticky(parent, source.inode, old)
        directory = parent.directory
        if not directory.may_rename_away(source.name):
            raise os_error(errno.EXDEV, old)
        inode = directory.take_upper(source.name) if isinstance(directory, MergedDirectory) else source.inode
        if target is not None:
            place.directory.remove(name)
        inode.links += 1  # never without a name, so that its bytes are not given back
        directory.remove(source.name)
        place.directory.put(name, inode)
        inode.links -= 1
        directory.touch(self.now())
        place.directory.touch(self.now())

    # -- metadata ------------------------------------------------------------------------------------------------------

    def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits of *path*."""
        found = self.find(path)
        self._owned(found, path)
        self._named(found.writable, path).mode = mode & 0o7777

    def change_owner(self, path: str, uid: int | None, gid: int | None, *, follow: bool = True) -> None:
        """Set the owner and group of *path*; None keeps one."""
        found = self.find(path, follow=follow)
        if self.credentials.uid != 0:
            raise os_error(errno.EPERM, path)
        inode = self._named(found.writable, path)
        if uid is not None:
            inode.uid = uid
        if gid is not None:
            inode.gid = gid

    def set_time(self, path: str, mtime: float | None = None) -> None:
        """Set the time of last change of *path*, to now by default."""
        found = self.find(path)
        if not self.credentials.may(found.inode, 2):
            self._owned(found, path)
        self._named(found.writable, path).mtime = self.now() if mtime is None else mtime

    # -- where I am ----------------------------------------------------------------------------------------------------

    def change_directory(self, path: str) -> None:
        """Make *path* the working directory."""
        found = self.find(path)
        if not isinstance(found.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        if not self.credentials.may(found.inode, 1):
            raise os_error(errno.EACCES, path)
        self.cwd = found

    def working_directory(self) -> str:
        """Return the working directory's path."""
        return self.cwd.path

    # -- mounting ------------------------------------------------------------------------------------------------------

    def mount(
        self,
        path: str,
        root: Inode,
        file_system: FileSystem,
        *,
        read_only: bool = False,
        options: tuple[str, ...] = (),
        kind: str = "",
    ) -> Mount:
        """Mount *root* on *path*, which must be there: a directory on a directory, anything else on a file."""
        found = self.find(path)
        if isinstance(root, Directory) != isinstance(found.inode, Directory):
            raise os_error(errno.ENOTDIR, path)
        mount = Mount(file_system, root, found.path, read_only, options, kind)
        if found.parent is None:
            raise os_error(errno.EBUSY, path)
        self.mounts.add(mount, found.parent.mount, found.parent.directory, found.name)
        return mount

    def unmount(self, path: str) -> None:
        """Take away what is mounted on *path*. Raises EINVAL if nothing is."""
        found = self.find(path)
        if found.inode is not found.mount.root:
            raise os_error(errno.EINVAL, path)
        self.mounts.remove(found.mount)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _place(self, path: str, *, wanting_new: bool = True) -> tuple[Location, str]:
        """Return the directory and the name for something new at *path*."""
        place, name = self.walker.split(path, self.cwd, credentials=self.credentials)
        if name == "":
            raise os_error(errno.EEXIST if wanting_new else errno.EBUSY, path)
        if not wanting_new or not path.endswith("/"):
            return place, name
        raise os_error(errno.EISDIR if self.walker.child(place, name) is None else errno.ENOTDIR, path)

    def _add(self, place: Location, name: str, inode: Inode, path: str) -> None:
        if self.walker.child(place, name) is not None:
            raise os_error(errno.EEXIST, path)
        if place.depth >= DEEPEST:
            raise os_error(errno.ENAMETOOLONG, path)
        self._changeable(place, path)
        place.directory.put(name, inode)
        place.directory.touch(self.now())

    def _changeable(self, place: Location | None, path: str) -> Location:
        """Return the directory *place* after checking that names in it may change."""
        if place is None:
            raise os_error(errno.EBUSY, path)
        if place.mount.read_only:
            raise os_error(errno.EROFS, path)
        if not self.credentials.may(place.inode, 3):
            raise os_error(errno.EACCES, path)
        return place

    def _check_sticky(self, place: Location, inode: Inode, path: str) -> None:
        me = self.credentials.uid
        if place.inode.mode & stat.S_ISVTX and me not in (0, inode.uid, place.inode.uid):
            raise os_error(errno.EPERM, path)

    def _owned(self, found: Location, path: str) -> None:
        if self.credentials.uid not in (0, found.inode.uid):
            raise os_error(errno.EPERM, path)

    def _owner(self, place: Location) -> tuple[int, int]:
        directory = place.inode
        gid = directory.gid if directory.mode & stat.S_ISGID else self.credentials.gid
        return self.credentials.uid, gid

    def _named(self, change: Callable[[], Inode], path: str) -> Inode:
        """Do *change*, putting *path* into its error."""
        try:
            return change()
        except OSError as error:
            raise os_error(error.errno or errno.EIO, path) from None
