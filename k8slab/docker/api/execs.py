"""``/exec``. Models api/server/router/container/exec.go."""

from __future__ import annotations

from k8slab.docker import exec as executing
from k8slab.docker.api.call import Call, nothing, ok
from k8slab.docker.api.containers import RAW, STREAM
from k8slab.docker.errors import conflict
from k8slab.sim.http import Response


def create(call: Call) -> Response:
    """Prepare a command in a container."""
    container = call.engine.containers.find(call.name)
    body = call.fields(Cmd=list, Env=list, User=str, WorkingDir=str, DetachKeys=str)
    return ok({"Id": executing.create(call.engine, container, body).id}, 201)


def start(call: Call) -> Response:
    """Run the command; its input and output are on the connection that is left."""
    one = executing.find(call.engine, call.name)
    body = call.fields(Detach=bool, Tty=bool, ConsoleSize=list)
    size = body.get("ConsoleSize")
    detach = bool(body.get("Detach"))
    talk = executing.start(
        call.engine, one, detach=detach, tty=bool(body.get("Tty")), size=tuple(size) if size else None
    )
    if talk is None:
        return nothing(200)
    kind = RAW if one.tty else STREAM
    if "upgrade" in call.request.headers:
        return Response(101, {"content-type": kind, "connection": "Upgrade", "upgrade": "tcp"}, duplex=talk)
    return Response(200, {"content-type": kind}, duplex=talk)


def resize(call: Call) -> Response:
    """Set the size of the command's terminal."""
    one = executing.find(call.engine, call.name)
    if not one.running:
        raise conflict(f"exec process is not running: {one.id}" if one.started else f"exec {one.id} is not started")
    if one.terminal is not None:
        one.terminal.resize(call.number("h") or 0, call.number("w") or 0)
    return nothing(200)


def inspect(call: Call) -> Response:
    """What became of the command."""
    return ok(executing.find(call.engine, call.name).document())
