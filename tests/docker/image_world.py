"""A daemon's image half on one machine, for tests: a Hub, an image store, transfers, a builder."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from k8slab.docker.builder.builder import Builder
from k8slab.docker.builder.context import Context
from k8slab.docker.builder.options import BuildOptions
from k8slab.docker.builder.plain import PlainProgress
from k8slab.docker.builder.run_step import MachineRunner
from k8slab.docker.errors import DockerError
from k8slab.docker.hub.hub import Hub
from k8slab.docker.image_store import Image, ImageStore, ImageUse
from k8slab.docker.programs import PROGRAMS
from k8slab.docker.reference import parse
from k8slab.docker.registries import Registries
from k8slab.docker.remotes import Auth
from k8slab.docker.transfer import Transfers
from k8slab.machine.host import Host
from k8slab.machine.network import Loopback
from k8slab.machine.programs.tools import SHELLS, TOOLS, busybox
from k8slab.machine.userlands.distributions import host as host_tree
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock


class ImageWorld:
    """One machine with everything that images need."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = Clock()
        self.hub = Hub(self.clock)
        self.network = Loopback(self.clock)
        self.host = Host(
            self.clock,
            Chance(seed),
            programs={**TOOLS, **SHELLS, "busybox": busybox, **PROGRAMS},
            root=host_tree(),
            network=self.network,
        )
        self.events: list[tuple[str, str, dict[str, str]]] = []
        self.log: list[tuple[str, str]] = []
        self.uses: list[ImageUse] = []
        self.store = ImageStore(self.clock, lambda *event: self.events.append(event))
        self.store.uses = lambda: self.uses
        self.registries = Registries(self.hub, self.network, log=lambda *line: self.log.append(line))
        self.transfers = Transfers(self.store, self.registries, self.clock)
        self.builder = Builder(
            self.store, self.transfers, MachineRunner(self.host), self.clock, Chance(seed).stream("builder")
        )

    def run(self, work: Generator[Any, Any, Any]) -> Any:
        """Return what *work* returns, letting time pass. Raises what it raises as DockerError."""
        outcome: dict[str, Any] = {}

        def process() -> Generator[Any, Any, None]:
            try:
                outcome["value"] = yield from work
            except DockerError as error:
                outcome["error"] = error

        self.clock.run_until(self.clock.process(process()), 1e7)
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    def pull(self, name: str, **options: Any) -> list[dict[str, Any]]:
        """Pull *name*; return the messages."""
        messages: list[dict[str, Any]] = []
        self.run(self.transfers.pull(parse(name), messages.append, **options))
        return messages

    def push(self, name: str, **options: Any) -> list[dict[str, Any]]:
        """Push *name*; return the messages."""
        messages: list[dict[str, Any]] = []
        self.run(self.transfers.push(parse(name), messages.append, **options))
        return messages

    def classic(self, files: Mapping[str, str | bytes] | str, **options: Any) -> tuple[Image, str]:
        """Build with the old builder; return the image and what it said."""
        said: list[str] = []
        image = self.run(
            self.builder.classic(
                _context(files), BuildOptions(**options), lambda one: said.append(one.get("stream", ""))
            )
        )
        return image, "".join(said)

    def buildkit(self, files: Mapping[str, str | bytes] | str, **options: Any) -> tuple[Image, str]:
        """Build with BuildKit; return the image and the plain progress."""
        said: list[str] = []
        progress = PlainProgress(said.append)
        try:
            image = self.run(self.builder.buildkit(_context(files), BuildOptions(**options), progress.feed))
        except DockerError as error:
            progress.finish(error.message)
            error.progress = "".join(said)  # type: ignore[attr-defined]
            raise
        progress.finish()
        return image, "".join(said)


def _context(files: Mapping[str, str | bytes] | str) -> Context:
    return Context.of_files({"Dockerfile": files} if isinstance(files, str) else dict(files))


LEARNER = Auth("learner", "learner")


def texts(messages: list[dict[str, Any]]) -> list[str]:
    """Return the messages that are no progress of bytes, as one text each."""
    return [
        " ".join(filter(None, (message.get("id", ""), message["status"])))
        for message in messages
        if "status" in message and not message.get("progress")
    ]


def error_of(world: ImageWorld, work: Any) -> DockerError:
    """Return the DockerError that *work* (a function) raises."""
    try:
        work()
    except DockerError as error:
        return error
    raise AssertionError("no error")
