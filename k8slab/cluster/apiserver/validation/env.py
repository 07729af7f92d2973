"""Environment variables and what they may be taken from.

Models ValidateEnv, ValidateEnvFrom and the selectors of the downward API in pkg/apis/core/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import names, quantity
from k8slab.apimachinery.errors import FieldError

Json = dict[str, Any]

ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
#: What fieldRef knows at all; anything else cannot even be converted.
_KNOWN_FIELDS = (*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host")
_RESOURCE_FIELDS = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_ENV_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def validate_env(variables: Sequence[Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``env``."""
    for index, variable in enumerate(variables):
        at = f"{path}[{index}]"
        if not (name := variable.get("name")):
            yield FieldError.required(f"{at}.name")
        else:
            for message in names.env_var_name(name):
                yield FieldError.invalid(f"{at}.name", name, message)
        if "valueFrom" in variable:
            yield from _value_from(variable, f"{at}.valueFrom")


def validate_env_from(sources: Sequence[Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``envFrom``."""
    for index, source in enumerate(sources):
        at = f"{path}[{index}]"
        if prefix := source.get("prefix"):
            for message in names.env_var_name(prefix):
                yield FieldError.invalid(f"{at}.prefix", prefix, message)
        found = [field for field in ("configMapRef", "secretRef") if field in source]
        for field in found:
            yield from _name(source[field].get("name", ""), f"{at}.{field}.name", required=True)
        if not found:
            yield FieldError.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(found) > 1:
            yield FieldError.invalid(path, "", "may not have more than one field specified at a time")


def _value_from(variable: Json, path: str) -> Iterator[FieldError]:
    source = variable["valueFrom"]
    found = [field for field in _ENV_SOURCES if field in source]
    for field in found:
        at = f"{path}.{field}"
        if field == "fieldRef":
            yield from validate_field_ref(source[field], ENV_FIELDS, at)
        elif field == "resourceFieldRef":
            yield from validate_resource_field_ref(source[field], at)
        elif field == "fileKeyRef":
            continue
        else:
            yield from _name(source[field].get("name", ""), f"{at}.name")
            yield from _key(source[field].get("key", ""), f"{at}.key")
    if not found:
        why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield FieldError.invalid(path, "", why)
    elif variable.get("value"):
        yield FieldError.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(found) > 1:
        yield FieldError.invalid(path, "", "may not have more than one field specified at a time")


def _name(name: str, path: str, required: bool = False) -> Iterator[FieldError]:
    if required and not name:
        yield FieldError.required(path)
        return
    for message in names.dns1123_subdomain(name):
        yield FieldError.invalid(path, name, message)


def _key(key: str, path: str) -> Iterator[FieldError]:
    if not key:
        yield FieldError.required(path)
        return
    for message in names.config_key(key):
        yield FieldError.invalid(path, key, message)


def validate_field_ref(reference: Json, supported: Sequence[str], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a fieldRef of the downward API."""
    if not reference.get("apiVersion"):
        yield FieldError.required(f"{path}.apiVersion")
        return
    if not (field := reference.get("fieldPath")):
        yield FieldError.required(f"{path}.fieldPath")
        return
    subscripted = re.fullmatch(r"(.*)\['(.*)'\]", field)
    base = subscripted[1] if subscripted else field
    if base not in _KNOWN_FIELDS or (subscripted and base not in ("metadata.annotations", "metadata.labels")):
        why = f"error converting fieldPath: field label not supported: {field}"
        if subscripted and base in _KNOWN_FIELDS:
            why = "error converting fieldPath: field label does not support subscript: " + field
        yield FieldError.invalid(f"{path}.fieldPath", field, why)
    elif subscripted:
        key = subscripted[2].lower() if base == "metadata.annotations" else subscripted[2]
        for message in names.qualified_name(key):
            yield FieldError.invalid(path, key, message)
    elif field not in supported:
        yield FieldError.not_supported(f"{path}.fieldPath", field, sorted(supported))


def validate_resource_field_ref(reference: Json, path: str, volume: bool = False) -> Iterator[FieldError]:
    """Yield what is wrong with a resourceFieldRef of the downward API."""
    resource = reference.get("resource", "")
    if volume and not reference.get("containerName"):
        yield FieldError.required(f"{path}.containerName")
    elif not resource:
        yield FieldError.required(f"{path}.resource")
    elif resource not in _RESOURCE_FIELDS and not resource.startswith(("requests.hugepages-", "limits.hugepages-")):
        yield FieldError.not_supported(f"{path}.resource", resource, _RESOURCE_FIELDS)
    divisor = quantity.parse(reference.get("divisor", "0"))
    if not divisor:
        return
    what = resource.partition(".")[2]
    if what == "cpu":
        if str(divisor) not in ("1m", "1"):
            why = "only divisor's values 1m and 1 are supported with the cpu resource"
            yield FieldError.invalid(f"{path}.divisor", resource, why)
    elif str(divisor) not in _DIVISORS:
        shown = {"ephemeral-storage": "local ephemeral storage"}.get(what, "hugepages" if "hugepages" in what else what)
        why = f"only divisor's values {', '.join(_DIVISORS)} are supported with the {shown} resource"
        yield FieldError.invalid(f"{path}.divisor", resource, why)
