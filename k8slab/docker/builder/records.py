"""BuildKit's progress: a graph of *vertices*, each with a beginning, an end, output, sub-steps and warnings.

Models client.SolveStatus, which a real engine sends as ``moby.buildkit.trace`` messages; ours are the same facts as JSON. Times are
virtual seconds. `plain.py` prints them.
"""

from __future__ import annotations

import hashlib
from typing import Any

from k8slab.docker.builder.checks import Warning
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.progress import Emit
from k8slab.sim.clock import Clock

TRACE = "moby.buildkit.trace"
SOURCE = "moby.buildkit.source"


class Vertex:
    """One vertex of the graph, telling about itself."""

    def __init__(self, records: Records, name: str, inputs: tuple[Vertex, ...] = ()) -> None:
        self.records = records
        self.name = name
        self.inputs = inputs
        self.digest = "sha256:" + hashlib.sha256(f"{records.build} {records.count} {name}".encode()).hexdigest()
        records.count += 1
        self.started: float | None = None
        self.completed: float | None = None
        self.cached = False
        self.error = ""

    def start(self) -> Vertex:
        """It begins now."""
        self.started = self.records.clock.now
        self._tell()
        return self

    def done(self, *, cached: bool = False) -> None:
        """It is finished; *cached* if nothing had to be done."""
        if self.started is None:
            self.started = self.records.clock.now
        self.cached = cached
        self.completed = self.records.clock.now
        self._tell()

    def fail(self, error: str) -> None:
        """It ends with *error*."""
        self.error = error
        if self.started is None:
            self.started = self.records.clock.now
        self.completed = self.records.clock.now
        self._tell()

    def log(self, stream: int, data: bytes) -> None:
        """It prints *data*."""
        text = data.decode("utf-8", "replace")
        self.records.send(
            logs=[{"vertex": self.digest, "stream": stream, "data": text, "timestamp": self.records.clock.now}]
        )

    def status(self, name: str, *, current: int = 0, total: int = 0, started: float | None = None) -> None:
        """A finished sub-step of it."""
        now = self.records.clock.now
        begun = now if started is None else started
        entry = {"id": name, "vertex": self.digest, "name": name, "current": current, "total": total}
        self.records.send(statuses=[{**entry, "started": begun, "completed": now}])

    def moving(self, id: str, name: str, current: int, total: int, started: float) -> None:
        """A sub-step of it that goes on."""
        entry = {"id": id, "vertex": self.digest, "name": name, "current": current, "total": total}
        self.records.send(statuses=[{**entry, "started": started, "completed": None}])

    def _tell(self) -> None:
        self.records.send(
            vertexes=[
                {
                    "digest": self.digest,
                    "name": self.name,
                    "inputs": [one.digest for one in self.inputs],
                    "started": self.started,
                    "completed": self.completed,
                    "cached": self.cached,
                    "error": self.error,
                }
            ]
        )


class Records:
    """The records of one build."""

    def __init__(self, clock: Clock, emit: Emit, build: str) -> None:
        self.clock = clock
        self.emit = emit
        self.build = build
        self.count = 0

    def vertex(self, name: str, *inputs: Vertex) -> Vertex:
        """Return a new vertex."""
        return Vertex(self, name, inputs)

    def send(self, **lists: Any) -> None:
        """Send one record."""
        self.emit({"id": TRACE, "aux": lists})

    def warn(self, warning: Warning, vertex: Vertex) -> None:
        """Send a build check's finding."""
        self.send(
            warnings=[
                {
                    "vertex": vertex.digest,
                    "level": 1,
                    "short": warning.short,
                    "detail": [warning.detail],
                    "url": warning.url,
                    "lines": list(warning.lines),
                }
            ]
        )

    def source(self, error: BuildError, filename: str, text: str) -> None:
        """Send where in the Dockerfile *error* is, for the excerpt."""
        if error.lines is not None:
            first, last = error.lines
            self.emit({"id": SOURCE, "aux": {"filename": filename, "text": text, "lines": [first, last]}})
