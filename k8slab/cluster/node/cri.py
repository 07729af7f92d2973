"""The Container Runtime Interface: all that a kubelet may ask of whatever runs its containers.

Models k8s.io/cri-api (RuntimeService, ImageService), reduced to what the kubelet here uses. A Pod is a *sandbox* (its network)
with containers in it; a restarted container is a new container with the next attempt number. Calls that take simulated time
are generators; what is only read is a plain method. Errors are `CriError`, which reads like a gRPC error.
`PodNetwork` is not part of CRI: it is how probes reach a Pod's ports, until the lab has a network of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from simpy.events import Event

T = TypeVar("T")
Call: TypeAlias = Generator[Event, Any, T]

CREATED, RUNNING, EXITED = "CONTAINER_CREATED", "CONTAINER_RUNNING", "CONTAINER_EXITED"


class CriError(Exception):
    """A call failed. *code* is a gRPC status code such as NotFound."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {description}")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class PodSandboxConfig:
    """A Pod as the runtime sees it."""

    uid: str
    name: str
    namespace: str
    attempt: int = 0
    host_network: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContainerConfig:
    """A container to be made. *attempt* counts its restarts; *is_init* tells pretended programs that they must end."""

    name: str
    image: str
    image_ref: str
    attempt: int = 0
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[int] = ()
    is_init: bool = False


@dataclass(slots=True)
class ContainerStatus:
    """A container as it is. Times are virtual seconds; *image* is the name as the Pod wrote it."""

    id: str
    name: str
    attempt: int
    image: str
    image_ref: str
    created_at: float
    sandbox_id: str = ""
    state: str = CREATED
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    reason: str = ""
    message: str = ""


@dataclass(slots=True)
class PodSandboxStatus:
    """A sandbox as it is."""

    id: str
    attempt: int
    ip: str
    created_at: float
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is there. *names* are fully qualified; *ref* is the name with its digest."""

    ref: str
    names: tuple[str, ...]
    size_bytes: int


class ExecResult(NamedTuple):
    """What a command run in a container left behind."""

    exit_code: int
    output: str = ""


class Unreachable(Exception):
    """Nobody answered on the Pod's port; the text is Go's, such as ``connect: connection refused``."""


class RuntimeService(Protocol):
    """Sandboxes and containers."""

    #: As a node's ``containerRuntimeVersion``: ``containerd://2.1.4``.
    version: str
    #: Whether the kubelet goes by each change it is told of (Evented PLEG) instead of looking once a second.
    sends_events: bool

    def subscribe(self, notify: Callable[[str], None]) -> None:
        """Call *notify* with the uid of a Pod whenever one of its containers or its sandbox has changed."""

    def update_runtime_config(self, pod_cidr: str) -> None:
        """Take the addresses of new sandboxes from *pod_cidr*."""

    def power_off(self) -> None:
        """The machine loses its power: everything that runs is gone at once, what is on disk stays."""

    def pod_uids(self) -> list[str]:
        """Return the uids of all Pods that have a sandbox."""

    def sandbox_of(self, uid: str) -> PodSandboxStatus | None:
        """Return the newest sandbox of the Pod *uid*."""

    def containers_of(self, uid: str) -> Sequence[ContainerStatus]:
        """Return the containers of the Pod *uid*, newest first."""

    def run_pod_sandbox(self, config: PodSandboxConfig) -> Call[str]:
        """Make a sandbox with its network and return its id."""

    def stop_pod_sandbox(self, uid: str) -> Call[None]:
        """Kill what still runs in the Pod and give its address back."""

    def remove_pod(self, uid: str) -> None:
        """Forget the Pod's sandboxes and containers (kubelet: garbage collection)."""

    def create_container(self, uid: str, config: ContainerConfig) -> Call[str]:
        """Make a container in the Pod's sandbox and return its id."""

    def start_container(self, container_id: str) -> Call[None]:
        """Start a container that was created. Raises CriError when its command cannot be run."""

    def stop_container(self, container_id: str, timeout_seconds: float) -> Call[None]:
        """Ask the container to stop, kill it after *timeout_seconds*; return once it has exited."""

    def exec_sync(self, container_id: str, command: Sequence[str], timeout_seconds: float) -> Call[ExecResult]:
        """Run *command* in the container. Raises CriError DeadlineExceeded."""


class ImageService(Protocol):
    """Images."""

    def image_status(self, image: str) -> Image | None:
        """Return the image if it is there."""

    def list_images(self) -> Sequence[Image]:
        """Return all images that are there."""

    def pull_image(self, image: str) -> Call[Image]:
        """Fetch the image. Raises CriError."""


class PodNetwork(Protocol):
    """How a probe reaches a container's port. Both raise `Unreachable`."""

    def http_get(self, uid: str, container: str, port: int, path: str, timeout_seconds: float) -> Call[int]:
        """Return the status code of a GET."""

    def connect(self, uid: str, container: str, port: int, timeout_seconds: float) -> Call[None]:
        """Open a TCP connection and close it."""


class Runtime(RuntimeService, ImageService, PodNetwork, Protocol):
    """All three together: what a kubelet is given."""
