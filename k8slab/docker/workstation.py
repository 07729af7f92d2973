"""A machine with Docker on it, as a learner has one: the host ``lab`` on a small network, its engine, and the two doors to it.

Composes `machine`, `net` and this package; nothing else here knows which programs a machine can run.
"""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from k8slab.docker import programs as own
from k8slab.docker.api import DockerApi
from k8slab.docker.engine import DockerEngine
from k8slab.docker.hub.hub import Hub
from k8slab.machine.host import Host
from k8slab.machine.programs import table
from k8slab.machine.stack import NamespaceNetwork
from k8slab.net.namespace import Namespace, Segment
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace

if TYPE_CHECKING:
    import docker

NAME = "lab"
ADDRESS = IPv4Interface("192.168.56.106/24")


class Workstation:
    """The host, with Docker installed and running, and a Docker Hub to pull from."""

    def __init__(self, clock: Clock, chance: Chance, trace: Trace) -> None:
        self.clock = clock
        self.lan = Segment("lan")
        namespace = Namespace(NAME)
        namespace.add_interface("eth0", ADDRESS, self.lan)
        programs = {**table.PROGRAMS, **own.PROGRAMS}
        network = NamespaceNetwork(namespace, clock)
        self.host = Host(clock, chance.stream(NAME), NAME, programs=programs, network=network)
        self.hub = Hub(clock)
        self.engine = DockerEngine(self.host, self.hub, clock, chance, trace)
        self.api = DockerApi(self.engine)

    @cached_property
    def client(self) -> docker.DockerClient:
        """The real docker SDK, joined to this engine in process."""
        from k8slab.docker.sdk import client_for

        return client_for(self.api, self.clock)
