"""ResourceQuota: how much a namespace may hold. Models pkg/registry/core/resourcequota/strategy.go and printResourceQuota."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import ResourceQuota

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.defaulting.pod_spec import canonical_resources
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.limits import validate_quota_scopes, validate_quota_spec
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable


class ResourceQuotaStrategy(Strategy):
    """ResourceQuotas: admission counts against them, the quota controller recounts."""

    model = ResourceQuota
    singular = "resourcequota"
    short_names = ("quota",)
    subresources = ("status",)
    columns = (
        NAME_COLUMN,
        Column("Request", description="Request represents a minimum amount of cpu/memory that a container may consume."),
        Column("Limit", description="Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."),
        AGE_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        spec, status = obj.setdefault("spec", {}), obj.setdefault("status", {})
        for holder, field in ((spec, "hard"), (status, "hard"), (status, "used")):
            if holder.get(field):
                canonical_resources(holder[field])

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {}

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new, old, "status")

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        yield from validate_quota_spec(obj["spec"])
        yield from validate_quota_scopes(obj["spec"])

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from self.validate(new)
        before, after = (sorted(obj["spec"].get("scopes") or ()) for obj in (old, new))
        yield from validate_immutable(after, before, "spec.scopes")

    def validate_status_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        status = new.get("status") or {}
        for field in ("hard", "used"):
            yield from validate_quota_spec({"hard": status.get(field)}, f"status.{field}")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        status = obj.get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        cells = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
        requests = [cell for name, cell in cells.items() if not name.startswith("limits.")]
        limits = [cell for name, cell in cells.items() if name.startswith("limits.")]
        return [obj["metadata"]["name"], ", ".join(requests), ", ".join(limits), age(obj, now)]
