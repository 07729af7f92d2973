"""Virtual time: one clock on SimPy that every model shares.

A model lets time pass with ``yield clock.timeout(seconds)`` inside a process; a learner (or a blocking call made for one)
moves the whole world with `Clock.run` or `Clock.run_until`. The two never mix: moving the world from inside a process would
reorder events silently, so it raises `LabError`. Seconds are floats since 2026-01-01T00:00:00Z.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

import simpy
from simpy.events import Event

from k8slab.sim.errors import LabError

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
#: A model that does this much at one instant is going round in a circle.
MOST_EVENTS_AT_ONE_INSTANT = 2_000_000
#: Code that keeps the processor this long (real seconds) without giving it back never will.
LONGEST_EVENT_SECONDS = 30

Process: TypeAlias = Generator[Event, Any, Any]


class Clock:
    """The world's time. ``clock.env`` is the SimPy environment for models that need its resources."""

    def __init__(self) -> None:
        self.env = simpy.Environment()
        self._moving = False
        self._interrupted = False
        self._at_this_instant = 0
        self._steps = 0
        self._steps_at_last_look = -1

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the world began."""
        return self.env._now

    @property
    def is_moving(self) -> bool:
        """Whether somebody is moving the clock right now (so nobody else may)."""
        return self._moving

    def datetime(self) -> dt.datetime:
        """Return the virtual date and time, in UTC."""
        return EPOCH + dt.timedelta(seconds=self.env.now)

    def seconds(self, when: dt.datetime) -> float:
        """Return *when* as virtual seconds."""
        return (when - EPOCH).total_seconds()

    # -- for models ------------------------------------------------------------------------------------------------

    def timeout(self, seconds: float, value: Any = None) -> Event:
        """Return an event that happens *seconds* from now."""
        return self.env.timeout(seconds, value)

    def event(self) -> Event:
        """Return an event that happens when somebody calls its ``succeed()``."""
        return self.env.event()

    def process(self, generator: Process) -> simpy.Process:
        """Start *generator* as a process; its first step runs when the clock next moves."""
        return self.env.process(generator)

    def call_later(self, seconds: float, function: Callable[[], None]) -> Event:
        """Call *function* once, *seconds* from now. Return the event, whose ``callbacks`` may be cleared to cancel it."""
        event = self.env.timeout(seconds)
        event.callbacks.append(lambda _: function())
        return event

    # -- for learners and drivers ----------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let *seconds* of virtual time pass."""
        if seconds < 0:
            raise LabError(f"time only runs forward: cannot run {seconds} seconds. Use the time bar to look back.")
        end = self.env.now + seconds
        with self._exclusive():
            while self.env.peek() <= end:
                self._step()
            if end > self.env.now:
                self.env.run(until=end)

    def run_until(self, condition: Callable[[], bool] | Event, timeout_seconds: float = 120) -> bool:
        """Let time pass until *condition* holds or happens; return whether it did within *timeout_seconds*.

        A function is asked after every event, so it must be cheap and change nothing.
        """
        end = self.env.now + timeout_seconds
        holds = (lambda: condition.callbacks is None) if isinstance(condition, Event) else condition
        with self._exclusive():
            while not holds():
                if self.env.peek() > end:
                    self.env.run(until=end) if end > self.env.now else None
                    return holds()
                self._step()
        return True

    def pump(self, seconds: float, most_events: int = 20_000) -> bool:
        """Let up to *seconds* pass, but at most *most_events*; return whether all of them passed.

        For live play: a short slice of work between which the kernel can answer clicks.
        """
        end = self.env.now + seconds
        with self._exclusive():
            for _ in range(most_events):
                if self.env.peek() > end:
                    if end > self.env.now:
                        self.env.run(until=end)
                    return True
                self._step()
        return False

    # -- guards ----------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        env = self.env
        # _now is what SimPy's property reads: this runs for every event, where a call counts.
        before = env._now
        self._steps += 1
        env.step()
        if env._now == before:
            self._at_this_instant += 1
            if self._at_this_instant > MOST_EVENTS_AT_ONE_INSTANT:
                self._at_this_instant = 0
                raise LabError(
                    f"something does work without end at {before:.3f} s and lets no time pass. "
                    "Look at the last entries of lab.trace; a loop in a program must `yield` some seconds."
                )
        else:
            self._at_this_instant = 0
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if self._moving:
            raise LabError(
                "the clock is already moving: a call that waits (run, wait, logs -f, ...) was made from inside a "
                "process of the lab. Inside a process use `yield` (a timeout or an event) instead."
            )
        self._moving = True
        try:
            with self._signals():
                yield
        finally:
            self._moving = False

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C waits for the end of the event under way, so that the world stays whole; a second one does not wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(signum: int, frame: FrameType | None) -> None:
            if self._interrupted:
                self._interrupted = False
                raise KeyboardInterrupt
            self._interrupted = True

        def stop(signum: int, frame: FrameType | None) -> None:
            if self._steps == self._steps_at_last_look:
                raise LabError(
                    f"something never gave the processor back at {self.env.now:.3f} s, so it was stopped. "
                    "A program's loop must `yield` some seconds; lab.reset() starts the world afresh."
                )
            self._steps_at_last_look = self._steps

        previous = signal.signal(signal.SIGINT, interrupt)
        previous_stop = signal.signal(signal.SIGALRM, stop) if hasattr(signal, "SIGALRM") else None
        self._steps_at_last_look = -1
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, LONGEST_EVENT_SECONDS, LONGEST_EVENT_SECONDS)
        try:
            yield
        finally:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, previous_stop)
            signal.signal(signal.SIGINT, previous)
            self._interrupted = False
