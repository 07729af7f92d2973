"""Start reading here: a cluster is one control plane and its nodes, put together and started.

Everything below talks to the API server only; nobody holds a reference to anybody else. What is composed here is what
``kubeadm init`` composes: etcd, kube-apiserver, kube-controller-manager (its controllers one by one), kube-scheduler, and a
kubelet a node.
"""

from __future__ import annotations

from lightkube.resources.core_v1 import Node, ServiceAccount

from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import InformerFactory
from k8slab.cluster.controllers import CONTROLLERS
from k8slab.cluster.etcd.store import Store
from k8slab.cluster.node.hollow_runtime import HollowRuntime
from k8slab.cluster.node.kubelet import Kubelet
from k8slab.cluster.node.stand_in_runtime import StandInRuntime
from k8slab.cluster.scheduler.scheduler import Scheduler
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace


class Cluster:
    """A Kubernetes cluster in virtual time. Nothing runs before `start`, and no time passes in any method here."""

    def __init__(self, clock: Clock, chance: Chance, trace: Trace) -> None:
        self.clock = clock
        self.chance = chance
        self.store = Store(clock)
        self.server = ApiServer(self.store, clock, chance.stream("apiserver"), trace)
        self.informers = InformerFactory(self.server, clock)
        self.context = Context(self.server, clock, chance, trace, self.informers)
        self.controllers = {kind.name: kind(self.context) for kind in CONTROLLERS}
        self.scheduler = Scheduler(self.context)
        self.kubelets: dict[str, Kubelet] = {}

    def start(self) -> None:
        """Start the control plane. It takes its first steps when the clock next moves."""
        for controller in self.controllers.values():
            controller.start()
        self.scheduler.start()

    @property
    def is_ready(self) -> bool:
        """Whether Pods can be created and placed: every node is registered and free of taints, and ``default`` has its account."""
        if not all(kubelet.is_ready for kubelet in self.kubelets.values() if kubelet.is_running):
            return False
        nodes = self.informers.informer(Node).lister.list()
        if len(nodes) < len(self.kubelets) or any(node.spec.taints for node in nodes):
            return False
        return self.informers.informer(ServiceAccount).lister.get("default/default") is not None

    def add_node(self, name: str, *, hollow: bool = False) -> Kubelet:
        """Add a node called *name* and start its kubelet, which registers it. A *hollow* node only pretends to run containers."""
        chance = self.chance.stream(f"runtime/{name}")
        runtime = HollowRuntime(self.clock, chance) if hollow else StandInRuntime(self.clock, chance)
        kubelet = self.kubelets[name] = Kubelet(self.context, name, runtime)
        kubelet.start()
        return kubelet

    def stop_node(self, name: str) -> None:
        """Cut the power of node *name*: its kubelet and its containers stop at once and say nothing."""
        self.kubelets[name].stop()

    def start_node(self, name: str) -> None:
        """Give node *name* its power back."""
        self.kubelets[name].start()
