"""PodDisruptionBudget: how many Pods may be taken away at once. Models pkg/registry/policy/poddisruptionbudget."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lightkube.resources.policy_v1 import PodDisruptionBudget

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.apps import validate_at_most_all, validate_int_or_percent
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative
from k8slab.cluster.apiserver.validation.selectors import validate_label_selector

_COUNTERS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


class PodDisruptionBudgetStrategy(Strategy):
    """PodDisruptionBudgets: evictions obey them, deletions do not."""

    model = PodDisruptionBudget
    singular = "poddisruptionbudget"
    short_names = ("pdb",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Min Available", description="The minimum number of pods that must be available."),
        Column("Max Unavailable", description="The maximum number of pods that may be unavailable."),
        Column(
            "Allowed Disruptions",
            "integer",
            description="Calculated number of pods that may be disrupted at this time.",
        ),
        AGE_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        obj.setdefault("spec", {})
        status = obj.setdefault("status", {})
        for field in _COUNTERS:
            status.setdefault(field, 0)
        for condition in status.get("conditions") or ():
            condition.setdefault("message", "")

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = dict.fromkeys(_COUNTERS, 0)
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        spec = obj["spec"]
        if "minAvailable" in spec and "maxUnavailable" in spec:
            shown = {"MinAvailable": spec["minAvailable"], "Selector": spec.get("selector")}
            shown |= {
                "MaxUnavailable": spec["maxUnavailable"],
                "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
            }
            yield FieldError.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
        for field in ("minAvailable", "maxUnavailable"):
            if field in spec:
                yield from validate_int_or_percent(spec[field], f"spec.{field}")
                yield from validate_at_most_all(spec[field], f"spec.{field}")
        yield from validate_label_selector(spec.get("selector"), "spec.selector")
        policy = spec.get("unhealthyPodEvictionPolicy")
        if policy is not None and policy not in ("AlwaysAllow", "IfHealthyBudget"):
            words = ("AlwaysAllow", "IfHealthyBudget")
            yield FieldError.not_supported("spec.unhealthyPodEvictionPolicy", policy, words)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        for field in _COUNTERS:
            yield from validate_nonnegative((new.get("status") or {}).get(field), f"status.{field}")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        spec, status = obj.get("spec") or {}, obj.get("status") or {}
        bounds = [str(spec.get(field, "N/A")) for field in ("minAvailable", "maxUnavailable")]
        return [obj["metadata"]["name"], *bounds, status.get("disruptionsAllowed", 0), age(obj, now)]
