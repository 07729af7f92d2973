"""One API server without controllers, and short ways to ask it."""

import json

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ServiceAccount

from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.etcd.store import Store
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request
from k8slab.sim.trace import Trace

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class World:
    """A server and its clock. `ask` returns (HTTP code, body read as JSON)."""

    def __init__(self):
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.store = Store(self.clock)
        self.server = ApiServer(self.store, self.clock, Chance(1), self.trace)
        account = ServiceAccount(metadata=ObjectMeta(name="default", namespace="default"))
        self.server.create(account, user="controller")

    def send(self, method, target, body=None, *, headers=None, raw=None):
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        head = {"content-type": "application/json", **(headers or {})}
        return self.server.handle(Request.from_url(method, target, head, content))

    def ask(self, method, target, body=None, **more):
        response = self.send(method, target, body, **more)
        return response.status, response.json()

    def make(self, target, body, **more):
        code, obj = self.ask("POST", target, body, **more)
        assert code == 201, obj
        return obj

    def patch(self, target, body, kind="merge"):
        content_type = {"json": "json-patch", "merge": "merge-patch", "strategic": "strategic-merge-patch"}[kind]
        return self.ask("PATCH", target, body, headers={"content-type": f"application/{content_type}+json"})

    def configmap(self, name, **metadata):
        return self.make(CONFIGMAPS, {"metadata": {"name": name, **metadata}, "data": {"a": "1"}})

    def pod(self, name, *, node=None, **spec):
        body = {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "app:v1"}], **spec}}
        pod = self.make(PODS, body)
        if node:
            self.server.bind("default", name, node, user="scheduler")
        return pod

    def deployment(self, name, **spec):
        template = {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "app:v1"}]},
        }
        spec = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
        return self.make(DEPLOYMENTS, {"metadata": {"name": name}, "spec": spec})


@pytest.fixture
def world():
    return World()
