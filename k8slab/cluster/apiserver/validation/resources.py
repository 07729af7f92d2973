"""Requests and limits: which resources a container may name, and how much of them.

Models ValidateContainerResourceRequirements and its neighbours in pkg/apis/core/validation. Left out: dynamic resource claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8slab.apimachinery import names, quantity
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.objectmeta import NOT_NEGATIVE

Json = dict[str, Any]

_CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_STANDARD_RESOURCES = (
    *_CONTAINER_RESOURCES, "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
    "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "storage", "requests.storage", "services.nodeports", "services.loadbalancers",
)  # fmt: skip
_STANDARD_QUOTA_RESOURCES = (
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
    "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers",
    "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
)  # fmt: skip
_INTEGER_RESOURCES = (
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers",
)  # fmt: skip
HUGE_PAGES = "hugepages-"
NOT_INTEGER = "must be an integer"


def is_native(name: str) -> bool:
    """Whether *name* belongs to Kubernetes itself."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Whether *name* is an extended resource, such as ``example.com/gpu``: whole pieces only, never overcommitted."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.qualified_name("requests." + name)


def validate_resource_name(name: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with *name* as a resource of any kind."""
    problems = names.qualified_name(name)
    for message in problems:
        yield FieldError.invalid(path, name, message)
    if not problems and "/" not in name and name not in _STANDARD_RESOURCES and not name.startswith(HUGE_PAGES):
        yield FieldError.invalid(path, name, "must be a standard resource type or fully qualified")


def validate_quota_resource_name(name: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with *name* as a resource that a quota limits."""
    problems = names.qualified_name(name)
    for message in problems:
        yield FieldError.invalid(path, name, message)
    if problems or "/" in name:
        return
    hugepages = name.startswith((HUGE_PAGES, "requests." + HUGE_PAGES))
    if name not in _STANDARD_QUOTA_RESOURCES and not hugepages and not name.startswith("count/"):
        yield FieldError.invalid(path, name, "must be a standard resource for quota")


def validate_quantity(name: str, text: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with *text* as an amount of the resource *name*."""
    amount = quantity.parse(text)
    if amount.amount < 0:
        yield FieldError.invalid(path, str(amount), NOT_NEGATIVE)
    if name in _INTEGER_RESOURCES and amount.amount.denominator != 1:
        yield FieldError.invalid(path, text, NOT_INTEGER)


def validate_requirements(requirements: Json, path: str, pod_level: bool = False) -> Iterator[FieldError]:
    """Yield what is wrong with the requests and limits of a container (or of a whole Pod)."""
    limits, requests = requirements.get("limits") or {}, requirements.get("requests") or {}
    yield from _names_and_amounts(limits, f"{path}.limits", pod_level)
    for name in sorted(limits):
        if name.startswith(HUGE_PAGES) and name not in requests:
            pass  # defaulting has set the request
    yield from _requests(requests, limits, f"{path}.requests", pod_level)
    hugepages = any(name.startswith(HUGE_PAGES) for name in (*limits, *requests))
    if hugepages and not any(name in {**limits, **requests} for name in ("cpu", "memory")):
        yield FieldError.forbidden(path, "HugePages require cpu or memory")


def _names_and_amounts(amounts: Mapping[str, str], path: str, pod_level: bool) -> Iterator[FieldError]:
    for name in sorted(amounts):
        at = f"{path}[{name}]"
        yield from _container_resource_name(name, at, pod_level)
        yield from validate_quantity(name, amounts[name], at)
        if is_extended(name) and quantity.parse(amounts[name]).amount.denominator != 1:
            yield FieldError.invalid(at, amounts[name], NOT_INTEGER)
        if name.startswith(HUGE_PAGES):
            yield from _huge_pages(name, amounts[name], at)


def _requests(
    requests: Mapping[str, str], limits: Mapping[str, str], path: str, pod_level: bool
) -> Iterator[FieldError]:
    for name in sorted(requests):
        yield from _names_and_amounts({name: requests[name]}, path, pod_level)
        if name in limits:
            request, limit = quantity.parse(requests[name]), quantity.parse(limits[name])
            never_overcommitted = is_extended(name) or name.startswith(HUGE_PAGES)
            if never_overcommitted and request.amount != limit.amount:
                yield FieldError.invalid(path, str(request), f"must be equal to {name} limit of {limit}")
            elif not never_overcommitted and limit < request:
                yield FieldError.invalid(path, str(request), f"must be less than or equal to {name} limit of {limit}")
        elif is_extended(name) or name.startswith(HUGE_PAGES):
            yield FieldError.required(
                path.removesuffix(".requests") + ".limits", "Limit must be set for non overcommitable resources"
            )


def _container_resource_name(name: str, path: str, pod_level: bool) -> Iterator[FieldError]:
    yield from validate_resource_name(name, path)
    if names.qualified_name(name):
        return
    if "/" not in name:
        if name not in _CONTAINER_RESOURCES and not name.startswith(HUGE_PAGES):
            yield FieldError.invalid(path, name, "must be a standard resource for containers")
        elif pod_level and name == "ephemeral-storage":
            yield FieldError.not_supported(path, name, ("cpu", "hugepages-", "memory"))
    elif not is_native(name) and not is_extended(name):
        yield FieldError.invalid(path, name, "doesn't follow extended resource name standard")


def _huge_pages(name: str, text: str, path: str) -> Iterator[FieldError]:
    try:
        page = quantity.value(name.removeprefix(HUGE_PAGES))
    except ValueError:
        return
    if page and quantity.value(text) % page:
        yield FieldError.invalid(
            path, text, f"must be an integer multiple of page size {name.removeprefix(HUGE_PAGES)}"
        )
