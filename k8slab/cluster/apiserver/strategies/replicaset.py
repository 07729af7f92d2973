"""ReplicaSet: so many Pods of one template, no more and no less. Models pkg/registry/apps/replicaset/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import ReplicaSet

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_template
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.strategies.workload import (
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    SELECTOR_COLUMN,
    selector_cell,
    template_cells,
    workload_warnings,
)
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.apps import (
    validate_replica_set_spec,
    validate_replicas_status,
    validate_selector_unchanged,
)

_COUNTERS = (
    "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas", "observedGeneration",
)  # fmt: skip


class ReplicaSetStrategy(Strategy):
    """ReplicaSets: the selector never changes; a changed template counts only for Pods made later."""

    model = ReplicaSet
    singular = "replicaset"
    short_names = ("rs",)
    categories = ("all",)
    subresources = ("status", "scale")
    columns = (
        NAME_COLUMN,
        Column("Desired", "integer", description="Replicas is the number of desired pods."),
        Column("Current", "integer", description="Replicas is the most recently observed number of non-terminating pods."),
        Column("Ready", "integer", description="The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_pod_template(spec.setdefault("template", {}))
        spec.setdefault("replicas", 1)
        obj.setdefault("status", {}).setdefault("replicas", 0)

    def default_status(self, obj: Obj) -> None:
        obj.setdefault("status", {}).setdefault("replicas", 0)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"replicas": 0}
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_replica_set_spec(obj["spec"])

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_replica_set_spec(new["spec"], old["spec"])
        yield from validate_selector_unchanged(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_replicas_status(new.get("status") or {}, _COUNTERS)

    def warnings(self, obj: Obj) -> list[str]:
        return workload_warnings(obj)

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return workload_warnings(new, old)

    def fields(self, obj: Obj) -> dict[str, str]:
        replicas = (obj.get("status") or {}).get("replicas", 0)
        return {**self.metadata_fields(obj), "status.replicas": str(replicas)}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        status = obj.get("status") or {}
        counts = [obj["spec"].get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
        return [obj["metadata"]["name"], *counts, age(obj, now), *template_cells(obj), selector_cell(obj)]
