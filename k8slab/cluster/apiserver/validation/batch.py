"""Jobs and CronJobs. Models pkg/apis/batch/validation. Left out: success policies, managedBy."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import cron, gojson, labels, names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.goform.podform import go_form
from k8slab.cluster.apiserver.validation.objectmeta import IMMUTABLE, validate_immutable, validate_nonnegative
from k8slab.cluster.apiserver.validation.pod_template import no_match, selector_json, validate_pod_template
from k8slab.cluster.apiserver.validation.selectors import validate_label_selector

Json = dict[str, Any]

_NUMBERS = (
    "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex",
)  # fmt: skip
#: 63 less what the controller appends for the time.
MOST_CRON_JOB_NAME = 52
_MOST_PARALLEL_INDEXES = 100_000
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def validate_job(job: Json) -> Iterator[FieldError]:
    """Yield what is wrong with a new Job, its generated selector included."""
    spec, metadata = job["spec"], job["metadata"]
    if not spec.get("manualSelector") and spec.get("selector") is not None:
        yield from _generated_selector(job)
    yield from _job_spec_with_selector(spec)
    completions = spec.get("completions")
    if spec.get("completionMode") == "Indexed" and completions:
        host = f"{metadata.get('name', '')}-{completions - 1}"
        if names.dns1123_label(host):
            why = f"will not able to create pod with invalid DNS label: {host}"
            yield FieldError.invalid("metadata.name", metadata.get("name", ""), why)


def _generated_selector(job: Json) -> Iterator[FieldError]:
    spec, uid, name = job["spec"], job["metadata"].get("uid", ""), job["metadata"].get("name", "")
    own = (spec["template"].get("metadata") or {}).get("labels") or {}
    expected = {
        "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid, "batch.kubernetes.io/job-name": name, "job-name": name,
    }  # fmt: skip
    for key, value in expected.items():
        if own.get(key) != value:
            at = f"spec.template.metadata.labels[{key}]"
            yield FieldError.invalid(at, gojson.sorted_map(own), f"must be '{value}'")
    try:
        selector = labels.from_label_selector(spec["selector"])
    except ValueError:
        return
    if not selector.matches(expected):
        yield FieldError.invalid("spec.selector", selector_json(spec["selector"]), "`selector` not auto-generated")


def _job_spec_with_selector(spec: Json) -> Iterator[FieldError]:
    yield from _job_spec(spec, "spec")
    raw = spec.get("selector")
    if raw is None:
        yield FieldError.required("spec.selector")
    else:
        yield from validate_label_selector(raw, "spec.selector")
    try:
        selector = labels.from_label_selector(raw)
    except ValueError:
        return
    if not selector.matches((spec["template"].get("metadata") or {}).get("labels")):
        yield no_match(spec["template"], "spec.template")


def _job_spec(spec: Json, path: str) -> Iterator[FieldError]:
    for field in _NUMBERS:
        yield from validate_nonnegative(spec.get(field), f"{path}.{field}")
    if "maxFailedIndexes" in spec:
        yield from validate_nonnegative(spec["maxFailedIndexes"], f"{path}.maxFailedIndexes")
        if "backoffLimitPerIndex" not in spec:
            yield FieldError.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    mode = spec.get("completionMode")
    if mode is not None and mode not in ("NonIndexed", "Indexed"):
        yield FieldError.not_supported(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        if "completions" not in spec:
            yield FieldError.required(f"{path}.completions", "when completion mode is Indexed")
        if spec.get("parallelism", 0) > _MOST_PARALLEL_INDEXES:
            why = "must be less than or equal to 100000 when completion mode is Indexed"
            yield FieldError.invalid(f"{path}.parallelism", spec["parallelism"], why)
    else:
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if field in spec:
                yield FieldError.invalid(f"{path}.{field}", spec[field], "requires indexed completion mode")
    if (policy := spec.get("podFailurePolicy")) is not None:
        yield from _failure_policy(spec, policy, f"{path}.podFailurePolicy")
    replacement = spec.get("podReplacementPolicy")
    if replacement is not None:
        allowed: Sequence[str] = ("Failed", "TerminatingOrFailed")
        if spec.get("podFailurePolicy") is not None:
            allowed = ("Failed",)
        if replacement not in allowed:
            yield FieldError.not_supported(f"{path}.podReplacementPolicy", replacement, allowed)
    template = spec.get("template") or {}
    yield from validate_pod_template(template, f"{path}.template")
    yield from _restart_policy(spec, (template.get("spec") or {}).get("restartPolicy", ""), f"{path}.template.spec")


def _restart_policy(spec: Json, policy: str, path: str) -> Iterator[FieldError]:
    if policy in ("", "Always"):
        yield FieldError.required(f"{path}.restartPolicy", 'valid values: "OnFailure", "Never"')
    elif policy not in ("OnFailure", "Never"):
        yield FieldError.not_supported(f"{path}.restartPolicy", policy, ("OnFailure", "Never"))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        why = 'only "Never" is supported when podFailurePolicy is specified'
        yield FieldError.invalid(f"{path}.restartPolicy", policy, why)


def _failure_policy(spec: Json, policy: Json, path: str) -> Iterator[FieldError]:
    rules = policy.get("rules") or []
    if len(rules) > 20:
        yield FieldError.too_many(f"{path}.rules", len(rules), 20)
    pod = (spec.get("template") or {}).get("spec") or {}
    containers = [c.get("name") for field in ("containers", "initContainers") for c in pod.get(field) or ()]
    for index, rule in enumerate(rules):
        at, action = f"{path}.rules[{index}]", rule.get("action", "")
        if not action:
            yield FieldError.required(f"{at}.action", 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]')
        elif action == "FailIndex" and "backoffLimitPerIndex" not in spec:
            yield FieldError.invalid(f"{at}.action", action, "requires the backoffLimitPerIndex to be set")
        elif action not in _ACTIONS:
            yield FieldError.not_supported(f"{at}.action", action, _ACTIONS)
        codes, patterns = rule.get("onExitCodes"), rule.get("onPodConditions")
        if codes is not None:
            yield from _exit_codes(codes, containers, f"{at}.onExitCodes")
        if codes is not None and patterns:
            yield FieldError.invalid(at, rule, "specifying both OnExitCodes and OnPodConditions is not supported")
        if codes is None and not patterns:
            yield FieldError.invalid(at, rule, "specifying one of OnExitCodes and OnPodConditions is required")


def _exit_codes(codes: Json, containers: Sequence[Any], path: str) -> Iterator[FieldError]:
    operator, values = codes.get("operator", ""), codes.get("values") or []
    if not operator:
        yield FieldError.required(f"{path}.operator", 'valid values: ["In" "NotIn"]')
    elif operator not in ("In", "NotIn"):
        yield FieldError.not_supported(f"{path}.operator", operator, ("In", "NotIn"))
    if (name := codes.get("containerName")) is not None and name not in containers:
        why = "must be one of the container or initContainer names in the pod template"
        yield FieldError.invalid(f"{path}.containerName", name, why)
    if not values:
        yield FieldError.invalid(f"{path}.values", values, "at least one value is required")
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            yield FieldError.invalid(f"{path}.values[{index}]", value, "must not be 0 for the In operator")
        if value in values[:index]:
            yield FieldError.duplicate(f"{path}.values[{index}]", value)
    if values != sorted(values):
        yield FieldError.invalid(f"{path}.values", values, "must be ordered")


def validate_job_update(new: Json, old: Json) -> Iterator[FieldError]:
    """Yield what is wrong with *new* in place of *old*."""
    spec, before = new["spec"], old["spec"]
    yield from _job_spec_with_selector(spec)
    elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    if not elastic:
        yield from validate_immutable(spec.get("completions"), before.get("completions"), "spec.completions")
    yield from validate_immutable(
        selector_json(spec.get("selector")), selector_json(before.get("selector")), "spec.selector"
    )
    if _frozen_template(spec, old) != before["template"]:
        yield FieldError.invalid("spec.template", go_form("PodTemplateSpec", spec["template"]), IMMUTABLE)
    for field in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex"):
        yield from validate_immutable(spec.get(field), before.get(field), f"spec.{field}")


def _frozen_template(spec: Json, old: Json) -> Json:
    """Return the new template with what may still change taken back: while suspended, where the Pods go and their labels."""
    template, before = spec["template"], old["spec"]["template"]
    if not old["spec"].get("suspend") or (old.get("status") or {}).get("startTime"):
        return template
    pod, pod_before = dict(template.get("spec") or {}), before.get("spec") or {}
    for field in ("affinity", "nodeSelector", "tolerations", "schedulingGates"):
        if field in pod_before:
            pod[field] = pod_before[field]
        else:
            pod.pop(field, None)
    return {**template, "spec": pod, "metadata": before.get("metadata") or {}}


def validate_cron_job(obj: Json, old: Json | None = None) -> Iterator[FieldError]:
    """Yield what is wrong with a CronJob; a schedule that was let in once may stay."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    schedule, zone = spec.get("schedule", ""), spec.get("timeZone")
    if not schedule:
        yield FieldError.required("spec.schedule")
    elif old is None or old["spec"].get("schedule") != schedule or old["spec"].get("timeZone") != zone:
        yield from _schedule(schedule, zone)
    yield from validate_nonnegative(spec.get("startingDeadlineSeconds"), "spec.startingDeadlineSeconds")
    if zone is not None and (old is None or old["spec"].get("timeZone") != zone):
        yield from _time_zone(zone, "spec.timeZone")
    policy = spec.get("concurrencyPolicy", "")
    if policy not in ("Allow", "Forbid", "Replace"):
        yield FieldError.not_supported("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace"))
    job = spec["jobTemplate"].get("spec") or {}
    yield from _job_spec(job, "spec.jobTemplate.spec")
    if job.get("selector") is not None:
        why = "`selector` will be auto-generated"
        yield FieldError.invalid("spec.jobTemplate.spec.selector", selector_json(job["selector"]), why)
    if job.get("manualSelector"):
        yield FieldError.not_supported("spec.jobTemplate.spec.manualSelector", True, ("nil", "false"))
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from validate_nonnegative(spec.get(field), f"spec.{field}")
    if old is None and len(name) > MOST_CRON_JOB_NAME:
        yield FieldError.invalid("metadata.name", name, f"must be no more than {MOST_CRON_JOB_NAME} characters")


def _schedule(schedule: str, zone: str | None) -> Iterator[FieldError]:
    if "TZ" in schedule:
        why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield FieldError.invalid("spec.schedule", schedule, why)
        return
    try:
        cron.parse(schedule)
    except ValueError as error:
        yield FieldError.invalid("spec.schedule", schedule, str(error))


def _time_zone(zone: str, path: str) -> Iterator[FieldError]:
    if not zone:
        yield FieldError.invalid(path, zone, "timeZone must be nil or non-empty string")
    elif zone.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield FieldError.invalid(path, zone, why)
    else:
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            yield FieldError.invalid(path, zone, f"unknown time zone {zone}")
