"""A process: ids, descriptors, signals, children; and its life as one SimPy process.

Models kernel/fork.c, exit.c and signal.c. A program's generator *is* the running code: nothing of it runs while it waits for
an event, and a fatal signal ends it there. PID 1 of a namespace has its two special rules: signals without a handler do not
touch it, and when it ends everything in its namespace is killed.
Left out: threads as tasks of their own, ptrace, core files, sessions' controlling terminals beyond ^C, nice values.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Iterator, Mapping
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import Event

from k8slab.machine import signals
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.descriptors import Descriptors, null_stdio
from k8slab.machine.errors import os_error
from k8slab.machine.executable import Executable, load, search
from k8slab.machine.fs.paths import Searcher
from k8slab.machine.fs.view import FileView
from k8slab.machine.namespaces import Namespaces
from k8slab.machine.network import Network
from k8slab.machine.program import Life
from k8slab.machine.streams import Description
from k8slab.machine.terminal import Terminal
from k8slab.sim.clock import Clock

if TYPE_CHECKING:
    from k8slab.machine.host import Host

Handler = Callable[[int], None]
#: Where execvp looks if PATH is not set (confstr(_CS_PATH)).
CONFSTR_PATH = "/bin:/usr/bin"
#: What a small program holds before it asks for more.
SMALL_BYTES = 1 << 20
#: Processor time that making a process costs; it is paid in time once a millisecond has come together (see `Process.pay`).
FORK_CPU_SECONDS = 0.0003
FORK_STEPS = 40


class Exited(Exception):
    """Raised inside a program to end its process now."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Killed(Exception):
    """A fatal signal has hit the running process itself."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


class Process(Descriptors):
    """One process of a host. Ids are those of its own PID namespace unless a name says ``host``."""

    __slots__ = (
        "_sim",
        "_thawed",
        "_threads",
        "argv",
        "children",
        "env",
        "executable",
        "executable_path",
        "exit_status",
        "exited",
        "handlers",
        "host_pid",
        "namespaces",
        "on_child",
        "parent",
        "pgid",
        "pids",
        "reaps",
        "session",
        "started",
        "stopped",
    )

    def __init__(
        self,
        host: Host,
        parent: Process | None,
        *,
        argv: list[str],
        env: dict[str, str],
        files: FileView,
        fds: dict[int, Description],
        namespaces: Namespaces,
        cgroup: Cgroup,
    ) -> None:
        self.host = host
        self.parent = parent
        self.argv = argv
        self.env = env
        self.files = files
        self.namespaces = namespaces
        self.cgroup = cgroup
        self.fds = fds
        for description in fds.values():
            description.references += 1
        self.children: dict[int, Process] = {}
        self.handlers: dict[int, Handler | None] = {}
        self.executable: Executable | None = None
        self.executable_path = ""
        self.memory_bytes = SMALL_BYTES
        self.cpu_seconds = 0.0
        self.started = host.clock.env.now
        #: R running or S sleeping, T stopped, Z zombie, X reaped
        self.state = "S"
        self.stopped = False
        self.exit_status: tuple[int, int] | None = None  # code, signal
        self.exited: Event = host.clock.event()
        self.oom_killed = False
        #: PID 1 programs that collect orphans (shells, tini, systemd); others leave zombies behind.
        self.reaps = False
        self.on_child: Event | None = None
        self.terminal: Terminal | None = parent.terminal if parent is not None else None
        self._sim: simpy.Process | None = None
        self._threads: list[simpy.Process] = []
        self._thawed: Event | None = None
        self._unpaid = 0
        self._debt = 0.0
        self.pids: dict[int, int] = {}
        self.host_pid = host.adopt(self)
        inherits = parent is not None and parent.namespaces.pid is namespaces.pid
        self.pgid: int = parent.pgid if parent is not None and inherits else self.pid
        self.session: int = parent.session if parent is not None and inherits else self.pid

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """The id in its own PID namespace."""
        return self.pids[self.namespaces.pid.number]

    @property
    def parent_pid(self) -> int:
        """The parent's id as this process sees it: 0 if the parent is outside its namespace."""
        return self.parent.pids.get(self.namespaces.pid.number, 0) if self.parent is not None else 0

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.host.clock

    @property
    def network(self) -> Network:
        """The network namespace."""
        return self.namespaces.net

    @property
    def uid(self) -> int:
        """The user's id."""
        return self.files.credentials.uid

    @property
    def gid(self) -> int:
        """The group's id."""
        return self.files.credentials.gid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.exit_status is None

    @property
    def is_init(self) -> bool:
        """Whether it is PID 1 of its namespace."""
        return self.pid == 1

    @property
    def exit_code(self) -> int | None:
        """The exit code as a shell and Docker show it: 128 + the signal for a killed process; None while it lives."""
        if self.exit_status is None:
            return None
        code, signal = self.exit_status
        return 128 + signal if signal else code

    @property
    def command(self) -> str:
        """The command's short name (``comm``)."""
        name = self.argv[0].rsplit("/", 1)[-1] if self.argv else ""
        if self.executable is not None and self.executable_path:
            name = self.executable_path.rsplit("/", 1)[-1]
        return name[:15]

    @property
    def userland(self) -> str:
        """``gnu`` or ``busybox``: whose manners the running program has."""
        return self.executable.userland if self.executable is not None else "gnu"

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self, body: Generator[Event, Any, int | None]) -> None:
        """Begin to run *body*; its first step comes when the clock next moves."""
        self._sim = self.host.clock.env.process(self._live(body))
        self._sim.owner = self  # type: ignore[attr-defined]  # /proc/self asks who is looking

    def _live(self, body: Generator[Event, Any, int | None]) -> Generator[Event, Any, None]:
        code, signal = 0, 0
        try:
            code = (yield from self._drive(body)) or 0
        except Exited as end:
            code = end.code
        except Killed as killed:
            signal = killed.signal
        except simpy.Interrupt as interrupt:
            signal = int(interrupt.cause or 0)
        except BrokenPipeError:
            signal = signals.PIPE
        except OSError as error:  # what a program does not expect ends it, as perror() and exit(1) would
            self.write_now(2, f"{self.command}: {error.strerror}\n".encode())
            code = 1
        self._end(code & 0xFF, signal)

    def _drive(self, body: Generator[Any, Any, Any]) -> Generator[Event, Any, Any]:
        """Run *body*, holding it still while the process is stopped or frozen.

        A body may also yield a generator instead of an event: it is run like a call, but on our own stack, so that a shell
        function can call itself a thousand times without a thousand nested Python frames.
        """
        stack: list[Generator[Any, Any, Any]] = []
        value: Any = None
        failure: BaseException | None = None
        try:
            while True:
                try:
                    event = body.send(value) if failure is None else body.throw(failure)
                except StopIteration as end:
                    if not stack:
                        return end.value
                    body, value, failure = stack.pop(), end.value, None
                    continue
                except BaseException as error:
                    if not stack:
                        raise
                    body, value, failure = stack.pop(), None, error
                    continue
                value, failure = None, None
                if type(event) is GeneratorType:
                    stack.append(body)
                    body = event
                    continue
                try:
                    value = yield event
                except (simpy.Interrupt, GeneratorExit):
                    raise
                except Exception as error:  # an event that failed: the program's own affair
                    failure = error
                while self._thawed is not None:
                    yield self._thawed
        finally:
            body.close()
            for caller in reversed(stack):
                caller.close()

    def thread(self, body: Generator[Event, Any, Any]) -> None:
        """Run *body* beside the program, as a thread of this process; it dies with it."""
        if len(self._threads) > 64:
            self._threads = [thread for thread in self._threads if thread.is_alive]
        thread = self.host.clock.env.process(self._live_thread(body))
        thread.owner = self  # type: ignore[attr-defined]
        self._threads.append(thread)

    def _live_thread(self, body: Generator[Event, Any, Any]) -> Generator[Event, Any, None]:
        if not self.is_alive:
            return  # it ended before this thread's first step
        try:
            yield from self._drive(body)
        except simpy.Interrupt:
            pass
        except Killed as killed:
            self.deliver(killed.signal)
        except Exited as end:
            self.terminate(end.code)
        except OSError:
            return  # the peer of this thread's connection has gone: only the thread ends

    def terminate(self, code: int) -> None:
        """End the process with *code* from one of its threads or handlers."""
        self._stop_running(0, code)

    def _stop_running(self, signal: int, code: int = 0) -> None:
        if self.exit_status is not None:
            return
        sim = self._sim
        if sim is None or not sim.is_alive:
            self._end(code, signal)
        elif sim is self.host.clock.env.active_process:
            raise Killed(signal) if signal else Exited(code)
        elif signal:
            sim.interrupt(signal)
        else:
            self._end(code, 0)
            if sim.is_alive:
                sim.interrupt(0)

    def _end(self, code: int, signal: int) -> None:
        if self.exit_status is not None:
            return
        self.exit_status = (code, signal)
        self.state = "Z"
        active = self.host.clock.env.active_process
        for thread in self._threads:
            if thread.is_alive and thread is not active:
                thread.interrupt(0)
        self._threads = []
        self.cgroup.leave(self)
        for description in self.fds.values():
            description.close()
        self.fds = {}
        self.host.ended(self)
        self.exited.succeed(self.exit_code)

    def hold_still(self) -> None:
        """Stop where it is until `go_on` (SIGSTOP, the freezer)."""
        if self._thawed is None:
            self._thawed = self.host.clock.event()
            self.state = "T" if self.stopped else self.state

    def go_on(self) -> None:
        """Run on."""
        if self._thawed is not None:
            self._thawed.succeed()
            self._thawed = None
            self.state = "S"

    def thaw_or_freeze(self) -> None:
        """Follow what SIGSTOP and the freezer say now."""
        if self.stopped or self.cgroup.is_frozen:
            self.hold_still()
        else:
            self.go_on()

    # -- signals -------------------------------------------------------------------------------------------------------

    def on(self, signal: int, handler: Handler | None) -> None:
        """Take *signal* with *handler*, called at once when it comes; None ignores it."""
        self.handlers[signal] = handler

    def default(self, signal: int) -> None:
        """Take *signal* as the kernel does by default."""
        self.handlers.pop(signal, None)

    def deliver(self, signal: int, sender: Process | None = None) -> None:
        """Receive *signal*; *sender* is None for the kernel or an engine outside. Signal 0 does nothing."""
        if not self.is_alive or signal == 0:
            return
        from_inside = sender is not None and sender.namespaces.pid is self.namespaces.pid
        if signal in (signals.KILL, signals.STOP) and self.is_init and from_inside:
            return
        if signal == signals.CONT:
            self.stopped = False
            self.thaw_or_freeze()
        if signal not in (signals.KILL, signals.STOP) and signal in self.handlers:
            handler = self.handlers[signal]
            if handler is not None:
                handler(signal)
            return
        if signal in signals.IGNORED or signal == signals.CONT:
            return
        if self.is_init and signal not in (signals.KILL, signals.STOP):
            return  # kernel/signal.c: SIGNAL_UNKILLABLE: an init gets only what it asked for
        if signal in signals.STOPPING:
            self.stopped = True
            self.thaw_or_freeze()
            return
        self._stop_running(signal)

    def kill(self, pid: int, signal: int) -> None:
        """Send *signal* as kill(2): *pid* > 0 one process, 0 the own group, -1 all, else the group -pid. Raises ESRCH, EPERM."""
        space = self.namespaces.pid.processes
        if pid > 0:
            targets = [space[pid]] if pid in space else []
        elif pid == -1:
            targets = [one for number, one in sorted(space.items()) if number != 1 and one is not self]
        else:
            group = self.pgid if pid == 0 else -pid
            targets = [one for _, one in sorted(space.items()) if one.pgid == group]
        if not targets:
            raise os_error(errno.ESRCH)
        allowed = [one for one in targets if self.uid in (0, one.uid)]
        if not allowed:
            raise os_error(errno.EPERM)
        for target in sorted(allowed, key=lambda one: one is self):  # itself last: it may not come back
            target.deliver(signal, self)

    # -- children ------------------------------------------------------------------------------------------------------

    def fork(
        self,
        body: Callable[[Process], Generator[Event, Any, int | None]],
        *,
        argv: list[str] | None = None,
        fds: Mapping[int, Description] | None = None,
        env: dict[str, str] | None = None,
    ) -> Process:
        """Return a new child that runs *body(child)* with a copy of all this process has. Raises EAGAIN."""
        if not self.host.has_room() or not self.cgroup.has_room():
            raise os_error(errno.EAGAIN)
        child = Process(
            self.host,
            self,
            argv=self.argv if argv is None else argv,
            env=self.env if env is None else env,
            files=self.files.copy(),
            fds=dict(self.fds if fds is None else fds),
            namespaces=self.namespaces,
            cgroup=self.cgroup,
        )
        child.executable, child.executable_path = self.executable, self.executable_path
        child.handlers = dict(self.handlers)
        child._debt = self._debt = self._debt + FORK_CPU_SECONDS
        self.cgroup.work(FORK_STEPS, self.host.clock.env.now)
        self.children[child.host_pid] = child
        child.start(body(child))
        return child

    def spawn(
        self,
        argv: list[str],
        *,
        env: dict[str, str] | None = None,
        fds: Mapping[int, Description] | None = None,
        path: str | None = None,
    ) -> Process:
        """Return a new child that runs the program *argv* (looked up in PATH unless *path* is given). Raises OSError."""
        environment = self.env if env is None else env
        if path is None:
            path, number = search(self.files, argv[0], environment.get("PATH", CONFSTR_PATH))
            if path is None:
                raise os_error(number, argv[0])
        loaded = load(self.files, path, argv, self.host.arch)
        program = self.host.program(loaded.executable.program)

        def body(child: Process) -> Life:
            child.become(loaded.executable, loaded.path, loaded.argv)
            return program.run(child)

        return self.fork(body, argv=loaded.argv, fds=fds, env=environment)

    def execute(self, argv: list[str], *, env: dict[str, str] | None = None, path: str | None = None) -> Life:
        """Replace this process's program, as execve(2): run the new one to its end. Raises OSError before anything happens."""
        environment = self.env if env is None else env
        if path is None:
            path, number = search(self.files, argv[0], environment.get("PATH", CONFSTR_PATH))
            if path is None:
                raise os_error(number, argv[0])
        loaded = load(self.files, path, argv, self.host.arch)
        program = self.host.program(loaded.executable.program)
        self.env = environment
        self.become(loaded.executable, loaded.path, loaded.argv)
        return program.run(self)

    def become(self, executable: Executable, path: str, argv: list[str]) -> None:
        """Take on *executable*: handlers fall back to the default, ignored signals stay ignored."""
        self.executable = executable
        self.executable_path = path
        self.argv = argv
        self.handlers = {signal: None for signal, handler in self.handlers.items() if handler is None}
        self.reaps = False

    def reap(self, child: Process) -> None:
        """Take note of an ended child: it leaves the process table."""
        self.children.pop(child.host_pid, None)
        self.host.reaped(child)

    def wait(self, child: Process) -> Generator[Event, Any, int]:
        """Return *child*'s exit code once it has ended, and reap it."""
        while child.exit_status is None:
            yield child.exited
        self.reap(child)
        assert child.exit_code is not None
        return child.exit_code

    def any_child(self) -> Event:
        """Return the event of the next child's end."""
        if self.on_child is None:
            self.on_child = self.host.clock.event()
        return self.on_child

    def zombies(self) -> Iterator[Process]:
        """Yield the children that have ended and wait to be reaped."""
        yield from [child for child in self.children.values() if child.exit_status is not None]

    def become_user(self, uid: int, gid: int, groups: tuple[int, ...] = ()) -> None:
        """Change who this process is."""
        self.files.credentials = Searcher(uid, gid, groups)


__all__ = ["Exited", "Killed", "Process", "null_stdio"]
