"""Endpoints: the old list of addresses behind a Service. Models pkg/registry/core/endpoint and printEndpoints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.core_v1 import Endpoints

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.printing.endpoints import some_of
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.service import validate_endpoints


class EndpointsStrategy(Strategy):
    """Endpoints: addresses and ports in subsets; EndpointSlices took their place."""

    model = Endpoints
    singular = "endpoints"
    short_names = ("ep",)
    allow_create_on_update = True
    deprecated = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
    columns = (
        NAME_COLUMN,
        Column("Endpoints", description="The set of all endpoints is the union of all subsets."),
        AGE_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        for subset in obj.get("subsets") or ():
            for port in subset.get("ports") or ():
                port.setdefault("protocol", "TCP")

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_endpoints(obj)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        return [obj["metadata"]["name"], _endpoints(obj), age(obj, now)]


def _endpoints(obj: Obj) -> str:
    if not obj.get("subsets"):
        return "<none>"
    cells = []
    for subset in obj["subsets"]:
        addresses = [address.get("ip", "") for address in subset.get("addresses") or ()]
        ports = subset.get("ports")
        if not ports:
            cells += addresses
        for port in ports or ():
            number = port.get("port", 0)
            cells += [f"[{ip}]:{number}" if ":" in ip else f"{ip}:{number}" for ip in addresses]
    return some_of(cells)
