"""Control groups v2: what a group of processes may use, and what it has used.

Models kernel/cgroup and the controllers cpu, memory and pids: cpu.max, memory.max with the OOM killer, pids.max, the
freezer. A group's files (``memory.current``, ...) appear under /sys/fs/cgroup (`procfs.py`).
Left out: page cache and kernel memory (memory.current counts what programs say they hold), memory.high, io, cpuset, weights
beyond their value, swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from k8slab.machine import signals

if TYPE_CHECKING:
    from k8slab.machine.process import Process

#: Steps that a group may do in a burst, and what it gets back per virtual second (see `Cgroup.work`).
WORK_CREDIT = 100_000
WORK_PER_SECOND = 500
PERIOD_SECONDS = 0.1  # cpu.max: the kernel's default period


class Cgroup:
    """One group. Limits are None where there is none; every process belongs to exactly one group."""

    __slots__ = (
        "_credit",
        "_credited_at",
        "children",
        "cpu_max",
        "cpu_seconds",
        "cpu_weight",
        "frozen",
        "memory_current",
        "memory_max",
        "memory_peak",
        "name",
        "oom_kills",
        "parent",
        "pids_current",
        "pids_max",
        "processes",
        "running",
        "throttled_periods",
        "throttled_seconds",
    )

    def __init__(self, name: str = "", parent: Cgroup | None = None) -> None:
        self.name = name
        self.parent = parent
        self.children: dict[str, Cgroup] = {}
        self.processes: dict[int, Process] = {}
        #: Processors' worth of time: 0.5 is half a processor.
        self.cpu_max: float | None = None
        self.cpu_weight = 100
        self.memory_max: int | None = None
        self.pids_max: int | None = None
        self.cpu_seconds = 0.0
        self.throttled_seconds = 0.0
        self.throttled_periods = 0
        self.memory_current = 0
        self.memory_peak = 0
        self.pids_current = 0
        self.oom_kills = 0
        self.running = 0
        self.frozen = False
        self._credit = float(WORK_CREDIT)
        self._credited_at = 0.0

    @property
    def path(self) -> str:
        """The path below /sys/fs/cgroup; ``/`` for the root."""
        if self.parent is None:
            return "/"
        return f"{self.parent.path.rstrip('/')}/{self.name}"

    def child(self, path: str) -> Cgroup:
        """Return the group at *path* below this one, making what is missing."""
        here = self
        for name in path.split("/"):
            if name:
                if name not in here.children:
                    here.children[name] = Cgroup(name, here)
                here = here.children[name]
        return here

    def remove(self) -> None:
        """Take the (empty) group away."""
        if self.parent is not None:
            self.parent.children.pop(self.name, None)

    def lineage(self) -> Iterator[Cgroup]:
        """Yield this group and those above it."""
        here: Cgroup | None = self
        while here is not None:
            yield here
            here = here.parent

    def members(self) -> Iterator[Process]:
        """Yield the processes of this group and of those below it."""
        yield from list(self.processes.values())
        for child in list(self.children.values()):
            yield from child.members()

    # -- pids ----------------------------------------------------------------------------------------------------------

    def has_room(self) -> bool:
        """Return whether one more process fits (fork fails with EAGAIN otherwise)."""
        here: Cgroup | None = self
        while here is not None:
            if here.pids_max is not None and here.pids_current >= here.pids_max:
                return False
            here = here.parent
        return True

    def enter(self, process: Process) -> None:
        """Count *process* in."""
        self.processes[process.host_pid] = process
        here: Cgroup | None = self
        while here is not None:
            here.pids_current += 1
            here.memory_current += process.memory_bytes
            if here.memory_current > here.memory_peak:
                here.memory_peak = here.memory_current
            here = here.parent

    def leave(self, process: Process) -> None:
        """Count *process* out."""
        if self.processes.pop(process.host_pid, None) is None:
            return
        here: Cgroup | None = self
        while here is not None:
            here.pids_current -= 1
            here.memory_current -= process.memory_bytes
            here = here.parent

    # -- memory --------------------------------------------------------------------------------------------------------

    def grow(self, more: int) -> None:
        """A process of this group holds *more* bytes now (fewer, if negative). Over the limit, the OOM killer takes the biggest process."""
        for group in self.lineage():
            group.memory_current += more
            group.memory_peak = max(group.memory_peak, group.memory_current)
        if more > 0:
            for group in self.lineage():
                if group.memory_max is not None and group.memory_current > group.memory_max:
                    group.kill_the_biggest()
                    return

    def kill_the_biggest(self) -> None:
        """Kill the process that holds most, as mm/oom_kill.c chooses; ties go to the youngest."""
        victim = max(self.members(), key=lambda process: (process.memory_bytes, process.host_pid), default=None)
        if victim is None:
            return
        self.oom_kills += 1
        if victim.cgroup is not self:
            victim.cgroup.oom_kills += 1
        victim.oom_killed = True
        victim.deliver(signals.KILL)

    # -- cpu -----------------------------------------------------------------------------------------------------------

    def spend(self, cpu_seconds: float) -> None:
        """Account for processor time that was used."""
        here: Cgroup | None = self
        while here is not None:
            here.cpu_seconds += cpu_seconds
            here = here.parent

    def work(self, steps: int, now: float) -> float:
        """Take *steps* from the group's credit; return the seconds until it is no longer in debt.

        Not Linux's: real groups loop as fast as they like. Here a second of busy looping must not cost seconds of real time.
        """
        self._credit = min(WORK_CREDIT, self._credit + (now - self._credited_at) * WORK_PER_SECOND) - steps
        self._credited_at = now
        return max(0.0, -self._credit / WORK_PER_SECOND)

    def start_running(self, count: int) -> None:
        """*count* more (or fewer) processes of this group want the processor."""
        for group in self.lineage():
            group.running += count

    def share(self, cpus: float) -> float:
        """Return how much of one processor each running process of this group gets now, on a host with *cpus*."""
        part = 1.0
        for group in self.lineage():
            limit = group.cpu_max if group.parent is not None else cpus
            if limit is not None and group.running:
                part = min(part, limit / group.running)
        return part

    def is_throttled(self) -> bool:
        """Return whether the cpu.max of this group or one above holds its processes back now."""
        return any(group.cpu_max is not None and group.running > group.cpu_max for group in self.lineage())

    # -- freezer -------------------------------------------------------------------------------------------------------

    def freeze(self, frozen: bool) -> None:
        """Stop every process of the group where it is, or let all go on (``docker pause``)."""
        self.frozen = frozen
        for process in self.members():
            process.thaw_or_freeze()

    @property
    def is_frozen(self) -> bool:
        """Whether this group or one above it is frozen."""
        return any(group.frozen for group in self.lineage())
