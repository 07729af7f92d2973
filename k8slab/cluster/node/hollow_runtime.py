"""The hollow runtime: it says yes to everything and runs nothing.

Models kubemark's hollow node (pkg/kubemark): the real kubelet over a runtime that only pretends, so that hundreds of Pods on
dozens of nodes cost little. Every image is there, every container starts and stops at once, every probe succeeds. Containers
run until they are stopped, except init containers and those of Pods with the annotation ``lab/exit-after`` (seconds).

Starting takes no time and the kubelet hears of it at once, so that a Pod's first status is Running already: half the writes
of a node on which it takes a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from k8slab.cluster.node.cri import EXITED, Call, ContainerConfig, ExecResult, Image, PodSandboxConfig
from k8slab.cluster.node.images import qualified
from k8slab.cluster.node.runtime_records import RuntimeRecords
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

INIT_SECONDS = 0.2


@lru_cache(maxsize=1024)
def pretended_image(name: str) -> Image:
    """Return an image called *name* whose digest follows from the name."""
    full = qualified(name)
    repository = full.rpartition(":")[0] if "@" not in full else full.partition("@")[0]
    digest = hashlib.sha256(full.encode()).hexdigest()
    ref = f"{repository}@sha256:{digest}"
    return Image(ref, (ref, full), 20_000_000 + int(digest[:6], 16) * 8)


class HollowRuntime(RuntimeRecords):
    """A runtime that pretends. What takes no time is a call like the others all the same: a generator without a pause."""

    sends_events = True

    def __init__(self, clock: Clock, chance: Chance | None = None) -> None:
        super().__init__(clock, chance or Chance("hollow"))
        self._ends_after: dict[str, float] = {}

    def run_pod_sandbox(self, config: PodSandboxConfig) -> Call[str]:
        """Make a sandbox."""
        return self._new_sandbox(config)
        yield

    def stop_pod_sandbox(self, uid: str) -> Call[None]:
        """Close the sandbox."""
        record = self._pods.get(uid)
        if record is not None:
            for container in record.containers:
                if container.state != EXITED:
                    self._mark_exited(record, container, 137)
            self._close_sandbox(record)
        return
        yield

    def create_container(self, uid: str, config: ContainerConfig) -> Call[str]:
        """Make a container."""
        container = self._new_container(uid, config)
        after = self._pods[uid].config.annotations.get("lab/exit-after")
        if config.is_init or after:
            self._ends_after[container.id] = INIT_SECONDS if config.is_init else float(after or 0)
        return container.id
        yield

    def start_container(self, container_id: str) -> Call[None]:
        """Start it."""
        record, container = self._container(container_id)
        self._mark_running(record, container)
        if container_id in self._ends_after:
            code = int(record.config.annotations.get("lab/exit-code", "0"))
            after = self._ends_after.pop(container_id)
            self.clock.call_later(after, lambda: self._mark_exited(record, container, code))
        return
        yield

    def stop_container(self, container_id: str, timeout_seconds: float) -> Call[None]:
        """Stop it; it obeys."""
        self._mark_exited(*self._container(container_id), 0)
        return
        yield

    def exec_sync(self, container_id: str, command: Sequence[str], timeout_seconds: float) -> Call[ExecResult]:
        """Every command succeeds."""
        yield self.clock.timeout(0.001)
        return ExecResult(0)

    def http_get(self, uid: str, container: str, port: int, path: str, timeout_seconds: float) -> Call[int]:
        """Every page is there."""
        yield self.clock.timeout(0.001)
        return 200

    def connect(self, uid: str, container: str, port: int, timeout_seconds: float) -> Call[None]:
        """Every port is open."""
        yield self.clock.timeout(0.001)

    def image_status(self, image: str) -> Image | None:
        """Every image is there."""
        return pretended_image(image)

    def list_images(self) -> Sequence[Image]:
        """Say nothing: a list of all there could be would be long."""
        return ()

    def pull_image(self, image: str) -> Call[Image]:
        """Pulling (policy Always) finds everything there."""
        yield self.clock.timeout(0.02)
        return pretended_image(image)
