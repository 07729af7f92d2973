"""Taint eviction: a NoExecute taint drives off the Pods that do not tolerate it, at once or after tolerationSeconds.

Models pkg/controller/tainteviction.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from lightkube.resources.core_v1 import Node, Pod
from simpy.events import Event

from k8slab.apimachinery import tolerations as tolerations_of
from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.events import NORMAL
from k8slab.cluster.client.informer import Handler, by_node, key_of
from k8slab.cluster.controllers.disruption import mark_disrupted
from k8slab.cluster.controllers.node_taints import NO_EXECUTE


class Eviction(NamedTuple):
    """A Pod's appointment: when it was made and when it is due (virtual seconds)."""

    uid: str
    made_at: float
    due_at: float


class TaintEvictionController(Controller):
    name = "taint-eviction-controller"
    watches = (Pod, Node)
    workers = 8

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lister(Pod).add_index("node", by_node)
        self._evictions: dict[str, Eviction] = {}

    def handlers(self) -> dict[type, Handler]:
        return {
            Pod: Handler(self.pod_changed, self.pod_updated, self.pod_deleted),
            Node: Handler(self.node_changed, self.node_updated),
        }

    # -- who has an appointment --------------------------------------------------------------------------------------

    def pod_updated(self, old: Pod, new: Pod) -> None:
        if old.spec.nodeName != new.spec.nodeName or old.spec.tolerations != new.spec.tolerations:
            self.pod_changed(new)

    def pod_changed(self, pod: Pod) -> None:
        if not pod.spec.nodeName:
            return
        node = self.lister(Node).get(pod.spec.nodeName)
        if node is not None and node.spec.taints:
            self.consider(pod, no_execute_taints(node))

    def pod_deleted(self, pod: Pod) -> None:
        self._evictions.pop(key_of(pod), None)

    def node_updated(self, old: Node, new: Node) -> None:
        if no_execute_taints(old) != no_execute_taints(new):
            self.node_changed(new)

    def node_changed(self, node: Node) -> None:
        taints = no_execute_taints(node)
        for pod in self.lister(Pod).by_index("node", node.metadata.name or ""):
            self.consider(pod, taints)

    def consider(self, pod: Any, taints: Sequence[Any]) -> None:
        """Make, keep or cancel the appointment of *pod* under *taints*."""
        key = key_of(pod)
        seconds = toleration_seconds(pod.spec.tolerations, taints)
        if seconds is None:
            if self._evictions.pop(key, None) is not None:
                text = f"Cancelling deletion of Pod {key}"
                self.recorder.event(pod, NORMAL, "TaintManagerEviction", text)
            return
        now = self.clock.now
        made = self._evictions.get(key)
        # A later look does not prolong a time that is running.
        if made is not None and made.uid == pod.metadata.uid and made.made_at + seconds >= made.due_at:
            return
        made_at = now if made is None or made.uid != pod.metadata.uid else made.made_at
        self._evictions[key] = Eviction(pod.metadata.uid, made_at, made_at + seconds)
        self.queue.add_after(key, made_at + seconds - now)

    # -- when it is due ----------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Delete the Pod *key* if its time has come."""
        eviction = self._evictions.get(key)
        if eviction is None:
            return
        if eviction.due_at > self.clock.now + 1e-9:
            self.queue.add_after(key, eviction.due_at - self.clock.now)
            return
        pod: Any = self.lister(Pod).get(key)
        if pod is None or pod.metadata.uid != eviction.uid:
            self._evictions.pop(key, None)
            return
        self.recorder.event(pod, NORMAL, "TaintManagerEviction", f"Marking for deletion Pod {key}")
        text = "Taint manager: deleting due to NoExecute taint"
        yield from mark_disrupted(self.client, pod, "DeletionByTaintManager", text, self.clock.datetime())
        try:
            yield from self.client.delete(Pod, pod.metadata.name, pod.metadata.namespace, uid=eviction.uid)
        except ApiError as error:
            if not is_not_found(error):
                raise
        self._evictions.pop(key, None)


def no_execute_taints(node: Any) -> list[Any]:
    """Return the taints of *node* that drive Pods off."""
    return [taint for taint in node.spec.taints or () if taint.effect == NO_EXECUTE]


def toleration_seconds(tolerations: Sequence[Any] | None, taints: Sequence[Any]) -> float | None:
    """Return how long a Pod may stay on a node with *taints*: 0 if one of them is not tolerated, None for ever."""
    least: float | None = None
    for taint in taints:
        fitting = [one for one in tolerations or () if tolerations_of.matches(one, taint)]
        if not fitting:
            return 0.0
        # Upstream counts the first that fits each taint.
        seconds = fitting[0].tolerationSeconds
        if seconds is not None:
            least = max(0.0, float(seconds)) if least is None else min(least, max(0.0, float(seconds)))
    return least
