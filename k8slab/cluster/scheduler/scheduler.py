"""Start reading here: one Pod after another gets a node.

Models pkg/scheduler (schedule_one.go, eventhandlers.go). The loop takes the next Pod from the queue, filters and scores the
nodes as it knows them, assumes the Pod on the best one and goes on to the next Pod while the binding is written. If no node
will do it says so (Event, condition PodScheduled), looks whether pre-emption could help, and the Pod waits for a change.
Several best nodes: chance decides.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lightkube.resources.core_v1 import Node, PersistentVolume, PersistentVolumeClaim, Pod
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.resources.storage_v1 import StorageClass
from simpy.events import Event

from k8slab.apimachinery import conditions, pods
from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import Handler, Lister
from k8slab.cluster.scheduler import preemption
from k8slab.cluster.scheduler.cache import Cache
from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.decisions import Decision, explain
from k8slab.cluster.scheduler.framework import Diagnosis, Framework
from k8slab.cluster.scheduler.node_info import NodeInfo
from k8slab.cluster.scheduler.nominator import Nominator
from k8slab.cluster.scheduler.plugins import default_plugins
from k8slab.cluster.scheduler.pod_info import PodInfo
from k8slab.cluster.scheduler.queue import QueuedPod, SchedulingQueue

#: What one decision takes; a scheduler makes some thousands a second.
DECISION_SECONDS = 0.0005
NO_NODES = "no nodes available to schedule pods"
#: DynamicResources' part of the sentence when a Pod has no claims; DefaultPreemption's comes after it.
NO_CLAIMS = "no new claims to deallocate"
#: What PostFilter says when a PreFilter turned the Pod down, so that DynamicResources has found out nothing.
NO_STATE = "not found"
LONGEST_MESSAGE = 1024


class Scheduler:
    """The scheduler called *name*: Pods choose it by ``spec.schedulerName``."""

    def __init__(self, context: Context, name: str = "default-scheduler") -> None:
        self.context = context
        self.name = name
        self.clock = context.clock
        self.client = context.client(name)
        self.recorder = context.series_recorder(name, f"{name}-control-plane")
        self.chance = context.chance.stream("scheduler")
        self._listers: dict[type, Lister[Any] | None] = {}
        self._handlers: list[tuple[type, Handler]] = []
        self._decisions: dict[str, Decision] = {}
        self._generation = 0
        self._fresh()

    def _fresh(self) -> None:
        self.cache = Cache()
        plugins = default_plugins()
        self.framework = Framework(plugins, self.lister)
        self.queue = SchedulingQueue(self.clock, plugins)
        self.nominator = Nominator()
        self._seen_revision = 0

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Fill the caches and start the loop. It takes its first step when the clock next moves."""
        self._generation += 1
        self._fresh()
        storage = Handler(self._on_storage, lambda old, new: self._on_storage(new), self._on_storage)
        wanted: list[tuple[type, Handler]] = [
            (Node, Handler(self._on_node_add, self._on_node_update, self._on_node_delete)),
            (Pod, Handler(self._on_pod_add, self._on_pod_update, self._on_pod_delete)),
            *((model, storage) for model in (PersistentVolumeClaim, PersistentVolume, StorageClass)),
        ]
        for model, handler in wanted:
            if self.serves(model):
                self._handlers.append((model, handler))
                self.context.informers.informer(model).add_handler(handler)
        self.clock.process(self._run(self._generation))

    def stop(self) -> None:
        """Stop deciding. Bindings under way are still written."""
        self._generation += 1
        for model, handler in self._handlers:
            self.context.informers.informer(model).remove_handler(handler)
        self._handlers.clear()

    def serves(self, model: type) -> bool:
        """Whether the API server knows objects of *model* (the lab's grows kind by kind)."""
        return model in self.context.models()

    def lister(self, model: type) -> Lister[Any] | None:
        """Return the cache of *model*, or None if there is no such kind."""
        if model not in self._listers:
            self._listers[model] = self.context.informers.informer(model).lister if self.serves(model) else None
        return self._listers[model]

    # -- what happens in the cluster ---------------------------------------------------------------------------------

    def _saw(self, obj: Any) -> None:
        revision = int(obj.metadata.resourceVersion)
        if revision > self._seen_revision:
            self._seen_revision = revision

    def _is_ours(self, pod: Any) -> bool:
        return (pod.spec.schedulerName or "default-scheduler") == self.name

    def _on_node_add(self, node: Any) -> None:
        self._saw(node)
        self.cache.set_node(node)
        self.queue.move_all(ClusterEvent(Change.NODE_ADD, None, node))

    def _on_node_update(self, old: Any, new: Any) -> None:
        self._saw(new)
        if (
            old.spec == new.spec
            and old.metadata.labels == new.metadata.labels
            and old.status.allocatable == new.status.allocatable
            and old.status.images == new.status.images
        ):
            return  # a heartbeat
        self.cache.set_node(new)
        self.queue.move_all(ClusterEvent(Change.NODE_UPDATE, old, new))

    def _on_node_delete(self, node: Any) -> None:
        self._saw(node)
        self.cache.remove_node(node.metadata.name)
        self.queue.move_all(ClusterEvent(Change.NODE_DELETE, node, None))

    def _on_pod_add(self, pod: Any) -> None:
        self._saw(pod)
        if pods.is_terminal(pod):
            return
        if pod.spec.nodeName:
            self._place(pod)
        elif self._is_ours(pod) and pod.metadata.deletionTimestamp is None:
            info = self.cache.pod_infos.of(pod)
            self.queue.add(info)
            self._nominate(info)

    def _on_pod_update(self, old: Any, new: Any) -> None:
        self._saw(new)
        uid = new.metadata.uid
        if old.metadata.uid != uid:  # deleted and created again between two looks
            self._on_pod_delete(old)
            self._on_pod_add(new)
        elif pods.is_terminal(new):
            if not pods.is_terminal(old):
                self._on_pod_delete(new)
        elif new.spec.nodeName:
            if old.spec.nodeName:
                self._update_placed(old, new)
            else:
                self._place(new)
        elif self._is_ours(new):
            if new.metadata.deletionTimestamp is not None:
                self.queue.delete(uid)
                self.nominator.remove(uid)
            elif not self.cache.is_assumed(uid):
                info = self.cache.pod_infos.of(new)
                self.queue.update(info)
                self._nominate(info)

    def _place(self, pod: Any) -> None:
        """A Pod has a node, whoever gave it."""
        self.queue.delete(pod.metadata.uid)
        self.nominator.remove(pod.metadata.uid)
        self.cache.set_pod(pod)
        self.queue.move_all(ClusterEvent(Change.ASSIGNED_POD_ADD, None, pod))

    def _update_placed(self, old: Any, new: Any) -> None:
        self.cache.set_pod(new)
        before, after = old.metadata, new.metadata
        if before.labels != after.labels or (before.generation != after.generation and old.spec != new.spec):
            self.queue.move_all(ClusterEvent(Change.ASSIGNED_POD_UPDATE, old, new))

    def _on_pod_delete(self, pod: Any) -> None:
        self._saw(pod)
        uid = pod.metadata.uid
        self.queue.delete(uid)
        self.nominator.remove(uid)
        if not pod.spec.nodeName:
            self.cache.forget(uid)
        elif self.cache.remove_pod(uid):  # not if it had ended before
            self.queue.move_all(ClusterEvent(Change.ASSIGNED_POD_DELETE, pod, None))

    def _on_storage(self, obj: Any) -> None:
        self._saw(obj)
        self.queue.move_all(ClusterEvent(Change.STORAGE, None, obj))

    def _nominate(self, info: PodInfo) -> None:
        named = info.pod.status.nominatedNodeName if info.pod.status else None
        if named:
            self.nominator.add(info, named)

    # -- one Pod after another ---------------------------------------------------------------------------------------

    def _run(self, generation: int) -> Generator[Event, Any, None]:
        while True:
            queued = self.queue.pop()
            if queued is None:
                yield self.queue.wait()
            else:
                self._schedule_one(queued)
                yield self.clock.timeout(DECISION_SECONDS)
            if generation != self._generation:
                return

    def _schedule_one(self, queued: QueuedPod) -> None:
        info = queued.info
        if not self.cache.nodes:
            self._fail(queued, NO_NODES, ())
            return
        node, diagnosis = self.choose(info)
        if node is None:
            self._post_filter(queued, diagnosis)
            return
        assumed = self.cache.assumed()
        self.cache.assume(info, node.name)
        self.nominator.remove(info.uid)
        self.queue.done(info.uid)
        self._remember(info, node.name, "", assumed)
        self.clock.process(self._bind(queued, node.name))

    def choose(self, info: PodInfo) -> tuple[NodeInfo | None, Diagnosis]:
        """Return the best node for a Pod, or None and why not."""
        state = self.framework.state(self.cache)
        feasible, diagnosis = self.framework.feasible(state, info)
        if self.nominator:
            feasible = self.nominator.still_feasible(self.framework, state, info, feasible, diagnosis)
        if not feasible:
            return None, diagnosis
        if len(feasible) == 1:
            return feasible[0], diagnosis
        totals = self.framework.totals(state, info, feasible)
        most = max(totals)
        best = [index for index, total in enumerate(totals) if total == most]
        return feasible[best[0] if len(best) == 1 else self.chance.choice(best)], diagnosis

    def _bind(self, queued: QueuedPod, node_name: str) -> Generator[Event, Any, None]:
        pod = queued.info.pod
        meta = pod.metadata
        try:
            yield from self.client.bind(meta.namespace, meta.name, node_name)
        except ApiError as error:
            self.cache.forget(meta.uid)
            self.queue.move_all(ClusterEvent(Change.ASSIGNED_POD_DELETE, pod, None))
            known = self.context.informers.lister(Pod).get(f"{meta.namespace}/{meta.name}")
            if known is not None and known.metadata.uid == meta.uid and not known.spec.nodeName:
                self.queue.add(self.cache.pod_infos.of(known))
                again = self.queue.get(meta.uid)
                if again is not None:
                    again.attempts = queued.attempts
                    self._fail(again, f"binding rejected: {error.message}", (), after_error=True)
        else:
            message = f"Successfully assigned {meta.namespace}/{meta.name} to {node_name}"
            self.recorder.eventf(pod, None, "Normal", "Scheduled", "Binding", message)

    # -- no node -----------------------------------------------------------------------------------------------------

    def _post_filter(self, queued: QueuedPod, diagnosis: Diagnosis) -> None:
        """Look whether pre-emption helps, and complete the sentence of the FailedScheduling Event."""
        if diagnosis.pre_filter is not None:
            diagnosis.post_filter_message = NO_STATE
            self._fail(queued, diagnosis.message(), diagnosis.plugins)
            return
        info = queued.info
        nominated = self.cache.node(queued.nominated_node) if queued.nominated_node else None
        refused = preemption.ineligible(info, nominated, diagnosis)
        chosen = None
        if not refused:
            budgets = self.lister(PodDisruptionBudget)
            found, verdict = preemption.candidates(
                self.framework,
                self.framework.state(self.cache),
                info,
                diagnosis,
                budgets.list() if budgets is not None else (),
                self.nominator.with_nominated,
            )
            chosen = preemption.best(found) if found else None
            refused = verdict.message()
        if chosen is None:
            if refused != preemption.TERMINATING:
                queued.nominated_node = ""
                self.nominator.remove(info.uid)
            diagnosis.post_filter_message = f"{NO_CLAIMS}, preemption: {refused}"
        else:
            queued.nominated_node = chosen.node
            self.nominator.add(info, chosen.node)
            self.clock.process(self._preempt(info, chosen))
        self._fail(queued, diagnosis.message(), diagnosis.plugins)

    def _preempt(self, info: PodInfo, chosen: preemption.Candidate) -> Generator[Event, Any, None]:
        now = self.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": f"{self.name}: preempting to accommodate a higher priority pod",
            "lastTransitionTime": now,
        }
        for victim in chosen.victims:
            meta = victim.pod.metadata
            try:
                if meta.deletionTimestamp is None:
                    yield from self.client.patch_status(
                        Pod, meta.name, meta.namespace, {"status": {"conditions": [condition]}}
                    )
                    yield from self.client.delete(Pod, meta.name, meta.namespace, uid=meta.uid)
            except ApiError:
                continue  # gone already
            note = f"Preempted by pod {info.uid} on node {chosen.node}"
            self.recorder.eventf(victim.pod, info.pod, "Normal", "Preempted", "Preempting", note)

    def _fail(
        self, queued: QueuedPod, message: str, plugins: tuple[str, ...] | list[str], *, after_error: bool = False
    ) -> None:
        """Write down that the Pod has no node, and let it wait."""
        info = queued.info
        self._remember(info, "", message, self.cache.assumed())
        if after_error:
            self.queue.put_back_after_error(queued)
        else:
            self.queue.put_back(queued, plugins)
        if len(message) > LONGEST_MESSAGE:
            message = message[: LONGEST_MESSAGE - 4] + " ..."
        self.recorder.eventf(info.pod, None, "Warning", "FailedScheduling", "Scheduling", message)
        reason = "SchedulerError" if after_error else "Unschedulable"
        self.clock.process(self._write_condition(info, reason, message, queued.nominated_node))

    def _write_condition(
        self, info: PodInfo, reason: str, message: str, nominated_node: str
    ) -> Generator[Event, Any, None]:
        pod = info.pod
        meta, status = pod.metadata, pod.status
        before = conditions.find(status.conditions if status else None, "PodScheduled")
        same = before is not None and (before.status, before.reason, before.message) == ("False", reason, message)
        if same and (status.nominatedNodeName or "") == nominated_node:
            return
        since = before.lastTransitionTime if before is not None and before.status == "False" else self.clock.datetime()
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": reason,
            "message": message,
            "lastProbeTime": None,
            "lastTransitionTime": (since or self.clock.datetime()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "observedGeneration": meta.generation,
        }
        body: dict[str, Any] = {"conditions": [condition]}
        if (status.nominatedNodeName or "") != nominated_node:
            body["nominatedNodeName"] = nominated_node or None
        try:
            yield from self.client.patch_status(Pod, meta.name, meta.namespace, {"status": body})
        except ApiError:
            return  # gone meanwhile

    # -- telling why -------------------------------------------------------------------------------------------------

    def _remember(self, info: PodInfo, node: str, message: str, assumed: tuple[tuple[str, str], ...]) -> None:
        self._decisions[info.key] = Decision(info.uid, self.clock.now, self._seen_revision, node, message, assumed)

    def decision(self, namespace: str, pod: str) -> Decision | None:
        """Return the latest decision about a Pod, or None if this scheduler made none."""
        return self._decisions.get(f"{namespace}/{pod}")

    def why_here(self, namespace: str, pod: str) -> dict[str, Any]:
        """Return ``{"node", "message", "filters": {node: [reason]}, "scores": {node: {plugin: points}}}`` of the latest decision.

        Worked out again from the revision the scheduler had seen; everything is empty for a Pod it never decided about.
        """
        decision = self.decision(namespace, pod)
        if decision is None:
            return {"node": "", "message": "", "filters": {}, "scores": {}}
        return explain(self.context, decision, self.serves)
