"""``/dev`` as runc fills it for a container, and as a host has it.

Models runc's libcontainer/specconv (AllowedDevices) and rootfs_linux.go (setupDevSymlinks).
"""

from __future__ import annotations

from k8slab.machine.fs.inode import Device, Directory, Symlink

NODES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
LINKS = {
    "core": "/proc/kcore",
    "fd": "/proc/self/fd",
    "ptmx": "pts/ptmx",
    "stderr": "/proc/self/fd/2",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
}


def device_directory(mtime: float = 0.0, *, terminal: bool = False, disks: bool = False) -> Directory:
    """Return a /dev: the usual nodes and links, ``console`` with a *terminal*, ``sda`` with *disks* (hosts, ``--privileged``)."""
    dev = Directory(0o755, mtime=mtime)
    for name, minor in NODES.items():
        dev.put(name, Device(1, minor, mtime=mtime))
    dev.put("tty", Device(5, 0, mtime=mtime))
    for name, target in LINKS.items():
        dev.put(name, Symlink(target, mtime=mtime))
    dev.put("mqueue", Directory(0o1777, mtime=mtime))
    dev.put("shm", Directory(0o1777, mtime=mtime))
    pts = Directory(0o755, mtime=mtime)
    pts.put("ptmx", Device(5, 2, mtime=mtime))
    pts.put("0", Device(136, 0, 0o620, mtime=mtime))
    dev.put("pts", pts)
    if terminal:
        dev.put("console", Device(136, 0, 0o620, mtime=mtime))
    if disks:
        dev.put("sda", Device(8, 0, 0o660, gid=6, mtime=mtime, block=True))
        dev.put("sda1", Device(8, 1, 0o660, gid=6, mtime=mtime, block=True))
        dev.put("kmsg", Device(1, 11, 0o644, mtime=mtime))
    return dev
