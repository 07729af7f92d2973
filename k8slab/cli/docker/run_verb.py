"""``docker run`` and ``docker create``: make a container (fetching its image if need be), start it, stay with it.

Models cli/command/container/{run,create}.go.
"""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import container_options, json_messages
from k8slab.cli.docker.api import Lines
from k8slab.cli.docker.errors import CommandError, DaemonError, Exit, with_help
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.registry_verbs import parsed, request_pull
from k8slab.cli.docker.streams import Conversation
from k8slab.cli.local_files import exists
from k8slab.cli.seam import Steps
from k8slab.docker import reference
from k8slab.sim.http import Duplex, Response

FAILED, CANNOT_INVOKE, NOT_FOUND = 125, 126, 127
PULL_POLICIES = ("always", "missing", "never", "")


def run(run: Invocation) -> Steps[int]:
    """Make a container, start it, and stay with it unless told otherwise."""
    flags = run.flags
    _check_pull(run, "run")
    yield from run.api.ping()
    body = _body(run, "run")
    detached = flags.on("detach")
    if detached:
        if flags.items("attach"):
            raise CommandError("conflicting options: cannot specify both --attach and --detach")
        body |= {"AttachStdin": False, "AttachStdout": False, "AttachStderr": False, "StdinOnce": False}
    elif body["AttachStdin"] and body["Tty"] and not run.in_is_terminal:
        raise CommandError("the input device is not a TTY")
    try:
        identifier = yield from _create(run, body)
    except CommandError as error:
        raise _status(error, "run") from None
    attached = body["AttachStdin"] or body["AttachStdout"] or body["AttachStderr"]
    shows_id = not body["AttachStdout"] and not body["AttachStderr"]
    if shows_id:
        run.io.out(identifier + "\n")
    duplex: Duplex | None = None
    if attached:
        duplex = yield from attach(run, identifier, body)
    condition = "removed" if flags.on("rm") else "next-exit"
    waiting = yield from run.api.call("POST", f"/containers/{identifier}/wait", {"condition": condition})
    try:
        yield from run.api.call("POST", f"/containers/{identifier}/start")
    except DaemonError as error:
        if duplex is not None:
            duplex.close()
        if flags.on("rm"):
            yield from Lines(waiting).next()
        raise _status(error, "run") from None
    if shows_id and duplex is None:
        _leave(waiting)
        return 0
    if duplex is None:
        return 0
    if body["Tty"] and run.out_is_terminal:
        yield from resize(run, f"/containers/{identifier}")
    sig_proxy = flags.on("sig-proxy")
    conversation = Conversation(
        run, duplex, stdin=body["AttachStdin"], tty=body["Tty"], forward=identifier if sig_proxy else ""
    )
    yield from conversation.hold()
    if conversation.detached:
        _leave(waiting)
        return 0
    if shows_id:
        return 0
    return (yield from exit_code(run, waiting))


def _leave(waiting: Response) -> None:
    if waiting.stream is not None:
        waiting.stream.close()


def attach(run: Invocation, identifier: str, body: dict[str, Any]) -> Steps[Duplex]:
    """Return a connection to the streams of the container that *body* wants attached."""
    keys = run.flags.text("detach-keys") or run.config.format("detachKeys")
    query = {
        "stream": "1",
        "stdin": "1" if body["AttachStdin"] else None,
        "stdout": "1" if body["AttachStdout"] else None,
        "stderr": "1" if body["AttachStderr"] else None,
        "detachKeys": keys or None,
    }
    return (yield from run.api.hijack(f"/containers/{identifier}/attach", query))


def exit_code(run: Invocation, waiting: Response) -> Steps[int]:
    """Return the exit code that an answer to ``wait`` brings."""
    answer = yield from Lines(waiting).next()
    if answer is None:
        return FAILED
    if answer.get("Error"):
        run.io.err(f"Error waiting for container: {answer['Error'].get('Message', '')}\n")
        return FAILED
    return int(answer.get("StatusCode", 0))


def resize(run: Invocation, path: str) -> Steps[None]:
    """Tell the engine how large the terminal is; an engine that does not care is forgiven."""
    if run.terminal is None or not (run.terminal.rows and run.terminal.columns):
        return
    try:
        yield from run.api.call("POST", f"{path}/resize", {"h": str(run.terminal.rows), "w": str(run.terminal.columns)})
    except DaemonError:
        run.io.err("failed to resize tty, using default size\n")


def create(run: Invocation) -> Steps[int]:
    """Make a container and print its id."""
    _check_pull(run, "create")
    yield from run.api.ping()
    body = _body(run, "create")
    identifier = yield from _create(run, body)
    run.io.out(identifier + "\n")
    return 0


def _check_pull(run: Invocation, command: str) -> None:
    policy = run.flags.text("pull")
    if policy not in PULL_POLICIES:
        message = f'invalid pull option: \'{policy}\': must be one of "always", "missing" or "never"'
        raise with_help(CommandError(message), command, FAILED)


def _body(run: Invocation, command: str) -> dict[str, Any]:
    try:
        return container_options.create_body(run, run.args[0], run.args[1:])
    except (CommandError, ValueError) as error:
        raise with_help(CommandError(str(error)), command, FAILED) from None


def _status(error: CommandError, command: str) -> CommandError:
    """Return *error* with the exit code that shells use for its kind. Models toStatusError."""
    if isinstance(error, Exit):
        return error
    text = str(error)
    if any(
        words in text
        for words in ("executable file not found", "no such file or directory", "system cannot find the file")
    ):
        return with_help(error, command, NOT_FOUND)
    if any(words in text for words in ("permission denied", "is a directory")):
        return with_help(error, command, CANNOT_INVOKE)
    return with_help(error, command, FAILED)


def _create(run: Invocation, body: dict[str, Any]) -> Steps[str]:
    flags = run.flags
    host = body["HostConfig"]
    if host["OomKillDisable"] and not host["Memory"]:
        run.io.err(
            "WARNING: Disabling the OOM killer on containers without setting a '-m/--memory' limit may be dangerous.\n"
        )
    for address in host["Dns"]:
        if address.startswith("127.") or address == "::1":
            run.io.err(f"WARNING: Localhost DNS ({address}) may fail in containers.\n")
            break
    cid_file = host["ContainerIDFile"]
    if cid_file and exists(run.files, cid_file):
        raise CommandError(f"container ID file found, make sure the other container isn't running or delete {cid_file}")
    name: reference.Reference | None = None
    if not reference.is_image_id(body["Image"]) or len(body["Image"]) < 64:
        name = parsed(body["Image"]).with_default_tag()
    if flags.text("pull") == "always" and name is not None:
        yield from _pull(run, name)
    query = {"name": flags.text("name") or None}
    if flags.text("platform"):
        query["platform"] = flags.text("platform")
    try:
        answer = yield from run.api.json("POST", "/containers/create", query, body=body)
    except DaemonError as error:
        if error.status != 404 or name is None or flags.text("pull") not in ("missing", ""):
            raise
        if not flags.on("quiet"):
            run.io.err(f"Unable to find image '{name.familiar}' locally\n")
        yield from _pull(run, name)
        answer = yield from run.api.json("POST", "/containers/create", query, body=body)
    for warning in answer.get("Warnings") or []:
        run.io.err(f"WARNING: {warning}\n")
    identifier = str(answer["Id"])
    if cid_file:
        run.files.write_bytes(cid_file, identifier.encode())
    return identifier


def _pull(run: Invocation, name: reference.Reference) -> Steps[None]:
    response = yield from request_pull(run, name, platform=run.flags.text("platform"))
    quiet = run.flags.on("quiet")
    width = run.terminal.columns if run.terminal is not None and run.err_is_terminal else None
    write = (lambda text: None) if quiet else run.io.err
    yield from json_messages.show_stream(response, write, width)
