"""``docker exec``: one more process in the namespaces of a running container.

Models daemon/exec.go with its words: 126 and 127 for commands that cannot be run, whose reason the client reads on the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from k8slab.docker import starting
from k8slab.docker.container import Container
from k8slab.docker.errors import DockerError, conflict, invalid_parameter, not_found
from k8slab.docker.streams import STDERR, STDOUT, Talk, frame
from k8slab.machine.process import Process
from k8slab.machine.streams import Description, Null, Pipe, PipeReader, PipeWriter, Sink
from k8slab.machine.terminal import Terminal, TerminalEnd
from k8slab.machine.users import UnknownUser, identify

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

FAILED = "OCI runtime exec failed: exec failed: unable to start container process: "


@dataclass(eq=False, slots=True)
class Exec:
    """One command in a container."""

    id: str
    container: Container
    command: list[str]
    tty: bool
    stdin: bool
    stdout: bool
    stderr: bool
    privileged: bool
    user: str
    env: list[str]
    working_dir: str
    detach_keys: str = ""
    exit_code: int | None = None
    process: Process | None = None
    terminal: Terminal | None = None
    talk: Talk | None = None
    pid: int = 0
    started: bool = False
    is_listed: bool = True
    done: list[Any] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.exit_code is None

    def document(self) -> dict[str, Any]:
        """Return ``GET /exec/ID/json``."""
        config: dict[str, Any] = {
            "tty": self.tty,
            "entrypoint": self.command[0],
            "arguments": self.command[1:],
            "privileged": self.privileged,
        }
        if self.user:
            config["user"] = self.user
        return {
            "ID": self.id,
            "Running": self.running,
            "ExitCode": self.exit_code,
            "ProcessConfig": config,
            "OpenStdin": self.stdin,
            "OpenStderr": self.stderr,
            "OpenStdout": self.stdout,
            "CanRemove": False,
            "ContainerID": self.container.id,
            "DetachKeys": self.detach_keys,
            "Pid": self.pid,
        }

    def container_ended(self) -> None:
        """The container has ended, and this with it."""
        if self.started and self.exit_code is None:
            self.finish(137)

    def finish(self, code: int) -> None:
        """The process has ended with *code*."""
        if self.exit_code is None:
            self.exit_code = code
            self.is_listed = False
            if self.talk is not None:
                self.talk.end()
            for told in self.done:
                told(code)


def _live(container: Container) -> None:
    if container.live is None or container.state.restarting:
        if container.state.restarting:
            raise conflict(f"Container {container.id} is restarting, wait until the container is running")
        raise conflict(f"container {container.id} is not running")
    if container.state.paused:
        raise conflict(f"Container {container.id} is paused, unpause the container before exec")


def create(engine: DockerEngine, container: Container, body: Mapping[str, Any]) -> Exec:
    """Return a new exec, not started. Raises DockerError 400, 409."""
    command = body.get("Cmd") or []
    if isinstance(command, str):
        command = [command]
    if not command:
        raise invalid_parameter("No exec command specified")
    _live(container)
    one = Exec(
        engine.chance.hex(64), container, list(command), bool(body.get("Tty")), bool(body.get("AttachStdin")),
        bool(body.get("AttachStdout")), bool(body.get("AttachStderr")), bool(body.get("Privileged")), str(body.get("User") or ""),
        list(body.get("Env") or ()), str(body.get("WorkingDir") or ""), str(body.get("DetachKeys") or ""),
    )  # fmt: skip
    container.execs[one.id] = one
    engine.execs[one.id] = one
    engine.lifecycle.tell(container, f"exec_create: {' '.join(command)}", execID=one.id)
    return one


def find(engine: DockerEngine, id: str) -> Exec:
    """Return the exec *id*. Raises DockerError 404."""
    one = engine.execs.get(id)
    if one is None:
        raise not_found(f"No such exec instance: {id}")
    return one


def start(
    engine: DockerEngine, one: Exec, *, detach: bool, tty: bool, size: tuple[int, int] | None = None
) -> Talk | None:
    """Start *one*; return the client's connection, or None if it is detached. Raises DockerError 404, 409."""
    if one.started:
        if one.exit_code is None:
            raise conflict(
                f"exec command {one.id} has already run" if not one.running else f"exec {one.id} is already running"
            )
        raise conflict(f"exec command {one.id} has already run")
    container = one.container
    _live(container)
    one.started = True
    talk = None if detach else Talk(engine.clock)
    one.talk = talk
    if one.tty:
        one.terminal = Terminal(engine.clock, lambda data: talk.send(data) if talk is not None else None, "/dev/pts/1")
        if size is not None and size[0]:
            one.terminal.rows, one.terminal.columns = size
    fds, writer = _stdio(engine, one, talk)
    try:
        one.process = _spawn(engine, one, fds)
    except (OSError, UnknownUser) as error:
        words = str(error) if isinstance(error, UnknownUser) else error.strerror or str(error)
        code = 126 if "permission denied" in words or isinstance(error, UnknownUser) else 127
        message = words if isinstance(error, UnknownUser) else f"{FAILED}{words}: unknown"
        if talk is None:
            one.finish(code)
            raise DockerError(400, message) from None
        text = message.encode() + b"\r\n"
        talk.send(text if one.tty else frame(STDOUT, text))
        one.finish(code)
        return talk
    one.pid = one.process.host_pid
    if talk is not None:
        talk.heard = lambda data: _type(one, writer, data)
        talk.heard_end = lambda: _end_input(writer)
    process = one.process

    def ended(_: Any) -> None:
        one.finish(process.exit_code or 0)
        engine.lifecycle.tell(container, "exec_die", execID=one.id, exitCode=str(one.exit_code))

    assert process.exited.callbacks is not None
    process.exited.callbacks.append(ended)
    engine.lifecycle.tell(container, f"exec_start: {' '.join(one.command)}", execID=one.id)
    return talk


def _stdio(engine: DockerEngine, one: Exec, talk: Talk | None) -> tuple[dict[int, Description], PipeWriter | None]:
    if one.terminal is not None:
        end = TerminalEnd(one.terminal)
        return {0: end, 1: end, 2: end}, None

    def out(stream: int, wanted: bool) -> Description:
        if talk is None or not wanted:
            return Null()
        return Sink(lambda data: talk.send(frame(stream, data)))

    fds: dict[int, Description] = {0: Null(), 1: out(STDOUT, one.stdout), 2: out(STDERR, one.stderr)}
    if not one.stdin or talk is None:
        return fds, None
    pipe = Pipe(engine.clock, starting.STDIN_BYTES)
    fds[0] = PipeReader(pipe)
    return fds, PipeWriter(pipe)


def _spawn(engine: DockerEngine, one: Exec, fds: dict[int, Description]) -> Process:
    container = one.container
    live = container.live
    assert live is not None
    files = live.files.copy()
    files.cwd = files.walker.root
    files.credentials = type(files.credentials)()
    identity = identify(files, one.user or container.config.user)
    env = dict(live.env)
    if one.user:
        env["HOME"] = identity.home
    if one.tty:
        env.setdefault("TERM", "xterm")
    env |= dict(text.partition("=")[::2] for text in one.env if "=" in text)
    directory = one.working_dir or container.config.working_dir
    if directory:
        try:
            files.change_directory(directory)
        except OSError as error:
            raise OSError(
                error.errno, f'chdir to cwd ("{directory}") set in config.json failed: {(error.strerror or "").lower()}'
            ) from None
    path = starting.executable_for(starting.files_of(files, identity), one.command[0], env)
    return starting.spawn(
        engine, one.command, env, files, identity, live.namespaces, live.cgroup, fds, one.terminal, live.shim, path
    )


def _type(one: Exec, writer: PipeWriter | None, data: bytes) -> None:
    if one.terminal is not None:
        one.terminal.type(data)
    elif writer is not None and one.running:
        try:
            writer.write_now(data)
        except BrokenPipeError:
            return


def _end_input(writer: PipeWriter | None) -> None:
    if writer is not None:
        writer.closed()
