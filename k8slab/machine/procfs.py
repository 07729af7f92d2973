"""``/proc`` and ``/sys/fs/cgroup``: the kernel's tables as files, made when somebody reads them.

Models fs/proc and kernel/cgroup's files, as far as ps, top, free, mount, scripts and curious learners read them.
Left out: /proc/sys beyond a few values, /proc/PID/maps and smaps, everything that only debuggers read.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from k8slab.machine.errors import os_error
from k8slab.machine.fs.inode import Directory, File, Inode, Symlink
from k8slab.machine.streams import DescriptorLink

if TYPE_CHECKING:
    from k8slab.machine.cgroups import Cgroup
    from k8slab.machine.host import Host
    from k8slab.machine.namespaces import PidNamespace
    from k8slab.machine.process import Process

#: What no machine would report as a limit: the biggest page-aligned number.
CLOCK_TICKS = 100
STATE_WORDS = {"R": "R (running)", "S": "S (sleeping)", "T": "T (stopped)", "Z": "Z (zombie)"}


class GeneratedFile(File):
    """A file whose content is made by *make* at every read; *take*, if given, receives what is written."""

    __slots__ = ("make", "take")

    def __init__(self, make: Callable[[], str], take: Callable[[str], None] | None = None) -> None:
        Inode.__init__(self, 0o444 if take is None else 0o644)
        self.make = make
        self.take = take
        self.hole = 0

    @property
    def data(self) -> bytes:  # type: ignore[override]
        return self.make().encode()

    @property
    def size(self) -> int:
        return 0

    def write(self, offset: int, chunk: bytes) -> int:
        if self.take is None:
            raise os_error(errno.EACCES)
        self.take(chunk.decode(errors="replace").strip())
        return 0

    def truncate(self, size: int) -> None:
        return None

    def copy(self) -> File:
        return File(self.data, self.mode)


class GeneratedDirectory(Directory):
    """A directory whose entries are made by *make* at every look; nobody can add to it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], dict[str, Callable[[], Inode]]], mode: int = 0o555) -> None:
        super().__init__(mode)
        self.make = make

    @property
    def size(self) -> int:
        return 0

    def get(self, name: str) -> Inode | None:
        node = self.entries.get(name)
        if node is None:
            maker = self.make().get(name)
            node = maker() if maker is not None else None
            if isinstance(node, Directory) and not isinstance(node, ProcessDirectory):
                self.entries[name] = node  # mounts on it need it to stay the same
        return node

    def names(self) -> list[str]:
        return sorted(self.make(), key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))

    def put(self, name: str, inode: Inode) -> None:
        raise os_error(errno.ENOENT)

    def remove(self, name: str) -> None:
        raise os_error(errno.EPERM)

    def writable(self, name: str) -> Inode:
        node = self.get(name)
        assert node is not None
        return node

    def touch(self, mtime: float) -> None:
        return None

    def is_empty(self) -> bool:
        return False


class ProcessDirectory(GeneratedDirectory):
    """``/proc/PID``: belongs to the process's user."""

    __slots__ = ()


def _text(make: Callable[[], str]) -> Callable[[], Inode]:
    return lambda: GeneratedFile(make)


def _owner(host: Host) -> Process | None:
    """The process that is looking."""
    return getattr(host.clock.env.active_process, "owner", None)


def proc(host: Host, space: PidNamespace) -> Directory:
    """Return the root of a /proc that shows the PID namespace *space* of *host*."""

    def entries() -> dict[str, Callable[[], Inode]]:
        found: dict[str, Callable[[], Inode]] = {
            str(pid): partial(process_directory, process, space) for pid, process in sorted(space.processes.items())
        }
        me = _owner(host)
        if me is not None and space.number in me.pids:
            mine = str(me.pids[space.number])
            found["self"] = lambda: Symlink(mine)
            found["thread-self"] = lambda: Symlink(f"{mine}/task/{mine}")
        found |= {
            "cgroups": _text(
                lambda: "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\npids\t0\t1\t1\n"
            ),
            "cmdline": _text(lambda: "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 ro quiet\n"),
            "cpuinfo": _text(lambda: _cpuinfo(host)),
            "filesystems": _text(lambda: "nodev\tproc\nnodev\ttmpfs\nnodev\tcgroup2\nnodev\toverlay\n\text4\n"),
            "loadavg": _text(
                lambda: f"{_load(host)} {_load(host)} {_load(host)} 1/{len(space.processes)} {space.last}\n"
            ),
            "meminfo": _text(lambda: _meminfo(host)),
            "mounts": lambda: Symlink("self/mounts"),
            "net": lambda: GeneratedDirectory(lambda: {"dev": _text(lambda: _net_dev(host))}),
            "stat": _text(lambda: _stat(host)),
            "sys": lambda: _sys(host),
            "uptime": _text(lambda: f"{host.uptime:.2f} {host.uptime * host.cpus:.2f}\n"),
            "version": _text(lambda: f"Linux version {host.kernel} (lab@build) {host.kernel_version}\n"),
        }
        return found

    return GeneratedDirectory(entries)


def _load(host: Host) -> str:
    return f"{min(99.0, float(host.cgroup.running)):.2f}"


def _sys(host: Host) -> Directory:
    def hostname() -> str:
        me = _owner(host)
        return (me.namespaces.uts.hostname if me is not None else host.name) + "\n"

    tree: dict[str, dict[str, Callable[[], str]]] = {
        "kernel": {
            "hostname": hostname,
            "osrelease": lambda: host.kernel + "\n",
            "ostype": lambda: "Linux\n",
            "pid_max": lambda: "4194304\n",
            "threads-max": lambda: f"{host.most_processes}\n",
        },
        "vm": {"max_map_count": lambda: "262144\n", "overcommit_memory": lambda: "0\n", "swappiness": lambda: "60\n"},
    }
    net = {"ip_forward": lambda: "1\n", "ip_local_port_range": lambda: "32768\t60999\n"}

    def files(group: dict[str, Callable[[], str]]) -> Callable[[], Inode]:
        return lambda: GeneratedDirectory(lambda: {name: _text(make) for name, make in group.items()})

    def entries() -> dict[str, Callable[[], Inode]]:
        found = {name: files(group) for name, group in tree.items()}
        found["net"] = lambda: GeneratedDirectory(lambda: {"ipv4": files(net)})
        return found

    return GeneratedDirectory(entries)


def _cpuinfo(host: Host) -> str:
    blocks = []
    for number in range(host.cpus):
        blocks.append(
            f"processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: Virtual CPU\ncpu MHz\t\t: 2400.000\n"
            f"cache size\t: 16384 KB\nphysical id\t: 0\nsiblings\t: {host.cpus}\ncore id\t\t: {number}\ncpu cores\t: {host.cpus}\n"
        )
    return "\n".join(blocks) + "\n"


def _meminfo(host: Host) -> str:
    total = host.memory_bytes // 1024
    used = min(total, host.memory_used // 1024)
    rows = [
        ("MemTotal", total),
        ("MemFree", total - used),
        ("MemAvailable", total - used),
        ("Buffers", 0),
        ("Cached", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
    ]
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows)


def _stat(host: Host) -> str:
    busy = int(host.cgroup.cpu_seconds * CLOCK_TICKS)
    idle = max(0, int(host.uptime * host.cpus * CLOCK_TICKS) - busy)
    return f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\nbtime {int(host.unix_time() - host.uptime)}\nprocesses {host.forks}\n"


def _net_dev(host: Host) -> str:
    me = _owner(host)
    network = me.network if me is not None else host.network
    lines = [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
    ]
    for one in network.interfaces():
        lines.append(
            f"{one.name:>6}: {one.rx_bytes:>7} {one.rx_packets:>7}    0    0    0     0          0         0 "
            f"{one.tx_bytes:>8} {one.tx_packets:>7}    0    0    0     0       0          0"
        )
    return "\n".join(lines) + "\n"


# -- one process -------------------------------------------------------------------------------------------------------


def process_directory(process: Process, space: PidNamespace) -> Directory:
    """Return ``/proc/PID`` of *process* as seen from *space*."""

    def entries() -> dict[str, Callable[[], Inode]]:
        pid = process.pids.get(space.number, 0)
        return {
            "cgroup": _text(lambda: f"0::{_cgroup_path(process)}\n"),
            "cmdline": _text(lambda: "".join(word + "\0" for word in process.argv) if process.is_alive else ""),
            "comm": _text(lambda: process.command + "\n"),
            "cwd": lambda: Symlink(process.files.working_directory()),
            "environ": _text(lambda: "".join(f"{key}={value}\0" for key, value in process.env.items())),
            "exe": lambda: Symlink(process.executable_path),
            "fd": lambda: _fd_directory(process),
            "mountinfo": _text(lambda: _mountinfo(process)),
            "mounts": _text(lambda: mounts_text(process)),
            "ns": lambda: GeneratedDirectory(
                lambda: {
                    kind: partial(Symlink, f"{kind}:[{number}]")
                    for kind, number in process.namespaces.numbers().items()
                }
            ),
            "oom_score_adj": _text(lambda: "0\n"),
            "root": lambda: Symlink("/"),
            "stat": _text(lambda: _process_stat(process, pid, space)),
            "status": _text(lambda: _process_status(process, pid, space)),
        }

    directory = ProcessDirectory(entries)
    directory.uid, directory.gid = process.uid, process.gid
    return directory


def _cgroup_path(process: Process) -> str:
    """A container sees its own group as the root (its cgroup namespace begins there)."""
    init = process.namespaces.pid.processes.get(1)
    if process.namespaces.pid.parent is not None and init is not None and process.cgroup is init.cgroup:
        return "/"
    return process.cgroup.path


def _fd_directory(process: Process) -> Directory:
    return GeneratedDirectory(
        lambda: {
            str(number): partial(DescriptorLink, description) for number, description in sorted(process.fds.items())
        },
        0o500,
    )


def mounts_text(process: Process) -> str:
    """Return the mount table as /proc/mounts has it."""
    rows = []
    for mount in process.files.mounts:
        system = mount.file_system
        rows.append(f"{system.source} {mount.target} {system.type} {mount.option_text()} 0 0\n")
    return "".join(rows)


def _mountinfo(process: Process) -> str:
    rows = []
    for number, mount in enumerate(process.files.mounts, start=500):
        system = mount.file_system
        rows.append(
            f"{number} {number - 1} 0:{system.number} / {mount.target} {mount.option_text()} - {system.type} {system.source} rw\n"
        )
    return "".join(rows)


def _process_stat(process: Process, pid: int, space: PidNamespace) -> str:
    parent = process.parent.pids.get(space.number, 0) if process.parent is not None else 0
    ticks = int(process.cpu_seconds * CLOCK_TICKS)
    start = int((process.started - process.host.booted) * CLOCK_TICKS)
    return (
        f"{pid} ({process.command}) {process.state} {parent} {process.pgid} {process.session} 0 -1 4194560 0 0 0 0 {ticks} 0 0 0 20 0 1 0 "
        f"{start} {process.memory_bytes * 2} {process.memory_bytes // 4096}\n"
    )


def _process_status(process: Process, pid: int, space: PidNamespace) -> str:
    parent = process.parent.pids.get(space.number, 0) if process.parent is not None else 0
    uid, gid = process.uid, process.gid
    groups = " ".join(map(str, process.files.credentials.groups))
    inner = [str(number) for _, number in sorted(process.pids.items(), key=lambda item: item[0])]
    return (
        f"Name:\t{process.command}\nUmask:\t{process.files.umask:04o}\nState:\t{STATE_WORDS.get(process.state, process.state)}\n"
        f"Tgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{parent}\nTracerPid:\t0\n"
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nFDSize:\t64\nGroups:\t{groups}\n"
        f"NStgid:\t{chr(9).join(inner)}\nNSpid:\t{chr(9).join(inner)}\nVmSize:\t{process.memory_bytes // 512:>8} kB\n"
        f"VmRSS:\t{process.memory_bytes // 1024:>8} kB\nThreads:\t1\n"
    )


# -- /sys/fs/cgroup ----------------------------------------------------------------------------------------------------


def cgroup_directory(group: Cgroup) -> Directory:
    """Return the directory of *group*, its files readable and the limits writable."""

    def entries() -> dict[str, Callable[[], Inode]]:
        found: dict[str, Callable[[], Inode]] = {
            "cgroup.controllers": _text(lambda: "cpuset cpu io memory hugetlb pids rdma misc\n"),
            "cgroup.procs": _text(lambda: "".join(f"{process.pid}\n" for process in group.processes.values())),
            "cpu.stat": _text(lambda: _cpu_stat(group)),
            "memory.stat": _text(lambda: f"anon {group.memory_current}\nfile 0\nkernel 0\n"),
        }
        if group.parent is None:
            return found | _children(group)
        found |= {
            "cgroup.events": _text(lambda: f"populated {int(group.pids_current > 0)}\nfrozen {int(group.frozen)}\n"),
            "cgroup.freeze": lambda: GeneratedFile(
                lambda: f"{int(group.frozen)}\n", lambda text: group.freeze(text == "1")
            ),
            "cpu.max": lambda: GeneratedFile(lambda: _cpu_max(group), lambda text: _set_cpu_max(group, text)),
            "cpu.weight": _text(lambda: f"{group.cpu_weight}\n"),
            "memory.current": _text(lambda: f"{group.memory_current}\n"),
            "memory.events": _text(
                lambda: f"low 0\nhigh 0\nmax {group.oom_kills}\noom {group.oom_kills}\noom_kill {group.oom_kills}\n"
            ),
            "memory.max": lambda: GeneratedFile(
                lambda: _limit(group.memory_max), lambda text: setattr(group, "memory_max", _number(text))
            ),
            "memory.peak": _text(lambda: f"{group.memory_peak}\n"),
            "pids.current": _text(lambda: f"{group.pids_current}\n"),
            "pids.max": lambda: GeneratedFile(
                lambda: _limit(group.pids_max), lambda text: setattr(group, "pids_max", _number(text))
            ),
        }
        return found | _children(group)

    return GeneratedDirectory(entries, 0o755)


def _children(group: Cgroup) -> dict[str, Callable[[], Inode]]:
    return {name: partial(cgroup_directory, child) for name, child in group.children.items()}


def _limit(value: int | None) -> str:
    return "max\n" if value is None else f"{value}\n"


def _number(text: str) -> int | None:
    if text == "max":
        return None
    factor = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:].upper(), 1)
    digits = text[:-1] if factor > 1 else text
    if not digits.isdigit():
        raise os_error(errno.EINVAL)
    return int(digits) * factor


def _cpu_max(group: Cgroup) -> str:
    return "max 100000\n" if group.cpu_max is None else f"{round(group.cpu_max * 100000)} 100000\n"


def _set_cpu_max(group: Cgroup, text: str) -> None:
    quota, _, period = text.partition(" ")
    if quota == "max":
        group.cpu_max = None
    elif quota.isdigit() and (not period or period.isdigit()):
        group.cpu_max = int(quota) / int(period or 100000)
    else:
        raise os_error(errno.EINVAL)


def _cpu_stat(group: Cgroup) -> str:
    used, throttled = int(group.cpu_seconds * 1e6), int(group.throttled_seconds * 1e6)
    return (
        f"usage_usec {used}\nuser_usec {used}\nsystem_usec 0\nnr_periods {group.throttled_periods}\n"
        f"nr_throttled {group.throttled_periods}\nthrottled_usec {throttled}\n"
    )
