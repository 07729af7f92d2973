"""PersistentVolumeClaim: a wish for storage. Models pkg/registry/core/persistentvolumeclaim and its printer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import PersistentVolumeClaim

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import canonical_resources, default_claim_spec
from k8slab.cluster.apiserver.printing.storage import UNSET, access_modes
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.storage import validate_claim_spec, validate_claim_update


class PersistentVolumeClaimStrategy(Strategy):
    """PersistentVolumeClaims: once made, only a bound one may ask for more."""

    model = PersistentVolumeClaim
    singular = "persistentvolumeclaim"
    short_names = ("pvc",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Status", description="phase represents the current phase of PersistentVolumeClaim."),
        Column("Volume", description="volumeName is the binding reference to the PersistentVolume backing this claim."),
        Column("Capacity", description="capacity represents the actual resources of the underlying volume."),
        Column("Access Modes", description="accessModes contains the actual access modes the volume backing the PVC has."),
        Column("StorageClass", description="storageClassName is the name of the StorageClass required by the claim."),
        Column("VolumeAttributesClass", description="volumeAttributesClassName may be used to set the VolumeAttributesClass used by this claim."),
        AGE_COLUMN,
        Column("VolumeMode", priority=1, description="volumeMode defines what type of volume is required by the claim."),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        default_claim_spec(obj.setdefault("spec", {}))
        status = obj.setdefault("status", {})
        status.setdefault("phase", "Pending")
        if "capacity" in status:
            canonical_resources(status["capacity"])

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"phase": "Pending"}

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_claim_spec(obj["spec"], "spec")

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_claim_spec(new["spec"], "spec")
        yield from validate_claim_update(new, old)

    def fields(self, obj: Obj) -> dict[str, str]:
        return {**self.metadata_fields(obj), "name": obj["metadata"].get("name", "")}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec, status = obj["spec"], obj.get("status") or {}
        bound = bool(spec.get("volumeName"))
        phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
        return [
            obj["metadata"]["name"],
            phase,
            spec.get("volumeName", ""),
            (status.get("capacity") or {}).get("storage", "0") if bound else "",
            access_modes(status.get("accessModes")) if bound else "",
            spec.get("storageClassName") or "",
            spec.get("volumeAttributesClassName", UNSET),
            age(obj, now),
            spec.get("volumeMode", UNSET),
        ]
