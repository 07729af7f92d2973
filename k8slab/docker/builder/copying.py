"""COPY and ADD: which files are meant, what their checksum is, and how they land in an image.

Models solver/llbsolver/file and contenthash: the checksum is over names, contents, modes and links, never over times, so that
touching a file does not break the cache.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from k8slab.docker.builder import globs
from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.errors import BuildError
from k8slab.machine.errors import words
from k8slab.machine.fs.archive import ArchiveError, is_archive, unpack
from k8slab.machine.fs.inode import Directory, File, Inode, Socket, Symlink
from k8slab.machine.fs.view import FileView
from k8slab.machine.users import UnknownUser, identify

MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to copy: its *path* in where it comes from, and its inode. *is_inline*: a here-document, never unpacked."""

    path: str
    inode: Inode
    is_inline: bool = False

    @property
    def name(self) -> str:
        """Its last component."""
        return posixpath.basename(self.path)


def lookup(root: Directory, path: str) -> Inode | None:
    """Return what *path* leads to in the tree *root*; links are followed, never out of it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    here: list[Directory] = [root]
    links = 0
    last: Inode = root
    while parts:
        part = parts.pop(0)
        if part == "..":
            if len(here) > 1:
                here.pop()
            last = here[-1]
            continue
        found = here[-1].get(part)
        if isinstance(found, Symlink):
            links += 1
            if links > MOST_LINKS:
                return None
            if found.target.startswith("/"):
                here = [root]
                last = root
            parts = [one for one in found.target.split("/") if one not in ("", ".")] + parts
            continue
        if found is None or (parts and not isinstance(found, Directory)):
            return None
        if isinstance(found, Directory):
            here.append(found)
        last = found
    return last


def find_sources(root: Directory, pattern: str, exclude: tuple[str, ...] = ()) -> list[Source]:
    """Return what *pattern* of a COPY means in *root*: one thing, or all that fit its wildcards; empty if there is nothing."""
    clean = posixpath.normpath("/" + pattern).lstrip("/")
    if not globs.has_wildcards(clean):
        inode = lookup(root, clean)
        return [] if inode is None else [Source(clean, inode)]
    try:
        return [Source(path, inode) for path, inode in _globbed(root, clean.split("/"), "") if inode is not None]
    except globs.BadPattern as error:
        raise BuildError(f"failed to compute cache key: {error}") from None


def _globbed(here: Directory, pattern: list[str], prefix: str) -> Iterator[tuple[str, Inode]]:
    first, *rest = pattern
    for name in here.names():
        if not globs.matches(first, name):
            continue
        inode = here.get(name)
        assert inode is not None
        if not rest:
            yield prefix + name, inode
        elif isinstance(inode, Directory):
            yield from _globbed(inode, rest, f"{prefix}{name}/")


# -- checksums ---------------------------------------------------------------------------------------------------------


def checksum(source: Source, ignore: Ignore | None = None) -> str:
    """Return the hash of *source* with all under it."""
    hasher = hashlib.sha256()
    _hash_into(hasher, "", source.inode, source.path)
    return hasher.hexdigest()


def _hash_into(hasher: hashlib._Hash, name: str, inode: Inode, path: str) -> None:
    head = f"{name}\0{inode.format:o}\0{inode.mode:o}\0{inode.uid}\0{inode.gid}\0"
    if isinstance(inode, File):
        hasher.update(f"{head}{len(inode.data)}\0{inode.hole}\0".encode(errors="surrogateescape"))
        hasher.update(inode.data)
        return
    if isinstance(inode, Symlink):
        hasher.update(f"{head}{inode.target}\0".encode(errors="surrogateescape"))
        return
    hasher.update(head.encode(errors="surrogateescape"))
    if isinstance(inode, Directory):
        for child in inode.names():
            node = inode.get(child)
            assert node is not None
            _hash_into(hasher, f"{name}/{child}", node, f"{path}/{child}")


# -- copying -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manner:
    """How to copy: new *owner* and *mode*, whether local archives are unpacked, what is left out."""

    owner: tuple[int, int] | None = (0, 0)
    mode: int | None = None
    unpacks: bool = False
    exclude: Ignore | None = None


def parse_mode(text: str) -> int | None:
    """Return what ``--chmod`` says. Raises BuildError."""
    if not text:
        return None
    if not re.fullmatch(r"[0-7]{1,4}", text):
        raise BuildError(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")
    return int(text, 8)


def parse_owner(text: str, view: FileView) -> tuple[int, int]:
    """Return what ``--chown`` says in the image seen by *view*; a user alone brings their own group. Raises BuildError."""
    if not text:
        return 0, 0
    user, _, group = text.partition(":")
    try:
        identity = identify(view, text if group else user)
    except UnknownUser as error:
        raise BuildError(
            str(error),
            classic=f"unable to convert uid/gid chown string to host mapping: can't find uid for user {user}: no such user: {user}",
        ) from None
    if user.isdigit() and not group:
        return identity.uid, identity.uid  # a bare number means that group too
    return identity.uid, identity.gid


def copy_all(view: FileView, sources: list[Source], target: str, manner: Manner) -> None:
    """Copy *sources* to the absolute path *target* of the image seen by *view*. Raises BuildError."""
    into_directory = target.endswith("/") or len(sources) > 1 or view.is_directory(target)
    try:
        for source in sources:
            if isinstance(source.inode, Directory):
                _copy_directory(view, source.inode, target.rstrip("/") or "/", manner, "")
            elif manner.unpacks and not source.is_inline and _is_archive(source.inode):
                assert isinstance(source.inode, File)
                _make_directories(view, target, manner)
                unpack(view, source.inode.read_all(), target.rstrip("/") or "/", owner=None)
            else:
                path = posixpath.join(target, source.name) if into_directory else target
                _copy_file(view, source.inode, path, manner)
    except ArchiveError as error:
        raise BuildError(f"failed to unpack archive: {error}") from None
    except OSError as error:
        raise BuildError(f"failed to copy files: {error.filename or target}: {words(error).lower()}") from None


def _is_archive(inode: Inode) -> bool:
    return isinstance(inode, File) and is_archive(bytes(inode.data))


def _make_directories(view: FileView, path: str, manner: Manner) -> None:
    """Make the directories of *path* that are missing; they belong to the new owner (0755)."""
    done = ""
    for part in path.split("/"):
        if not part:
            continue
        done += "/" + part
        if not view.is_directory(done):
            view.make_directory(done, 0o755)
            if manner.owner:
                view.change_owner(done, *manner.owner)


def _copy_directory(view: FileView, directory: Directory, target: str, manner: Manner, relative: str) -> None:
    _make_directories(view, target, manner)
    for name in directory.names():
        inode = directory.get(name)
        assert inode is not None
        below = f"{relative}/{name}" if relative else name
        if manner.exclude is not None and manner.exclude.excludes(below):
            continue
        path = posixpath.join(target, name)
        if isinstance(inode, Directory):
            if not view.is_directory(path):
                twin = _own(Directory(inode.mode, inode.uid, inode.gid, inode.mtime), manner)
                if view.find_or_none(path, follow=False) is not None:
                    raise BuildError(f"cannot copy to non-directory: {path}")
                view.add(path, twin)
            _copy_directory(view, inode, path, manner, below)
        else:
            _copy_file(view, inode, path, manner)


def _copy_file(view: FileView, inode: Inode, path: str, manner: Manner) -> None:
    if isinstance(inode, Socket):
        return
    _make_directories(view, posixpath.dirname(path), manner)
    old = view.find_or_none(path, follow=False)
    if old is not None:
        if isinstance(old.inode, Directory):
            raise BuildError(f"cannot replace to directory {path} with file")
        view.unlink(path)
    twin = inode.copy()
    if isinstance(inode, File) and isinstance(twin, File):
        twin.data = inode.data if isinstance(inode.data, bytes) else bytes(inode.data)
    twin.mtime = inode.mtime
    view.add(path, _own(twin, manner))


def _own(inode: Inode, manner: Manner) -> Inode:
    if manner.owner is not None:
        inode.uid, inode.gid = manner.owner
    if manner.mode is not None and not isinstance(inode, Symlink):
        inode.mode = manner.mode
    return inode
