"""Reading a cluster for a view: through a client, and where there is an `Inspector`, through that, so that the past can be read too.

A client's answer may take time to come; an Inspector answers at once and moves no clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime
from typing import Any

from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Event, Node, Pod

from k8slab.sim.clock import EPOCH
from k8slab.sim.inspect import Inspector
from k8slab.sim.trace import Entry
from k8slab.views.scenes.board import board_scene
from k8slab.views.scenes.events import event_scene
from k8slab.views.scenes.ownership import ownership_scene
from k8slab.views.scenes.story import pod_story
from k8slab.views.scenes.timebar import timebar_scene
from k8slab.views.words import ENGLISH, Words

#: What the ownership graph shows, owners first.
OWNED = (Deployment, ReplicaSet, Pod)
#: Kinds whose changes can be seen on the board.
SHOWN = frozenset({"Pod", "Node", "ReplicaSet", "Deployment"})


class Reading:
    """One namespace of a cluster (or all of them, with *namespace* None), as views read it."""

    def __init__(
        self, client: Any = None, inspector: Inspector | None = None, namespace: str | None = "default"
    ) -> None:
        self.client, self.inspector, self.namespace = client, inspector, namespace

    def objects(self, model: type, revision: int | None = None) -> list[Any]:
        """Return the objects of *model*, as of *revision* where the past can be read."""
        namespaced = model is not Node
        if self.inspector is not None:
            namespace = self.namespace if namespaced else None
            return self.inspector.objects(model, revision=revision, namespace=namespace)
        if not namespaced:
            return list(self.client.list(model))
        return list(self.client.list(model, namespace=self.namespace or "*"))

    @property
    def origin(self) -> datetime | None:
        """The moment that counts as 0 s, in a lab."""
        return EPOCH if self.inspector is not None else None

    def board(self, revision: int | None = None, before: Any = None, words: Words = ENGLISH) -> dict[str, Any]:
        """Return the board's scene."""
        models = (Node, Pod, ReplicaSet, Deployment)
        return board_scene(*(self.objects(model, revision) for model in models), before=before, words=words)

    def ownership(
        self, revision: int | None = None, before: Any = None, words: Words = ENGLISH, *, of: str = ""
    ) -> dict[str, Any]:
        """Return the ownership graph's scene; *of* one Deployment, or of all."""
        found = [obj for model in OWNED for obj in self.objects(model, revision)]
        return ownership_scene(found, of=of, before=before, words=words)

    def events(self, revision: int | None = None, *, about: str = "", words: Words = ENGLISH) -> dict[str, Any]:
        """Return the event stream's scene."""
        return event_scene(self.objects(Event, revision), origin=self.origin, about=about, words=words)

    def story(
        self, key: str, bands: Any = None, revision: int | None = None, words: Words = ENGLISH
    ) -> dict[str, Any] | None:
        """Return the story of the Pod *key* ("namespace/name"), or None if there is no such Pod."""
        namespace, _, name = key.partition("/")
        found = [
            pod
            for pod in self.objects(Pod, revision)
            if (pod.metadata.namespace, pod.metadata.name) == (namespace, name)
        ]
        if not found:
            return None
        why = self.inspector.why_here(namespace, name) if self.inspector is not None else None
        events = self.objects(Event, revision)
        return pod_story(found[0], events, why=why, bands=bands, origin=self.origin, words=words)

    def may_show(self, revision: int, direction: int) -> bool:
        """Whether going to *revision* (by one, in *direction*) may change the board: it passes a write of something on it."""
        if self.inspector is None:
            return True
        passed = revision if direction > 0 else revision + 1
        writes = writes_at(self.inspector, passed)
        return not writes or any(write.object.partition("/")[0] in SHOWN for write in writes)

    def timebar(self, revision: int | None = None, words: Words = ENGLISH) -> dict[str, Any]:
        """Return the time bar's scene; {} where the past cannot be read."""
        if self.inspector is None:
            return {}
        return timebar_scene(
            oldest=max(1, self.inspector.oldest_revision),
            newest=self.inspector.revision,
            time_of=self.inspector.time_of,
            revision=revision,
            marks=self.inspector.marks(),
            now=self.inspector.clock.now,
            writes=writes_at(self.inspector, revision) if revision is not None else (),
            words=words,
        )


def writes_at(inspector: Inspector, revision: int, most: int = 3) -> list[Entry]:
    """Return who wrote *revision*: the entry of the trace, or those of the same instant if they cannot be told apart."""
    time = inspector.time_of(revision)
    entries = inspector.trace.entries
    first, last = (cut(entries, time, key=lambda entry: entry.time) for cut in (bisect_left, bisect_right))
    there = entries[first:last]
    same = [one for one in range(revision - len(there), revision + len(there)) if _is_at(inspector, one, time)]
    if len(same) == len(there) and revision in same:
        return [there[same.index(revision)]]
    return there[:most]


def _is_at(inspector: Inspector, revision: int, time: float) -> bool:
    return max(1, inspector.oldest_revision) <= revision <= inspector.revision and inspector.time_of(revision) == time
