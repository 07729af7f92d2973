"""The processes behind Docker: dockerd, containerd, a shim for each container, runc for an instant, a proxy for each port.

dockerd asks containerd, which starts a containerd-shim-runc-v2; that calls runc, which makes the container's first process and
is gone. So a container's parent is the shim, and both daemons may restart without it. They are real entries in the host's
process table; what they do is done by the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from k8slab.docker.errors import invalid_parameter
from k8slab.machine import signals
from k8slab.machine.host import Host
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.sim.clock import EPOCH

RUNC_SECONDS = 0.02
DOCKERD = ["/usr/bin/dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock"]


def _wait(process: Process) -> Life:
    process.reaps = True
    process.on(signals.CHLD, None)  # ended children leave at once
    process.on(signals.TERM, None)
    yield process.clock.event()
    return 0


def _brief(process: Process) -> Life:
    yield process.clock.timeout(RUNC_SECONDS)
    return 0


class Daemons:
    """dockerd and containerd on one host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.containerd = host.spawn(
            ["/usr/bin/containerd"], body=_wait, cgroup=host.cgroup.child("system.slice/containerd.service")
        )
        self.containerd.memory_bytes = 40 << 20
        self.dockerd = host.spawn(DOCKERD, body=_wait, cgroup=host.cgroup.child("system.slice/docker.service"))
        self.dockerd.memory_bytes = 70 << 20

    def shim(self, id: str) -> Process:
        """Return a new shim for the container *id*, with the runc that makes it."""
        argv = [
            "/usr/bin/containerd-shim-runc-v2",
            "-namespace",
            "moby",
            "-id",
            id,
            "-address",
            "/run/containerd/containerd.sock",
        ]
        shim = self.host.spawn(argv, body=_wait, cgroup=self.containerd.cgroup)
        shim.on(signals.CHLD, None)
        self.host.spawn(
            ["runc", "--root", "/var/run/docker/runtime-runc/moby", "create", id],
            body=_brief,
            cgroup=shim.cgroup,
            parent=shim,
        )
        return shim

    def proxy(self, protocol: str, address: IPv4Address, host_port: int, target: IPv4Address, port: int) -> Process:
        """Return a new docker-proxy."""
        argv = [
            "/usr/bin/docker-proxy", "-proto", protocol, "-host-ip", str(address), "-host-port", str(host_port),
            "-container-ip", str(target), "-container-port", str(port), "-use-listen-fd",
        ]  # fmt: skip
        return self.host.spawn(argv, body=_wait, cgroup=self.dockerd.cgroup, parent=self.dockerd)

    @staticmethod
    def end(process: Process | None) -> None:
        """Take a shim or a proxy away."""
        if process is not None:
            process.deliver(signals.KILL)


def _clock(host: Host, process: Process) -> str:
    seconds = int(EPOCH.timestamp() + process.started) % 86400
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _time(process: Process) -> str:
    seconds = int(process.cpu_seconds)
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def _user(process: Process) -> str:
    # top runs on the host, so ids are looked up in the host's /etc/passwd
    return "root" if process.uid == 0 else str(process.uid)


_COLUMNS: dict[str, tuple[str, Callable[[Host, Process], str]]] = {
    "uid": ("UID", lambda host, one: str(one.uid)),
    "user": ("USER", lambda host, one: _user(one)),
    "pid": ("PID", lambda host, one: str(one.host_pid)),
    "ppid": ("PPID", lambda host, one: str(one.parent.host_pid if one.parent is not None else 0)),
    "c": ("C", lambda host, one: "0"),
    "stime": ("STIME", _clock),
    "tty": ("TT", lambda host, one: "pts/0" if one.terminal is not None else "?"),
    "time": ("TIME", lambda host, one: _time(one)),
    "cmd": ("CMD", lambda host, one: " ".join(one.argv)),
    "args": ("COMMAND", lambda host, one: " ".join(one.argv)),
    "comm": ("COMMAND", lambda host, one: one.command),
    "rss": ("RSS", lambda host, one: str(one.memory_bytes >> 10)),
    "vsz": ("VSZ", lambda host, one: str(one.memory_bytes >> 9)),
    "stat": ("STAT", lambda host, one: one.state),
    "%cpu": ("%CPU", lambda host, one: "0.0"),
    "%mem": ("%MEM", lambda host, one: f"{100 * one.memory_bytes / host.memory_bytes:.1f}"),
    "start": ("STARTED", _clock),
}
FULL = ("uid", "pid", "ppid", "c", "stime", "tty", "time", "cmd")
AUX = ("user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "time", "args")
_ALIASES = {
    "command": "args",
    "tt": "tty",
    "tname": "tty",
    "cputime": "time",
    "ucmd": "comm",
    "pcpu": "%cpu",
    "pmem": "%mem",
    "rssize": "rss",
    "euser": "user",
}


def top(host: Host, members: list[Process], arguments: str) -> dict[str, object]:
    """Return ``docker top``'s titles and rows: what ``ps`` on the host says about *members*. Raises DockerError."""
    words = arguments.split() or ["-ef"]
    columns: list[str] = []
    titles: dict[str, str] = {"uid": "UID", "tty": "TTY", "time": "TIME"}
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.lstrip("-") in ("o", "eo", "Ao", "axo") and position < len(words):
            columns += words[position].split(",")
            position += 1
        elif word.startswith("-o") and len(word) > 2:
            columns += word[2:].split(",")
        elif word in ("aux", "-aux", "axu", "u", "au", "xu"):
            columns, titles = list(AUX), {"tty": "TTY", "start": "START"}
        elif word in ("-ef", "-f", "-fe", "-eaf", "-aef"):
            columns = list(FULL)
        elif word not in ("-e", "-A", "a", "x", "ax"):
            raise invalid_parameter(f"ps: error: unsupported option: {word}")
    columns = columns or ["pid", "tty", "time", "comm"]
    names = [_ALIASES.get(one, one) for one in columns]
    unknown = next((one for one in names if one not in _COLUMNS), None)
    if unknown is not None:
        raise invalid_parameter(f'error: unknown user-defined format specifier "{unknown}"')
    if "pid" not in names:
        raise invalid_parameter("Couldn't find PID field in ps output")
    rows = [[_COLUMNS[name][1](host, one) if name != "uid" else _user(one) for name in names] for one in members]
    return {"Titles": [titles.get(name, _COLUMNS[name][0]) for name in names], "Processes": rows}
