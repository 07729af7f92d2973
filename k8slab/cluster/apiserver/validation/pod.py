"""Pods: what a new one must observe, and the little that may change later.

Models ValidatePodCreate, ValidatePodUpdate and ValidatePodStatusUpdate of pkg/apis/core/validation. Left out: the subresources
resize and ephemeralcontainers, seccomp and AppArmor by annotation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.goform.podform import pod_spec_diff
from k8slab.cluster.apiserver.validation.containers import validate_image_whitespace
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable
from k8slab.cluster.apiserver.validation.pod_spec import HIGHEST_INT32, validate_ip, validate_pod_spec
from k8slab.cluster.apiserver.validation.scheduling import validate_tolerations

Json = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate_pod(pod: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a new Pod."""
    yield from _metadata_and_spec(pod)
    spec = pod["spec"]
    if spec.get("ephemeralContainers"):
        yield FieldError.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        yield FieldError.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


def _metadata_and_spec(pod: Json) -> Iterator[FieldError]:
    spec, metadata = pod["spec"], pod["metadata"]
    yield from _annotations(metadata.get("annotations") or {}, spec)
    yield from validate_pod_spec(spec, "spec", metadata.get("name", ""), is_pod=True)


def _annotations(annotations: Json, spec: Json) -> Iterator[FieldError]:
    if MIRROR in annotations and not spec.get("nodeName"):
        why = "must set spec.nodeName if mirror pod annotation is set"
        yield FieldError.invalid(f"metadata.annotations[{MIRROR}]", annotations[MIRROR], why)
    cost = annotations.get(DELETION_COST)
    if cost is not None and not _is_cost(cost):
        yield FieldError.invalid(f"metadata.annotations[{DELETION_COST}]", cost, "must be a 32bit integer")


def _is_cost(text: str) -> bool:
    digits = text.removeprefix("-")
    well_formed = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0") and text != "-0"
    return well_formed and -(2**31) <= int(text) <= HIGHEST_INT32


def validate_pod_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*."""
    yield from _metadata_and_spec(new)
    yield from _mirror(new, old)
    spec, before = new["spec"], old["spec"]
    for field in ("containers", "initContainers"):
        errors, stop = _container_updates(spec.get(field) or (), before.get(field) or (), f"spec.{field}")
        yield from errors
        if stop:
            return
    deadline, old_deadline = spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if deadline is not None:
        if not 0 <= deadline <= HIGHEST_INT32:
            why = names.in_range_message(0, HIGHEST_INT32)
            yield FieldError.invalid("spec.activeDeadlineSeconds", deadline, why)
            return
        if old_deadline is not None and old_deadline < deadline:
            why = "must be less than or equal to previous value"
            yield FieldError.invalid("spec.activeDeadlineSeconds", deadline, why)
            return
    elif old_deadline is not None:
        why = "must not update from a positive integer to nil value"
        yield FieldError.invalid("spec.activeDeadlineSeconds", None, why)
    yield from _only_added_tolerations(spec.get("tolerations") or (), before.get("tolerations") or ())
    yield from _only_deleted_gates(spec.get("schedulingGates") or (), before.get("schedulingGates") or ())
    if spec != before:
        yield from _frozen_fields(spec, before)


def _mirror(new: Json, old: Json) -> Iterator[FieldError]:
    after, before = ((pod["metadata"].get("annotations") or {}).get(MIRROR) for pod in (new, old))
    if before is not None and after != before:
        yield FieldError.forbidden(f"metadata.annotations[{MIRROR}]", "may not remove or update mirror pod annotation")
    elif before is None and after is not None:
        yield FieldError.forbidden(f"metadata.annotations[{MIRROR}]", "may not add mirror pod annotation")


def _container_updates(new: Sequence[Json], old: Sequence[Json], path: str) -> tuple[list[FieldError], bool]:
    if len(new) != len(old):
        return [FieldError.forbidden(path, "pod updates may not add or remove containers")], True
    errors: list[FieldError] = []
    for index, container in enumerate(new):
        if not container.get("image"):
            errors.append(FieldError.required(f"{path}[{index}].image"))
        errors += validate_image_whitespace(container, f"{path}[{index}]")
    return errors, False


def _only_added_tolerations(new: Sequence[Json], old: Sequence[Json]) -> Iterator[FieldError]:
    kept = [{**toleration, "tolerationSeconds": None} for toleration in new]
    for toleration in old:
        if {**toleration, "tolerationSeconds": None} not in kept:
            why = "existing toleration can not be modified except its tolerationSeconds"
            yield FieldError.forbidden("spec.tolerations", why)
            return
    yield from validate_tolerations(new, "spec.tolerations")


def _only_deleted_gates(new: Sequence[Json], old: Sequence[Json]) -> Iterator[FieldError]:
    before = [gate.get("name") for gate in old]
    for index, gate in enumerate(new):
        if gate.get("name") not in before:
            why = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            yield FieldError.forbidden(f"spec.schedulingGates[{index}].name", why)


def _frozen_fields(spec: Json, before: Json) -> Iterator[FieldError]:
    """Take back all that may change; what still differs may not."""
    munged = copy.copy(spec)
    for field in ("containers", "initContainers"):
        if munged.get(field):
            pairs = zip(munged[field], before[field], strict=True)
            munged[field] = [{**container, "image": was.get("image")} for container, was in pairs]
    for field in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        _take_back(munged, before, field)
    grace, old_grace = munged.get("terminationGracePeriodSeconds"), before.get("terminationGracePeriodSeconds", 0)
    if old_grace < 0 and grace == 1:
        munged["terminationGracePeriodSeconds"] = old_grace
    if before.get("schedulingGates"):
        yield from _gated_fields(munged, before)
    if munged != before:
        yield FieldError.forbidden(
            "spec", f"pod updates may not change fields other than {_UPDATABLE}\n{pod_spec_diff(before, munged)}"
        )


def _gated_fields(munged: Json, before: Json) -> Iterator[FieldError]:
    """While a Pod is gated, it may be told more precisely where to go."""
    selector, old_selector = munged.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if selector != old_selector:
        if any(selector.get(key) != value for key, value in old_selector.items()):
            why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
            yield FieldError.invalid("spec.nodeSelector", selector, why)
        _take_back(munged, before, "nodeSelector")
    affinity, old_affinity = munged.get("affinity") or {}, before.get("affinity") or {}
    if affinity.get("nodeAffinity") != old_affinity.get("nodeAffinity"):
        rest = {key: value for key, value in affinity.items() if key != "nodeAffinity"}
        if "nodeAffinity" in old_affinity:
            rest["nodeAffinity"] = old_affinity["nodeAffinity"]
        munged["affinity"] = rest
        if not rest and "affinity" not in before:
            del munged["affinity"]


def _take_back(new: Json, old: Json, field: str) -> None:
    if field in old:
        new[field] = old[field]
    else:
        new.pop(field, None)


def validate_pod_status_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a write to /status."""
    status, before = new.get("status") or {}, old.get("status") or {}
    for index, condition in enumerate(status.get("conditions") or ()):
        for message in names.qualified_name(condition.get("type", "")):
            yield FieldError.invalid(f"metadata.conditions[{index}].Type", condition.get("type", ""), message)
    nominated = status.get("nominatedNodeName", "")
    if nominated and nominated != before.get("nominatedNodeName", ""):
        for message in names.dns1123_subdomain(nominated):
            yield FieldError.invalid("status.nominatedNodeName", nominated, message)
    if status.get("qosClass") != before.get("qosClass"):
        yield from validate_immutable(status.get("qosClass", ""), before.get("qosClass", ""), "status.qosClass")
    policy = old["spec"].get("restartPolicy", "Always")
    if policy != "Always":
        spec = old["spec"]
        sidecars = [c.get("name") for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
        own = [c.get("name") for c in spec["containers"] if c.get("restartPolicy") or c.get("restartPolicyRules")]
        for field in ("containerStatuses", "initContainerStatuses"):
            statuses = (status.get(field) or (), before.get(field) or ())
            yield from _no_resurrection(*statuses, policy, f"status.{field}", sidecars + own)
    yield from _pod_ips(status)


def _no_resurrection(
    new: Sequence[Json], old: Sequence[Json], policy: str, path: str, may_restart: Sequence[Any]
) -> Iterator[FieldError]:
    now = {container.get("name"): container for container in new}
    for index, container in enumerate(old):
        ended, name = (container.get("state") or {}).get("terminated"), container.get("name", "")
        if ended is None or name in may_restart or (ended.get("exitCode", 0) and policy == "OnFailure"):
            continue
        if name in now and "terminated" not in (now[name].get("state") or {}):
            why = "may not be transitioned to non-terminated state"
            yield FieldError.forbidden(f"{path}[{index}].state", why)


def _pod_ips(status: Json) -> Iterator[FieldError]:
    seen: list[str] = []
    for index, entry in enumerate(status.get("podIPs") or ()):
        address = entry.get("ip", "")
        yield from validate_ip(address, f"status.podIPs[{index}]")
        if address in seen:
            yield FieldError.duplicate(f"status.podIPs[{index}]", {"IP": address})
        seen.append(address)
