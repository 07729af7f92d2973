"""ControllerRevision: a past template, kept for going back. Models pkg/registry/apps/controllerrevision/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import ControllerRevision

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.apps import validate_controller_revision
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable

_NONE = "<none>"


class ControllerRevisionStrategy(Strategy):
    """ControllerRevisions: the data never changes."""

    model = ControllerRevision
    singular = "controllerrevision"
    columns = (
        NAME_COLUMN,
        Column("Controller", description="Controller of the object"),
        Column("Revision", description="Revision indicates the revision of the state represented by Data."),
        AGE_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        obj.setdefault("revision", 0)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_controller_revision(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_controller_revision(new)
        yield from validate_immutable(new.get("data"), old.get("data"), "data")

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], _controller(obj), obj.get("revision", 0), age(obj, now)]


def _controller(obj: Obj) -> str:
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            group = owner["apiVersion"].rpartition("/")[0]
            return f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"
    return _NONE
