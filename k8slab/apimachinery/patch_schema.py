"""How the fields of the API types are patched: which lists merge by which key, which maps are replaced as a whole.

Models the ``patchStrategy`` and ``patchMergeKey`` tags of k8s.io/api; the types themselves come from lightkube's models.
A field that is not in the table merges if it holds a map and is replaced if it holds a list or a plain value.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from lightkube.models import meta_v1
from msgspec import Struct

_CONTAINER = {
    "ports": ("merge", "containerPort"),
    "env": ("merge", "name"),
    "volumeMounts": ("merge", "mountPath"),
    "volumeDevices": ("merge", "devicePath"),
}
_CONDITIONS = {"conditions": ("merge", "type")}

#: Type -> field -> (strategy, merge key). "merge" without a key merges lists of plain values; "+retainKeys" makes a patch
#: name the keys that stay, because the fields of a union (a volume's sources) exclude one another.
TABLE: Mapping[str, Mapping[str, tuple[str, str]]] = {
    # meta/v1
    "ObjectMeta": {"ownerReferences": ("merge", "uid"), "finalizers": ("merge", "")},
    # core/v1
    "PodSpec": {
        "volumes": ("merge+retainKeys", "name"),
        "initContainers": ("merge", "name"),
        "containers": ("merge", "name"),
        "ephemeralContainers": ("merge", "name"),
        "imagePullSecrets": ("merge", "name"),
        "hostAliases": ("merge", "ip"),
        "topologySpreadConstraints": ("merge", "topologyKey"),
        "schedulingGates": ("merge", "name"),
        "resourceClaims": ("merge+retainKeys", "name"),
    },
    "Container": _CONTAINER,
    "EphemeralContainer": _CONTAINER,
    "ContainerStatus": {"allocatedResourcesStatus": ("merge", "name"), "volumeMounts": ("merge", "mountPath")},
    "PodStatus": {
        **_CONDITIONS,
        "podIPs": ("merge", "ip"),
        "hostIPs": ("merge", "ip"),
        "resourceClaimStatuses": ("merge+retainKeys", "name"),
    },
    "NodeSpec": {"podCIDRs": ("merge", "")},
    "NodeStatus": {**_CONDITIONS, "addresses": ("merge", "type")},
    "NamespaceStatus": _CONDITIONS,
    "ComponentStatus": _CONDITIONS,
    "ReplicationControllerStatus": _CONDITIONS,
    "ServiceSpec": {"ports": ("merge", "port")},
    "ServiceStatus": _CONDITIONS,
    "ServiceAccount": {"secrets": ("merge", "name")},
    "PersistentVolumeClaimStatus": _CONDITIONS,
    # apps/v1
    "DeploymentSpec": {"strategy": ("retainKeys", "")},
    "DeploymentStatus": _CONDITIONS,
    "ReplicaSetStatus": _CONDITIONS,
    "StatefulSetStatus": _CONDITIONS,
    "DaemonSetStatus": _CONDITIONS,
    # batch/v1
    "JobStatus": _CONDITIONS,
    # autoscaling/v2, policy/v1, storage/v1, admissionregistration/v1, certificates/v1
    "HorizontalPodAutoscalerStatus": _CONDITIONS,
    "PodDisruptionBudgetSpec": {"selector": ("replace", "")},
    "PodDisruptionBudgetStatus": _CONDITIONS,
    "CSINodeSpec": {"drivers": ("merge", "name")},
    "MutatingWebhookConfiguration": {"webhooks": ("merge", "name")},
    "ValidatingWebhookConfiguration": {"webhooks": ("merge", "name")},
}


class FieldSchema(NamedTuple):
    """How one field is patched, and the type of what is in it (None: a map of plain values, or unknown)."""

    strategy: str
    merge_key: str
    retain_keys: bool
    inner: type | None


_PLAIN = FieldSchema("", "", False, None)


@lru_cache(maxsize=4096)
def field_schema(model: type | None, field: str) -> FieldSchema:
    """Return how *field* of the API type *model* is patched.

    Raises LookupError, in upstream's words, if the type has no such field.
    """
    if model is None:
        return _PLAIN
    hints = _hints(model)
    if field not in hints:
        name = _api_type(model).__name__
        raise LookupError(f'unable to find api field in struct {name} for the json field "{field}"')
    strategy, merge_key = TABLE.get(_api_type(model).__name__, {}).get(field, ("", ""))
    words = strategy.split("+") if strategy else []
    plain = next((word for word in words if word != "retainKeys"), "")
    return FieldSchema(plain, merge_key, "retainKeys" in words, hints[field])


def _api_type(model: type) -> type:
    """Return the class of lightkube.models behind a resource class of lightkube.resources."""
    return next((base for base in model.__mro__ if base.__module__.startswith("lightkube.models")), model)


@lru_cache(maxsize=1024)
def _hints(model: type) -> dict[str, type | None]:
    """Return JSON field name -> the struct in it (of a list: of its items), None for anything else."""
    api_type = _api_type(model)
    hints = typing.get_type_hints(api_type)
    encoded = dict(zip(api_type.__struct_fields__, api_type.__struct_encode_fields__))  # type: ignore[attr-defined]
    return {encoded.get(name, name): _struct_in(hint) for name, hint in hints.items() if name in encoded}


def _struct_in(hint: Any) -> type | None:
    for argument in typing.get_args(hint):
        found = _struct_in(argument)
        if found is not None:
            return found
    if isinstance(hint, type) and issubclass(hint, Struct) and hint is not meta_v1.FieldsV1:
        return hint
    return None
