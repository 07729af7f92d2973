"""The programs that the stand-in runtime plays: how large the image is, how long it starts, whether and how it ends.

Not a model of anything upstream: a table, used until containers run programs of ``machine``. A Pod's annotations change it for
that Pod: ``lab/ready-after lab/never-ready lab/unready-after lab/exit-after lab/exit-code lab/term-after``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Program:
    """What a container does. Seconds count from its start; ``math.inf`` means never.

    *obeys_after* is the time from SIGTERM to its exit with *term_exit_code*; *ports* are the ports it listens on when it is
    ready (empty: any port).
    """

    size_bytes: int = 50 * MEGABYTE
    ready_after: float = 0.5
    unready_after: float = math.inf
    exit_after: float = math.inf
    exit_code: int = 0
    obeys_after: float = 0.3
    term_exit_code: int = 0
    ports: tuple[int, ...] = ()


#: A shell without a terminal has nothing to do and ends at once.
_SHELL = Program(size_bytes=4 * MEGABYTE, exit_after=0.05)

PROGRAMS: Mapping[str, Program] = {
    "nginx": Program(size_bytes=72 * MEGABYTE, ready_after=0.3, obeys_after=0.2, ports=(80,)),
    "httpd": Program(size_bytes=59 * MEGABYTE, ready_after=0.4, obeys_after=0.2, ports=(80,)),
    "redis": Program(size_bytes=52 * MEGABYTE, ready_after=0.5, ports=(6379,)),
    "mysql": Program(size_bytes=242 * MEGABYTE, ready_after=12.0, obeys_after=2.0, ports=(3306,)),
    "postgres": Program(size_bytes=160 * MEGABYTE, ready_after=4.0, obeys_after=1.0, ports=(5432,)),
    "busybox": _SHELL,
    "alpine": _SHELL,
    "ubuntu": replace(_SHELL, size_bytes=30 * MEGABYTE),
    "debian": replace(_SHELL, size_bytes=49 * MEGABYTE),
    "pause": Program(size_bytes=MEGABYTE, ready_after=0.0, obeys_after=0.0),
    "hello-world": Program(size_bytes=MEGABYTE, exit_after=0.1),
}

DEFAULT = Program()

#: No registry has an image with one of these words in its tag, or with one as its name.
MISSING_TAG_WORDS = (
    "bad",
    "broken",
    "missing",
    "nope",
    "typo",
    "not-exist",
    "doesnotexist",
    "does-not-exist",
    "nosuch",
)
#: A tag that contains one of these is there, but the program ends at once with code 1.
CRASH_TAG_WORDS = ("crash",)
#: A tag that contains one of these is there, but its server never answers well.
SICK_TAG_WORDS = ("sick", "unready")


def split(image: str) -> tuple[str, str]:
    """Return the last part of the repository's name and the tag: ``("nginx", "1.27")``."""
    name = image.partition("@")[0].rpartition("/")[2]
    base, _, tag = name.partition(":")
    return base, tag or "latest"


def exists(image: str) -> bool:
    """Whether a registry has the image."""
    base, tag = split(image)
    lowered = tag.lower()
    return base not in MISSING_TAG_WORDS and not any(word in lowered for word in MISSING_TAG_WORDS)


def program_of(image: str, programs: Mapping[str, Program]) -> Program:
    """Return what *image* runs, by *programs* (base name, or ``name:tag``) and the words in its tag."""
    base, tag = split(image)
    program = programs.get(f"{base}:{tag}") or programs.get(base, DEFAULT)
    lowered = tag.lower()
    if any(word in lowered for word in CRASH_TAG_WORDS):
        program = replace(program, exit_after=0.5, exit_code=1)
    if any(word in lowered for word in SICK_TAG_WORDS):
        program = replace(program, ready_after=math.inf)
    return program


def with_command(program: Program, command: Sequence[str], args: Sequence[str]) -> Program:
    """Return *program* as a command like ``sh -c 'sleep 5; exit 3'``, ``sleep 10``, ``true`` or ``false`` changes it."""
    words = " ".join((*command, *args)).replace(";", " ; ").replace("&&", " ; ").split()
    if not words:
        return program
    total, ends, code = 0.0, False, 0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word == "sleep":
            ends = True
            total += _seconds(following)
        elif word == "exit":
            ends, code = True, int(following) if following.isdigit() else 0
        elif word in ("true", "false", "echo", "date", "ls", "hostname", "env", "printenv") and index in (0, 2):
            ends, code = True, 1 if word == "false" else 0
    # Process 1 gets no default signal handlers: a shell or a sleep ignores SIGTERM and is killed when the grace is over.
    stubborn = replace(program, obeys_after=math.inf, term_exit_code=137)
    if "while" in words or "tail" in words:
        return replace(stubborn, exit_after=math.inf)
    return replace(stubborn, exit_after=total + 0.05, exit_code=code) if ends else program


def _seconds(text: str) -> float:
    if text in ("infinity", "inf", ""):
        return math.inf
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}.get(text[-1], 0.0)
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        return math.inf


def with_annotations(program: Program, annotations: Mapping[str, str]) -> Program:
    """Return *program* as the Pod's ``lab/`` annotations change it."""
    changes: dict[str, float] = {}
    for key, name in (
        ("lab/ready-after", "ready_after"),
        ("lab/unready-after", "unready_after"),
        ("lab/exit-after", "exit_after"),
        ("lab/term-after", "obeys_after"),
    ):
        if key in annotations:
            changes[name] = _seconds(annotations[key])
    if annotations.get("lab/never-ready") == "true":
        changes["ready_after"] = math.inf
    if "lab/unready-after" in annotations:
        changes["unready_after"] += changes.get("ready_after", program.ready_after)
    if annotations.get("lab/exit-code", "").isdigit():
        return replace(program, exit_code=int(annotations["lab/exit-code"]), **changes)  # type: ignore[arg-type]
    return replace(program, **changes) if changes else program  # type: ignore[arg-type]
