"""Start reading here. The chain that every request passes, in order:

authenticate (who asks) -> find the resource -> decode (strict JSON or YAML) -> default -> admit (plugins that change) ->
prepare -> validate (all causes at once) -> admit (plugins that refuse) -> store in etcd -> notify the watchers -> encode.

`ApiServer.handle` is the HTTP door. Components use the same chain without HTTP through `get`, `list`, `create`, `update`,
`patch`, `delete`, `bind` and `watch`: structs in and out, no virtual time passes, an `ApiError` is raised as an exception.

Models apiserver pkg/server and pkg/endpoints. Left out: authentication (everybody is who he says he is), authorization
(everybody may do everything), audit, priority and fairness, aggregation, custom resources.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import msgspec
from lightkube.resources.core_v1 import Pod, ResourceQuota

from k8slab.apimachinery import errors, fields, labels
from k8slab.cluster.apiserver import listing, subresources, writing
from k8slab.cluster.apiserver.admission import PLUGINS
from k8slab.cluster.apiserver.deletion import DeleteOptions, rfc3339
from k8slab.cluster.apiserver.endpoints import Endpoints
from k8slab.cluster.apiserver.registry import Registry
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies import STRATEGIES
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.watchcache import Item, Watch, WatchEvent
from k8slab.cluster.etcd.lease import Leases
from k8slab.cluster.etcd.store import CompactedError, Store
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request, Response
from k8slab.sim.trace import Trace

#: Objects that expire at about the same time share a lease (storage/etcd3/lease_manager.go).
LEASE_REUSE_SECONDS = 60
#: The namespaces that the server itself makes.
NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "default")
SERVER_USER = "system:apiserver"
to_dict = msgspec.to_builtins


class ApiServer:
    """The API server over one store."""

    def __init__(self, store: Store, clock: Clock, chance: Chance, trace: Trace) -> None:
        self.store = store
        self.clock = clock
        self.chance = chance
        self.watch_chance = chance.stream("watch")
        self.trace = trace
        #: How to reach the kubelet of a node, for logs and the like: node name -> its HTTP door.
        self.kubelets: dict[str, Callable[[Request], Response]] = {}
        self._leases = Leases(store, clock)
        self._lease: tuple[int, int, float] = (0, 0, 0.0)
        self._now = (-1, "")
        strategies = [kind() for kind in STRATEGIES]
        plugins = [plugin() for plugin in PLUGINS]
        #: lightkube resource class -> its registry.
        self.registries: dict[type, Registry] = {
            strategy.model: Registry(self, strategy, plugins) for strategy in strategies
        }
        self._endpoints = Endpoints(self)
        self._make_namespaces()

    @property
    def now(self) -> str:
        """The time as it stands in objects: RFC 3339, whole seconds, UTC."""
        second = int(self.clock.now)
        if self._now[0] != second:
            self._now = (second, rfc3339(self.clock.datetime()))
        return self._now[1]

    def compact(self, revision: int) -> None:
        """Make etcd forget what was before *revision*."""
        self.store.compact(revision)
        for registry in self.registries.values():
            registry.cache.compact()

    def record(self, context: RequestContext, verb: str, strategy: Strategy, namespace: str, name: str) -> None:
        """Put a write into the trace."""
        what = f"{strategy.kind}/{namespace}/{name}" if namespace else f"{strategy.kind}/{name}"
        self.trace.record(context.user, verb, what)

    def lease_for(self, ttl_seconds: int) -> int:
        """Return an etcd lease that ends in about *ttl_seconds*; objects of one minute share it."""
        lease, ttl, granted = self._lease
        if not lease or ttl != ttl_seconds or self.clock.now - granted > LEASE_REUSE_SECONDS:
            lease = self._leases.grant(ttl_seconds + LEASE_REUSE_SECONDS)
            self._lease = (lease, ttl_seconds, self.clock.now)
        return lease

    def write_quota(self, namespace: str, quota: Obj, status: Obj) -> None:
        """Store the usage that the quota's admission plugin has counted."""
        registry = self.registries[ResourceQuota]

        def count(old: Obj) -> Obj:
            return {**old, "metadata": dict(old["metadata"]), "status": status}

        rules = writing.status_rules(registry.strategy, "status")
        registry.update(namespace, quota["metadata"]["name"], count, RequestContext(self, SERVER_USER), **rules)

    def _make_namespaces(self) -> None:
        registry = next((r for r in self.registries.values() if r.strategy.resource == "namespaces"), None)
        if registry is None:
            return
        for name in NAMESPACES:
            namespace: Obj = {"metadata": {"name": name}}
            registry.strategy.default(namespace)
            registry.create(namespace, "", RequestContext(self, SERVER_USER))

    def handle(self, request: Request) -> Response:
        """Answer *request* over HTTP. Whatever it holds, the answer is a Response; only the lab's own faults raise."""
        return self._endpoints.handle(request)

    # -- the door for components -------------------------------------------------------------------------------------

    def registry_of(self, model: type) -> Registry:
        """Return the registry of a lightkube resource class. Raises ApiError: NotFound if the kind is not served."""
        registry = self.registries.get(model)
        if registry is None:
            raise errors.no_such_resource()
        return registry

    def get(
        self, model: type, name: str, namespace: str | None = None, *, resource_version: int | str | None = None
    ) -> Any:
        """Return the object, the caller's own copy; with *resource_version* as it was then. Raises ApiError: NotFound."""
        registry = self.registry_of(model)
        if resource_version is None:
            return registry.cache.decode_struct(registry.get(namespace or "", name).value)
        item = registry.cache.get_at(registry.key(namespace or "", name), int(resource_version))
        if item is None:
            raise errors.not_found(registry.strategy.resource, name)
        return item.struct

    def list(
        self, model: type, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> tuple[builtins.list[Any], str]:
        """Return the objects in key order, the caller's own copies, and the revision at which they were so."""
        registry = self.registry_of(model)
        selector = fields.parse(field_selector)
        listing.check_fields(selector, registry.strategy)
        items = listing.select(registry.cache.list(namespace or ""), labels.parse(label_selector), selector)
        decode = registry.cache.decode_struct
        return [decode(item.value) for item in items], str(self.store.revision)

    def objects_at(self, model: type, revision: int, namespace: str | None = None) -> builtins.list[Any]:
        """Return the objects as of *revision*, in key order: shared structs, read-only. Raises CompactedError and FutureRevisionError."""
        return [item.struct for item in self.registry_of(model).cache.list_at(revision, namespace or "")]

    def create(self, obj: Any, *, user: str, namespace: str | None = None, shared: bool = False) -> Any:
        """Store *obj* and return it as stored. Raises ApiError: AlreadyExists, Invalid, Forbidden.

        With *shared* it is the one copy that all watchers share: cheaper, and read-only.
        """
        item = self.post(obj, user=user, namespace=namespace)
        return item.struct if shared else item.kind.decode_struct(item.value)

    def post(self, obj: Any, *, user: str, namespace: str | None = None) -> Item:
        """Store *obj* as `create` does. Nothing is decoded from what is returned until somebody asks: Events are read rarely."""
        registry = self.registry_of(type(obj))
        new: Obj = to_dict(obj)
        metadata = new.setdefault("metadata", {})
        registry.strategy.default(new)
        return registry.create(new, namespace or metadata.get("namespace", ""), RequestContext(self, user))

    def update(self, obj: Any, *, user: str, subresource: str | None = None, shared: bool = False) -> Any:
        """Replace the object (or its status) and return it as stored; *shared* as for `create`.

        Raises ApiError: NotFound, Conflict, Invalid.
        """
        registry = self.registry_of(type(obj))
        context = RequestContext(self, user)
        meta = obj.metadata
        namespace, name = meta.namespace or "", meta.name
        if subresource == "finalize":
            item = subresources.finalize(registry, name, to_dict(obj), context)
        else:
            rules = writing.status_rules(registry.strategy, subresource or "")

            def replace(old: Obj) -> Obj:
                if subresource == "status":
                    # Only these two can change, so only they are read.
                    new = {**old, "metadata": to_dict(meta), "status": to_dict(obj.status) or {}}
                    registry.strategy.default_status(new)
                else:
                    new = to_dict(obj)
                    registry.strategy.default(new)
                return new

            item, _ = registry.update(namespace, name, replace, context, **rules)
        return item.struct if shared else registry.cache.decode_struct(item.value)

    def patch(
        self,
        model: type,
        name: str,
        namespace: str | None,
        body: Any,
        *,
        user: str,
        content_type: str = "application/strategic-merge-patch+json",
        subresource: str | None = None,
    ) -> Any:
        """Change the object by *body* (JSON values, or bytes) and return it as stored (for "scale" the Scale as a dict)."""
        registry = self.registry_of(model)
        context = RequestContext(self, user)
        if subresource == "scale":
            return subresources.patch_scale(registry, namespace or "", name, body, content_type, context)
        item = writing.apply_patch(registry, namespace or "", name, body, content_type, context, subresource or "")
        return registry.cache.decode_struct(item.value)

    def delete(
        self,
        model: type,
        name: str,
        namespace: str | None = None,
        *,
        user: str,
        grace_period_seconds: int | None = None,
        propagation_policy: str | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete the object or begin to; *uid* and *resource_version* are preconditions. Raises ApiError: NotFound, Conflict."""
        options = DeleteOptions(grace_period_seconds, propagation_policy, None, uid, resource_version)
        self.registry_of(model).delete(namespace or "", name, options, RequestContext(self, user))

    def bind(self, namespace: str, name: str, node_name: str, *, user: str) -> None:
        """Give the Pod to the node. Raises ApiError: NotFound, Conflict."""
        subresources.bind(self.registries[Pod], namespace, name, node_name, RequestContext(self, user))

    def watch(
        self,
        model: type,
        *,
        resource_version: int | str,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        deliver: Callable[[WatchEvent], None],
    ) -> Watch:
        """Call *deliver* at once for each change after *resource_version*. Raises ApiError: Expired 410."""
        registry = self.registry_of(model)
        selector = fields.parse(field_selector)
        listing.check_fields(selector, registry.strategy)
        try:
            return registry.cache.watch(
                deliver,
                after_revision=int(resource_version),
                namespace=namespace or "",
                label_selector=labels.parse(label_selector),
                field_selector=selector,
            )
        except CompactedError as error:
            raise errors.too_old_resource_version(resource_version, error.compacted) from None
