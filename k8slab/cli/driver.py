"""Run a verb: in the foreground, where its waits move the clock, or in the background, as a process of the simulation.

`run_blocking` is what a learner's command uses. A command that follows something (``get -w``, ``logs -f``) would wait for ever
on a quiet cluster; here it ends after a while of silence and says so, as if Ctrl-C had been pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy
from simpy.events import Event

from k8slab.cli.completed import Completed
from k8slab.cli.seam import Interrupted, Io, Now, Read, Sleep, Step, Verb, raw, shown
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.http import Request, Response

Handle = Callable[[Request], Response]

#: A follower that has heard nothing for this long (virtual seconds) is ended.
SILENCE_SECONDS = 600.0
#: ... and so is one that has been following for this long, news or not.
LONGEST_SECONDS = 3600.0
INTERRUPTED = 130  # what a shell reports after Ctrl-C


def run_blocking(
    verb: Verb,
    handle: Handle,
    clock: Clock,
    *,
    echo: Callable[[str], None] | None = None,
    silence_seconds: float = SILENCE_SECONDS,
    longest_seconds: float = LONGEST_SECONDS,
) -> Completed:
    """Run *verb* to its end against *handle*, letting time pass where it waits.

    *echo* receives each piece of output when it is written. Raises LabError when called from inside a process of *clock*.
    """
    mixed: list[str] = []

    def write(text: str) -> None:
        mixed.append(text)
        if echo is not None:
            echo(shown(text))

    verb.io.echo = write
    exit_code = _blocking(verb, handle, clock, silence_seconds, clock.now + longest_seconds)
    verb.io.finish()
    return _completed(verb.io, exit_code, "".join(mixed))


def _blocking(verb: Verb, handle: Handle, clock: Clock, silence_seconds: float, end: float) -> int:
    answer: Any = None
    try:
        while True:
            step = verb.steps.send(answer)
            if isinstance(step, Read):
                answer = _read(step, clock, silence_seconds, end)
                if answer is _SILENCE:
                    _interrupt(verb, handle, clock)
                    verb.io.err(_farewell(clock, silence_seconds, end))
                    return INTERRUPTED
            elif isinstance(step, Sleep):
                clock.run(step.seconds)
                answer = None
            else:
                answer = _at_once(step, handle, clock)
                _decide(answer, clock, silence_seconds)
    except StopIteration as stop:
        return int(stop.value or 0)
    except KeyboardInterrupt:
        _interrupt(verb, handle, clock)
        return INTERRUPTED


_SILENCE = object()
#: How long (virtual seconds) a verb may go on after Ctrl-C: ``docker run`` waits for its container to end.
PATIENCE_SECONDS = 15.0


def _interrupt(verb: Verb, handle: Handle, clock: Clock) -> None:
    """Let *verb* do what it does on Ctrl-C, for a while, and end it."""
    end = clock.now + PATIENCE_SECONDS
    try:
        step = verb.steps.throw(Interrupted())
        while clock.now < end:
            if isinstance(step, Read):
                answer = _read(step, clock, end - clock.now, end)
                if answer is _SILENCE:
                    break
            elif isinstance(step, Sleep):
                clock.run(step.seconds)
                answer = None
            else:
                answer = _at_once(step, handle, clock)
            step = verb.steps.send(answer)
    except (StopIteration, Interrupted):
        return
    verb.steps.close()


def _read(step: Read, clock: Clock, silence_seconds: float, end: float) -> Any:
    deadline = clock.now + (silence_seconds if step.timeout_seconds is None else step.timeout_seconds)
    while True:
        if step.timeout_seconds is None and clock.now >= end:
            return _SILENCE
        answer = step.stream.read()
        if answer != b"":
            return answer
        left = deadline - clock.now
        if left <= 0 or not clock.run_until(step.stream.wait(), left):
            answer = step.stream.read()
            if answer != b"":
                return answer
            if clock.now >= deadline:
                return _SILENCE if step.timeout_seconds is None else b""


def _farewell(clock: Clock, silence_seconds: float, end: float) -> str:
    if clock.now >= end:
        return "^C  (the lab ended this command: it has followed the cluster for long enough)\n"
    return f"^C  (the lab ended this command: nothing new for {silence_seconds:g} virtual seconds)\n"


def _decide(answer: Any, clock: Clock, silence_seconds: float) -> None:
    """Let time pass until the status of *answer* is known, if it is a response that takes its time."""
    if isinstance(answer, Response):
        while not answer.is_decided and answer.stream is not None:
            if not clock.run_until(answer.stream.wait(), silence_seconds):
                raise LabError("the engine has not answered for very long: look at lab.trace, or lab.reset() the lab")
        answer.settle()


def _at_once(step: Step, handle: Handle, clock: Clock) -> Any:
    if isinstance(step, Request):
        return handle(step)
    if isinstance(step, Now):
        return clock.datetime()
    raise TypeError(f"a verb yielded {step!r}, which no driver knows")


def process(verb: Verb, handle: Handle, clock: Clock) -> simpy.Process:
    """Start *verb* in the background; its first step runs when the clock next moves. The process's value is its `Completed`."""
    return clock.process(_in_background(verb, handle, clock))


def _in_background(verb: Verb, handle: Handle, clock: Clock) -> Generator[Event, Any, Completed]:
    mixed: list[str] = []
    verb.io.echo = mixed.append
    answer: Any = None
    try:
        while True:
            step = verb.steps.send(answer)
            if isinstance(step, Read):
                answer = yield from _await(step, clock)
            elif isinstance(step, Sleep):
                yield clock.timeout(step.seconds)
                answer = None
            else:
                answer = _at_once(step, handle, clock)
                if isinstance(answer, Response):
                    while not answer.is_decided:
                        assert answer.stream is not None
                        yield answer.stream.wait()
                    answer.settle()
    except StopIteration as stop:
        verb.io.finish()
        return _completed(verb.io, int(stop.value or 0), "".join(mixed))


def _await(step: Read, clock: Clock) -> Generator[Event, Any, bytes | None]:
    deadline = None if step.timeout_seconds is None else clock.timeout(step.timeout_seconds)
    while True:
        answer = step.stream.read()
        if answer != b"" or (deadline is not None and deadline.processed):
            return answer
        news = step.stream.wait()
        yield news if deadline is None else news | deadline


def _completed(io: Io, exit_code: int, terminal: str) -> Completed:
    stdout = "".join(io.stdout)
    return Completed(shown(stdout), shown("".join(io.stderr)), exit_code, shown(terminal), raw(stdout))
