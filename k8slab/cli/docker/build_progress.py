"""``docker build`` as BuildKit prints it with ``--progress=plain``: numbered vertices, their logs, CACHED and DONE.

Models buildkit/util/progress/progressui (plain mode). The engine of the lab streams its builds over POST /build; for BuildKit's look it
adds records to that stream, beside the classic messages::

    {"id": "moby.buildkit.trace", "aux": {"vertexes": [VERTEX...], "statuses": [STATUS...], "logs": [LOG...], "warnings": [WARNING...]}}

All lists are optional; times are seconds (floats, of any common origin). The real record of this name holds the same message as
base64 of protobuf; here it is JSON.

========  ======================================================================================================================
VERTEX    ``{"digest": id, "name": "[2/4] RUN apk add curl", "started": t, "completed": t, "cached": bool, "error": text}``;
          sent again whenever something changed: without ``started`` it waits, with ``completed`` it is over
STATUS    ``{"vertex": id, "id": "sha256:ab..", "name": "", "current": n, "total": n, "timestamp": t, "started": t, "completed": t}``:
          progress inside a vertex (a layer that is fetched, ``transferring context``)
LOG       ``{"vertex": id, "stream": 1 | 2, "data": text, "timestamp": t}``: what a RUN prints
WARNING   ``{"vertex": id, "short": text, "detail": [text...], "url": text, "source": {"file": name, "lines": [text...]}, "start": n,
          "end": n}``: a finding of the build checks
========  ======================================================================================================================

A failed build ends with the classic ``errorDetail``; the vertex that failed carries ``error``. Optional ``source`` in the error's vertex
(``{"file": "Dockerfile", "text": whole, "start": line, "end": line}``) is printed with the lines around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from k8slab.cli.docker import units

TRACE_ID = "moby.buildkit.trace"


@dataclass(slots=True)
class _Vertex:
    """One step of the build, as far as it has been heard of and shown."""

    number: int
    name: str = ""
    started: float | None = None
    completed: float | None = None
    cached: bool = False
    error: str = ""
    headed: bool = False
    over: bool = False
    cut: str = ""
    logs: list[str] = field(default_factory=list)
    statuses: dict[str, tuple[int, bool]] = field(default_factory=dict)
    source: dict[str, Any] | None = None


class Printer:
    """Writes the records of one build as plain lines."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write
        self.vertices: dict[str, _Vertex] = {}
        self.warnings: list[dict[str, Any]] = []
        self._numbered = 0
        self._current: str | None = None

    @property
    def used(self) -> bool:
        """Whether any record has come: the build is shown BuildKit's way."""
        return bool(self.vertices)

    def show(self, record: dict[str, Any]) -> None:
        """Write what *record* brings."""
        touched: dict[str, None] = {}
        for entry in record.get("vertexes") or []:
            touched[entry["digest"]] = None
            self._update(entry)
        for entry in record.get("statuses") or []:
            touched[entry["vertex"]] = None
            self._status(entry)
        for entry in record.get("logs") or []:
            touched[entry["vertex"]] = None
            self._log(entry)
        self.warnings += record.get("warnings") or []
        for digest in touched:
            self._close(digest)

    def _update(self, entry: dict[str, Any]) -> None:
        digest = entry["digest"]
        vertex = self.vertices.setdefault(digest, _Vertex(0))
        vertex.name = entry.get("name") or vertex.name
        vertex.started = entry.get("started", vertex.started)
        vertex.completed = entry.get("completed", vertex.completed)
        vertex.cached = bool(entry.get("cached", vertex.cached))
        vertex.error = entry.get("error") or vertex.error
        vertex.source = entry.get("source") or vertex.source
        if vertex.started is not None or vertex.completed is not None:
            self._head(digest)

    def _head(self, digest: str) -> None:
        """Write a vertex's name the first time, and again when another one has been written in between."""
        vertex = self.vertices[digest]
        if not vertex.number:
            self._numbered += 1
            vertex.number = self._numbered
        if self._current == digest:
            return
        if self._current is not None:
            last = self.vertices[self._current]
            if not last.over:
                self.write(f"#{last.number} ...\n")
            self.write("\n")
        self._current = digest
        self.write(f"#{vertex.number} {vertex.name}\n")
        vertex.headed = True

    def _status(self, entry: dict[str, Any]) -> None:
        digest = entry["vertex"]
        if digest not in self.vertices:
            return
        vertex = self.vertices[digest]
        current, total = int(entry.get("current") or 0), int(entry.get("total") or 0)
        done = entry.get("completed") is not None
        if vertex.statuses.get(entry["id"]) == (current, done):
            return
        vertex.statuses[entry["id"]] = (current, done)
        self._head(digest)
        text = f"#{vertex.number} {entry['id']}"
        if total:
            text += f" {units.human_size(current)} / {units.human_size(total)}"
        elif current:
            text += f" {units.human_size(current)}"
        if entry.get("started") is not None:
            end = entry["completed"] if done else entry.get("timestamp", entry["started"])
            text += f" {end - entry['started']:.1f}s"
        self.write(text + (" done" if done else "") + "\n")

    def _log(self, entry: dict[str, Any]) -> None:
        digest = entry["vertex"]
        if digest not in self.vertices:
            return
        vertex = self.vertices[digest]
        self._head(digest)
        passed = max((entry.get("timestamp") or 0.0) - (vertex.started or 0.0), 0.0)
        lines = (vertex.cut + str(entry["data"])).split("\n")
        vertex.cut = lines.pop()
        for line in lines:
            text = f"{passed:.3f} {line.rpartition(chr(13))[2] or line.rstrip(chr(13))}".rstrip()
            vertex.logs.append(text)
            self.write(f"#{vertex.number} {text}\n")

    def _close(self, digest: str) -> None:
        vertex = self.vertices.get(digest)
        if vertex is None or vertex.over or vertex.completed is None:
            return
        self._head(digest)
        if vertex.cut:
            self._log({"vertex": digest, "data": "\n", "timestamp": vertex.completed})
        vertex.over = True
        if vertex.error:
            self.write(f"#{vertex.number} ERROR: {vertex.error}\n")
        elif vertex.cached:
            self.write(f"#{vertex.number} CACHED\n")
        else:
            self.write(f"#{vertex.number} DONE {vertex.completed - (vertex.started or vertex.completed):.1f}s\n")

    def finish(self) -> None:
        """Write what stands at the end: the logs and the place of what failed, and the findings of the checks."""
        failed = next((vertex for vertex in self.vertices.values() if vertex.error), None)
        if failed is not None:
            self.write("------\n")
            self.write(f" > {failed.name}:\n" + "".join(f"{line}\n" for line in failed.logs[-10:]) + "------\n")
        self._warnings()
        if failed is not None and failed.source is not None:
            self.write(source_excerpt(failed.source))

    def _warnings(self) -> None:
        if not self.warnings:
            return
        count = len(self.warnings)
        self.write(f"\n {count} warning{'s' if count > 1 else ''} found (use docker --debug to expand):\n")
        for warning in self.warnings:
            place = f" (line {warning['start']})" if warning.get("start") else ""
            self.write(f" - {warning['short']}{place}\n")
        self.write("")


def source_excerpt(source: dict[str, Any], around: int = 3) -> str:
    """Return the lines of a Dockerfile around the one that failed, marked with arrows. Models solver/errdefs.Source.Print."""
    lines = str(source["text"]).split("\n")
    start, end = int(source["start"]), int(source.get("end") or source["start"])
    first, last = start, min(end, len(lines))
    while last - first < 2 * around and (first > 1 or last < len(lines)):
        first, last = max(first - 1, 1), min(last + 1, len(lines))
        if start - first >= around:
            break
    out = [f"{source['file']}:{start}", "-" * 20]
    for number in range(first, last + 1):
        mark = ">>>" if start <= number <= end else "   "
        out.append(f" {number:3d} | {mark} {lines[number - 1]}")
    out.append("-" * 20)
    return "\n".join(out) + "\n"
