"""Why is this Pod here? What the scheduler decided, worked out again from what it saw.

A decision is remembered as a few words: which revision of etcd the scheduler had seen, and which Pods it had only assumed to
be placed. Everything else follows from these, so the tables of filters and scores are made when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lightkube.resources.core_v1 import Node, Pod

from k8slab.apimachinery import pods
from k8slab.apimachinery.labels import Selector
from k8slab.cluster.client.context import Context
from k8slab.cluster.scheduler.cache import Cache
from k8slab.cluster.scheduler.framework import Framework
from k8slab.cluster.scheduler.plugins import default_plugins


@dataclass(frozen=True, slots=True)
class Decision:
    """One attempt. *node* is empty if there was none; then *message* says why."""

    uid: str
    time: float
    revision: int
    node: str
    message: str
    assumed: tuple[tuple[str, str], ...] = ()


class PastLister:
    """Reads objects of one kind as of a revision, as a `Lister` reads them now."""

    def __init__(self, context: Context, model: type, revision: int) -> None:
        self._objects = context.server.objects_at(model, revision)

    def get(self, key: str) -> Any | None:
        """Return the object at ``namespace/name`` (or ``name``), or None."""
        for obj in self._objects:
            meta = obj.metadata
            if key == (f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name):
                return obj
        return None

    def list(self, namespace: str | None = None, selector: Selector | None = None) -> list[Any]:
        """Return the objects of *namespace* (of all, by default)."""
        return [
            obj
            for obj in self._objects
            if (namespace is None or obj.metadata.namespace == namespace)
            and (selector is None or selector.matches(obj.metadata.labels))
        ]


def explain(context: Context, decision: Decision, serves: Any) -> dict[str, Any]:
    """Return ``{"node", "message", "filters": {node: [reason]}, "scores": {node: {plugin: points}}}`` for *decision*.

    *serves* tells whether a kind can be listed. Nodes and plugins come in the order in which they were asked; the points are
    weighted, so that their sum decides.
    """
    listers: dict[type, PastLister | None] = {}

    def lister(model: type) -> PastLister | None:
        if model not in listers:
            listers[model] = PastLister(context, model, decision.revision) if serves(model) else None
        return listers[model]

    cache = Cache()
    for node in context.server.objects_at(Node, decision.revision):
        cache.set_node(node)
    assumed = dict(decision.assumed)
    wanted = None
    for pod in context.server.objects_at(Pod, decision.revision):
        uid = pod.metadata.uid
        if uid == decision.uid:
            wanted = pod
        elif pod.spec.nodeName and not pods.is_terminal(pod):
            cache.set_pod(pod)
        elif uid in assumed:
            cache.assume(cache.pod_infos.of(pod), assumed[uid])
    answer: dict[str, Any] = {"node": decision.node, "message": decision.message, "filters": {}, "scores": {}}
    if wanted is None:
        return answer
    framework = Framework(default_plugins(), lister)
    state = framework.state(cache)
    info = cache.pod_infos.of(wanted)
    feasible, diagnosis = framework.feasible(state, info)
    answer["filters"] = {
        node.name: list(diagnosis.nodes.get(node.name, diagnosis.absent).reasons)
        for node in state.nodes
        if node not in feasible
    }
    if feasible:
        scored = framework.scored(state, info, feasible)
        answer["scores"] = {
            node.name: {plugin: points[index] for plugin, points in scored.by_plugin.items()}
            for index, node in enumerate(scored.nodes)
        }
    return answer
