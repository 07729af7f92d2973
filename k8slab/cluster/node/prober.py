"""Asks the probes of the containers of one Pod, each in its own rhythm, and keeps what they say.

Models pkg/kubelet/prober (worker.go, prober.go, results). A process a probe and container, from its start to its end.
Left out: gRPC probes (treated as TCP), the random wait after a restart of the kubelet.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from k8slab.cluster.node.cri import RUNNING, ContainerStatus, CriError, Runtime, Unreachable
from k8slab.cluster.node.go_durations import go_duration
from k8slab.cluster.node.pod_actions import Verdicts
from k8slab.cluster.node.probes import (
    LIVENESS,
    READINESS,
    STARTUP,
    Answer,
    Verdict,
    first_probe_at,
    http_answer,
    port_number,
    probe_of,
)
from k8slab.sim.clock import Clock

Spawn = Callable[[Generator[Event, Any, None]], Any]


class PodProber:
    """The probes of one Pod. *changed* is called when a verdict has changed, *note* writes an Event about a container."""

    def __init__(
        self,
        clock: Clock,
        runtime: Runtime,
        spawn: Spawn,
        changed: Callable[[], None],
        note: Callable[[Any, str, str, str], None],
    ) -> None:
        self._clock = clock
        self._runtime = runtime
        self._spawn = spawn
        self._changed = changed
        self._note = note
        self._created_at = clock.now
        #: (container, kind) -> the container's id and its verdict
        self._verdicts: dict[tuple[str, str], tuple[str, Verdict]] = {}
        self._stopped: tuple[str, ...] = ()

    def watch(self, uid: str, ip: str, container: Any, status: ContainerStatus) -> None:
        """Begin to probe a container that runs, unless that has begun already."""
        for kind in (STARTUP, LIVENESS, READINESS):
            probe = probe_of(container, kind)
            if probe is None:
                continue
            key = (container.name, kind)
            known = self._verdicts.get(key)
            if known is None or known[0] != status.id:
                verdict = Verdict(kind, probe)
                self._verdicts[key] = (status.id, verdict)
                self._spawn(self._run(uid, ip, container, status, kind, probe, verdict))

    def stop(self, *kinds: str) -> None:
        """Ask no more of *kinds* (liveness and startup end when the Pod is told to go; readiness goes on)."""
        self._stopped = (*self._stopped, *kinds)

    # -- what they say -----------------------------------------------------------------------------------------------

    def value(self, name: str, kind: str, container_id: str) -> bool | None:
        """Return the verdict about the container with this id; None if there is none yet."""
        known = self._verdicts.get((name, kind))
        return known[1].value if known is not None and known[0] == container_id else None

    def ready(self, containers: list[tuple[Any, ContainerStatus | None]]) -> dict[str, bool]:
        """Return name -> ready for the containers with a readiness probe."""
        return {
            spec.name: status is not None and bool(self.value(spec.name, READINESS, status.id))
            for spec, status in containers
            if spec.readinessProbe is not None
        }

    def verdicts(self, containers: list[tuple[Any, ContainerStatus | None]]) -> Verdicts:
        """Return which containers have started, and which the probes have given up."""
        started: dict[str, bool] = {}
        not_alive: dict[str, str] = {}
        for spec, status in containers:
            if spec.startupProbe is not None:
                value = None if status is None else self.value(spec.name, STARTUP, status.id)
                started[spec.name] = bool(value)
                if value is False:
                    not_alive[spec.name] = "startup"
            is_dead = status is not None and self.value(spec.name, LIVENESS, status.id) is False
            if spec.livenessProbe is not None and is_dead:
                not_alive[spec.name] = "liveness"
        return Verdicts(started, not_alive)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _run(
        self, uid: str, ip: str, container: Any, status: ContainerStatus, kind: str, probe: Any, verdict: Verdict
    ) -> Generator[Event, Any, None]:
        period = float(probe.periodSeconds or 10)
        first = first_probe_at(self._created_at, status.started_at, float(probe.initialDelaySeconds or 0), period)
        yield self._clock.timeout(max(first - self._clock.now, 0.0))
        while status.state == RUNNING and kind not in self._stopped:
            asked_at = self._clock.now
            if kind == STARTUP or container.startupProbe is None or self.value(container.name, STARTUP, status.id):
                answer = yield from self._ask(uid, ip, container, status, probe)
                if status.state != RUNNING or kind in self._stopped:
                    return
                if not answer.ok:
                    self._note(container, "Warning", "Unhealthy", f"{kind} probe failed: {answer.output}")
                if verdict.observe(answer.ok):
                    self._changed()
                    if kind == STARTUP or (kind == LIVENESS and not answer.ok):
                        return  # started for good; or on hold until there is a new container
                elif kind == STARTUP and verdict.value:
                    return
            yield self._clock.timeout(max(period - (self._clock.now - asked_at), 0.0))

    def _ask(
        self, uid: str, ip: str, container: Any, status: ContainerStatus, probe: Any
    ) -> Generator[Event, Any, Answer]:
        """Return the answer of one attempt."""
        timeout = float(probe.timeoutSeconds or 1)
        try:
            if probe.exec is not None:
                command = probe.exec.command or []
                result = yield from self._runtime.exec_sync(status.id, command, timeout)
                return Answer(result.exit_code == 0, result.output)
            if probe.httpGet is not None:
                return (yield from self._http(uid, ip, container, probe.httpGet, timeout))
            action = probe.tcpSocket or probe.grpc
            port = port_number(container, action.port)
            yield from self._runtime.connect(uid, container.name, port, timeout)
            return Answer(True)
        except CriError as error:
            if error.code == "DeadlineExceeded" and probe.exec is not None:
                line = " ".join(probe.exec.command or ())
                return Answer(False, f'command timed out: "{line}" timed out after {go_duration(timeout)}')
            return Answer(False, str(error))
        except (Unreachable, ValueError) as error:
            return Answer(False, str(error))

    def _http(self, uid: str, ip: str, container: Any, action: Any, timeout: float) -> Generator[Event, Any, Answer]:
        port = port_number(container, action.port)
        path = action.path or "/"
        url = f"{(action.scheme or 'HTTP').lower()}://{action.host or ip}:{port}{path if path.startswith('/') else '/' + path}"
        try:
            code = yield from self._runtime.http_get(uid, container.name, port, path, timeout)
        except Unreachable as error:
            return Answer(False, f'Get "{url}": {error}')
        return http_answer(code)
