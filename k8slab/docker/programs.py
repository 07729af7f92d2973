"""The programs that come with Docker itself: the registry, hello-world's greeting, and pause, which holds a pod's namespaces.

A composition root puts this table beside that of `machine.programs`.
"""

from __future__ import annotations

from typing import Any

from k8slab.docker import registry
from k8slab.machine import signals
from k8slab.machine.process import Process
from k8slab.machine.program import Life, Table

GREETING = """
Hello from Docker!
This message shows that your installation appears to be working correctly.

To generate this message, Docker took the following steps:
 1. The Docker client contacted the Docker daemon.
 2. The Docker daemon pulled the "hello-world" image from the Docker Hub.
    ({arch})
 3. The Docker daemon created a new container from that image which runs the
    executable that produces the output you are currently reading.
 4. The Docker daemon streamed that output to the Docker client, which sent it
    to your terminal.

To try something more ambitious, you can run an Ubuntu container with:
 $ docker run -it ubuntu bash

Share images, automate workflows, and more with a free Docker ID:
 https://hub.docker.com/

For more examples and ideas, visit:
 https://docs.docker.com/get-started/

"""


class Hello:
    """``/hello``: prints its message and ends."""

    def run(self, process: Process) -> Life:
        """Greet."""
        arch = process.executable.arch if process.executable is not None else "amd64"
        shown = {"arm64": "arm64v8"}.get(arch, arch)
        yield from process.write(1, GREETING.format(arch=shown).encode())
        return 0


class Pause:
    """``/pause``: does nothing, collects orphans, ends on SIGTERM or SIGINT (build/pause/linux/pause.c)."""

    def run(self, process: Process) -> Life:
        """Wait for the end."""
        if "-v" in process.argv[1:]:
            yield from process.write(1, b"pause.c 3.10\n")
            return 0
        told = process.clock.event()
        process.reaps = True
        process.hold(700 << 10)

        def stop(signal: int) -> None:
            if not told.triggered:
                told.succeed(signal)

        process.on(signals.TERM, stop)
        process.on(signals.INT, stop)
        while not told.triggered:
            yield told | process.any_child()
            for child in list(process.zombies()):
                process.reap(child)
        names: dict[Any, str] = {signals.TERM: "Terminated", signals.INT: "Interrupt"}
        yield from process.write(2, f"Shutting down, got signal: {names[told.value]}\n".encode())
        return 0


PROGRAMS: Table = {"hello": Hello, "pause": Pause, **registry.PROGRAMS}
