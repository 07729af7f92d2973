"""Deployment: a template and a number; ReplicaSets come and go under it. Models pkg/registry/apps/deployment/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import Deployment

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
    validate_deployment_spec,
    validate_replicas_status,
    validate_selector_unchanged,
)

_COUNTERS = (
    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas",
    "unavailableReplicas",
)  # fmt: skip
#: unavailableReplicas may exceed replicas while a rollout waits for Pods that are not made yet.
_COUNTED = tuple(field for field in _COUNTERS if field != "unavailableReplicas")


class DeploymentStrategy(Strategy):
    """Deployments: the selector never changes; annotations count as a change, because ReplicaSets copy them."""

    model = Deployment
    singular = "deployment"
    short_names = ("deploy",)
    categories = ("all",)
    subresources = ("status", "scale")
    columns = (
        NAME_COLUMN,
        Column("Ready", description="Number of the pod with ready state"),
        Column("Up-to-date", description="Total number of non-terminated pods targeted by this deployment that have the desired template spec."),
        Column("Available", description="Total number of available pods (ready for at least minReadySeconds) targeted by this deployment."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_pod_template(spec.setdefault("template", {}))
        spec.setdefault("replicas", 1)
        strategy = spec.setdefault("strategy", {})
        kind = strategy.setdefault("type", "RollingUpdate")
        if kind == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", "25%")
            rolling.setdefault("maxSurge", "25%")
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("progressDeadlineSeconds", 600)
        obj.setdefault("status", {})

    def default_status(self, obj: Obj) -> None:
        obj.setdefault("status", {})

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {}
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        before = old["metadata"].get("generation", 0)
        changed = new["spec"] != old["spec"] or _annotations(new) != _annotations(old)
        new["metadata"]["generation"] = before + 1 if changed else before

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_deployment_spec(obj["spec"])

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_deployment_spec(new["spec"], old["spec"])
        yield from validate_selector_unchanged(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_replicas_status(new.get("status") or {}, _COUNTED)

    def warnings(self, obj: Obj) -> list[str]:
        return workload_warnings(obj)

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return workload_warnings(new, old)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        status = obj.get("status") or {}
        ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
        counts = [ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
        return [obj["metadata"]["name"], *counts, age(obj, now), *template_cells(obj), selector_cell(obj)]


def _annotations(obj: Obj) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}
