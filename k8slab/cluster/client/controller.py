"""The loop all controllers share: watch, queue the key of what changed, look at it, bring it one step closer to its spec.

Models the common shape of pkg/controller/*: informers with event handlers, a rate-limited queue, workers. A controller is
level-driven: `sync` gets a key, not a change, and looks at what is. It forgets nothing of value when it is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ClassVar, TypeVar

from simpy.events import Event

from k8slab.apimachinery.errors import ApiError
from k8slab.apimachinery.owners import controller_of
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import Handler, Lister, key_of
from k8slab.cluster.client.workqueue import WorkQueue

T = TypeVar("T")


class Retry(Exception):
    """A sync cannot go on now, for a reason that no API call gave: try again with back-off."""


class Controller:
    """Base of the controllers: say what you watch and how to sync one key."""

    name: ClassVar[str]  # the source shown in Events
    #: The kind whose keys are synced comes first; a change of the others enqueues the one of it that controls them.
    watches: ClassVar[tuple[Any, ...]]
    workers: ClassVar[int] = 5

    def __init__(self, context: Context) -> None:
        self.context = context
        self.clock = context.clock
        self.client = context.client(self.name)
        self.recorder = context.recorder(self.name)
        self.queue: WorkQueue[str] = WorkQueue(context.clock)
        self._handlers: list[tuple[type, Handler]] = []
        self._generation = 0

    # -- for the controller ------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Bring the object *key* one step closer to its spec. An ApiError (or `Retry`) sends *key* back to the queue with back-off."""
        raise NotImplementedError

    def lister(self, model: type[T]) -> Lister[T]:
        """Return the cache of *model*: read-only and a little behind."""
        return self.context.informers.informer(model).lister

    def enqueue(self, obj: Any) -> None:
        """Ask for a look at *obj*."""
        self.queue.add(key_of(obj))

    def enqueue_owner(self, obj: Any) -> None:
        """Ask for a look at the owner of *obj*, if it is of our kind."""
        reference = controller_of(obj)
        if reference is None or reference.kind != self.watches[0]._api_info.resource.kind:
            return
        namespace = obj.metadata.namespace
        self.queue.add(f"{namespace}/{reference.name}" if namespace else reference.name)

    def handlers(self) -> dict[type, Handler]:
        """Return who is told of the changes of each kind. By default, all changes enqueue the object or its owner."""
        return {
            model: self.enqueue_on_all(self.enqueue if i == 0 else self.enqueue_owner)
            for i, model in enumerate(self.watches)
        }

    @staticmethod
    def enqueue_on_all(enqueue: Callable[[Any], None]) -> Handler:
        """Return a handler that enqueues on every change."""
        return Handler(enqueue, lambda old, new: enqueue(new), enqueue)

    def on_sync_error(self, key: str, error: ApiError | Retry) -> None:
        """An attempt on *key* failed; by default it is made again after its back-off, without end."""
        self.queue.add_rate_limited(key)

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Fill the caches and start the workers. They take their first steps when the clock next moves."""
        self._generation += 1
        for model, handler in self.handlers().items():
            self._handlers.append((model, handler))
            self.context.informers.informer(model).add_handler(handler)
        for _ in range(self.workers):
            self.clock.process(self._work(self._generation))

    def stop(self) -> None:
        """Stop working: no more changes are seen; what is under way ends with its next call."""
        self._generation += 1
        for model, handler in self._handlers:
            self.context.informers.informer(model).remove_handler(handler)
        self._handlers.clear()
        self.queue.clear()
        self.queue = WorkQueue(self.clock)

    def _work(self, generation: int) -> Generator[Event, Any, None]:
        queue = self.queue
        while generation == self._generation:
            key = yield from queue.get()
            if generation != self._generation:
                return
            try:
                yield from self.sync(key)
            except (ApiError, Retry) as error:
                if queue is self.queue:
                    self.on_sync_error(key, error)
            else:
                queue.forget(key)
            if queue is not self.queue:
                return
            queue.done(key)
