"""How an exercise is judged: what a check finds in the lab, and the result that the learner reads.

A check is a function of the lab. It returns a list of `Check` (one a condition), or `NotStarted`, or `Stuck` where the world
can no longer get there. It looks at the cluster and its history, never at what was typed, so every way that leads there passes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from k8slab.course.content import Condition, Exercise, Say
from k8slab.course.said import inline
from k8slab.lab import Lab


class Check(NamedTuple):
    """Whether the condition called *condition* holds, and the *values* that its sentence names."""

    condition: str
    passed: bool
    values: Mapping[str, object] = {}


class NotStarted(NamedTuple):
    """Nothing was done yet."""


class Stuck(NamedTuple):
    """The exercise has become impossible: *reason* names the sentence that says why."""

    reason: str
    values: Mapping[str, object] = {}


Verdict: TypeAlias = list[Check] | NotStarted | Stuck
Judge: TypeAlias = Callable[[Lab], Verdict]


class Status(enum.StrEnum):
    """What a result can be."""

    PASSED = "passed"
    NOT_STARTED = "not-started"
    NOT_YET = "not-yet"
    STUCK = "stuck"


class Line(NamedTuple):
    """One condition as the learner reads it."""

    text: str
    passed: bool


class Result:
    """The result of a check. In a notebook it shows itself; *status*, *sentence* and *lines* hold what it says."""

    def __init__(self, exercise: str, status: Status, sentence: str, lines: tuple[Line, ...], say: Say) -> None:
        self.exercise = exercise
        self.status = status
        self.sentence = sentence
        self.lines = lines
        self._say = say

    @property
    def passed(self) -> bool:
        """Whether the exercise is done."""
        return self.status is Status.PASSED

    @property
    def label(self) -> str:
        """The status in the learner's language."""
        return self._say(f"status.{self.status}")

    def __repr__(self) -> str:
        marked = [f"  {'✓' if line.passed else '✗'} {line.text}" for line in self.lines]
        return "\n".join([f"{self.exercise}  {self.label}{self._say('colon')}{self.sentence}", *marked])

    def _repr_html_(self) -> str:
        marked = "".join(f"<li>{'✓' if line.passed else '✗'} {inline(line.text)}</li>" for line in self.lines)
        head = f"<p><strong>{self.exercise} {self.label}{self._say('colon')}</strong>{inline(self.sentence)}</p>"
        return f'<div class="k8slab-said">{head}{f"<ul>{marked}</ul>" if marked else ""}</div>'


def result_of(name: str, exercise: Exercise, verdict: Verdict, say: Say) -> Result:
    """Return the result that *verdict* on the exercise called *name* makes, in the words of *say*."""
    language = say.language
    if isinstance(verdict, NotStarted):
        return Result(name, Status.NOT_STARTED, exercise.not_started.say(language), (), say)
    if isinstance(verdict, Stuck):
        why = exercise.stuck[verdict.reason].say(language, **verdict.values)
        return Result(name, Status.STUCK, f"{why} {say('stuck.reset', id=name)}", (), say)
    lines = tuple(Line(_sentence(exercise.conditions[c.condition], c, say), c.passed) for c in verdict)
    failing = [line.text for line in lines if not line.passed]
    if failing:
        return Result(name, Status.NOT_YET, failing[0], lines, say)
    return Result(name, Status.PASSED, exercise.passed.say(language), lines, say)


def _sentence(condition: Condition, check: Check, say: Say) -> str:
    text = condition.holds if check.passed else condition.fails
    return text.say(say.language, **check.values)


def first_failing(verdict: Any) -> str | None:
    """Return the name of the first condition that does not hold, or None."""
    if isinstance(verdict, list):
        return next((check.condition for check in verdict if not check.passed), None)
    return None
