"""LimitRange: bounds and defaults for what one container may ask for. Models pkg/registry/core/limitrange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.core_v1 import LimitRange

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import canonical_resources
from k8slab.cluster.apiserver.strategies.strategy import AGE_DESCRIPTION, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.validation.limits import validate_limit_range

_AMOUNTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


class LimitRangeStrategy(Strategy):
    """LimitRanges: admission fills in and refuses by them."""

    model = LimitRange
    singular = "limitrange"
    short_names = ("limits",)
    columns = (NAME_COLUMN, Column("Created At", "date", description=AGE_DESCRIPTION))

    def default(self, obj: Obj) -> None:
        for limit in obj.setdefault("spec", {}).setdefault("limits", []):
            for field in _AMOUNTS:
                if field in limit:
                    canonical_resources(limit[field])
            if limit.get("type") == "Container":
                _fill(limit, "default", limit.get("max"))
                _fill(limit, "defaultRequest", limit.get("default"))
                _fill(limit, "defaultRequest", limit.get("min"))

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_limit_range(obj)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


def _fill(limit: Obj, field: str, source: Obj | None) -> None:
    missing = {name: amount for name, amount in (source or {}).items() if name not in (limit.get(field) or {})}
    if missing:
        limit[field] = {**(limit.get(field) or {}), **missing}
