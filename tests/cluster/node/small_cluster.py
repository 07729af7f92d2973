"""A server, a scheduler and some kubelets, without kube-controller-manager: what nodes need of it is done here by hand."""

from lightkube.codecs import load_all_yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event, Node, Pod, ServiceAccount

from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import InformerFactory
from k8slab.cluster.etcd.store import Store
from k8slab.cluster.node.hollow_runtime import HollowRuntime
from k8slab.cluster.node.kubelet import Kubelet
from k8slab.cluster.node.stand_in_runtime import StandInRuntime
from k8slab.cluster.scheduler.scheduler import Scheduler
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace

USER = "test"


class SmallCluster:
    def __init__(self, nodes=1, *, hollow=False, seed=1, programs=None, scheduler=True):
        self.clock = Clock()
        self.trace = Trace(self.clock)
        chance = Chance(seed)
        self.server = ApiServer(Store(self.clock), self.clock, chance.stream("apiserver"), self.trace)
        informers = InformerFactory(self.server, self.clock)
        self.context = Context(self.server, self.clock, chance, self.trace, informers)
        account = ServiceAccount(metadata=ObjectMeta(name="default", namespace="default"))
        self.server.create(account, user=USER)
        self.scheduler = Scheduler(self.context)
        if scheduler:
            self.scheduler.start()
        self.kubelets = []
        for number in range(1, nodes + 1):
            runtime = (
                HollowRuntime(self.clock)
                if hollow
                else StandInRuntime(self.clock, chance.stream(str(number)), programs)
            )
            self.kubelets.append(Kubelet(self.context, f"node-{number}", runtime))
            self.kubelets[-1].start()
        assert self.clock.run_until(lambda: all(kubelet.is_ready for kubelet in self.kubelets), 10)
        self.untaint()

    def untaint(self):
        """Do what the node lifecycle controller does for nodes that are ready."""
        for node in self.server.list(Node)[0]:
            if node.spec.taints:
                body = {"spec": {"taints": None}}
                merge = "application/merge-patch+json"
                self.server.patch(Node, node.metadata.name, None, body, user=USER, content_type=merge)
        self.clock.run(0.01)

    def create(self, text):
        for obj in load_all_yaml(text):
            obj.metadata.namespace = obj.metadata.namespace or "default"
            self.server.create(obj, user=USER)

    def pod(self, name="p"):
        return self.server.get(Pod, name, "default")

    def exists(self, name="p"):
        return any(pod.metadata.name == name for pod in self.server.list(Pod, "default")[0])

    def run_until(self, condition, seconds=60):
        assert self.clock.run_until(condition, seconds), "it did not come to that"

    def until_ready(self, name="p", seconds=60):
        self.run_until(lambda: self.is_ready(name), seconds)

    def is_ready(self, name="p"):
        return self.condition(name, "Ready")[0] == "True"

    def condition(self, name, kind):
        for each in self.pod(name).status.conditions or ():
            if each.type == kind:
                return each.status, each.reason, each.message
        return None, None, None

    def state(self, name="p", index=0):
        """Return the kind of the container's state and its reason."""
        state = self.pod(name).status.containerStatuses[index].state
        for kind in ("waiting", "running", "terminated"):
            found = getattr(state, kind)
            if found is not None:
                return kind, getattr(found, "reason", None)
        return None, None

    def events(self, name="p", source=None):
        """Return ``[(reason, message, count)]`` about a Pod, in the order of their first appearance."""
        self.clock.run(0.1)
        found = [each for each in self.server.list(Event, "default")[0] if each.involvedObject.name == name]
        found.sort(key=lambda each: each.metadata.name)
        return [
            (each.reason, each.message, each.count or (each.series.count if each.series else 1))
            for each in found
            if source is None or source in (each.source.component if each.source else None, each.reportingComponent)
        ]


def pod(name="p", image="nginx:1.27", extra="", container=""):
    """Return the YAML of a Pod; *extra* goes into its spec, *container* into its container."""
    lines = [f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:"]
    lines += ["  " + line for line in extra.strip("\n").split("\n") if line]
    lines += ["  containers:", f"  - name: c\n    image: {image}"]
    lines += ["    " + line for line in container.strip("\n").split("\n") if line]
    return "\n".join(lines)
