"""A Linux machine: one kernel with its processes, its disk, its processors and memory, and its own view of the network.

Start here. A host is real or rented, and cannot tell which; docker and a kubelet run on it. Everything that runs is made with
`Host.spawn` (a program in chosen namespaces) or by a process forking.
Left out: firmware, drivers, kernel logs; one kernel version for all hosts.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Mapping
from typing import Any

from simpy.events import Event

from k8slab.machine import signals
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.descriptors import Descriptors
from k8slab.machine.devices import device_directory
from k8slab.machine.errors import os_error
from k8slab.machine.executable import load, search
from k8slab.machine.fs.inode import Directory
from k8slab.machine.fs.mounts import FileSystem, Mount, MountNamespace
from k8slab.machine.fs.paths import Location, Searcher
from k8slab.machine.fs.view import FileView
from k8slab.machine.namespaces import (
    FIRST_OTHER,
    INITIAL,
    INITIAL_MNT,
    Namespaces,
    PidNamespace,
    Plain,
    UtsNamespace,
)
from k8slab.machine.network import Loopback, Network
from k8slab.machine.process import Process, null_stdio
from k8slab.machine.procfs import cgroup_directory, proc
from k8slab.machine.program import Life, NotModelled, Program, Table
from k8slab.machine.streams import Description
from k8slab.machine.terminal import Terminal
from k8slab.machine.units import Unit
from k8slab.sim.chance import Chance
from k8slab.sim.clock import EPOCH, Clock

KERNEL = "6.12.0-lab"
KERNEL_VERSION = "#1 SMP PREEMPT_DYNAMIC Thu Jan  1 00:00:00 UTC 2026"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: kernel.threads-max of a machine of this size, roughly; also what ends a fork bomb that no cgroup ends.
MOST_PROCESSES = 10_000
#: What one program may really gather in memory.
MOST_MEMORY_BYTES = 96 << 20
#: Bytes of one disk that may really be kept (holes cost nothing): a program that fills a disk must not fill ours.
DISK_BYTES = 60 << 30


class Init:
    """PID 1 of a host: starts nothing by itself; the orphans that come to it are collected by `Host`."""

    def run(self, process: Process) -> Life:
        process.on(signals.TERM, None)
        yield process.clock.event()
        return 0


class Host:
    """One machine."""

    def __init__(
        self,
        clock: Clock,
        chance: Chance,
        name: str = "host",
        *,
        programs: Table | None = None,
        root: Directory | None = None,
        network: Network | None = None,
        cpus: int = 4,
        memory_bytes: int = 8 << 30,
        arch: str = "amd64",
    ) -> None:
        self.clock = clock
        self.chance = chance
        self.name = name
        self.programs: Table = programs if programs is not None else {}
        self.cpus = cpus
        self.memory_bytes = memory_bytes
        self.arch = arch
        self.kernel = KERNEL
        self.kernel_version = KERNEL_VERSION
        self.most_processes = MOST_PROCESSES
        self.booted = clock.now
        self.forks = 0
        self.network: Network = network if network is not None else Loopback(clock)
        self.cgroup = Cgroup()
        self.cgroup.memory_max = memory_bytes
        #: Every process of the machine by its number on the host.
        self.processes: dict[int, Process] = {}
        #: The services that systemctl knows, by name.
        self.units: dict[str, Unit] = {}
        self._namespace_number = FIRST_OTHER
        self._file_system_number = 40
        self.disk = FileSystem("ext4", "/dev/sda1", DISK_BYTES, number=2049)
        mounts = MountNamespace(Mount(self.disk, root if root is not None else _bare_root(self.unix_time())))
        self.namespaces = Namespaces(
            pid=PidNamespace(INITIAL["pid"]),
            mnt=mounts,
            uts=UtsNamespace(INITIAL["uts"], name),
            net=self.network,
            ipc=Plain(INITIAL["ipc"]),
            user=Plain(INITIAL["user"]),
            cgroup=Plain(INITIAL["cgroup"]),
            mnt_number=INITIAL_MNT,
        )
        #: What root sees at the machine's own prompt.
        self.files = FileView(mounts, self.unix_time)
        self._mount_kernel_file_systems()
        self.init = self._start_init()

    # -- time and load -------------------------------------------------------------------------------------------------

    def unix_time(self) -> float:
        """Return the time of day in Unix seconds."""
        return EPOCH.timestamp() + self.clock.env.now

    @property
    def uptime(self) -> float:
        """Seconds since it was switched on."""
        return self.clock.now - self.booted

    @property
    def memory_used(self) -> int:
        """Bytes that its processes hold."""
        return self.cgroup.memory_current

    # -- making namespaces ---------------------------------------------------------------------------------------------

    def new_namespace_number(self) -> int:
        """Return the number of a new namespace."""
        self._namespace_number += 1
        return self._namespace_number

    def new_file_system(
        self, type: str, source: str, capacity_bytes: int | None = None, *, on_disk: bool = False
    ) -> FileSystem:
        """Return a new file system; *on_disk* keeps its bytes on this host's disk."""
        self._file_system_number += 1
        return FileSystem(type, source, capacity_bytes, self.disk if on_disk else None, self._file_system_number)

    def new_pid_namespace(self, parent: PidNamespace | None = None) -> PidNamespace:
        """Return a new PID namespace inside *parent* (the host's own by default)."""
        return PidNamespace(self.new_namespace_number(), parent or self.namespaces.pid)

    def new_uts_namespace(self, hostname: str) -> UtsNamespace:
        """Return a new UTS namespace."""
        return UtsNamespace(self.new_namespace_number(), hostname)

    def view(self, mounts: MountNamespace, root: Location | None = None) -> FileView:
        """Return root's view of *mounts*."""
        return FileView(mounts, self.unix_time, root=root)

    def mount_proc(
        self, files: FileView, space: PidNamespace, *, read_only_sys: bool = True, cgroup: Cgroup | None = None
    ) -> None:
        """Mount /proc for *space*, /sys and /sys/fs/cgroup (of *cgroup*) in *files*; the directories are made if missing."""
        for path in ("/proc", "/sys"):
            if not files.is_directory(path):
                files.make_directory(path, 0o555)
        files.mount(
            "/proc",
            proc(self, space),
            self.new_file_system("proc", "proc"),
            options=("nosuid", "nodev", "noexec", "relatime"),
        )
        sys = Directory(0o555)
        sys.put("fs", Directory(0o755))
        fs = sys.entries["fs"]
        assert isinstance(fs, Directory)
        fs.put("cgroup", Directory(0o755))
        flags = ("nosuid", "nodev", "noexec", "relatime")
        files.mount("/sys", sys, self.new_file_system("sysfs", "sysfs"), read_only=read_only_sys, options=flags)
        files.mount(
            "/sys/fs/cgroup",
            cgroup_directory(cgroup or self.cgroup),
            self.new_file_system("cgroup2", "cgroup"),
            read_only=read_only_sys,
            options=flags,
        )

    # -- running things ------------------------------------------------------------------------------------------------

    def program(self, name: str) -> Program:
        """Return a new instance of the program *name*."""
        factory = self.programs.get(name)
        return factory() if factory is not None else NotModelled()

    def spawn(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        user: Searcher | None = None,
        files: FileView | None = None,
        namespaces: Namespaces | None = None,
        cgroup: Cgroup | None = None,
        fds: Mapping[int, Description] | None = None,
        terminal: Terminal | None = None,
        parent: Process | None = None,
        body: Callable[[Process], Life] | None = None,
    ) -> Process:
        """Start *argv* and return its process: what runc does for a container, sshd for a login.

        *files* is copied; the default is the host's own. Raises OSError exactly as fork, chdir and execve would, before the
        process exists: EAGAIN, ENOENT, ENOTDIR, EACCES, ENOEXEC. With *body* a function runs instead of a file.
        """
        environment = dict(env) if env is not None else {"PATH": DEFAULT_PATH, "HOME": "/root"}
        view = (files or self.files).copy()
        if user is not None:
            view.credentials = user
        if cwd != "/":
            view.change_directory(cwd)
        group = cgroup or self.cgroup
        if not self.has_room() or not group.has_room():
            raise os_error(errno.EAGAIN)
        loaded = None
        if body is None:
            path, number = search(view, argv[0], environment.get("PATH", ""))
            if path is None:
                raise os_error(number, argv[0])
            loaded = load(view, path, argv, self.arch)
        process = Process(
            self,
            parent or self.init,
            argv=argv,
            env=environment,
            files=view,
            fds=dict(fds) if fds is not None else null_stdio(),
            namespaces=namespaces or self.namespaces,
            cgroup=group,
        )
        (parent or self.init).children[process.host_pid] = process
        process.session = process.pgid = process.pid
        if terminal is not None:
            process.terminal = terminal
            terminal.signal = lambda signal: self.signal_terminal(process, signal)
        if loaded is not None:
            program = self.program(loaded.executable.program)
            process.become(loaded.executable, loaded.path, loaded.argv)
            process.start(program.run(process))
        else:
            assert body is not None
            process.start(body(process))
        return process

    def signal_terminal(self, leader: Process, signal: int) -> None:
        """Send *signal* to the processes of *leader*'s session that are in the foreground: the youngest group's and below."""
        space = leader.namespaces.pid.processes
        for _, process in sorted(space.items()):
            if process.session == leader.session and process.is_alive:
                process.deliver(signal)

    def has_room(self) -> bool:
        """Return whether one more process fits into the kernel's table."""
        return len(self.processes) < self.most_processes

    def adopt(self, process: Process) -> int:
        """Enter *process* into the tables; return its number on the host."""
        self.forks += 1
        space: PidNamespace | None = process.namespaces.pid
        number = 0
        while space is not None:
            number = space.next_pid()
            process.pids[space.number] = number
            space.processes[number] = process
            space = space.parent
        process.host_pid = number
        self.processes[number] = process
        process.cgroup.enter(process)
        if process.cgroup.is_frozen:
            process.hold_still()
        return number

    def ended(self, process: Process) -> None:
        """*process* has become a zombie: its children get a new parent, its own parent is told."""
        space = process.namespaces.pid
        init = space.processes.get(1)
        if process is init:
            for other in list(space.processes.values()):
                if other is not process:
                    other.deliver(signals.KILL)
            init = self.init
        for child in list(process.children.values()):
            foster = init if init is not None and init is not process else self.init
            child.parent = foster
            foster.children[child.host_pid] = child
            if not child.is_alive:
                self._tell(foster, child)
        process.children = {}
        if process.parent is not None:
            self._tell(process.parent, process)

    def _tell(self, parent: Process, child: Process) -> None:
        ignored = signals.CHLD in parent.handlers and parent.handlers[signals.CHLD] is None
        if not parent.is_alive or ignored or parent is self.init:  # the host's init collects at once
            parent.children.pop(child.host_pid, None)
            self.reaped(child)
            return
        if parent.on_child is not None:
            parent.on_child.succeed()
            parent.on_child = None
        parent.deliver(signals.CHLD)

    def reaped(self, process: Process) -> None:
        """Take *process* out of the tables."""
        process.state = "X"
        self.processes.pop(process.host_pid, None)
        space: PidNamespace | None = process.namespaces.pid
        while space is not None:
            space.processes.pop(process.pids[space.number], None)
            space = space.parent

    def check_memory(self, size: int, process: Descriptors) -> None:
        """Note that *process* gathers *size* bytes in memory, and kill it beyond what the lab lets one program hold."""
        if size > process.memory_bytes:
            process.hold(size)
        if size > MOST_MEMORY_BYTES:
            process.oom_killed = True
            process.deliver(signals.KILL)

    def run_to_end(self, process: Process) -> Generator[Event, Any, int]:
        """Return *process*'s exit code once it has ended. Takes simulated time."""
        while process.exit_status is None:
            yield process.exited
        assert process.exit_code is not None
        return process.exit_code

    # -- booting -------------------------------------------------------------------------------------------------------

    def _start_init(self) -> Process:
        init = Process(
            self,
            None,
            argv=["/usr/lib/systemd/systemd", "--switched-root", "--system"],
            env={"PATH": DEFAULT_PATH},
            files=self.files.copy(),
            fds=null_stdio(),
            namespaces=self.namespaces,
            cgroup=self.cgroup,
        )
        init.memory_bytes = 12 << 20
        init.start(Init().run(init))
        return init

    def _mount_kernel_file_systems(self) -> None:
        for path in ("/dev", "/tmp"):
            if not self.files.is_directory(path):
                self.files.make_directory(path)
        self.files.mount(
            "/dev",
            device_directory(self.unix_time(), disks=True),
            self.new_file_system("devtmpfs", "devtmpfs", 4 << 20),
        )
        self.mount_proc(self.files, self.namespaces.pid, read_only_sys=False)


def _bare_root(mtime: float) -> Directory:
    root = Directory(0o755, mtime=mtime)
    for name in ("etc", "root", "run", "tmp", "usr", "var"):
        root.put(name, Directory(0o1777 if name == "tmp" else 0o700 if name == "root" else 0o755, mtime=mtime))
    return root
