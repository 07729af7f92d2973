"""One Pod on this node: from its first container to its last.

Models pkg/kubelet (pod_workers.go, kubelet.go: SyncPod, SyncTerminatingPod, SyncTerminatedPod) and kuberuntime (SyncPod,
startContainer, killContainer). A worker looks at what is, takes the next steps, and sleeps until something wakes it: a new
spec, a container that started or ended, a probe that changed its mind, or its own back-off. A Pod goes through syncing,
terminating (its containers are stopped) and terminated (nothing of it is left), and never back.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import Event

from k8slab.apimachinery.pods import FAILED, SUCCEEDED, is_sidecar
from k8slab.cluster.node import cri, pod_actions
from k8slab.cluster.node.container_lifecycle import ContainerLifecycle
from k8slab.cluster.node.cri import ContainerStatus, CriError, PodSandboxConfig
from k8slab.cluster.node.pod_references import missing_volume, needs_volumes
from k8slab.cluster.node.pod_status import Observed, pod_status
from k8slab.cluster.node.prober import PodProber
from k8slab.cluster.node.probes import LIVENESS, READINESS, STARTUP

if TYPE_CHECKING:
    from k8slab.cluster.node.kubelet import Kubelet

#: A worker that met an error tries again after 10 to 15 s (backOffPeriod, jitter 0.5).
RETRY_SECONDS = 10.0
DEADLINE = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
TERMINATE = "terminate"


class PodWorker:
    """Works for one Pod; a process only while there is something to do."""

    def __init__(self, kubelet: Kubelet, pod: Any) -> None:
        self.kubelet = kubelet
        self.clock = kubelet.clock
        self.runtime = kubelet.runtime
        self.pod = pod
        self.uid: str = pod.metadata.uid
        known = pod.status.startTime if pod.status is not None else None
        self.started_at = self.clock.now if known is None else self.clock.seconds(known)
        self.lifecycle = ContainerLifecycle(self)
        self.rejected: tuple[str, str] | None = None
        self.is_terminating = False
        self.is_terminated = False
        self.grace_period_seconds = 0
        self._prober: PodProber | None = None
        self._process: simpy.Process | None = None
        self._again = False
        self._in_sync = False
        self._retry_due = False
        self._has_volumes = not needs_volumes(pod)
        spec = pod.spec
        self._is_probed = any(
            each.readinessProbe is not None or each.livenessProbe is not None or each.startupProbe is not None
            for each in (*spec.containers, *(spec.initContainers or ()))
        )

    # -- being told --------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Look at the Pod soon."""
        self._again = True
        if self._process is None:
            self._process = self.kubelet.spawn(self._run())

    def terminate(self, grace_period_seconds: int, rejected: tuple[str, str] | None = None) -> None:
        """Stop the Pod. Asking again can only shorten the grace period."""
        if rejected is not None and self.rejected is None:
            self.rejected = rejected
        if not self.is_terminating:
            self.is_terminating = True
            self.grace_period_seconds = grace_period_seconds
            if self._in_sync and self._process is not None:
                self._process.interrupt(TERMINATE)
        elif grace_period_seconds < self.grace_period_seconds and not self.is_terminated:
            self.grace_period_seconds = grace_period_seconds
            for container in self._running():
                self.kubelet.spawn(self.runtime.stop_container(container.id, max(grace_period_seconds, 1)))
        self.wake()

    # -- working -----------------------------------------------------------------------------------------------------

    def _run(self) -> Generator[Event, Any, None]:
        while self._again:
            self._again = False
            try:
                if not self.is_terminating:
                    self._in_sync = True
                    yield from self._sync()
                    self._in_sync = False
                if self.is_terminating and not self.is_terminated:
                    yield from self._terminate()
            except simpy.Interrupt as interrupt:
                self._in_sync = False
                if interrupt.cause != TERMINATE:
                    return  # the power is gone
                self._again = True
        self._process = None

    def _sync(self) -> Generator[Event, Any, None]:
        """Take the Pod a step closer to its spec."""
        pod = self.pod
        if self._is_past_deadline():
            self.kubelet.recorder.event(pod, "Normal", DEADLINE[0], DEADLINE[1])
            self._give_up(DEADLINE)
            return
        phase = self.report()
        if phase in (SUCCEEDED, FAILED):
            self._give_up(None)
            return
        if not self._has_volumes:
            missing = yield from missing_volume(self.kubelet.client, pod)
            if missing:
                self.kubelet.recorder.event(pod, "Warning", "FailedMount", missing)
                self.retry_later()
                return
            self._has_volumes = True
        sandbox, containers = self.runtime.sandbox_of(self.uid), self.runtime.containers_of(self.uid)
        pairs = self._pairs(containers)
        actions = pod_actions.compute(pod, sandbox, containers, self._verdicts(pairs))
        if actions.kill_pod and not actions.create_sandbox:
            self._give_up(None)
            return
        for container, message in actions.kill:
            yield from self.lifecycle.kill(container, message, self._restart_grace(container.name))
        if actions.create_sandbox and not (yield from self._create_sandbox(actions)):
            return
        for container in actions.start_init:
            if not (yield from self.lifecycle.start(container, is_init=True)):
                self.retry_later()
                break
        for container in actions.start:
            if not (yield from self.lifecycle.start(container)):
                self.retry_later()

    def _give_up(self, rejected: tuple[str, str] | None) -> None:
        self.rejected = rejected or self.rejected
        self.is_terminating = True
        self.grace_period_seconds = self.pod.spec.terminationGracePeriodSeconds or 0

    def _is_past_deadline(self) -> bool:
        deadline = self.pod.spec.activeDeadlineSeconds
        if deadline is None:
            return False
        left = self.started_at + deadline - self.clock.now
        if left <= 0:
            return True
        self.kubelet.later(left, self.wake)
        return False

    def _create_sandbox(self, actions: pod_actions.PodActions) -> Generator[Event, Any, bool]:
        pod = self.pod
        if actions.kill_pod:
            message = "Pod sandbox changed, it will be killed and re-created."
            self.kubelet.recorder.event(pod, "Normal", "SandboxChanged", message)
        meta = pod.metadata
        config = PodSandboxConfig(
            self.uid,
            meta.name,
            meta.namespace,
            actions.attempt,
            bool(pod.spec.hostNetwork),
            meta.labels or {},
            meta.annotations or {},
        )
        try:
            yield from self.runtime.run_pod_sandbox(config)
        except CriError as error:
            message = f"Failed to create pod sandbox: {error}"
            self.kubelet.recorder.event(pod, "Warning", "FailedCreatePodSandBox", message)
            self.retry_later()
            return False
        return True

    def retry_later(self) -> None:
        """Look again after the usual wait for errors."""
        if not self._retry_due:
            self._retry_due = True
            self.kubelet.later(RETRY_SECONDS * (1 + self.kubelet.chance.uniform(0, 0.5)), self._retry)

    def _retry(self) -> None:
        self._retry_due = False
        if not self.is_terminated:
            self.wake()

    # -- ending ------------------------------------------------------------------------------------------------------

    def _terminate(self) -> Generator[Event, Any, None]:
        """Stop the containers, those beside the sidecars first, then the sidecars in reverse order; then the sandbox."""
        if self._prober is not None:
            self._prober.stop(LIVENESS, STARTUP)
        self.report()
        spec = self.pod.spec
        sidecars = [each.name for each in spec.initContainers or () if is_sidecar(each)]
        running = self._running()
        yield from self._kill_all([each for each in running if each.name not in sidecars])
        for name in reversed(sidecars):
            yield from self._kill_all([each for each in running if each.name == name])
        if self.runtime.sandbox_of(self.uid) is not None:
            yield from self.runtime.stop_pod_sandbox(self.uid)
        if self._prober is not None:
            self._prober.stop(READINESS)
        self.is_terminated = True
        self.report()
        self.kubelet.on_terminated(self)

    def _kill_all(self, containers: list[ContainerStatus]) -> Generator[Event, Any, None]:
        grace = self.grace_period_seconds
        kills = [self.lifecycle.kill(each, f"Stopping container {each.name}", grace) for each in containers]
        if len(kills) == 1:
            yield from kills[0]
        elif kills:
            yield self.clock.env.all_of([self.kubelet.spawn(kill) for kill in kills])

    def _running(self) -> list[ContainerStatus]:
        return [each for each in self.runtime.containers_of(self.uid) if each.state == cri.RUNNING]

    def _restart_grace(self, name: str) -> int:
        spec = self.pod.spec
        for container in (*(spec.initContainers or ()), *spec.containers):
            probe = container.livenessProbe
            if container.name == name and probe is not None and probe.terminationGracePeriodSeconds is not None:
                return int(probe.terminationGracePeriodSeconds)
        return spec.terminationGracePeriodSeconds if spec.terminationGracePeriodSeconds is not None else 30

    # -- telling -----------------------------------------------------------------------------------------------------

    def report(self) -> str:
        """Work the status out, hand it to the status manager, and return the phase."""
        containers = self.runtime.containers_of(self.uid)
        sandbox = self.runtime.sandbox_of(self.uid)
        observed = Observed(
            self.clock.now,
            self.kubelet.host_ip,
            self.started_at,
            sandbox,
            containers,
            self.lifecycle.waiting,
            is_terminal=self.is_terminated,
            rejected=self.rejected if self.is_terminated else None,
        )
        if self._is_probed:
            pairs = self._pairs(containers)
            own = self.kubelet.host_ip if self.pod.spec.hostNetwork else sandbox.ip if sandbox is not None else ""
            self._watch_probes(pairs, own)
            if self._prober is not None:
                observed.ready = self._prober.ready(pairs)
                observed.started = self._prober.verdicts(pairs).started
        newest = self.kubelet.statuses.newest(self.uid) or self.pod
        status = pod_status(newest, observed)
        self.kubelet.statuses.set_status(newest, status)
        return status.phase or ""

    def _pairs(self, containers: Any) -> list[tuple[Any, ContainerStatus | None]]:
        newest = pod_actions.latest(containers)
        spec = self.pod.spec
        return [(each, newest.get(each.name)) for each in (*(spec.initContainers or ()), *spec.containers)]

    def _verdicts(self, pairs: list[tuple[Any, ContainerStatus | None]]) -> pod_actions.Verdicts:
        return self._prober.verdicts(pairs) if self._prober is not None else NO_VERDICTS

    def _watch_probes(self, pairs: list[tuple[Any, ContainerStatus | None]], ip: str) -> None:
        if self._prober is None:
            if self.is_terminating:
                return
            self._prober = PodProber(self.clock, self.runtime, self.kubelet.spawn, self.wake, self.lifecycle.note)
        for container, status in pairs:
            if status is not None and status.state == cri.RUNNING and not self.is_terminating:
                self._prober.watch(self.uid, ip, container, status)


NO_VERDICTS = pod_actions.Verdicts({}, {})
