"""A Pod with a claim waits until the claim has its volume. Models plugins/volumebinding, in part.

Left out: choosing volumes and nodes for claims of a WaitForFirstConsumer class, and the node affinity of bound volumes.
"""

from __future__ import annotations

from typing import Any

from lightkube.resources.core_v1 import PersistentVolumeClaim
from lightkube.resources.storage_v1 import StorageClass

from k8slab.cluster.scheduler.cluster_events import Change, ClusterEvent
from k8slab.cluster.scheduler.framework import SKIP, CycleState, Only, Plugin, Skip, Status, Unschedulable
from k8slab.cluster.scheduler.pod_info import PodInfo

UNBOUND = "pod has unbound immediate PersistentVolumeClaims"


class VolumeBinding(Plugin):
    """PreFilter: every claim must exist and, unless its class waits for a first consumer, be bound."""

    name = "VolumeBinding"

    def pre_filter(self, state: CycleState, pod: PodInfo) -> Status | Skip | Only:
        """Look at the Pod's claims."""
        for volume in pod.pod.spec.volumes or ():
            name = self._claim_name(pod, volume)
            if name is None:
                continue
            claims = state.lister(PersistentVolumeClaim)
            claim = claims.get(f"{pod.namespace}/{name}") if claims is not None else None
            if claim is None:
                return Unschedulable((f'persistentvolumeclaim "{name}" not found',), resolvable=False)
            if not claim.spec.volumeName and not self._waits(state, claim):
                return Unschedulable((UNBOUND,), resolvable=False)
        return SKIP

    def _claim_name(self, pod: PodInfo, volume: Any) -> str | None:
        if volume.persistentVolumeClaim is not None:
            return volume.persistentVolumeClaim.claimName
        if volume.ephemeral is not None:
            return f"{pod.pod.metadata.name}-{volume.name}"
        return None

    def _waits(self, state: CycleState, claim: Any) -> bool:
        classes = state.lister(StorageClass)
        found = classes.get(claim.spec.storageClassName or "") if classes is not None else None
        return found is not None and found.volumeBindingMode == "WaitForFirstConsumer"

    def may_help(self, event: ClusterEvent, pod: PodInfo) -> bool:
        """A claim, volume or class has changed, or a node."""
        return event.change in (Change.STORAGE, Change.NODE_ADD, Change.NODE_UPDATE, Change.TIMEOUT)
