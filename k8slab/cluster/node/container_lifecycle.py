"""Starting and stopping one container, with its Events, hooks and back-off.

Models kuberuntime_container.go (startContainer, killContainer), kuberuntime_manager.go (doBackOff) and lifecycle handlers.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.apimachinery.pods import is_sidecar
from k8slab.cluster.node import cri
from k8slab.cluster.node.cri import ContainerConfig, ContainerStatus, CriError, Unreachable
from k8slab.cluster.node.go_durations import go_duration
from k8slab.cluster.node.pod_references import MissingReference, environment, refers
from k8slab.cluster.node.probes import port_number

if TYPE_CHECKING:
    from k8slab.cluster.node.pod_worker import PodWorker

#: However little is left of the grace period, a container gets this long between SIGTERM and SIGKILL.
MINIMUM_GRACE_SECONDS = 2
CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"


class ContainerLifecycle:
    """The containers of one worker's Pod. *waiting* says why one does not run: name -> (reason, message)."""

    def __init__(self, worker: PodWorker) -> None:
        self._worker = worker
        self._kubelet = worker.kubelet
        self._runtime = worker.runtime
        self._clock = worker.clock
        self.waiting: dict[str, tuple[str, str]] = {}

    def note(self, container: Any, type: str, reason: str, message: str) -> None:
        """Write an Event about *container*."""
        pod = self._worker.pod
        inits = pod.spec.initContainers or ()
        field = "initContainers" if any(each.name == container.name for each in inits) else "containers"
        self._kubelet.recorder.event(pod, type, reason, message, field_path=f"spec.{field}{{{container.name}}}")

    # -- starting ----------------------------------------------------------------------------------------------------

    def start(self, container: Any, is_init: bool = False) -> Generator[Event, Any, bool]:
        """Start *container*; return False if that must be tried again later. The reason is in `waiting`."""
        name, uid = container.name, self._worker.uid
        before = next((each for each in self._runtime.containers_of(uid) if each.name == name), None)
        if before is not None and before.state == cri.EXITED and self._backs_off(container, before):
            return False
        pulled = yield from self._kubelet.images.ensure_exists(
            uid, container, lambda type, reason, message: self.note(container, type, reason, message)
        )
        if pulled.image is None:
            return self._fail(container, pulled.reason, pulled.message, f"Error: {pulled.reason}")
        try:
            variables = (
                (yield from environment(self._kubelet.client, self._worker.pod, container))
                if refers(container)
                else {each.name: each.value or "" for each in container.env or ()}
            )
        except MissingReference as error:
            return self._fail(container, "CreateContainerConfigError", str(error), f"Error: {error}")
        config = ContainerConfig(
            name,
            container.image,
            pulled.image.ref,
            before.attempt + 1 if before is not None else 0,
            container.command or (),
            container.args or (),
            variables,
            [port.containerPort for port in container.ports or ()],
            is_init and not is_sidecar(container),
        )
        try:
            container_id = yield from self._runtime.create_container(uid, config)
            self.note(container, "Normal", "Created", "Container created")
            yield from self._runtime.start_container(container_id)
        except CriError as error:
            return self._fail(container, "RunContainerError", str(error), f"Error: {error.description}")
        self.note(container, "Normal", "Started", "Container started")
        self.waiting.pop(name, None)
        hook = container.lifecycle.postStart if container.lifecycle is not None else None
        if hook is not None:
            yield from self._post_start(container, container_id, hook)
        return True

    def _fail(self, container: Any, reason: str, message: str, told: str) -> bool:
        self.waiting[container.name] = (reason, message)
        self.note(container, "Warning", "Failed", told)
        self._worker.report()
        return False

    def _backs_off(self, container: Any, before: ContainerStatus) -> bool:
        """Whether it is too early to start the container that ended as *before* once more."""
        worker, backoff = self._worker, self._kubelet.crash_backoff
        key = f"{worker.uid}_{container.name}"
        meta = worker.pod.metadata
        where = f"{meta.name}_{meta.namespace}({worker.uid})"
        if backoff.is_in_back_off_since(key, before.finished_at, self._clock.now):
            wait = go_duration(backoff.get(key))
            self.waiting[container.name] = (
                CRASH_LOOP_BACK_OFF,
                f"back-off {wait if not wait.endswith('m') else wait + '0s'} restarting failed container={container.name} pod={where}",
            )
            self.note(
                container, "Warning", "BackOff", f"Back-off restarting failed container {container.name} in pod {where}"
            )
            worker.report()
            return True
        backoff.next(key, before.finished_at)
        return False

    def _post_start(self, container: Any, container_id: str, hook: Any) -> Generator[Event, Any, None]:
        failure = yield from self._run_hook(container, container_id, hook)
        if failure:
            self.note(container, "Warning", "FailedPostStartHook", "PostStartHook failed")
            _, status = (
                container,
                next(each for each in self._runtime.containers_of(self._worker.uid) if each.id == container_id),
            )
            yield from self.kill(
                status, "FailedPostStartHook", self._worker.pod.spec.terminationGracePeriodSeconds or 0
            )

    def _run_hook(self, container: Any, container_id: str, hook: Any) -> Generator[Event, Any, str]:
        """Run a lifecycle hook to its end; return why it failed, or an empty text."""
        uid = self._worker.uid
        try:
            if hook.sleep is not None:
                yield self._clock.timeout(hook.sleep.seconds)
            elif hook.exec is not None:
                result = yield from self._runtime.exec_sync(container_id, hook.exec.command or [], float("inf"))
                return "" if result.exit_code == 0 else f"command exited with {result.exit_code}"
            elif hook.httpGet is not None:
                port = port_number(container, hook.httpGet.port)
                yield from self._runtime.http_get(uid, container.name, port, hook.httpGet.path or "/", float("inf"))
        except (CriError, Unreachable, ValueError) as error:
            return str(error)
        return ""

    # -- stopping ----------------------------------------------------------------------------------------------------

    def kill(
        self, container: ContainerStatus, message: str, grace_period_seconds: float
    ) -> Generator[Event, Any, None]:
        """Stop a running container: the preStop hook, SIGTERM and, when the grace period is over, SIGKILL."""
        spec = self._worker.pod.spec
        found = next(each for each in (*spec.containers, *(spec.initContainers or ())) if each.name == container.name)
        self.note(found, "Normal", "Killing", message)
        left = float(grace_period_seconds)
        hook = found.lifecycle.preStop if found.lifecycle is not None else None
        if hook is not None and left > 0:
            began = self._clock.now
            done = self._kubelet.spawn(self._pre_stop(found, container.id, hook))
            yield self._clock.env.any_of([done, self._clock.timeout(left)])
            left -= self._clock.now - began
        if grace_period_seconds > 0 or hook is not None:
            left = max(left, MINIMUM_GRACE_SECONDS)
        yield from self._runtime.stop_container(container.id, max(left, 0.0))

    def _pre_stop(self, container: Any, container_id: str, hook: Any) -> Generator[Event, Any, None]:
        failure = yield from self._run_hook(container, container_id, hook)
        if failure:
            self.note(container, "Warning", "FailedPreStopHook", "PreStopHook failed")
