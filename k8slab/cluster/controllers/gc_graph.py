"""Who owns whom: the garbage collector's picture of all objects, built from their owner references.

Models pkg/controller/garbagecollector/graph.go and graph_builder.go. Each change of the picture tells which objects are
worth a look; looking and acting is ``garbage_collector.py``'s. An owner that is only known from a reference gets a *virtual*
node until it has been seen itself. Left out: references to the same uid under different names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lightkube.models.meta_v1 import OwnerReference

from k8slab.apimachinery.owners import api_version

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


@dataclass(slots=True, eq=False)
class Node:
    """One object. *owners* are its references, *dependents* the nodes that refer to it."""

    uid: str
    api_version: str
    kind: str
    namespace: str
    name: str
    owners: list[OwnerReference] = field(default_factory=list)
    dependents: dict[str, Node] = field(default_factory=dict)
    is_being_deleted: bool = False
    is_deleting_dependents: bool = False  # foreground deletion: it waits for those that block it
    is_orphaning: bool = False
    is_observed: bool = False

    def blocking_dependents(self) -> list[Node]:
        """Return the dependents without whose end this one may not end (blockOwnerDeletion)."""
        return [
            dependent
            for dependent in self.dependents.values()
            if any(owner.uid == self.uid and owner.blockOwnerDeletion for owner in dependent.owners)
        ]


@dataclass(slots=True)
class Work:
    """Uids of the objects that a change made worth a look: perhaps to delete, or to let their dependents go."""

    delete: list[str] = field(default_factory=list)
    orphan: list[str] = field(default_factory=list)
    virtual: list[str] = field(default_factory=list)


class Graph:
    """All nodes by uid."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def observe(self, obj: Any) -> Work | None:
        """Take in a new or changed object; return what to look at, None for nothing."""
        meta = obj.metadata
        node = self.nodes.get(meta.uid)
        owners = meta.ownerReferences or []
        if node is not None and node.is_observed and meta.deletionTimestamp is None and owners == node.owners:
            return None
        work = Work()
        if node is None:
            definition = obj._api_info.resource
            version = api_version(definition.group, definition.version)
            node = Node(meta.uid, version, definition.kind, meta.namespace or "", meta.name)
            self.nodes[meta.uid] = node
        node.is_observed, node.name, node.namespace = True, meta.name, meta.namespace or ""
        if owners != node.owners:
            self._change_owners(node, owners, work)
        self._note_deletion(node, meta, work)
        return work

    def forget(self, uid: str) -> Work:
        """Take out an object that is gone; its dependents, and owners that waited for it, are worth a look."""
        work = Work()
        node = self.nodes.pop(uid, None)
        if node is None:
            return work
        for owner in node.owners:
            parent = self.nodes.get(owner.uid)
            if parent is not None:
                parent.dependents.pop(uid, None)
                if parent.is_deleting_dependents:
                    work.delete.append(parent.uid)
        work.delete += node.dependents
        return work

    def _change_owners(self, node: Node, owners: list[OwnerReference], work: Work) -> None:
        old = {owner.uid: owner for owner in node.owners}
        new = {owner.uid: owner for owner in owners}
        for uid, owner in old.items():
            parent = self.nodes.get(uid)
            if parent is None:
                continue
            if uid not in new:
                parent.dependents.pop(node.uid, None)
            unblocked = owner.blockOwnerDeletion and not (uid in new and new[uid].blockOwnerDeletion)
            if unblocked and parent.is_deleting_dependents:
                work.delete.append(uid)
        node.owners = owners
        for uid, owner in new.items():
            if uid in old:
                continue
            parent = self.nodes.get(uid)
            if parent is None:
                parent = Node(uid, owner.apiVersion, owner.kind, node.namespace, owner.name)
                self.nodes[uid] = parent
                work.virtual.append(uid)
            parent.dependents[node.uid] = node
            if parent.is_observed and parent.namespace and parent.namespace != node.namespace:
                work.delete.append(node.uid)  # an owner in another namespace is no owner

    def _note_deletion(self, node: Node, meta: Any, work: Work) -> None:
        if meta.deletionTimestamp is None:
            return
        finalizers = meta.finalizers or ()
        node.is_being_deleted = True
        if ORPHAN in finalizers and not node.is_orphaning:
            work.orphan.append(node.uid)
        node.is_orphaning = ORPHAN in finalizers
        if FOREGROUND in finalizers and not node.is_deleting_dependents:
            work.delete += [*node.dependents, node.uid]
        node.is_deleting_dependents = FOREGROUND in finalizers
