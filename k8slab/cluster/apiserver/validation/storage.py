"""Claims for storage, volumes that may answer them, and classes that make volumes.

Models ValidatePersistentVolumeClaimSpec, ValidatePersistentVolume of pkg/apis/core/validation and pkg/apis/storage/validation.
Left out: snapshots as data sources, volume attributes classes, resizing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import names, quantity
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.resources import validate_quantity, validate_resource_name
from k8slab.cluster.apiserver.validation.selectors import validate_label_selector, validate_node_selector

Json = dict[str, Any]

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_IMMUTABLE_CLAIM = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
_PV_SOURCES = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi",
    "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
    "scaleIO", "local", "storageos", "csi",
)  # fmt: skip


def validate_claim_spec(spec: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a PersistentVolumeClaim, or of a template of one."""
    modes = spec.get("accessModes") or []
    if not modes:
        yield FieldError.required(f"{path}.accessModes", "at least 1 access mode is required")
    yield from validate_label_selector(spec.get("selector"), f"{path}.selector")
    yield from _access_modes(modes, f"{path}.accessModes")
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        yield FieldError.required(f"{path}.resources[storage]")
    else:
        at = f"{path}.resources[storage]"
        yield from validate_quantity("storage", requests["storage"], at)
        if not quantity.parse(requests["storage"]):
            yield FieldError.invalid(at, requests["storage"], "must be greater than zero")
    if class_name := spec.get("storageClassName"):
        for message in names.dns1123_subdomain(class_name):
            yield FieldError.invalid(f"{path}.storageClassName", class_name, message)
    if (mode := spec.get("volumeMode")) is not None and mode not in _VOLUME_MODES:
        yield FieldError.not_supported(f"{path}.volumeMode", mode, _VOLUME_MODES)


def _access_modes(modes: list[str], path: str) -> Iterator[FieldError]:
    for mode in modes:
        if mode not in _ACCESS_MODES:
            yield FieldError.not_supported(path, mode, _ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield FieldError.forbidden(path, "may not use ReadWriteOncePod with other access modes")


def validate_claim_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*: only a bound claim may change, and only by asking for more."""
    spec, before = dict(new.get("spec") or {}), dict(old.get("spec") or {})
    # The binder may set the volume, and a claim that had no class may get one.
    if not before.get("volumeName"):
        before["volumeName"] = spec.get("volumeName")
    if "storageClassName" not in before and "storageClassName" in spec:
        before["storageClassName"] = spec["storageClassName"]
    was = quantity.parse(_storage(before))
    now = quantity.parse(_storage(spec))
    bound = (old.get("status") or {}).get("phase") == "Bound"
    if bound:
        spec["resources"] = {
            **(spec.get("resources") or {}),
            "requests": (before.get("resources") or {}).get("requests"),
        }
    before = {key: value for key, value in before.items() if value is not None}
    if {key: value for key, value in spec.items() if value is not None} != before:
        yield FieldError.forbidden("spec", _IMMUTABLE_CLAIM)
    if bound and now < was and now.amount != was.amount:
        yield FieldError.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")


def _storage(spec: Json) -> str:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")


def validate_volume_spec(spec: Json, name: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a PersistentVolume called *name*."""
    modes, capacity = spec.get("accessModes") or [], spec.get("capacity") or {}
    if not modes:
        yield FieldError.required(f"{path}.accessModes")
    yield from _access_modes(modes, f"{path}.accessModes")
    if not capacity:
        yield FieldError.required(f"{path}.capacity")
    elif list(capacity) != ["storage"]:
        yield FieldError.not_supported(f"{path}.capacity", sorted(capacity), ("storage",))
    for resource in sorted(capacity):
        yield from validate_resource_name(resource, f"{path}.capacity[{resource}]")
        yield from validate_quantity(resource, capacity[resource], f"{path}.capacity[{resource}]")
        if quantity.parse(capacity[resource]).amount == 0:
            yield FieldError.invalid(f"{path}.capacity[{resource}]", capacity[resource], "must be greater than zero")
    policy = spec.get("persistentVolumeReclaimPolicy", "")
    if policy and policy not in _RECLAIM_POLICIES:
        yield FieldError.not_supported(f"{path}.persistentVolumeReclaimPolicy", policy, _RECLAIM_POLICIES)
    if "nodeAffinity" in spec:
        required = spec["nodeAffinity"].get("required")
        if required is None:
            yield FieldError.required(f"{path}.nodeAffinity.required", "must specify required node constraints")
        else:
            yield from validate_node_selector(required, f"{path}.nodeAffinity.required")
    yield from _volume_source(spec, name, path)
    if class_name := spec.get("storageClassName"):
        for message in names.dns1123_subdomain(class_name):
            yield FieldError.invalid(f"{path}.storageClassName", class_name, message)
    if (mode := spec.get("volumeMode")) is not None and mode not in _VOLUME_MODES:
        yield FieldError.not_supported(f"{path}.volumeMode", mode, _VOLUME_MODES)


def _volume_source(spec: Json, name: str, path: str) -> Iterator[FieldError]:
    found = False
    for field in _PV_SOURCES:
        if field not in spec:
            continue
        if found:
            yield FieldError.forbidden(f"{path}.{field}", "may not specify more than 1 volume type")
        found = True
    if not found:
        yield FieldError.required(path, "must specify a volume type")
    if "local" in spec:
        if not spec["local"].get("path"):
            yield FieldError.required(f"{path}.local.path")
        if not spec.get("nodeAffinity"):
            yield FieldError.required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    host_path = spec.get("hostPath")
    if host_path is not None:
        where = host_path.get("path", "")
        if not where:
            yield FieldError.required(f"{path}.hostPath.path")
        elif ".." in where.split("/"):
            yield FieldError.invalid(f"{path}.hostPath.path", where, "must not contain '..'")
        if where.rstrip("/") == "" and where and spec.get("persistentVolumeReclaimPolicy") == "Recycle":
            why = "may not be 'recycle' for a hostPath mount of '/'"
            yield FieldError.forbidden(f"{path}.persistentVolumeReclaimPolicy", why)


def validate_storage_class(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a StorageClass."""
    provisioner = obj.get("provisioner", "")
    if not provisioner:
        yield FieldError.required("provisioner", "")
    else:
        for message in names.qualified_name(provisioner.lower()):
            yield FieldError.invalid("provisioner", provisioner, message)
    for key in sorted(obj.get("parameters") or {}):
        if not key:
            yield FieldError.invalid("parameters", key, "field can not be empty.")
    policy = obj.get("reclaimPolicy", "Delete")
    if policy not in ("Delete", "Retain"):
        yield FieldError.not_supported("reclaimPolicy", policy, ("Delete", "Retain"))
    mode = obj.get("volumeBindingMode")
    if mode is None:
        yield FieldError.required("volumeBindingMode")
    elif mode not in _BINDING_MODES:
        yield FieldError.not_supported("volumeBindingMode", mode, _BINDING_MODES)


def validate_storage_class_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*: what makes the volumes never changes."""
    for field, what in (("parameters", "parameters"), ("provisioner", "provisioner")):
        if new.get(field) != old.get(field):
            yield FieldError.forbidden(field, f"updates to {what} are forbidden.")
    if new.get("reclaimPolicy") != old.get("reclaimPolicy"):
        yield FieldError.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.")
    if new.get("volumeBindingMode") != old.get("volumeBindingMode"):
        yield FieldError.invalid("volumeBindingMode", new.get("volumeBindingMode"), "field is immutable")
