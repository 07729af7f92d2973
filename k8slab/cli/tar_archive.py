"""Tar archives as Go's archive/tar writes them: PAX where a name is too long, two empty blocks at the end and no more padding.

Reading is done member by member and trusts nothing: a path that leaves its folder, a link out of it and a device are refused.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = 512
END = b"\0" * (2 * BLOCK)
#: More than this in one archive is no file that somebody copied by hand.
MOST_MEMBERS = 200_000
MOST_BYTES = 2 * 1024**3

KINDS = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}


class ArchiveError(ValueError):
    """This is no archive, or none that can be trusted."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive. *kind* is ``file``, ``dir``, ``link`` or ``hardlink``; a folder's name ends with a slash."""

    name: str
    kind: str = "file"
    mode: int = 0o644
    mtime: float = 0.0
    uid: int = 0
    gid: int = 0
    target: str = ""
    data: bytes = b""


def pack(members: list[Member]) -> bytes:
    """Return the archive of *members*, in their order."""
    out = []
    for member in members:
        info = tarfile.TarInfo(member.name)
        info.type = KINDS[member.kind]
        info.mode, info.mtime, info.uid, info.gid = member.mode, int(member.mtime), member.uid, member.gid
        info.linkname = member.target
        info.size = len(member.data) if member.kind == "file" else 0
        out.append(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
        if info.size:
            out.append(member.data + b"\0" * (-info.size % BLOCK))
    return b"".join(out) + END


def unpack(data: bytes) -> Iterator[Member]:
    """Yield the members of an archive (plain, or compressed as tar knows it). Raises ArchiveError."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            total = 0
            for count, info in enumerate(archive):
                total += info.size
                if count >= MOST_MEMBERS or total > MOST_BYTES:
                    raise ArchiveError("the archive is too large")
                kind = _kind(info)
                if kind is None:
                    continue
                content = b""
                if kind == "file":
                    reader = archive.extractfile(info)
                    content = reader.read() if reader is not None else b""
                name = info.name + ("/" if kind == "dir" and not info.name.endswith("/") else "")
                yield Member(name, kind, info.mode, info.mtime, info.uid, info.gid, info.linkname, content)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(str(error)) from None


def _kind(info: tarfile.TarInfo) -> str | None:
    if info.isfile():
        return "file"
    if info.isdir():
        return "dir"
    if info.issym():
        return "link"
    if info.islnk():
        return "hardlink"
    return None


def length(data: bytes) -> int:
    """Return how much of *data* is the archive: up to its two empty blocks, without the padding that some programs add."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            end = max((info.offset_data + -(-info.size // BLOCK) * BLOCK for info in archive), default=0)
    except tarfile.TarError:
        return len(data)
    return min(end + len(END), len(data))


def is_archive(data: bytes) -> bool:
    """Return whether *data* begins like a tar archive, plain or compressed."""
    if data[:3] in (b"\x1f\x8b\x08", b"BZh") or data[:6] == b"\xfd7zXZ\0" or data[:4] == b"\x28\xb5\x2f\xfd":
        return True
    try:
        tarfile.TarInfo.frombuf(data[:BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
