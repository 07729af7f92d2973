"""What reading and writing mean for objects of any kind: prepare, admit, validate, store. What differs is the strategy's.

Models apiserver pkg/registry/generic/registry/store.go and pkg/registry/rest (BeforeCreate, BeforeUpdate). Works on plain
JSON dicts; an object that is stored is never changed afterwards, every write makes a new one. The resourceVersion stands in
the stored bytes already (etcd's next revision is known before the write), so that a read need not encode anything.

Left out: managedFields (server-side apply), object counts, retries (nothing happens between a read and its write).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.apimachinery import errors, names
from k8slab.apimachinery.errors import ApiError, FieldError
from k8slab.cluster.apiserver import deletion
from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin
from k8slab.cluster.apiserver.deletion import DeleteOptions
from k8slab.cluster.apiserver.requestcontext import RequestContext
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy
from k8slab.cluster.apiserver.validation.objectmeta import validate_object_meta, validate_object_meta_update
from k8slab.cluster.apiserver.watchcache import Item, WatchCache, encode_json
from k8slab.cluster.etcd.store import Compare, Delete, Put

if TYPE_CHECKING:
    from k8slab.cluster.apiserver.server import ApiServer

MOST_GENERATED_NAMES = 8
#: What a generated name may have before its suffix (names.SimpleNameGenerator).
MOST_GENERATE_NAME_CHARACTERS = 63 - 5
_SYSTEM_FIELDS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_VALIDATED = ("generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers", "generation")
MOST_REMEMBERED = 4096
_NAMESPACE_MISMATCH = "the namespace of the provided object does not match the namespace sent on the request"

Prepare = Callable[[Obj, Obj, RequestContext], None]
Validate = Callable[[Obj, Obj], Any]


class Registry:
    """All objects of one kind."""

    def __init__(self, server: ApiServer, strategy: Strategy, plugins: list[Plugin]) -> None:
        self.server = server
        self.strategy = strategy
        self.prefix = f"/registry/{storage_name(strategy)}/"
        self.cache = WatchCache(server.store, strategy, self.prefix)
        self._good_metadata: set[bytes] = set()
        self._plugins = {
            operation: [plugin for plugin in plugins if plugin.handles(strategy, operation)]
            for operation in ("CREATE", "UPDATE", "DELETE")
        }

    def key(self, namespace: str, name: str) -> str:
        """Return where etcd has the object."""
        return f"{self.prefix}{namespace}/{name}" if self.strategy.namespaced else f"{self.prefix}{name}"

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, namespace: str, name: str) -> Item:
        """Return the object. Raises ApiError: NotFound."""
        item = self.cache.get(self.key(namespace, name))
        if item is None:
            raise errors.not_found(self.strategy.resource, name)
        return item

    # -- creating ----------------------------------------------------------------------------------------------------

    def create(self, new: Obj, namespace: str, context: RequestContext) -> Item:
        """Store *new*, which has its defaults, and return it as stored. Raises ApiError: AlreadyExists, Invalid, Forbidden.

        *new* becomes the stored object: the caller must not change it afterwards.
        """
        metadata = new.get("metadata")
        if metadata is None:
            metadata = new["metadata"] = {}
        for field in _SYSTEM_FIELDS:
            metadata.pop(field, None)
        check_namespace(self.strategy, metadata, namespace)
        if metadata.pop("resourceVersion", None):
            raise errors.unknown("resourceVersion should not be set on objects to be created")
        if metadata.get("name") or not metadata.get("generateName"):
            return self._create(new, metadata, namespace, context)
        for attempt in range(MOST_GENERATED_NAMES):
            prefix = metadata["generateName"][:MOST_GENERATE_NAME_CHARACTERS]
            metadata["name"] = prefix + context.chance.suffix()
            if self.cache.get(self.key(namespace, metadata["name"])) is None or attempt == MOST_GENERATED_NAMES - 1:
                break
        try:
            return self._create(new, metadata, namespace, context)
        except ApiError as error:
            if errors.is_already_exists(error):
                raise errors.generate_name_conflict(self.strategy.resource, metadata["name"]) from None
            raise

    def _create(self, new: Obj, metadata: dict[str, Any], namespace: str, context: RequestContext) -> Item:
        strategy = self.strategy
        metadata["uid"] = context.chance.uid()
        metadata["creationTimestamp"] = context.now
        attributes = None
        plugins = self._plugins["CREATE"]
        if plugins:
            attributes = Attributes("CREATE", strategy, namespace, metadata.get("name", ""), new, None, "", context)
            for plugin in plugins:
                plugin.admit(attributes)
        strategy.prepare_for_create(new, context)
        causes = self._metadata_problems(metadata)
        causes += strategy.validate(new)
        if causes:
            raise errors.invalid(strategy.group_kind, metadata.get("name", ""), causes)
        if context.shows_warnings:
            for warning in strategy.warnings(new):
                context.warn(warning)
        for plugin in plugins:
            plugin.validate(attributes)
        key = self.key(namespace, metadata["name"])
        if self.cache.get(key) is not None:
            raise errors.already_exists(strategy.resource, metadata["name"])
        if context.dry_run:
            return Item(self.cache, encode_json(new), 0, new)
        for plugin in plugins:
            plugin.commit(attributes)
        return self._put(key, new, context, "create", 0)

    def _metadata_problems(self, metadata: dict[str, Any]) -> list[FieldError]:
        """Return what is wrong with the metadata. That of the Pods of one ReplicaSet differs in the name only."""
        strategy = self.strategy
        rule = type(strategy).name_rule or names.dns1123_subdomain
        alike = encode_json([metadata.get(field) for field in _VALIDATED])
        if alike in self._good_metadata and not rule(metadata.get("name", "")):
            return []
        problems = list(validate_object_meta(metadata, namespaced=strategy.namespaced, name_rule=rule))
        if not problems:
            if len(self._good_metadata) >= MOST_REMEMBERED:
                self._good_metadata.clear()
            self._good_metadata.add(alike)
        return problems

    # -- updating ----------------------------------------------------------------------------------------------------

    def update(
        self,
        namespace: str,
        name: str,
        change: Callable[[Obj], Obj],
        context: RequestContext,
        *,
        subresource: str = "",
        prepare: Prepare | None = None,
        validate: Validate | None = None,
        creates: bool = False,
    ) -> tuple[Item, bool]:
        """Store what *change* makes of the object, and return it with whether it was created.

        *prepare* and *validate* are the strategy's for a plain update unless given. An update that changes nothing writes
        nothing. Raises ApiError: NotFound, Conflict, Invalid, Forbidden.
        """
        strategy = self.strategy
        key = self.key(namespace, name)
        before = self.cache.get(key)
        if before is None:
            if creates and strategy.allow_create_on_update:
                return self.create(change({}), namespace, context), True
            raise errors.not_found(strategy.resource, name)
        old = before.obj
        old_metadata = old["metadata"]
        new = change(old)
        metadata = new["metadata"]
        check_namespace(strategy, metadata, namespace)
        uid = metadata.get("uid")
        if uid and uid != old_metadata["uid"]:
            why = (
                f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
                f"Precondition failed: UID in precondition: {uid}, UID in object meta: {old_metadata['uid']}"
            )
            raise errors.conflict(strategy.resource, name, why)
        version = metadata.get("resourceVersion")
        if not version:
            if not strategy.allow_unconditional_update:
                why = "must be specified for an update"
                cause = FieldError.invalid("metadata.resourceVersion", 0, why)
                raise errors.invalid(strategy.resource, name, [cause])
            metadata["resourceVersion"] = old_metadata["resourceVersion"]
        elif version != old_metadata["resourceVersion"]:
            raise errors.conflict(strategy.resource, name)
        attributes = None
        plugins = self._plugins["UPDATE"]
        if plugins:
            attributes = Attributes("UPDATE", strategy, namespace, name, new, old, subresource, context)
            for plugin in plugins:
                plugin.admit(attributes)
        Strategy.keep(metadata, old_metadata, "generation")
        (prepare or strategy.prepare_for_update)(new, old, context)
        _keep_system_fields(metadata, old_metadata)
        causes: list[FieldError] = []
        if _has_changed(metadata, old_metadata):
            causes += validate_object_meta_update(metadata, old_metadata)
        causes += (validate or strategy.validate_update)(new, old)
        if causes:
            raise errors.invalid(strategy.group_kind, name, causes)
        if context.shows_warnings and not subresource:
            for warning in strategy.warnings_on_update(new, old):
                context.warn(warning)
        for plugin in plugins:
            plugin.validate(attributes)
        if self._goes_with_update(new, old):
            if not context.dry_run:
                self._delete(before, context)
            return Item(self.cache, encode_json(new), before.revision, new), False
        if new == old:
            return before, False
        if context.dry_run:
            return Item(self.cache, encode_json(new), before.revision, new), False
        for plugin in plugins:
            plugin.commit(attributes)
        verb = f"update {subresource}" if subresource else "update"
        return self._put(key, new, context, verb, before.revision), False

    def _goes_with_update(self, new: Obj, old: Obj) -> bool:
        if self.strategy.kind == "Namespace" and (new.get("spec") or {}).get("finalizers"):
            return False
        return deletion.goes_with_update(new, old)

    # -- deleting ----------------------------------------------------------------------------------------------------

    def delete(self, namespace: str, name: str, options: DeleteOptions, context: RequestContext) -> tuple[Item, bool]:
        """Delete the object, or begin to. Return its last state and whether it has gone. Raises ApiError: NotFound, Conflict."""
        before = self.get(namespace, name)
        strategy = self.strategy
        context.dry_run = context.dry_run or options.dry_run
        deletion.check_preconditions(strategy, before.obj, options)
        for plugin in self._plugins["DELETE"]:
            plugin.validate(Attributes("DELETE", strategy, namespace, name, before.obj, before.obj, "", context))
        if strategy.kind == "Namespace":
            return self._delete_namespace(before, options, context)
        old = before.obj
        grace = deletion.grace_of(strategy, old, options, context.clock.datetime())
        if grace.pending:
            return before, False
        finalizers = deletion.finalizers_for(strategy, old, options)
        if grace.seconds is None:
            if not finalizers:
                return self._delete(before, context), True
            # It stays until its finalizers have gone; that it is going is written down once.
            timestamp = old["metadata"].get("deletionTimestamp") or context.now
            return self._mark(before, deletion.marked(old, timestamp, 0, finalizers), context), False
        marked = self._mark(before, deletion.marked(old, grace.deletion_timestamp, grace.seconds, finalizers), context)
        if finalizers or grace.seconds > 0:
            return marked, False
        # Even a Pod that goes at once is seen as going first.
        return self._delete(marked, context), True

    def _mark(self, before: Item, new: Obj, context: RequestContext) -> Item:
        if new == before.obj:
            return before
        if context.dry_run:
            return Item(self.cache, encode_json(new), before.revision, new)
        return self._put(self.key(before.namespace, before.name), new, context, "delete", before.revision)

    def _delete_namespace(self, before: Item, options: DeleteOptions, context: RequestContext) -> tuple[Item, bool]:
        """A namespace first says that it is terminating; it goes when the controller has emptied it."""
        old = before.obj
        if not old["metadata"].get("deletionTimestamp"):
            finalizers = deletion.finalizers_for(self.strategy, old, options)
            new = deletion.marked(old, context.now, 0, finalizers)
            del new["metadata"]["deletionGracePeriodSeconds"]
            Strategy.keep(new["metadata"], old["metadata"], "generation")
            new["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
            return self._mark(before, new, context), False
        if (old.get("spec") or {}).get("finalizers") or old["metadata"].get("finalizers"):
            return before, False
        return self._delete(before, context), True

    def _delete(self, before: Item, context: RequestContext) -> Item:
        """Remove the object from etcd and return its last state."""
        if not context.dry_run:
            key = self.key(before.namespace, before.name)
            result = self.server.store.txn((Compare(key, "mod", "=", before.revision),), (Delete(key),))
            assert result.succeeded
            self.server.record(context, "delete", self.strategy, before.namespace, before.name)
            for plugin in self._plugins["DELETE"]:
                plugin.commit(
                    Attributes(
                        "DELETE", self.strategy, before.namespace, before.name, before.obj, before.obj, "", context
                    )
                )
        return before

    # -- etcd --------------------------------------------------------------------------------------------------------

    def _put(self, key: str, new: Obj, context: RequestContext, verb: str, revision: int) -> Item:
        server = self.server
        new["metadata"]["resourceVersion"] = str(server.store.revision + 1)
        ordered = {"kind": self.strategy.kind, "apiVersion": self.strategy.api_version, "metadata": new["metadata"]}
        ordered.update(new)
        cache = self.cache
        cache.written = ordered
        lease = server.lease_for(self.strategy.ttl_seconds) if self.strategy.ttl_seconds else 0
        # The comparison is what keeps two writers apart in a real cluster; here nobody can have come between.
        result = server.store.txn((Compare(key, "mod", "=", revision),), (Put(key, encode_json(ordered), lease),))
        assert result.succeeded
        metadata = new["metadata"]
        server.record(context, verb, self.strategy, metadata.get("namespace", ""), metadata["name"])
        return cache.items[key]


def storage_name(strategy: Strategy) -> str:
    """Return the name of the kind's folder in etcd; a few are older than the API's names."""
    if strategy.group in ("", "apps", "batch", "autoscaling", "policy"):
        return {"nodes": "minions", "services": "services/specs"}.get(strategy.plural, strategy.plural)
    return strategy.plural


def check_namespace(strategy: Strategy, metadata: dict[str, Any], namespace: str) -> None:
    """Give the object the namespace of the request, or raise BadRequest if it says another."""
    given = metadata.get("namespace", "")
    if not strategy.namespaced:
        if given:
            # Upstream clears it silently.
            del metadata["namespace"]
    elif not given:
        metadata["namespace"] = namespace
    elif given != namespace:
        raise errors.bad_request(_NAMESPACE_MISMATCH)


def _has_changed(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether an update changes anything of the metadata that could be wrong; the rest was valid before."""
    return (
        new.get("labels") != old.get("labels")
        or new.get("annotations") != old.get("annotations")
        or new.get("finalizers") != old.get("finalizers")
        or new.get("ownerReferences") != old.get("ownerReferences")
        or new.get("name") != old["name"]
        or new["uid"] != old["uid"]
        or new.get("deletionGracePeriodSeconds") != old.get("deletionGracePeriodSeconds")
    )


def _keep_system_fields(new: dict[str, Any], old: dict[str, Any]) -> None:
    """What an update cannot change: a uid that is left out, the time of creation, the deletion under way."""
    if not new.get("uid"):
        new["uid"] = old["uid"]
    new["creationTimestamp"] = old["creationTimestamp"]
    if "deletionTimestamp" in old:
        new["deletionTimestamp"] = old["deletionTimestamp"]
        if "deletionGracePeriodSeconds" not in new and "deletionGracePeriodSeconds" in old:
            new["deletionGracePeriodSeconds"] = old["deletionGracePeriodSeconds"]
    else:
        new.pop("deletionTimestamp", None)
        new.pop("deletionGracePeriodSeconds", None)
    new.pop("selfLink", None)
