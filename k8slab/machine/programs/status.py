"""Looking at files and disks: stat, readlink, realpath, basename, dirname, du, df, find, file, test's programs are elsewhere."""

from __future__ import annotations

import posixpath
import re
import stat as modes
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import users
from k8slab.machine.executable import parse
from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Socket, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import Stat
from k8slab.machine.programs.tool import Call, Steps, human, quoted, reason
from k8slab.machine.shell import patterns

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
            "Size" if "h" in options else "1K-blocks" if not call.busybox else "1K-blocks",
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


# -- find --------------------------------------------------------------------------------------------------------------


class _BadFind(Exception):
    """The expression is wrong; the message is find's."""


class _Find:
    """One find: its tests as a tree of functions."""

    def __init__(self, call: Call, words: list[str]) -> None:
        self.call = call
        self.words = words
        self.at = 0
        self.max_depth = 1 << 30
        self.min_depth = 0
        self.acts = False
        self.depth_first = False
        self.batches: list[tuple[list[str], list[str]]] = []
        self.code = 0
        self.pruned = False

    def parse(self) -> Any:
        test = self._or() if self.at < len(self.words) else (lambda *_: iter_true())
        if self.at < len(self.words):
            word = self.words[self.at]
            raise _BadFind(
                f"paths must precede expression: `{word}'"
                if not word.startswith("-")
                else f"unknown predicate `{word}'"
            )
        return test

    def _or(self) -> Any:
        left = self._and()
        while self.at < len(self.words) and self.words[self.at] in ("-o", "-or"):
            self.at += 1
            right = self._and()
            left = _either(left, right)
        return left

    def _and(self) -> Any:
        left = self._one()
        while self.at < len(self.words) and self.words[self.at] not in ("-o", "-or", ")"):
            if self.words[self.at] in ("-a", "-and"):
                self.at += 1
            left = _both(left, self._one())
        return left

    def _value(self, name: str) -> str:
        if self.at >= len(self.words):
            raise _BadFind(f"missing argument to `{name}'")
        self.at += 1
        return self.words[self.at - 1]

    def _one(self) -> Any:
        if self.at >= len(self.words):
            raise _BadFind("invalid expression")
        word = self.words[self.at]
        self.at += 1
        if word in ("!", "-not"):
            return _negated(self._one())
        if word == "(":
            inside = self._or()
            if self.at >= len(self.words) or self.words[self.at] != ")":
                raise _BadFind("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            self.at += 1
            return inside
        return self._primary(word)

    def _primary(self, word: str) -> Any:
        files = self.call.files
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            value = self._value(word)
            fold = word.startswith("-i")
            pattern = value.lower() if fold else value

            def named(path: str, found: Location) -> bool:
                text = path if "path" in word or "whole" in word else path.rstrip("/").rsplit("/", 1)[-1] or "/"
                return patterns.matches(pattern, text.lower() if fold else text)

            return _plain(named)
        if word == "-type":
            value = self._value(word)
            classes: dict[str, type | tuple[type, ...]] = {
                "f": File,
                "d": Directory,
                "l": Symlink,
                "p": Fifo,
                "s": Socket,
                "c": Device,
                "b": Device,
            }
            if any(letter not in classes for letter in value.split(",")):
                raise _BadFind(f"Unknown argument to -type: {value}")
            wanted = [classes[letter] for letter in value.split(",")]
            return _plain(lambda path, found: any(isinstance(found.inode, kind) for kind in wanted))  # type: ignore[arg-type]
        if word in ("-maxdepth", "-mindepth"):
            value = self._value(word)
            if not value.isdigit():
                raise _BadFind(f"Expected a positive decimal integer argument to {word}, but got `{value}'")
            if word == "-maxdepth":
                self.max_depth = int(value)
            else:
                self.min_depth = int(value)
            return _plain(lambda path, found: True)
        if word in ("-size", "-mtime", "-mmin", "-uid", "-gid", "-links", "-perm"):
            return self._numeric(word, self._value(word))
        if word in ("-user", "-group"):
            value = self._value(word)
            table = (
                {one.name: one.uid for one in users.users(files)}
                if word == "-user"
                else {one.name: one.gid for one in users.groups(files)}
            )
            number = table.get(value, int(value) if value.isdigit() else None)
            if number is None:
                raise _BadFind(f"`{value}' is not the name of a known {word[1:]}")
            return _plain(lambda path, found: (found.inode.uid if word == "-user" else found.inode.gid) == number)
        if word == "-newer":
            other = files.stat(self._value(word)).mtime
            return _plain(lambda path, found: found.inode.mtime > other)
        if word == "-empty":
            return _plain(
                lambda path, found: (
                    found.inode.is_empty()
                    if isinstance(found.inode, Directory)
                    else isinstance(found.inode, File) and not found.inode.size
                )
            )
        if word in ("-true", "-false", "-xdev", "-mount", "-noleaf", "-depth"):
            self.depth_first = self.depth_first or word == "-depth"
            return _plain(lambda path, found: word != "-false")
        return self._action(word)

    def _numeric(self, word: str, value: str) -> Any:
        if word == "-perm":
            mask = int(value.lstrip("-/"), 8)
            if value.startswith("-"):
                return _plain(lambda path, found: found.inode.mode & mask == mask)
            if value.startswith("/"):
                return _plain(lambda path, found: bool(found.inode.mode & mask))
            return _plain(lambda path, found: found.inode.mode == mask)
        match = re.fullmatch(r"([-+]?)(\d+)([cwbkMG]?)", value)
        if match is None:
            raise _BadFind(f"invalid argument `{value}' to `{word}'")
        unit = {"c": 1, "w": 2, "k": 1024, "M": 1 << 20, "G": 1 << 30}.get(match[3], 512)
        wanted = int(match[2])
        now = self.call.files.now()

        def measured(found: Location) -> int:
            inode = found.inode
            if word == "-size":
                return -(-inode.size // unit)
            if word == "-mtime":
                return int((now - inode.mtime) // 86400)
            if word == "-mmin":
                return int(-(-(now - inode.mtime) // 60))
            return {"-uid": inode.uid, "-gid": inode.gid, "-links": inode.links}[word]

        compare = {
            "+": lambda value: value > wanted,
            "-": lambda value: value < wanted,
            "": lambda value: value == wanted,
        }[match[1]]
        return _plain(lambda path, found: compare(measured(found)))

    def _action(self, word: str) -> Any:
        call = self.call
        if word in ("-print", "-print0", "-ls"):
            self.acts = True
            end = "\0" if word == "-print0" else "\n"
            return _plain(lambda path, found: (call.out(path + end), True)[1])
        if word == "-prune":

            def prune(path: str, found: Location) -> bool:
                self.pruned = True
                return True

            return _plain(prune)
        if word == "-quit":

            def leave(path: str, found: Location) -> bool:
                raise StopIteration

            return _plain(leave)
        if word == "-delete":
            self.acts = self.depth_first = True

            def delete(path: str, found: Location) -> bool:
                try:
                    if isinstance(found.inode, Directory):
                        call.files.remove_directory(path)
                    else:
                        call.files.unlink(path)
                except OSError as error:
                    self.code = call.fail(f"cannot delete ‘{path}’: {reason(error)}")
                    return False
                return True

            return _plain(delete)
        if word == "-printf":
            template = self._value(word)
            self.acts = True

            def show(path: str, found: Location) -> bool:
                facts = call.files.stat_of(found)
                values = {
                    "p": path,
                    "f": path.rsplit("/", 1)[-1],
                    "s": str(facts.size),
                    "m": f"{facts.mode & 0o7777:o}",
                    "y": modes.filemode(facts.mode)[0].replace("-", "f"),
                    "u": users.user_name(call.files, facts.uid) or str(facts.uid),
                    "g": users.group_name(call.files, facts.gid) or str(facts.gid),
                    "h": posixpath.dirname(path) or ".",
                    "%": "%",
                }
                text = re.sub(r"%(.)", lambda match: values.get(match[1], match[0]), template)
                call.out(text.replace("\\n", "\n").replace("\\t", "\t"))
                return True

            return _plain(show)
        if word in ("-exec", "-execdir", "-ok"):
            return self._exec(word)
        raise _BadFind(f"unknown predicate `{word}'")

    def _exec(self, word: str) -> Any:
        self.acts = True
        template: list[str] = []
        while self.at < len(self.words) and self.words[self.at] != ";":
            template.append(self.words[self.at])
            self.at += 1
            if template[-1] == "+" and template[-2:-1] == ["{}"]:
                batch = (template[:-2], [])  # type: tuple[list[str], list[str]]
                self.batches.append(batch)
                return _plain(lambda path, found: (batch[1].append(path), True)[1])
        if self.at >= len(self.words):
            raise _BadFind(f"missing argument to `{word}'")
        self.at += 1

        def run(path: str, found: Location) -> Generator[Any, Any, bool]:
            return (yield from self.run([part.replace("{}", path) for part in template])) == 0

        return run

    def run(self, argv: list[str]) -> Generator[Any, Any, int]:
        """Run *argv* and return its status."""
        yield from self.call.flush()
        try:
            child = self.call.process.spawn(argv)
        except OSError as error:
            return self.call.fail(f"‘{argv[0]}’: {reason(error)}")
        return (yield from self.call.process.wait(child))


def iter_true() -> Generator[Any, Any, bool]:
    """The test that always holds."""
    return True
    yield


def _plain(function: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return function(path, found)
        yield

    return test


def _both(left: Any, right: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return (yield from left(path, found)) and (yield from right(path, found))

    return test


def _either(left: Any, right: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return (yield from left(path, found)) or (yield from right(path, found))

    return test


def _negated(inner: Any) -> Any:
    def test(path: str, found: Location) -> Generator[Any, Any, bool]:
        return not (yield from inner(path, found))

    return test


def find(call: Call) -> Steps:
    words = list(call.args)
    while words and words[0] in ("-L", "-P", "-H"):
        words.pop(0)
    paths: list[str] = []
    while words and not words[0].startswith("-") and words[0] not in ("(", "!"):
        paths.append(words.pop(0))
    finder = _Find(call, words)
    try:
        test = finder.parse()
    except _BadFind as error:
        return call.fail(str(error))

    def visit(path: str, found: Location, level: int) -> Generator[Any, Any, None]:
        finder.pruned = False
        if not finder.depth_first and level >= finder.min_depth:
            yield from look(path, found)
        if isinstance(found.inode, Directory) and level < finder.max_depth and not finder.pruned:
            if not call.files.credentials.may(found.inode, 5):
                finder.code = call.fail(f"‘{path}’: Permission denied")
            else:
                for name in found.inode.names():
                    below = call.files.walker.child(found, name)
                    if below is not None:
                        yield from visit(path.rstrip("/") + "/" + name if path != "/" else "/" + name, below, level + 1)
        finder.pruned = False
        if finder.depth_first and level >= finder.min_depth:
            yield from look(path, found)

    def look(path: str, found: Location) -> Generator[Any, Any, None]:
        if (yield from test(path, found)) and not finder.acts:
            call.line(path)

    for path in paths or ["."]:
        try:
            start = call.files.find(path, follow=False)
        except OSError as error:
            finder.code = call.fail(f"‘{path}’: {reason(error)}" if not call.busybox else f"{path}: {reason(error)}")
            continue
        try:
            yield from visit(path, start, 0)
        except RuntimeError:  # -quit
            break
    for template, collected in finder.batches:
        if collected:
            yield from finder.run([*template, *collected])
    return finder.code


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
