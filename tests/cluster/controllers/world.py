"""A control plane in small, for the tests of controllers: the real API server, the controllers under test, and nodes that obey.

The scheduler and the kubelet here do the least that a controller can notice: bind, become ready, go when told to.
"""

import json

from lightkube.models.apps_v1 import DeploymentSpec, ReplicaSetSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Event, Namespace, Pod, ServiceAccount

from k8slab.apimachinery.errors import ApiError
from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.informer import Handler, InformerFactory
from k8slab.cluster.etcd.store import Store
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request
from k8slab.sim.trace import Trace

READY_SECONDS, GONE_SECONDS = 1.0, 1.0


class World:
    """A cluster without nodes' names: *controllers* (classes) run against the real server."""

    def __init__(self, *controllers, seed=1, nodes=4):
        self.clock = Clock()
        self.trace = Trace(self.clock)
        chance = Chance(seed)
        self.server = ApiServer(Store(self.clock), self.clock, chance.stream("apiserver"), self.trace)
        self.server.create(
            ServiceAccount(metadata=ObjectMeta(name="default", namespace="default")), user="serviceaccount-controller"
        )
        informers = InformerFactory(self.server, self.clock)
        self.context = Context(self.server, self.clock, chance, self.trace, informers)
        self.controllers = [controller(self.context) for controller in controllers]
        for controller in self.controllers:
            controller.start()
        self.never_ready = set()  # images whose Pods do not become ready
        self.stuck = set()  # names of Pods whose kubelet does not answer
        self._nodes = [f"node-{number}" for number in range(1, nodes + 1)]
        self._next_node = 0
        informers.informer(Pod).add_handler(Handler(self._pod_added, self._pod_updated))

    # -- the obedient node -------------------------------------------------------------------------------------------

    def _pod_added(self, pod):
        if not pod.spec.nodeName and self._nodes:
            node = self._nodes[self._next_node % len(self._nodes)]
            self._next_node += 1
            self.clock.call_later(
                0.005, lambda: self._try(self.server.bind, pod.metadata.namespace, pod.metadata.name, node)
            )

    def _pod_updated(self, old, new):
        name, namespace = new.metadata.name, new.metadata.namespace
        if new.spec.nodeName and not old.spec.nodeName and new.spec.containers[0].image not in self.never_ready:
            self.clock.call_later(READY_SECONDS, lambda: self.set_ready(name, True, namespace))
        if new.metadata.deletionTimestamp and not old.metadata.deletionTimestamp and name not in self.stuck:
            self.clock.call_later(
                GONE_SECONDS,
                lambda: self._try(self.server.delete, Pod, name, namespace, grace_period_seconds=0),
            )

    def _try(self, call, *arguments, **options):
        try:
            call(*arguments, user="node", **options)
        except ApiError:
            return

    def set_ready(self, name, ready, namespace="default", phase="Running"):
        now = self.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": now}
        body = {"status": {"phase": phase, "conditions": [condition]}}
        self._try(self.server.patch, Pod, name, namespace, body, subresource="status")

    # -- doors -------------------------------------------------------------------------------------------------------

    def create(self, obj):
        return self.server.create(obj, user="learner")

    def patch(self, model, name, body, namespace="default", **options):
        return self.server.patch(model, name, namespace, body, user="learner", **options)

    def delete(self, model, name, namespace="default", **options):
        return self.server.delete(model, name, namespace, user="learner", **options)

    def get(self, model, name, namespace="default"):
        return self.server.get(model, name, namespace)

    def all(self, model, namespace="default"):
        return self.server.list(model, namespace)[0]

    def request(self, method, path, body=None, **more):
        response = self.server.handle(Request.of(method, path, json_body=body, **more))
        return response.status, json.loads(response.body or b"null")

    def run(self, seconds):
        self.clock.run(seconds)

    def until(self, condition, seconds=60):
        assert self.clock.run_until(condition, seconds), f"not within {seconds} s: {condition}"

    def names(self, model, namespace="default"):
        return [obj.metadata.name for obj in self.all(model, namespace)]

    def events(self, kind=None):
        """All Events in the order of their making, as (reason, message)."""
        found = [e for e in self.all(Event) if kind is None or e.involvedObject.kind == kind]
        found.sort(key=lambda e: e.metadata.name.rsplit(".", 1)[1])
        return [(e.reason, e.message) for e in found]


def template(app="web", image="app:v1", **labels):
    return PodTemplateSpec(
        metadata=ObjectMeta(labels={"app": app, **labels}),
        spec=PodSpec(containers=[Container(name="c", image=image)]),
    )


def replica_set(name="web", replicas=3, app="web", **spec):
    return ReplicaSet(
        metadata=ObjectMeta(name=name, namespace="default"),
        spec=ReplicaSetSpec(
            replicas=replicas, selector=LabelSelector(matchLabels={"app": app}), template=template(app), **spec
        ),
    )


def deployment(name="web", replicas=3, image="app:v1", **spec):
    return Deployment(
        metadata=ObjectMeta(name=name, namespace="default"),
        spec=DeploymentSpec(
            replicas=replicas,
            selector=LabelSelector(matchLabels={"app": name}),
            template=template(name, image),
            **spec,
        ),
    )


def namespace(name):
    return Namespace(metadata=ObjectMeta(name=name))


def image_patch(image):
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}


def is_rolled_out(world, name="web"):
    found = world.get(Deployment, name)
    status, wanted = found.status, found.spec.replicas
    return (
        status.observedGeneration == found.metadata.generation
        and (status.updatedReplicas or 0) == (status.replicas or 0) == (status.availableReplicas or 0) == wanted
    )
