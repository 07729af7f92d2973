"""The work queue of a controller: keys that need a look, each at most once, with back-off after failures.

Models client-go util/workqueue. The promise that makes a controller simple: a key is never worked on twice at the same
time, and a key added while it is worked on comes back afterwards. So a hundred changes of one object cost one or two looks.
Left out: the overall limit of 10 additions a second that upstream puts over the back-off of each key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Generic, TypeVar

from simpy.events import Event

from k8slab.sim.clock import Clock

BASE_DELAY_SECONDS = 0.005
MAX_DELAY_SECONDS = 1000.0

K = TypeVar("K")


class WorkQueue(Generic[K]):
    """Keys in the order of their first addition."""

    def __init__(
        self,
        clock: Clock,
        base_delay_seconds: float = BASE_DELAY_SECONDS,
        max_delay_seconds: float = MAX_DELAY_SECONDS,
    ) -> None:
        self._clock = clock
        self._base, self._max = base_delay_seconds, max_delay_seconds
        self._queue: deque[K] = deque()
        self._dirty: dict[K, None] = {}  # wants work: in the queue, or to be put there when its work ends
        self._processing: dict[K, None] = {}
        self._failures: dict[K, int] = {}
        self._delayed: dict[K, tuple[float, Event]] = {}
        self._idle: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nobody works (keys that only wait for their time do not count)."""
        return not self._queue and not self._processing

    def add(self, key: K) -> None:
        """Ask for *key* to be worked on soon."""
        if key in self._dirty:
            return
        self._dirty[key] = None
        if key not in self._processing:
            self._put(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for *key* to be worked on in *seconds*; of several such wishes the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        ready_at = self._clock.now + seconds
        waiting = self._delayed.get(key)
        if waiting is not None:
            if waiting[0] <= ready_at:
                return
            waiting[1].callbacks.clear()
        self._delayed[key] = (ready_at, self._clock.call_later(seconds, lambda: self._due(key)))

    def add_rate_limited(self, key: K) -> None:
        """Ask for *key* again after its back-off: 5 ms, doubled with each failure up to 1000 s."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(self._base * 2.0 ** min(failures, 64), self._max))

    def forget(self, key: K) -> None:
        """The work on *key* succeeded: its back-off starts anew."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """Return how often *key* failed in a row."""
        return self._failures.get(key, 0)

    def get(self) -> Generator[Event, None, K]:
        """Return the next key, waiting for one if need be. The caller owes a `done`."""
        while not self._queue:
            wake = self._clock.event()
            self._idle.append(wake)
            yield wake
        key = self._queue.popleft()
        self._processing[key] = None
        del self._dirty[key]
        return key

    def done(self, key: K) -> None:
        """The work on *key* has ended, well or badly."""
        del self._processing[key]
        if key in self._dirty:
            self._put(key)

    def clear(self) -> None:
        """Forget all that waits (a component that was stopped starts with nothing)."""
        for _, event in self._delayed.values():
            event.callbacks.clear()
        for kept in (self._queue, self._dirty, self._processing, self._failures, self._delayed, self._idle):
            kept.clear()

    def _put(self, key: K) -> None:
        self._queue.append(key)
        if self._idle:
            self._idle.popleft().succeed()

    def _due(self, key: K) -> None:
        del self._delayed[key]
        self.add(key)
