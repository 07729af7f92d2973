"""``docker cp``: files into a container and out of it, as tar archives; also ``docker export``.

Models daemon/archive_unix.go. Works on containers that do not run, too; paths are resolved inside the container's root.
"""

from __future__ import annotations

import base64
import json
import posixpath
import stat
from typing import TYPE_CHECKING, Any

from k8slab.docker import timestamps
from k8slab.docker.container import Container
from k8slab.docker.errors import DockerError, invalid_parameter, not_found
from k8slab.docker.root_files import look_at
from k8slab.machine.fs.archive import ArchiveError, pack, unpack
from k8slab.machine.fs.inode import Directory, Symlink
from k8slab.machine.fs.paths import Location
from k8slab.machine.fs.view import FileView

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

#: Go's os.FileMode bits.
GO_DIRECTORY, GO_SYMLINK, GO_STICKY, GO_SETUID, GO_SETGID = 1 << 31, 1 << 27, 1 << 20, 1 << 23, 1 << 22


def _find(files: FileView, container: Container, path: str, *, follow: bool) -> Location:
    absolute = posixpath.join("/", path)
    try:
        return files.find(absolute if follow else absolute.rstrip("/") or "/", follow=follow)
    except OSError:
        raise not_found(f"Could not find the file {path} in container {container.name}") from None


def _stat(files: FileView, found: Location, path: str) -> str:
    """Return what X-Docker-Container-Path-Stat says about *found*."""
    known = files.stat_of(found)
    mode = known.mode & 0o777
    for bit, go in ((stat.S_ISVTX, GO_STICKY), (stat.S_ISUID, GO_SETUID), (stat.S_ISGID, GO_SETGID)):
        mode |= go if known.mode & bit else 0
    target = ""
    if isinstance(found.inode, Directory):
        mode |= GO_DIRECTORY
    elif isinstance(found.inode, Symlink):
        mode |= GO_SYMLINK
        try:
            target = files.real_path(found.path)
        except OSError:
            target = found.inode.target
    document: dict[str, Any] = {
        "name": posixpath.basename(path.rstrip("/")) or "/",
        "size": known.size,
        "mode": mode,
        "mtime": timestamps.unix_to_text(known.mtime),
        "linkTarget": target,
    }
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def stat_path(engine: DockerEngine, container: Container, path: str) -> str:
    """Return the stat of *path* as its header carries it. Raises DockerError 404."""
    if not path:
        raise invalid_parameter("path cannot be empty")
    with look_at(engine, container, volumes=True) as files:
        return _stat(files, _find(files, container, path, follow=False), path)


def archive(engine: DockerEngine, container: Container, path: str) -> tuple[bytes, str]:
    """Return *path* and all under it as a tar, and its stat. Raises DockerError 404."""
    if not path:
        raise invalid_parameter("path cannot be empty")
    with look_at(engine, container, volumes=True) as files:
        found = _find(files, container, path, follow=False)
        told = _stat(files, found, path)
        shown = path
        if path.endswith(("/", "/.")) and isinstance(found.inode, Symlink):
            found = _find(files, container, path, follow=True)
            shown = found.path
        name = posixpath.basename(posixpath.normpath(shown)) or "/"
        data = pack(files, found.path, name)
    engine.lifecycle.tell(container, "archive-path")
    return data, told


def extract(engine: DockerEngine, container: Container, path: str, data: bytes, *, no_overwrite: bool) -> None:
    """Unpack the tar *data* into the directory *path*. Raises DockerError 400, 403, 404."""
    if not path:
        raise invalid_parameter("path cannot be empty")
    with look_at(engine, container, volumes=True) as files:
        found = _find(files, container, path, follow=True)
        if not isinstance(found.inode, Directory):
            raise invalid_parameter("extraction point is not a directory")
        read_only = found.mount.read_only or (
            container.host_config["ReadonlyRootfs"] and found.mount is files.mounts.root
        )
        if read_only:
            raise DockerError(
                403,
                "mounted volume is marked read-only"
                if found.mount is not files.mounts.root
                else "container rootfs is marked read-only",
            )
        try:
            unpack(files, data, found.path, no_overwrite_dir_non_dir=no_overwrite)
        except ArchiveError as error:
            raise invalid_parameter(str(error)) from None
        except OSError as error:
            raise DockerError(500, f"{error.filename or path}: {(error.strerror or str(error)).lower()}") from None
    engine.lifecycle.tell(container, "extract-to-dir")
