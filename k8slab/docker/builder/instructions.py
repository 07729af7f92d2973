"""Dockerfile instructions as values: what each one is, and what it does to the config of the image being built.

Models frontend/dockerfile/instructions/commands.go and the config half of dispatch. ``change`` alters a config and returns the
instruction as ``docker history`` shows it; RUN, COPY, ADD and FROM do their work in the builder (`stages.py`). `grammar.py` makes
these values out of lines.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from k8slab.docker import durations
from k8slab.docker.builder.errors import BuildError
from k8slab.docker.builder.lines import Heredoc
from k8slab.docker.builder.quoting import plain_list, quoted_list
from k8slab.docker.builder.words import Expanded
from k8slab.docker.image_config import RunConfig
from k8slab.machine import signals

DEFAULT_SHELL = ["/bin/sh", "-c"]
#: Puts variables into a word.
Expand = Callable[[str], Expanded]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What all share: the *source* text and the lines from *start* to *end* where it stands; *written* is the keyword as typed."""

    keyword: ClassVar[str] = ""
    source: str = ""
    start: int = 0
    end: int = 0
    written: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        """Change *config* and return the line for the history. Raises BuildError, ExpansionError."""
        raise NotImplementedError

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line."""
        return self.start, self.end

    @property
    def code(self) -> str:
        """The source in one line, the keyword in capitals, as progress shows it."""
        parts = self.source.strip().split(None, 1)
        return " ".join([self.keyword, *parts[1:]]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """The command of RUN, CMD, ENTRYPOINT: *words* as given (exec form), or one text for the shell."""

    words: tuple[str, ...]
    is_shell: bool
    heredocs: tuple[Heredoc, ...] = ()

    def argv(self, shell: list[str] | None) -> list[str]:
        """Return the whole command line, with the shell in front of the shell form."""
        return [*(shell or DEFAULT_SHELL), *self.words] if self.is_shell else list(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class From(Instruction):
    """``FROM image [AS stage]``: begins a stage."""

    keyword = "FROM"
    image: str = ""
    stage: str = ""
    #: The stage's name and the word AS as they were typed, for the checks.
    stage_written: str = ""
    as_written: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Instruction):
    """``RUN command``: executes at build time; what it changes in the files is a layer."""

    keyword = "RUN"
    command: CommandLine = CommandLine(words=(), is_shell=True)
    mounts: tuple[str, ...] = ()
    network: str = ""
    security: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Instruction):
    """What COPY and ADD share: *sources* from the context (or *from_*) and here-documents go to *target*."""

    sources: tuple[str, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    target: str = ""
    chown: str = ""
    chmod: str = ""
    from_: str = ""
    link: bool = False
    parents: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Transfer):
    """``COPY source... target``: files of the context, a stage or an image."""

    keyword = "COPY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Transfer):
    """``ADD source... target``: as COPY, but unpacks local archives and fetches URLs."""

    keyword = "ADD"
    checksum: str = ""
    unpack: bool | None = None
    keep_git_dir: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Env(Instruction):
    """``ENV name=value``: environment of later steps and of containers. *legacy* is the form ``ENV name value``."""

    keyword = "ENV"
    pairs: tuple[tuple[str, str], ...] = ()
    legacy: bool = False

    def change(self, config: RunConfig, expand: Expand) -> str:
        told = [self.keyword]
        for name, value in [(expand(name).text, expand(value).text) for name, value in self.pairs]:
            config.set_env(name, value)
            told.append(f"{name}={value}")
        return " ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Instruction):
    """``LABEL key=value``: metadata of the image."""

    keyword = "LABEL"
    pairs: tuple[tuple[str, str], ...] = ()
    legacy: bool = False

    def change(self, config: RunConfig, expand: Expand) -> str:
        told = [self.keyword]
        config.labels = dict(config.labels or {})
        for name, value in [(expand(name).text, expand(value).text) for name, value in self.pairs]:
            config.labels[name] = value
            told.append(f"{name}={value}")
        return " ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintainer(Instruction):
    """``MAINTAINER name``: the author; deprecated in favour of LABEL."""

    keyword = "MAINTAINER"
    name: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        return f"MAINTAINER {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg(Instruction):
    """``ARG name[=default]``: a variable of the build only. Pairs are ``(name, default or None)``."""

    keyword = "ARG"
    pairs: tuple[tuple[str, str | None], ...] = ()

    def change(self, config: RunConfig, expand: Expand) -> str:
        return " ".join([self.keyword, *(name if value is None else f"{name}={value}" for name, value in self.pairs)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdir(Instruction):
    """``WORKDIR /path``: the directory for later RUN, CMD and COPY; a relative path extends the last one."""

    keyword = "WORKDIR"
    path: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.working_dir = joined(config.working_dir, expand(self.path).text)
        return f"WORKDIR {config.working_dir}"


def joined(working_dir: str, path: str) -> str:
    """Return *path* seen from *working_dir*, cleaned."""
    full = posixpath.normpath(posixpath.join("/", working_dir, path))
    return "/" + full.lstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Instruction):
    """``USER name[:group]``: who runs later RUN, CMD and ENTRYPOINT."""

    keyword = "USER"
    user: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.user = expand(self.user).text
        return f"USER {config.user}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expose(Instruction):
    """``EXPOSE port``: documentation; publishes nothing."""

    keyword = "EXPOSE"
    ports: tuple[str, ...] = ()

    def change(self, config: RunConfig, expand: Expand) -> str:
        words = [word for port in self.ports for word in expand(port).words]
        named: list[str] = []
        for word in words:
            named += port_names(word)
        config.exposed_ports = {**(config.exposed_ports or {}), **{name: {} for name in named}}
        return "EXPOSE map[" + " ".join(f"{name}:{{}}" for name in sorted(set(named))) + "]"


def port_names(text: str) -> list[str]:
    """Return ``["80/tcp"]`` for ``80``, one name a port of a range. Raises BuildError in nat's words."""
    ports, _, protocol = text.partition("/")
    protocol = (protocol or "tcp").lower()
    if protocol not in ("tcp", "udp", "sctp"):
        raise BuildError(f"invalid proto: {protocol}")
    container = ports.rsplit(":", 1)[-1]
    if not container:
        raise BuildError(f"no port specified: {text}<empty>")
    first, dash, last = container.partition("-")
    bounds = [first, last] if dash else [first]
    if not all(re.fullmatch(r"[0-9]{1,5}", bound) and int(bound) <= 65535 for bound in bounds):
        raise BuildError(f"invalid containerPort: {container}")
    low, high = int(first), int(last) if dash else int(first)
    if low > high:
        raise BuildError(f"invalid containerPort: {container}")
    return [f"{port}/{protocol}" for port in range(low, high + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Instruction):
    """``VOLUME /path``: containers get an anonymous volume there."""

    keyword = "VOLUME"
    paths: tuple[str, ...] = ()

    def change(self, config: RunConfig, expand: Expand) -> str:
        paths = [expand(path).text for path in self.paths]
        if any(not path for path in paths):
            raise BuildError("VOLUME specified can not be an empty string")
        config.volumes = {**(config.volumes or {}), **{path: {} for path in paths}}
        return f"VOLUME {plain_list(paths)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmd(Instruction):
    """``CMD``: the default command, or the default arguments of ENTRYPOINT; the last one wins."""

    keyword = "CMD"
    command: CommandLine = CommandLine(words=(), is_shell=True)

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.cmd = self.command.argv(config.shell)
        config.args_escaped = False
        return f"CMD {quoted_list(config.cmd)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrypoint(Instruction):
    """``ENTRYPOINT``: what a container runs; a CMD that came from the base image is forgotten."""

    keyword = "ENTRYPOINT"
    command: CommandLine = CommandLine(words=(), is_shell=True)

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.entrypoint = self.command.argv(config.shell) if self.command.words else None
        return f"ENTRYPOINT {quoted_list(config.entrypoint or [])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell(Instruction):
    """``SHELL ["executable", "arguments"]``: what runs the shell forms after it."""

    keyword = "SHELL"
    words: tuple[str, ...] = ()

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.shell = list(self.words)
        return f"SHELL {plain_list(self.words)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSignal(Instruction):
    """``STOPSIGNAL signal``: what ``docker stop`` sends first."""

    keyword = "STOPSIGNAL"
    signal: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        name = expand(self.signal).text
        if not is_signal(name):
            raise BuildError(f"invalid signal: {name}")
        config.stop_signal = name
        return f"STOPSIGNAL {name}"


def is_signal(text: str) -> bool:
    """Return whether *text* is a signal's number or name, with or without SIG."""
    if text.isascii() and text.isdigit():
        return 0 < int(text[:9]) < 65
    name = text.upper().removeprefix("SIG")
    return hasattr(signals, name) or name.startswith(("RTMIN", "RTMAX"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBuild(Instruction):
    """``ONBUILD instruction``: kept in the image and carried out when another build starts from it."""

    keyword = "ONBUILD"
    trigger: str = ""

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.on_build = [*(config.on_build or ()), self.trigger]
        return f"ONBUILD {self.trigger}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck(Instruction):
    """``HEALTHCHECK [options] CMD command`` or ``NONE``. *health* is the API's document; times are in nanoseconds."""

    keyword = "HEALTHCHECK"
    health: dict[str, Any] = field(default_factory=dict)

    def change(self, config: RunConfig, expand: Expand) -> str:
        config.healthcheck = dict(self.health)
        test = quoted_list(self.health.get("Test", []))
        times = [
            _quoted_duration(self.health.get(key, 0)) for key in ("Interval", "Timeout", "StartPeriod", "StartInterval")
        ]
        retries = self.health.get("Retries", 0)
        return f"HEALTHCHECK &{{{test} {' '.join(times)} '\\x{retries:02x}'}}"


def _quoted_duration(nanoseconds: int) -> str:
    return f'"{durations.show(nanoseconds)}"'
