"""From lines to typed instructions: one small function an instruction, in a plain table.

Models frontend/dockerfile/instructions/parse.go and parser/line_parsers.go, with their error texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from k8slab.docker import durations
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.errors import DockerfileError, parse_error
from k8slab.docker.builder.instructions import CommandLine, Instruction
from k8slab.docker.builder.lines import Line, Source, heredoc_of, read, split_words
from k8slab.docker.builder.quoting import did_you_mean, quote

_BLANKS = re.compile(r"[\t\v\f\r ]+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


class Flags:
    """The ``--flags`` of one instruction, checked against those it knows. Raises ValueError in bflag.go's words."""

    def __init__(self, line: Line, known: str = "", switches: str = "", lists: str = "") -> None:
        names, on_off, many = known.split(), switches.split(), lists.split()
        self.values: dict[str, list[str]] = {}
        for flag in line.flags:
            name, equals, value = flag.removeprefix("--").partition("=")
            if name not in (*names, *on_off, *many):
                raise ValueError(
                    f"unknown flag: --{name}{did_you_mean(name, [*names, *on_off, *many], match_case=True)}"
                )
            if name in self.values and name not in many:
                raise ValueError(f"duplicate flag specified: --{name}")
            if name in on_off:
                value = value.lower() if equals else "true"
                if value not in ("true", "false"):
                    raise ValueError(f"expecting boolean value for flag --{name}, not: {value}")
            elif not equals:
                raise ValueError(f"missing a value on flag: --{name}")
            self.values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        """Return the value of *name*, or ``""``."""
        return self.values.get(name, [""])[0]

    def on(self, name: str) -> bool:
        """Return whether the switch *name* is on."""
        return self.values.get(name) == ["true"]

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of *name*."""
        return tuple(self.values.get(name, ()))


# -- arguments ---------------------------------------------------------------------------------------------------------


def json_words(text: str) -> list[str] | None:
    """Return the strings of the JSON array *text*, None if it is none. Raises ValueError for an array of other things."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    if not all(isinstance(one, str) for one in found):
        raise ValueError("when using JSON array syntax, arrays must be comprised of strings only")
    return found


def _command(line: Line, rest: str | None = None) -> CommandLine:
    text = line.rest if rest is None else rest
    words = json_words(text)
    if words is not None:
        return CommandLine(words=tuple(words), is_shell=False, heredocs=line.heredocs)
    return CommandLine(words=(text,) if text else (), is_shell=True, heredocs=line.heredocs)


def _blank_separated(text: str) -> list[str]:
    return _BLANKS.split(text) if text else []


def _list(text: str) -> list[str]:
    words = json_words(text)
    return _blank_separated(text) if words is None else words


def _pairs(line: Line, escape: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Return the ``name=value`` pairs of ENV or LABEL, and whether the old form was used."""
    keyword = line.keyword.upper()
    words = split_words(line.rest, escape)
    if not words:
        raise ValueError(f"{keyword} requires at least one argument")
    if "=" not in words[0]:
        parts = _BLANKS.split(line.rest, maxsplit=1)
        if len(parts) < 2:
            raise ValueError(f"{keyword} must have two arguments")
        return ((parts[0], parts[1]),), True
    found: list[tuple[str, str]] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"Syntax error - can't find = in {quote(word)}. Must be of the form: name=value")
        if not name:
            raise ValueError(f"{keyword} names can not be blank")
        found.append((name, value))
    return tuple(found), False


def _one(line: Line) -> str:
    if not line.rest:
        raise ValueError(f"{line.keyword.upper()} requires exactly one argument")
    return line.rest


def _place(line: Line) -> dict[str, Any]:
    return {"source": line.original, "start": line.start, "end": line.end, "written": line.keyword}


# -- instructions ------------------------------------------------------------------------------------------------------


def _from(line: Line, escape: str) -> Instruction:
    words = _blank_separated(line.rest)
    stage = stage_written = as_written = ""
    if len(words) == 3 and words[1].lower() == "as":
        as_written, stage_written = words[1:]
        stage = stage_written.lower()
        if not _STAGE_NAME.fullmatch(stage):
            raise ValueError(
                f"invalid name for build stage: {quote(stage_written)}, name can't start with a number or contain symbols"
            )
    elif len(words) != 1:
        raise ValueError("FROM requires either one or three arguments")
    flags = Flags(line, "platform")
    return kinds.From(
        image=words[0],
        stage=stage,
        stage_written=stage_written,
        as_written=as_written,
        platform=flags.text("platform"),
        **_place(line),
    )


def _run(line: Line, escape: str) -> Instruction:
    flags = Flags(line, "network security", lists="mount device")
    for mount in flags.all("mount"):
        kind = next((part[5:] for part in mount.split(",") if part.startswith("type=")), "bind")
        if kind not in ("bind", "cache", "tmpfs", "secret", "ssh"):
            raise ValueError(f'unsupported mount type "{kind}"')
    network = flags.text("network")
    if network not in ("", "default", "none", "host"):
        raise ValueError(f'unsupported network mode "{network}"')
    return kinds.Run(
        command=_command(line),
        mounts=flags.all("mount"),
        network=network,
        security=flags.text("security"),
        **_place(line),
    )


def _transfer(line: Line, words: list[str]) -> dict[str, Any]:
    keyword = line.keyword.upper()
    if len(words) < 2:
        raise ValueError(
            f"{keyword} requires at least two arguments, but only one was provided. Destination could not be determined"
        )
    *sources, target = words
    if heredoc_of(target) is not None:
        raise ValueError(f"{keyword} cannot accept a heredoc as a destination")
    contents = {heredoc.name: heredoc for heredoc in line.heredocs}
    heredocs, plain = [], []
    for source in sources:
        announced = heredoc_of(source)
        if announced is None:
            plain.append(source)
        elif announced.name in contents:
            heredocs.append(contents[announced.name])
    return {"sources": tuple(plain), "heredocs": tuple(heredocs), "target": target}


def _copy(line: Line, escape: str) -> Instruction:
    words = _list(line.rest)
    found = _transfer(line, words)
    flags = Flags(line, "chown from chmod", "link parents", "exclude")
    return kinds.Copy(
        **found,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        from_=flags.text("from"),
        link=flags.on("link"),
        parents=flags.on("parents"),
        exclude=flags.all("exclude"),
        **_place(line),
    )


def _add(line: Line, escape: str) -> Instruction:
    words = _list(line.rest)
    found = _transfer(line, words)
    flags = Flags(line, "chown chmod checksum", "link keep-git-dir unpack", "exclude")
    return kinds.Add(
        **found,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        checksum=flags.text("checksum"),
        link=flags.on("link"),
        keep_git_dir=flags.on("keep-git-dir"),
        unpack=flags.on("unpack") if "unpack" in flags.values else None,
        exclude=flags.all("exclude"),
        **_place(line),
    )


def _env(line: Line, escape: str) -> Instruction:
    Flags(line)
    pairs, legacy = _pairs(line, escape)
    return kinds.Env(pairs=pairs, legacy=legacy, **_place(line))


def _label(line: Line, escape: str) -> Instruction:
    Flags(line)
    pairs, legacy = _pairs(line, escape)
    return kinds.Label(pairs=pairs, legacy=legacy, **_place(line))


def _maintainer(line: Line, escape: str) -> Instruction:
    Flags(line)
    return kinds.Maintainer(name=_one(line), **_place(line))


def _arg(line: Line, escape: str) -> Instruction:
    words = split_words(line.rest, escape)
    if not words:
        raise ValueError("ARG requires at least one argument")
    pairs: list[tuple[str, str | None]] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise ValueError("ARG names can not be blank")
        pairs.append((name, value if equals else None))
    return kinds.Arg(pairs=tuple(pairs), **_place(line))


def _workdir(line: Line, escape: str) -> Instruction:
    Flags(line)
    return kinds.Workdir(path=_one(line), **_place(line))


def _user(line: Line, escape: str) -> Instruction:
    Flags(line)
    return kinds.User(user=_one(line), **_place(line))


def _expose(line: Line, escape: str) -> Instruction:
    ports = _blank_separated(line.rest)
    if not ports:
        raise ValueError("EXPOSE requires at least one argument")
    Flags(line)
    return kinds.Expose(ports=tuple(sorted(ports)), **_place(line))


def _volume(line: Line, escape: str) -> Instruction:
    paths = _list(line.rest)
    if not paths:
        raise ValueError("VOLUME requires at least one argument")
    Flags(line)
    if any(not path.strip() for path in paths):
        raise ValueError("VOLUME specified can not be an empty string")
    return kinds.Volume(paths=tuple(path.strip() for path in paths), **_place(line))


def _cmd(line: Line, escape: str) -> Instruction:
    Flags(line)
    return kinds.Cmd(command=_command(line), **_place(line))


def _entrypoint(line: Line, escape: str) -> Instruction:
    Flags(line)
    return kinds.Entrypoint(command=_command(line), **_place(line))


def _shell(line: Line, escape: str) -> Instruction:
    Flags(line)
    words = json_words(line.rest)
    if words == [] or not line.rest:
        raise ValueError("SHELL requires at least one argument")
    if words is None:
        raise ValueError(f"SHELL requires the arguments to be in JSON form. For example: {_as_json(line.rest)}")
    return kinds.Shell(words=tuple(words), **_place(line))


def _as_json(text: str) -> str:
    return f"SHELL {json.dumps(text.split(), ensure_ascii=False)}"


def _stop_signal(line: Line, escape: str) -> Instruction:
    return kinds.StopSignal(signal=_one(line), **_place(line))


def _on_build(line: Line, escape: str) -> Instruction:
    if not line.rest:
        raise ValueError("ONBUILD requires at least one argument")
    Flags(line)
    trigger = line.rest.split(None, 1)[0].upper()
    if trigger == "ONBUILD":
        raise ValueError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("MAINTAINER", "FROM"):
        raise ValueError(f"{trigger} isn't allowed as an ONBUILD trigger")
    text = line.rest + "".join(f"\n{one.content}{one.name}" for one in line.heredocs)
    return kinds.OnBuild(trigger=text, **_place(line))


def _health_check(line: Line, escape: str) -> Instruction:
    kind, _, rest = line.rest.partition(" ")
    rest = rest.strip()
    if not kind:
        raise ValueError("HEALTHCHECK requires at least one argument")
    kind = kind.upper()
    if kind == "NONE":
        if rest:
            raise ValueError("HEALTHCHECK NONE takes no arguments")
        return kinds.HealthCheck(health={"Test": ["NONE"]}, **_place(line))
    flags = Flags(line, "interval timeout start-period start-interval retries")
    if kind != "CMD":
        raise ValueError(f"Unknown type {quote(kind)} in HEALTHCHECK (try CMD)")
    words = json_words(rest)
    if not (words if words is not None else rest):
        raise ValueError("Missing command after HEALTHCHECK CMD")
    health: dict[str, Any] = {"Test": ["CMD-SHELL", rest] if words is None else ["CMD", *words]}
    for name, key in _INTERVALS.items():
        nanoseconds = _interval(name, flags.text(name))
        if nanoseconds:
            health[key] = nanoseconds
    retries = flags.text("retries")
    if retries:
        if not re.fullmatch(r"[+-]?[0-9]+", retries):
            raise ValueError(f"strconv.ParseInt: parsing {quote(retries)}: invalid syntax")
        count = int(retries[:12])
        if count > 2**31 - 1:
            raise ValueError(f"strconv.ParseInt: parsing {quote(retries)}: value out of range")
        if count < 0:
            raise ValueError(f"--retries cannot be negative ({count})")
        if count:
            health["Retries"] = count
    return kinds.HealthCheck(health=health, **_place(line))


_INTERVALS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}


def _interval(name: str, text: str) -> int:
    if not text:
        return 0
    nanoseconds = durations.parse(text)
    if nanoseconds and nanoseconds < 1_000_000:
        raise ValueError(f"Interval {quote(name)} cannot be less than 1ms")
    return nanoseconds


INSTRUCTIONS: dict[str, Callable[[Line, str], Instruction]] = {
    "ADD": _add,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _health_check,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "ONBUILD": _on_build,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stop_signal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}


def instruction(line: Line, escape: str = "\\") -> Instruction:
    """Return the instruction of *line*. Raises `DockerfileError`, which names the line."""
    parse = INSTRUCTIONS.get(line.keyword.upper())
    if parse is None:
        hint = did_you_mean(line.keyword, INSTRUCTIONS)
        raise parse_error(line.start, f"unknown instruction: {line.keyword}{hint}", line.end)
    try:
        return parse(line, escape)
    except ValueError as error:
        raise parse_error(line.start, str(error), line.end) from None


def single(text: str) -> Instruction:
    """Return the one instruction that *text* is (``--change``, a trigger, a line of the Hub's catalogue). Raises `DockerfileError`."""
    source = read(text)
    if len(source.lines) != 1:
        raise DockerfileError(f"{text.splitlines()[0]!r}: exactly one instruction is expected")
    return instruction(source.lines[0], source.escape)


class Dockerfile:
    """A whole Dockerfile: the ARGs before the first FROM, and the stages, each a FROM with what follows it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.arguments: list[kinds.Arg] = []
        self.stages: list[tuple[kinds.From, list[Instruction]]] = []
        for line in source.lines:
            found = instruction(line, source.escape)
            if isinstance(found, kinds.From):
                self.stages.append((found, []))
            elif self.stages:
                self.stages[-1][1].append(found)
            elif isinstance(found, kinds.Arg):
                self.arguments.append(found)
            else:
                raise DockerfileError("no build stage in current context", (line.start, line.end))
        if not self.stages:
            last = source.lines[-1]
            raise DockerfileError("dockerfile contains no stages to build", (last.start, last.end))

    @property
    def instructions(self) -> list[Instruction]:
        """Every instruction in the order of the file."""
        found: list[Instruction] = list(self.arguments)
        for base, rest in self.stages:
            found += [base, *rest]
        return sorted(found, key=lambda one: one.start)


def parse(data: bytes | str) -> Dockerfile:
    """Return the Dockerfile *data*. Raises `DockerfileError`."""
    return Dockerfile(read(data))
