"""DaemonSet: one Pod on every node. Models pkg/registry/apps/daemonset/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import DaemonSet

from k8slab.apimachinery import labels
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
from k8slab.cluster.apiserver.validation.apps import validate_daemon_set_spec, validate_selector_unchanged
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative

#: The number of the template, once a field of its own.
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_ALWAYS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_COUNTERS = (*_ALWAYS, "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable")


class DaemonSetStrategy(Strategy):
    """DaemonSets: no number of replicas; the nodes are the number."""

    model = DaemonSet
    singular = "daemonset"
    short_names = ("ds",)
    categories = ("all",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Desired", "integer", description="The total number of nodes that should be running the daemon pod (including nodes correctly running the daemon pod)."),
        Column("Current", "integer", description="The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod."),
        Column("Ready", "integer", description="numberReady is the number of nodes that should be running the daemon pod and have one or more of the daemon pod running with a Ready Condition."),
        Column("Up-to-date", "integer", description="The total number of nodes that are running updated daemon pod"),
        Column("Available", "integer", description="The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available (ready for at least spec.minReadySeconds)"),
        Column("Node Selector", description="NodeSelector is a selector which must be true for the pod to fit on a node. Selector which must match a node's labels for the pod to be scheduled on that node."),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
        SELECTOR_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_pod_template(spec.setdefault("template", {}))
        strategy = spec.setdefault("updateStrategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", 1)
            rolling.setdefault("maxSurge", 0)
        spec.setdefault("revisionHistoryLimit", 10)
        status = obj.setdefault("status", {})
        for field in _ALWAYS:
            status.setdefault(field, 0)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = dict.fromkeys(_ALWAYS, 0)
        new["metadata"]["generation"] = 1
        _number_template(new, 1)

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        number = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "0"))
        _number_template(new, number + (new["spec"]["template"] != old["spec"]["template"]))
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_daemon_set_spec(obj["spec"])

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_daemon_set_spec(new["spec"], old["spec"])
        yield from validate_selector_unchanged(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        for field in _COUNTERS:
            yield from validate_nonnegative((new.get("status") or {}).get(field), f"status.{field}")

    def warnings(self, obj: Obj) -> list[str]:
        return workload_warnings(obj)

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return workload_warnings(new, old)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        status, pod = obj.get("status") or {}, (obj["spec"].get("template") or {}).get("spec") or {}
        counts = (
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        )
        return [
            obj["metadata"]["name"],
            *(status.get(field, 0) for field in counts),
            str(labels.from_map(pod.get("nodeSelector"))) or "<none>",
            age(obj, now),
            *template_cells(obj),
            selector_cell(obj),
        ]


def _number_template(obj: Obj, number: int) -> None:
    obj["metadata"]["annotations"] = {**(obj["metadata"].get("annotations") or {}), TEMPLATE_GENERATION: str(number)}
