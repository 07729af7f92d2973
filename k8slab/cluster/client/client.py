"""The client that components use: the same server as everybody's, without HTTP encoding, and with the time a call takes.

Models client-go's typed clients. Each method is a generator: ``pod = yield from client.create(pod)`` lets a few simulated
milliseconds pass, then does the call; an answer that is an error raises `ApiError`. Objects are lightkube structs. What a
write answers is the one copy that all watchers share: read it, never change it (what `get` and `list` answer is one's own).
Left out: client-side rate limits (--kube-api-qps).
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias, TypeVar

from simpy.events import Event

from k8slab.apimachinery.errors import ApiError
from k8slab.sim.clock import Clock

#: A call over the local network into a server that has to ask etcd.
CALL_SECONDS = 0.003

T = TypeVar("T")
Call: TypeAlias = Generator[Event, Any, T]

STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"


class ApiClient:
    """Calls the API server as *user*."""

    def __init__(self, server: Any, clock: Clock, user: str, latency_seconds: float = CALL_SECONDS) -> None:
        self.server = server
        self.clock = clock
        self.user = user
        self.latency_seconds = latency_seconds

    def get(self, model: type[T], name: str, namespace: str | None = None) -> Call[T]:
        """Return the object *name*. Raises NotFound."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.get(model, name, namespace)

    def list(
        self, model: type[T], namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> Call[list[T]]:
        """Return the objects of *model*, in key order."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.list(model, namespace, label_selector=label_selector, field_selector=field_selector)[0]

    def create(self, obj: T, namespace: str | None = None) -> Call[T]:
        """Store *obj* and return it as stored, to be read only. Raises AlreadyExists, Invalid, Forbidden."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.create(obj, user=self.user, namespace=namespace, shared=True)

    def update(self, obj: T, subresource: str | None = None) -> Call[T]:
        """Replace the object and return it as stored, to be read only. Raises Conflict if its resourceVersion is not the newest."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.update(obj, user=self.user, subresource=subresource, shared=True)

    def update_status(self, obj: T) -> Call[T]:
        """Replace the object's status only."""
        return self.update(obj, "status")

    def patch(
        self,
        model: type[T],
        name: str,
        namespace: str | None,
        body: Any,
        *,
        content_type: str = STRATEGIC_MERGE,
        subresource: str | None = None,
    ) -> Call[T]:
        """Change the named object by *body* and return it as stored."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.patch(
            model, name, namespace, body, user=self.user, content_type=content_type, subresource=subresource
        )

    def patch_status(self, model: type[T], name: str, namespace: str | None, body: Any) -> Call[T]:
        """Change the status of the named object by the strategic merge patch *body*."""
        return self.patch(model, name, namespace, body, subresource="status")

    def delete(
        self,
        model: type,
        name: str,
        namespace: str | None = None,
        *,
        grace_period_seconds: int | None = None,
        propagation_policy: str | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> Call[Any]:
        """Ask for the deletion of the named object; *uid* and *resource_version* are preconditions (Conflict)."""
        yield self.clock.timeout(self.latency_seconds)
        return self.server.delete(
            model,
            name,
            namespace,
            user=self.user,
            grace_period_seconds=grace_period_seconds,
            propagation_policy=propagation_policy,
            uid=uid,
            resource_version=resource_version,
        )

    def bind(self, namespace: str, name: str, node_name: str) -> Call[None]:
        """Give the Pod *name* to the node *node_name*."""
        yield self.clock.timeout(self.latency_seconds)
        self.server.bind(namespace, name, node_name, user=self.user)

    def scale(self, model: type[T], name: str, namespace: str, replicas: int) -> Call[Any]:
        """Set ``spec.replicas`` through the scale subresource."""
        return self.patch(
            model, name, namespace, {"spec": {"replicas": replicas}}, content_type=MERGE, subresource="scale"
        )

    # -- side by side ------------------------------------------------------------------------------------------------

    def create_all(self, objs: Sequence[T]) -> Call[builtins.list[T | ApiError]]:
        """Create *objs* side by side, in the time of one call; each result is the stored object (read it only) or its error."""
        return self._side_by_side(lambda obj: self.server.create(obj, user=self.user, shared=True), objs)

    def delete_all(
        self, model: type, objs: Sequence[Any], *, propagation_policy: str | None = None
    ) -> Call[builtins.list[Any]]:
        """Delete *objs* (all of *model*) side by side, in the time of one call; each result is an answer or an error."""

        def delete(obj: Any) -> Any:
            meta = obj.metadata
            return self.server.delete(
                model, meta.name, meta.namespace, user=self.user, uid=meta.uid, propagation_policy=propagation_policy
            )

        return self._side_by_side(delete, objs)

    def _side_by_side(self, call: Callable[[Any], Any], objs: Sequence[Any]) -> Call[builtins.list[Any]]:
        # Goroutines that start together finish together here: one timeout for all keeps 500 Pods cheap.
        yield self.clock.timeout(self.latency_seconds)
        results: builtins.list[Any] = []
        for obj in objs:
            try:
                results.append(call(obj))
            except ApiError as error:
                results.append(error)
        return results
