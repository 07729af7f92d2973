"""Garbage collector: what no owner holds any more goes too.

Models pkg/controller/garbagecollector. Three ways in which dependents may follow their owner: in the *background* (the owner
goes first; its dependents are found dangling), in the *foreground* (the owner stays, with the finalizer ``foregroundDeletion``,
until the dependents that block it have gone), as *orphans* (the finalizer ``orphan``: their references are taken off first).
Before anything is deleted the server itself is asked, never the graph alone. Left out: resync with discovery, metrics.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from lightkube.core.resource import NamespacedResource
from lightkube.models.core_v1 import ObjectReference
from lightkube.models.meta_v1 import OwnerReference
from lightkube.resources.core_v1 import Event as EventResource
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, is_conflict, is_not_found
from k8slab.apimachinery.owners import api_version
from k8slab.cluster.client.client import MERGE
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller, Retry
from k8slab.cluster.client.events import WARNING
from k8slab.cluster.client.informer import Handler
from k8slab.cluster.controllers.gc_graph import FOREGROUND, ORPHAN, Graph, Node, Work

MOST_ABSENT_OWNERS = 500


class GarbageCollector(Controller):
    name = "garbage-collector-controller"
    watches = ()
    workers = 20

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.graph = Graph()
        self.models: dict[tuple[str, str], Any] = {}
        for model in context.models():
            definition = model._api_info.resource  # type: ignore[attr-defined]
            self.models[api_version(definition.group, definition.version), definition.kind] = model
        self._absent: dict[tuple[str, str, str], None] = {}  # kind, namespace, uid of owners known to be gone

    # -- the picture -------------------------------------------------------------------------------------------------

    def handlers(self) -> dict[type, Handler]:
        seen = Handler(self.observe, lambda old, new: self.observe(new), self.gone)
        return {model: seen for model in self.models.values() if model is not EventResource}

    def observe(self, obj: Any) -> None:
        work = self.graph.observe(obj)
        if work is not None:
            self._look_at(work)

    def gone(self, obj: Any) -> None:
        self._forget(obj.metadata.uid)

    def _forget(self, uid: str) -> None:
        node = self.graph.nodes.get(uid)
        if node is not None and node.dependents:
            self._remember_absent(node.kind, node.namespace, uid)
        self._look_at(self.graph.forget(uid))

    def _look_at(self, work: Work) -> None:
        for uid in work.delete:
            self.queue.add(f"delete/{uid}")
        for uid in work.orphan:
            self.queue.add(f"orphan/{uid}")
        for uid in work.virtual:
            self.queue.add_rate_limited(f"delete/{uid}")

    def _remember_absent(self, kind: str, namespace: str, uid: str) -> None:
        if len(self._absent) >= MOST_ABSENT_OWNERS:
            del self._absent[next(iter(self._absent))]
        self._absent[kind, namespace, uid] = None

    # -- the look ----------------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Look at the object of *key* ("delete/uid" or "orphan/uid")."""
        what, _, uid = key.partition("/")
        node = self.graph.nodes.get(uid)
        if node is None:
            return
        if what == "orphan":
            yield from self.orphan_dependents(node)
            return
        yield from self.attempt_to_delete(node)
        if not node.is_observed and uid in self.graph.nodes:
            raise Retry(f"{node.kind} {node.name} has not been observed yet")

    def attempt_to_delete(self, node: Node) -> Generator[Event, Any, None]:
        """Delete the object if nobody holds it: all its owners are gone, or on their way and waiting for it."""
        if node.is_being_deleted and not node.is_deleting_dependents:
            return  # a one-way trip; its dependents come when it is gone
        latest = yield from self.latest(node)
        if latest is None:
            self._forget(node.uid)
            return
        if node.is_deleting_dependents:
            yield from self.process_deleting_dependents(node)
            return
        references = latest.metadata.ownerReferences or []
        if not references:
            return
        solid, dangling, waiting = yield from self.classify(node, references)
        if solid:
            if dangling or waiting:
                # Without this a waiting owner would wait for ever for an object that somebody else holds.
                yield from self.drop_references(node, [one.uid for one in dangling + waiting])
            return
        policy = "Background"
        finalizers = latest.metadata.finalizers or ()
        if waiting and node.dependents:
            if any(dependent.is_deleting_dependents for dependent in node.dependents.values()):
                yield from self.unblock(node, references)  # two that wait for each other would never end
            policy = "Foreground"
        elif ORPHAN in finalizers:
            policy = "Orphan"
        elif FOREGROUND in finalizers:
            policy = "Foreground"
        try:
            yield from self.client.delete(
                self.model_of(node),
                node.name,
                node.namespace or None,
                uid=node.uid,
                resource_version=latest.metadata.resourceVersion,
                propagation_policy=policy,
            )
        except ApiError as error:
            if not is_not_found(error):
                raise
            self._forget(node.uid)

    def process_deleting_dependents(self, node: Node) -> Generator[Event, Any, None]:
        """An owner in foreground deletion: go on with its blocking dependents, or let it go when none is left."""
        blocking = node.blocking_dependents()
        if not blocking:
            yield from self.remove_finalizer(node, FOREGROUND)
            return
        for dependent in blocking:
            if not dependent.is_deleting_dependents:
                self.queue.add(f"delete/{dependent.uid}")

    def orphan_dependents(self, node: Node) -> Generator[Event, Any, None]:
        """Take the references to *node* off its dependents, then its finalizer."""
        for dependent in list(node.dependents.values()):
            yield from self.drop_references(dependent, [node.uid])
        yield from self.remove_finalizer(node, ORPHAN)

    def classify(
        self, node: Node, references: Sequence[OwnerReference]
    ) -> Generator[Event, Any, tuple[list[OwnerReference], list[OwnerReference], list[OwnerReference]]]:
        """Return the *references* whose owners stand firm, are gone, or are in foreground deletion."""
        solid: list[OwnerReference] = []
        dangling: list[OwnerReference] = []
        waiting: list[OwnerReference] = []
        for reference in references:
            owner = yield from self.owner(node, reference)
            if owner is None:
                dangling.append(reference)
            elif owner.metadata.deletionTimestamp is not None and FOREGROUND in (owner.metadata.finalizers or ()):
                waiting.append(reference)
            else:
                solid.append(reference)
        return solid, dangling, waiting

    def owner(self, node: Node, reference: OwnerReference) -> Generator[Event, Any, Any]:
        """Return the owner as the server has it, or None if it is gone (a namesake made later is somebody else)."""
        for namespace in ("", node.namespace):
            if (reference.kind, namespace, reference.uid) in self._absent:
                return None
        model = self.models.get((reference.apiVersion, reference.kind))
        if model is None:
            raise Retry(f"unable to get REST mapping for {reference.apiVersion}/{reference.kind}")
        namespace = node.namespace if issubclass(model, NamespacedResource) else ""
        try:
            found = yield from self.client.get(model, reference.name, namespace or None)
        except ApiError as error:
            if not is_not_found(error):
                raise
            found = None
        if found is None or found.metadata.uid != reference.uid:
            self._remember_absent(reference.kind, namespace, reference.uid)
            self._report_other_namespace(node, reference)
            return None
        return found

    def _report_other_namespace(self, node: Node, reference: OwnerReference) -> None:
        parent = self.graph.nodes.get(reference.uid)
        if parent is None or not parent.is_observed or parent.namespace in ("", node.namespace):
            return
        text = (
            f"ownerRef [{reference.apiVersion}/{reference.kind}, namespace: {node.namespace}, name: {reference.name}, "
            f'uid: {reference.uid}] does not exist in namespace "{node.namespace}"'
        )
        about = ObjectReference(
            apiVersion=node.api_version, kind=node.kind, name=node.name, namespace=node.namespace, uid=node.uid
        )
        self.recorder.event(about, WARNING, "OwnerRefInvalidNamespace", text)

    # -- acts --------------------------------------------------------------------------------------------------------

    def model_of(self, node: Node) -> Any:
        return self.models.get((node.api_version, node.kind))

    def latest(self, node: Node) -> Generator[Event, Any, Any]:
        """Return the object as the server has it, or None if it is gone."""
        model = self.model_of(node)
        if model is None:
            raise Retry(f"unable to get REST mapping for {node.api_version}/{node.kind}")
        try:
            found = yield from self.client.get(model, node.name, node.namespace or None)
        except ApiError as error:
            if is_not_found(error):
                return None
            raise
        return found if found.metadata.uid == node.uid else None

    def drop_references(self, node: Node, uids: Sequence[str]) -> Generator[Event, Any, None]:
        gone = [{"$patch": "delete", "uid": uid} for uid in uids]
        body = {"metadata": {"ownerReferences": gone, "uid": node.uid}}
        try:
            yield from self.client.patch(self.model_of(node), node.name, node.namespace or None, body)
        except ApiError as error:
            if not is_not_found(error):
                raise

    def unblock(self, node: Node, references: Sequence[OwnerReference]) -> Generator[Event, Any, None]:
        free = [{"uid": one.uid, "blockOwnerDeletion": False} for one in references if one.blockOwnerDeletion]
        body = {"metadata": {"ownerReferences": free, "uid": node.uid}}
        yield from self.client.patch(self.model_of(node), node.name, node.namespace or None, body)

    def remove_finalizer(self, node: Node, finalizer: str) -> Generator[Event, Any, None]:
        """Take *finalizer* off, trying again where somebody else changed the object meanwhile."""
        while True:
            latest = yield from self.latest(node)
            if latest is None or finalizer not in (latest.metadata.finalizers or ()):
                return
            left = [one for one in latest.metadata.finalizers if one != finalizer]
            body = {"metadata": {"resourceVersion": latest.metadata.resourceVersion, "finalizers": left}}
            try:
                yield from self.client.patch(
                    self.model_of(node), node.name, node.namespace or None, body, content_type=MERGE
                )
                return
            except ApiError as error:
                if is_not_found(error):
                    return
                if not is_conflict(error):
                    raise
