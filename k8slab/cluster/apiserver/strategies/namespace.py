"""Namespace: a room with a door of its own. Models pkg/registry/core/namespace/strategy.go."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lightkube.resources.core_v1 import Namespace

from k8slab.apimachinery import names
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age

NAME_LABEL = "kubernetes.io/metadata.name"


class NamespaceStrategy(Strategy):
    """Namespaces: they carry their own name as a label, and go only when all in them has gone."""

    model = Namespace
    singular = "namespace"
    short_names = ("ns",)
    subresources = ("status", "finalize")
    name_rule = names.dns1123_label
    columns = (NAME_COLUMN, Column("Status", description="The status of the namespace"), AGE_COLUMN)

    def default(self, obj: Obj) -> None:
        _label(obj.setdefault("metadata", {}))
        obj.setdefault("spec", {})
        obj.setdefault("status", {}).setdefault("phase", "Active")

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["status"] = {"phase": "Active"}
        finalizers = new["spec"].get("finalizers") or []
        if "kubernetes" not in finalizers:
            new["spec"]["finalizers"] = [*finalizers, "kubernetes"]
        _label(new["metadata"])

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        self.keep(new["spec"], old["spec"], "finalizers")
        self.keep(new, old, "status")

    def fields(self, obj: Obj) -> dict[str, str]:
        phase = (obj.get("status") or {}).get("phase", "")
        return {**self.metadata_fields(obj), "status.phase": phase, "name": obj["metadata"].get("name", "")}

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), age(obj, now)]


def _label(metadata: Obj) -> None:
    labels, name = metadata.get("labels"), metadata.get("name")
    if name and (labels is None or labels.get(NAME_LABEL) != name):
        metadata["labels"] = {**(labels or {}), NAME_LABEL: name}
