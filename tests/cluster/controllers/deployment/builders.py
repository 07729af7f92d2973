"""Deployments and ReplicaSets as a controller reads them, without a server."""

import datetime as dt

from lightkube.models.apps_v1 import (
    DeploymentStatus,
    DeploymentStrategy,
    ReplicaSetStatus,
    RollingUpdateDeployment,
)

from tests.cluster.controllers.world import deployment, replica_set

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def rollout_of(replicas, *, surge=0, unavailable=0, strategy="RollingUpdate", name="web", status=None, **spec):
    rolling = RollingUpdateDeployment(maxSurge=surge, maxUnavailable=unavailable)
    found = deployment(
        name,
        replicas,
        strategy=DeploymentStrategy(type=strategy, rollingUpdate=rolling if strategy == "RollingUpdate" else None),
        **spec,
    )
    found.metadata.generation, found.metadata.uid = 1, f"uid-{name}"
    found.status = status or DeploymentStatus()
    return found


def rs(name, replicas, *, available=None, age=0, annotations=None, status=None, image="app:v1", **counts):
    """*age* orders by creation: the greater, the older."""
    found = replica_set(name, replicas)
    found.metadata.creationTimestamp = EPOCH - dt.timedelta(seconds=age)
    found.metadata.annotations, found.metadata.uid, found.metadata.generation = annotations, f"uid-{name}", 1
    found.spec.template.spec.containers[0].image = image
    found.status = status or ReplicaSetStatus(
        replicas=counts.pop("actual", replicas),
        availableReplicas=replicas if available is None else available,
        observedGeneration=1,
        **counts,
    )
    return found
