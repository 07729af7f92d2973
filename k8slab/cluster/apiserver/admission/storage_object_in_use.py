"""StorageObjectInUseProtection: a claim or a volume that is in use stays until nobody uses it.

Models plugin/pkg/admission/storage/storageobjectinuseprotection: it only sets the finalizer; a controller takes it away.
"""

from __future__ import annotations

from k8slab.cluster.apiserver.admission.plugin import Attributes, Plugin

FINALIZERS = {
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "persistentvolumes": "kubernetes.io/pv-protection",
}


class StorageObjectInUseProtection(Plugin):
    """Adds the protection finalizer to new claims and volumes."""

    name = "StorageObjectInUseProtection"
    resources = tuple(FINALIZERS)

    def admit(self, attributes: Attributes) -> None:
        finalizer = FINALIZERS[attributes.strategy.resource]
        metadata = attributes.obj["metadata"]
        finalizers = metadata.get("finalizers") or []
        if finalizer not in finalizers:
            metadata["finalizers"] = [*finalizers, finalizer]
