"""Pod garbage collector: Pods that nobody else will ever clean up.

Models pkg/controller/podgc: Pods of a node that no longer exists (40 s after it was missed), Pods told to go before they had a
node, and ended Pods where there are too many of them. Left out: the out-of-service taint.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from lightkube.resources.core_v1 import Node, Pod
from simpy.events import Event

from k8slab.apimachinery import pods
from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler, by_node
from k8slab.cluster.controllers.disruption import mark_disrupted

GC_CHECK_PERIOD_SECONDS = 20
NODE_QUARANTINE_SECONDS = 40
TERMINATED_POD_THRESHOLD = 12_500


class PodGarbageCollector(Controller):
    name = "pod-garbage-collector"
    watches = (Pod, Node)
    workers = 0

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lister(Pod).add_index("node", by_node)
        self._quarantined: dict[str, float] = {}  # name of a missed node -> when it may be believed

    def handlers(self) -> dict[type, Handler]:
        return {}

    def start(self) -> None:
        super().start()
        self.clock.process(self._collect_periodically(self._generation))

    def _collect_periodically(self, generation: int) -> Generator[Event, Any, None]:
        while True:
            yield self.clock.timeout(GC_CHECK_PERIOD_SECONDS)
            if generation != self._generation:
                return
            yield from self.collect_terminated()
            yield from self.collect_orphaned()
            yield from self.collect_unscheduled_terminating()

    def collect_terminated(self) -> Generator[Event, Any, None]:
        """Delete the oldest ended Pods above the threshold."""
        if len(self.lister(Pod)) <= TERMINATED_POD_THRESHOLD:
            return
        ended: list[Any] = [pod for pod in self.lister(Pod).list() if pods.is_terminal(pod)]
        ended.sort(key=lambda pod: (pod.metadata.creationTimestamp, pod.metadata.name))
        yield from self.force_delete(ended[: max(0, len(ended) - TERMINATED_POD_THRESHOLD)])

    def collect_orphaned(self) -> Generator[Event, Any, None]:
        """Delete the Pods whose node has been missing for the quarantine and is missing on the server too."""
        nodes, lister = self.lister(Node), self.lister(Pod)
        missed = [name for name in lister.index_values("node") if name and nodes.get(name) is None]
        self._quarantined = {
            name: self._quarantined.get(name, self.clock.now + NODE_QUARANTINE_SECONDS) for name in missed
        }
        for name in missed:
            if self._quarantined[name] > self.clock.now:
                continue
            del self._quarantined[name]
            try:
                yield from self.client.get(Node, name)
            except ApiError as error:
                if not is_not_found(error):
                    raise
                for pod in lister.by_index("node", name):
                    yield from self.fail(pod, "DeletionByPodGC", "PodGC: node no longer exists")
                    yield from self.force_delete([pod])

    def collect_unscheduled_terminating(self) -> Generator[Event, Any, None]:
        """Delete the Pods that were told to go and have no kubelet that could confirm it."""
        waiting = [pod for pod in self.lister(Pod).by_index("node", "") if pods.is_terminating(pod)]
        yield from self.force_delete(waiting)

    def fail(self, pod: Pod, reason: str, message: str) -> Generator[Event, Any, None]:
        """Write down that the Pod has failed, unless it has ended already."""
        if not pods.is_terminal(pod):
            yield from mark_disrupted(self.client, pod, reason, message, self.clock.datetime(), phase="Failed")

    def force_delete(self, doomed: Sequence[Pod]) -> Generator[Event, Any, None]:
        """Delete *doomed* without waiting for a kubelet."""
        for pod in doomed:
            meta = pod.metadata
            try:
                yield from self.client.delete(
                    Pod, meta.name or "", meta.namespace, grace_period_seconds=0, uid=meta.uid
                )
            except ApiError as error:
                if not is_not_found(error):
                    return  # the next round comes
