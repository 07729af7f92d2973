"""ReplicationController: what ReplicaSets were before selectors could have expressions. Models pkg/registry/core/replicationcontroller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import ReplicationController

from k8slab.apimachinery import labels
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import default_pod_template
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.strategies.workload import (
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    SELECTOR_COLUMN,
    template_cells,
    workload_warnings,
)
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.apps import validate_replicas_status
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative
from k8slab.cluster.apiserver.validation.pod_template import validate_matching_template

_COUNTERS = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")


class ReplicationControllerStrategy(Strategy):
    """ReplicationControllers: the selector is a plain map, taken from the template if missing, and may change."""

    model = ReplicationController
    singular = "replicationcontroller"
    short_names = ("rc",)
    categories = ("all",)
    subresources = ("status", "scale")
    default_propagation = "Orphan"
    columns = (
        NAME_COLUMN,
        Column("Desired", "integer", description="Replicas is the number of desired replicas."),
        Column("Current", "integer", description="Replicas is the most recently observed number of replicas."),
        Column("Ready", "integer", description="The number of ready replicas for this replication controller."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_pod_template(spec.setdefault("template", {}))
        template_labels = spec["template"]["metadata"].get("labels")
        if template_labels:
            if not spec.get("selector"):
                spec["selector"] = dict(template_labels)
            if not obj.get("metadata", {}).get("labels"):
                obj.setdefault("metadata", {})["labels"] = dict(template_labels)
        spec.setdefault("replicas", 1)
        obj.setdefault("status", {}).setdefault("replicas", 0)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"replicas": 0}
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        return self.validate_update(obj, {})

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        spec = new["spec"]
        yield from validate_nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
        if not spec.get("selector"):
            yield FieldError.required("spec.selector")
        yield from validate_nonnegative(spec.get("replicas"), "spec.replicas")
        yield from validate_matching_template(spec, labels.from_map(spec.get("selector")), "spec", old.get("spec"))

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
        selector = str(labels.from_map(obj["spec"].get("selector"))) or "<none>"
        return [obj["metadata"]["name"], *counts, age(obj, now), *template_cells(obj), selector]

    def replicas(self, obj: Obj) -> tuple[int, int, str]:
        selector = str(labels.from_map(obj["spec"].get("selector")))
        return obj["spec"].get("replicas", 0), (obj.get("status") or {}).get("replicas", 0), selector
