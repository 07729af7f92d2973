"""Namespace controller: a namespace that was deleted is emptied, then let go.

Models pkg/controller/namespace (namespaced_resources_deleter.go, status_condition_utils.go). All Pods go first, then
everything else; only when nothing is left is the finalizer ``kubernetes`` taken off, and the namespace is gone.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from lightkube.core.resource import NamespacedResource
from lightkube.models.core_v1 import NamespaceCondition
from lightkube.resources.core_v1 import Namespace, Pod
from simpy.events import Event

from k8slab.apimachinery import conditions, pods
from k8slab.apimachinery.errors import ApiError, is_conflict, is_not_found
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler

#: High-availability API servers may not all have heard yet that the namespace is closed: wait before emptying it.
DELETION_GRACE_PERIOD_SECONDS = 5
FINALIZER_ESTIMATE_SECONDS = 15
FINALIZER = "kubernetes"

CONTENT_FAILURE, CONTENT_REMAINING = "NamespaceDeletionContentFailure", "NamespaceContentRemaining"
FINALIZERS_REMAINING = "NamespaceFinalizersRemaining"
#: Condition type -> reason and message of its good news.
OK = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": ("ParsedGroupVersions", "All legacy kube types successfully parsed"),
    CONTENT_FAILURE: ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    CONTENT_REMAINING: ("ContentRemoved", "All content successfully removed"),
    FINALIZERS_REMAINING: ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
}


@dataclass(slots=True)
class Remains:
    """What deletion left for now, and how long that may take."""

    estimate_seconds: int = 0
    resources: dict[str, int] = field(default_factory=dict)
    finalizers: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class NamespaceController(Controller):
    name = "namespace-controller"
    watches = (Namespace,)
    workers = 10

    def handlers(self) -> dict[type, Handler]:
        return {Namespace: Handler(self.enqueue_deleted, lambda old, new: self.enqueue_deleted(new))}

    def enqueue_deleted(self, namespace: Namespace) -> None:
        if namespace.metadata.deletionTimestamp is not None:
            self.queue.add_after(namespace.metadata.name or "", DELETION_GRACE_PERIOD_SECONDS)

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Empty the namespace *key*, or come back when what is left should have gone."""
        try:
            namespace: Any = yield from self.client.get(Namespace, key)
        except ApiError as error:
            if is_not_found(error):
                return
            raise
        if namespace.metadata.deletionTimestamp is None or not (namespace.spec and namespace.spec.finalizers):
            return
        if namespace.status.phase != "Terminating":
            namespace.status.phase = "Terminating"
            stored = yield from self.client.update_status(namespace)
            namespace = msgspec.structs.replace(stored, status=msgspec.structs.replace(stored.status))  # our own copy
        remains = yield from self.delete_all_content(namespace)
        if remains.errors:
            self.queue.add_rate_limited(key)
        elif remains.estimate_seconds > 0:
            self.queue.add_after(key, remains.estimate_seconds // 2 + 1)
        else:
            yield from self.finalize(key)

    def delete_all_content(self, namespace: Any) -> Generator[Event, Any, Remains]:
        """Delete what can be deleted now and report it in the conditions."""
        remains = Remains()
        yield from self.delete_kind(namespace, Pod, remains)
        if remains.resources and not remains.errors:
            # As upstream 1.36: while Pods go, the conditions do not speak of them yet.
            yield from self.report(namespace, Remains())
            return remains
        for model in self.context.models():
            if model is not Pod and issubclass(model, NamespacedResource):
                yield from self.delete_kind(namespace, model, remains)
        yield from self.report(namespace, remains)
        return remains

    def delete_kind(self, namespace: Any, model: Any, remains: Remains) -> Generator[Event, Any, None]:
        """Delete all objects of *model*; add to *remains* those that are still there."""
        name = namespace.metadata.name
        found = yield from self.client.list(model, name)
        if not found:
            return
        estimate = self.graceful_estimate(namespace, model, found)
        for result in (yield from self.client.delete_all(model, found, propagation_policy="Background")):
            if isinstance(result, ApiError) and not is_not_found(result) and not is_conflict(result):
                remains.errors.append(result.message)
        left = yield from self.client.list(model, name)
        if not left:
            return
        resource = f"{model._api_info.plural}.{model._api_info.resource.group}"
        remains.resources[resource] = len(left)
        held: dict[str, int] = {}
        for one in left:
            for finalizer in one.metadata.finalizers or ():
                held[finalizer] = held.get(finalizer, 0) + 1
        for finalizer, count in held.items():
            remains.finalizers[finalizer] = remains.finalizers.get(finalizer, 0) + count
        if not estimate and held:
            estimate = FINALIZER_ESTIMATE_SECONDS
        if not estimate:
            what = f"{model._api_info.resource.group}/{model._api_info.resource.version}, Resource={model._api_info.plural}"
            remains.errors.append(f"unexpected items still remain in namespace: {name} for gvr: {what}")
        remains.estimate_seconds = max(remains.estimate_seconds, estimate)

    def graceful_estimate(self, namespace: Any, model: Any, found: list[Any]) -> int:
        """Return how long the Pods may take to end, 0 if that time is over or nothing takes time."""
        if model is not Pod:
            return 0
        seconds = [pod.spec.terminationGracePeriodSeconds or 0 for pod in found if not pods.is_terminal(pod)]
        estimate = max(seconds, default=0)
        over = namespace.metadata.deletionTimestamp + timedelta(seconds=estimate) <= self.clock.datetime()
        return 0 if over else estimate

    def report(self, namespace: Any, remains: Remains) -> Generator[Event, Any, None]:
        """Write the conditions if they have changed; that this may fail is no reason to stop."""
        changed = updated_conditions(namespace.status.conditions or [], remains, self.clock.datetime())
        if changed is None:
            return
        namespace.status.conditions = changed
        try:
            stored = yield from self.client.update_status(namespace)
        except ApiError:
            return
        namespace.metadata = stored.metadata

    def finalize(self, name: str) -> Generator[Event, Any, None]:
        """Take our finalizer off; with the last one the namespace goes."""
        while True:
            try:
                namespace: Any = yield from self.client.get(Namespace, name)
                left = [one for one in namespace.spec.finalizers or () if one != FINALIZER]
                spec = msgspec.structs.replace(namespace.spec, finalizers=left or None)
                yield from self.client.update(msgspec.structs.replace(namespace, spec=spec), "finalize")
                return
            except ApiError as error:
                if is_not_found(error):
                    return
                if not is_conflict(error):
                    raise


def updated_conditions(
    old: list[NamespaceCondition], remains: Remains, now: datetime
) -> list[NamespaceCondition] | None:
    """Return the conditions for *remains*, or None if *old* say the same."""
    now = now.replace(microsecond=0)
    bad: dict[str, tuple[str, str]] = {}
    if remains.resources:
        listed = sorted(f"{name} has {count} resource instances" for name, count in remains.resources.items())
        bad[CONTENT_REMAINING] = ("SomeResourcesRemain", f"Some resources are remaining: {', '.join(listed)}")
    if remains.finalizers:
        listed = sorted(f"{name} in {count} resource instances" for name, count in remains.finalizers.items())
        bad[FINALIZERS_REMAINING] = (
            "SomeFinalizersRemain",
            f"Some content in the namespace has finalizers remaining: {', '.join(listed)}",
        )
    if remains.errors:
        text = (
            f"Failed to delete all resource types, {len(remains.errors)} remaining: {', '.join(sorted(remains.errors))}"
        )
        bad[CONTENT_FAILURE] = ("ContentDeletionFailed", text)
    changed = list(old)
    for type, good in OK.items():
        reason, message = bad.get(type, good)
        status = "True" if type in bad else "False"
        before = conditions.find(old, type)
        if before is None or (before.status, before.reason, before.message) != (status, reason, message):
            new = NamespaceCondition(type=type, status=status, reason=reason, message=message, lastTransitionTime=now)
            changed = conditions.set_condition(changed, new)
    return None if changed == old else changed
