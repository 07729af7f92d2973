"""EndpointSlice: up to a hundred addresses behind a Service. Models pkg/registry/discovery/endpointslice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from lightkube.resources.discovery_v1 import EndpointSlice

from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.printing.endpoints import some_of
from k8slab.cluster.apiserver.strategies.strategy import AGE_COLUMN, NAME_COLUMN, Column, Obj, Strategy, StrategyContext
from k8slab.cluster.apiserver.tables import age
from k8slab.cluster.apiserver.validation.service import validate_endpoint_slice

UNSET = "<unset>"
_NOT_COUNTED = ("resourceVersion", "generation", "managedFields")


class EndpointSliceStrategy(Strategy):
    """EndpointSlices: any change counts for the generation."""

    model = EndpointSlice
    singular = "endpointslice"
    columns = (
        NAME_COLUMN,
        Column("AddressType", description="addressType specifies the type of address carried by this EndpointSlice."),
        Column(
            "Ports", description="ports specifies the list of network ports exposed by each endpoint in this slice."
        ),
        Column("Endpoints", description="endpoints is a list of unique endpoints in this slice."),
        AGE_COLUMN,
    )

    def default(self, obj: Obj) -> None:
        for field in ("endpoints", "ports"):
            obj[field] = obj.get(field) or None
        for endpoint in obj["endpoints"] or ():
            endpoint.setdefault("conditions", {})
        for port in obj["ports"] or ():
            port.setdefault("name", "")
            port.setdefault("protocol", "TCP")

    def prepare_for_create(self, new: Obj, context: StrategyContext) -> None:
        new["metadata"]["generation"] = 1

    def prepare_for_update(self, new: Obj, old: Obj, context: StrategyContext) -> None:
        generation = old["metadata"].get("generation", 0)
        new["metadata"]["generation"] = generation + 1 if _counted(new) != _counted(old) else generation

    def validate(self, obj: Obj) -> Iterable[FieldError]:
        return validate_endpoint_slice(obj)

    def validate_update(self, new: Obj, old: Obj) -> Iterable[FieldError]:
        return validate_endpoint_slice(new, old)

    def row(self, obj: Obj, now: dt.datetime) -> list[Any]:
        ports = [str(port.get("port", "*")) for port in obj.get("ports") or ()]
        addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
        cells = [obj.get("addressType", ""), some_of(ports) or UNSET, some_of(addresses) or UNSET]
        return [obj["metadata"]["name"], *cells, age(obj, now)]


def _counted(obj: Obj) -> tuple[Any, ...]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _NOT_COUNTED}
    return metadata, obj.get("endpoints"), obj.get("ports"), obj.get("addressType")
