"""Which Pod is next, and which wait for what.

Models pkg/scheduler/backend/queue. Three places: *active* (the Pod with the highest priority first, then the one that waits
longest), *backoff* (may be tried again, but failed not long ago: 1 s, doubled with each attempt up to 10 s) and *unschedulable*
(waits for an event that could help; after five minutes it is tried anyway). When nothing is active, the scheduler does not sit
idle: it takes from backoff (SchedulerPopFromBackoffQ, 1.33), but not Pods that failed because of an error. Gated Pods wait
outside until their gates are gone.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simpy.events import Event

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import Plugin
from k8slab.cluster.scheduler.pod_info import PodInfo
from k8slab.sim.clock import Clock

INITIAL_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 10.0
MAX_UNSCHEDULABLE_SECONDS = 300.0
FLUSH_SECONDS = 30.0

ACTIVE, BACKOFF, UNSCHEDULABLE, GATED, IN_FLIGHT = "active", "backoff", "unschedulable", "gated", "in flight"


@dataclass(slots=True)
class QueuedPod:
    """A Pod in the queue. *place* says where; *plugins* turned it down last time."""

    info: PodInfo
    timestamp: float
    number: int
    attempts: int = 0
    place: str = ACTIVE
    plugins: tuple[str, ...] = ()
    after_error: bool = False
    #: The node where a pre-emption makes room for it, as far as the scheduler knows.
    nominated_node: str = ""

    def backoff_seconds(self) -> float:
        """Return how long the Pod backs off after its attempts so far."""
        return min(INITIAL_BACKOFF_SECONDS * 2.0 ** min(max(self.attempts - 1, 0), 16), MAX_BACKOFF_SECONDS)

    @property
    def backoff_ends(self) -> float:
        """The second at which the back-off is over."""
        return self.timestamp + self.backoff_seconds()


class SchedulingQueue:
    """The Pods that have no node yet, by uid."""

    def __init__(self, clock: Clock, plugins: Sequence[Plugin]) -> None:
        self._clock = clock
        self._plugins: Mapping[str, Plugin] = {plugin.name: plugin for plugin in plugins}
        self._pods: dict[str, QueuedPod] = {}
        self._unschedulable: dict[str, QueuedPod] = {}
        self._active: list[tuple[int, float, int, str]] = []
        self._backoff: list[tuple[float, int, str]] = []
        self._numbers = itertools.count()
        self._wake: Event | None = None
        self._flush_due = False

    def __len__(self) -> int:
        return len(self._pods)

    def __contains__(self, uid: str) -> bool:
        return uid in self._pods

    def get(self, uid: str) -> QueuedPod | None:
        """Return the waiting Pod *uid*, or None."""
        return self._pods.get(uid)

    def pods(self) -> list[QueuedPod]:
        """Return all Pods that wait, oldest first."""
        return list(self._pods.values())

    # -- taking ------------------------------------------------------------------------------------------------------

    def pop(self) -> QueuedPod | None:
        """Return the next Pod to schedule, or None. It is in flight until it is put back or `done`."""
        now = self._clock.now
        while self._backoff and self._backoff[0][0] <= now:
            queued = self._take_backoff()
            if queued is not None:
                self._push_active(queued)
        while self._active:
            *_, number, uid = heapq.heappop(self._active)
            queued = self._pods.get(uid)
            if queued is not None and queued.place == ACTIVE and queued.number == number:
                return self._fly(queued)
        early = [entry for entry in self._backoff if self._is_early(entry)]
        if early:
            _, _, uid = min(early)
            return self._fly(self._pods[uid])
        return None

    def _is_early(self, entry: tuple[float, int, str]) -> bool:
        queued = self._pods.get(entry[2])
        return queued is not None and queued.place == BACKOFF and queued.number == entry[1] and not queued.after_error

    def _take_backoff(self) -> QueuedPod | None:
        _, number, uid = heapq.heappop(self._backoff)
        queued = self._pods.get(uid)
        return queued if queued is not None and queued.place == BACKOFF and queued.number == number else None

    def _fly(self, queued: QueuedPod) -> QueuedPod:
        queued.place = IN_FLIGHT
        queued.attempts += 1
        if self._backoff:
            self._backoff = [entry for entry in self._backoff if entry[2] != queued.info.uid]
            heapq.heapify(self._backoff)
        return queued

    def wait(self) -> Event:
        """Return an event that happens when `pop` may have something."""
        self._wake = self._clock.event()
        return self._wake

    def done(self, uid: str) -> None:
        """The Pod *uid* has its node."""
        self._pods.pop(uid, None)

    # -- adding ------------------------------------------------------------------------------------------------------

    def add(self, info: PodInfo) -> None:
        """A new Pod without a node."""
        queued = QueuedPod(info, self._clock.now, next(self._numbers))
        if info.pod.status is not None and info.pod.status.nominatedNodeName:
            queued.nominated_node = info.pod.status.nominatedNodeName
        self._pods[info.uid] = queued
        if info.pod.spec.schedulingGates:
            queued.place = GATED
        else:
            self._push_active(queued)

    def update(self, info: PodInfo) -> None:
        """A waiting Pod changed. If that may help it, it is tried again."""
        queued = self._pods.get(info.uid)
        if queued is None:
            self.add(info)
            return
        before = queued.info.pod
        queued.info = info
        if queued.place == GATED and not info.pod.spec.schedulingGates:
            queued.timestamp = self._clock.now
            self._push_active(queued)
        elif queued.place == UNSCHEDULABLE and (not queued.plugins or _may_matter(before, info.pod)):
            self._wake_up(queued)  # no plugin is to blame (there was no node): any change counts

    def delete(self, uid: str) -> None:
        """The Pod went, or got its node from somebody else."""
        self._pods.pop(uid, None)
        self._unschedulable.pop(uid, None)

    def put_back(self, queued: QueuedPod, plugins: Sequence[str]) -> None:
        """No node would do: wait for an event that may help one of *plugins*."""
        if queued.info.uid not in self._pods:
            return  # deleted meanwhile
        queued.timestamp = self._clock.now
        queued.plugins = tuple(plugins)
        queued.place = UNSCHEDULABLE
        queued.after_error = False
        self._unschedulable[queued.info.uid] = queued
        self._flush_later()

    def put_back_after_error(self, queued: QueuedPod) -> None:
        """Something went wrong: try again after the back-off."""
        if queued.info.uid not in self._pods:
            return
        queued.timestamp = self._clock.now
        queued.after_error = True
        self._push_backoff(queued)
        self._clock.call_later(queued.backoff_seconds(), self._notify)

    # -- moving ------------------------------------------------------------------------------------------------------

    def move_all(self, event: ClusterEvent) -> None:
        """Something happened: every waiting Pod that it may help comes back."""
        if not self._unschedulable:
            return
        for queued in list(self._unschedulable.values()):
            if not queued.plugins or any(
                self._plugins[name].may_help(event, queued.info) for name in queued.plugins if name in self._plugins
            ):
                self._wake_up(queued)

    def activate(self, uid: str) -> None:
        """The Pod *uid* is worth another try at once."""
        queued = self._unschedulable.get(uid)
        if queued is not None:
            self._wake_up(queued)

    def _wake_up(self, queued: QueuedPod) -> None:
        self._unschedulable.pop(queued.info.uid, None)
        if queued.backoff_ends > self._clock.now:
            self._push_backoff(queued)
        else:
            self._push_active(queued)

    def _push_active(self, queued: QueuedPod) -> None:
        queued.place = ACTIVE
        queued.number = next(self._numbers)
        entry = (-queued.info.priority, queued.timestamp, queued.number, queued.info.uid)
        heapq.heappush(self._active, entry)
        self._notify()

    def _push_backoff(self, queued: QueuedPod) -> None:
        queued.place = BACKOFF
        queued.number = next(self._numbers)
        heapq.heappush(self._backoff, (queued.backoff_ends, queued.number, queued.info.uid))
        if not queued.after_error:
            self._notify()

    def _notify(self) -> None:
        if self._wake is not None:
            wake, self._wake = self._wake, None
            wake.succeed()

    def _flush_later(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._clock.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        now = self._clock.now
        for queued in list(self._unschedulable.values()):
            if now - queued.timestamp > MAX_UNSCHEDULABLE_SECONDS:
                self._wake_up(queued)
        if self._unschedulable:
            self._flush_later()


def _may_matter(old: Any, new: Any) -> bool:
    """Whether an update of a Pod that waits is more than the scheduler's own note in its status."""
    return old.spec != new.spec or old.metadata.labels != new.metadata.labels


#: What tells every waiting Pod that it is worth a try, whatever it waits for.
TIMEOUT = ClusterEvent(Change.TIMEOUT)
