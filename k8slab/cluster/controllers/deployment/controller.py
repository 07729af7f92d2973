"""Deployment controller: one ReplicaSet per Pod template, scaled against each other during a rollout.

Models pkg/controller/deployment: syncDeployment, getAllReplicaSetsAndSyncRevision, scaleReplicaSet. Decisions are in the pure
files beside this one; here they are carried out. The controller reads a cache that may be behind and has no expectations: what
keeps it safe is that every write names the resourceVersion it was based on, so a decision on stale news fails and is taken again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import msgspec
from lightkube.models.meta_v1 import LabelSelector
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery import conditions, errors, labels
from k8slab.apimachinery.errors import ApiError
from k8slab.apimachinery.owners import controller_of, is_controlled_by
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller, Retry
from k8slab.cluster.client.events import NORMAL, WARNING
from k8slab.cluster.client.informer import Handler, by_controller_uid, by_orphan_namespace
from k8slab.cluster.controllers.claim import RefManager
from k8slab.cluster.controllers.deployment import (
    fenceposts,
    pod_template_hash,
    progress,
    recreate,
    replica_sets,
    revisions,
    rollback,
    rolling,
    scaling,
)
from k8slab.cluster.controllers.deployment import status as statuses
from k8slab.cluster.controllers.deployment.rolling import Scale
from k8slab.cluster.controllers.pod_control import NAMESPACE_TERMINATING

MAX_RETRIES = 15


class DeploymentController(Controller):
    name = "deployment-controller"
    watches = (Deployment, ReplicaSet, Pod)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lister(ReplicaSet).add_index("controller", by_controller_uid)
        self.lister(ReplicaSet).add_index("orphans", by_orphan_namespace)
        self.lister(Pod).add_index("controller", by_controller_uid)

    # -- who needs a look --------------------------------------------------------------------------------------------

    def handlers(self) -> dict[type, Handler]:
        return {
            Deployment: self.enqueue_on_all(self.enqueue),
            ReplicaSet: Handler(self.replica_set_added, self.replica_set_updated, self.enqueue_owner),
            Pod: Handler(on_delete=self.pod_deleted),
        }

    def replica_set_added(self, replica_set: Any) -> None:
        if controller_of(replica_set) is None and replica_set.metadata.deletionTimestamp is None:
            self._enqueue_would_be_owners(replica_set)
        else:
            self.enqueue_owner(replica_set)

    def replica_set_updated(self, old: Any, new: Any) -> None:
        old_owner, new_owner = controller_of(old), controller_of(new)
        if old_owner is not None and old_owner != new_owner:
            self.enqueue_owner(old)
        if new_owner is not None:
            self.enqueue_owner(new)
        elif old_owner is not None or old.metadata.labels != new.metadata.labels:
            self._enqueue_would_be_owners(new)

    def pod_deleted(self, pod: Any) -> None:
        """A Recreate waits for the last old Pod, which no ReplicaSet counts any more."""
        reference = controller_of(pod)
        if reference is None or reference.kind != "ReplicaSet":
            return
        replica_set = self.lister(ReplicaSet).get(f"{pod.metadata.namespace}/{reference.name}")
        if replica_set is None or replica_set.metadata.uid != reference.uid:
            return
        owner = controller_of(replica_set)
        if owner is None:
            return
        deployment = self.lister(Deployment).get(f"{pod.metadata.namespace}/{owner.name}")
        if deployment is None or deployment.spec.strategy.type != fenceposts.RECREATE:
            return
        siblings: list[Any] = self.lister(ReplicaSet).by_index("controller", owner.uid)
        if not any(self.lister(Pod).count("controller", one.metadata.uid) for one in siblings):
            self.enqueue(deployment)

    def _enqueue_would_be_owners(self, orphan: Any) -> None:
        for deployment in self.lister(Deployment).list(orphan.metadata.namespace):
            if labels.from_label_selector(deployment.spec.selector).matches(orphan.metadata.labels):
                self.enqueue(deployment)

    def on_sync_error(self, key: str, error: ApiError | Retry) -> None:
        if isinstance(error, ApiError) and errors.has_cause(error, NAMESPACE_TERMINATING):
            self.queue.forget(key)
        elif self.queue.failures(key) < MAX_RETRIES:
            self.queue.add_rate_limited(key)
        else:
            self.queue.forget(key)

    # -- the look ----------------------------------------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Bring the Deployment *key* one step closer to its spec: answer the first question that has something to do."""
        cached = self.lister(Deployment).get(key)
        if cached is None:
            return  # deleted; the garbage collector takes the ReplicaSets
        deployment = own_copy(cached)
        if deployment.spec.selector == LabelSelector():
            yield from self.refuse(deployment)
            return
        owned = yield from self.claim(deployment)
        if deployment.metadata.deletionTimestamp is not None:
            yield from self.sync_status_only(deployment, owned)
            return
        yield from self.check_paused_conditions(deployment)
        revision = rollback.revision_asked_for(deployment)
        if deployment.spec.paused:
            yield from self.scale(deployment, owned)
        elif revision is not None:
            yield from self.roll_back(deployment, owned, revision)
        elif (yield from self.is_scaling_event(deployment, owned)):
            yield from self.scale(deployment, owned)
        elif deployment.spec.strategy.type == fenceposts.RECREATE:
            yield from self.rollout_recreate(deployment, owned)
        else:
            yield from self.rollout_rolling(deployment, owned)

    def claim(self, deployment: Any) -> Generator[Event, Any, list[Any]]:
        """Return the ReplicaSets of *deployment*; adopts and releases."""
        lister = self.lister(ReplicaSet)
        owned = lister.by_index("controller", deployment.metadata.uid)
        orphans = lister.by_index("orphans", deployment.metadata.namespace)
        manager = RefManager(self.client, deployment, labels.from_label_selector(deployment.spec.selector))
        return (yield from manager.claim(owned + orphans))

    def refuse(self, deployment: Any) -> Generator[Event, Any, None]:
        """An empty selector would take every Pod of the namespace."""
        text = "This deployment is selecting all pods. A non-empty selector is required."
        self.recorder.event(deployment, WARNING, "SelectingAll", text)
        if (deployment.status.observedGeneration or 0) < deployment.metadata.generation:
            deployment.status.observedGeneration = deployment.metadata.generation
            yield from self.client.update_status(deployment)

    # -- strategies --------------------------------------------------------------------------------------------------

    def rollout_rolling(self, deployment: Any, owned: Sequence[Any]) -> Generator[Event, Any, None]:
        """Take the next step of a rolling update."""
        new, olds = yield from self.new_and_old(deployment, owned, create=True)
        posts = fenceposts.of(deployment)
        sizes = [replica_sets.size_of(old) for old in olds]
        steps = rolling.plan(deployment.spec.replicas, *posts, replica_sets.size_of(new), sizes)
        written = {one.metadata.name: one for one in [*olds, new]}
        for step in steps:
            try:
                written[step.name] = yield from self.scale_replica_set(deployment, written[step.name], step)
            except ApiError:
                if step.name == new.metadata.name:
                    raise
                break  # as upstream: a failed step down ends the round; the next change brings another
        olds = [written[old.metadata.name] for old in olds]
        if not steps and statuses.is_complete(deployment, deployment.status):
            yield from self.clean_up(deployment, olds)
        yield from self.sync_rollout_status(deployment, written[new.metadata.name], olds)

    def rollout_recreate(self, deployment: Any, owned: Sequence[Any]) -> Generator[Event, Any, None]:
        """Empty the old ReplicaSets, wait, then fill the new one."""
        new, olds = yield from self.new_and_old(deployment, owned, create=False)
        steps = recreate.scale_down(olds)
        if steps:
            olds = yield from self.scale_all(deployment, olds, steps)
            yield from self.sync_rollout_status(deployment, new, olds)
            return
        if recreate.old_pods_running(olds, self.pods_of(olds)):
            yield from self.sync_rollout_status(deployment, new, olds)
            return
        if new is None:
            new, olds = yield from self.new_and_old(deployment, owned, create=True)
        if new.spec.replicas != deployment.spec.replicas:
            step = Scale(new.metadata.name, deployment.spec.replicas)
            new = yield from self.scale_replica_set(deployment, new, step)
        if statuses.is_complete(deployment, deployment.status):
            yield from self.clean_up(deployment, olds)
        yield from self.sync_rollout_status(deployment, new, olds)

    def pods_of(self, owners: Iterable[Any]) -> list[Pod]:
        return [pod for one in owners for pod in self.lister(Pod).by_index("controller", one.metadata.uid)]

    def is_scaling_event(self, deployment: Any, owned: Sequence[Any]) -> Generator[Event, Any, bool]:
        """Whether spec.replicas has changed since the ReplicaSets were last scaled."""
        new, olds = yield from self.new_and_old(deployment, owned, create=False)
        active = [one for one in (*olds, new) if one is not None and one.spec.replicas > 0]
        return any(revisions.desired_replicas(one) not in (None, deployment.spec.replicas) for one in active)

    def scale(self, deployment: Any, owned: Sequence[Any]) -> Generator[Event, Any, None]:
        """Spread a changed number of replicas, or keep a paused Deployment at its number. No rollout goes on meanwhile."""
        new, olds = yield from self.new_and_old(deployment, owned, create=False)
        every = yield from self.scale_all(
            deployment, [*olds, *([new] if new is not None else [])], scaling.plan(deployment, new, olds)
        )
        olds, new = (every[:-1], every[-1]) if new is not None else (every, None)
        if deployment.spec.paused and rollback.revision_asked_for(deployment) is None:
            yield from self.clean_up(deployment, olds)
        yield from self.update_status(deployment, statuses.calculate(deployment, new, olds, self.clock.datetime()))

    def sync_status_only(self, deployment: Any, owned: Sequence[Any]) -> Generator[Event, Any, None]:
        """A Deployment that is being deleted only reports."""
        new, olds = yield from self.new_and_old(deployment, owned, create=False)
        yield from self.update_status(deployment, statuses.calculate(deployment, new, olds, self.clock.datetime()))

    def roll_back(self, deployment: Any, owned: Sequence[Any], revision: int) -> Generator[Event, Any, None]:
        """Put the template of an earlier revision back, once."""
        new, olds = yield from self.new_and_old(deployment, owned, create=True)
        found = rollback.plan(deployment, [*olds, new], revision)
        self.recorder.event(deployment, found.type, found.reason, found.message)
        yield from self.client.update(found.deployment)

    # -- the new ReplicaSet ------------------------------------------------------------------------------------------

    def new_and_old(
        self, deployment: Any, owned: Sequence[Any], *, create: bool
    ) -> Generator[Event, Any, tuple[Any, list[Any]]]:
        """Return the new ReplicaSet (None if there is none and none was to be made) and the old ones, oldest first.

        On the way the revision numbers are set right, on the ReplicaSet and on *deployment*.
        """
        new, olds = replica_sets.find(deployment, owned)
        revision = revisions.max_revision(olds) + 1
        if new is not None:
            new = yield from self.adjust_new(deployment, new, revision)
        elif create:
            new = yield from self.create_new(deployment, olds, revision)
        return new, olds

    def adjust_new(self, deployment: Any, new: Any, revision: int) -> Generator[Event, Any, Any]:
        annotations = revisions.for_new_replica_set(deployment, new.metadata.annotations, revision)
        seconds = deployment.spec.minReadySeconds
        if annotations != (new.metadata.annotations or {}) or (new.spec.minReadySeconds or 0) != (seconds or 0):
            changed = msgspec.structs.replace(
                new,
                metadata=msgspec.structs.replace(new.metadata, annotations=annotations),
                spec=msgspec.structs.replace(new.spec, minReadySeconds=seconds),
            )
            return (yield from self.client.update(changed))
        changed_deployment = set_revision(deployment, annotations.get(revisions.REVISION, ""))
        found = conditions.find(deployment.status.conditions, statuses.PROGRESSING)
        if statuses.has_progress_deadline(deployment) and found is None:
            text = f'Found new replica set "{new.metadata.name}"'
            self._set_progressing(deployment, "True", statuses.FOUND_NEW_REPLICA_SET, text)
            changed_deployment = True
        if changed_deployment:
            yield from self.client.update_status(deployment)
        return new

    def create_new(self, deployment: Any, olds: Sequence[Any], revision: int) -> Generator[Event, Any, Any]:
        """Create the new ReplicaSet; where its name is taken by another template, count a hash collision and start again."""
        new: Any = replica_sets.make(deployment, olds, revision)
        name = new.metadata.name
        existed = False
        try:
            created: Any = yield from self.client.create(new)
        except ApiError as error:
            if errors.has_cause(error, NAMESPACE_TERMINATING):
                raise
            if not errors.is_already_exists(error):
                yield from self._report_failed_create(deployment, name or "", error)
                raise
            existed = True
            found = self.lister(ReplicaSet).get(f"{new.metadata.namespace}/{name}")
            if found is None:
                raise Retry(f'replicaset.apps "{name}" not found in the cache yet') from error
            if not is_controlled_by(found, deployment) or not pod_template_hash.equal_ignore_hash(
                deployment.spec.template, found.spec.template
            ):
                deployment.status.collisionCount = (deployment.status.collisionCount or 0) + 1
                yield from self.client.update_status(deployment)
                raise
            created = found
        if not existed and new.spec.replicas > 0:
            text = f"Scaled up replica set {name} from 0 to {new.spec.replicas}"
            self.recorder.event(deployment, NORMAL, "ScalingReplicaSet", text)
        changed = set_revision(deployment, str(revision))
        if not existed and statuses.has_progress_deadline(deployment):
            text = f'Created new replica set "{name}"'
            self._set_progressing(deployment, "True", statuses.NEW_REPLICA_SET_CREATED, text)
            changed = True
        if changed:
            yield from self.client.update_status(deployment)
        return created

    def _report_failed_create(self, deployment: Any, name: str, error: ApiError) -> Generator[Event, Any, None]:
        text = f'Failed to create new replica set "{name}": {error.message}'
        if statuses.has_progress_deadline(deployment):
            self._set_progressing(deployment, "False", statuses.FAILED_CREATE, text)
            with contextlib.suppress(ApiError):  # there is a bigger problem to report
                yield from self.client.update_status(deployment)
        self.recorder.event(deployment, WARNING, statuses.FAILED_CREATE, text)

    # -- acts --------------------------------------------------------------------------------------------------------

    def scale_all(
        self, deployment: Any, all_sets: Sequence[Any], steps: Iterable[Scale]
    ) -> Generator[Event, Any, list[Any]]:
        """Carry out *steps*; return *all_sets* as they are now."""
        written = {one.metadata.name: one for one in all_sets}
        for step in steps:
            written[step.name] = yield from self.scale_replica_set(deployment, written[step.name], step)
        return list(written.values())

    def scale_replica_set(self, deployment: Any, replica_set: Any, step: Scale) -> Generator[Event, Any, Any]:
        """Write the new size, with what it was scaled for, and tell of it; return the ReplicaSet as stored."""
        before, desired = replica_set.spec.replicas, deployment.spec.replicas
        annotations = revisions.with_replicas(
            replica_set.metadata.annotations, desired, desired + fenceposts.of(deployment).max_surge
        )
        if before == step.replicas and annotations == replica_set.metadata.annotations:
            return replica_set
        changed = msgspec.structs.replace(
            replica_set,
            metadata=msgspec.structs.replace(replica_set.metadata, annotations=annotations),
            spec=msgspec.structs.replace(replica_set.spec, replicas=step.replicas),
        )
        stored = yield from self.client.update(changed)
        if before != step.replicas:
            way = "up" if before < step.replicas else "down"
            text = f"Scaled {way} replica set {step.name} from {before} to {step.replicas}"
            self.recorder.event(deployment, NORMAL, "ScalingReplicaSet", text)
        return stored

    def clean_up(self, deployment: Any, olds: Sequence[Any]) -> Generator[Event, Any, None]:
        """Delete the old ReplicaSets that the history has no room for."""
        for old in replica_sets.to_clean_up(deployment, olds):
            try:
                yield from self.client.delete(ReplicaSet, old.metadata.name, old.metadata.namespace)
            except ApiError as error:
                if not errors.is_not_found(error):
                    raise

    def check_paused_conditions(self, deployment: Any) -> Generator[Event, Any, None]:
        """Say that the Deployment was paused or resumed, so that the pause is not taken for lack of progress."""
        if not statuses.has_progress_deadline(deployment):
            return
        found = conditions.find(deployment.status.conditions, statuses.PROGRESSING)
        if found is not None and found.reason == statuses.TIMED_OUT:
            return
        is_reported = found is not None and found.reason == statuses.PAUSED
        if bool(deployment.spec.paused) == is_reported:
            return
        if deployment.spec.paused:
            self._set_progressing(deployment, "Unknown", statuses.PAUSED, "Deployment is paused")
        else:
            self._set_progressing(deployment, "Unknown", statuses.RESUMED, "Deployment is resumed")
        yield from self.client.update_status(deployment)

    def _set_progressing(self, deployment: Any, status: str, reason: str, text: str) -> None:
        new = statuses.condition(statuses.PROGRESSING, status, reason, text, self.clock.datetime())
        statuses.set_condition(deployment.status, new)

    def sync_rollout_status(self, deployment: Any, new: Any | None, olds: Sequence[Any]) -> Generator[Event, Any, None]:
        """Report; where nothing has changed, come back when the deadline has passed."""
        now = self.clock.datetime()
        status = progress.rollout_status(deployment, new, olds, now)
        if status != deployment.status:
            yield from self.update_status(deployment, status)
            return
        seconds = progress.next_check_seconds(deployment, status, now)
        key = f"{deployment.metadata.namespace}/{deployment.metadata.name}"
        if seconds is None:
            return
        if seconds < 1:
            self.queue.add_rate_limited(key)
        else:
            self.queue.add_after(key, seconds + 1)

    def update_status(self, deployment: Any, status: Any) -> Generator[Event, Any, None]:
        if status != deployment.status:
            deployment.status = status
            yield from self.client.update_status(deployment)


def own_copy(deployment: Any) -> Any:
    """Return a copy whose status and annotations may be changed."""
    status = msgspec.structs.replace(deployment.status)
    annotations = dict(deployment.metadata.annotations or {})
    meta = msgspec.structs.replace(deployment.metadata, annotations=annotations)
    return msgspec.structs.replace(deployment, metadata=meta, status=status)


def set_revision(deployment: Any, revision: str) -> bool:
    """Set the revision of *deployment*, a copy of our own; return whether it was another."""
    annotations = deployment.metadata.annotations
    if annotations.get(revisions.REVISION) == revision:
        return False
    annotations[revisions.REVISION] = revision
    return True
