"""``/volumes``. Models api/server/router/volume."""

from __future__ import annotations

from k8slab.docker.api.call import Call, check, nothing, ok
from k8slab.sim.http import Response


def listing(call: Call) -> Response:
    """``docker volume ls``."""
    return ok({"Volumes": call.engine.volumes.documents(call.filters()) or None, "Warnings": None})


def create(call: Call) -> Response:
    """``docker volume create``."""
    body = call.fields(Name=str, Driver=str, Labels=dict, DriverOpts=dict)
    volume = call.engine.volumes.create(
        str(body.get("Name") or ""),
        driver=str(body.get("Driver") or ""),
        labels=body.get("Labels"),
        options=body.get("DriverOpts"),
    )
    return ok(volume.document(), 201)


def inspect(call: Call) -> Response:
    """``docker volume inspect``."""
    return ok(call.engine.volumes.find(call.name).document())


def remove(call: Call) -> Response:
    """``docker volume rm``."""
    call.engine.volumes.remove(call.name, force=call.flag("force"))
    return nothing()


def prune(call: Call) -> Response:
    """``docker volume prune``."""
    return ok(call.engine.volumes.prune(check(call.filters(), ("all", "label", "label!", "until"))))
