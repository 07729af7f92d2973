"""The files that a command line may read and write: real ones that the user named, those of the lab's host, or a small tree in memory.

A path is absolute or relative to `cwd`. What does not exist raises FileNotFoundError, a folder taken for a file IsADirectoryError.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat as stat_bits
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileStat:
    """What is known about a path without following a link: *kind* is ``file``, ``dir`` or ``link``."""

    kind: str
    mode: int = 0o644
    size: int = 0
    mtime: float = 0.0
    uid: int = 0
    gid: int = 0
    target: str = ""


class LocalFiles(Protocol):
    """A place with files."""

    cwd: str

    def stat(self, path: str) -> FileStat:
        """Return what *path* is; a link is not followed."""

    def read_bytes(self, path: str) -> bytes:
        """Return the content of the file *path*, following links."""

    def list(self, path: str) -> list[str]:
        """Return the names in the folder *path*, sorted."""

    def write_bytes(self, path: str, data: bytes, mode: int = 0o644, mtime: float | None = None) -> None:
        """Make or replace the file *path*. Its folder must exist."""

    def make_dir(self, path: str, mode: int = 0o755) -> None:
        """Make the folder *path*; one that is there stays."""

    def make_link(self, path: str, target: str) -> None:
        """Make *path* a symbolic link to *target*."""

    def remove(self, path: str) -> None:
        """Remove the file, link or folder *path*."""


def absolute(files: LocalFiles, path: str) -> str:
    """Return *path* as an absolute path without dots."""
    return posixpath.normpath(posixpath.join(files.cwd, path))


def exists(files: LocalFiles, path: str) -> bool:
    """Return whether there is something at *path*."""
    try:
        files.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def make_dirs(files: LocalFiles, path: str, mode: int = 0o755) -> None:
    """Make the folder *path* and those above it that are missing."""
    if not exists(files, path):
        make_dirs(files, posixpath.dirname(absolute(files, path)), mode)
        files.make_dir(path, mode)


def followed(files: LocalFiles, path: str) -> str:
    """Return *path* with the links at its end resolved. Raises FileNotFoundError, OSError for a loop."""
    for _ in range(40):
        found = files.stat(path)
        if found.kind != "link":
            return path
        path = posixpath.normpath(posixpath.join(posixpath.dirname(absolute(files, path)), found.target))
    raise OSError(f"too many levels of symbolic links: {path}")


class DiskFiles:
    """The learner's own disk: only the paths that a command names are touched."""

    def __init__(self, cwd: str | None = None) -> None:
        self.cwd = cwd or os.getcwd()

    def _at(self, path: str) -> Path:
        return Path(self.cwd, path).expanduser()

    def stat(self, path: str) -> FileStat:
        """Return what *path* is; a link is not followed."""
        found = self._at(path).lstat()
        if stat_bits.S_ISLNK(found.st_mode):
            return FileStat("link", 0o777, 0, found.st_mtime, found.st_uid, found.st_gid, os.readlink(self._at(path)))
        kind = "dir" if stat_bits.S_ISDIR(found.st_mode) else "file"
        return FileStat(
            kind, stat_bits.S_IMODE(found.st_mode), found.st_size, found.st_mtime, found.st_uid, found.st_gid
        )

    def read_bytes(self, path: str) -> bytes:
        """Return the content of the file *path*."""
        return self._at(path).read_bytes()

    def list(self, path: str) -> list[str]:
        """Return the names in the folder *path*, sorted."""
        return sorted(entry.name for entry in self._at(path).iterdir())

    def write_bytes(self, path: str, data: bytes, mode: int = 0o644, mtime: float | None = None) -> None:
        """Make or replace the file *path*."""
        at = self._at(path)
        at.write_bytes(data)
        at.chmod(mode & 0o777)
        if mtime is not None:
            os.utime(at, (mtime, mtime))

    def make_dir(self, path: str, mode: int = 0o755) -> None:
        """Make the folder *path*."""
        self._at(path).mkdir(mode & 0o777, exist_ok=True)

    def make_link(self, path: str, target: str) -> None:
        """Make *path* a symbolic link to *target*."""
        self._at(path).symlink_to(target)

    def remove(self, path: str) -> None:
        """Remove the file, link or folder *path*."""
        at = self._at(path)
        if at.is_dir() and not at.is_symlink():
            shutil.rmtree(at)
        else:
            at.unlink()


class MemoryFiles:
    """A tree in memory, given as path -> content. Folders come into being with what is in them."""

    def __init__(self, files: dict[str, bytes | str] | None = None, *, cwd: str = "/", mtime: float = 0.0) -> None:
        self.cwd = cwd
        self.mtime = mtime
        self._stats: dict[str, FileStat] = {"/": FileStat("dir", 0o755, mtime=mtime)}
        self._content: dict[str, bytes] = {}
        self._make_parents(absolute(self, "."))
        self.make_dir(".")
        for path, content in (files or {}).items():
            self._make_parents(path)
            self.write_bytes(path, content.encode() if isinstance(content, str) else content, mtime=mtime)

    @property
    def contents(self) -> dict[str, bytes]:
        """Every file's content by its absolute path."""
        return dict(self._content)

    def _make_parents(self, path: str) -> None:
        parent = posixpath.dirname(absolute(self, path))
        if parent not in self._stats:
            self._make_parents(parent)
            self._stats[parent] = FileStat("dir", 0o755, mtime=self.mtime)

    def stat(self, path: str) -> FileStat:
        """Return what *path* is; a link is not followed."""
        found = self._stats.get(absolute(self, path))
        if found is None:
            raise FileNotFoundError(path)
        return found

    def read_bytes(self, path: str) -> bytes:
        """Return the content of the file *path*."""
        at = absolute(self, followed(self, path))
        if self._stats[at].kind == "dir":
            raise IsADirectoryError(path)
        return self._content[at]

    def list(self, path: str) -> list[str]:
        """Return the names in the folder *path*, sorted."""
        at = absolute(self, followed(self, path))
        if self._stats[at].kind != "dir":
            raise NotADirectoryError(path)
        start = at.rstrip("/") + "/"
        return sorted(
            name[len(start) :]
            for name in self._stats
            if name.startswith(start) and "/" not in name[len(start) :] and name != "/"
        )

    def write_bytes(self, path: str, data: bytes, mode: int = 0o644, mtime: float | None = None) -> None:
        """Make or replace the file *path*."""
        at = absolute(self, path)
        self._need_parent(at, path)
        if at in self._stats and self._stats[at].kind == "dir":
            raise IsADirectoryError(path)
        self._stats[at] = FileStat("file", mode, len(data), self.mtime if mtime is None else mtime)
        self._content[at] = data

    def make_dir(self, path: str, mode: int = 0o755) -> None:
        """Make the folder *path*."""
        at = absolute(self, path)
        if at in self._stats:
            if self._stats[at].kind != "dir":
                raise FileExistsError(path)
            return
        self._need_parent(at, path)
        self._stats[at] = FileStat("dir", mode, mtime=self.mtime)

    def make_link(self, path: str, target: str) -> None:
        """Make *path* a symbolic link to *target*."""
        at = absolute(self, path)
        self._need_parent(at, path)
        self._stats[at] = FileStat("link", 0o777, mtime=self.mtime, target=target)

    def remove(self, path: str) -> None:
        """Remove the file, link or folder *path*."""
        at = absolute(self, path)
        self.stat(path)
        for name in [name for name in self._stats if name == at or name.startswith(at + "/")]:
            del self._stats[name]
            self._content.pop(name, None)

    def _need_parent(self, at: str, path: str) -> None:
        parent = posixpath.dirname(at)
        if parent not in self._stats:
            raise FileNotFoundError(path)
        if self._stats[parent].kind == "file":
            raise NotADirectoryError(path)
