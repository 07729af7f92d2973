"""Nodes. Models ValidateNode and ValidateNodeUpdate of pkg/apis/core/validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.resources import validate_quantity, validate_resource_name
from k8slab.cluster.apiserver.validation.scheduling import validate_taints

Json = dict[str, Any]

_FROZEN = (
    "node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is "
    "enabled)"
)
_CHANGEABLE = ("taints", "unschedulable", "podCIDR", "podCIDRs", "providerID", "configSource")


def validate_node(node: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a Node."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    yield from validate_taints(spec.get("taints") or (), "metadata.taints")
    for field in ("capacity", "allocatable"):
        for name in sorted(status.get(field) or {}):
            at = f"status.{field}[{name}]"
            yield from validate_resource_name(name, at)
            yield from validate_quantity(name, status[field][name], at)
    if len(spec.get("podCIDRs") or ()) > 2:
        why = "may specify no more than one CIDR for each IP family"
        yield FieldError.invalid("spec.podCIDRs", spec["podCIDRs"], why)


def validate_node_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*."""
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    seen: list[tuple[str, str]] = []
    for index, address in enumerate((new.get("status") or {}).get("addresses") or ()):
        key = (address.get("type", ""), address.get("address", ""))
        if key in seen:
            yield FieldError.duplicate(f"status.addresses[{index}]", {"Type": key[0], "Address": key[1]})
        seen.append(key)
    if before.get("podCIDRs") and spec.get("podCIDRs") != before["podCIDRs"]:
        yield FieldError.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    if before.get("providerID") and spec.get("providerID") != before["providerID"]:
        yield FieldError.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid')
    rest, rest_before = ({k: v for k, v in each.items() if k not in _CHANGEABLE} for each in (spec, before))
    if rest != rest_before:
        yield FieldError.forbidden("spec", _FROZEN)
