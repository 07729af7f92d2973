"""ReplicationController controller: the ReplicaSet controller over the kind that came before it.

Models pkg/controller/replication, an adapter around the ReplicaSet controller. The selector is a plain map here.
"""

from __future__ import annotations

from typing import Any

from lightkube.models.core_v1 import ReplicationControllerCondition
from lightkube.resources.core_v1 import Pod, ReplicationController

from k8slab.apimachinery import labels
from k8slab.cluster.controllers.replicaset import ReplicaSetController


class ReplicationControllerController(ReplicaSetController):
    name = "replication-controller"
    watches = (ReplicationController, Pod)
    condition_type = ReplicationControllerCondition

    @staticmethod
    def selector_of(replica_set: Any) -> labels.Selector:
        return labels.from_map(replica_set.spec.selector)
