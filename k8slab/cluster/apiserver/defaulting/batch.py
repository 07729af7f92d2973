"""Defaults of Jobs. Models pkg/apis/batch/v1/defaults.go."""

from __future__ import annotations

from typing import Any

from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_template

Json = dict[str, Any]

HIGHEST_INT32 = 2**31 - 1


def default_job_spec(spec: Json) -> None:
    """Complete the spec of a Job in place."""
    default_pod_template(spec.setdefault("template", {}))
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", HIGHEST_INT32 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    policy = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed" if policy is None else "Failed")
    for rule in (policy or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")
