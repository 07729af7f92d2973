"""Volumes of a Pod: exactly one source each.

Models ValidateVolumes and the sources that this course uses in pkg/apis/core/validation. Left out: what is inside the
sources of cloud disks and of storage systems that need their own software (only that no second source is given).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import names, quantity
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.env import VOLUME_FIELDS, validate_field_ref, validate_resource_field_ref
from k8slab.cluster.apiserver.validation.storage import validate_claim_spec
from k8slab.cluster.apiserver.validation.volume_mounts import validate_local_descending_path, validate_no_backsteps

Json = dict[str, Any]

#: In the order in which upstream looks at them; the later of two is the one too many.
_SOURCES = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs",
    "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap",
    "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
    "csi", "ephemeral", "image",
)  # fmt: skip
#: Upstream misspells these two when it forbids them as a second source.
_SHOWN = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}
_HOST_PATH_TYPES = (
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
)  # fmt: skip
_FILE_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def validate_volumes(
    volumes: Sequence[Json], path: str, pod_name: str = ""
) -> tuple[dict[str, Json], list[FieldError]]:
    """Return the volumes without errors by name, and all errors."""
    good: dict[str, Json] = {}
    errors: list[FieldError] = []
    made = [f"{pod_name}-{volume.get('name', '')}" for volume in volumes if pod_name and "ephemeral" in volume]
    for index, volume in enumerate(volumes):
        at, name = f"{path}[{index}]", volume.get("name", "")
        found = list(_source(volume, at))
        if not name:
            found.append(FieldError.required(f"{at}.name"))
        else:
            found += [FieldError.invalid(f"{at}.name", name, message) for message in names.dns1123_label(name)]
        if name in good:
            found.append(FieldError.duplicate(f"{at}.name", name))
        if found:
            errors += found
        else:
            good[name] = volume
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim in made:
            why = "must not reference a PVC that gets created for an ephemeral volume"
            errors.append(FieldError.invalid(f"{at}.persistentVolumeClaim.claimName", claim, why))
    return good, errors


def _source(volume: Json, path: str) -> Iterator[FieldError]:
    found = False
    for field in _SOURCES:
        if field not in volume:
            continue
        if found:
            yield FieldError.forbidden(f"{path}.{_SHOWN.get(field, field)}", "may not specify more than 1 volume type")
            continue
        found = True
        if check := _CHECKS.get(field):
            yield from check(volume[field], f"{path}.{field}")
    if not found:
        yield FieldError.required(path, "must specify a volume type")


def _empty_dir(source: Json, path: str) -> Iterator[FieldError]:
    if "sizeLimit" in source and quantity.parse(source["sizeLimit"]).amount < 0:
        yield FieldError.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def validate_host_path(source: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a hostPath, a directory of the node."""
    if not (where := source.get("path")):
        yield FieldError.required(f"{path}.path")
        return
    yield from validate_no_backsteps(where, f"{path}.path")
    if (kind := source.get("type")) is not None and kind not in _HOST_PATH_TYPES:
        yield FieldError.not_supported(f"{path}.type", kind, sorted(_HOST_PATH_TYPES))


def _secret(source: Json, path: str) -> Iterator[FieldError]:
    if not source.get("secretName"):
        yield FieldError.required(f"{path}.secretName")
    yield from _default_mode(source, path)
    yield from _items(source, path)


def _config_map(source: Json, path: str) -> Iterator[FieldError]:
    if not source.get("name"):
        yield FieldError.required(f"{path}.name")
    yield from _default_mode(source, path)
    yield from _items(source, path)


def _default_mode(source: Json, path: str) -> Iterator[FieldError]:
    yield from _mode(source.get("defaultMode"), f"{path}.defaultMode")


def _mode(mode: int | None, path: str) -> Iterator[FieldError]:
    if mode is not None and not 0 <= mode <= 0o777:
        yield FieldError.invalid(path, mode, _FILE_MODE)


def _items(source: Json, path: str) -> Iterator[FieldError]:
    for index, item in enumerate(source.get("items") or ()):
        at = f"{path}.items[{index}]"
        if not item.get("key"):
            yield FieldError.required(f"{at}.key")
        if not item.get("path"):
            yield FieldError.required(f"{at}.path")
        yield from _local_non_reserved(item.get("path", ""), f"{at}.path")
        yield from _mode(item.get("mode"), f"{at}.mode")


def _local_non_reserved(text: str, path: str) -> Iterator[FieldError]:
    yield from validate_local_descending_path(text, path)
    if text.startswith("..") and not text.startswith("../"):
        yield FieldError.invalid(path, text, "must not start with '..'")


def _nfs(source: Json, path: str) -> Iterator[FieldError]:
    for field in ("server", "path"):
        if not source.get(field):
            yield FieldError.required(f"{path}.{field}")
    if source.get("path") and not source["path"].startswith("/"):
        yield FieldError.invalid(f"{path}.path", source["path"], "must be an absolute path")


def _claim(source: Json, path: str) -> Iterator[FieldError]:
    if not source.get("claimName"):
        yield FieldError.required(f"{path}.claimName")


def _downward_api(source: Json, path: str) -> Iterator[FieldError]:
    yield from _default_mode(source, path)
    for item in source.get("items") or ():
        yield from _downward_api_file(item, path)


def _downward_api_file(item: Json, path: str) -> Iterator[FieldError]:
    if not item.get("path"):
        yield FieldError.required(f"{path}.path")
    yield from _local_non_reserved(item.get("path", ""), f"{path}.path")
    if "fieldRef" in item:
        yield from validate_field_ref(item["fieldRef"], VOLUME_FIELDS, f"{path}.fieldRef")
        if "resourceFieldRef" in item:
            yield FieldError.invalid(
                path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"
            )
    elif "resourceFieldRef" in item:
        yield from validate_resource_field_ref(item["resourceFieldRef"], f"{path}.resourceFieldRef", volume=True)
    else:
        yield FieldError.required(path, "one of fieldRef and resourceFieldRef is required")
    yield from _mode(item.get("mode"), f"{path}.mode")


def _projected(source: Json, path: str) -> Iterator[FieldError]:
    yield from _default_mode(source, path)
    paths: list[str] = []
    for index, projection in enumerate(source.get("sources") or ()):
        at = f"{path}.sources[{index}]"
        found = False
        for field in (
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ):
            if field not in projection:
                continue
            if found:
                yield FieldError.forbidden(f"{path}.{field}", "may not specify more than 1 volume type")
                continue
            found = True
            yield from _projection(field, projection[field], f"{at}.{field}")
            for item in projection[field].get("items") or ():
                where = item.get("path", "")
                if where and where in paths:
                    yield FieldError.invalid(path, where, f"conflicting duplicate paths{_of(projection[field])}")
                paths.append(where)
        if not found:
            yield FieldError.required(at, "must specify a volume type")


def _of(projection: Json) -> str:
    return f" ({projection['name']})" if "name" in projection else ""


def _projection(field: str, source: Json, path: str) -> Iterator[FieldError]:
    if field in ("secret", "configMap"):
        if not source.get("name"):
            yield FieldError.required(f"{path}.name")
        yield from _items(source, path)
    elif field == "downwardAPI":
        for item in source.get("items") or ():
            yield from _downward_api_file(item, path)
    elif field == "serviceAccountToken":
        seconds = source.get("expirationSeconds", 3600)
        if seconds < 600:
            why = "may not specify a duration less than 10 minutes"
            yield FieldError.invalid(f"{path}.expirationSeconds", seconds, why)
        elif seconds > 1 << 32:
            why = "may not specify a duration larger than 2^32 seconds"
            yield FieldError.invalid(f"{path}.expirationSeconds", seconds, why)
        if not source.get("path"):
            yield FieldError.required(f"{path}.path")
        else:
            yield from _local_non_reserved(source["path"], f"{path}.path")


def _csi(source: Json, path: str) -> Iterator[FieldError]:
    driver = source.get("driver", "")
    if not driver:
        yield FieldError.required(f"{path}.driver")
    else:
        for message in names.dns1123_subdomain(driver.lower()):
            yield FieldError.invalid(f"{path}.driver", driver, message)


def _ephemeral(source: Json, path: str) -> Iterator[FieldError]:
    if "volumeClaimTemplate" not in source:
        yield FieldError.required(f"{path}.volumeClaimTemplate")
    else:
        spec = source["volumeClaimTemplate"].get("spec") or {}
        yield from validate_claim_spec(spec, f"{path}.volumeClaimTemplate.spec")


def _image(source: Json, path: str) -> Iterator[FieldError]:
    policy = source.get("pullPolicy", "")
    if policy and policy not in ("Always", "IfNotPresent", "Never"):
        yield FieldError.not_supported(f"{path}.pullPolicy", policy, ("Always", "IfNotPresent", "Never"))


_CHECKS = {
    "emptyDir": _empty_dir,
    "hostPath": validate_host_path,
    "secret": _secret,
    "configMap": _config_map,
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward_api,
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
