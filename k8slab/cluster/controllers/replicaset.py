"""ReplicaSet controller: as many Pods as asked for, no more, no less, whatever happens to them.

Models pkg/controller/replicaset (syncReplicaSet, manageReplicas). The ReplicationController is the same code over its older
kind, as upstream. Left out: the metrics.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar

import msgspec
from lightkube.models.apps_v1 import ReplicaSetCondition
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery import labels, pods
from k8slab.apimachinery.errors import ApiError, is_not_found
from k8slab.apimachinery.owners import controller_of
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.informer import Handler, by_controller_uid, by_orphan_namespace, key_of
from k8slab.cluster.controllers.claim import RefManager
from k8slab.cluster.controllers.expectations import Expectations
from k8slab.cluster.controllers.owned_pods import NOT_READY, READY, TERMINATING, OwnedPods
from k8slab.cluster.controllers.pod_control import PodControl
from k8slab.cluster.controllers.pod_ranking import pods_to_delete
from k8slab.cluster.controllers.replicaset_status import Claimed, calculate_status, next_availability_check

BURST_REPLICAS = 500
STATUS_UPDATE_RETRIES = 1


class ReplicaSetController(Controller):
    name = "replicaset-controller"
    watches: ClassVar[tuple[Any, ...]] = (ReplicaSet, Pod)
    condition_type: ClassVar[type] = ReplicaSetCondition

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model: Any = self.watches[0]
        self.kind: str = self.model._api_info.resource.kind
        self.pod_control = PodControl(self.client, self.recorder)
        self.expectations = Expectations(self.clock)
        self.owned = OwnedPods(context.informers.informer(Pod), self.kind)
        self.lister(Pod).add_index("orphans", by_orphan_namespace)
        self.lister(self.model).add_index("controller", by_controller_uid)

    @staticmethod
    def selector_of(replica_set: Any) -> labels.Selector:
        """Return the selector, as the kind writes it."""
        return labels.from_label_selector(replica_set.spec.selector)

    # -- who needs a look --------------------------------------------------------------------------------------------

    def handlers(self) -> dict[type, Handler]:
        return {
            self.model: Handler(self.enqueue, lambda old, new: self.enqueue(new), self.replica_set_deleted),
            Pod: Handler(self.pod_added, self.pod_updated, self.pod_deleted),
        }

    def replica_set_deleted(self, replica_set: Any) -> None:
        """A later namesake must not wait for what this one expected."""
        self.expectations.forget(key_of(replica_set))
        self.enqueue(replica_set)

    def pod_added(self, pod: Pod) -> None:
        if pod.metadata.deletionTimestamp is not None:
            self.pod_deleted(pod)
            return
        if controller_of(pod) is None:
            self._enqueue_would_be_owners(pod)
            return
        key = self.owner_key(pod)
        if key is not None:
            self.expectations.creation_observed(key)
            self.queue.add(key)

    def pod_updated(self, old: Pod, new: Pod) -> None:
        before, after = old.metadata, new.metadata
        relabelled = before.labels != after.labels
        if after.deletionTimestamp is not None:
            # The end begins here: a replacement is wanted now, not when the kubelet is done.
            self.pod_deleted(new)
            if relabelled:
                self.pod_deleted(old)
            return
        changed_hands = before.ownerReferences != after.ownerReferences
        if changed_hands and controller_of(old) != controller_of(new):
            self._enqueue_key(self.owner_key(old))
        if controller_of(new) is None:
            if relabelled or changed_hands:
                self._enqueue_would_be_owners(new)
            return
        key = self.owner_key(new)
        if key is None:
            return
        self.queue.add(key)
        seconds = self.lister(self.model).get(key).spec.minReadySeconds
        if seconds and pods.is_ready(new) and not pods.is_ready(old):
            self.queue.add_after(key, seconds)

    def pod_deleted(self, pod: Pod) -> None:
        key = self.owner_key(pod)
        if key is not None:
            self.expectations.deletion_observed(key, key_of(pod))
            self.queue.add(key)

    def owner_key(self, pod: Pod) -> str | None:
        """Return the key of the ReplicaSet that controls *pod*, if the cache has that very one."""
        reference = controller_of(pod)
        if reference is None or reference.kind != self.kind:
            return None
        key = f"{pod.metadata.namespace}/{reference.name}"
        owner = self.lister(self.model).get(key)
        return key if owner is not None and owner.metadata.uid == reference.uid else None

    def _enqueue_key(self, key: str | None) -> None:
        if key is not None:
            self.queue.add(key)

    def _enqueue_would_be_owners(self, orphan: Pod) -> None:
        for replica_set in self.lister(self.model).list(orphan.metadata.namespace):
            if self.selector_of(replica_set).matches(orphan.metadata.labels):
                self.enqueue(replica_set)

    # -- the look ----------------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Create or delete Pods until there are spec.replicas of them, and report what there is."""
        replica_set = self.lister(self.model).get(key)
        if replica_set is None:
            self.expectations.forget(key)
            return
        can_trust_cache = self.expectations.satisfied(key)
        claimed = yield from self.claim(replica_set)
        error: ApiError | None = None
        if can_trust_cache and replica_set.metadata.deletionTimestamp is None:
            error = yield from self.manage_replicas(key, replica_set, claimed)
        now = self.clock.datetime()
        message = None if error is None else error.message
        status = calculate_status(
            replica_set, claimed, message, now.replace(microsecond=0) if error else now, self.condition_type
        )
        if status != replica_set.status:
            replica_set = yield from self.update_status(replica_set, status)
        if error is not None:
            raise error
        seconds = replica_set.spec.minReadySeconds or 0
        if seconds and status.readyReplicas != status.availableReplicas:
            self.queue.add_after(key, next_availability_check(claimed.ready, seconds, now) or seconds)

    def claim(self, replica_set: Any) -> Generator[Event, Any, Claimed]:
        """Return the Pods of *replica_set*. Takes simulated time only to adopt and release."""
        selector = self.selector_of(replica_set)
        template = labels.from_map(replica_set.spec.template.metadata.labels)
        claimed = Claimed([], [])
        strays: list[Pod] = []
        for group, members in self.owned.groups(replica_set.metadata.uid).items():
            labelled = dict(group.labels)
            if not selector.matches(labelled):
                strays += members.values() if group.is_active else ()
                continue
            if group.state is TERMINATING:
                claimed.terminating += len(members)
            elif group.state is READY:
                claimed.ready += members.values()
            elif group.state is NOT_READY:
                claimed.not_ready += members.values()
            if group.is_active and template.matches(labelled):
                claimed.fully_labeled += len(members)
        orphans = self.lister(Pod).by_index("orphans", replica_set.metadata.namespace)
        if strays or orphans:
            manager = RefManager(self.client, replica_set, selector)
            for pod in (yield from manager.claim(strays + [pod for pod in orphans if pods.is_active(pod)])):
                (claimed.ready if pods.is_ready(pod) else claimed.not_ready).append(pod)
                claimed.fully_labeled += template.matches(pod.metadata.labels)
        return claimed

    def manage_replicas(self, key: str, replica_set: Any, claimed: Claimed) -> Generator[Event, Any, ApiError | None]:
        """Create what is missing or delete what is too much; return the first error. Takes simulated time."""
        too_many = len(claimed) - replica_set.spec.replicas
        if too_many < 0:
            missing = min(-too_many, BURST_REPLICAS)
            self.expectations.expect_creations(key, missing)
            created, error = yield from self.pod_control.create_many(replica_set.spec.template, replica_set, missing)
            # What was never tried will never be seen either.
            self.expectations.creation_observed(key, missing - created)
            return error
        if too_many > 0:
            going = pods_to_delete(
                claimed.active, self.related_pods(replica_set), min(too_many, BURST_REPLICAS), self.clock.datetime()
            )
            self.expectations.expect_deletions(key, [key_of(pod) for pod in going])
            first_error = None
            for pod, error in (yield from self.pod_control.delete_many(going, replica_set)):
                self.expectations.deletion_observed(key, key_of(pod))
                if not is_not_found(error):
                    first_error = first_error or error
            return first_error
        return None

    def related_pods(self, replica_set: Any) -> list[Pod]:
        """Return the active Pods of all ReplicaSets that share the owner of *replica_set*; none if it has no owner."""
        owner = controller_of(replica_set)
        siblings = [] if owner is None else self.lister(self.model).by_index("controller", owner.uid)
        return [pod for sibling in siblings for pod in self.owned.active(sibling.metadata.uid)]

    def update_status(self, replica_set: Any, status: Any) -> Generator[Event, Any, Any]:
        """Write *status* and return the object as stored; on a conflict once more, over the newest version."""
        for attempt in range(STATUS_UPDATE_RETRIES + 1):
            try:
                changed = msgspec.structs.replace(replica_set, status=status)
                return (yield from self.client.update_status(changed))
            except ApiError:
                if attempt == STATUS_UPDATE_RETRIES:
                    raise
            meta = replica_set.metadata
            replica_set = yield from self.client.get(self.model, meta.name, meta.namespace)
