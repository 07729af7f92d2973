"""``docker start``, ``stop``, ``restart``, ``kill``, ``pause``, ``unpause``, ``rm``, ``rename``, ``wait``, ``attach``, ``update``.

Models cli/command/container/{start,stop,restart,kill,pause,unpause,rm,rename,wait,attach,update}.go.
"""

from __future__ import annotations

import contextlib
from typing import Any

from k8slab.cli.docker import container_options
from k8slab.cli.docker.api import Lines, Query
from k8slab.cli.docker.errors import CommandError, DaemonError, joined
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.run_verb import attach as attach_to
from k8slab.cli.docker.run_verb import exit_code, resize
from k8slab.cli.docker.streams import Conversation
from k8slab.cli.seam import Steps
from k8slab.sim.http import Response


def _each(run: Invocation, method: str, action: str, query: Query | None = None) -> Steps[int]:
    """Do the same to every container named; print the names of those where it worked."""
    errors = []
    for name in run.args:
        try:
            yield from run.api.call(method, f"/containers/{name}{action}", query)
        except DaemonError as error:
            errors.append(str(error))
        else:
            run.io.out(name + "\n")
    if errors:
        raise joined(errors)
    return 0


def stop(run: Invocation) -> Steps[int]:
    """Ask containers to end, and make them after a while."""
    return (yield from _each(run, "POST", "/stop", _timing(run)))


def restart(run: Invocation) -> Steps[int]:
    """Stop containers and start them again."""
    return (yield from _each(run, "POST", "/restart", _timing(run)))


def _timing(run: Invocation) -> Query:
    flags = run.flags
    timeout = str(flags.number("timeout")) if flags.changed("timeout") else None
    return {"t": timeout, "signal": flags.text("signal") or None}


def kill(run: Invocation) -> Steps[int]:
    """Send a signal to containers' first processes."""
    return (yield from _each(run, "POST", "/kill", {"signal": run.flags.text("signal") or None}))


def pause(run: Invocation) -> Steps[int]:
    """Freeze containers."""
    return (yield from _each(run, "POST", "/pause"))


def unpause(run: Invocation) -> Steps[int]:
    """Thaw containers."""
    return (yield from _each(run, "POST", "/unpause"))


def rm(run: Invocation) -> Steps[int]:
    """Remove containers."""
    flags = run.flags
    query = {
        "v": "1" if flags.on("volumes") else None,
        "link": "1" if flags.on("link") else None,
        "force": "1" if flags.on("force") else None,
    }
    errors = []
    for name in run.args:
        trimmed = name.strip("/")
        yield from run.api.ping()
        if not trimmed:
            errors.append("container name cannot be empty")
            continue
        try:
            yield from run.api.call("DELETE", f"/containers/{trimmed}", query)
        except DaemonError as error:
            if flags.on("force") and error.status == 404:
                run.io.err(f"{error}\n")
                continue
            errors.append(str(error))
        else:
            run.io.out(name + "\n")
    if errors:
        raise joined(errors)
    return 0


def rename(run: Invocation) -> Steps[int]:
    """Give a container another name."""
    old, new = (word.strip() for word in run.args)
    if not old or not new:
        raise CommandError("Error: Neither old nor new names may be empty")
    try:
        yield from run.api.call("POST", f"/containers/{old}/rename", {"name": new})
    except DaemonError as error:
        run.io.err(f"{error}\n")
        raise CommandError(f"Error: failed to rename container named {old}") from None
    return 0


def wait(run: Invocation) -> Steps[int]:
    """Print the exit code of containers as they end."""
    errors = []
    for name in run.args:
        try:
            response = yield from run.api.call("POST", f"/containers/{name}/wait")
        except DaemonError as error:
            errors.append(str(error))
            continue
        answer = yield from Lines(response).next()
        if answer is not None:
            run.io.out(f"{answer['StatusCode']}\n")
    if errors:
        raise joined(errors)
    return 0


def update(run: Invocation) -> Steps[int]:
    """Change limits of containers that exist."""
    flags = run.flags
    if not flags.values:
        raise CommandError("you must provide one or more flags when using this command")
    body: dict[str, Any] = {
        "CpuShares": flags.number("cpu-shares"),
        "Memory": int(flags["memory"]),
        "NanoCpus": int(flags["cpus"]),
        "CgroupParent": "",
        "BlkioWeight": flags.number("blkio-weight"),
        "BlkioWeightDevice": None,
        "BlkioDeviceReadBps": None,
        "BlkioDeviceWriteBps": None,
        "BlkioDeviceReadIOps": None,
        "BlkioDeviceWriteIOps": None,
        "CpuPeriod": flags.number("cpu-period"),
        "CpuQuota": flags.number("cpu-quota"),
        "CpuRealtimePeriod": flags.number("cpu-rt-period"),
        "CpuRealtimeRuntime": flags.number("cpu-rt-runtime"),
        "CpusetCpus": flags.text("cpuset-cpus"),
        "CpusetMems": flags.text("cpuset-mems"),
        "Devices": None,
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "MemoryReservation": int(flags["memory-reservation"]),
        "MemorySwap": int(flags["memory-swap"]),
        "MemorySwappiness": None,
        "OomKillDisable": None,
        "PidsLimit": flags.number("pids-limit") if flags.changed("pids-limit") else None,
        "Ulimits": None,
        "CpuCount": 0,
        "CpuPercent": 0,
        "IOMaximumIOps": 0,
        "IOMaximumBandwidth": 0,
        "RestartPolicy": container_options.restart_policy(flags.text("restart")),
    }
    warnings: list[str] = []
    errors: list[str] = []
    for name in run.args:
        try:
            answer = yield from run.api.json("POST", f"/containers/{name}/update", body=body)
        except DaemonError as error:
            errors.append(str(error))
            continue
        run.io.out(name + "\n")
        warnings += (answer or {}).get("Warnings") or []
    if warnings:
        run.io.out("\n".join(warnings) + "\n")
    if errors:
        raise joined(errors)
    return 0


def start(run: Invocation) -> Steps[int]:
    """Start containers that exist; with -a or -i stay with the one."""
    flags = run.flags
    if not (flags.on("attach") or flags.on("interactive")):
        return (yield from _start_all(run))
    if len(run.args) > 1:
        raise CommandError("you cannot start and attach multiple containers at once")
    found = yield from run.api.json("GET", f"/containers/{run.args[0]}/json")
    config = found["Config"]
    body = {"AttachStdin": flags.on("interactive") and config["OpenStdin"], "AttachStdout": True, "AttachStderr": True}
    if body["AttachStdin"] and config["Tty"] and not run.in_is_terminal:
        raise CommandError("the input device is not a TTY")
    identifier = found["Id"]
    duplex = yield from attach_to(run, identifier, body)
    condition = "removed" if found["HostConfig"]["AutoRemove"] else "next-exit"
    waiting = yield from run.api.call("POST", f"/containers/{identifier}/wait", {"condition": condition})
    try:
        yield from run.api.call("POST", f"/containers/{identifier}/start")
    except DaemonError:
        duplex.close()
        raise
    if config["Tty"] and run.out_is_terminal:
        yield from resize(run, f"/containers/{identifier}")
    conversation = Conversation(run, duplex, stdin=body["AttachStdin"], tty=config["Tty"], forward=identifier)
    yield from conversation.hold()
    if conversation.detached:
        return 0
    return (yield from exit_code(run, waiting))


def _start_all(run: Invocation) -> Steps[int]:
    failed = []
    for name in run.args:
        try:
            yield from run.api.call("POST", f"/containers/{name}/start")
        except DaemonError as error:
            run.io.err(f"{error}\n")
            failed.append(name)
        else:
            run.io.out(name + "\n")
    if failed:
        raise CommandError(f"Error: failed to start containers: {', '.join(failed)}")
    return 0


def attach(run: Invocation) -> Steps[int]:
    """Stay with a running container, from now on."""
    flags = run.flags
    name = run.args[0]
    waiting = Response(204)
    with contextlib.suppress(DaemonError):  # the next request will say what is wrong
        waiting = yield from run.api.call("POST", f"/containers/{name}/wait")
    found = yield from run.api.json("GET", f"/containers/{name}/json")
    state, config = found["State"], found["Config"]
    if not state["Running"]:
        raise CommandError("cannot attach to a stopped container, start it first")
    if state["Paused"]:
        raise CommandError("cannot attach to a paused container, unpause it first")
    if state["Restarting"]:
        raise CommandError("cannot attach to a restarting container, wait until it is running")
    stdin = not flags.on("no-stdin") and config["OpenStdin"]
    if stdin and config["Tty"] and not run.in_is_terminal:
        raise CommandError("the input device is not a TTY")
    duplex = yield from attach_to(run, name, {"AttachStdin": stdin, "AttachStdout": True, "AttachStderr": True})
    again = yield from run.api.json("GET", f"/containers/{name}/json")
    if not again["State"]["Running"]:
        raise CommandError("cannot attach to a stopped container, start it first")
    if config["Tty"] and run.out_is_terminal:
        yield from resize(run, f"/containers/{name}")
    forward = name if flags.on("sig-proxy") and not config["Tty"] else ""
    conversation = Conversation(run, duplex, stdin=stdin, tty=config["Tty"], forward=forward)
    yield from conversation.hold()
    if conversation.detached:
        if waiting.stream is not None:
            waiting.stream.close()
        raise CommandError("read escape sequence")
    return (yield from exit_code(run, waiting))
