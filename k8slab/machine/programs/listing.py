"""``ls``: GNU's and busybox's.

Left out: colours (the tests and notebooks have no use for them), ``-m``, ``-x``, sorting by version or extension.
"""

from __future__ import annotations

import stat as modes
from datetime import UTC, datetime

from k8slab.machine import users
from k8slab.machine.fs.inode import Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import Stat
from k8slab.machine.programs.tool import Call, Options, human, reason, shell_quoted
from k8slab.machine.streams import DescriptorLink

LONG = {
    "all": "a", "almost-all": "A", "directory": "d", "human-readable": "h", "recursive": "R", "reverse": "r",
    "inode": "i", "size": "s", "classify": "F", "numeric-uid-gid": "n", "full-time": "e", "time-style=": "T", "color?": "K",
    "group-directories-first": "G",
}  # fmt: skip
SIX_MONTHS = 15778476  # coreutils ls.c: half a Gregorian year


def ls(call: Call) -> int:
    options, operands = call.options("aAdhlRr1itSsnFpgoCckHLxvw:T:NbQqmUXuf", LONG, code=2)
    files, directories, code = [], [], 0
    for path in operands or ["."]:
        try:
            long_format = "l" in options or "d" in options or "F" in options
            found = call.files.find(path, follow=not long_format or "L" in options or "H" in options)
        except OSError as error:
            if isinstance(call.files.find_or_none(path, follow=False), Location) and "d" not in options:
                found = call.files.find(path, follow=False)
            else:
                code = 1 if call.busybox else 2
                call.fail(
                    f"{path}: {reason(error)}"
                    if call.busybox
                    else f"cannot access {shell_quoted(path)}: {reason(error)}"
                )
                continue
        entry = (path, found)
        if modes.S_ISDIR(call.files.stat_of(found).mode) and "d" not in options:
            directories.append(entry)
        else:
            files.append(entry)
    lister = _Lister(call, options)
    lister.show(lister.sorted(files))
    titled = len(operands) > 1 or "R" in options
    first = not files
    for path, found in sorted(directories, key=lambda entry: entry[0], reverse="r" in options):
        failed = lister.directory(path, found, titled, first)
        code = max(code, failed)
        first = False
    return code


class _Lister:
    def __init__(self, call: Call, options: Options) -> None:
        self.call = call
        self.options = options
        self.long = any(letter in options for letter in "lngo") or "e" in options
        self.user_names = {user.uid: user.name for user in reversed(users.users(call.files))}
        self.group_names = {group.gid: group.name for group in reversed(users.groups(call.files))}

    def sorted(self, entries: list[tuple[str, Location]]) -> list[tuple[str, Location]]:
        """Return *entries* in the order asked for."""
        options, files = self.options, self.call.files
        if "U" in options or "f" in options:
            return entries
        entries = sorted(entries, key=lambda entry: entry[0])
        if "t" in options:
            entries.sort(key=lambda entry: -files.stat_of(entry[1]).mtime)
        elif "S" in options:
            entries.sort(key=lambda entry: -entry[1].inode.size)
        if "r" in options:
            entries.reverse()
        return entries

    def directory(self, path: str, found: Location, titled: bool, first: bool) -> int:
        """List one directory and, with -R, those below it; return the exit code."""
        call = self.call
        if titled:
            call.out(("" if first else "\n") + f"{path}:\n")
        if not call.files.credentials.may(found.inode, 4):
            call.fail(
                f"can't open '{path}': Permission denied"
                if call.busybox
                else f"cannot open directory {shell_quoted(path)}: Permission denied"
            )
            return 1 if call.busybox else 2
        names = found.directory.names()
        if "a" in self.options or "f" in self.options:
            names = [".", "..", *names]
        elif "A" not in self.options:
            names = [name for name in names if not name.startswith(".")]
        entries: list[tuple[str, Location]] = []
        for name in names:
            if name in (".", ".."):
                entries.append((name, found if name == "." or found.parent is None else found.parent))
                continue
            below = call.files.walker.child(found, name)
            if below is not None:
                entries.append((name, below))
        entries = self.sorted(entries)
        if self.long or "s" in self.options:
            total = sum(call.files.stat_of(where).blocks for _, where in entries) // 2
            call.line(f"total {human(total * 1024) if 'h' in self.options else total}")
        self.show(entries)
        code = 0
        if "R" in self.options:
            for name, below in entries:
                if name not in (".", "..") and modes.S_ISDIR(call.files.stat_of(below).mode):
                    code = max(code, self.directory(path.rstrip("/") + "/" + name, below, True, False))
        return code

    def show(self, entries: list[tuple[str, Location]]) -> None:
        """Print *entries*: long, one a line, or in columns on a terminal."""
        if not entries:
            return
        if self.long:
            self._long(entries)
            return
        shown = [self._prefix(where) + name + self._mark(where) for name, where in entries]
        if self.call.tty and "1" not in self.options:
            self._columns(shown)
        else:
            self.call.out("".join(name + "\n" for name in shown))

    def _prefix(self, where: Location) -> str:
        found = self.call.files.stat_of(where)
        inode = f"{found.number} " if "i" in self.options else ""
        return inode + (f"{found.blocks // 2} " if "s" in self.options else "")

    def _mark(self, where: Location) -> str:
        if "F" not in self.options and "p" not in self.options:
            return ""
        mode = self.call.files.stat_of(where).mode
        if modes.S_ISDIR(mode):
            return "/"
        if "F" not in self.options:
            return ""
        if modes.S_ISLNK(mode):
            return "@"
        return "*" if mode & 0o111 else ""

    def _columns(self, names: list[str]) -> None:
        terminal = self.call.process.terminal
        width = terminal.columns if terminal is not None else 80
        for rows in range(1, len(names) + 1):
            columns = [names[at : at + rows] for at in range(0, len(names), rows)]
            widths = [max(map(len, column)) + 2 for column in columns]
            if sum(widths) - 2 <= width - 1 or rows == len(names):
                break
        for row in range(rows):
            cells = [column[row].ljust(widths[at]) for at, column in enumerate(columns) if row < len(column)]
            self.call.line("".join(cells).rstrip())

    def _long(self, entries: list[tuple[str, Location]]) -> None:
        rows = []
        for name, where in entries:
            found = self.call.files.stat_of(where)
            owner = str(found.uid) if "n" in self.options else self.user_names.get(found.uid, str(found.uid))
            group = str(found.gid) if "n" in self.options else self.group_names.get(found.gid, str(found.gid))
            if modes.S_ISCHR(found.mode) or modes.S_ISBLK(found.mode):
                size = f"{found.rdev[0]}, {found.rdev[1]:>3}"
            else:
                size = human(found.size) if "h" in self.options else str(found.size)
            inode = where.inode
            arrow = f" -> {inode.target}" if isinstance(inode, Symlink) else ""
            mode = mode_text(found.mode)
            if isinstance(inode, DescriptorLink):
                mode, size, arrow = "lrwx------", "64", f" -> {inode.description.name}"
            rows.append(
                (
                    self._prefix(where),
                    mode,
                    str(found.links),
                    owner,
                    group,
                    size,
                    self.date(found),
                    name + arrow + (self._mark(where) if not arrow else ""),
                )
            )
        links, owner_width, group_width, size_width = (max(len(row[at]) for row in rows) for at in (2, 3, 4, 5))
        if self.call.busybox:
            links, owner_width, group_width, size_width = (
                max(5, links),
                max(8, owner_width),
                max(8, group_width),
                max(9, size_width),
            )
        for prefix, mode, count, owner, group, size, date, name in rows:
            owners = ("" if "g" in self.options else f"{owner:<{owner_width}} ") + (
                "" if "o" in self.options else f"{group:<{group_width}} "
            )
            self.call.line(f"{prefix}{mode} {count:>{links}} {owners}{size:>{size_width}} {date} {name}")

    def date(self, found: Stat) -> str:
        """Return the time as ls shows it: with the hour for the last half year, with the year otherwise."""
        when = datetime.fromtimestamp(found.mtime, UTC)
        if "e" in self.options or self.options.get("T") == "full-iso":
            return when.strftime("%Y-%m-%d %H:%M:%S.") + f"{int(found.mtime % 1 * 1e9):09d} +0000"
        now = self.call.files.now()
        recent = now - SIX_MONTHS < found.mtime <= now + (0 if not self.call.busybox else 86400)
        return when.strftime("%b %e %H:%M" if recent else "%b %e  %Y")


def mode_text(mode: int) -> str:
    """Return *mode* as ``-rwxr-xr-x``."""
    return modes.filemode(mode)
