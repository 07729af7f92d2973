"""One small file per kind: what differs from kind to kind at the API server. Start with ``strategy.py``.

Does not belong here: what is common to all kinds (``apiserver/registry.py``).
"""

from k8slab.cluster.apiserver.strategies.configmap import ConfigMapStrategy
from k8slab.cluster.apiserver.strategies.controllerrevision import ControllerRevisionStrategy
from k8slab.cluster.apiserver.strategies.cronjob import CronJobStrategy
from k8slab.cluster.apiserver.strategies.daemonset import DaemonSetStrategy
from k8slab.cluster.apiserver.strategies.deployment import DeploymentStrategy
from k8slab.cluster.apiserver.strategies.endpoints import EndpointsStrategy
from k8slab.cluster.apiserver.strategies.endpointslice import EndpointSliceStrategy
from k8slab.cluster.apiserver.strategies.event import EventStrategy
from k8slab.cluster.apiserver.strategies.job import JobStrategy
from k8slab.cluster.apiserver.strategies.lease import LeaseStrategy
from k8slab.cluster.apiserver.strategies.limitrange import LimitRangeStrategy
from k8slab.cluster.apiserver.strategies.namespace import NamespaceStrategy
from k8slab.cluster.apiserver.strategies.node import NodeStrategy
from k8slab.cluster.apiserver.strategies.persistentvolume import PersistentVolumeStrategy
from k8slab.cluster.apiserver.strategies.persistentvolumeclaim import PersistentVolumeClaimStrategy
from k8slab.cluster.apiserver.strategies.pod import PodStrategy
from k8slab.cluster.apiserver.strategies.poddisruptionbudget import PodDisruptionBudgetStrategy
from k8slab.cluster.apiserver.strategies.priorityclass import PriorityClassStrategy
from k8slab.cluster.apiserver.strategies.replicaset import ReplicaSetStrategy
from k8slab.cluster.apiserver.strategies.replicationcontroller import ReplicationControllerStrategy
from k8slab.cluster.apiserver.strategies.resourcequota import ResourceQuotaStrategy
from k8slab.cluster.apiserver.strategies.secret import SecretStrategy
from k8slab.cluster.apiserver.strategies.service import ServiceStrategy
from k8slab.cluster.apiserver.strategies.serviceaccount import ServiceAccountStrategy
from k8slab.cluster.apiserver.strategies.statefulset import StatefulSetStrategy
from k8slab.cluster.apiserver.strategies.storageclass import StorageClassStrategy

#: Every kind that the server serves, in the order of discovery: by group, then by name.
STRATEGIES = [
    ConfigMapStrategy,
    EndpointsStrategy,
    EventStrategy,
    LimitRangeStrategy,
    NamespaceStrategy,
    NodeStrategy,
    PersistentVolumeClaimStrategy,
    PersistentVolumeStrategy,
    PodStrategy,
    ReplicationControllerStrategy,
    ResourceQuotaStrategy,
    SecretStrategy,
    ServiceAccountStrategy,
    ServiceStrategy,
    ControllerRevisionStrategy,
    DaemonSetStrategy,
    DeploymentStrategy,
    ReplicaSetStrategy,
    StatefulSetStrategy,
    CronJobStrategy,
    JobStrategy,
    LeaseStrategy,
    EndpointSliceStrategy,
    PodDisruptionBudgetStrategy,
    PriorityClassStrategy,
    StorageClassStrategy,
]
