"""ConfigMaps and Secrets: keys that do as file names, not too much of it, and what their types demand.

Models ValidateConfigMap and ValidateSecret of pkg/apis/core/validation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError

Json = dict[str, Any]

MOST_BYTES = 1024 * 1024
FROZEN = "field is immutable when `immutable` is set"
_ACCOUNT_NAME = "kubernetes.io/service-account.name"
#: Secret type -> keys that it must have.
_REQUIRED_KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def validate_config_map(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a ConfigMap."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    size = 0
    for key in sorted(data):
        yield from _key(key, f"data[{key}]")
        if key in binary:
            yield FieldError.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        size += len(data[key].encode())
    for key in sorted(binary):
        yield from _key(key, f"binaryData[{key}]")
        size += _decoded_length(binary[key])
    if size > MOST_BYTES:
        yield FieldError.too_long("", MOST_BYTES)


def _key(key: str, path: str) -> Iterator[FieldError]:
    for message in names.config_key(key):
        yield FieldError.invalid(path, key, message)


def _decoded_length(text: str) -> int:
    return len(text) // 4 * 3 - text.count("=")


def validate_secret(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a Secret."""
    data, kind = obj.get("data") or {}, obj.get("type", "")
    for key in sorted(data):
        yield from _key(key, f"data[{key}]")
    if sum(map(_decoded_length, data.values())) > MOST_BYTES:
        yield FieldError.too_long("data", MOST_BYTES)
    if kind == "kubernetes.io/service-account-token":
        if not (obj["metadata"].get("annotations") or {}).get(_ACCOUNT_NAME):
            yield FieldError.required(f"metadata.annotations[{_ACCOUNT_NAME}]")
    elif kind == "kubernetes.io/basic-auth" and "username" not in data and "password" not in data:
        yield FieldError.required("data[username]")
        yield FieldError.required("data[password]")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data or (kind == "kubernetes.io/ssh-auth" and not data[key]):
            yield FieldError.required(f"data[{key}]")
        elif key.startswith(".docker") and not _is_json(data[key]):
            yield FieldError.invalid(
                f"data[{key}]", "<secret contents redacted>", "invalid character 'x' looking for beginning of value"
            )


def _is_json(text: str) -> bool:
    try:
        json.loads(base64.b64decode(text))
    except ValueError:
        return False
    return True


def validate_frozen_data(new: Json, old: Json, fields: tuple[str, ...]) -> Iterator[FieldError]:
    """Yield an error for each of *fields* that changed although *old* was marked immutable."""
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield FieldError.forbidden("immutable", FROZEN)
    for field in fields:
        if (new.get(field) or {}) != (old.get(field) or {}):
            yield FieldError.forbidden(field, FROZEN)
