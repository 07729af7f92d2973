"""Where a container sees a volume.

Models ValidateVolumeMounts and ValidateVolumeDevices of pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8slab.apimachinery.errors import FieldError

Json = dict[str, Any]

_PROPAGATIONS = ("None", "HostToContainer", "Bidirectional")


def validate_volume_mounts(container: Json, volumes: Mapping[str, Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``volumeMounts``; *volumes* are those of the Pod by name."""
    devices = {device.get("name"): device.get("devicePath") for device in container.get("volumeDevices") or ()}
    seen: list[str] = []
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        at = f"{path}[{index}]"
        name, mount_path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield FieldError.required(f"{at}.name")
        if name not in volumes:
            yield FieldError.not_found(f"{at}.name", name)
        if not mount_path:
            yield FieldError.required(f"{at}.mountPath")
        if mount_path in seen:
            yield FieldError.invalid(f"{at}.mountPath", mount_path, "must be unique")
        seen.append(mount_path)
        if name in devices:
            yield FieldError.invalid(f"{at}.name", name, "must not already exist in volumeDevices")
        if mount_path in devices.values():
            yield FieldError.invalid(f"{at}.mountPath", mount_path, "must not already exist as a path in volumeDevices")
        yield from _sub_paths(mount, at, path)
        if (propagation := mount.get("mountPropagation")) is not None:
            yield from _propagation(propagation, container, f"{path}.mountPropagation")


def _sub_paths(mount: Json, at: str, path: str) -> Iterator[FieldError]:
    # Upstream leaves the index out of these two paths.
    if sub_path := mount.get("subPath"):
        yield from validate_local_descending_path(sub_path, f"{path}.subPath")
    if expression := mount.get("subPathExpr"):
        if sub_path:
            yield FieldError.invalid(f"{at}.subPathExpr", expression, "subPathExpr and subPath are mutually exclusive")
        yield from validate_local_descending_path(expression, f"{path}.subPathExpr")


def _propagation(propagation: str, container: Json, path: str) -> Iterator[FieldError]:
    if propagation not in _PROPAGATIONS:
        yield FieldError.not_supported(path, propagation, sorted(_PROPAGATIONS))
    elif propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        why = "Bidirectional mount propagation is available only to privileged containers"
        yield FieldError.forbidden(path, why)


def validate_volume_devices(container: Json, volumes: Mapping[str, Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``volumeDevices``, raw block devices."""
    mounts = {mount.get("name"): mount.get("mountPath") for mount in container.get("volumeMounts") or ()}
    names: list[str] = []
    paths: list[str] = []
    for index, device in enumerate(container.get("volumeDevices") or ()):
        at = f"{path}[{index}]"
        name, device_path = device.get("name", ""), device.get("devicePath", "")
        if not name:
            yield FieldError.required(f"{at}.name")
        if name in names:
            yield FieldError.invalid(f"{at}.name", name, "must be unique")
        if name not in volumes:
            yield FieldError.not_found(f"{at}.name", name)
        elif not volumes[name].keys() & {"persistentVolumeClaim", "ephemeral"}:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            yield FieldError.invalid(f"{at}.name", name, why)
        if not device_path:
            yield FieldError.required(f"{at}.devicePath")
        if device_path in paths:
            yield FieldError.invalid(f"{at}.devicePath", device_path, "must be unique")
        if ".." in device_path.split("/"):
            yield FieldError.invalid(f"{at}.devicePath", device_path, "can not contain backsteps ('..')")
        else:
            paths.append(device_path)
        if name in mounts:
            yield FieldError.invalid(f"{at}.name", name, "must not already exist in volumeMounts")
        if device_path in mounts.values():
            yield FieldError.invalid(
                f"{at}.devicePath", device_path, "must not already exist as a path in volumeMounts"
            )
        names.append(name)


def validate_local_descending_path(text: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a path that must lead downwards from where it starts."""
    if text.startswith("/"):
        yield FieldError.invalid(path, text, "must be a relative path")
    yield from validate_no_backsteps(text, path)


def validate_no_backsteps(text: str, path: str) -> Iterator[FieldError]:
    """Yield an error if the path contains ``..``."""
    if ".." in text.replace("\\", "/").split("/"):
        yield FieldError.invalid(path, text, "must not contain '..'")
