"""What happened in the engine, told to whoever asks: ``docker events``.

Models daemon/events: the last 256 events are kept, listeners get the new ones, filters let through what matches.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8slab.docker import timestamps
from k8slab.docker.label_filters import has_label
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace

KEPT = 256
Filters = Mapping[str, list[str]]


class Happening(NamedTuple):
    """One event. *unix* is its time in Unix seconds."""

    unix: float
    type: str
    action: str
    id: str
    attributes: dict[str, str]

    def document(self) -> dict[str, Any]:
        """Return it as the API shows it; containers and images also have the old short fields."""
        nano = round(self.unix * 1_000_000) * 1000
        found: dict[str, Any] = {
            "Type": self.type,
            "Action": self.action,
            "Actor": {"ID": self.id, "Attributes": {key: self.attributes[key] for key in sorted(self.attributes)}},
            "scope": "local",
            "time": nano // 1_000_000_000,
            "timeNano": nano,
        }
        if self.type in ("container", "image"):
            status = {"status": self.action, "id": self.id}
            if self.type == "container":
                status["from"] = self.attributes.get("image", "")
            found = {**status, **found}
        return found

    def line(self) -> bytes:
        """Return it as one line of the stream."""
        return json.dumps(self.document(), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def passes(self, filters: Filters) -> bool:
        """Return whether *filters* let it through: all kinds must hold, of each kind one value."""
        return all(not values or any(self._holds(kind, value) for value in values) for kind, values in filters.items())

    def _holds(self, kind: str, value: str) -> bool:
        if kind == "type":
            return self.type == value
        if kind == "event":
            return self.action == value or self.action.split(":")[0] == value
        if kind == "label":
            return has_label(self.attributes, value)
        if kind == "scope":
            return value == "local"
        if kind == "image":
            name = self.attributes.get("image" if self.type == "container" else "name", "")
            return value in (name, name.split(":")[0], self.id)
        if kind in ("container", "network", "volume", "daemon"):
            named = self.attributes.get("name", "")
            if self.type == kind:
                return value == named or self.id.startswith(value)
            return self.attributes.get(kind, "\0").startswith(value)
        return False


class Events:
    """The engine's events."""

    def __init__(self, clock: Clock, trace: Trace, who: str) -> None:
        self.clock = clock
        self.trace = trace
        self.who = who
        self.past: deque[Happening] = deque(maxlen=KEPT)
        self.listeners: list[Callable[[Happening], None]] = []

    def tell(self, type: str, action: str, id: str, attributes: dict[str, str]) -> None:
        """Say that *action* happened to the *type* called *id*."""
        happening = Happening(timestamps.unix_now(self.clock), type, action, id, attributes)
        self.past.append(happening)
        self.trace.record(self.who, action, f"{type.capitalize()}/{attributes.get('name') or id[:12]}")
        for listener in list(self.listeners):
            listener(happening)

    def image(self, action: str, id: str, attributes: dict[str, str]) -> None:
        """Say what happened to an image (the image store's *notify*)."""
        self.tell("image", action, id, attributes)
