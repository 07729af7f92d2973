"""A runtime that plays containers from a table of pretended programs, with the times that real ones take.

Models what a kubelet sees of containerd: pulls that take their time by the image's size, starts, programs that become ready,
end, crash, obey or ignore SIGTERM. It stands behind the CRI seam until Docker's model takes its place.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from simpy.events import Event

from k8slab.cluster.node.cri import (
    EXITED,
    RUNNING,
    Call,
    ContainerConfig,
    ContainerStatus,
    CriError,
    ExecResult,
    Image,
    PodSandboxConfig,
    Unreachable,
)
from k8slab.cluster.node.images import qualified
from k8slab.cluster.node.pretend_programs import PROGRAMS, Program, exists, program_of, with_annotations, with_command
from k8slab.cluster.node.runtime_records import PodRecord, RuntimeRecords
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

SANDBOX_SECONDS = 0.25
CREATE_SECONDS = 0.05
START_SECONDS = 0.1
#: What an init container whose image would run for ever takes, so that a Pod of pretended programs gets on.
INIT_SECONDS = 0.3
RESOLVE_SECONDS = 0.6
PULL_BYTES_PER_SECOND = 40_000_000
ANSWER_SECONDS = 0.003


class StandInRuntime(RuntimeRecords):
    """A runtime for a node of the lab. *programs* adds to the table: image base name or ``name:tag`` -> `Program`."""

    def __init__(self, clock: Clock, chance: Chance, programs: Mapping[str, Program] | None = None) -> None:
        super().__init__(clock, chance)
        self.programs = {**PROGRAMS, **(programs or {})}
        self._images: dict[str, Image] = {}
        self._playing: dict[str, Program] = {}
        self._ends: dict[str, Event] = {}  # container -> the event of its end, if one is due
        self._exited: dict[str, Event] = {}  # container -> happens when it has exited, for those who wait
        self._deadlines: dict[str, float] = {}  # container -> when it will be killed

    # -- sandboxes and containers ------------------------------------------------------------------------------------

    def run_pod_sandbox(self, config: PodSandboxConfig) -> Call[str]:
        """Make a sandbox with an address."""
        yield self.clock.timeout(SANDBOX_SECONDS)
        return self._new_sandbox(config)

    def stop_pod_sandbox(self, uid: str) -> Call[None]:
        """Kill what is left and give the address back."""
        yield self.clock.timeout(CREATE_SECONDS)
        record = self._pods.get(uid)
        if record is not None:
            for container in record.containers:
                if container.state != EXITED:
                    self._exit(record, container, 137)
            self._close_sandbox(record)

    def create_container(self, uid: str, config: ContainerConfig) -> Call[str]:
        """Make a container of an image that is there."""
        yield self.clock.timeout(CREATE_SECONDS)
        container = self._new_container(uid, config)
        record = self._pods[uid]
        program = with_command(program_of(config.image, self.programs), config.command, config.args)
        if config.is_init and program.exit_after == math.inf and not config.command and not config.args:
            program = replace(program, exit_after=INIT_SECONDS)
        self._playing[container.id] = with_annotations(program, record.config.annotations)
        return container.id

    def start_container(self, container_id: str) -> Call[None]:
        """Start it; if its program ends by itself, its end is due from now on."""
        yield self.clock.timeout(START_SECONDS)
        record, container = self._container(container_id)
        self._mark_running(record, container)
        program = self._playing[container_id]
        if program.exit_after < math.inf:
            self._end_after(record, container, program.exit_after, program.exit_code)

    def stop_container(self, container_id: str, timeout_seconds: float) -> Call[None]:
        """SIGTERM now, SIGKILL after *timeout_seconds*. A second, shorter call kills earlier."""
        record, container = self._container(container_id)
        if container.state != RUNNING:
            return
        program = self._playing[container_id]
        now = self.clock.now
        first = container_id not in self._deadlines
        kill_at = now + timeout_seconds
        if first or kill_at < self._deadlines[container_id]:
            self._deadlines[container_id] = kill_at
            if program.obeys_after <= timeout_seconds:
                if first:
                    self._end_after(record, container, program.obeys_after, program.term_exit_code)
            else:
                self._end_after(record, container, timeout_seconds, 137)
        exited = self._exited.get(container_id)
        if exited is None:
            exited = self._exited[container_id] = self.clock.event()
        yield exited

    def exec_sync(self, container_id: str, command: Sequence[str], timeout_seconds: float) -> Call[ExecResult]:
        """Commands succeed once the program is ready (``sleep`` takes its time, ``false`` and ``exit 1`` fail)."""
        _, container = self._container(container_id)
        played = with_command(Program(), command, ())
        takes = ANSWER_SECONDS if played.exit_after == math.inf else played.exit_after
        if takes > timeout_seconds:
            yield self.clock.timeout(timeout_seconds)
            line = " ".join(command)
            raise CriError(
                "DeadlineExceeded", f'failed to exec in container: timeout {timeout_seconds:g}s exceeded: "{line}"'
            )
        yield self.clock.timeout(takes)
        if played.exit_after < math.inf:
            return ExecResult(played.exit_code)
        return ExecResult(0 if self._answers(container) else 1)

    # -- the network of Pods -----------------------------------------------------------------------------------------

    def http_get(self, uid: str, container: str, port: int, path: str, timeout_seconds: float) -> Call[int]:
        """A program answers 200 while it is ready, 500 or nothing otherwise."""
        yield from self.connect(uid, container, port, timeout_seconds)
        running = self._running(uid, container)
        return 200 if running is not None and self._answers(running) else 500

    def connect(self, uid: str, container: str, port: int, timeout_seconds: float) -> Call[None]:
        """Ports open when the program first becomes ready and stay open while it runs."""
        yield self.clock.timeout(ANSWER_SECONDS)
        running = self._running(uid, container)
        record = self._pods.get(uid)
        address = record.sandbox.ip if record is not None else ""
        if running is not None:
            program = self._playing[running.id]
            # A sick server (ready_after is infinite) listens and answers badly; a slow one does not listen yet.
            starting = program.ready_after < math.inf and self.clock.now - running.started_at < program.ready_after
            if not starting and (not program.ports or port in program.ports):
                return
        raise Unreachable(f"dial tcp {address}:{port}: connect: connection refused")

    def _running(self, uid: str, name: str) -> ContainerStatus | None:
        for container in self.containers_of(uid):
            if container.name == name:
                return container if container.state == RUNNING else None
        return None

    def _answers(self, container: ContainerStatus) -> bool:
        program = self._playing[container.id]
        age = self.clock.now - container.started_at
        return container.state == RUNNING and program.ready_after <= age < program.unready_after

    # -- images ------------------------------------------------------------------------------------------------------

    def image_status(self, image: str) -> Image | None:
        """Return the image if it was pulled."""
        return self._images.get(qualified(image))

    def list_images(self) -> Sequence[Image]:
        """Return what was pulled."""
        return tuple(self._images.values())

    def pull_image(self, image: str) -> Call[Image]:
        """Fetch the image; what takes long is its size."""
        name = qualified(image)
        yield self.clock.timeout(RESOLVE_SECONDS)
        if not exists(image):
            what = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}": {name}: not found'
            raise CriError("NotFound", what)
        size = program_of(image, self.programs).size_bytes
        yield self.clock.timeout(size / PULL_BYTES_PER_SECOND)
        repository = name.partition("@")[0].rpartition(":")[0]
        ref = f"{repository}@sha256:{hashlib.sha256(name.encode()).hexdigest()}"
        pulled = self._images[name] = Image(ref, (ref, name), size)
        return pulled

    # -- ends --------------------------------------------------------------------------------------------------------

    def _end_after(self, record: PodRecord, container: ContainerStatus, seconds: float, exit_code: int) -> None:
        due = self._ends.pop(container.id, None)
        if due is not None and due.callbacks is not None:
            due.callbacks.clear()
        self._ends[container.id] = self.clock.call_later(seconds, lambda: self._exit(record, container, exit_code))

    def _exit(self, record: PodRecord, container: ContainerStatus, exit_code: int) -> None:
        due = self._ends.pop(container.id, None)
        if due is not None and due.callbacks is not None:
            due.callbacks.clear()
        self._deadlines.pop(container.id, None)
        self._mark_exited(record, container, exit_code)
        exited = self._exited.pop(container.id, None)
        if exited is not None:
            exited.succeed()

    def power_off(self) -> None:
        """Programs end without another word; pulled images stay on the disk."""
        for due in self._ends.values():
            if due.callbacks is not None:
                due.callbacks.clear()
        self._ends.clear()
        self._exited.clear()
        self._deadlines.clear()
        super().power_off()

    def remove_pod(self, uid: str) -> None:
        """Forget the Pod."""
        for container in self.containers_of(uid):
            self._playing.pop(container.id, None)
        super().remove_pod(uid)
