"""Looking at files and disks: stat, readlink, realpath, basename, dirname, du, df, file."""

from __future__ import annotations

import posixpath
import re
import stat as modes
from datetime import UTC, datetime

from k8slab.machine import users
from k8slab.machine.executable import parse
from k8slab.machine.fs.inode import Directory, File, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import Stat
from k8slab.machine.programs.tool import Call, human, quoted, reason

KINDS = {
    modes.S_IFREG: "regular file", modes.S_IFDIR: "directory", modes.S_IFLNK: "symbolic link", modes.S_IFCHR: "character special file",
    modes.S_IFBLK: "block special file", modes.S_IFIFO: "fifo", modes.S_IFSOCK: "socket",
}  # fmt: skip


def _kind(found: Stat) -> str:
    kind = KINDS.get(modes.S_IFMT(found.mode), "weird file")
    return "regular empty file" if kind == "regular file" and not found.size else kind


def _stamp(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{int(when % 1 * 1e9):09d} +0000"


def stat(call: Call) -> int:
    options, paths = call.options("c:Lft", {"format=": "c", "printf=": "p", "dereference": "L", "file-system": "f"})
    if not paths:
        return call.missing_operand()
    code = 0
    for path in paths:
        try:
            found = call.files.find(path, follow="L" in options)
        except OSError as error:
            code = call.fail(
                f"can't stat '{path}': {reason(error)}"
                if call.busybox
                else f"cannot statx {quoted(path)}: {reason(error)}"
            )
            continue
        facts = call.files.stat_of(found)
        user = users.user_name(call.files, facts.uid) or ("UNKNOWN")
        group = users.group_name(call.files, facts.gid) or ("UNKNOWN")
        if "c" in options or "p" in options:
            text = _formatted(options.get("c") or options.get("p"), path, found, facts, user, group)
            call.out(text + ("\n" if "c" in options else ""))
            continue
        arrow = f" -> {found.inode.target}" if isinstance(found.inode, Symlink) else ""
        device = f"{facts.device >> 8},{facts.device & 255}"
        time = _stamp(facts.mtime)
        call.line(f"  File: {path}{arrow}")
        call.line(f"  Size: {facts.size:<10}\tBlocks: {facts.blocks:<10} IO Block: 4096   {_kind(facts)}")
        call.line(f"Device: {device}\tInode: {facts.number:<10}  Links: {facts.links}")
        call.line(
            f"Access: ({facts.mode & 0o7777:04o}/{modes.filemode(facts.mode)})  Uid: ({facts.uid:>5}/{user:>8})   Gid: ({facts.gid:>5}/{group:>8})"
        )
        call.line(f"Access: {time}\nModify: {time}\nChange: {time}")
        if not call.busybox:
            call.line(" Birth: -" if facts.mtime < 0 else f" Birth: {time}")
    return code


def _formatted(template: str, path: str, found: Location, facts: Stat, user: str, group: str) -> str:
    inode = found.inode
    values = {
        "n": path,
        "N": f"{quoted(path)} -> {quoted(inode.target)}" if isinstance(inode, Symlink) else quoted(path),
        "s": str(facts.size), "a": f"{facts.mode & 0o7777:o}", "A": modes.filemode(facts.mode), "u": str(facts.uid), "g": str(facts.gid),
        "U": user, "G": group, "h": str(facts.links), "i": str(facts.number), "F": _kind(facts), "f": f"{facts.mode:x}",
        "y": _stamp(facts.mtime), "Y": str(int(facts.mtime)), "x": _stamp(facts.mtime), "X": str(int(facts.mtime)),
        "z": _stamp(facts.mtime), "Z": str(int(facts.mtime)), "b": str(facts.blocks), "B": "512", "d": str(facts.device),
        "m": found.mount.target, "o": "4096", "%": "%",
    }  # fmt: skip
    text = re.sub(r"%(.)", lambda match: values.get(match[1], "?"), template)
    return text.replace("\\n", "\n").replace("\\t", "\t")


def readlink(call: Call) -> int:
    options, paths = call.options(
        "femnqsvz", {"canonicalize": "f", "canonicalize-existing": "e", "canonicalize-missing": "m", "no-newline": "n"}
    )
    if not paths:
        return call.missing_operand()
    code = 0
    for path in paths:
        try:
            if "f" in options or "e" in options or "m" in options:
                text = canonical(call, path, missing_ok="e" not in options, all_missing="m" in options)
            else:
                text = call.files.read_link(path)
        except OSError as error:
            code = 1
            if "v" in options:
                call.fail(f"{path}: {reason(error)}")
            continue
        call.out(text + ("" if "n" in options and len(paths) == 1 else "\n"))
    return code


def canonical(call: Call, path: str, *, missing_ok: bool, all_missing: bool = False) -> str:
    """Return *path* without links; its last component (or, *all_missing*, any) may be missing. Raises OSError."""
    found = call.files.find_or_none(path)
    if found is not None:
        return found.path
    if not missing_ok:
        call.files.find(path)
    head, tail = posixpath.split(path.rstrip("/"))
    head = head or ("/" if path.startswith("/") else ".")
    if all_missing and call.files.find_or_none(head) is None:
        return posixpath.join(canonical(call, head, missing_ok=True, all_missing=True), tail)
    return posixpath.join(call.files.find(head).path, tail)


def realpath(call: Call) -> int:
    options, paths = call.options(
        "emsqLPz", {"canonicalize-existing": "e", "canonicalize-missing": "m", "no-symlinks": "s"}
    )
    code = 0
    for path in paths:
        try:
            call.line(
                canonical(call, path, missing_ok="e" not in options and not call.busybox, all_missing="m" in options)
            )
        except OSError as error:
            code = call.fail(f"{path}: {reason(error)}")
    return code if paths else call.missing_operand()


def basename(call: Call) -> int:
    options, words = call.options("as:z", {"multiple": "a", "suffix=": "s"})
    if not words:
        return call.missing_operand()
    suffix = options.get("s")
    if not options.values and len(words) == 2:
        suffix, words = words[1], words[:1]
    elif not options.values and len(words) > 2:
        return call.fail(f"extra operand {quoted(words[2])}\nTry 'basename --help' for more information.")
    for word in words:
        name = word.rstrip("/").rsplit("/", 1)[-1] or ("/" if word else "")
        call.line(name[: -len(suffix)] if suffix and name.endswith(suffix) and name != suffix else name)
    return 0


def dirname(call: Call) -> int:
    _, words = call.options("z")
    if not words:
        return call.missing_operand()
    for word in words:
        head = word.rstrip("/")
        if "/" in head:
            call.line(head.rsplit("/", 1)[0].rstrip("/") or "/")
        else:
            call.line("/" if word.startswith("/") else ".")
    return 0


def du(call: Call) -> int:
    options, paths = call.options(
        "shacd:kmbxLS",
        {
            "summarize": "s",
            "human-readable": "h",
            "all": "a",
            "total": "c",
            "max-depth=": "d",
            "bytes": "b",
            "apparent-size": "A",
        },
    )
    depth = 0 if "s" in options else int(options.get("d") or 1 << 30)
    code, grand = 0, 0

    def text(size: int) -> str:
        if "h" in options:
            return human(size)
        return str(size) if "b" in options else str(-(-size // (1 << 20))) if "m" in options else str(-(-size // 1024))

    def measure(path: str, found: Location, level: int) -> int:
        facts = call.files.stat_of(found)
        size = facts.size if "b" in options or "A" in options else facts.blocks * 512
        if isinstance(found.inode, Directory):
            for name in found.inode.names():
                below = call.files.walker.child(found, name)
                if below is None or ("x" in options and below.mount is not found.mount):
                    continue
                size += measure(path.rstrip("/") + "/" + name, below, level + 1)
            if level <= depth:
                call.line(f"{text(size)}\t{path}")
        elif (level == 0 or "a" in options) and level <= depth:
            call.line(f"{text(size)}\t{path}")
        return size

    for path in paths or ["."]:
        try:
            grand += measure(path, call.files.find(path, follow=False), 0)
        except OSError as error:
            code = call.fail(
                f"{path}: {reason(error)}" if call.busybox else f"cannot access {quoted(path)}: {reason(error)}"
            )
    if "c" in options:
        call.line(f"{text(grand)}\ttotal")
    return code


def df(call: Call) -> int:
    options, paths = call.options(
        "hTkPaimHt:x:", {"human-readable": "h", "print-type": "T", "all": "a", "inodes": "i", "si": "H"}
    )
    mounts = list(call.files.mounts)
    if paths:
        mounts = []
        for path in paths:
            try:
                mounts.append(call.files.find(path).mount)
            except OSError as error:
                return call.fail(f"{path}: can't find mount point" if call.busybox else f"{path}: {reason(error)}")
    rows = [
        [
            "Filesystem",
            *(["Type"] if "T" in options else []),
            "Size" if "h" in options else "1K-blocks",
            "Used",
            "Avail" if "h" in options else "Available",
            "Use%",
            "Mounted on",
        ]
    ]
    for mount in mounts:
        system = mount.file_system
        store = system.disk or system
        capacity = system.capacity_bytes or store.capacity_bytes
        if capacity is None:
            if "a" not in options:
                continue
            capacity = 0
        used = store.used_bytes if system.capacity_bytes is None else system.used_bytes
        percent = f"{-(-100 * used // capacity)}%" if capacity else "-"
        sizes = [capacity, used, capacity - used]
        shown = [human(size) if "h" in options else str(size // 1024) for size in sizes]
        rows.append([system.source, *([system.type] if "T" in options else []), *shown, percent, mount.target])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    widths[0] = max(widths[0], 14 if not call.busybox else 20)
    left = 2 if "T" in options else 1
    for at in range(left, left + 3):
        widths[at] = max(widths[at], 5)
    for row in rows:
        cells = [
            cell.ljust(widths[at]) if at < left or at == len(row) - 1 else cell.rjust(widths[at])
            for at, cell in enumerate(row)
        ]
        call.line(" ".join(cells).rstrip())
    return 0


def file_type(call: Call) -> int:
    """``file``: a few kinds, by their first bytes."""
    options, paths = call.options("bLi", {"brief": "b", "mime-type": "i"})
    for path in paths:
        found = call.files.find_or_none(path, follow="L" in options)
        if found is None:
            kind = f"cannot open `{path}' (No such file or directory)"
        elif isinstance(found.inode, Directory):
            kind = "directory"
        elif isinstance(found.inode, Symlink):
            kind = f"symbolic link to {found.inode.target}"
        elif isinstance(found.inode, File):
            kind = _content_kind(bytes(found.inode.data[:4096]), found.inode.size)
        else:
            kind = "character special"
        call.line(kind if "b" in options else f"{path}: {kind}")
    return 0


def _content_kind(data: bytes, size: int) -> str:
    if not size:
        return "empty"
    run = parse(data)
    if run is not None:
        link = f"dynamically linked, interpreter {run.loader}" if run.loader else "statically linked"
        machine = "x86-64" if run.arch == "amd64" else "ARM aarch64"
        return f"ELF 64-bit LSB pie executable, {machine}, version 1 (SYSV), {link}, stripped"
    if data.startswith(b"\x1f\x8b"):
        return "gzip compressed data"
    if data[257:262] == b"ustar":
        return "POSIX tar archive"
    if data.startswith(b"#!"):
        interpreter = data.split(b"\n", 1)[0][2:].decode(errors="replace").strip()
        return f"{'POSIX shell' if interpreter.endswith('/sh') else interpreter.rsplit('/', 1)[-1].title() + '-Again shell' if interpreter.endswith('bash') else interpreter} script, ASCII text executable"
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return "UTF-8 Unicode text" if b"\0" not in data else "data"
    return "data" if "\0" in text else "ASCII text"
