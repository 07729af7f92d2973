"""The Inspector protocol: what a view may ask beyond what a real cluster would tell. `Lab` implements it; views never see `Lab`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace


class Mark(NamedTuple):
    """A place on the time bar: what the learner did there."""

    revision: int
    time: float
    text: str


class Inspector(Protocol):
    """The lab seen from a view: its time, its past, and the levers of the faults."""

    clock: Clock
    trace: Trace

    @property
    def revision(self) -> int:
        """etcd's newest revision."""

    @property
    def oldest_revision(self) -> int:
        """The oldest revision that can still be read (older ones are compacted away)."""

    def objects(self, model: type, *, revision: int | None = None, namespace: str | None = None) -> list[Any]:
        """Return all objects of the lightkube class *model*, as of *revision* (now by default), in key order."""

    def time_of(self, revision: int) -> float:
        """Return the virtual second at which *revision* was written."""

    def marks(self) -> Sequence[Mark]:
        """Return what the learner did, oldest first."""

    def mark(self, text: str) -> None:
        """Put a mark for something the learner does now."""

    def stop_node(self, name: str) -> None:
        """Cut the power of node *name*: its kubelet and containers stop answering."""

    def start_node(self, name: str) -> None:
        """Start node *name* again."""

    def why_here(self, namespace: str, pod: str) -> dict[str, Any]:
        """Return how the scheduler decided about a Pod: ``{"node", "filters": {node: reasons}, "scores": {node: {plugin: n}}}``."""
