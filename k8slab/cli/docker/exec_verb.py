"""``docker exec``: one more process in a running container.

Models cli/command/container/exec.go.
"""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker.container_options import environment
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.run_verb import resize
from k8slab.cli.docker.streams import Conversation
from k8slab.cli.seam import Steps


def execute(run: Invocation) -> Steps[int]:
    """Run a command in a container and return its exit code."""
    flags = run.flags
    name, command = run.args[0], run.args[1:]
    body = _body(run, command)
    yield from run.api.call("GET", f"/containers/{name}/json")
    if not body["Detach"] and body["AttachStdin"] and body["Tty"] and not run.in_is_terminal:
        raise CommandError("the input device is not a TTY")
    answer = yield from run.api.json("POST", f"/containers/{name}/exec", body=body)
    identifier = str((answer or {}).get("Id") or "")
    if not identifier:
        raise CommandError("exec ID empty")
    start: dict[str, Any] = {"Detach": body["Detach"], "Tty": body["Tty"]}
    if body.get("ConsoleSize"):
        start["ConsoleSize"] = body["ConsoleSize"]
    if body["Detach"]:
        yield from run.api.call("POST", f"/exec/{identifier}/start", body=start)
        return 0
    duplex = yield from run.api.hijack(f"/exec/{identifier}/start", body=start)
    if body["Tty"] and run.in_is_terminal:
        yield from resize(run, f"/exec/{identifier}")
    conversation = Conversation(run, duplex, stdin=flags.on("interactive"), tty=body["Tty"])
    yield from conversation.hold()
    if conversation.detached:
        raise CommandError("read escape sequence")
    found = yield from run.api.json("GET", f"/exec/{identifier}/json")
    return int(found.get("ExitCode") or 0)


def _body(run: Invocation, command: list[str]) -> dict[str, Any]:
    flags = run.flags
    detached = flags.on("detach")
    body: dict[str, Any] = {
        "User": flags.text("user"),
        "Privileged": flags.on("privileged"),
        "Tty": flags.on("tty"),
    }
    if flags.on("tty") and run.terminal is not None and run.out_is_terminal and not detached:
        body["ConsoleSize"] = [run.terminal.rows, run.terminal.columns]
    return body | {
        "AttachStdin": flags.on("interactive") and not detached,
        "AttachStderr": not detached,
        "AttachStdout": not detached,
        "Detach": detached,
        "DetachKeys": flags.text("detach-keys") or run.config.format("detachKeys"),
        "Env": environment(run) or None,
        "WorkingDir": flags.text("workdir"),
        "Cmd": command,
    }
