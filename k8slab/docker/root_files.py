"""A container's files: its root with everything mounted in it, as its process will see them, or as ``docker cp`` looks in.

Models daemon/oci_linux.go (mounts, masked paths) and runc's rootfs_linux.go: where a mount's place is missing it is made.
Left out: masked and read-only paths below /proc are only shown in ``docker inspect``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from k8slab.docker.container import Container, LogInode
from k8slab.docker.errors import DockerError
from k8slab.docker.mount_points import MountPoint
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.devices import device_directory
from k8slab.machine.fs.inode import Directory, File, Inode
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.overlay import overlay
from k8slab.machine.fs.view import FileView
from k8slab.machine.namespaces import PidNamespace

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

#: The files that the engine writes for every container and mounts over the image's.
OWN_FILES = ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts")


def root_view(engine: DockerEngine, container: Container, *, read_only: bool = False) -> FileView:
    """Return a view of the container's root: its layers alone, nothing mounted."""
    if container.root is None:
        container.root = overlay(container.lowers, container.upper)
    return engine.host.view(MountNamespace(Mount(container.file_system, container.root, read_only=read_only)))


@contextmanager
def look_at(engine: DockerEngine, container: Container, *, volumes: bool = False) -> Iterator[FileView]:
    """Give a view of the container's files whether it runs or not; with *volumes*, what is mounted there is seen too."""
    if container.live is not None:
        files = container.live.files.copy()
        files.cwd = files.walker.root
        files.credentials = type(files.credentials)()
        yield files
        return
    files = root_view(engine, container)
    if volumes:
        mount_all(engine, container, files, [one for one in container.mounts.values() if one.type != "tmpfs"])
    yield files


def directory_of(engine: DockerEngine, container: Container) -> Directory:
    """Return the container's directory on the host's disk, made with its log if it is missing."""
    found = engine.containers_directory.get(container.id)
    if found is None:
        found = Directory(0o710, mtime=container.created)
        if container.log.kept:
            found.put(f"{container.id}-json.log", LogInode(container.log, container.created))
        engine.containers_directory.put(container.id, found)
    assert isinstance(found, Directory)
    return found


def prepare(
    engine: DockerEngine, container: Container, space: PidNamespace, cgroup: Cgroup, own: dict[str, str]
) -> FileView:
    """Return the view that the container's process gets; *own* are the texts of `OWN_FILES`. Raises DockerError, OSError."""
    read_only = bool(container.host_config["ReadonlyRootfs"])
    privileged = bool(container.host_config["Privileged"])
    host = engine.host
    files = root_view(engine, container)
    host.mount_proc(files, space, read_only_sys=not privileged, cgroup=cgroup)
    dev = device_directory(host.unix_time(), terminal=container.config.tty, disks=privileged)
    files.mount(
        "/dev", dev, host.new_file_system("tmpfs", "tmpfs", 64 << 20), options=("nosuid", "size=65536k", "mode=755")
    )
    shm = host.new_file_system("tmpfs", "shm", int(container.host_config["ShmSize"]))
    files.mount("/dev/shm", Directory(0o1777), shm, options=("nosuid", "nodev", "noexec", "relatime"))
    directory = directory_of(engine, container)
    for path, text in own.items():
        name = path.rsplit("/", 1)[1]
        if path in container.mounts:
            continue
        file = directory.get(name)
        if not isinstance(file, File):
            file = File(text.encode(), 0o644, mtime=host.unix_time())
            directory.put(name, file)
        elif name != "hostname":
            file.data = text.encode()
        _place(files, path, file)
        files.mount(path, file, host.disk, kind="bind")
    mount_all(engine, container, files, list(container.mounts.values()))
    if read_only:
        files.mounts.root.read_only = True
    return files


def mount_all(engine: DockerEngine, container: Container, files: FileView, points: list[MountPoint]) -> None:
    """Mount *points*, those nearest the root first. Raises DockerError."""
    for point in sorted(points, key=lambda one: (one.destination.count("/"), one.destination)):
        root, system = _source(engine, point)
        try:
            _place(files, point.destination, root)
            files.mount(point.destination, root, system, read_only=not point.rw, kind=point.type)
        except OSError as error:
            reason = (error.strerror or "").lower()
            text = (
                f'error mounting "{point.source}" to rootfs at "{point.destination}": mount src={point.source}, '
                f"dst={point.destination}, dstFd=/proc/thread-self/fd/11, flags=MS_BIND|MS_REC: {reason}"
            )
            raise OSError(error.errno, text) from None


def _source(engine: DockerEngine, point: MountPoint) -> tuple[Inode, FileSystem]:
    host = engine.host
    if point.type == "tmpfs":
        directory = Directory(point.permissions, mtime=host.unix_time())
        return directory, host.new_file_system("tmpfs", "tmpfs", point.size_bytes or host.memory_bytes // 2)
    if point.type == "volume":
        return engine.volumes.find(point.name).root, host.disk
    found = host.files.find_or_none(point.source)
    if found is None:
        if not point.makes_source:
            raise DockerError(
                400, f'invalid mount config for type "bind": bind source path does not exist: {point.source}'
            )
        try:
            host.files.make_directories(point.source, 0o755)
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise DockerError(
                500, f"error while creating mount source path '{point.source}': mkdir {point.source}: {reason}"
            ) from None
        found = host.files.find(point.source)
    return found.writable() if not found.mount.read_only else found.inode, found.mount.file_system


def _place(files: FileView, path: str, root: Inode) -> None:
    """Make the place for a mount at *path* if there is none."""
    if files.find_or_none(path) is not None:
        return
    if isinstance(root, Directory):
        files.make_directories(path, 0o755)
        return
    head = posixpath.dirname(path)
    if not files.is_directory(head):
        files.make_directories(head, 0o755)
    files.write(path, b"", 0o755)


def forget(engine: DockerEngine, container: Container) -> None:
    """Take the container's directory off the host's disk."""
    if engine.containers_directory.get(container.id) is not None:
        engine.containers_directory.remove(container.id)
