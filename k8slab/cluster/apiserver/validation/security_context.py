"""Who a container runs as and what it may do.

Models ValidateSecurityContext and validatePodSpecSecurityContext of pkg/apis/core/validation. Left out: Windows options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.volume_mounts import validate_local_descending_path

Json = dict[str, Any]

_HIGHEST_ID = 0xFFFFFFFF
_PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_NET_SYSCTLS, _IPC_SYSCTLS = ("net.",), ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")


def validate_security_context(context: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the security context of a container."""
    yield from _ids(context, path)
    if (proc_mount := context.get("procMount")) is not None and proc_mount not in ("Default", "Unmasked"):
        yield FieldError.not_supported(f"{path}.procMount", proc_mount, ("Default", "Unmasked"))
    yield from _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield FieldError.invalid(path, context, why)
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            yield FieldError.invalid(path, context, why)
    yield from _app_armor(context.get("appArmorProfile"), f"{path}.appArmorProfile")


def validate_pod_security_context(context: Json, spec: Json, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the security context of a whole Pod."""
    for field in ("fsGroup",):
        yield from _id(context.get(field), f"{path}.{field}")
    yield from _ids(context, path)
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        yield from _id(group, f"{path}.supplementalGroups[{index}]")
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield FieldError.invalid(f"{path}.shareProcessNamespace", True, why)
    yield from _sysctls(context, spec, f"{path}.sysctls")
    for field, allowed in (("fsGroupChangePolicy", ("Always", "OnRootMismatch")),):
        if (value := context.get(field)) is not None and value not in allowed:
            yield FieldError.not_supported(f"{path}.{field}", value, allowed)
    yield from _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    yield from _app_armor(context.get("appArmorProfile"), f"{path}.appArmorProfile")
    for field, allowed in (
        ("supplementalGroupsPolicy", ("Merge", "Strict")),
        ("seLinuxChangePolicy", ("MountOption", "Recursive")),
    ):
        if (value := context.get(field)) is not None and value not in allowed:
            yield FieldError.not_supported(f"{path}.{field}", value, allowed)


def _ids(context: Json, path: str) -> Iterator[FieldError]:
    for field in ("runAsUser", "runAsGroup"):
        yield from _id(context.get(field), f"{path}.{field}")


def _id(number: int | None, path: str) -> Iterator[FieldError]:
    if number is not None and not 0 <= number <= _HIGHEST_ID:
        yield FieldError.invalid(path, number, names.in_range_message(0, _HIGHEST_ID))


def _sysctls(context: Json, spec: Json, path: str) -> Iterator[FieldError]:
    seen: list[str] = []
    for index, sysctl in enumerate(context.get("sysctls") or ()):
        at, name = f"{path}[{index}].name", sysctl.get("name", "")
        if not name:
            yield FieldError.required(at)
        elif len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            yield FieldError.invalid(at, name, f"must have at most 253 characters and match regex ^{_SYSCTL}$")
        elif name in seen:
            yield FieldError.duplicate(at, name)
        seen.append(name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith(_NET_SYSCTLS):
            yield FieldError.invalid(at, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and dotted.startswith(_IPC_SYSCTLS):
            yield FieldError.invalid(at, name, "may not be specified when 'hostIPC' is true")


def _seccomp(profile: Json | None, path: str) -> Iterator[FieldError]:
    if profile is None:
        return
    kind = profile.get("type", "")
    if not kind:
        yield FieldError.required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILE_TYPES:
        yield FieldError.not_supported(f"{path}.type", kind, _PROFILE_TYPES)
    local = profile.get("localhostProfile")
    if kind == "Localhost":
        if local is None:
            yield FieldError.required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
        else:
            yield from validate_local_descending_path(local, f"{path}.localhostProfile")
    elif local is not None:
        shown = {"Type": kind, "LocalhostProfile": local}
        yield FieldError.invalid(f"{path}.localhostProfile", shown, "can only be set when seccomp type is Localhost")


def _app_armor(profile: Json | None, path: str) -> Iterator[FieldError]:
    if profile is None:
        return
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    if kind == "Localhost":
        if not (local or "").strip():
            yield FieldError.required(f"{path}.localhostProfile", "must be set when AppArmor type is Localhost")
        elif local != local.strip():
            yield FieldError.invalid(f"{path}.localhostProfile", local, "must not be padded with whitespace")
    elif kind in _PROFILE_TYPES:
        if local is not None:
            why = "can only be set when AppArmor type is Localhost"
            yield FieldError.invalid(f"{path}.localhostProfile", local, why)
    elif not kind:
        yield FieldError.required(f"{path}.type", "type is required when appArmorProfile is set")
    else:
        yield FieldError.not_supported(f"{path}.type", kind, _PROFILE_TYPES)
