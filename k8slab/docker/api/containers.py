"""``/containers``. Models api/server/router/container."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.docker import attach as attaching
from k8slab.docker import container_documents, copying, creation, processes, timestamps
from k8slab.docker import logs as logging
from k8slab.docker import stats as statistics
from k8slab.docker.api.call import Call, check, nothing, ok
from k8slab.docker.api.container_list import listed
from k8slab.docker.container import Container
from k8slab.docker.durations import Until
from k8slab.docker.errors import DockerError, conflict, invalid_parameter
from k8slab.docker.label_filters import labels_match
from k8slab.docker.root_files import root_view
from k8slab.docker.streams import Outlet, deferred
from k8slab.machine.fs.changes import changes as differences
from k8slab.machine.fs.changes import size as tree_size
from k8slab.machine.fs.overlay import MergedDirectory
from k8slab.sim.http import Response

STREAM = "application/vnd.docker.multiplexed-stream"
RAW = "application/vnd.docker.raw-stream"
KINDS = {"C": 0, "A": 1, "D": 2}


def _found(call: Call) -> Container:
    return call.engine.containers.find(call.name)


def listing(call: Call) -> Response:
    """``docker ps``."""
    return ok(listed(call))


def create(call: Call) -> Response:
    """``docker create``."""
    body = call.body()
    container, warnings = creation.create(call.engine, body, call.text("name"))
    return ok({"Id": container.id, "Warnings": warnings}, 201)


def inspect(call: Call) -> Response:
    """``docker inspect``."""
    return ok(container_documents.inspect(_found(call), size=call.flag("size")))


def start(call: Call) -> Response:
    """``docker start``."""
    return nothing(204 if call.engine.start(_found(call)) else 304)


def stop(call: Call) -> Response:
    """``docker stop``."""
    container = _found(call)
    signal = call.text("signal")
    if signal:
        call.engine.lifecycle.signal_of(signal)
    if not container.state.running:
        container.manually_stopped = True
        return nothing(304)
    return deferred(call.engine.clock, _quiet(call.engine.lifecycle.stop(container, call.number("t"), signal)))


def _quiet(work: Generator[Event, Any, None]) -> Generator[Event, Any, None]:
    yield from work


def restart(call: Call) -> Response:
    """``docker restart``."""
    container = _found(call)
    return deferred(
        call.engine.clock, _quiet(call.engine.lifecycle.restart(container, call.number("t"), call.text("signal")))
    )


def kill(call: Call) -> Response:
    """``docker kill``."""
    container = _found(call)
    signal = call.engine.lifecycle.signal_of(call.text("signal") or "KILL")
    call.engine.lifecycle.check_can_be_killed(container)
    return deferred(call.engine.clock, _quiet(call.engine.lifecycle.kill(container, signal)))


def pause(call: Call) -> Response:
    """``docker pause``."""
    call.engine.lifecycle.pause(_found(call))
    return nothing()


def unpause(call: Call) -> Response:
    """``docker unpause``."""
    call.engine.lifecycle.unpause(_found(call))
    return nothing()


def wait(call: Call) -> Response:
    """``docker wait``: the headers go at once, the exit code when it is there."""
    container = _found(call)
    condition = call.text("condition") or "not-running"
    if condition not in ("not-running", "next-exit", "removed"):
        raise invalid_parameter(f'invalid condition: "{condition}"')
    outlet = Outlet(call.engine.clock)
    return Response(
        200, {"content-type": "application/json"}, stream=call.engine.lifecycle.wait(container, condition, outlet)
    )


def rename(call: Call) -> Response:
    """``docker rename``."""
    call.engine.lifecycle.rename(_found(call), call.text("name"))
    return nothing()


def update(call: Call) -> Response:
    """``docker update``."""
    call.engine.lifecycle.update(_found(call), call.body())
    return ok({"Warnings": None})


def resize(call: Call) -> Response:
    """Set the size of the terminal."""
    container = _found(call)
    if container.live is None:
        raise conflict(f"container {container.id} is not running")
    if container.live.terminal is not None:
        container.live.terminal.resize(call.number("h") or 0, call.number("w") or 0)
    return nothing(200)


def remove(call: Call) -> Response:
    """``docker rm``."""
    container = _found(call)
    engine = call.engine
    force, with_volumes = call.flag("force"), call.flag("v")
    if call.flag("link"):
        raise invalid_parameter("legacy links cannot be removed: use a user-defined network")
    engine.lifecycle.check_can_be_removed(container, force=force)
    if container.live is None:
        for _ in engine.lifecycle.remove(container, force=force, volumes=with_volumes):
            raise AssertionError("a container that does not run goes at once")
        return nothing()
    return deferred(engine.clock, _quiet(engine.lifecycle.remove(container, force=force, volumes=with_volumes)))


def top(call: Call) -> Response:
    """``docker top``."""
    container = _found(call)
    if container.live is None:
        raise conflict(f"container {container.id} is not running")
    members = sorted(container.live.cgroup.members(), key=lambda one: one.host_pid)
    return ok(processes.top(call.engine.host, members, call.text("ps_args")))


def logs(call: Call) -> Response:
    """``docker logs``."""
    container = _found(call)
    stdout, stderr = call.flag("stdout"), call.flag("stderr")
    if not (stdout or stderr):
        raise invalid_parameter("Bad parameters: you must choose at least one stream")
    if not container.log.kept:
        raise DockerError(501, "configured logging driver does not support reading")
    tail = call.text("tail") or "all"
    wish = logging.Wish(
        stdout, stderr, int(tail) if tail.isdigit() else None, _time(call.text("since")), _time(call.text("until")),
        call.flag("timestamps"), call.flag("follow"), raw=container.config.tty,
    )  # fmt: skip
    stream = logging.read(container.log, wish, running=container.state.running)
    return Response(200, {"content-type": RAW if container.config.tty else STREAM}, stream=stream)


def _time(text: str) -> float:
    """Return a time of the API (Unix seconds, with a fraction, or RFC 3339) in Unix seconds; 0 for none."""
    if not text:
        return 0.0
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return timestamps.to_unix(text)
    except ValueError as error:
        raise invalid_parameter(f'invalid value for "since": {error}') from None


def attach(call: Call) -> Response:
    """``docker attach``."""
    container = _found(call)
    if container.state.paused:
        raise conflict(f"container {container.id} is paused, unpause the container before attach")
    if container.state.restarting:
        raise conflict(f"container {container.id} is restarting, wait until the container is running")
    talk = attaching.attach(
        call.engine, container, stdin=call.flag("stdin"), stdout=call.flag("stdout"), stderr=call.flag("stderr"),
        logs_too=call.flag("logs"), stream=call.flag("stream"),
    )  # fmt: skip
    kind = RAW if container.config.tty else STREAM
    return Response(101, {"content-type": kind, "connection": "Upgrade", "upgrade": "tcp"}, duplex=talk)


def stats(call: Call) -> Response:
    """``docker stats``."""
    container = _found(call)
    stream = statistics.watch(call.engine, container, stream=call.flag("stream", True), one_shot=call.flag("one-shot"))
    return Response(200, {"content-type": "application/json"}, stream=stream)


def changes(call: Call) -> Response:
    """``docker diff``."""
    container = _found(call)
    root = root_view(call.engine, container).mounts.root.root
    assert isinstance(root, MergedDirectory)
    found = [{"Path": one.path, "Kind": KINDS[one.kind]} for one in differences(root)]
    return ok(found or None)


def export(call: Call) -> Response:
    """``docker export``."""
    return Response(200, {"content-type": "application/octet-stream"}, call.engine.export(_found(call)))


def archive_stat(call: Call) -> Response:
    """What is at a path of a container: the question of ``docker cp``."""
    told = copying.stat_path(call.engine, _found(call), call.text("path"))
    return Response(200, {"X-Docker-Container-Path-Stat": told})


def archive(call: Call) -> Response:
    """``docker cp`` out of a container."""
    data, told = copying.archive(call.engine, _found(call), call.text("path"))
    return Response(200, {"content-type": "application/x-tar", "X-Docker-Container-Path-Stat": told}, data)


def extract(call: Call) -> Response:
    """``docker cp`` into a container."""
    copying.extract(
        call.engine, _found(call), call.text("path"), call.request.body, no_overwrite=call.flag("noOverwriteDirNonDir")
    )
    return nothing(200)


def commit(call: Call) -> Response:
    """``docker commit``."""
    container = call.engine.containers.find(call.text("container"))
    image = call.engine.commit(
        container, repository=call.text("repo"), tag=call.text("tag"), comment=call.text("comment"), author=call.text("author"),
        changes=list(call.request.query.get("changes", ())), pause=call.flag("pause", True),
    )  # fmt: skip
    return ok({"Id": image.id}, 201)


def prune(call: Call) -> Response:
    """``docker container prune``."""
    filters = check(call.filters(), ("until", "label", "label!"))
    until = Until.of(filters.get("until", []), call.engine.now())
    gone, space = [], 0
    for container in call.engine.containers:
        if container.state.running or not until.covers(container.created):
            continue
        if labels_match(filters, container.config.labels or {}):
            space += tree_size(container.upper)
            call.engine.lifecycle.remove_now(container, volumes=False)
            gone.append(container.id)
    call.engine.events.tell("container", "prune", "", {"reclaimed": str(space)})
    return ok({"ContainersDeleted": gone or None, "SpaceReclaimed": space})
