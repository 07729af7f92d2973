"""A program: what an executable does once it runs.

A program is a class. The kernel makes one instance per execution and drives `run` as the process's life: it yields events
(time, input) and returns the exit code. It listens through ``process.network``, reads and writes through the process's
descriptors and files, takes signals with ``process.on(signal, handler)``, says what memory it holds with
``process.hold(bytes)`` and uses the processor with ``yield from process.compute(seconds)``.
The table of programs maps the name in an executable file (`executable.py`) to a class or any other callable without arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from simpy.events import Event

if TYPE_CHECKING:
    from k8slab.machine.process import Process

Life: TypeAlias = Generator[Event, Any, int | None]


class Program(Protocol):
    """What runs in a process."""

    def run(self, process: Process) -> Life:
        """Live; return the exit code (None is 0)."""


Table: TypeAlias = Mapping[str, Callable[[], Program]]


class NotModelled:
    """Stands for a program whose file is in an image but which nobody wrote: says so, instead of guessing."""

    def run(self, process: Process) -> Life:
        """Print one line and fail."""
        name = process.argv[0] if process.argv else "program"
        yield from process.write(
            2, f"{name}: this program is only a file here: the lab does not model what it does\n".encode()
        )
        return 126
