"""An informer: a read-only copy of all objects of one kind, kept fresh by a watch, and somebody to tell about changes.

Models client-go tools/cache (Reflector, SharedIndexInformer, Indexer). All controllers share one informer a kind. What comes
in is delivered a little later than it was written, in batches: a controller must live with a cache that is behind (that is
what expectations and resourceVersions are for). Objects are shared: read them, never change them.
Left out: periodic resync, relisting after a lost watch (in process none gets lost).
"""

from __future__ import annotations

import builtins
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from k8slab.apimachinery.labels import Selector
from k8slab.sim.clock import Clock

#: From the server's write to the reader's cache.
WATCH_SECONDS = 0.0015

T = TypeVar("T")
#: Returns the values of an object as a tuple.
IndexFunction = Callable[[Any], Sequence[str]]


class Handler(NamedTuple):
    """Who is told of changes, after the cache has them."""

    on_add: Callable[[Any], None] | None = None
    on_update: Callable[[Any, Any], None] | None = None
    on_delete: Callable[[Any], None] | None = None


def key_of(obj: Any) -> str:
    """Return ``namespace/name``, or ``name`` for what has no namespace."""
    meta = obj.metadata
    return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


def split_key(key: str) -> tuple[str, str]:
    """Return namespace (empty for none) and name."""
    namespace, _, name = key.rpartition("/")
    return namespace, name


def by_controller_uid(obj: Any) -> Sequence[str]:
    """Index function: the uid of the owner that controls the object."""
    for reference in obj.metadata.ownerReferences or ():
        if reference.controller:
            return (reference.uid,)
    return ()


def by_orphan_namespace(obj: Any) -> Sequence[str]:
    """Index function: the namespace, for objects that nobody controls."""
    for reference in obj.metadata.ownerReferences or ():
        if reference.controller:
            return ()
    return (obj.metadata.namespace or "",)


def by_node(pod: Any) -> Sequence[str]:
    """Index function: the node of a Pod, empty for those that have none."""
    return (pod.spec.nodeName or "",)


class Lister(Generic[T]):
    """The cache of one informer, for reading. Lists are new lists, in the order in which objects came."""

    def __init__(self) -> None:
        self._objects: dict[str, T] = {}
        self._namespaces: dict[str, dict[str, None]] = {}
        self._indexes: dict[str, _Index] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: str) -> T | None:
        """Return the object at ``namespace/name`` (or ``name``), or None."""
        return self._objects.get(key)

    def list(self, namespace: str | None = None, selector: Selector | None = None) -> list[T]:
        """Return the objects of *namespace* (of all, by default) that *selector* selects (all, by default)."""
        objects = self._objects
        if namespace is None:
            found = list(objects.values())
        else:
            found = [objects[key] for key in self._namespaces.get(namespace, ())]
        if selector is None:
            return found
        return [obj for obj in found if selector.matches(obj.metadata.labels)]  # type: ignore[attr-defined]

    def by_index(self, name: str, value: str) -> builtins.list[T]:
        """Return the objects for which the index *name* gave *value*."""
        objects = self._objects
        return [objects[key] for key in self._indexes[name].buckets.get(value, ())]

    def count(self, name: str, value: str) -> int:
        """Return how many objects the index *name* has under *value*."""
        return len(self._indexes[name].buckets.get(value, ()))

    def index_values(self, name: str) -> builtins.list[str]:
        """Return the values under which the index *name* has something."""
        return list(self._indexes[name].buckets)

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep an index *name* by *function*; asking for the same one again changes nothing."""
        if name not in self._indexes:
            index = self._indexes[name] = _Index(function)
            for key, obj in self._objects.items():
                index.put(key, obj)

    def _store(self, key: str, obj: T) -> T | None:
        old = self._objects.get(key)
        self._objects[key] = obj
        if old is None:
            self._namespaces.setdefault(obj.metadata.namespace or "", {})[key] = None  # type: ignore[attr-defined]
        for index in self._indexes.values():
            index.put(key, obj)
        return old

    def _remove(self, key: str) -> T | None:
        old = self._objects.pop(key, None)
        if old is not None:
            _drop(self._namespaces, old.metadata.namespace or "", key)  # type: ignore[attr-defined]
            for index in self._indexes.values():
                index.remove(key)
        return old


class _Index:
    """Keys by value. What a key stood under is remembered, so that a change which does not touch it costs next to nothing."""

    __slots__ = ("_values", "buckets", "function")

    def __init__(self, function: IndexFunction) -> None:
        self.function = function
        self.buckets: dict[str, dict[str, None]] = {}
        self._values: dict[str, Sequence[str]] = {}

    def put(self, key: str, obj: Any) -> None:
        values = self.function(obj)
        old = self._values.get(key, ())
        if values == old:
            return
        for value in old:
            if value not in values:
                _drop(self.buckets, value, key)
        for value in values:
            self.buckets.setdefault(value, {})[key] = None
        self._values[key] = values

    def remove(self, key: str) -> None:
        for value in self._values.pop(key, ()):
            _drop(self.buckets, value, key)


def _drop(buckets: dict[str, dict[str, None]], value: str, key: str) -> None:
    bucket = buckets.get(value)
    if bucket is not None:
        bucket.pop(key, None)
        if not bucket:
            del buckets[value]


class Informer(Generic[T]):
    """Lists once, watches from there, and delivers what has gathered in one batch."""

    def __init__(self, server: Any, clock: Clock, model: type[T], field_selector: str = "") -> None:
        self._clock = clock
        self.model = model
        self.lister: Lister[T] = Lister()
        self._handlers: list[Handler] = []
        self._tell_add: list[Callable[[Any], None]] = []
        self._tell_update: list[Callable[[Any, Any], None]] = []
        self._tell_delete: list[Callable[[Any], None]] = []
        self._pending: deque[Any] = deque()
        self._scheduled = False
        items, revision = server.list(model, field_selector=field_selector)
        for item in items:
            self.lister._store(key_of(item), item)
        self._watch = server.watch(
            model, resource_version=revision, field_selector=field_selector, deliver=self._deliver
        )

    def add_handler(self, handler: Handler) -> None:
        """Tell *handler* of all changes from now on, and of what is there already as if it were new."""
        self._handlers.append(handler)
        self._sort_handlers()
        if handler.on_add is not None:
            for obj in self.lister.list():
                handler.on_add(obj)

    def remove_handler(self, handler: Handler) -> None:
        """Tell *handler* nothing any more."""
        self._handlers = [kept for kept in self._handlers if kept is not handler]
        self._sort_handlers()

    def _sort_handlers(self) -> None:
        self._tell_add = [one.on_add for one in self._handlers if one.on_add is not None]
        self._tell_update = [one.on_update for one in self._handlers if one.on_update is not None]
        self._tell_delete = [one.on_delete for one in self._handlers if one.on_delete is not None]

    def stop(self) -> None:
        """Close the watch; what has gathered is not delivered."""
        self._watch.stop()
        self._pending.clear()

    def _deliver(self, event: Any) -> None:
        self._pending.append(event)
        if not self._scheduled:
            self._scheduled = True
            self._clock.call_later(WATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        pending, store = self._pending, self.lister._store
        # Handlers only queue keys, so nothing is written meanwhile; what comes later waits for its own batch.
        while pending:
            event = pending.popleft()
            obj = event.object
            key = key_of(obj)
            if event.type == "DELETED":
                self.lister._remove(key)
                for deleted in self._tell_delete:
                    deleted(obj)
                continue
            old = store(key, obj)
            if old is None:
                for added in self._tell_add:
                    added(obj)
            else:
                for updated in self._tell_update:
                    updated(old, obj)


class InformerFactory:
    """One shared informer a kind (and field selector), made when first asked for."""

    def __init__(self, server: Any, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._informers: dict[tuple[type, str], Informer[Any]] = {}

    def informer(self, model: type[T], field_selector: str = "") -> Informer[T]:
        """Return the shared informer of *model*; its cache is filled already."""
        informer = self._informers.get((model, field_selector))
        if informer is None:
            informer = self._informers[model, field_selector] = Informer(
                self._server, self._clock, model, field_selector
            )
        return informer

    def lister(self, model: type[T]) -> Lister[T]:
        """Return the cache of all objects of *model*."""
        return self.informer(model).lister

    def stop(self, model: type, field_selector: str = "") -> None:
        """Close and forget one informer (a node that was switched off)."""
        informer = self._informers.pop((model, field_selector), None)
        if informer is not None:
            informer.stop()
