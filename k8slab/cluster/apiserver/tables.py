"""Server-side tables: what ``kubectl get`` prints is computed here, so that every client shows the same columns.

Models apiserver pkg/endpoints/handlers/response.go (asTable). The cells are the strategy's (pkg/printers/internalversion).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from k8slab.apimachinery import durations, errors
from k8slab.cluster.apiserver.strategies.strategy import Obj, Strategy

META_V1 = "meta.k8s.io/v1"
NONE, METADATA, OBJECT = "None", "Metadata", "Object"


def age(obj: dict[str, Any], now: dt.datetime) -> str:
    """Return how long ago *obj* was created, as tables show it: ``5d``, ``3m12s``, ``<unknown>``."""
    return durations.since(obj["metadata"].get("creationTimestamp"), now)


def table(
    strategy: Strategy,
    objs: Iterable[Obj],
    now: dt.datetime,
    include_object: str,
    metadata: Obj,
    *,
    with_columns: bool = True,
) -> Obj:
    """Return *objs* as a ``meta.k8s.io/v1 Table``; *include_object* is None, Metadata or Object. Raises BadRequest."""
    if include_object not in ("", NONE, METADATA, OBJECT):
        raise errors.bad_request(f'unrecognized includeObject value: "{include_object}"')
    rows = []
    for obj in objs:
        row: Obj = {"cells": strategy.row(obj, now)}
        if include_object == OBJECT:
            row["object"] = obj
        elif include_object != NONE:
            row["object"] = partial_metadata(obj)
        rows.append(row)
    columns = [
        {"name": c.name, "type": c.type, "format": c.format, "description": c.description, "priority": c.priority}
        for c in (strategy.columns if with_columns else ())
    ]
    result: Obj = {"kind": "Table", "apiVersion": META_V1, "metadata": metadata}
    return result | {"columnDefinitions": columns, "rows": rows}


def partial_metadata(obj: Obj) -> Obj:
    """Return *obj* without all but its metadata."""
    return {"kind": "PartialObjectMetadata", "apiVersion": META_V1, "metadata": obj["metadata"]}
