"""The watch cache: the newest version of every object of one kind, and whom to tell when one changes.

Models apiserver pkg/storage/cacher. It hears from etcd, never from the writers, so nobody is told of anything that was not
stored. An object is decoded once for all its readers. Watchers are indexed by the fields that many of them ask for (a
kubelet wants only the Pods of its node), so that an event costs its readers only.

Left out: the window of recent events (etcd keeps the history here), slow watchers that are cut off.
"""

from __future__ import annotations

import builtins
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from k8slab.apimachinery.fields import FieldSelector
from k8slab.apimachinery.labels import Selector
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.etcd.store import CompactedError, Event, Store

decode_json = msgspec.json.Decoder().decode
encode_json = msgspec.json.Encoder().encode

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"
#: Field paths that watchers may be found by.
INDEXED_FIELDS = ("spec.nodeName", "metadata.name")


class Item:
    """One version of one object: its bytes, and what can be read from them, each made when first asked for. Read-only."""

    __slots__ = ("_fields", "_obj", "_struct", "kind", "name", "namespace", "revision", "value")

    def __init__(self, kind: WatchCache, value: bytes, revision: int, obj: Obj | None = None) -> None:
        self.kind = kind
        self.value = value
        self.revision = revision
        self._obj: Obj | None = decode_json(value) if obj is None else obj
        metadata = self._obj["metadata"]
        self.namespace: str = metadata.get("namespace", "")
        self.name: str = metadata["name"]
        self._struct: Any = None
        self._fields: dict[str, str] | None = None

    @property
    def obj(self) -> Obj:
        """The object as a dict that nobody may change."""
        if self._obj is None:
            self._obj = decode_json(self.value)
        return self._obj

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return self.obj["metadata"].get("labels") or {}

    @property
    def fields(self) -> dict[str, str]:
        """The fields that a selector may name."""
        if self._fields is None:
            self._fields = self.kind.strategy.fields(self.obj)
        return self._fields

    @property
    def struct(self) -> Any:
        """The object as a lightkube struct, decoded once and shared: nobody may change it."""
        if self._struct is None:
            self._struct = self.kind.decode_struct(self.value)
        return self._struct

    def forget_dict(self) -> None:
        """Free the dict that the writer left."""
        self._obj = None

    def pack(self) -> None:
        """Keep only the bytes: this version has become history."""
        self._obj = self._struct = self._fields = None


class WatchEvent:
    """What a watcher hears. *object* is shared by all who hear of it: read-only."""

    __slots__ = ("item", "revision", "type")

    def __init__(self, type: str, item: Item, revision: int) -> None:
        self.type = type
        self.item = item
        self.revision = revision

    @property
    def object(self) -> Any:
        """The object; for DELETED its last state, with the resourceVersion of the deletion."""
        return self.item.struct

    @property
    def namespace(self) -> str:
        """The object's namespace, empty for kinds without."""
        return self.item.namespace

    @property
    def name(self) -> str:
        """The object's name."""
        return self.item.name

    def __repr__(self) -> str:
        return f"WatchEvent({self.type} {self.item.namespace}/{self.item.name} at {self.revision})"


class _Change:
    """One event of etcd, as items."""

    __slots__ = ("before", "now", "revision")

    def __init__(self, revision: int, now: Item | None, before: Item | None) -> None:
        self.revision = revision
        self.now = now
        self.before = before


class Watch:
    """One reader's watch. *deliver* is called at once, in the order of revisions; nothing comes after `stop`."""

    __slots__ = ("_cache", "deliver", "field_selector", "label_selector", "namespace", "seen", "selects_all", "stopped")

    def __init__(
        self,
        cache: WatchCache,
        deliver: Callable[[WatchEvent], None],
        namespace: str,
        label_selector: Selector,
        field_selector: FieldSelector,
    ) -> None:
        self._cache = cache
        self.deliver = deliver
        self.namespace = namespace
        self.label_selector = label_selector
        self.field_selector = field_selector
        #: Most watches (every informer's) want to see everything: they need no look at the object.
        self.selects_all = not namespace and not field_selector.requirements and label_selector.is_everything
        #: The revision of the newest change that was told before the watch was made known.
        self.seen = 0
        self.stopped = False

    def stop(self) -> None:
        """End the watch. Stopping twice is allowed."""
        if not self.stopped:
            self.stopped = True
            self._cache._forget(self)

    def selects(self, item: Item | None) -> bool:
        """Whether *item* is one of those that the reader wants to see."""
        if self.selects_all:
            return item is not None
        if item is None or (self.namespace and item.namespace != self.namespace):
            return False
        if self.field_selector.requirements and not self.field_selector.matches(item.fields):
            return False
        return self.label_selector.is_everything or self.label_selector.matches(item.labels)

    def tell(self, change: _Change) -> None:
        """Deliver *change* as the reader sees it: an object that leaves the selection is DELETED for him."""
        selected, was_selected = self.selects(change.now), self.selects(change.before)
        if selected:
            assert change.now is not None
            self.deliver(WatchEvent(MODIFIED if was_selected else ADDED, change.now, change.revision))
        elif was_selected:
            self.deliver(WatchEvent(DELETED, self._cache.last_state(change), change.revision))


class WatchCache:
    """All objects of one kind. *prefix* is where etcd has them (``/registry/pods/``)."""

    def __init__(self, store: Store, strategy: Strategy, prefix: str) -> None:
        self.strategy = strategy
        self.prefix = prefix
        self.decode_struct: Callable[[bytes], Any] = msgspec.json.Decoder(strategy.model).decode
        self.items: dict[str, Item] = {}
        #: What a writer has just encoded, so that it need not be decoded again; taken by the event that follows.
        self.written: Obj | None = None
        self._store = store
        self._history: builtins.list[_Change] = []
        self._untold: deque[_Change] = deque()
        self._is_telling = False
        self._everything: dict[Watch, None] = {}
        self._by_field: dict[str, dict[str, dict[Watch, None]]] = {}
        self._last_state: tuple[_Change, Item] | None = None
        store.watch(prefix, 0, self._hear)

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, key: str) -> Item | None:
        """Return the newest version of *key*, or None."""
        return self.items.get(key)

    def list(self, namespace: str = "") -> builtins.list[Item]:
        """Return the newest versions in key order."""
        items = self.items
        return [items[kv.key] for kv in self._store.range(self._prefix_of(namespace)).items]

    def list_at(self, revision: int, namespace: str = "") -> builtins.list[Item]:
        """Return the objects as of *revision*, in key order. Raises CompactedError and FutureRevisionError."""
        if revision == self._store.revision:
            return self.list(namespace)
        found = self._store.range(self._prefix_of(namespace), revision=revision)
        return [Item(self, kv.value, kv.mod_revision) for kv in found.items]

    def get_at(self, key: str, revision: int) -> Item | None:
        """Return *key* as of *revision*, or None. Raises as `list_at`."""
        kv = self._store.get(key, revision)
        return None if kv is None else Item(self, kv.value, kv.mod_revision)

    def _prefix_of(self, namespace: str) -> str:
        return f"{self.prefix}{namespace}/" if namespace else self.prefix

    # -- watching ----------------------------------------------------------------------------------------------------

    def watch(
        self,
        deliver: Callable[[WatchEvent], None],
        *,
        after_revision: int,
        namespace: str = "",
        label_selector: Selector,
        field_selector: FieldSelector,
    ) -> Watch:
        """Tell *deliver* of every change after *after_revision*; those that lie behind come before this returns.

        Raises CompactedError if some of them are no longer kept.
        """
        watch = Watch(self, deliver, namespace, label_selector, field_selector)
        if after_revision < self._store.compacted - 1:
            raise CompactedError(after_revision, self._store.compacted)
        start = bisect_right(self._history, after_revision, key=_revision)
        for change in self._history[start:]:
            watch.tell(change)
        watch.seen = self._history[-1].revision if self._history else 0
        for field in INDEXED_FIELDS:
            value = field_selector.exact(field) if field_selector.requirements else None
            if value is not None:
                self._by_field.setdefault(field, {}).setdefault(value, {})[watch] = None
                break
        else:
            self._everything[watch] = None
        return watch

    def _forget(self, watch: Watch) -> None:
        self._everything.pop(watch, None)
        for values in self._by_field.values():
            for value, watches in list(values.items()):
                watches.pop(watch, None)
                if not watches:
                    del values[value]

    def _readers(self, change: _Change) -> Iterable[Watch]:
        readers: Iterable[Watch] = list(self._everything)
        for field, values in self._by_field.items():
            now = change.now.fields.get(field) if change.now is not None else None
            before = change.before.fields.get(field) if change.before is not None else None
            if now is not None and now in values:
                readers = [*readers, *values[now]]
            if before is not None and before != now and before in values:
                readers = [*readers, *values[before]]
        return readers

    def _hear(self, event: Event) -> None:
        key = event.kv.key
        before = self.items.get(key)
        now = None
        if event.type == "PUT":
            now = self.items[key] = Item(self, event.kv.value, event.kv.mod_revision, self.written)
            self.written = None
        else:
            self.items.pop(key, None)
        change = _Change(event.kv.mod_revision, now, before)
        self._history.append(change)
        self._untold.append(change)
        if not self._is_telling:
            self._tell()

    def _tell(self) -> None:
        """Tell the readers, change by change: what a reader writes meanwhile waits its turn, so that all hear one order."""
        self._is_telling = True
        try:
            while self._untold:
                change = self._untold.popleft()
                for watch in self._readers(change):
                    if not watch.stopped and change.revision > watch.seen:
                        watch.tell(change)
                if change.before is not None:
                    change.before.pack()
                # An Event is hardly ever written again; of what is, the next write reads the dict.
                if change.now is not None and self.strategy.ttl_seconds:
                    change.now.forget_dict()
        finally:
            self._is_telling = False

    def last_state(self, change: _Change) -> Item:
        """Return the object of *change* as those see it for whom it goes: its state before, at the new revision."""
        if self._last_state is None or self._last_state[0] is not change:
            assert change.before is not None
            self._last_state = (change, at_revision(change.before, change.revision))
        return self._last_state[1]

    def compact(self) -> None:
        """Forget the changes that etcd has forgotten."""
        del self._history[: bisect_left(self._history, self._store.compacted, key=_revision)]


def at_revision(item: Item, revision: int) -> Item:
    """Return *item* with another resourceVersion."""
    obj = {**item.obj, "metadata": {**item.obj["metadata"], "resourceVersion": str(revision)}}
    return Item(item.kind, encode_json(obj), revision, obj)


def _revision(change: _Change) -> int:
    return change.revision
