"""Which of a Deployment's ReplicaSets is the new one, and what a new one looks like. Pure.

Models deployment_util.go (FindNewReplicaSet, FindOldReplicaSets) and the making of a ReplicaSet in getNewReplicaSet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from lightkube.models.apps_v1 import ReplicaSetSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import ReplicaSet

from k8slab.apimachinery import hashing
from k8slab.apimachinery.owners import new_controller_ref
from k8slab.cluster.controllers.deployment import fenceposts, pod_template_hash, revisions, rolling
from k8slab.cluster.controllers.deployment.rolling import Size
from k8slab.cluster.controllers.deployment.scaling import by_creation


def find(deployment: Any, replica_sets: Sequence[Any]) -> tuple[Any | None, list[Any]]:
    """Return the ReplicaSet with the Deployment's template (the oldest, if several have it) and all others, oldest first."""
    ordered = sorted(replica_sets, key=by_creation)
    template = deployment.spec.template
    for index, one in enumerate(ordered):
        if pod_template_hash.equal_ignore_hash(one.spec.template, template):
            return one, ordered[:index] + ordered[index + 1 :]
    return None, ordered


def size_of(replica_set: Any) -> Size:
    """Return *replica_set* as a rollout sees it."""
    return Size(replica_set.metadata.name, replica_set.spec.replicas, replica_set.status.availableReplicas or 0)


def make(deployment: Any, olds: Sequence[Any], revision: int) -> ReplicaSet:
    """Return the new ReplicaSet of *deployment*, not stored yet, at the size of its first step."""
    spec, meta = deployment.spec, deployment.metadata
    template_hash = hashing.pod_template_hash(spec.template, deployment.status.collisionCount)
    labels = {**(spec.template.metadata.labels or {}), pod_template_hash.LABEL: template_hash}
    name = pod_template_hash.replica_set_name(meta.name, template_hash)
    replicas, posts = spec.replicas, fenceposts.of(deployment)
    if spec.strategy.type == fenceposts.ROLLING_UPDATE:
        replicas = rolling.new_replicas(spec.replicas, posts.max_surge, Size(name, 0, 0), list(map(size_of, olds)))
    annotations = revisions.for_new_replica_set(deployment, None, revision)
    return ReplicaSet(
        metadata=ObjectMeta(
            name=name,
            namespace=meta.namespace,
            labels=labels,
            annotations=revisions.with_replicas(annotations, spec.replicas, spec.replicas + posts.max_surge),
            ownerReferences=[new_controller_ref(deployment)],
        ),
        spec=ReplicaSetSpec(
            replicas=replicas,
            minReadySeconds=spec.minReadySeconds,
            selector=LabelSelector(
                matchLabels={**(spec.selector.matchLabels or {}), pod_template_hash.LABEL: template_hash},
                matchExpressions=spec.selector.matchExpressions,
            ),
            template=msgspec.structs.replace(
                spec.template, metadata=msgspec.structs.replace(spec.template.metadata, labels=labels)
            ),
        ),
    )


def to_clean_up(deployment: Any, olds: Sequence[Any]) -> list[Any]:
    """Return the old ReplicaSets that revisionHistoryLimit leaves no room for: empty ones, oldest revision first."""
    limit = deployment.spec.revisionHistoryLimit
    if limit is None or limit == 2**31 - 1:
        return []
    alive = [one for one in olds if one.metadata.deletionTimestamp is None]
    alive.sort(key=lambda one: (revisions.revision(one), by_creation(one)))
    return [
        one
        for one in alive[: max(0, len(alive) - limit)]
        if one.status.replicas == 0
        and one.spec.replicas == 0
        and one.metadata.generation <= (one.status.observedGeneration or 0)
    ]
