"""A machine with a distribution on it, and a way to run commands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from k8slab.machine.fs.overlay import overlay
from k8slab.machine.fs.paths import Searcher
from k8slab.machine.host import Host
from k8slab.machine.process import Process
from k8slab.machine.programs.table import PROGRAMS
from k8slab.machine.streams import Sink, Source
from k8slab.machine.userlands.distributions import DISTRIBUTIONS
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TREES = {name: DISTRIBUTIONS[name]() for name in ("debian", "alpine", "almalinux")}


class Ended(NamedTuple):
    """What a command left."""

    stdout: str
    stderr: str
    exit_code: int | None


class Machine:
    """One host and its clock."""

    def __init__(self, distribution: str = "debian", **options: object) -> None:
        self.clock = Clock()
        root = overlay([TREES[distribution]])
        self.host = Host(self.clock, Chance(1), programs=PROGRAMS, root=root, **options)  # type: ignore[arg-type]

    def start(
        self,
        *argv: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        output: Callable[[bytes], None] | None = None,
        errors: Callable[[bytes], None] | None = None,
        user: Searcher | None = None,
        **how: object,
    ) -> Process:
        """Start a program and return its process; nothing has run yet."""
        out = output or (lambda _: None)
        return self.host.spawn(
            list(argv),
            env={"PATH": PATH, "HOME": "/root", **(env or {})},
            cwd=cwd,
            fds={0: Source(stdin), 1: Sink(out), 2: Sink(errors or out)},
            user=user,
            **how,  # type: ignore[arg-type]
        )

    def run(self, *argv: str, stdin: bytes = b"", timeout: float = 1000, **how: object) -> Ended:
        """Run a program to its end."""
        out: list[bytes] = []
        err: list[bytes] = []
        process = self.start(*argv, stdin=stdin, output=out.append, errors=err.append, **how)  # type: ignore[arg-type]
        self.clock.run_until(process.exited, timeout)
        text = [b"".join(chunks).decode(errors="replace") for chunks in (out, err)]
        return Ended(text[0], text[1], process.exit_code)

    def sh(self, script: str, shell: str = "sh", **how: object) -> Ended:
        """Run a script."""
        return self.run(shell, "-c", script, **how)  # type: ignore[arg-type]


@pytest.fixture
def debian() -> Machine:
    return Machine("debian")


@pytest.fixture
def alpine() -> Machine:
    return Machine("alpine")


@pytest.fixture
def machine() -> type[Machine]:
    return Machine
