"""systemd units of a host: what ``systemctl`` starts, stops, enables and shows.

A unit is given by whoever brings the service (docker, a node) as an object with a start and a stop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

Act = Callable[[], "Generator[Any, Any, str | None] | str | None"]


class Unit:
    """One service. *begin* and *end* do the work (plain functions or generators); *begin* returns why it failed, if it did."""

    def __init__(
        self, name: str, description: str, begin: Act, end: Act, *, now: Callable[[], float], command: str = ""
    ) -> None:
        self.name = name
        self.description = description
        self.command = command or name
        self.enabled = False
        self.active = False
        self.failed = False
        self.pid: int | None = None
        self.since = 0.0
        self.log: list[str] = []
        self._begin = begin
        self._end = end
        self._now = now

    def start(self) -> Generator[Any, Any, str | None]:
        """Start it; return why that failed, None if it did not. Takes simulated time."""
        outcome = self._begin()
        problem = (yield from outcome) if isinstance(outcome, Generator) else outcome
        self.active, self.failed, self.since = not problem, bool(problem), self._now()
        if problem:
            self.log.append(problem)
        return problem

    def stop(self) -> Generator[Any, Any, None]:
        """Stop it. Takes simulated time."""
        outcome = self._end()
        if isinstance(outcome, Generator):
            yield from outcome
        self.active, self.failed, self.since = False, False, self._now()
