"""``tar``, ``gzip``, ``gunzip``, ``zcat``: archives in and out of a process's file system.

Left out: incremental archives, multi-volume, ``--transform``; compression is gzip, bzip2 and xz as Python has them.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import posixpath
import stat as modes
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from k8slab.machine import users
from k8slab.machine.fs import archive
from k8slab.machine.fs.inode import Device, Directory, File, Inode, Symlink
from k8slab.machine.programs.tool import Call, Options, Steps, reason
from k8slab.machine.shell import patterns

LONG = {
    "create": "c", "extract": "x", "list": "t", "file=": "f", "gzip": "z", "bzip2": "j", "xz": "J", "verbose": "v", "directory=": "C",
    "strip-components=": "S", "exclude=": "X", "get": "x", "auto-compress": "a", "no-same-owner": "o", "same-permissions": "p",
    "numeric-owner": "N", "to-stdout": "O", "absolute-names": "P", "append": "r", "keep-old-files": "k", "owner=": "u", "group=": "g", "wildcards": "W",
}  # fmt: skip


def tar(call: Call) -> Steps:
    if call.args and not call.args[0].startswith("-"):
        # the old way: letters first, their values after them in order
        letters = call.args[0]
        values = [letter for letter in letters if letter in "fCX"]
        rest = call.args[1:]
        plain = "".join(letter for letter in letters if letter not in "fCX")
        call.args = (
            ([f"-{plain}"] if plain else [])
            + [word for letter, value in zip(values, rest) for word in (f"-{letter}", value)]
            + rest[len(values) :]
        )
    options, paths = call.options("cxtf:zjJvC:X:opOPrkaNhm", LONG, code=64 if not call.busybox else 1)
    modes_given = [letter for letter in "cxtr" if letter in options]
    if len(modes_given) != 1:
        call.err(
            "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.\n"
        )
        return 2
    try:
        if modes_given[0] in "cr":
            return (yield from _create(call, options, paths))
        return (yield from _read(call, options, paths, modes_given[0]))
    except archive.ArchiveError as error:
        if call.busybox:
            return call.fail("invalid tar magic" if "header" in str(error) else str(error))
        call.err("tar: This does not look like a tar archive\n" if "header" in str(error) else f"tar: {error}\n")
        call.err("tar: Exiting with failure status due to previous errors\n")
        return 2


def _create(call: Call, options: Options, paths: list[str]) -> Steps:
    if not paths:
        call.err(
            "tar: Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.\n"
        )
        return 2
    directory = options.get("C")
    code = 0
    entries: list[tuple[str, Inode]] = []
    shown: list[str] = []
    for path in paths:
        full = posixpath.join(directory, path) if directory else path
        try:
            for name, inode in _collected(call, full, path, options):
                entries.append((name, inode))
                shown.append(name + ("/" if isinstance(inode, Directory) else ""))
        except OSError as error:
            text = f"{path}: {reason(error)}" if call.busybox else f"{path}: Cannot stat: {reason(error)}"
            code = call.fail(text, 1 if call.busybox else 2)
    if any(path.startswith("/") for path in paths) and not call.busybox and "P" not in options:
        call.err("tar: Removing leading `/' from member names\n")
    data = archive.write_archive(entries)
    name = options.get("f") or "-"
    data = _compressed(data, options, name)
    if "v" in options:
        listing = "".join(line + "\n" for line in shown)
        if name == "-":
            call.err(listing)
        else:
            call.out(listing)
    try:
        if name == "-":
            call.out(data)
        else:
            call.files.write(name, data)
    except OSError as error:
        call.err(f"tar: {name}: Cannot open: {reason(error)}\ntar: Error is not recoverable: exiting now\n")
        return 2
    if code and not call.busybox:
        call.err("tar: Exiting with failure status due to previous errors\n")
    return code
    yield


def _collected(call: Call, full: str, path: str, options: Options) -> Iterator[tuple[str, Inode]]:
    skip = len(full.rstrip("/"))
    for at, found in call.files.walk(full):
        name = (path.rstrip("/") + at[skip:]).lstrip("/") or "."
        if any(
            patterns.matches(one, name) or patterns.matches(one, posixpath.basename(name)) for one in options.all("X")
        ):
            continue
        yield name, found.inode


def _compressed(data: bytes, options: Options, name: str) -> bytes:
    guess = name if "a" in options else ""
    if "z" in options or guess.endswith((".gz", ".tgz")):
        return gzip.compress(data, mtime=0)
    if "j" in options or guess.endswith(".bz2"):
        return bz2.compress(data)
    if "J" in options or guess.endswith(".xz"):
        return lzma.compress(data)
    return data


def _read(call: Call, options: Options, wanted: list[str], mode: str) -> Steps:
    name = options.get("f") or "-"
    try:
        data = yield from call.read(name)
    except OSError as error:
        if call.busybox:
            return call.fail(f"can't open '{name}': {reason(error)}")
        call.err(f"tar: {name}: Cannot open: {reason(error)}\ntar: Error is not recoverable: exiting now\n")
        return 2
    if "z" in options and not data.startswith(b"\x1f\x8b"):
        call.err(
            "\ngzip: stdin: not in gzip format\ntar: Child returned status 1\ntar: Error is not recoverable: exiting now\n"
        )
        return 2
    strip = int(options.get("S") or 0)
    selected = [word.strip("/").removeprefix("./") for word in wanted]
    met: dict[str, bool] = {}

    def keep(member: archive.Member) -> bool:
        if any(patterns.matches(one, member.name) for one in options.all("X")):
            return False
        if not selected:
            return True
        for one in selected:
            if (
                member.name == one
                or member.name.startswith(one + "/")
                or ("W" in options and patterns.matches(one, member.name))
            ):
                met[one] = True
                return True
        return False

    if mode == "t":
        for member in archive.members(data):
            if keep(member):
                call.line(_listed(call, member) if "v" in options else _shown(member))
    elif "O" in options:
        for member in archive.members(data):
            if keep(member) and isinstance(member.inode, File):
                call.out(member.inode.read_all())
    else:
        code = _extract(call, options, data, keep, strip)
        if code:
            return code
    code = 0
    for one in selected:
        if one not in met:
            code = call.fail(f"{one}: Not found in archive", 2)
    if code:
        call.err("tar: Exiting with failure status due to previous errors\n")
    return code


def _shown(member: archive.Member) -> str:
    return member.info.name + (
        "/" if isinstance(member.inode, Directory) and not member.info.name.endswith("/") else ""
    )


def _listed(call: Call, member: archive.Member) -> str:
    inode = member.inode
    mode = (inode.format | inode.mode) if inode is not None else modes.S_IFREG | 0o644
    uid, gid = (inode.uid, inode.gid) if inode is not None else (0, 0)
    owner = users.user_name(call.files, uid) or str(uid)
    group = users.group_name(call.files, gid) or str(gid)
    size = (
        f"{inode.major},{inode.minor}"
        if isinstance(inode, Device)
        else str(inode.size if isinstance(inode, File) else 0)
    )
    when = datetime.fromtimestamp(member.info.mtime, UTC).strftime("%Y-%m-%d %H:%M")
    arrow = f" -> {inode.target}" if isinstance(inode, Symlink) else f" link to {member.link}" if inode is None else ""
    width = max(1, 19 - len(owner) - len(group) - 1)
    return f"{modes.filemode(mode)} {owner}/{group} {size:>{width}} {when} {_shown(member)}{arrow}"


def _extract(call: Call, options: Options, data: bytes, keep: object, strip: int) -> int:
    assert callable(keep)
    directory = options.get("C") or "."
    if not call.files.is_directory(directory):
        if call.busybox:
            return call.fail(f"can't change directory to '{directory}': No such file or directory")
        call.err(
            f"tar: {directory}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n"
        )
        return 2
    owner = (
        None
        if call.files.credentials.uid == 0 and "o" not in options
        else (call.files.credentials.uid, call.files.credentials.gid)
    )
    base = call.files.find(directory).path

    def wanted(member: archive.Member) -> bool:
        if not keep(member):
            return False
        return len(member.name.split("/")) > strip if member.name else strip == 0

    def each(member: archive.Member) -> None:
        if "v" in options:
            call.line(_shown(member))

    try:
        if strip:
            _extract_stripped(call, data, base, strip, wanted, each, owner)
        else:
            archive.unpack(call.files, data, base, keep=wanted, each=each, owner=owner, any_links=True)
    except OSError as error:
        where = (error.filename or "").removeprefix(base).lstrip("/")
        if call.busybox:
            return call.fail(f"can't create '{where}': {reason(error)}")
        call.err(
            f"tar: {where}: Cannot open: {reason(error)}\ntar: Exiting with failure status due to previous errors\n"
        )
        return 2
    return 0


def _extract_stripped(
    call: Call, data: bytes, base: str, strip: int, wanted: object, each: object, owner: tuple[int, int] | None
) -> None:
    """``--strip-components``: unpack a re-named copy of the archive."""
    assert callable(wanted) and callable(each)
    entries = []
    for member in archive.members(data):
        if wanted(member) and member.inode is not None:
            entries.append(("/".join(member.name.split("/")[strip:]), member.inode))
            each(member)
    archive.unpack(call.files, archive.write_archive(entries), base, owner=owner, any_links=True)


def compress(call: Call) -> Steps:
    """``gzip``, ``gunzip``, ``zcat``."""
    options, paths = call.options(
        "dckfvqn123456789", {"decompress": "d", "stdout": "c", "keep": "k", "force": "f", "best": "9"}
    )
    decompress = "d" in options or call.name in ("gunzip", "zcat")
    to_stdout = "c" in options or call.name == "zcat" or not paths
    code = 0
    for path in paths or ["-"]:
        if decompress and not to_stdout and not path.endswith((".gz", ".tgz")):
            known = call.files.exists(path)
            code = 2 if known else 1
            call.err(
                f"gzip: {path}: unknown suffix -- ignored\n" if known else f"gzip: {path}: No such file or directory\n"
            )
            continue
        try:
            data = yield from call.read(path)
        except OSError as error:
            code = 1
            call.err(f"{'gzip' if not call.busybox else call.name}: {path}: {reason(error)}\n")
            continue
        if decompress:
            try:
                source = archive.decompressed(data)
                result = source.read(archive.LIMITS.bytes + 1) if data.startswith(b"\x1f\x8b") else None
            except (OSError, EOFError, zlib.error):
                result = None
            if result is None:
                shown = "stdin" if path == "-" else path
                code = (
                    call.fail("invalid magic" if call.busybox else f"{shown}: not in gzip format")
                    if call.busybox
                    else 1
                )
                if not call.busybox:
                    call.err(f"\ngzip: {shown}: not in gzip format\n")
                continue
        else:
            result = gzip.compress(data, mtime=0)
        if to_stdout:
            call.out(result)
            continue
        target = path + ".gz" if not decompress else path[:-3] if path.endswith(".gz") else path[:-4] + ".tar"
        if call.files.exists(target) and "f" not in options:
            code = call.fail(f"{target} already exists; not overwritten", 2)
            continue
        call.files.write(target, result)
        if "k" not in options:
            call.files.unlink(path)
    return code
