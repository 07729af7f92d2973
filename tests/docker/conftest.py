"""A host on a small LAN with a docker engine, and the real SDK joined to it."""

from ipaddress import IPv4Interface

import pytest

from k8slab.docker.api import DockerApi
from k8slab.docker.engine import DockerEngine
from k8slab.docker.hub.hub import Hub
from k8slab.docker.sdk import client_for
from k8slab.machine.host import Host
from k8slab.machine.programs import tools
from k8slab.machine.stack import NamespaceNetwork
from k8slab.net.namespace import Namespace, Segment
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request
from k8slab.sim.trace import Trace

PROGRAMS = {**tools.TOOLS, **tools.SHELLS, "busybox": tools.busybox}


class World:
    """One machine ("lab", 10.0.0.5) with Docker on it, and what tests need to look around."""

    def __init__(self, **options):
        self.clock, self.chance = Clock(), Chance(1)
        self.trace = Trace(self.clock)
        self.lan = Segment("lan")
        namespace = Namespace("lab")
        namespace.add_interface("eth0", IPv4Interface("10.0.0.5/24"), self.lan)
        self.network = NamespaceNetwork(namespace, self.clock)
        self.host = Host(self.clock, self.chance, "lab", programs=PROGRAMS, network=self.network)
        for path, text in options.pop("files", {}).items():
            self.host.files.make_directories(path.rsplit("/", 1)[0])
            self.host.files.write(path, text)
        self.engine = DockerEngine(self.host, Hub(self.clock), self.clock, self.chance, self.trace, **options)
        self.api = DockerApi(self.engine)
        self.client = client_for(self.api, self.clock)

    def ask(self, method, path, body=None, **params):
        """Return status and JSON (or bytes) of the whole answer."""
        request = Request.of(method, path, params={key: str(value) for key, value in params.items()}, json_body=body)
        response = self.api.handle(request)
        data = response.body
        while response.stream is not None and (piece := response.stream.read()) is not None:
            data += piece
            if not piece:
                assert self.clock.run_until(response.stream.wait(), 1000)
        response.body = data
        return response

    def sh(self, container, script):
        """Run *script* with the container's shell; return its output."""
        return container.exec_run(["sh", "-c", script]).output.decode()


@pytest.fixture
def world():
    made = World()
    made.client.images.pull("alpine", tag="latest")
    return made


@pytest.fixture
def client(world):
    return world.client
