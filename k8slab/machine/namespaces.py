"""Namespaces: what a process sees. Each kind answers one question: which processes, which mounts, which host name, ...

Models kernel/nsproxy.c and namespaces(7). The number is what ``readlink /proc/self/ns/pid`` shows in brackets: two processes
with equal numbers see the same.
Left out: time and cgroup namespaces hold nothing of their own; user namespaces map every id to itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from k8slab.machine.fs.mounts import MountNamespace
from k8slab.machine.network import Network

if TYPE_CHECKING:
    from k8slab.machine.process import Process

#: The initial namespaces of a Linux machine (include/linux/proc_ns.h), as every host shows them.
INITIAL = {"cgroup": 4026531835, "pid": 4026531836, "user": 4026531837, "uts": 4026531838, "ipc": 4026531839}
INITIAL_NET, INITIAL_MNT = 4026531840, 4026531841
FIRST_OTHER = 4026532200


@dataclass(slots=True, eq=False)
class PidNamespace:
    """Process ids. A process has one in its own namespace and one in each above it, so a host sees all containers' processes."""

    number: int
    parent: PidNamespace | None = None
    processes: dict[int, Process] = field(default_factory=dict)
    last: int = 0

    def next_pid(self) -> int:
        """Return the next free id."""
        self.last += 1
        while self.last in self.processes:
            self.last += 1
        if self.last > 4_194_304:  # kernel.pid_max on 64 bits
            self.last = 300
        return self.last

    def contains(self, other: PidNamespace) -> bool:
        """Return whether *other* is this namespace or one inside it."""
        here: PidNamespace | None = other
        while here is not None:
            if here is self:
                return True
            here = here.parent
        return False


@dataclass(slots=True, eq=False)
class UtsNamespace:
    """The host's name."""

    number: int
    hostname: str
    domainname: str = "(none)"


@dataclass(slots=True, eq=False)
class Plain:
    """A namespace that only has an identity here (ipc, user, cgroup)."""

    number: int


@dataclass(slots=True, eq=False)
class Namespaces:
    """The set a process is in. Share it to share everything; `changed` gives a set with some of its own."""

    pid: PidNamespace
    mnt: MountNamespace
    uts: UtsNamespace
    net: Network
    ipc: Plain
    user: Plain
    cgroup: Plain
    mnt_number: int = INITIAL_MNT
    net_number: int = INITIAL_NET

    def changed(self, **own: object) -> Namespaces:
        """Return a set that differs in *own* (fields by name)."""
        return replace(self, **own)  # type: ignore[arg-type]

    def numbers(self) -> dict[str, int]:
        """Return the number of each kind, as /proc/self/ns lists them."""
        return {
            "cgroup": self.cgroup.number,
            "ipc": self.ipc.number,
            "mnt": self.mnt_number,
            "net": self.net_number,
            "pid": self.pid.number,
            "user": self.user.number,
            "uts": self.uts.number,
        }
