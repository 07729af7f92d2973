"""ResourceQuotas and LimitRanges. Models ValidateResourceQuota and ValidateLimitRange of pkg/apis/core/validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import quantity
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.resources import (
    validate_quantity,
    validate_quota_resource_name,
    validate_resource_name,
)

Json = dict[str, Any]

_SCOPES = (
    "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
    "VolumeAttributesClass",
)  # fmt: skip
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_LIMITS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def validate_quota_spec(spec: Json, path: str = "spec.hard") -> Iterator[FieldError]:
    """Yield what is wrong with the amounts of a quota."""
    hard = spec.get("hard") or {}
    for name in sorted(hard):
        at = f"{path}[{name}]"
        yield from validate_quota_resource_name(name, at)
        yield from validate_quantity(name, hard[name], at)


def validate_quota_scopes(spec: Json) -> Iterator[FieldError]:
    """Yield what is wrong with the scopes of a quota, which say which Pods it counts."""
    scopes, hard = spec.get("scopes") or [], spec.get("hard") or {}
    for scope in scopes:
        if scope not in _SCOPES:
            yield FieldError.invalid("spec.scopes", scopes, "unsupported scope")
        for name in sorted(hard):
            if scope in (
                "Terminating",
                "NotTerminating",
                "NotBestEffort",
                "PriorityClass",
                "CrossNamespacePodAffinity",
            ):
                counts = name == "pods" or "cpu" in name or "memory" in name or "ephemeral-storage" in name
            else:
                counts = name == "pods"
            if not counts:
                yield FieldError.invalid("spec.scopes", scopes, "unsupported scope applied to resource")
    for pair in _OPPOSITES:
        if all(scope in scopes for scope in pair):
            yield FieldError.invalid("spec.scopes", sorted(scopes), "conflicting scopes")


def validate_limit_range(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a LimitRange."""
    seen: list[str] = []
    for index, limit in enumerate((obj.get("spec") or {}).get("limits") or ()):
        at, kind = f"spec.limits[{index}]", limit.get("type", "")
        if kind in seen:
            yield FieldError.duplicate(f"{at}.type", kind)
        seen.append(kind)
        names: list[str] = []
        for field in _LIMITS:
            for name in sorted(limit.get(field) or {}):
                if kind == "Pod" and field in ("default", "defaultRequest"):
                    continue
                yield from validate_resource_name(name, f"{at}.{field}[{name}]")
                yield from validate_quantity(name, limit[field][name], f"{at}.{field}[{name}]")
                names.append(name)
        if kind == "Pod":
            for field in ("default", "defaultRequest"):
                if limit.get(field):
                    why = "may not be specified when `type` is 'Pod'"
                    yield FieldError.forbidden(f"{at}.{field}", why)
        if kind == "PersistentVolumeClaim" and not any(
            "storage" in (limit.get(field) or {}) for field in ("min", "max")
        ):
            yield FieldError.required(
                f"{at}.limits", "either minimum or maximum storage value is required, but neither was provided"
            )
        for name in dict.fromkeys(names):
            yield from _order(limit, name, at)


def _order(limit: Json, name: str, path: str) -> Iterator[FieldError]:
    """min <= defaultRequest <= default <= max, and a ratio of at least 1."""
    amounts = {field: quantity.parse(limit[field][name]) for field in _LIMITS if name in (limit.get(field) or {})}
    pairs = (
        ("min", "min", "max", "max"), ("defaultRequest", "min", "defaultRequest", "default request"),
        ("defaultRequest", "defaultRequest", "max", "max"), ("defaultRequest", "defaultRequest", "default", "default limit"),
        ("default", "min", "default", "default"), ("default", "default", "max", "max"),
    )  # fmt: skip
    words = {"min": "min", "defaultRequest": "default request", "default": "default"}
    for at, low, high, shown in pairs:
        if low in amounts and high in amounts and amounts[high] < amounts[low]:
            low_value, high_value = limit[low][name], limit[high][name]
            why = f"{words[low]} value {low_value} is greater than {shown} value {high_value}"
            yield FieldError.invalid(f"{path}.{at}[{name}]", limit[at][name], why)
    ratio = amounts.get("maxLimitRequestRatio")
    if ratio is not None and ratio.amount < 1:
        text = limit["maxLimitRequestRatio"][name]
        yield FieldError.invalid(f"{path}.maxLimitRequestRatio[{name}]", text, f"ratio {text} is less than 1")
