"""The controllers of kube-controller-manager: each watches, compares what is with what should be, and takes one step.

They are clients of the API server and deaf to each other: a Deployment's rollout works only through the ReplicaSets that its
controller writes and another one reads. Decisions are pure functions (``deployment/rolling.py``, ``pod_ranking.py``), acts are
generators. Start reading with ``replicaset.py``. `CONTROLLERS` is everything a cluster runs.
"""

from k8slab.cluster.client.controller import Controller
from k8slab.cluster.controllers.deployment.controller import DeploymentController
from k8slab.cluster.controllers.garbage_collector import GarbageCollector
from k8slab.cluster.controllers.namespace import NamespaceController
from k8slab.cluster.controllers.node_lifecycle import NodeLifecycleController
from k8slab.cluster.controllers.pod_gc import PodGarbageCollector
from k8slab.cluster.controllers.replicaset import ReplicaSetController
from k8slab.cluster.controllers.replication_controller import ReplicationControllerController
from k8slab.cluster.controllers.resource_quota import ResourceQuotaController
from k8slab.cluster.controllers.root_ca import RootCAPublisher
from k8slab.cluster.controllers.service_account import ServiceAccountsController
from k8slab.cluster.controllers.taint_eviction import TaintEvictionController
from k8slab.cluster.controllers.ttl import TTLController

CONTROLLERS: list[type[Controller]] = [
    ServiceAccountsController,
    RootCAPublisher,
    NamespaceController,
    ResourceQuotaController,
    GarbageCollector,
    PodGarbageCollector,
    NodeLifecycleController,
    TTLController,
    TaintEvictionController,
    ReplicationControllerController,
    ReplicaSetController,
    DeploymentController,
]
