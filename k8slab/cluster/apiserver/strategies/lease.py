"""Lease: a heartbeat, and who leads. Models pkg/registry/coordination/lease/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lightkube.resources.coordination_v1 import Lease

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.objectmeta import validate_nonnegative


class LeaseStrategy(Strategy):
    """Leases: kubelets renew theirs, so that a dead node is noticed."""

    model = Lease
    singular = "lease"
    allow_create_on_update = True
    allow_unconditional_update = False
    columns = (
        NAME_COLUMN,
        Column("Holder", description="holderIdentity contains the identity of the holder of a current lease."),
        AGE_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        obj.setdefault("spec", {})

    def validate(self, obj: Obj) -> Iterator[FieldError]:
        spec = obj["spec"]
        duration = spec.get("leaseDurationSeconds")
        if duration is not None and duration <= 0:
            yield FieldError.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
        yield from validate_nonnegative(spec.get("leaseTransitions"), "spec.leaseTransitions")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], (obj.get("spec") or {}).get("holderIdentity", ""), age(obj, now)]
