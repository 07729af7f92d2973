"""Tar archives: a layer to and from its OCI form (``.wh.`` whiteouts), and what ``docker cp``, ADD and ``tar`` do.

Models the image-spec's layer.md and moby's pkg/archive. Reading is safe for any bytes: names are taken apart by hand and walked
inside the root they are for, sizes are counted while they are read (also behind gzip, bzip2, xz), and every fault of the
archive is one `ArchiveError`. Holes travel as GNU sparse files, so a big image does not become big bytes.
Left out: extended attributes, sparse maps with more than one piece, access and change times.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, cast

from k8slab.machine.errors import words
from k8slab.machine.fs.inode import WHITEOUT, Device, Directory, Fifo, File, Inode, Symlink, walk
from k8slab.machine.fs.paths import DEEPEST, Location
from k8slab.machine.fs.view import FileView

WHITEOUT_PREFIX = ".wh."
OPAQUE_MARKER = ".wh..wh..opq"


class ArchiveError(Exception):
    """The bytes are no archive, or one that must not be unpacked. The message is what moby or tar would say."""


class Limits(NamedTuple):
    """How much an archive may hold before it is refused; hostile archives are why there is an end."""

    entries: int = 200_000
    bytes: int = 256 << 20


LIMITS = Limits()


class _Counted(io.RawIOBase):
    """Reads from *source*, refusing to go past *limit* bytes."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source = source
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(chunk)
        if self._left < 0:
            raise ArchiveError("archive is too large when unpacked")
        return chunk


def decompressed(data: bytes) -> BinaryIO:
    """Return a reader of *data* with gzip, bzip2 or xz taken off, as told by its first bytes."""
    raw = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if data.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(raw))
    if data.startswith(b"\xfd7zXZ\0"):
        return cast(BinaryIO, lzma.LZMAFile(raw))
    return raw


def is_compressed(data: bytes) -> bool:
    """Return whether *data* starts like gzip, bzip2 or xz."""
    return data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))


def is_archive(data: bytes) -> bool:
    """Return whether *data* looks like a tar archive, compressed or not (the question that ADD asks)."""
    try:
        head = decompressed(data).read(512)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False
    if len(head) < 512:
        return False
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class Member(NamedTuple):
    """One entry of an archive. *name* has no leading slash; *inode* is None for a hard link (to *link*)."""

    name: str
    inode: Inode | None
    link: str
    info: tarfile.TarInfo


def members(data: bytes, limits: Limits = LIMITS) -> Iterator[Member]:
    """Yield what the archive *data* holds, in its order. Raises ArchiveError."""
    if not data:
        return
    try:
        yield from _members(data, limits)
    except (
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:
        raise ArchiveError(_reason(error)) from None


def _reason(error: Exception) -> str:
    text = str(error)
    if isinstance(error, EOFError | lzma.LZMAError | zlib.error) or "unexpected end of data" in text:
        return "unexpected EOF"
    return "archive/tar: invalid tar header"


def _members(data: bytes, limits: Limits) -> Iterator[Member]:
    counted = _Counted(decompressed(data), limits.bytes)
    count = 0
    with tarfile.open(fileobj=cast(BinaryIO, counted), mode="r|", errors="surrogateescape") as archive:
        for info in archive:
            archive.members = []  # type: ignore[attr-defined]  # a stream remembers every entry otherwise
            count += 1
            if count > limits.entries:
                raise ArchiveError("archive holds too many files")
            name = info.name.lstrip("/")
            parts = [part for part in name.split("/") if part not in ("", ".")]
            if len(parts) > DEEPEST or any(len(part) > 255 for part in parts):
                raise ArchiveError(f"{name[:80]}...: file name too long")
            yield Member("/".join(parts), _inode_of(archive, info, limits), info.linkname, info)


def _inode_of(archive: tarfile.TarFile, info: tarfile.TarInfo, limits: Limits) -> Inode | None:
    mode, uid, gid = info.mode & 0o7777, max(0, info.uid), max(0, info.gid)
    mtime = float(info.mtime)
    if info.isdir():
        return Directory(mode, uid, gid, mtime)
    if info.issym():
        return Symlink(info.linkname, uid, gid, mtime)
    if info.islnk():
        return None
    if info.isfifo():
        return Fifo(mode, uid, gid, mtime)
    if info.isdev():
        return Device(info.devmajor, info.devminor, mode, uid, gid, mtime, block=info.isblk())
    hole = 0
    sparse: list[tuple[int, int]] | None = cast("Any", info).sparse
    if sparse is not None:
        pieces = [(offset, size) for offset, size in sparse if size]
        kept = max((offset + size for offset, size in pieces), default=0)
        hole = max(0, info.size - kept)
        if kept > limits.bytes or info.size > 1 << 43:
            raise ArchiveError("archive is too large when unpacked")
        source = archive.extractfile(info)
        content = source.read(kept) if source is not None and kept else b""
    else:
        source = archive.extractfile(info)
        content = source.read() if source is not None else b""
        if len(content) < info.size:
            raise EOFError
    return File(content, mode, uid, gid, mtime, hole)


# -- layers ------------------------------------------------------------------------------------------------------------


def read_layer(data: bytes, limits: Limits = LIMITS) -> Directory:
    """Return the layer that the tar *data* describes. Raises ArchiveError, also for names that climb out of the root."""
    root = Directory()
    for member in members(data, limits):
        parts = member.name.split("/") if member.name else []
        if ".." in parts:
            raise ArchiveError(f'invalid tar entry "{member.name}": path escapes the root of the layer')
        if not parts:
            if isinstance(member.inode, Directory):
                root.mode, root.uid, root.gid, root.mtime = (
                    member.inode.mode, member.inode.uid, member.inode.gid, member.inode.mtime,
                )  # fmt: skip
            continue
        parent = _parent_in(root, parts[:-1], member.name)
        name = parts[-1]
        if name == OPAQUE_MARKER:
            parent.opaque = True
        elif name.startswith(WHITEOUT_PREFIX):
            hidden = name[len(WHITEOUT_PREFIX) :]
            if not hidden or hidden in (".", "..") or hidden.startswith(WHITEOUT_PREFIX):
                raise ArchiveError(f"invalid whiteout name: {name}")
            parent.entries[hidden] = WHITEOUT
        else:
            _put_member(root, parent, name, member)
    return root


def _parent_in(root: Directory, parts: list[str], name: str) -> Directory:
    here = root
    for part in parts:
        child = here.entries.get(part)
        if child is None or child is WHITEOUT:
            child = Directory()
            here.put(part, child)
        if not isinstance(child, Directory):
            # A link as parent could lead anywhere; layers made by real tools never do this.
            raise ArchiveError(f'invalid tar entry "{name}": {part} is not a directory')
        here = child
    return here


def _put_member(root: Directory, parent: Directory, name: str, member: Member) -> None:
    inode = member.inode
    old = parent.entries.get(name)
    if inode is None:
        inode = _target_in(root, member)
    elif isinstance(inode, Directory) and isinstance(old, Directory):
        old.mode, old.uid, old.gid, old.mtime = inode.mode, inode.uid, inode.gid, inode.mtime
        return
    parent.put(name, inode)


def _target_in(root: Directory, member: Member) -> Inode:
    parts = [part for part in member.link.split("/") if part not in ("", ".")]
    here: Inode | None = root
    for part in parts:
        if part == "..":
            raise ArchiveError(f'invalid hardlink "{member.link}" -> "{member.name}": it leads out of the root')
        here = here.entries.get(part) if isinstance(here, Directory) else None
    if here is None or isinstance(here, Directory) or here is WHITEOUT:
        raise ArchiveError(f'invalid hardlink "{member.name}": no such file "{member.link}"')
    return here


def write_layer(root: Directory) -> bytes:
    """Return the tree *root* as an OCI layer: the same tree gives the same bytes on every machine."""
    return write_archive(_layer_entries(root))


def _layer_entries(root: Directory) -> Iterator[tuple[str, Inode]]:
    for path, node in walk(root):
        name = path[1:]
        if node is WHITEOUT:
            head, _, tail = name.rpartition("/")
            yield (f"{head}/" if head else "") + WHITEOUT_PREFIX + tail, File(b"", 0o600)
            continue
        yield name, node
        if isinstance(node, Directory) and node.opaque:
            yield f"{name}/{OPAQUE_MARKER}", File(b"", 0o600)


def write_archive(entries: Iterable[tuple[str, Inode]]) -> bytes:
    """Return a tar (PAX) of *entries*, ``(name, inode)``; a second name of one file becomes a hard link."""
    out = io.BytesIO()
    seen: dict[int, tuple[str, Inode]] = {}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for name, node in entries:
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.gid, info.mtime = node.mode, node.uid, node.gid, int(node.mtime)
            if isinstance(node, File):
                if id(node) in seen:
                    info.type, info.linkname = tarfile.LNKTYPE, seen[id(node)][0]
                    archive.addfile(info)
                    continue
                if node.links > 1:
                    seen[id(node)] = (name, node)
                info.size = len(node.data)
                if node.hole:
                    info.pax_headers = {
                        "GNU.sparse.major": "0",
                        "GNU.sparse.minor": "1",
                        "GNU.sparse.name": name,
                        "GNU.sparse.map": f"0,{len(node.data)}",
                        "GNU.sparse.size": str(node.size),
                    }
                archive.addfile(info, io.BytesIO(node.data))
                continue
            if isinstance(node, Directory):
                info.type = tarfile.DIRTYPE
            elif isinstance(node, Symlink):
                info.type, info.linkname = tarfile.SYMTYPE, node.target
            elif isinstance(node, Fifo):
                info.type = tarfile.FIFOTYPE
            elif isinstance(node, Device):
                info.type = tarfile.BLKTYPE if node.block else tarfile.CHRTYPE
                info.devmajor, info.devminor = node.major, node.minor
            else:
                continue  # sockets are not archived
            archive.addfile(info)
    return out.getvalue()


# -- a live file system ------------------------------------------------------------------------------------------------


def pack(view: FileView, path: str, name: str | None = None) -> bytes:
    """Return a tar of *path* and all under it, named *name* inside (``.`` for the content of the root)."""
    top = (posixpath.basename(path.rstrip("/")) or ".") if name is None else name
    skip = len(path.rstrip("/")) + 1

    def entries() -> Iterator[tuple[str, Inode]]:
        for at, found in view.walk(path):
            below = at[skip:] if len(at) >= skip else ""
            full = posixpath.join(top, below) if below else top
            yield (full.removeprefix("./") or "."), found.inode

    return write_archive(entries())


def unpack(
    view: FileView,
    data: bytes,
    target: str,
    *,
    limits: Limits = LIMITS,
    owner: tuple[int, int] | None = None,
    keep: Callable[[Member], bool] = lambda _: True,
    no_overwrite_dir_non_dir: bool = False,
    confined: bool = True,
    any_links: bool = False,
    each: Callable[[Member], None] = lambda _: None,
) -> int:
    """Unpack *data* under the directory *target* of *view*; return how many entries. Raises ArchiveError, OSError.

    *confined*: *target* is the root while links are walked, as dockerd's chroot makes it (ADD); otherwise the root of *view* is
    (``docker cp``). Nothing lands outside that root: names may not climb. A relative link that leads out of *target* is refused
    unless *any_links*. *owner* replaces the archive's owners; *each* is called
    for every entry unpacked.
    """
    count = 0
    where = view
    base = target.rstrip("/")
    if confined:
        found = view.find(target)
        root = Location(None, "", found.directory, found.mount)
        where = FileView(view.mounts, view.now, root=root, credentials=view.credentials, umask=view.umask)
        base = ""
    for member in members(data, limits):
        if not keep(member):
            continue
        parts = member.name.split("/") if member.name else []
        if ".." in parts:
            raise ArchiveError(f'invalid tar entry "{member.name}": path escapes from "{target}"')
        path = base + "/" + member.name if parts else base or "/"
        inode = member.inode
        if isinstance(inode, Symlink) and not any_links and not inode.target.startswith("/"):
            landed = posixpath.normpath(posixpath.join(posixpath.dirname(member.name) or ".", inode.target))
            if landed == ".." or landed.startswith("../"):
                raise ArchiveError(f'invalid symlink "{target.rstrip("/")}/{member.name}" -> "{inode.target}"')
        if inode is not None and owner is not None:
            inode.uid, inode.gid = owner
        _unpack_member(where, member, path, base, no_overwrite_dir_non_dir)
        each(member)
        count += 1
    return count


def _unpack_member(view: FileView, member: Member, path: str, base: str, strict: bool) -> None:
    head = posixpath.dirname(path)
    if head and not view.is_directory(head):
        view.make_directories(head, 0o755)
    old = view.find_or_none(path, follow=False)
    if isinstance(member.inode, Directory):
        if old is not None and isinstance(old.inode, Symlink) and view.is_directory(path):
            return
        if old is None or not isinstance(old.inode, Directory):
            if old is not None:
                if strict:
                    raise ArchiveError(f'cannot overwrite non-directory "{path}" with directory "{member.name}"')
                view.unlink(path)
            view.add(path, member.inode)
        elif member.name:
            inode = old.writable()
            inode.mode, inode.uid, inode.gid = member.inode.mode, member.inode.uid, member.inode.gid
            inode.mtime = member.inode.mtime
        return
    if not member.name:
        return
    if old is not None:
        if isinstance(old.inode, Directory):
            if strict:
                raise ArchiveError(f'cannot overwrite directory "{path}" with non-directory "{member.name}"')
            view.remove_tree(path)
        elif old.inode is old.mount.root:
            _overwrite_mounted(view, path, member)
            return
        else:
            view.unlink(path)
    if member.inode is None:
        source = base + "/" + "/".join(part for part in member.link.split("/") if part not in ("", ".", ".."))
        try:
            view.link(source, path)
        except OSError as error:
            raise ArchiveError(f"link {source} {path}: {words(error).lower()}") from None
        return
    if isinstance(member.inode, File):
        view.find(head or ".").mount.file_system.charge(member.inode.size)
    view.add(path, member.inode)


def _overwrite_mounted(view: FileView, path: str, member: Member) -> None:
    """A file that is a mount point cannot be replaced, only written."""
    if not isinstance(member.inode, File):
        raise OSError(errno.EBUSY, "Device or resource busy", path)
    view.write(path, member.inode.read_all())
