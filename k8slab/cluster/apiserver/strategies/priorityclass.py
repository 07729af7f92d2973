"""PriorityClass: which Pods go first, and which must make room. Models pkg/registry/scheduling/priorityclass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lightkube.resources.scheduling_v1 import PriorityClass

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age

HIGHEST_USER_PRIORITY = 1_000_000_000
SYSTEM_CLASSES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


class PriorityClassStrategy(Strategy):
    """PriorityClasses: a name for a number, which never changes."""

    model = PriorityClass
    singular = "priorityclass"
    short_names = ("pc",)
    columns = (
        NAME_COLUMN,
        Column("Value", "integer", description="value represents the integer value of this priority class."),
        Column("Global-Default", "boolean", description="globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class."),
        AGE_COLUMN,
        Column("PreemptionPolicy", description="preemptionPolicy is the Policy for preempting pods with lower priority."),
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        obj.setdefault("value", 0)
        obj.setdefault("preemptionPolicy", "PreemptLowerPriority")

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["metadata"]["generation"] = 1

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        name, value = obj["metadata"].get("name", ""), obj["value"]
        if name.startswith("system-"):
            if SYSTEM_CLASSES.get(name) != value:
                why = "priority class names with 'system-' prefix are reserved for system use only. error: " + (
                    f"value of {name} PriorityClass must be {SYSTEM_CLASSES[name]}"
                    if name in SYSTEM_CLASSES
                    else f"{name} is not a known system priority class"
                )
                yield FieldError.forbidden("metadata.name", why)
        elif value > HIGHEST_USER_PRIORITY:
            why = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
            yield FieldError.forbidden("value", why)
        if obj["preemptionPolicy"] not in ("PreemptLowerPriority", "Never"):
            words = ("PreemptLowerPriority", "Never")
            yield FieldError.not_supported("preemptionPolicy", obj["preemptionPolicy"], words)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        if new["value"] != old["value"]:
            yield FieldError.forbidden("value", "may not be changed in an update.")
        if new["preemptionPolicy"] != old["preemptionPolicy"]:
            yield FieldError.invalid("preemptionPolicy", new["preemptionPolicy"], "field is immutable")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        cells = [obj["metadata"]["name"], obj.get("value", 0), bool(obj.get("globalDefault")), age(obj, now)]
        return [*cells, obj.get("preemptionPolicy", "PreemptLowerPriority")]
