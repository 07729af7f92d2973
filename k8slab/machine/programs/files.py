"""Making and removing files: mkdir, rmdir, rm, touch, mktemp, truncate, mkfifo, mknod.

GNU coreutils' words, or busybox's where the image is busybox's.
"""

from __future__ import annotations

import errno
import posixpath
import re
from datetime import UTC, datetime

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Device, Directory
from k8slab.machine.fs.paths import Location
from k8slab.machine.programs.permissions import parse_mode
from k8slab.machine.programs.tool import Call, Options, Steps, quoted, reason


def mkdir(call: Call) -> int:
    options, paths = call.options("pm:v", {"parents": "p", "mode=": "m", "verbose": "v"})
    if not paths:
        return call.missing_operand()
    code = 0
    for path in paths:
        try:
            if "p" in options:
                call.files.make_directories(path)
            else:
                call.files.make_directory(path)
            if "m" in options:
                call.files.change_mode(path, parse_mode(options.get("m"), 0o777, call.files.umask, True))
            if "v" in options:
                call.line(f"mkdir: created directory {quoted(path)}")
        except OSError as error:
            word = "can't create" if call.busybox else "cannot create"
            code = call.fail(f"{word} directory {quoted(path)}: {reason(error)}")
        except ValueError:
            code = call.fail(f"invalid mode {quoted(options.get('m'))}")
    return code


def rmdir(call: Call) -> int:
    options, paths = call.options("pv", {"parents": "p", "ignore-fail-on-non-empty": "i", "verbose": "v"})
    if not paths:
        return call.missing_operand()
    code = 0
    for path in paths:
        todo = [path]
        if "p" in options:
            while head := posixpath.dirname(todo[-1].rstrip("/")).rstrip("/"):
                todo.append(head)
        for one in todo:
            try:
                call.files.remove_directory(one)
            except OSError as error:
                if not ("i" in options and error.errno == errno.ENOTEMPTY):
                    text = f"{quoted(one)}: {reason(error)}"
                    code = call.fail(text if call.busybox else f"failed to remove {text}")
                break
    return code


def rm(call: Call) -> Steps:
    options, paths = call.options(
        "rRfidvI",
        {
            "recursive": "r",
            "force": "f",
            "interactive": "i",
            "verbose": "v",
            "dir": "d",
            "no-preserve-root": "N",
            "one-file-system": "o",
            "preserve-root?": "P",
        },
    )
    if not paths:
        return 0 if "f" in options else call.missing_operand()
    code = 0
    recursive = "r" in options or "R" in options
    for path in paths:
        if path.rstrip("/").rsplit("/", 1)[-1] in (".", ".."):
            code = call.fail(
                "'.' and '..' may not be removed"
                if call.busybox
                else f"refusing to remove '.' or '..' directory: skipping {quoted(path)}"
            )
            continue
        if recursive and "N" not in options and not call.busybox and path.strip("/") == "":
            call.fail(f"it is dangerous to operate recursively on {quoted(path)}")
            code = call.fail("use --no-preserve-root to override this failsafe")
            continue
        found = call.files.find_or_none(path, follow=False)
        if found is None:
            try:
                call.files.find(path, follow=False)
            except OSError as error:
                if "f" in options and error.errno in (errno.ENOENT, errno.ENOTDIR):
                    continue
                text = f"{quoted(path)}: {reason(error)}"
                code = call.fail(f"can't remove {text}" if call.busybox else f"cannot remove {text}")
            continue
        if isinstance(found.inode, Directory) and not recursive and not ("d" in options and found.inode.is_empty()):
            text = f"{quoted(path)}"
            code = call.fail(f"{text} is a directory" if call.busybox else f"cannot remove {text}: Is a directory")
            continue
        if "i" in options:
            kind = (
                "directory"
                if isinstance(found.inode, Directory)
                else "regular empty file"
                if not found.inode.size
                else "regular file"
            )
            question = "descend into" if isinstance(found.inode, Directory) and not found.inode.is_empty() else "remove"
            call.err(f"rm: {question} {kind} {quoted(path)}? ")
            yield from call.flush()
            answer = yield from call.process.read(0, 1024)
            if not answer.lower().startswith(b"y"):
                continue
        code = max(code, _remove(call, path, found, options))
    return code


def _remove(call: Call, path: str, found: Location, options: Options) -> int:
    code = 0
    if isinstance(found.inode, Directory):
        for name in found.inode.names():
            below = call.files.walker.child(found, name)
            if below is not None:
                code = max(code, _remove(call, path.rstrip("/") + "/" + name, below, options))
        if code:
            return code
    try:
        if isinstance(found.inode, Directory):
            call.files.remove_directory(path)
        else:
            call.files.unlink(path)
    except OSError as error:
        text = f"{quoted(path)}: {reason(error)}"
        return call.fail(f"can't remove {text}" if call.busybox else f"cannot remove {text}")
    if "v" in options:
        kind = "directory " if isinstance(found.inode, Directory) else ""
        call.line(f"removed {kind}{quoted(path)}")
    return 0


def touch(call: Call) -> int:
    options, paths = call.options("acmd:r:t:h", {"no-create": "c", "date=": "d", "reference=": "r"})
    if not paths:
        return (
            call.missing_operand()
            if call.busybox
            else call.fail("missing file operand\nTry 'touch --help' for more information.")
        )
    when: float | None = None
    if "r" in options:
        try:
            when = call.files.stat(options.get("r")).mtime
        except OSError as error:
            return call.fail(f"failed to get attributes of {quoted(options.get('r'))}: {reason(error)}")
    if "d" in options or "t" in options:
        when = parse_date(options.get("d") or options.get("t"), call.files.now())
        if when is None:
            return call.fail(f"invalid date format {quoted(options.get('d') or options.get('t'))}")
    code = 0
    for path in paths:
        try:
            if not call.files.exists(path):
                if "c" in options:
                    continue
                call.files.create(path)
            call.files.set_time(path, when)
        except OSError as error:
            if error.errno == errno.EISDIR:
                continue
            if call.busybox:
                code = call.fail(f"{path}: {reason(error)}")
            else:
                word = "setting times of" if error.errno in (errno.EPERM,) else "cannot touch"
                code = call.fail(f"{word} {quoted(path)}: {reason(error)}")
    return code


def parse_date(text: str, now: float) -> float | None:
    """Return *text* (ISO, ``@seconds``, ``now``, ``yesterday``, touch -t's digits) in Unix seconds, or None."""
    if text.startswith("@") and re.fullmatch(r"@-?\d+(\.\d+)?", text):
        return float(text[1:])
    relative = {"now": 0, "today": 0, "yesterday": -86400, "tomorrow": 86400}
    if text in relative:
        return now + relative[text]
    match = re.fullmatch(r"([-+]?\d+) (second|minute|hour|day|week)s?( ago)?", text)
    if match:
        unit = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}[match[2]]
        return now + int(match[1]) * unit * (-1 if match[3] else 1)
    match = re.fullmatch(r"(\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.(\d{2}))?", text)
    try:
        if match and len(text.split(".")[0]) in (8, 10, 12):
            digits = text.split(".")[0]
            year = datetime.fromtimestamp(now, UTC).year
            if len(digits) == 12:
                year, digits = int(digits[:4]), digits[4:]
            elif len(digits) == 10:
                year, digits = 2000 + int(digits[:2]), digits[2:]
            pieces = [int(digits[at : at + 2]) for at in (0, 2, 4, 6)]
            return datetime(
                year, pieces[0], pieces[1], pieces[2], pieces[3], int(match[7] or 0), tzinfo=UTC
            ).timestamp()
        when = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace("Z", "+00:00"))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def mktemp(call: Call) -> int:
    options, words = call.options("dqup:t", {"directory": "d", "tmpdir?": "p", "dry-run": "u"})
    template = words[0] if words else "tmp.XXXXXXXXXX"
    if not words or "p" in options or "t" in options:
        template = posixpath.join(options.get("p") or call.env.get("TMPDIR") or "/tmp", template)
    match = re.search(r"X{3,}(?=[^X/]*$)", template)
    if match is None:
        return call.fail(f"too few X's in template {quoted(template)}")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    name = "".join(letters[call.process.host.chance.below(len(letters))] for _ in match[0])
    path = template[: match.start()] + name + template[match.end() :]
    try:
        if "u" not in options:
            if "d" in options:
                call.files.make_directory(path, 0o700)
            else:
                call.files.create(path, 0o600, exclusive=True)
    except OSError as error:
        kind = "directory" if "d" in options else "file"
        return call.fail(f"failed to create {kind} via template {quoted(template)}: {reason(error)}")
    call.line(path)
    return 0


def truncate(call: Call) -> int:
    options, paths = call.options("s:c", {"size=": "s", "no-create": "c"})
    size = parse_size(options.get("s").lstrip("+-<>/%"))
    if size is None:
        return call.fail(f"Invalid number: {quoted(options.get('s'))}")
    for path in paths:
        try:
            found = call.files.create(path)
            inode = call.files.file_at(found, path, 2)
            sign = options.get("s")[:1]
            new = inode.size + size if sign == "+" else inode.size - size if sign == "-" else size
            call.files.truncate_at(found, inode, max(0, new))
        except OSError as error:
            return call.fail(f"cannot open {quoted(path)} for writing: {reason(error)}")
    return 0


def parse_size(text: str) -> int | None:
    """Return ``10M`` in bytes, None if it is no size."""
    match = re.fullmatch(r"(\d+)([kKMGT]?)(i?B?|c)?", text)
    if match is None:
        return None
    base = 1000 if match[3] == "B" else 1024
    return int(match[1]) * base ** " KMGT".find(match[2].upper() or " ")


def mkfifo(call: Call) -> int:
    _, paths = call.options("m:")
    for path in paths:
        try:
            call.files.make_fifo(path)
        except OSError as error:
            return call.fail(f"cannot create fifo {quoted(path)}: {reason(error)}")
    return 0 if paths else call.missing_operand()


def mknod(call: Call) -> int:
    _, words = call.options("m:")
    if len(words) < 2:
        return call.missing_operand()
    if words[1] == "p":
        call.files.make_fifo(words[0])
        return 0
    if words[1] not in ("b", "c", "u") or len(words) != 4 or not (words[2].isdigit() and words[3].isdigit()):
        return call.fail(f"invalid device type {quoted(words[1])}")
    try:
        if call.files.credentials.uid:
            raise os_error(errno.EPERM)
        call.files.add(
            words[0], Device(int(words[2]), int(words[3]), 0o644, mtime=call.files.now(), block=words[1] == "b")
        )
    except OSError as error:
        return call.fail(f"{words[0]}: {reason(error)}")
    return 0
