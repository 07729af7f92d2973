"""Secret: data by key that nobody should read. Models pkg/registry/core/secret/strategy.go."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.core_v1 import Secret

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.configuration import validate_frozen_data, validate_secret
from k8slab.cluster.apiserver.validation.objectmeta import validate_immutable


class SecretStrategy(Strategy):
    """Secrets: ``stringData`` is written, never read; the type never changes."""

    model = Secret
    singular = "secret"
    columns = (
        NAME_COLUMN,
        Column("Type", description="Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"),
        Column("Data", description="Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4"),
        AGE_COLUMN,
    )  # fmt: skip

    def default(self, obj: Obj) -> None:
        strings = obj.pop("stringData", None)
        if strings:
            encoded = {key: base64.b64encode(value.encode()).decode() for key, value in strings.items()}
            obj["data"] = {**(obj.get("data") or {}), **encoded}
        if not obj.get("type"):
            obj["type"] = "Opaque"

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        if not new.get("type"):
            new["type"] = old["type"]

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_secret(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterator[FieldError]:
        yield from validate_immutable(new.get("type", ""), old.get("type", ""), "type")
        yield from validate_frozen_data(new, old, ("data",))
        yield from validate_secret(new)

    def fields(self, obj: Obj) -> dict[str, str]:
        return {**self.metadata_fields(obj), "type": obj.get("type", "")}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), age(obj, now)]
