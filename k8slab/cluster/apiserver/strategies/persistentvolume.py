"""PersistentVolume: a piece of storage. Models pkg/registry/core/persistentvolume and its printer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import PersistentVolume

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import canonical_resources
from k8slab.cluster.apiserver.printing.storage import UNSET, access_modes
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable
from k8slab.cluster.apiserver.validation.storage import validate_volume_spec


class PersistentVolumeStrategy(Strategy):
    """PersistentVolumes: made by people or by a provisioner, bound to one claim."""

    model = PersistentVolume
    singular = "persistentvolume"
    short_names = ("pv",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Capacity", description="capacity is the description of the persistent volume's resources and capacity."),
        Column("Access Modes", description="accessModes contains all ways the volume can be mounted."),
        Column("Reclaim Policy", description="persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim."),
        Column("Status", description="phase indicates if a volume is available, bound to a claim, or released by a claim."),
        Column("Claim", description="claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim."),
        Column("StorageClass", description="storageClassName is the name of StorageClass to which this persistent volume belongs."),
        Column("VolumeAttributesClass", description="Name of VolumeAttributesClass to which this persistent volume belongs."),
        Column("Reason", description="reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI."),
        AGE_COLUMN,
        Column("VolumeMode", priority=1, description="volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state."),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
        spec.setdefault("volumeMode", "Filesystem")
        if "hostPath" in spec:
            spec["hostPath"].setdefault("type", "")
        if "capacity" in spec:
            canonical_resources(spec["capacity"])
        obj.setdefault("status", {}).setdefault("phase", "Pending")

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"phase": "Pending", "lastPhaseTransitionTime": context.now}

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")

    def prepare_for_status_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "spec")
        status, before = new.setdefault("status", {}), old.get("status") or {}
        if status.get("phase") != before.get("phase"):
            status["lastPhaseTransitionTime"] = context.now
        elif "lastPhaseTransitionTime" in before:
            status.setdefault("lastPhaseTransitionTime", before["lastPhaseTransitionTime"])

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_volume_spec(obj["spec"], obj["metadata"].get("name", ""), "spec")

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from self.validate(new)
        for field in ("volumeMode",):
            yield from validate_immutable(new["spec"].get(field), old["spec"].get(field), f"spec.{field}")

    def fields(self, obj: Obj) -> dict[str, str]:
        return {**self.metadata_fields(obj), "name": obj["metadata"].get("name", "")}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec, status, claim = obj["spec"], obj.get("status") or {}, obj["spec"].get("claimRef")
        return [
            obj["metadata"]["name"],
            (spec.get("capacity") or {}).get("storage", "0"),
            access_modes(spec.get("accessModes")),
            spec.get("persistentVolumeReclaimPolicy", ""),
            "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", ""),
            f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
            spec.get("storageClassName", ""),
            spec.get("volumeAttributesClassName", UNSET),
            status.get("reason", ""),
            age(obj, now),
            spec.get("volumeMode", UNSET),
        ]
