"""The lab: it builds the world, moves its time, takes the learner's commands, and is the `Inspector` of the views."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import lightkube

from k8slab.cli import driver, magics
from k8slab.cli.completed import Completed
from k8slab.cli.disk import Disk
from k8slab.cli.kubectl.main import kubectl
from k8slab.cli.local_files import MemoryFiles
from k8slab.cluster.client.transport import client_for
from k8slab.cluster.cluster import Cluster
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.inspect import Mark
from k8slab.sim.trace import Trace

if TYPE_CHECKING:
    from docker import DockerClient

    from k8slab.docker.workstation import Workstation

#: How long a new lab's nodes are given to become Ready.
BOOT_SECONDS = 60
#: What controllers still have to write about new nodes is written before the learner begins.
SETTLE_SECONDS = 0.1
#: A lab makes many small objects that live long, and hardly a cycle among them: Python's collector, left to its default of
#: every 700 new objects, would spend a third of a big rollout looking for some.
COLLECT_AFTER_OBJECTS = (250_000, 20, 50)
#: Whom the API server takes a caller for who does not say otherwise.
LEARNER = "kubernetes-admin"


class Lab:
    """A small data centre: a cluster of *nodes* nodes called node-1, node-2, ..., ready for use.

    Two labs with the same *seed* that are treated alike do exactly the same. *hollow* nodes only pretend to run containers, for
    labs with hundreds of Pods. Time passes only in calls that say so; everything else answers at once.
    """

    def __init__(self, *, nodes: int = 3, seed: int | str = 1, hollow: bool = False) -> None:
        if nodes < 0:
            raise LabError(f"a lab cannot have {nodes} nodes: use 0 or more")
        self._nodes, self._seed, self._hollow = nodes, seed, hollow
        self._build()
        magics.hand_over(
            kubectl=lambda line, stdin: self.show(self.kubectl(magics.words_of(line), stdin)),
            docker=lambda line, stdin: self.show(self.docker(line, stdin)),
        )

    def _build(self) -> None:
        if gc.get_threshold()[0] and gc.get_threshold()[0] < COLLECT_AFTER_OBJECTS[0]:
            gc.set_threshold(*COLLECT_AFTER_OBJECTS)
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.chance = Chance(self._seed)
        self.cluster = Cluster(self.clock, self.chance, self.trace)
        self._marks: list[Mark] = []
        self._client: lightkube.Client | None = None
        self._workstation: Workstation | None = None
        self._docker_settings = MemoryFiles()
        self.cluster.start()
        for number in range(1, self._nodes + 1):
            self.cluster.add_node(f"node-{number}", hollow=self._hollow)
        if not self.clock.run_until(lambda: self.cluster.is_ready, BOOT_SECONDS):
            raise LabError("the lab did not come up; this is a fault of k8slab: please report it with the seed")
        self.clock.run(SETTLE_SECONDS)

    def reset(self) -> None:
        """Throw the world away and build it afresh; time starts again at zero."""
        self._build()
        gc.collect()  # the old world is full of cycles, and the thresholds above would keep it for long

    # -- doors -------------------------------------------------------------------------------------------------------

    @property
    def client(self) -> lightkube.Client:
        """A real ``lightkube.Client`` on this cluster, in namespace ``default``."""
        if self._client is None:
            self._client = client_for(self.cluster.server, self.clock)
        return self._client

    def kubectl(self, command: str | Sequence[str], stdin: str = "") -> Completed:
        """Run ``kubectl`` with *command* (a line as typed in a terminal, or a list of arguments); an error of the tool is in the result.

        Files are read from the real disk, where the command names them. Time passes only while the command waits.
        """
        arguments = shlex.split(command) if isinstance(command, str) else list(command)
        if arguments[:1] == ["kubectl"]:
            arguments = arguments[1:]
        before, known = Mark(self.revision, self.clock.now, "kubectl " + shlex.join(arguments)), len(self.trace)
        verb = kubectl(arguments, files=Disk(), stdin=stdin)
        done = driver.run_blocking(verb, self.cluster.server.handle, self.clock)
        if any(entry.who == LEARNER for entry in self.trace.entries[known:]):
            self._marks.append(before)
        return done

    def docker(self, command: str | Sequence[str], stdin: str = "") -> Completed:
        """Run ``docker`` with *command* on the lab's own machine, which has a Docker engine; an error of the tool is in the result.

        Where the command asks for a keyboard (``run -it``) the lines of *stdin* are typed. Its settings (``docker login``) are the
        lab's, never those of the learner's own ``~/.docker``. Time passes while an image is pulled, a container runs, ...
        """
        line = command if isinstance(command, str) else shlex.join(command)
        verb = magics.docker_verb(line, stdin or None, settings=self._docker_settings)
        return driver.run_blocking(verb, self.workstation.api.handle, self.clock)

    @property
    def workstation(self) -> Workstation:
        """The machine with Docker on it, switched on when first asked for."""
        if self._workstation is None:
            from k8slab.docker.workstation import Workstation  # a third of a second that many labs never need

            self._workstation = Workstation(self.clock, self.chance, self.trace)
        return self._workstation

    def docker_client(self) -> DockerClient:
        """Return the real docker SDK, joined to the lab's engine in process."""
        return self.workstation.client

    def show(self, done: Completed) -> Completed:
        """Print what a command printed, as its magic does, and return it."""
        print(done.text, end="")
        return done

    # -- time --------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the world began."""
        return self.clock.now

    def run(self, seconds: float) -> None:
        """Let *seconds* of virtual time pass."""
        self.clock.run(seconds)

    def run_until(self, condition: Callable[[], bool], *, timeout_seconds: float = 120) -> float:
        """Let time pass until *condition()* holds; return the virtual seconds it took.

        Raises `LabError` that names what is still missing after *timeout_seconds*.
        """
        began = self.clock.now
        if self.clock.run_until(condition, timeout_seconds):
            return self.clock.now - began
        wanted = (condition.__doc__ or "").strip().partition("\n")[0] or getattr(condition, "__name__", repr(condition))
        recent = [str(entry).strip() for entry in self.trace.entries[-3:]]
        raise LabError(
            f"after {timeout_seconds:g} virtual seconds this still does not hold: {wanted}. The last things that happened:\n  "
            + "\n  ".join(recent)
        )

    # -- Inspector ---------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """etcd's newest revision."""
        return self.cluster.store.revision

    @property
    def oldest_revision(self) -> int:
        """The oldest revision that can still be read."""
        return self.cluster.store.compacted

    def objects(self, model: type, *, revision: int | None = None, namespace: str | None = None) -> list[Any]:
        """Return all objects of the lightkube class *model* as of *revision* (now by default), in key order.

        They are shared with the whole lab: read them, never change them.
        """
        at = self.revision if revision is None else revision
        return self.cluster.server.objects_at(model, at, namespace)

    def time_of(self, revision: int) -> float:
        """Return the virtual second at which *revision* was written."""
        return self.cluster.store.time_of(revision)

    def marks(self) -> Sequence[Mark]:
        """Return what the learner did, oldest first."""
        return tuple(self._marks)

    def mark(self, text: str) -> None:
        """Put a mark on the time bar for something that the learner does now."""
        self._marks.append(Mark(self.revision, self.clock.now, text))

    def stop_node(self, name: str) -> None:
        """Cut the power of node *name*: its kubelet and containers stop answering. No time passes."""
        self._require_node(name)
        self.mark(f"power of {name} cut")
        self.cluster.stop_node(name)

    def start_node(self, name: str) -> None:
        """Give node *name* its power back. No time passes."""
        self._require_node(name)
        self.mark(f"{name} started")
        self.cluster.start_node(name)

    def why_here(self, namespace: str, pod: str) -> dict[str, Any]:
        """Return how the scheduler decided about a Pod (see the `Inspector` protocol)."""
        return self.cluster.scheduler.why_here(namespace, pod)

    def _require_node(self, name: str) -> None:
        if name not in self.cluster.kubelets:
            known = ", ".join(sorted(self.cluster.kubelets)) or "none"
            raise LabError(f"there is no node {name!r} in this lab; its nodes are: {known}")
