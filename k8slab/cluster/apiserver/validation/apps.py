"""Deployments, ReplicaSets, StatefulSets, DaemonSets and ControllerRevisions.

Models pkg/apis/apps/validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.apimachinery import labels, names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable, validate_nonnegative
from k8slab.cluster.apiserver.validation.pod_template import (
    no_match,
    selector_json,
    validate_pod_template,
    validate_selector_and_template,
)
from k8slab.cluster.apiserver.validation.selectors import validate_label_selector
from k8slab.cluster.apiserver.validation.storage import validate_claim_spec

Json = dict[str, Any]

_STATEFUL_SET_FROZEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STATEFUL_SET_CHANGEABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)  # fmt: skip


# -- a number or a share -----------------------------------------------------------------------------------------------


def validate_int_or_percent(value: int | str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with a value such as ``2`` or ``25%``."""
    if isinstance(value, str):
        for message in names.percent(value):
            yield FieldError.invalid(path, value, message)
    else:
        yield from validate_nonnegative(value, path)


def validate_at_most_all(value: int | str, path: str) -> Iterator[FieldError]:
    """Yield an error if a percentage is more than 100%."""
    if isinstance(value, str) and not names.percent(value) and int(value[:-1]) > 100:
        yield FieldError.invalid(path, value, "must not be greater than 100%")


def number_of(value: int | str) -> int:
    """Return the number in ``2`` or ``25%`` (25); 0 if there is none."""
    digits = value.removesuffix("%") if isinstance(value, str) else str(value)
    return int(digits) if digits.lstrip("-").isdigit() else 0


# -- Deployment and ReplicaSet -----------------------------------------------------------------------------------------


def validate_deployment_spec(spec: Json, old_spec: Json | None = None) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a Deployment."""
    path = "spec"
    yield from validate_nonnegative(spec.get("replicas"), f"{path}.replicas")
    yield from validate_selector_and_template(spec, path, old_spec)
    yield from _deployment_strategy(spec.get("strategy") or {}, f"{path}.strategy")
    min_ready = spec.get("minReadySeconds", 0)
    yield from validate_nonnegative(min_ready, f"{path}.minReadySeconds")
    yield from validate_nonnegative(spec.get("revisionHistoryLimit"), f"{path}.revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        yield from validate_nonnegative(deadline, f"{path}.progressDeadlineSeconds")
        if deadline <= min_ready:
            yield FieldError.invalid(
                f"{path}.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"
            )


def _deployment_strategy(strategy: Json, path: str) -> Iterator[FieldError]:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            yield FieldError.forbidden(
                f"{path}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"
            )
    elif kind == "RollingUpdate":
        yield from _rolling_update(rolling or {}, f"{path}.rollingUpdate")
    else:
        inner = None
        if rolling is not None:
            inner = {"MaxUnavailable": rolling.get("maxUnavailable", 0), "MaxSurge": rolling.get("maxSurge", 0)}
        shown = {"Type": kind, "RollingUpdate": inner}
        yield FieldError.not_supported(path, shown, ("Recreate", "RollingUpdate"))


def _rolling_update(rolling: Json, path: str) -> Iterator[FieldError]:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    yield from validate_int_or_percent(unavailable, f"{path}.maxUnavailable")
    yield from validate_int_or_percent(surge, f"{path}.maxSurge")
    if number_of(unavailable) == 0 and number_of(surge) == 0:
        yield FieldError.invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    yield from validate_at_most_all(unavailable, f"{path}.maxUnavailable")


def validate_replica_set_spec(spec: Json, old_spec: Json | None = None) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a ReplicaSet."""
    yield from validate_nonnegative(spec.get("replicas"), "spec.replicas")
    yield from validate_nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from validate_selector_and_template(spec, "spec", old_spec)


def validate_selector_unchanged(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield an error if ``spec.selector`` changed: what is owned would be lost."""
    before, after = (obj["spec"].get("selector") for obj in (old, new))
    if before != after:
        yield from validate_immutable(selector_json(after), selector_json(before), "spec.selector")


def validate_replicas_status(status: Json, fields: tuple[str, ...]) -> Iterator[FieldError]:
    """Yield what is wrong with the counters of a status: none negative, no part above the whole."""
    for field in fields:
        yield from validate_nonnegative(status.get(field), f"status.{field}")
    replicas = status.get("replicas", 0)
    for field in fields:
        count = status.get(field, 0)
        if field not in ("replicas", "terminatingReplicas", "observedGeneration") and count > replicas:
            yield FieldError.invalid(f"status.{field}", count, "cannot be greater than status.replicas")
    available, ready = status.get("availableReplicas", 0), status.get("readyReplicas", 0)
    if available > ready:
        yield FieldError.invalid("status.availableReplicas", available, "cannot be greater than readyReplicas")


# -- StatefulSet -------------------------------------------------------------------------------------------------------


def validate_stateful_set_spec(spec: Json) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a StatefulSet."""
    policy = spec.get("podManagementPolicy", "")
    if not policy:
        yield FieldError.required("spec.podManagementPolicy")
    elif policy not in ("OrderedReady", "Parallel"):
        yield FieldError.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _stateful_set_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    yield from _retention(spec.get("persistentVolumeClaimRetentionPolicy"), "spec.persistentVolumeClaimRetentionPolicy")
    yield from validate_nonnegative(spec.get("replicas"), "spec.replicas")
    yield from validate_nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from validate_nonnegative((spec.get("ordinals") or {}).get("start"), "spec.ordinals.start")
    yield from validate_nonnegative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")
    if service := spec.get("serviceName"):
        for message in names.dns1123_label(service):
            yield FieldError.invalid("spec.serviceName", service, message)
    raw = spec.get("selector")
    if raw is None:
        yield FieldError.required("spec.selector")
    else:
        yield from validate_label_selector(raw, "spec.selector")
        if not raw.get("matchLabels") and not raw.get("matchExpressions"):
            yield FieldError.invalid("spec.selector", selector_json(raw), "empty selector is invalid for statefulset")
    template = spec.get("template") or {}
    try:
        selector = labels.from_label_selector(raw)
    except ValueError:
        yield FieldError.invalid("spec.selector", selector_json(raw), "")
    else:
        if not selector.is_everything and not selector.matches((template.get("metadata") or {}).get("labels")):
            yield no_match(template, "spec.template")
    yield from _template_of_stateful_set(spec, template)


def _template_of_stateful_set(spec: Json, template: Json) -> Iterator[FieldError]:
    # The claims become volumes of the Pods, so mounts may name them.
    claims = spec.get("volumeClaimTemplates") or []
    if claims:
        pod = template.get("spec") or {}
        claimed = [claim.get("metadata", {}).get("name", "") for claim in claims]
        kept = [volume for volume in pod.get("volumes") or () if volume.get("name") not in claimed]
        made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claimed]
        template = {**template, "spec": {**pod, "volumes": kept + made}}
    yield from validate_pod_template(template, "spec.template")
    pod = template.get("spec") or {}
    if pod.get("restartPolicy") != "Always":
        yield FieldError.not_supported("spec.template.spec.restartPolicy", pod.get("restartPolicy", ""), ("Always",))
    if "activeDeadlineSeconds" in pod:
        why = "activeDeadlineSeconds in StatefulSet is not Supported"
        yield FieldError.forbidden("spec.template.spec.activeDeadlineSeconds", why)
    for index, claim in enumerate(claims):
        yield from validate_claim_spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")


def _stateful_set_strategy(strategy: Json, path: str) -> Iterator[FieldError]:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if not kind:
        yield FieldError.required(path)
    elif kind == "OnDelete":
        if rolling is not None:
            shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
            why = 'only allowed for updateStrategy "RollingUpdate"'
            yield FieldError.invalid(f"{path}.rollingUpdate", shown, why)
    elif kind == "RollingUpdate":
        if rolling is not None:
            yield from validate_nonnegative(rolling.get("partition"), f"{path}.rollingUpdate.partition")
            if "maxUnavailable" in rolling:
                at = f"{path}.rollingUpdate.maxUnavailable"
                value = rolling["maxUnavailable"]
                yield from validate_int_or_percent(value, at)
                if number_of(value) == 0:
                    yield FieldError.invalid(at, value, "cannot be 0")
                yield from validate_at_most_all(value, at)
    else:
        shown = {"Type": kind, "RollingUpdate": None}
        yield FieldError.invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'")


def _retention(policy: Json | None, path: str) -> Iterator[FieldError]:
    for field in ("whenScaled", "whenDeleted"):
        if policy is not None and policy.get(field, "") not in ("Retain", "Delete"):
            yield FieldError.not_supported(f"{path}.{field}", policy.get(field, ""), ("Retain", "Delete"))


def validate_stateful_set_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*, beyond the spec by itself."""
    before, after = (
        {key: value for key, value in obj["spec"].items() if key not in _STATEFUL_SET_CHANGEABLE} for obj in (old, new)
    )
    if before != after:
        yield FieldError.forbidden("spec", _STATEFUL_SET_FROZEN)


# -- DaemonSet and ControllerRevision ----------------------------------------------------------------------------------


def validate_daemon_set_spec(spec: Json, old_spec: Json | None = None) -> Iterator[FieldError]:
    """Yield what is wrong with the spec of a DaemonSet."""
    raw, template = spec.get("selector"), spec.get("template") or {}
    yield from validate_label_selector(raw, "spec.selector")
    labels_of_template = (template.get("metadata") or {}).get("labels")
    try:
        selector = labels.from_label_selector(raw)
    except ValueError:
        selector = labels.NOTHING
    if raw is None or not selector.matches(labels_of_template):
        yield no_match(template, "spec.template", (old_spec or {}).get("template"))
    if raw is not None and not raw.get("matchLabels") and not raw.get("matchExpressions"):
        yield FieldError.invalid("spec.selector", selector_json(raw), "empty selector is invalid for daemonset")
    yield from validate_pod_template(template, "spec.template")
    pod = template.get("spec") or {}
    if pod.get("restartPolicy") != "Always":
        yield FieldError.not_supported("spec.template.spec.restartPolicy", pod.get("restartPolicy", ""), ("Always",))
    if "activeDeadlineSeconds" in pod:
        why = "activeDeadlineSeconds in DaemonSet is not Supported"
        yield FieldError.forbidden("spec.template.spec.activeDeadlineSeconds", why)
    yield from validate_nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from _daemon_set_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    yield from validate_nonnegative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")


def _daemon_set_strategy(strategy: Json, path: str) -> Iterator[FieldError]:
    kind = strategy.get("type", "")
    if kind == "RollingUpdate":
        rolling = strategy.get("rollingUpdate") or {}
        unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
        at = f"{path}.rollingUpdate"
        for field, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
            yield from validate_int_or_percent(value, f"{at}.{field}")
            yield from validate_at_most_all(value, f"{at}.{field}")
        if number_of(unavailable) and number_of(surge):
            yield FieldError.invalid(f"{at}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
        elif not number_of(unavailable) and not number_of(surge):
            yield FieldError.required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0")
    elif kind != "OnDelete":
        yield FieldError.not_supported(f"{path}.type", kind, ("RollingUpdate", "OnDelete"))


def validate_controller_revision(obj: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a ControllerRevision."""
    if obj.get("data") is None:
        yield FieldError.required("data", "data is mandatory")
    yield from validate_nonnegative(obj.get("revision"), "revision")
