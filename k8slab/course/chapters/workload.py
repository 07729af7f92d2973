"""A Deployment with everything below it, as the judges of exercises see it: now, and since its last update began."""

from __future__ import annotations

from typing import Any

import msgspec
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Pod

from k8slab.apimachinery import owners, pods
from k8slab.lab import Lab
from k8slab.views.rollout_recorder import RolloutRecorder

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"


class Workload:
    """Deployment *name* in namespace default, its ReplicaSets and Pods as they are now."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.deployment = deployment_at(lab, name, None)
        sets = lab.objects(ReplicaSet, namespace="default")
        self.replica_sets = [one for one in sets if self.deployment and owners.is_controlled_by(one, self.deployment)]
        self.all_pods = lab.objects(Pod, namespace="default")

    @property
    def replicas(self) -> int:
        """How many Pods the Deployment asks for."""
        return self.deployment.spec.replicas if self.deployment else 0

    @property
    def revision(self) -> int:
        """The Deployment's revision number; 0 before its controller has seen it."""
        return int(((self.deployment and self.deployment.metadata.annotations) or {}).get(REVISION, "0"))

    @property
    def image(self) -> str:
        """The image of the first container in the template."""
        return self.deployment.spec.template.spec.containers[0].image if self.deployment else ""

    @property
    def newest(self) -> Any | None:
        """The ReplicaSet of the current template, or None while there is none yet."""
        if self.deployment is None:
            return None
        wanted = bare_template(self.deployment)
        return next((one for one in self.replica_sets if bare_template(one) == wanted), None)

    def pods_of(self, replica_set: Any) -> list[Any]:
        """Return the Pods that *replica_set* owns and that have not been told to go."""
        return [pod for pod in self.all_pods if owners.is_controlled_by(pod, replica_set) and pods.is_active(pod)]

    @property
    def pods(self) -> list[Any]:
        """The Pods of all ReplicaSets that have not been told to go."""
        return [pod for one in self.replica_sets for pod in self.pods_of(one)]

    @property
    def updated(self) -> int:
        """How many ready Pods the newest ReplicaSet owns."""
        return count_ready(self.pods_of(self.newest)) if self.newest else 0

    @property
    def is_rolled(self) -> bool:
        """Whether every Pod that is asked for runs the current template and is ready, and no other is left."""
        return self.updated == self.replicas and len(self.pods) == self.replicas

    # -- the last update ---------------------------------------------------------------------------------------------

    def update_began(self) -> int | None:
        """Return the etcd revision that gave the Deployment its current template, or None if it was made with it."""
        if self.deployment is None:
            return None
        wanted, uid = bare_template(self.deployment), self.deployment.metadata.uid
        for revision in range(self.lab.revision, self.lab.oldest_revision, -1):
            then = deployment_at(self.lab, self.name, revision)
            if then is None or then.metadata.uid != uid:
                return None
            if bare_template(then) != wanted:
                return revision + 1
        return None

    def record_since(self, revision: int) -> RolloutRecorder:
        """Return what happened from *revision* on, moment by moment."""
        recorder = RolloutRecorder(self.lab, self.name, since=revision)
        recorder.read()
        return recorder


def deployment_at(lab: Lab, name: str, revision: int | None) -> Any | None:
    """Return Deployment *name* as of *revision* (now by default), or None."""
    found = lab.objects(Deployment, revision=revision, namespace="default")
    return next((one for one in found if one.metadata.name == name), None)


def bare_template(owner: Any) -> bytes:
    """Return the Pod template of a Deployment or ReplicaSet without its hash label: equal for equal versions."""
    template = msgspec.json.decode(msgspec.json.encode(owner.spec.template))
    template.get("metadata", {}).get("labels", {}).pop(HASH, None)
    return msgspec.json.encode(template, order="deterministic")


def count_ready(all_pods: list[Any]) -> int:
    """Return how many of *all_pods* are ready."""
    return sum(pods.is_ready(pod) for pod in all_pods)
