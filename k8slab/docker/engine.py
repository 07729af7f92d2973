"""The Docker engine of one host: dockerd with everything that it keeps. Wires the parts together; `api/` is its door.

Start here, then `creation.py`, `starting.py` and `lifecycle.py`. The engine needs a host whose network is on a cable
(`machine.stack.NamespaceNetwork`), and a `Hub` to pull from.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from k8slab.docker import daemon_config, image_import, restart_policy, root_files, starting, timestamps
from k8slab.docker.builder.builder import Builder
from k8slab.docker.builder.run_step import MachineRunner
from k8slab.docker.container import ROOT as CONTAINERS
from k8slab.docker.container import Container
from k8slab.docker.daemon_config import DaemonConfig
from k8slab.docker.errors import conflict
from k8slab.docker.events import Events
from k8slab.docker.exec import Exec
from k8slab.docker.hub.hub import Hub
from k8slab.docker.image_store import Image, ImageStore, ImageUse
from k8slab.docker.layers import init_layer
from k8slab.docker.lifecycle import Lifecycle
from k8slab.docker.networks import DockerNetwork, Networks
from k8slab.docker.packet_rules import PacketRules
from k8slab.docker.ports import PortAllocator
from k8slab.docker.processes import Daemons
from k8slab.docker.registries import Registries
from k8slab.docker.registry_of_containers import Containers
from k8slab.docker.transfer import Transfers
from k8slab.docker.volumes import Volumes
from k8slab.machine.fs.inode import Directory
from k8slab.machine.host import Host
from k8slab.machine.stack import NamespaceNetwork
from k8slab.net.addresses import DEFAULT_POOLS
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.trace import Trace


class DockerEngine:
    """One daemon on one host."""

    def __init__(
        self,
        host: Host,
        hub: Hub,
        clock: Clock,
        chance: Chance,
        trace: Trace,
        *,
        config: DaemonConfig | None = None,
    ) -> None:
        network = host.network
        if not isinstance(network, NamespaceNetwork):
            raise LabError(f"host {host.name} has no network to build bridges on: give it a NamespaceNetwork")
        network.namespace.forwards = True  # dockerd switches net.ipv4.ip_forward on
        self.host = host
        self.hub = hub
        self.clock = clock
        self.trace = trace
        self.who = f"dockerd/{host.name}"
        self.chance = chance.stream(self.who)
        self.config = config if config is not None else self._read_config()
        self.id = self.chance.uid()
        self.events = Events(clock, trace, self.who)
        self.daemons = Daemons(host)
        self.rules = PacketRules(network.namespace, enabled=self.config.iptables)
        pools = self.config.address_pools or DEFAULT_POOLS
        self.networks = Networks(
            clock, self.chance, network.namespace, self.rules, self.events.tell, pools=pools, bridge_address=self.config.bridge_address
        )  # fmt: skip
        self.ports = PortAllocator(clock, network.namespace)
        self.volumes = Volumes(clock, self.chance, host.files, self.events.tell)
        self.images = ImageStore(clock, self.events.image)
        self.images.uses = self._uses
        self.registries = Registries(
            hub, network, list(self.config.registry_mirrors), list(self.config.insecure_registries), address=host.name
        )
        self.transfers = Transfers(self.images, self.registries, clock)
        self.builder = Builder(self.images, self.transfers, MachineRunner(host), clock, self.chance)
        self.containers = Containers()
        self.execs: dict[str, Exec] = {}
        self.init_layer = init_layer(host.unix_time())
        for path in (CONTAINERS, "/var/lib/docker/volumes", "/var/lib/docker/overlay2", "/run/docker", "/var/run"):
            host.files.make_directories(path, 0o711)
        directory = host.files.find(CONTAINERS).inode
        assert isinstance(directory, Directory)
        self.containers_directory = directory
        self.lifecycle = Lifecycle(self)

    def _read_config(self) -> DaemonConfig:
        if not self.host.files.exists(daemon_config.PATH):
            return DaemonConfig()
        return daemon_config.parse(self.host.files.read_text(daemon_config.PATH))

    def _uses(self) -> list[ImageUse]:
        return [ImageUse(one.id, one.image_id, one.state.running) for one in self.containers]

    # -- what several doors need ---------------------------------------------------------------------------------------

    def start(self, container: Container) -> bool:
        """Start *container* because a person wants it; return False if it runs. Raises DockerError."""
        if container.state.restarting:
            container.state.running = container.state.restarting = False
        container.backoff_seconds = 0.0
        started = starting.start(self, container)
        if started:
            container.restart_count = 0
        return started

    def image_name(self, container: Container) -> str:
        """Return what ``docker ps`` calls the image: its name, or its id once the name means another image."""
        image = self.images.find_or_none(container.config.image)
        return container.config.image if image is not None and image.id == container.image_id else container.image_id

    def network_is_used(self, network: DockerNetwork) -> bool:
        """Return whether any container, running or not, is to be in *network*."""
        return any(network.name in one.endpoints for one in self.containers)

    def commit(
        self,
        container: Container,
        *,
        repository: str,
        tag: str,
        comment: str,
        author: str,
        changes: list[str],
        pause: bool,
    ) -> Image:
        """``docker commit``: the writable layer (nothing of the volumes) becomes a layer. Raises DockerError."""
        if container.state.removing or container.state.dead:
            raise conflict(f"You cannot commit container {container.id} which is being removed")
        base = self.images.images.get(container.image_id)
        freeze = pause and container.live is not None and not container.state.paused
        if freeze:
            self.lifecycle.pause(container)
        try:
            image = image_import.commit(
                self.images, container.upper, base, container.config, repository=repository, tag=tag, author=author,
                message=comment, changes=changes, container_config=container.config,
            )  # fmt: skip
        finally:
            if freeze:
                self.lifecycle.unpause(container)
        self.lifecycle.tell(
            container,
            "commit",
            comment=comment,
            imageID=image.id,
            imageRef=f"{repository}:{tag}" if tag else repository,
        )
        return image

    def export(self, container: Container) -> bytes:
        """``docker export``: the files as they are seen, without mounts."""
        view = root_files.root_view(self, container)
        root = view.mounts.root.root
        assert isinstance(root, Directory)
        self.lifecycle.tell(container, "export")
        return image_import.export_tree(root)

    def shut_down(self) -> Generator[Event, Any, None]:
        """``systemctl stop docker``: stop every container; which of them come back is decided when the daemon starts again."""
        for container in self.containers:
            if container.live is not None:
                was_stopped = container.manually_stopped
                yield from self.lifecycle.stop(container)
                container.manually_stopped = was_stopped

    def come_up(self) -> None:
        """``systemctl start docker``: start the containers whose restart policy says so."""
        for container in self.containers:
            policy = container.host_config["RestartPolicy"]
            wanted = policy["Name"] == "always" or restart_policy.should_restart(
                policy, container.state.exit_code, container.restart_count, manually_stopped=container.manually_stopped
            )
            if wanted and container.live is None and container.state.started:
                starting.start(self, container)

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return timestamps.unix_now(self.clock)
