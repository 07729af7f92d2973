"""``docker cp``: files into a container and out of it.

Models cli/command/container/cp.go and pkg/archive/copy.go (what a trailing slash or dot means, who is renamed to what).
"""

from __future__ import annotations

import base64
import json
import posixpath
from dataclasses import dataclass, replace
from typing import Any

from k8slab.cli.docker import units
from k8slab.cli.docker.api import whole
from k8slab.cli.docker.errors import CommandError, DaemonError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.local_files import FileStat, LocalFiles, absolute, exists
from k8slab.cli.seam import Steps
from k8slab.cli.tar_archive import ArchiveError, Member, length, pack, unpack

DIR_BIT, LINK_BIT = 1 << 31, 1 << 27  # of Go's os.FileMode
STAT_HEADER = "x-docker-container-path-stat"


@dataclass
class CopyInfo:
    """One end of a copy."""

    path: str
    exists: bool = False
    is_dir: bool = False
    rebase_name: str = ""


def cp(run: Invocation) -> Steps[int]:
    """Copy between a container and the files outside."""
    source, target = run.args
    if not source:
        raise CommandError("source can not be empty")
    if not target:
        raise CommandError("destination can not be empty")
    from_container, source_path = split(source)
    to_container, target_path = split(target)
    if from_container and to_container:
        raise CommandError("copying between containers is not supported")
    if from_container:
        return (yield from _out(run, from_container, source_path, target_path))
    if to_container:
        return (yield from _in(run, source_path, to_container, target_path))
    raise CommandError("must specify at least one container source")


def split(word: str) -> tuple[str, str]:
    """Return container and path of ``web:/tmp``; a path that begins with / or . has no container."""
    if word.startswith("/"):
        return "", word
    container, mark, path = word.partition(":")
    if not mark or container.startswith("."):
        return "", word
    return container, path


def _asserts_dir(path: str) -> bool:
    return path.endswith("/") or _specifies_current(path)


def _specifies_current(path: str) -> bool:
    return posixpath.basename(path) == "."


def _preserved(clean: str, original: str) -> str:
    """Keep a trailing dot or slash that cleaning a path has removed: they say that it is a folder."""
    if not _specifies_current(clean) and _specifies_current(original):
        clean = clean.rstrip("/") + "/."
    if not clean.endswith("/") and original.endswith("/"):
        clean += "/"
    return clean


def _local(run: Invocation, path: str) -> str:
    return _preserved(absolute(run.files, path), path)


def _split_entry(path: str) -> tuple[str, str]:
    clean = posixpath.normpath(path)
    if _specifies_current(path):
        clean = clean.rstrip("/") + "/."
    folder, name = posixpath.split(clean)
    return folder or ".", name


def _is_quiet(run: Invocation) -> bool:
    return run.flags.on("quiet") if run.flags.changed("quiet") else not run.out_is_terminal


def path_stat(headers: Any) -> dict[str, Any]:
    """Return what the engine says of a path in a container."""
    text = next((value for name, value in headers.items() if name.lower() == STAT_HEADER), "")
    return dict(json.loads(base64.b64decode(text))) if text else {}


def _out(run: Invocation, container: str, source: str, target: str) -> Steps[int]:
    to_stdout = target == "-"
    path = target if to_stdout else _local(run, target)
    if not to_stdout:
        _check_target(run, path)
    rebase = ""
    if run.flags.on("follow-link"):
        try:
            response = yield from run.api.call("HEAD", f"/containers/{container}/archive", {"path": source})
        except DaemonError:
            pass
        else:
            found = path_stat(response.headers)
            if found.get("mode", 0) & LINK_BIT:
                link = found["linkTarget"]
                if not link.startswith("/"):
                    link = posixpath.normpath(posixpath.join(_split_entry(source)[0], link))
                source, rebase = _rebased(source, link)
    response = yield from run.api.call("GET", f"/containers/{container}/archive", {"path": source})
    data = yield from whole(response)
    if to_stdout:
        run.io.out_bytes(data)
        return 0
    found = path_stat(response.headers)
    info = CopyInfo(source, True, bool(found.get("mode", 0) & DIR_BIT), rebase)
    members = list(_members(data))
    if rebase:
        members = _renamed(members, _split_entry(source)[1], rebase)
    _write(run.files, members, info, path)
    _summary(run, length(data), path)
    return 0


def _members(data: bytes) -> list[Member]:
    try:
        return list(unpack(data))
    except ArchiveError as error:
        raise CommandError(f"{error}") from None


def _check_target(run: Invocation, path: str) -> None:
    folder = posixpath.dirname(path.rstrip("/") or "/")
    if not exists(run.files, folder):
        raise CommandError(f'invalid output path: directory "{folder}" does not exist')


def _rebased(path: str, link: str) -> tuple[str, str]:
    """Return the link's target, and the name under which its content shall arrive. Models archive.GetRebaseName."""
    resolved = link + "/." if _specifies_current(path) and not _specifies_current(link) else link
    if path.endswith("/") and not resolved.endswith("/"):
        resolved += "/"
    name = posixpath.basename(path.rstrip("/"))
    return resolved, name if posixpath.basename(resolved.rstrip("/")) != name else ""


def _summary(run: Invocation, size: int, where: str) -> None:
    if not _is_quiet(run):
        run.io.err(f"Successfully copied {units.human_size(size, 3)} to {where}\n")


def _local_info(files: LocalFiles, path: str) -> CopyInfo:
    """Return what the target *path* is, links resolved. Models archive.CopyInfoDestinationPath."""
    original = path
    for _ in range(10):
        try:
            found = files.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            parent = posixpath.dirname(path.rstrip("/"))
            if not exists(files, parent):
                raise CommandError(f"lstat {parent}: no such file or directory") from None
            return CopyInfo(path)
        if found.kind != "link":
            return CopyInfo(path, True, found.kind == "dir")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), found.target))
    raise CommandError(f"reached maximum number of symlinks following {original}")


def _prepare(members: list[Member], source: CopyInfo, target: CopyInfo) -> tuple[str, list[Member]]:
    """Return the folder to unpack in, and the members under their new names. Models archive.PrepareArchiveCopy."""
    target_dir, target_base = _split_entry(target.path)
    _, source_base = _split_entry(source.path)
    if target.exists and target.is_dir:
        return target.path, members
    if target.exists and source.is_dir:
        raise CommandError("cannot copy directory")
    if target.exists:
        if source.rebase_name:
            source_base = source.rebase_name
        return target_dir, _renamed(members, source_base, target_base)
    if source.is_dir:
        if source.rebase_name:
            source_base = source.rebase_name
        return target_dir, _renamed(members, source_base, target_base)
    if _asserts_dir(target.path):
        raise CommandError("no such directory")
    if source.rebase_name:
        source_base = source.rebase_name
    return target_dir, _renamed(members, source_base, target_base)


def _renamed(members: list[Member], old: str, new: str) -> list[Member]:
    if old == "/" or not old:
        return members
    out = []
    for member in members:
        name = new + member.name[len(old) :] if member.name.startswith(old) else member.name
        target = member.target
        if member.kind == "hardlink" and target.startswith(old):
            target = new + target[len(old) :]
        out.append(replace(member, name=name, target=target))
    return out


def _write(files: LocalFiles, members: list[Member], source: CopyInfo, path: str) -> None:
    """Unpack *members* at the local *path*. Raises CommandError rather than write outside of it."""
    target = _local_info(files, path)
    folder, prepared = _prepare(members, source, target)
    for member in prepared:
        at = posixpath.normpath(posixpath.join(folder, member.name))
        if at != posixpath.normpath(folder) and not at.startswith(posixpath.normpath(folder).rstrip("/") + "/"):
            raise CommandError(f'"{member.name}" is outside of "{folder}"')
        _no_link_above(files, folder, at)
        if exists(files, at):
            old = files.stat(at)
            if old.kind == "dir" and member.kind != "dir":
                raise CommandError(f'cannot overwrite directory "{at}" with non-directory "{folder}"')
            if old.kind != "dir" and member.kind == "dir":
                raise CommandError(f'cannot overwrite non-directory "{at}" with directory "{folder}"')
            if old.kind != "dir":
                files.remove(at)
        _put(files, member, at)


def _no_link_above(files: LocalFiles, folder: str, at: str) -> None:
    """Refuse to go through a link that the archive itself may have made."""
    above = posixpath.dirname(at)
    while above.startswith(posixpath.normpath(folder).rstrip("/") + "/"):
        if exists(files, above) and files.stat(above).kind == "link":
            raise CommandError(f'"{at}" is outside of "{folder}"')
        above = posixpath.dirname(above)


def _put(files: LocalFiles, member: Member, at: str) -> None:
    match member.kind:
        case "dir":
            files.make_dir(at, member.mode & 0o7777)
        case "file":
            files.write_bytes(at, member.data, member.mode & 0o7777, member.mtime)
        case "link":
            files.make_link(at, member.target)


def _in(run: Invocation, source: str, container: str, target: str) -> Steps[int]:
    info = CopyInfo(target)
    try:
        response = yield from run.api.call("HEAD", f"/containers/{container}/archive", {"path": target})
        found = path_stat(response.headers)
        if found.get("mode", 0) & LINK_BIT:
            link = found["linkTarget"]
            if not link.startswith("/"):
                link = posixpath.normpath(posixpath.join(_split_entry(target)[0], link))
            info.path = link
            response = yield from run.api.call("HEAD", f"/containers/{container}/archive", {"path": link})
            found = path_stat(response.headers)
        info.exists, info.is_dir = True, bool(found.get("mode", 0) & DIR_BIT)
    except DaemonError:
        pass  # the engine will say what is wrong
    if source == "-":
        if not info.is_dir:
            raise CommandError(f'destination "{container}:{target}" must be a directory')
        data, folder = run.stdin or b"", info.path
    else:
        path = _local(run, source)
        origin, members = read_tree(run.files, path, follow=run.flags.on("follow-link"))
        folder, prepared = _prepare(members, origin, info)
        data = pack(prepared)
    query = {
        "path": folder,
        "noOverwriteDirNonDir": "true",
        "copyUIDGID": "true" if run.flags.on("archive") else None,
    }
    headers = {"content-type": "text/plain"}
    yield from run.api.call("PUT", f"/containers/{container}/archive", query, data=data, headers=headers)
    _summary(run, len(data), f"{container}:{info.path}")
    return 0


def read_tree(files: LocalFiles, path: str, *, follow: bool = False) -> tuple[CopyInfo, list[Member]]:
    """Return what is at *path* as members of an archive, named after its last part. Models archive.TarResource."""
    try:
        found = files.stat(path.rstrip("/") or "/")
    except (FileNotFoundError, NotADirectoryError):
        raise CommandError(f"lstat {path}: no such file or directory") from None
    rebase = ""
    if found.kind == "link" and (follow or _asserts_dir(path)):
        link = posixpath.normpath(posixpath.join(posixpath.dirname(path.rstrip("/")), found.target))
        path, rebase = _rebased(path, link)
        found = files.stat(path.rstrip("/") or "/")
    if path.endswith("/") and found.kind != "dir":
        raise CommandError("not a directory")
    folder, name = _split_entry(path)
    info = CopyInfo(path, True, found.kind == "dir", rebase)
    shown = rebase or name
    members: list[Member] = []
    _walk(files, posixpath.join(folder, name), shown, members)
    return info, members


def _walk(files: LocalFiles, path: str, name: str, members: list[Member]) -> None:
    found = files.stat(path)
    members.append(as_member(files, path, name, found))
    if found.kind == "dir":
        for entry in files.list(path):
            _walk(files, posixpath.join(path, entry), posixpath.join(name, entry), members)


def as_member(files: LocalFiles, path: str, name: str, found: FileStat) -> Member:
    """Return one local file, folder or link as a member of an archive."""
    if found.kind == "dir":
        return Member(name.rstrip("/") + "/", "dir", found.mode, found.mtime, found.uid, found.gid)
    if found.kind == "link":
        return Member(name, "link", found.mode, found.mtime, found.uid, found.gid, found.target)
    return Member(name, "file", found.mode, found.mtime, found.uid, found.gid, "", files.read_bytes(path))
