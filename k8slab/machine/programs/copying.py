"""Copying, moving and linking files: cp, mv, ln, install.

GNU coreutils' words, or busybox's where the image is busybox's.
"""

from __future__ import annotations

import errno
import posixpath

from k8slab.machine.fs.inode import Device, Directory, Fifo, File, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.programs.tool import Call, Options, quoted, reason


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
