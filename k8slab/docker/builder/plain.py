"""BuildKit's plain progress: the text that ``docker build --progress=plain`` (or a pipe) shows.

Models buildkit's util/progress/progressui (the plain printer) and what buildx prints at the end: excerpts and warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from k8slab.docker.builder.errors import excerpt
from k8slab.docker.builder.records import SOURCE, TRACE

#: How many lines of a failed step are shown again at the end.
LAST_LINES = 10


@dataclass
class _Shown:
    index: int
    name: str
    started: float | None = None
    completed: float | None = None
    closed: bool = False
    error: str = ""
    partial: bool = False
    lines: list[str] = field(default_factory=list)


class PlainProgress:
    """Turns messages of a build into text, which goes to *write* (stderr, for docker build)."""

    def __init__(self, write: Callable[[str], None], driver: str = "docker") -> None:
        self.write = write
        self.driver = driver
        self.vertices: dict[str, _Shown] = {}
        self.last = ""
        self.warnings: list[dict[str, Any]] = []
        self.source: dict[str, Any] | None = None
        self.began = False

    def feed(self, message: dict[str, Any]) -> None:
        """Show one message of the stream; others than BuildKit's are left to the caller."""
        if message.get("id") == SOURCE:
            self.source = message["aux"]
            return
        if message.get("id") != TRACE:
            return
        if not self.began:
            self.began = True
            self.write(f'#0 building with "default" instance using {self.driver} driver\n')
        record = message["aux"]
        for vertex in record.get("vertexes", ()):
            self._vertex(vertex)
        for status in record.get("statuses", ()):
            self._status(status)
        for log in record.get("logs", ()):
            self._log(log)
        self.warnings += record.get("warnings", ())

    def finish(self, error: str = "") -> None:
        """Show what comes at the end: for a failed build the steps that failed, where, and why; else the warnings."""
        if error:
            for shown in self.vertices.values():
                if shown.error:
                    self.write("------\n")
                    self.write(f" > {shown.name}:\n")
                    self.write("".join(f"{line}\n" for line in shown.lines[-LAST_LINES:]))
                    self.write("------\n")
        self._print_warnings()
        if error:
            if self.source is not None:
                first, last = self.source["lines"]
                self.write(excerpt(self.source["filename"], self.source["text"], (first, last)))
            self.write(f"ERROR: failed to build: failed to solve: {error}\n")

    def _print_warnings(self) -> None:
        count = len(self.warnings)
        if not count:
            return
        plural = "s" if count > 1 else ""
        self.write(f"\n {count} warning{plural} found (use docker --debug to expand):\n")
        for warning in self.warnings:
            self.write(f" - {warning['short']}\n")

    # -- vertices ------------------------------------------------------------------------------------------------------

    def _vertex(self, vertex: dict[str, Any]) -> None:
        if vertex["started"] is None:
            return
        shown = self.vertices.get(vertex["digest"])
        if shown is None:
            shown = self.vertices[vertex["digest"]] = _Shown(len(self.vertices) + 1, vertex["name"])
        shown.started = vertex["started"]
        self._turn_to(vertex["digest"])
        if vertex["completed"] is None or shown.closed:
            return
        shown.closed = True
        shown.completed = vertex["completed"]
        shown.error = vertex["error"]
        if shown.error:
            if shown.error.endswith("context canceled"):
                self.write(f"#{shown.index} CANCELED\n")
            else:
                self.write(f"#{shown.index} ERROR: {shown.error}\n")
        elif vertex["cached"]:
            self.write(f"#{shown.index} CACHED\n")
        else:
            self.write(f"#{shown.index} DONE {vertex['completed'] - vertex['started']:.1f}s\n")

    def _turn_to(self, digest: str) -> None:
        """Show the vertex's heading, unless its lines are the last ones shown."""
        if digest == self.last:
            return
        before = self.vertices.get(self.last)
        if before is not None and not before.closed:
            self.write(f"#{before.index} ...\n")
        self.last = digest
        shown = self.vertices[digest]
        self.write(f"\n#{shown.index} {shown.name}\n")

    def _status(self, status: dict[str, Any]) -> None:
        shown = self.vertices.get(status["vertex"])
        if shown is None:
            return
        self._turn_to(status["vertex"])
        size = ""
        if status["total"]:
            size = f" {_bytes(status['current'])} / {_bytes(status['total'])}"
        elif status["current"]:
            size = f" {_bytes(status['current'])}"
        moment = ""
        if status["completed"] is not None:
            seconds = status["completed"] - status["started"]
            moment = (f" {seconds:.1f}s" if seconds >= 0.05 else "") + " done"
        elif shown.started is not None and status["total"]:
            moment = f" {max(0.0, status.get('now', status['started']) - status['started']):.1f}s"
        self.write(f"#{shown.index} {status['name']}{size}{moment}\n")

    def _log(self, log: dict[str, Any]) -> None:
        shown = self.vertices.get(log["vertex"])
        if shown is None:
            return
        self._turn_to(log["vertex"])
        since = log["timestamp"] - (shown.started or 0.0)
        pieces = log["data"].split("\n")
        if pieces and not pieces[-1]:
            pieces.pop()
        for line in pieces:
            text = line.rsplit("\r", 1)[-1] if not line.endswith("\r") else line[:-1]
            shown.lines.append(f"{since:.3f} {text}")
            self.write(f"#{shown.index} {since:.3f} {text}\n")


def _bytes(count: int) -> str:
    """Return *count* as tonistiigi/units shows it with ``%.2f``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{count}B" if unit == "B" else f"{value:.2f}{unit}"
        value /= 1000
    return f"{count}B"
