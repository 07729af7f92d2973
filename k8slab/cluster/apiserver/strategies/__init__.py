"""One small file per kind: what differs from kind to kind at the API server. Start with ``strategy.py``.

Does not belong here: what is common to all kinds (``apiserver/registry.py``).
"""

from k8slab.cluster.apiserver.strategies.configmap import ConfigMapStrategy
from k8slab.cluster.apiserver.strategies.controllerrevision import ControllerRevisionStrategy
from k8slab.cluster.apiserver.strategies.deployment import DeploymentStrategy
from k8slab.cluster.apiserver.strategies.event import EventStrategy
from k8slab.cluster.apiserver.strategies.lease import LeaseStrategy
from k8slab.cluster.apiserver.strategies.namespace import NamespaceStrategy
from k8slab.cluster.apiserver.strategies.node import NodeStrategy
from k8slab.cluster.apiserver.strategies.pod import PodStrategy
from k8slab.cluster.apiserver.strategies.replicaset import ReplicaSetStrategy
from k8slab.cluster.apiserver.strategies.resourcequota import ResourceQuotaStrategy
from k8slab.cluster.apiserver.strategies.secret import SecretStrategy
from k8slab.cluster.apiserver.strategies.serviceaccount import ServiceAccountStrategy

#: Every kind that the server serves, in the order of discovery: by group, then by name.
STRATEGIES = [
    ConfigMapStrategy,
    EventStrategy,
    NamespaceStrategy,
    NodeStrategy,
    PodStrategy,
    ResourceQuotaStrategy,
    SecretStrategy,
    ServiceAccountStrategy,
    ControllerRevisionStrategy,
    DeploymentStrategy,
    ReplicaSetStrategy,
    LeaseStrategy,
]
