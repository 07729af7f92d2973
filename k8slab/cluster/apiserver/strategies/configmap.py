"""ConfigMap: configuration by key. Models pkg/registry/core/configmap/strategy.go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import ConfigMap

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.configuration import validate_config_map, validate_frozen_data


class ConfigMapStrategy(Strategy):
    """ConfigMaps: data and binaryData; immutable ones never change again."""

    model = ConfigMap
    singular = "configmap"
    short_names = ("cm",)
    columns = (NAME_COLUMN, Column("Data", description="Data contains the configuration data."), AGE_COLUMN)

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_config_map(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_frozen_data(new, old, ("data", "binaryData"))
        yield from validate_config_map(new)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), age(obj, now)]
