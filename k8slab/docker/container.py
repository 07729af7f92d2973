"""A container: what was asked for, its writable layer, and what becomes of it. A record; `lifecycle.py` moves it along.

Models container.Container and container.State.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from k8slab.docker import timestamps
from k8slab.docker.endpoints import Endpoint, Sandbox
from k8slab.docker.image_config import RunConfig
from k8slab.docker.logs import LogFile
from k8slab.docker.mount_points import MountPoint
from k8slab.docker.ports import Mapping_
from k8slab.machine.cgroups import Cgroup
from k8slab.machine.fs.inode import Directory, File, Inode
from k8slab.machine.fs.mounts import FileSystem
from k8slab.machine.fs.overlay import MergedDirectory
from k8slab.machine.fs.view import FileView
from k8slab.machine.namespaces import Namespaces
from k8slab.machine.streams import PipeWriter
from k8slab.machine.terminal import Terminal

if TYPE_CHECKING:
    from k8slab.docker.exec import Exec
    from k8slab.machine.process import Process

ROOT = "/var/lib/docker/containers"


@dataclass(slots=True)
class State:
    """What becomes of a container. Times are Unix seconds, 0 for never."""

    running: bool = False
    paused: bool = False
    restarting: bool = False
    oom_killed: bool = False
    removing: bool = False
    dead: bool = False
    exit_code: int = 0
    error: str = ""
    started: float = 0.0
    finished: float = 0.0

    @property
    def status(self) -> str:
        """One word: created, running, paused, restarting, removing, exited or dead."""
        if self.running:
            return "paused" if self.paused else "restarting" if self.restarting else "running"
        if self.removing:
            return "removing"
        if self.dead:
            return "dead"
        return "exited" if self.started else "created"


@dataclass(eq=False, slots=True)
class Health:
    """What the health check has found so far."""

    status: str = "starting"
    failing_streak: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    stopped: bool = False

    def document(self) -> dict[str, Any]:
        """Return State.Health."""
        return {"Status": self.status, "FailingStreak": self.failing_streak, "Log": list(self.log)}


@dataclass(eq=False, slots=True)
class Live:
    """What a container has only while it runs."""

    process: Process
    shim: Process
    cgroup: Cgroup
    namespaces: Namespaces
    files: FileView
    sandbox: Sandbox | None
    owns_sandbox: bool
    env: dict[str, str]
    terminal: Terminal | None = None
    stdin: PipeWriter | None = None
    mappings: list[Mapping_] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Container:
    """One container."""

    id: str
    name: str
    created: float
    image_id: str
    config: RunConfig
    host_config: dict[str, Any]
    path: str
    args: list[str]
    lowers: tuple[Directory, ...]
    upper: Directory
    file_system: FileSystem
    log: LogFile
    size_root: Callable[[], int]
    state: State = field(default_factory=State)
    mounts: dict[str, MountPoint] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    platform: str = "linux"
    restart_count: int = 0
    backoff_seconds: float = 0.0
    manually_stopped: bool = False
    live: Live | None = None
    health: Health | None = None
    execs: dict[str, Exec] = field(default_factory=dict)
    #: Those who are attached: called with the stream and the bytes; None at the end.
    listeners: list[Callable[[int, bytes | None], None]] = field(default_factory=list)
    #: ``(condition, told)`` of those who wait: next-exit, removed.
    waiters: list[tuple[str, Callable[[int], None]]] = field(default_factory=list)
    root: MergedDirectory | None = None
    exec_seconds: float = 0.0
    #: What the network had when it last ran, for people who look later.
    sandbox_id: str = ""
    #: What was typed (and ended) by clients that attached before the start.
    early_input: bytes = b""
    early_end: bool = False
    #: One place in the restart queue; a later start or stop makes it void.
    restart_ticket: int = 0

    @property
    def short_id(self) -> str:
        """The twelve digits that people see."""
        return self.id[:12]

    @property
    def is_running(self) -> bool:
        """Whether its process lives (paused or not)."""
        return self.live is not None

    @property
    def log_path(self) -> str:
        """Where its log lies on the host."""
        return f"{ROOT}/{self.id}/{self.id}-json.log" if self.log.kept else ""

    @property
    def network_mode(self) -> str:
        """``bridge``, ``host``, ``none``, ``container:X`` or a network's name."""
        return str(self.host_config["NetworkMode"])

    def output(self, stream: int, data: bytes) -> None:
        """The container says *data*: into the log and to all who are attached."""
        self.log.write(stream, data)
        for listener in list(self.listeners):
            listener(stream, data)

    def attributes(self, **more: str) -> dict[str, str]:
        """Return what its events carry."""
        return {**(self.config.labels or {}), "image": self.config.image, "name": self.name, **more}

    def state_document(self) -> dict[str, Any]:
        """Return the API's State."""
        state = self.state
        pid = self.live.process.host_pid if self.live is not None else 0
        found: dict[str, Any] = {
            "Status": state.status,
            "Running": state.running,
            "Paused": state.paused,
            "Restarting": state.restarting,
            "OOMKilled": state.oom_killed,
            "Dead": state.dead,
            "Pid": pid,
            "ExitCode": state.exit_code,
            "Error": state.error,
            "StartedAt": timestamps.unix_to_text(state.started) if state.started else timestamps.ZERO,
            "FinishedAt": timestamps.unix_to_text(state.finished) if state.finished else timestamps.ZERO,
        }
        if self.health is not None:
            found["Health"] = self.health.document()
        return found


class LogInode(File):
    """The log as a file on the host's disk: written out when somebody reads it; cut to nothing when somebody truncates it."""

    __slots__ = ("log",)

    def __init__(self, log: LogFile, mtime: float) -> None:
        self.log = log
        Inode.__init__(self, 0o640, 0, 0, mtime)
        self.hole = 0

    @property
    def data(self) -> bytes:
        return self.log.text()

    @data.setter
    def data(self, value: bytes) -> None:
        if not value:
            self.log.entries, self.log.bytes = [], 0
