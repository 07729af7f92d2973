"""StatefulSet: Pods with names and storage of their own. Models pkg/registry/apps/statefulset/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import StatefulSet

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import default_claim_spec, default_pod_template
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.strategies.workload import (
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    template_cells,
    workload_warnings,
)
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.apps import (
    validate_replicas_status,
    validate_stateful_set_spec,
    validate_stateful_set_update,
)

_COUNTERS = ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")


class StatefulSetStrategy(Strategy):
    """StatefulSets: only a few fields may change; the claims' templates may not."""

    model = StatefulSet
    singular = "statefulset"
    short_names = ("sts",)
    categories = ("all",)
    subresources = ("status", "scale")
    columns = (
        NAME_COLUMN,
        Column("Ready", description="Number of the pod with ready state"),
        AGE_COLUMN,
        CONTAINERS_COLUMN,
        IMAGES_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        spec = obj.setdefault("spec", {})
        default_pod_template(spec.setdefault("template", {}))
        spec.setdefault("podManagementPolicy", "OrderedReady")
        strategy = spec.setdefault("updateStrategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
        retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
        retention.setdefault("whenDeleted", "Retain")
        retention.setdefault("whenScaled", "Retain")
        spec.setdefault("replicas", 1)
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("serviceName", "")
        for claim in spec.get("volumeClaimTemplates") or ():
            claim.setdefault("kind", "PersistentVolumeClaim")
            claim.setdefault("apiVersion", "v1")
            claim.setdefault("metadata", {})
            default_claim_spec(claim.setdefault("spec", {}))
            claim.setdefault("status", {}).setdefault("phase", "Pending")
        status = obj.setdefault("status", {})
        status.setdefault("replicas", 0)
        status.setdefault("availableReplicas", 0)

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"replicas": 0, "availableReplicas": 0}
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")
        self.count_generation(new, old)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_stateful_set_spec(obj["spec"])

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_stateful_set_spec(new["spec"])
        yield from validate_stateful_set_update(new, old)

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_replicas_status(new.get("status") or {}, _COUNTERS)

    def warnings(self, obj: Obj) -> list[str]:
        return workload_warnings(obj)

    def warnings_on_update(self, new: Obj, old: Obj) -> list[str]:
        return workload_warnings(new, old)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        ready = f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
        return [obj["metadata"]["name"], ready, age(obj, now), *template_cells(obj)]
