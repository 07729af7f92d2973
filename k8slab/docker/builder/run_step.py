"""RUN: one command in a container made for it, whose writable layer becomes the new layer.

`Runner` is what the builder needs; an engine implements it with real containers (its networks, its cgroups). `MachineRunner` does
without an engine: namespaces, an overlay and a process on a host.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from simpy.events import Event

from k8slab.docker.layers import init_layer
from k8slab.machine import signals
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.devices import device_directory
from k8slab.machine.errors import words
from k8slab.machine.executable import search
from k8slab.machine.fs.inode import Directory, File, Inode
from k8slab.machine.fs.mounts import Mount, MountNamespace
from k8slab.machine.fs.overlay import overlay
from k8slab.machine.fs.paths import Searcher
from k8slab.machine.fs.view import FileView
from k8slab.machine.host import Host
from k8slab.machine.streams import Null, Sink
from k8slab.machine.users import UnknownUser, identify

#: No step of a build may take longer; a loop without end must not hold the learner up.
LONGEST_SECONDS = 3600.0
#: Output beyond this is dropped, as BuildKit clips a step's log.
MOST_OUTPUT_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A command to run: with *lowers* (top first) under a fresh layer."""

    argv: tuple[str, ...]
    env: tuple[str, ...]
    working_dir: str
    user: str
    lowers: tuple[Directory, ...]
    network: str = "default"
    hostname: str = "buildkitsandbox"
    #: Further files for the command, by path; they are not part of the layer (here-documents, secrets).
    extra_files: tuple[tuple[str, bytes], ...] = ()
    #: Directories mounted for the command only: path and tree (``--mount=type=cache|bind|tmpfs``).
    mounts: tuple[tuple[str, Directory], ...] = ()
    #: The container's id, for those who show it.
    id: str = ""


class RunResult(NamedTuple):
    """What came of it. *upper* is the new layer; *error* is why the command could not even start."""

    exit_code: int
    upper: Directory
    error: str = ""


#: Takes what the command prints: 1 for stdout or 2 for stderr, and the bytes.
Output = Callable[[int, bytes], None]


class Runner(Protocol):
    """Runs the commands of a build."""

    def run(self, spec: RunSpec, output: Output) -> Generator[Event, Any, RunResult]:
        """Run *spec* to its end. Takes virtual time."""


class MachineRunner:
    """Runs commands directly on *host*."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def run(self, spec: RunSpec, output: Output) -> Generator[Event, Any, RunResult]:
        host = self.host
        now = host.unix_time()
        top = spec.lowers[0] if spec.lowers else Directory(0o755, mtime=now)
        upper = top.copy()
        root = overlay((mount_points(spec, now), init_layer(now), *spec.lowers), upper)
        system = host.new_file_system("overlay", "overlay", on_disk=True)
        mounts = MountNamespace(Mount(system, root))
        view = FileView(mounts, host.unix_time)
        space = host.new_pid_namespace()
        group = host.cgroup.child(f"buildkit/{spec.id or space.number}")
        self._furnish(view, space, group, spec)
        namespaces = host.namespaces.changed(
            pid=space,
            mnt=mounts,
            mnt_number=host.new_namespace_number(),
            uts=host.new_uts_namespace(spec.hostname),
        )
        left = MOST_OUTPUT_BYTES

        def take(number: int) -> Callable[[bytes], None]:
            def write(data: bytes) -> None:
                nonlocal left
                if left > 0:
                    output(number, data[:left])
                left -= len(data)

            return write

        try:
            identity = identify(view, spec.user)
        except UnknownUser as error:
            return RunResult(1, upper, str(error))
        env = dict(one.partition("=")[::2] for one in spec.env)
        env.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        env.setdefault("HOME", identity.home or "/")
        if not view.is_directory(spec.working_dir or "/"):
            view.make_directories(spec.working_dir, 0o755)
        why = _cannot_start(view, spec.argv[0] if spec.argv else "", env["PATH"])
        if why:
            return RunResult(127 if "not found" in why or "no such file" in why else 126, upper, why)
        try:
            process = host.spawn(
                list(spec.argv),
                env=env,
                cwd=spec.working_dir or "/",
                user=Searcher(identity.uid, identity.gid, identity.groups),
                files=view,
                namespaces=namespaces,
                cgroup=group,
                fds={0: Null(), 1: Sink(take(1)), 2: Sink(take(2))},
            )
        except OSError as error:
            name = spec.argv[0] if spec.argv else ""
            return RunResult(126, upper, f"exec {name}: {words(error).lower()}")
        yield process.exited | host.clock.timeout(LONGEST_SECONDS)
        if process.is_alive:
            process.deliver(signals.KILL)
            yield process.exited
        code = process.exit_code or 0
        group.remove()
        if process.parent is not None:
            process.parent.reap(process)
        return RunResult(code, upper)

    def _furnish(self, view: FileView, space: Any, group: Cgroup, spec: RunSpec) -> None:
        """Mount what every container has: /proc, /sys, /dev, /etc/hosts and the like."""
        host = self.host
        now = host.unix_time()
        host.mount_proc(view, space, cgroup=group)
        view.mount("/dev", device_directory(now), host.new_file_system("tmpfs", "tmpfs", 64 << 20))
        texts = {
            "/etc/hosts": f"127.0.0.1\tlocalhost {spec.hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n",
            "/etc/hostname": f"{spec.hostname}\n",
            "/etc/resolv.conf": _text(host.files, "/etc/resolv.conf"),
        }
        for path, text in texts.items():
            view.mount(path, File(text.encode(), 0o644, mtime=now), host.disk)
        for path, tree in spec.mounts:
            view.mount(path, tree, host.disk)
        for path, data in spec.extra_files:
            file = File(data, 0o755, mtime=now)
            if path.startswith("/dev/"):  # a tmpfs of the container's own
                view.make_directories(path.rsplit("/", 1)[0], 0o755)
                view.add(path, file)
            else:
                view.mount(path, file, host.disk)


def mount_points(spec: RunSpec, mtime: float) -> Directory:
    """Return a layer that has only the places where *spec* mounts something, so that they need not be made in the new layer."""
    root = Directory(0o755, mtime=mtime)
    below = overlay(spec.lowers) if spec.lowers else Directory()
    for path, is_file in [*((path, False) for path, _ in spec.mounts), *((path, True) for path, _ in spec.extra_files)]:
        parts = [part for part in path.split("/") if part]
        here: Directory = root
        under: Inode | None = below
        for position, part in enumerate(parts):
            under = under.get(part) if isinstance(under, Directory) else None
            known = here.entries.get(part)
            if known is None:
                is_last = position == len(parts) - 1
                known = under.copy() if isinstance(under, Directory) else Directory(0o755, mtime=mtime)
                here.put(part, File(b"", mtime=mtime) if is_last and is_file else known)
            if not isinstance(known, Directory):
                break
            here = known
    return root


def _text(files: FileView, path: str) -> str:
    try:
        return files.read_text(path)
    except OSError:
        return ""


def _cannot_start(view: FileView, name: str, path: str) -> str:
    """Return why runc could not start *name*, in its words, or ``""``."""
    if not name:
        return "no command specified"
    found, _ = search(view, name, path)
    if found is None:
        return f'exec: "{name}": executable file not found in $PATH'
    if "/" in name:
        try:
            view.find(name)
        except OSError as error:
            return f'exec: "{name}": stat {name}: {words(error).lower()}'
    return ""
