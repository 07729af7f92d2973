"""``docker start``: networks, mounts, namespaces and a cgroup are made, and runc starts the container's first process in them.

Models daemon/start.go, daemon/oci_linux.go and runc's init; the exit codes 126, 127 and 128 of what cannot be started.
Left out: seccomp, capabilities and AppArmor are shown but stop nobody.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from k8slab.docker import attach, health, networking, root_files, timestamps
from k8slab.docker.container import Container, Health, Live
from k8slab.docker.errors import DockerError, conflict, invalid_parameter
from k8slab.docker.streams import STDERR, STDOUT
from k8slab.machine import signals
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.executable import search
from k8slab.machine.fs.paths import Searcher
from k8slab.machine.fs.view import FileView
from k8slab.machine.namespaces import Namespaces, PidNamespace, Plain
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.streams import Description, Null, Pipe, PipeReader, PipeWriter, Sink
from k8slab.machine.terminal import Terminal, TerminalEnd
from k8slab.machine.users import Identity, UnknownUser, identify

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

RUNC = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
STDIN_BYTES = 1 << 30
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMMAND_NOT_FOUND, CANNOT_INVOKE, NOT_STARTED = 127, 126, 128


def start(engine: DockerEngine, container: Container) -> bool:
    """Start *container*; return False if it runs already. Raises DockerError 400, 404, 409, 500 with the daemon's words."""
    state = container.state
    if state.paused:
        raise conflict("cannot start a paused container, try unpause instead")
    if state.removing or state.dead:
        raise conflict("container is marked for removal and cannot be started")
    if container.live is not None:
        return False
    container.restart_ticket += 1
    try:
        _start(engine, container)
    except (DockerError, OSError, UnknownUser) as failure:
        error, code = _explained(container, failure)
        state.error, state.exit_code = error.message, code
        state.running = state.restarting = False
        engine.trace.record(engine.who, "start failed", f"Container/{container.name}", error.message)
        if container.host_config["AutoRemove"]:
            engine.lifecycle.remove_now(container, volumes=True)
        raise error from None
    return True


def _start(engine: DockerEngine, container: Container) -> None:
    host = engine.host
    config = container.config
    sandbox, owns, network = networking.sandbox_for(engine, container)
    group = host.cgroup.child(f"system.slice/docker-{container.id}.scope")
    shim: Process | None = None
    try:
        mappings = networking.connect(engine, container, sandbox) if owns and sandbox is not None else []
        container.sandbox_id = sandbox.id if sandbox is not None else container.id
        limit(container, group)
        space = _pid_namespace(engine, container)
        own = networking.own_files(engine, container, sandbox)
        files = root_files.prepare(engine, container, space, group, own)
        identity = identify(files, config.user)
        namespaces = Namespaces(
            pid=space,
            mnt=files.mounts,
            uts=host.namespaces.uts
            if container.host_config["UTSMode"] == "host"
            else host.new_uts_namespace(config.hostname),
            net=network,
            ipc=host.namespaces.ipc
            if container.host_config["IpcMode"] == "host"
            else Plain(host.new_namespace_number()),
            user=host.namespaces.user,
            cgroup=Plain(host.new_namespace_number()),
            mnt_number=host.new_namespace_number(),
            net_number=sandbox.number if sandbox is not None else host.namespaces.net_number,
        )
        terminal, fds, stdin = _stdio(engine, container)
        env = environment(container, identity)
        argv = [container.path, *container.args]
        if config.working_dir:
            files.change_directory(config.working_dir)
        path = executable_for(files_of(files, identity), argv[0], env)
        shim = engine.daemons.shim(container.id)
        uses_init = bool(container.host_config.get("Init"))
        process = spawn(
            engine, argv, env, files, identity, namespaces, group, fds, terminal, shim, path, init=uses_init
        )
    except BaseException:
        engine.daemons.end(shim)
        networking.disconnect(engine, container, sandbox if owns else None)
        group.remove()
        raise
    container.live = Live(process, shim, group, namespaces, files, sandbox, owns, env, terminal, stdin, mappings)
    state = container.state
    state.running, state.restarting, state.paused, state.oom_killed = True, False, False, False
    state.exit_code, state.error = 0, ""
    state.started, state.finished = timestamps.unix_now(engine.clock), 0.0
    container.manually_stopped = False
    assert process.exited.callbacks is not None
    process.exited.callbacks.append(lambda _: engine.lifecycle.exited(container, process))
    engine.events.tell("container", "start", container.id, container.attributes())
    attach.open_input(container)
    if health.command_of(config) is not None:
        container.health = Health()
        engine.clock.process(health.watch(engine, container, process))
    else:
        container.health = None


def _pid_namespace(engine: DockerEngine, container: Container) -> PidNamespace:
    mode = container.host_config["PidMode"]
    if mode == "host":
        return engine.host.namespaces.pid
    if mode.startswith("container:"):
        other = engine.containers.find(mode[10:])
        if other.live is None:
            raise conflict(f"cannot join PID namespace of a non running container: container {other.id} is not running")
        return other.live.namespaces.pid
    return engine.host.new_pid_namespace()


def limit(container: Container, group: Cgroup) -> None:
    """Write the container's limits into its control group."""
    config = container.host_config
    group.memory_max = config["Memory"] or None
    if config["NanoCpus"]:
        group.cpu_max = config["NanoCpus"] / 1e9
    elif config["CpuQuota"] > 0:
        group.cpu_max = config["CpuQuota"] / (config["CpuPeriod"] or 100_000)
    else:
        group.cpu_max = None
    group.pids_max = config["PidsLimit"]
    # cgroup v2 has weights from 1 to 10000 where v1 had shares from 2 to 262144
    shares = config["CpuShares"]
    group.cpu_weight = 1 + (shares - 2) * 9999 // 262142 if shares else 100


def environment(container: Container, identity: Identity) -> dict[str, str]:
    """Return the environment of the container's processes."""
    env = {"PATH": DEFAULT_PATH, "HOSTNAME": container.config.hostname}
    if container.config.tty:
        env["TERM"] = "xterm"
    for one in container.config.env or ():
        name, equals, value = one.partition("=")
        if equals:
            env[name] = value
        else:
            env.pop(name, None)
    env.setdefault("HOME", identity.home)
    return env


def files_of(files: FileView, identity: Identity) -> FileView:
    """Return *files* as *identity* sees them."""
    view = files.copy()
    view.credentials = Searcher(identity.uid, identity.gid, identity.groups)
    return view


def executable_for(files: FileView, name: str, env: dict[str, str]) -> str:
    """Return the file that *name* runs. Raises OSError with Go's words (os/exec)."""
    if "/" in name:
        found = files.find_or_none(name)
        if found is None:
            raise OSError(errno.ENOENT, f'exec: "{name}": stat {name}: no such file or directory')
        if not files.credentials.may(found.inode, 1) or found.inode.format == 0o040000:
            words = "is a directory" if found.inode.format == 0o040000 else "permission denied"
            raise OSError(errno.EACCES, f'exec: "{name}": {words}')
        return name
    path, number = search(files, name, env.get("PATH", ""))
    if path is None:
        words = "executable file not found in $PATH" if number == errno.ENOENT else "permission denied"
        raise OSError(number, f'exec: "{name}": {words}')
    return path


def spawn(
    engine: DockerEngine, argv: list[str], env: dict[str, str], files: FileView, identity: Identity, namespaces: Namespaces,
    group: Cgroup, fds: dict[int, Description], terminal: Terminal | None, shim: Process, path: str, *, init: bool = False,
) -> Process:  # fmt: skip
    """Start *argv* (the file *path*). What is no program says so by itself and ends with 255, as runc's last step does."""
    user = Searcher(identity.uid, identity.gid, identity.groups)

    def tell_why(process: Process) -> Life:
        yield from process.write(2, f"exec {path}: {reason}\n".encode())
        return 255

    def be_init(process: Process) -> Life:
        process.reaps = True
        child = process.spawn(argv, path=path)
        for number in (signals.TERM, signals.INT, signals.HUP, signals.QUIT, signals.USR1, signals.USR2):
            process.on(number, lambda signal: child.deliver(signal, process))
        while child.is_alive:
            yield process.any_child()
            for one in list(process.zombies()):
                if one is not child:
                    process.reap(one)
        return (yield from process.wait(child))

    arguments = {
        "env": env, "user": user, "files": files, "namespaces": namespaces, "cgroup": group, "fds": fds, "terminal": terminal,
        "parent": shim,
    }  # fmt: skip
    if init:
        return engine.host.spawn(["/sbin/docker-init", "--", *argv], body=be_init, **arguments)  # type: ignore[arg-type]
    try:
        return engine.host.spawn(argv, **arguments)  # type: ignore[arg-type]
    except OSError as error:
        if error.errno not in (errno.ENOEXEC, errno.ENOENT):
            raise
        reason = (error.strerror or "").lower()
        return engine.host.spawn(argv, body=tell_why, **arguments)  # type: ignore[arg-type]


def _stdio(
    engine: DockerEngine, container: Container
) -> tuple[Terminal | None, dict[int, Description], PipeWriter | None]:
    config = container.config
    if config.tty:
        terminal = Terminal(engine.clock, lambda data: container.output(STDOUT, data))
        size = container.host_config["ConsoleSize"]
        if size and size[0]:
            terminal.rows, terminal.columns = size
        end = TerminalEnd(terminal)
        return terminal, {0: end, 1: end, 2: end}, None
    fds: dict[int, Description] = {
        0: Null(),
        1: Sink(lambda data: container.output(STDOUT, data)),
        2: Sink(lambda data: container.output(STDERR, data)),
    }
    if not config.open_stdin:
        return None, fds, None
    pipe = Pipe(engine.clock, STDIN_BYTES)
    fds[0] = PipeReader(pipe)
    return None, fds, PipeWriter(pipe)


def _explained(container: Container, failure: Exception) -> tuple[DockerError, int]:
    """Return *failure* as the daemon says it, and the exit code that the container gets."""
    if isinstance(failure, DockerError):
        return failure, NOT_STARTED
    if isinstance(failure, UnknownUser):
        return DockerError(500, str(failure)), NOT_STARTED
    assert isinstance(failure, OSError)
    words = failure.strerror or str(failure)
    if words.startswith("exec: "):
        code = CANNOT_INVOKE if "permission denied" in words or "is a directory" in words else COMMAND_NOT_FOUND
        return invalid_parameter(f"{RUNC}error during container init: {words}: unknown"), code
    if failure.errno == errno.ENOTDIR:
        hint = "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"
        return invalid_parameter(
            f"{RUNC}error during container init: {words.lower() if words == 'Not a directory' else words}: unknown: {hint}"
        ), COMMAND_NOT_FOUND
    return DockerError(500, f"{RUNC}error during container init: {words[0].lower() + words[1:]}: unknown"), NOT_STARTED
