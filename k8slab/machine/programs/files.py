"""Making, moving and removing files: mkdir, rmdir, rm, touch, cp, mv, ln, mktemp, truncate, install.

GNU coreutils' words, or busybox's where the image is busybox's.
"""

from __future__ import annotations

import errno
import posixpath
import re
from datetime import UTC, datetime

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Symlink
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


def cp(call: Call) -> int:
    options, paths = call.options(
        "rRapvfinTt:dLPuHlsx",
        {
            "recursive": "r",
            "archive": "a",
            "verbose": "v",
            "force": "f",
            "no-clobber": "n",
            "target-directory=": "t",
            "no-target-directory": "T",
            "preserve?": "p",
            "parents": "q",
            "update": "u",
            "dereference": "L",
            "no-dereference": "P",
        },
    )
    return _many(call, options, paths, _copy_one)


def mv(call: Call) -> int:
    options, paths = call.options(
        "fivnTt:u",
        {
            "force": "f",
            "verbose": "v",
            "no-clobber": "n",
            "target-directory=": "t",
            "no-target-directory": "T",
            "update": "u",
        },
    )
    return _many(call, options, paths, _move_one)


def _many(call: Call, options: Options, paths: list[str], one: object) -> int:
    """Apply *one* to each source and its destination; the destination may be a directory."""
    assert callable(one)
    if "t" in options:
        sources, target = paths, options.get("t")
    else:
        if not paths:
            return (
                call.missing_operand()
                if call.busybox
                else call.fail(f"missing file operand\nTry '{call.name} --help' for more information.")
            )
        if len(paths) == 1:
            if call.busybox:
                return call.missing_operand()
            return call.fail(
                f"missing destination file operand after {quoted(paths[0])}\nTry '{call.name} --help' for more information."
            )
        sources, target = paths[:-1], paths[-1]
    into = call.files.is_directory(target) and "T" not in options
    if not into and ("t" in options or len(sources) > 1):
        found = call.files.exists(target)
        why = "Not a directory" if found else "No such file or directory"
        if call.busybox:
            return call.fail(
                f"can't create directory '{target}': File exists" if found else f"target '{target}' is not a directory"
            )
        return call.fail(f"target {quoted(target)}: {why}")
    code = 0
    for source in sources:
        destination = posixpath.join(target, posixpath.basename(source.rstrip("/")) or ".") if into else target
        code = max(code, one(call, options, source, destination))
    return code


def _copy_one(call: Call, options: Options, source: str, destination: str) -> int:
    recursive = any(letter in options for letter in "rRa")
    follow = "L" in options or not (recursive or "d" in options or "P" in options)
    try:
        found = call.files.find(source, follow=follow)
    except OSError as error:
        text = f"{quoted(source)}: {reason(error)}"
        return call.fail(f"can't stat {text}" if call.busybox else f"cannot stat {text}")
    if isinstance(found.inode, Directory):
        if not recursive:
            if call.busybox:
                return call.fail(f"omitting directory {quoted(source)}")
            return call.fail(f"-r not specified; omitting directory {quoted(source)}")
        target = call.files.find_or_none(destination)
        if target is not None and any(above.inode is found.inode for above in target.ancestors()):
            return call.fail(f"cannot copy a directory, {quoted(source)}, into itself, {quoted(destination)}")
        parent = call.files.find_or_none(posixpath.dirname(destination.rstrip("/")) or ".")
        if parent is not None and any(above.inode is found.inode for above in parent.ancestors()):
            return call.fail(f"cannot copy a directory, {quoted(source)}, into itself, {quoted(destination)}")
    return _copy_tree(call, options, found, source, destination)


def _copy_tree(call: Call, options: Options, found: Location, source: str, destination: str) -> int:
    keep = "a" in options or "p" in options
    files = call.files
    try:
        if isinstance(found.inode, Directory):
            return _copy_directory(call, options, found, source, destination, keep)
        old = files.find_or_none(destination, follow=False)
        if old is not None and old.inode is found.inode:
            return call.fail(f"{quoted(source)} and {quoted(destination)} are the same file")
        if old is not None and isinstance(old.inode, Directory):
            if call.busybox:
                return call.fail(f"can't create '{destination}': Is a directory")
            return call.fail(f"cannot overwrite directory {quoted(destination)} with non-directory")
        if old is not None and "n" in options:
            return 0
        if old is not None and "u" in options and old.inode.mtime >= found.inode.mtime:
            return 0
        if "l" in options:
            files.link(source, destination)
            return 0
        if "s" in options:
            files.make_symlink(source, destination)
            return 0
        inode = found.inode
        if isinstance(inode, File):
            if not files.credentials.may(inode, 4):
                return call.fail(
                    f"cannot open {quoted(source)} for reading: Permission denied"
                    if not call.busybox
                    else f"can't open '{source}': Permission denied"
                )
            _copy_file(call, inode, destination, found)
        elif isinstance(inode, Symlink | Fifo | Device):
            if old is not None:
                files.unlink(destination)
            node = inode.copy()
            node.mtime = files.now()
            node.uid, node.gid = files.credentials.uid, files.credentials.gid
            files.add(destination, node)
        if keep and isinstance(inode, File):
            _keep(call, found, destination)
    except OSError as error:
        return _copy_failed(call, source, destination, error)
    if "v" in options:
        call.line(f"{quoted(source)} -> {quoted(destination)}")
    return 0


def _copy_file(call: Call, inode: File, destination: str, found: Location) -> None:
    files = call.files
    new = not files.exists(destination)
    target = files.create(destination, inode.mode & 0o777)
    made = files.file_at(target, destination, 2)
    files.truncate_at(target, made, 0)
    target.mount.file_system.charge(inode.size)
    made.data, made.hole = bytes(inode.data), inode.hole
    made.mtime = files.now()
    if new:
        made.mode = inode.mode & 0o777 & ~files.umask


def _copy_directory(call: Call, options: Options, found: Location, source: str, destination: str, keep: bool) -> int:
    files = call.files
    if not files.exists(destination):
        files.make_directory(destination, found.inode.mode)
        if "v" in options:
            call.line(f"{quoted(source)} -> {quoted(destination)}")
    elif not files.is_directory(destination):
        return call.fail(f"cannot overwrite non-directory {quoted(destination)} with directory {quoted(source)}")
    code = 0
    for name in found.directory.names():
        below = files.walker.child(found, name)
        if below is None:
            continue
        if isinstance(below.inode, Symlink) and "L" in options:
            below = files.find(posixpath.join(source, name))
        code = max(
            code, _copy_tree(call, options, below, posixpath.join(source, name), posixpath.join(destination, name))
        )
    if keep:
        _keep(call, found, destination)
    return code


def _keep(call: Call, found: Location, destination: str) -> None:
    files = call.files
    files.change_mode(destination, found.inode.mode)
    if files.credentials.uid == 0:
        files.change_owner(destination, found.inode.uid, found.inode.gid)
        files.change_mode(destination, found.inode.mode)
    files.set_time(destination, found.inode.mtime)


def _copy_failed(call: Call, source: str, destination: str, error: OSError) -> int:
    path = error.filename or destination
    if call.busybox:
        return call.fail(f"can't create '{path}': {reason(error)}")
    if error.errno == errno.EISDIR and destination.endswith("/"):
        return call.fail(f"cannot create regular file {quoted(destination)}: Not a directory")
    if error.errno == errno.ENOSPC:
        return call.fail(f"error writing {quoted(destination)}: {reason(error)}")
    kind = "directory" if call.files.is_directory(source) else "regular file"
    return call.fail(f"cannot create {kind} {quoted(path)}: {reason(error)}")


def _move_one(call: Call, options: Options, source: str, destination: str) -> int:
    files = call.files
    found = files.find_or_none(source, follow=False)
    if found is None:
        try:
            files.find(source, follow=False)
        except OSError as error:
            return call.fail(
                f"can't rename '{source}': {reason(error)}"
                if call.busybox
                else f"cannot stat {quoted(source)}: {reason(error)}"
            )
        return 1
    old = files.find_or_none(destination, follow=False)
    if old is not None and old.inode is found.inode:
        return call.fail(f"{quoted(source)} and {quoted(destination)} are the same file")
    if old is not None and "n" in options:
        return 0
    try:
        files.rename(source, destination)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return _move_across(call, options, source, destination)
        if call.busybox:
            return call.fail(f"can't rename '{source}': {reason(error)}")
        if error.errno == errno.EINVAL:
            return call.fail(f"cannot move {quoted(source)} to a subdirectory of itself, {quoted(destination)}")
        if error.errno == errno.EISDIR:
            return call.fail(f"cannot overwrite directory {quoted(destination)} with non-directory")
        return call.fail(f"cannot move {quoted(source)} to {quoted(destination)}: {reason(error)}")
    if "v" in options:
        call.line(f"renamed {quoted(source)} -> {quoted(destination)}")
    return 0


def _move_across(call: Call, options: Options, source: str, destination: str) -> int:
    """mv between file systems (and for directories of a lower layer): copy, then remove."""
    copying = Options()
    copying.add("a")
    code = _copy_tree(call, copying, call.files.find(source, follow=False), source, destination)
    if code:
        return code
    try:
        call.files.remove_tree(source)
    except OSError as error:
        return call.fail(f"cannot remove {quoted(source)}: {reason(error)}")
    return 0


def ln(call: Call) -> int:
    options, paths = call.options(
        "sfnvTt:r",
        {
            "symbolic": "s",
            "force": "f",
            "no-dereference": "n",
            "verbose": "v",
            "target-directory=": "t",
            "relative": "r",
        },
    )
    if not paths:
        return (
            call.missing_operand()
            if call.busybox
            else call.fail("missing file operand\nTry 'ln --help' for more information.")
        )
    targets, place = (paths[:-1], paths[-1]) if len(paths) > 1 else (paths, ".")
    found = call.files.find_or_none(place, follow="n" not in options)
    into = found is not None and isinstance(found.inode, Directory) and "T" not in options
    code = 0
    for target in targets:
        path = posixpath.join(place, posixpath.basename(target.rstrip("/"))) if into else place
        try:
            old = call.files.find_or_none(path, follow=False)
            if old is not None and "f" in options:
                call.files.unlink(path)
            if "s" in options:
                call.files.make_symlink(_relative(call, target, path) if "r" in options else target, path)
            else:
                call.files.link(target, path)
            if "v" in options:
                call.line(f"{quoted(path)} -> {quoted(target)}")
        except OSError as error:
            code = _link_failed(call, options, target, path, error)
    return code


def _relative(call: Call, target: str, path: str) -> str:
    here = call.files.working_directory()
    return posixpath.relpath(posixpath.join(here, target), posixpath.join(here, posixpath.dirname(path)))


def _link_failed(call: Call, options: Options, target: str, path: str, error: OSError) -> int:
    if call.busybox:
        return call.fail(f"{path}: {reason(error)}")
    if "s" in options or error.errno == errno.EEXIST:
        kind = "symbolic" if "s" in options else "hard"
        return call.fail(f"failed to create {kind} link {quoted(path)}: {reason(error)}")
    if error.errno == errno.ENOENT and not call.files.exists(target):
        return call.fail(f"failed to access {quoted(target)}: {reason(error)}")
    if error.errno == errno.EPERM:
        return call.fail(f"{target}: hard link not allowed for directory")
    return call.fail(f"failed to create hard link {quoted(path)} => {quoted(target)}: {reason(error)}")


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


def install(call: Call) -> int:
    options, paths = call.options(
        "dDm:o:g:vc", {"directory": "d", "mode=": "m", "owner=": "o", "group=": "g", "verbose": "v"}
    )
    mode = int(options.get("m") or "755", 8)
    if "d" in options:
        for path in paths:
            call.files.make_directories(path, 0o755)
            call.files.change_mode(path, mode)
        return 0
    if "D" in options and len(paths) == 2:
        call.files.make_directories(posixpath.dirname(paths[1]) or ".", 0o755)
    code = _many(call, Options(), paths, _copy_one)
    if code == 0 and len(paths) > 1:
        target = paths[-1]
        for source in paths[:-1]:
            path = posixpath.join(target, posixpath.basename(source)) if call.files.is_directory(target) else target
            call.files.change_mode(path, mode)
    return code


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
