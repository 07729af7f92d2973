"""``/networks``. Models api/server/router/network."""

from __future__ import annotations

from typing import Any

from k8slab.docker import networking
from k8slab.docker.api.call import Call, check, nothing, ok
from k8slab.docker.errors import invalid_parameter
from k8slab.docker.label_filters import labels_match
from k8slab.docker.networks import DockerNetwork
from k8slab.sim.http import Response

KNOWN = ("dangling", "driver", "id", "label", "label!", "name", "scope", "type")


def listing(call: Call) -> Response:
    """``docker network ls``."""
    filters = check(call.filters(), KNOWN)
    for value in filters.get("type", ()):
        if value not in ("custom", "builtin"):
            raise invalid_parameter(f"invalid filter: 'type'='{value}'")

    def shown(one: DockerNetwork) -> bool:
        tests: dict[str, Any] = {
            "driver": lambda value: one.driver == value,
            "id": one.id.startswith,
            "name": lambda value: value in one.name,
            "scope": lambda value: value == "local",
            "type": lambda value: (value == "custom") == one.is_user_defined,
            "dangling": lambda value: (value.lower() in ("1", "true")) == (one.is_user_defined and not one.members),
        }
        return all(any(test(value) for value in filters[key]) for key, test in tests.items() if filters.get(key))

    found = [one for one in call.engine.networks.all.values() if shown(one) and labels_match(filters, one.labels)]
    return ok([one.document(containers=False) for one in found])


def create(call: Call) -> Response:
    """``docker network create``."""
    body = call.fields(Name=str, Driver=str, IPAM=dict, Options=dict, Labels=dict)
    ipam = body.get("IPAM") or {}
    configs = ipam.get("Config") or []
    if not isinstance(configs, list) or not all(one is None or isinstance(one, dict) for one in configs):
        raise invalid_parameter(
            "invalid JSON: json: cannot unmarshal into Go struct field IPAM.Config of type []network.IPAMConfig"
        )
    return ok({"Id": call.engine.networks.create(body).id, "Warning": ""}, 201)


def inspect(call: Call) -> Response:
    """``docker network inspect``."""
    return ok(call.engine.networks.find(call.name).document())


def connect(call: Call) -> Response:
    """``docker network connect``."""
    body = call.fields(Container=str, EndpointConfig=dict)
    container = call.engine.containers.find(str(body.get("Container") or ""))
    networking.connect_later(call.engine, call.name, container, body.get("EndpointConfig"))
    return nothing(200)


def disconnect(call: Call) -> Response:
    """``docker network disconnect``."""
    body = call.fields(Container=str)
    call.engine.networks.find(call.name)
    container = call.engine.containers.find(str(body.get("Container") or ""))
    networking.disconnect_now(call.engine, call.name, container)
    return nothing(200)


def remove(call: Call) -> Response:
    """``docker network rm``."""
    call.engine.networks.remove(call.name)
    return nothing()


def prune(call: Call) -> Response:
    """``docker network prune``."""
    filters = check(call.filters(), ("until", "label", "label!"))
    gone = call.engine.networks.prune(filters, lambda one: False)
    call.engine.events.tell("network", "prune", "", {"reclaimed": "0"})
    return ok({"NetworksDeleted": gone or None})
