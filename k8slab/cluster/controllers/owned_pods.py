"""The Pods of each controller, sorted by what matters for its status, kept up to date change by change.

A cache over the Pod informer, with no counterpart upstream (where each sync lists all Pods of the namespace): with it a sync
costs the same for 500 Pods as for five.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery.owners import controller_of
from k8slab.apimachinery.pods import FAILED, SUCCEEDED, is_ready
from k8slab.cluster.client.informer import Handler, Informer, key_of

READY, NOT_READY, TERMINATING, ENDED = "ready", "not ready", "terminating", "ended"


class Group(NamedTuple):
    """Pods that are alike: their state and their labels."""

    state: str
    labels: tuple[tuple[str, str], ...]

    @property
    def is_active(self) -> bool:
        """Whether the Pods count as replicas."""
        return self.state is READY or self.state is NOT_READY


class OwnedPods:
    """Groups of Pods by the uid of their controller; of controllers of *kind* only."""

    def __init__(self, informer: Informer[Pod], kind: str) -> None:
        self._kind = kind
        self._groups: dict[str, dict[Group, dict[str, Pod]]] = {}
        self._places: dict[str, tuple[str, Group]] = {}
        informer.add_handler(Handler(self._put, self._update, self._remove))

    def groups(self, uid: str) -> Mapping[Group, Mapping[str, Pod]]:
        """Return the Pods that the object *uid* controls, as ``{group: {key: pod}}``. Read it, do not keep it."""
        return self._groups.get(uid, {})

    def active(self, uid: str) -> Iterator[Pod]:
        """Yield the Pods of the object *uid* that count as replicas."""
        for group, members in self.groups(uid).items():
            if group.is_active:
                yield from members.values()

    def _put(self, pod: Pod) -> None:
        reference = controller_of(pod)
        if reference is None or reference.kind != self._kind:
            if self._places:
                self._remove(pod)
            return
        labels = tuple(sorted((pod.metadata.labels or {}).items()))
        self._place(key_of(pod), reference.uid, Group(state_of(pod), labels), pod)

    def _update(self, old: Pod, new: Pod) -> None:
        before, after = old.metadata, new.metadata
        if before.labels != after.labels or before.ownerReferences != after.ownerReferences:
            self._put(new)
            return
        key = key_of(new)
        place = self._places.get(key)
        if place is not None:
            uid, group = place
            state = state_of(new)
            self._place(key, uid, group if state is group.state else Group(state, group.labels), new)

    def _place(self, key: str, uid: str, group: Group, pod: Pod) -> None:
        place = self._places.get(key)
        if place is not None and (place[0] != uid or place[1] != group):
            self._remove(pod)
            place = None
        if place is None:
            self._places[key] = (uid, group)
        self._groups.setdefault(uid, {}).setdefault(group, {})[key] = pod

    def _remove(self, pod: Pod) -> None:
        key = key_of(pod)
        place = self._places.pop(key, None)
        if place is None:
            return
        uid, group = place
        groups = self._groups[uid]
        del groups[group][key]
        if not groups[group]:
            del groups[group]
            if not groups:
                del self._groups[uid]


def state_of(pod: Any) -> str:
    """Return which of the four states *pod* is in, seen from its controller."""
    status = pod.status
    if status is not None and status.phase in (SUCCEEDED, FAILED):
        return ENDED
    if pod.metadata.deletionTimestamp is not None:
        return TERMINATING
    return READY if is_ready(pod) else NOT_READY
