"""The trace: who did what to which object, when, and why. Kept for the views and for the learner, never read by a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8slab.sim.clock import Clock


class Entry(NamedTuple):
    """One thing that happened. *time* is in virtual seconds; *object* reads ``Pod/default/web-1`` or ``Node/node-1``."""

    time: float
    who: str
    action: str
    object: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.time:10.3f}  {self.who:28} {self.action:10} {self.object}" + (
            f"  ({self.why})" if self.why else ""
        )


class Trace:
    """All entries, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: list[Entry] = []

    def record(self, who: str, action: str, object: str, why: str = "") -> None:
        """Note that *who* did *action* to *object* now."""
        self.entries.append(Entry(self._clock.now, who, action, object, why))

    def since(self, seconds: float) -> list[Entry]:
        """Return the entries from virtual time *seconds* on."""
        return [entry for entry in self.entries if entry.time >= seconds]

    def of(self, object: str) -> list[Entry]:
        """Return the entries about *object*."""
        return [entry for entry in self.entries if entry.object == object]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def text(self) -> str:
        """Return one line an entry; equal seeds give equal bytes."""
        return "\n".join(map(str, self.entries)) + "\n"
