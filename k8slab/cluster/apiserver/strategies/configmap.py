"""ConfigMap: configuration by key. Models pkg/registry/core/configmap and its validation and printer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age


class ConfigMapStrategy(Strategy):
    """ConfigMaps: data and binaryData; immutable ones never change again."""

    model = ConfigMap
    singular = "configmap"
    short_names = ("cm",)
    columns = (NAME_COLUMN, Column("Data", description="Data contains the configuration data."), AGE_COLUMN)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        if old.get("immutable"):
            if not new.get("immutable"):
                yield FieldError.forbidden("immutable", "field is immutable when `immutable` is set")
            for field in ("data", "binaryData"):
                if new.get(field) != old.get(field):
                    yield FieldError.forbidden(field, "field is immutable when `immutable` is set")
        yield from self.validate(new)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), age(obj, now)]
