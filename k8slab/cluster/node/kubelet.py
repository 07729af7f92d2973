"""Start reading here: the kubelet takes the Pods that were given to its node and hands each to a worker.

Models pkg/kubelet (kubelet.go: syncLoop, HandlePod...) and pleg/generic.go. It watches the Pods of its own node only. What
happens in containers reaches it through the relist: once a second it looks which Pods have changed, so a container that
started is reported up to a second later (unless the runtime sends events). Cutting the power stops everything at once; when it comes back the kubelet finds
the Pods that are still its own and starts them anew.
Left out: static Pods, eviction, volumes, cgroups, the kubelet's own HTTP server.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy
from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery import pods
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import Handler
from k8slab.cluster.node.admission import rejection
from k8slab.cluster.node.backoff import Backoff
from k8slab.cluster.node.cri import Runtime
from k8slab.cluster.node.heartbeats import RENEW_SECONDS, Heartbeats
from k8slab.cluster.node.images import ImageManager
from k8slab.cluster.node.node_object import CAPACITY, number_of
from k8slab.cluster.node.pod_worker import PodWorker
from k8slab.cluster.node.status_manager import StatusManager

RELIST_SECONDS = 1.0
POWER = "power"


class Kubelet:
    """The kubelet of the node *name* over *runtime*. *number* makes its addresses: 192.168.10.N and 10.244.N.0/24."""

    def __init__(
        self,
        context: Context,
        name: str,
        runtime: Runtime,
        *,
        number: int | None = None,
        capacity: Mapping[str, str] = CAPACITY,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.context = context
        self.name = name
        self.runtime = runtime
        self.clock = context.clock
        self.client = context.client(f"system:node:{name}")
        self.recorder = context.recorder("kubelet", name)
        self.chance = context.chance.stream(f"kubelet/{name}")
        self.number = number if number is not None else number_of(name)
        self.host_ip = f"192.168.10.{self.number}"
        self.pod_cidr = f"10.244.{self.number}.0/24"
        self._capacity = capacity
        self._labels = labels or {}
        self._tick = self.chance.uniform(0, RELIST_SECONDS)
        self._field_selector = f"spec.nodeName={name}"
        self._generation = 0
        self.is_running = False
        runtime.update_runtime_config(self.pod_cidr)
        self._fresh()

    def _fresh(self) -> None:
        """What a kubelet has in memory, before it knows anything."""
        self.workers: dict[str, PodWorker] = {}
        self.images = ImageManager(self.clock, self.runtime)
        self.crash_backoff = Backoff()
        self.statuses = StatusManager(self.client, self.clock, self.spawn)
        self.heartbeats = Heartbeats(
            self.client,
            self.clock,
            self.runtime,
            self.name,
            self.host_ip,
            self.pod_cidr,
            self._capacity,
            self._labels,
            self.recorder,
            self._generation,
        )
        self._processes: dict[simpy.Process, None] = {}
        self._changed: dict[str, None] = {}
        self._waiting_for_node: list[Any] = []

    # -- life --------------------------------------------------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether the node is registered and says that it is ready."""
        return self.is_running and self.heartbeats.registered.triggered

    def start(self) -> None:
        """Switch the node on. Its first steps happen when the clock next moves."""
        if self.is_running:
            return
        self.is_running = True
        self._generation += 1
        self._fresh()
        self.runtime.subscribe(self._on_runtime_event)
        self.spawn(self._run())

    def stop(self) -> None:
        """Cut the power: the kubelet and the containers stop at once and say nothing."""
        if not self.is_running:
            return
        self.is_running = False
        self._generation += 1
        self.context.informers.stop(Pod, self._field_selector)
        processes, self._processes = self._processes, {}
        for process in processes:
            if process.is_alive:
                process.defused = True
                process.interrupt(POWER)
        self.runtime.power_off()

    def _run(self) -> Generator[Event, Any, None]:
        beats = self.spawn(self.heartbeats.run(self.chance.uniform(0, RENEW_SECONDS)))
        yield self.heartbeats.registered
        informer = self.context.informers.informer(Pod, self._field_selector)
        informer.add_handler(Handler(self._on_add, self._on_update, self._on_delete))
        yield beats

    def spawn(self, generator: Generator[Event, Any, Any]) -> simpy.Process:
        """Start a process that ends with the power."""
        process = self.clock.process(generator)
        self._processes[process] = None
        process.callbacks.append(self._forget_process)
        return process

    def _forget_process(self, process: Any) -> None:
        self._processes.pop(process, None)

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call *function* in *seconds*, unless the power is cut before."""
        generation = self._generation
        self.clock.call_later(seconds, lambda: function() if generation == self._generation else None)

    # -- Pods --------------------------------------------------------------------------------------------------------

    def _on_add(self, pod: Any) -> None:
        self.statuses.observe(pod)
        worker = self.workers[pod.metadata.uid] = PodWorker(self, pod)
        if pods.is_terminal(pod):
            worker.is_terminating = worker.is_terminated = True
            if pod.metadata.deletionTimestamp is not None:
                self._finish(worker)
            return
        refused = None if self.runtime.sandbox_of(worker.uid) is not None else self._refusal(pod)
        if refused is not None:
            self.recorder.event(pod, "Warning", refused[0], refused[1])
            worker.terminate(0, (refused[0], f"Pod was rejected: {refused[1]}"))
        elif pod.metadata.deletionTimestamp is not None:
            worker.terminate(pod.metadata.deletionGracePeriodSeconds or 0)
        else:
            worker.wake()

    def _refusal(self, pod: Any) -> tuple[str, str] | None:
        # The scheduler has counted already for those it placed; only who named the node itself must be looked at.
        if _was_scheduled(pod):
            return None
        others = [each.pod for each in self.workers.values() if not each.is_terminated and each.uid != pod.metadata.uid]
        return rejection(pod, others, self.heartbeats.node)

    def _on_update(self, old: Any, new: Any) -> None:
        uid = new.metadata.uid
        worker = self.workers.get(uid)
        if worker is None or old.metadata.uid != uid:
            self._on_delete(old)
            self._on_add(new)
            return
        self.statuses.observe(new)
        worker.pod = new
        before, after = old.metadata, new.metadata
        if after.deletionTimestamp is not None:
            if (
                before.deletionTimestamp is None
                or before.deletionGracePeriodSeconds != after.deletionGracePeriodSeconds
            ):
                if worker.is_terminated:
                    self._finish(worker)
                else:
                    worker.terminate(after.deletionGracePeriodSeconds or 0)
        elif (before.generation != after.generation or new.spec.readinessGates) and not worker.is_terminated:
            worker.wake()

    def _on_delete(self, pod: Any) -> None:
        """The Pod has gone from the API server; if it still runs here (a forced deletion), it is stopped without a word."""
        uid = pod.metadata.uid
        worker = self.workers.get(uid)
        self.statuses.forget(uid)
        if worker is None:
            return
        if worker.is_terminated:
            self._drop(worker)
        else:
            grace = pod.metadata.deletionGracePeriodSeconds
            worker.terminate(grace if grace is not None else pod.spec.terminationGracePeriodSeconds or 0)

    def on_terminated(self, worker: PodWorker) -> None:
        """Nothing of the worker's Pod runs any more."""
        if self.statuses.newest(worker.uid) is None:
            self._drop(worker)
        else:
            self._finish(worker)

    def _finish(self, worker: PodWorker) -> None:
        self.statuses.finish(worker.uid)

    def _drop(self, worker: PodWorker) -> None:
        self.workers.pop(worker.uid, None)
        self.runtime.remove_pod(worker.uid)
        self.images.forget(worker.uid)
        self.crash_backoff.forget(worker.uid)

    # -- the relist (PLEG) -------------------------------------------------------------------------------------------

    def _on_runtime_event(self, uid: str) -> None:
        if self.runtime.sends_events:
            self._wake(uid)
            return
        if not self._changed:
            now = self.clock.now
            next_tick = math.floor((now - self._tick) / RELIST_SECONDS + 1) * RELIST_SECONDS + self._tick
            self.later(next_tick - now, self._relist)
        self._changed[uid] = None

    def _relist(self) -> None:
        changed, self._changed = self._changed, {}
        for uid in changed:
            self._wake(uid)

    def _wake(self, uid: str) -> None:
        worker = self.workers.get(uid)
        if worker is not None and not worker.is_terminated:
            worker.wake()


def _was_scheduled(pod: Any) -> bool:
    found = (pod.status.conditions if pod.status is not None else None) or ()
    return any(each.type == "PodScheduled" and each.status == "True" for each in found)
