"""What a process uses: memory, processor time, and the effort that the lab itself spends on its loops.

The base of `Process`; limits and accounts are those of its `Cgroup`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.machine.cgroups import PERIOD_SECONDS, Cgroup

if TYPE_CHECKING:
    from k8slab.machine.host import Host

#: One step of a shell or of any loop that reports its steps.
STEP_SECONDS = 0.000001
STEPS_PER_PAYMENT = 1000
LARGEST_DEBT_SECONDS = 0.001


class Consumption:
    """What a process holds and spends. *_debt* is time owed for forks, *_unpaid* steps that no time has passed for yet."""

    __slots__ = ("_debt", "_unpaid", "cgroup", "cpu_seconds", "host", "memory_bytes", "oom_killed", "state")
    host: Host
    cgroup: Cgroup
    memory_bytes: int
    cpu_seconds: float
    oom_killed: bool
    state: str
    _debt: float
    _unpaid: int

    def hold(self, memory_bytes: int) -> None:
        """Say that the process holds *memory_bytes* now; over its group's limit somebody is killed."""
        more = memory_bytes - self.memory_bytes
        self.memory_bytes = memory_bytes
        self.cgroup.grow(more)

    def compute(self, cpu_seconds: float) -> Generator[Event, Any, None]:
        """Use the processor for *cpu_seconds*; takes longer where cpu.max or other processes leave less than one processor."""
        group = self.cgroup
        group.start_running(1)
        self.state = "R"
        try:
            while cpu_seconds > 1e-12:
                share = group.share(self.host.cpus)
                slice_seconds = min(PERIOD_SECONDS, cpu_seconds / share)
                yield self.host.clock.timeout(slice_seconds)
                used = min(cpu_seconds, slice_seconds * share)
                if group.is_throttled():
                    group.throttled_seconds += slice_seconds - used
                    group.throttled_periods += 1
                cpu_seconds -= used
                self.cpu_seconds += used
                group.spend(used)
        finally:
            group.start_running(-1)
            if self.state == "R":
                self.state = "S"

    def step(self, count: int = 1) -> bool:
        """Note *count* steps of a loop; return whether it is time to `pay`."""
        self._unpaid += count
        return self._unpaid >= STEPS_PER_PAYMENT or self._debt > LARGEST_DEBT_SECONDS

    def pay(self) -> Generator[Event, Any, None]:
        """Let the time pass that the steps and forks since the last call have cost.

        A group that has used up its credit crawls (`Cgroup.work`): an endless loop or a fork bomb then costs the learner's
        computer a bounded effort per virtual second, while it still burns its processor as the real one would.
        """
        owed = self._debt + self._unpaid * STEP_SECONDS + self.cgroup.work(self._unpaid, self.host.clock.env.now)
        self._debt, self._unpaid = 0.0, 0
        yield from self.compute(owed)
