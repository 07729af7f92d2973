"""The real server with nothing around it, for the tests of its clients."""

from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.core_v1 import ConfigMap

from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import InformerFactory
from k8slab.cluster.etcd.store import Store
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace


class Bare:
    def __init__(self):
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.server = ApiServer(Store(self.clock), self.clock, Chance(1), self.trace)
        self.informers = InformerFactory(self.server, self.clock)
        self.context = Context(self.server, self.clock, Chance(1), self.trace, self.informers)

    def create(self, obj):
        return self.server.create(obj, user="learner")

    def run(self, generator):
        """Run a call of a component to its end and return its result; an ApiError is raised here."""
        outcome = {}

        def process():
            try:
                outcome["value"] = yield from generator
            except Exception as error:
                outcome["error"] = error

        self.clock.process(process())
        assert self.clock.run_until(lambda: bool(outcome), 60)
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]


def config_map(name, *, owner=None, labels=None, **data):
    owners = None
    if owner is not None:
        owners = [OwnerReference(apiVersion="v1", kind="ConfigMap", name="owner", uid=owner, controller=True)]
    meta = ObjectMeta(name=name, namespace="default", labels=labels, ownerReferences=owners)
    return ConfigMap(metadata=meta, data=data or None)
