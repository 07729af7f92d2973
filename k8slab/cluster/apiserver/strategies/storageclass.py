"""StorageClass: how volumes are made on demand. Models pkg/registry/storage/storageclass and printStorageClass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.storage_v1 import StorageClass

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.storage import validate_storage_class, validate_storage_class_update

IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"


class StorageClassStrategy(Strategy):
    """StorageClasses: a provisioner and its parameters."""

    model = StorageClass
    singular = "storageclass"
    short_names = ("sc",)
    columns = (
        NAME_COLUMN,
        Column("Provisioner", description="provisioner indicates the type of the provisioner."),
        Column("ReclaimPolicy", description="reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class."),
        Column("VolumeBindingMode", description="volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound."),
        Column("AllowVolumeExpansion", description="allowVolumeExpansion shows whether the storage class allow volume expand."),
        AGE_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        obj.setdefault("reclaimPolicy", "Delete")
        obj.setdefault("volumeBindingMode", "Immediate")

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_storage_class(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_storage_class(new)
        yield from validate_storage_class_update(new, old)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        name, annotations = obj["metadata"]["name"], obj["metadata"].get("annotations") or {}
        if annotations.get(IS_DEFAULT) == "true":
            name += " (default)"
        cells = [
            obj.get("provisioner", ""),
            obj.get("reclaimPolicy", "Delete"),
            obj.get("volumeBindingMode", "Immediate"),
        ]
        return [name, *cells, bool(obj.get("allowVolumeExpansion")), age(obj, now)]
