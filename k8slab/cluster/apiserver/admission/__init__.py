"""Admission plugins: what stands between a well-formed request and the store, one file each. Start with ``plugin.py``.

``PLUGINS`` is upstream's order of those that are on by default.
"""

from k8slab.cluster.apiserver.admission.default_toleration_seconds import DefaultTolerationSeconds
from k8slab.cluster.apiserver.admission.limit_ranger import LimitRanger
from k8slab.cluster.apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from k8slab.cluster.apiserver.admission.priority import Priority
from k8slab.cluster.apiserver.admission.resource_quota import ResourceQuotaAdmission
from k8slab.cluster.apiserver.admission.service_account import ServiceAccountAdmission
from k8slab.cluster.apiserver.admission.storage_object_in_use import StorageObjectInUseProtection
from k8slab.cluster.apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition

PLUGINS = [
    NamespaceLifecycle,
    LimitRanger,
    ServiceAccountAdmission,
    TaintNodesByCondition,
    Priority,
    DefaultTolerationSeconds,
    StorageObjectInUseProtection,
    ResourceQuotaAdmission,
]
