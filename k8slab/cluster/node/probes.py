"""Probes: what one answer, and a run of them, means.

Models pkg/kubelet/prober (worker.go's counting, prober.go's texts). A probe's verdict changes only after as many equal answers
in a row as its threshold says. Left out: gRPC probes answer like a TCP connection.
"""

from __future__ import annotations

from typing import Any, NamedTuple

READINESS, LIVENESS, STARTUP = "Readiness", "Liveness", "Startup"

#: What holds before the first verdict: not ready, alive, not yet started.
INITIAL_VERDICT = {READINESS: False, LIVENESS: True, STARTUP: None}


class Answer(NamedTuple):
    """One probe's answer and what to tell of it."""

    ok: bool
    output: str = ""


class Verdict:
    """The verdict of one probe of one container. None: not known yet (startup only)."""

    __slots__ = ("failure_threshold", "in_a_row", "last", "success_threshold", "value")

    def __init__(self, kind: str, probe: Any) -> None:
        self.value: bool | None = INITIAL_VERDICT[kind]
        self.failure_threshold: int = probe.failureThreshold or 3
        self.success_threshold: int = probe.successThreshold or 1
        self.last: bool | None = None
        self.in_a_row = 0

    def observe(self, ok: bool) -> bool:
        """Take one answer in; return whether the verdict has changed.

        With failureThreshold 3, two failures in a row change nothing, the third turns the verdict.
        """
        self.in_a_row = self.in_a_row + 1 if ok == self.last else 1
        self.last = ok
        needed = self.success_threshold if ok else self.failure_threshold
        if self.in_a_row < needed or self.value is ok:
            return False
        self.value = ok
        return True


def probe_of(container: Any, kind: str) -> Any | None:
    """Return the container's probe of *kind*, or None."""
    if kind == READINESS:
        return container.readinessProbe
    return container.livenessProbe if kind == LIVENESS else container.startupProbe


def port_number(container: Any, port: Any) -> int:
    """Return *port* of a probe as a number; a name is looked up among the container's ports. Raises ValueError."""
    if isinstance(port, int):
        return port
    if isinstance(port, str) and port.isdigit():
        return int(port)
    for each in container.ports or ():
        if each.name == port:
            return int(each.containerPort)
    raise ValueError(f"couldn't find port: {port} in container {container.name}")


def http_answer(status: int) -> Answer:
    """Return what an HTTP status code means: 200 to 399 is success."""
    if 200 <= status < 400:
        return Answer(True)
    return Answer(False, f"HTTP probe failed with statuscode: {status}")


def first_probe_at(created_at: float, started_at: float, initial_delay: float, period: float) -> float:
    """Return when a container that started at *started_at* is probed first.

    A prober ticks every *period* seconds from *created_at* on (when its Pod came to the node) and skips the ticks at which the
    container does not run or is younger than *initial_delay*.
    """
    earliest = started_at + initial_delay
    if earliest <= created_at:
        return created_at
    ticks = -(-(earliest - created_at) // period)
    return created_at + ticks * period
