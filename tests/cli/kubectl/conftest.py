"""A terminal on a bare API server: no controllers, no nodes, so that nothing changes but by the commands of the test."""

import json

import pytest

from k8slab.cli import driver
from k8slab.cli.kubectl.main import kubectl
from k8slab.cluster.apiserver.server import ApiServer
from k8slab.cluster.etcd.store import Store
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock
from k8slab.sim.http import Request
from k8slab.sim.trace import Trace

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: c
        image: app:v1
"""


class Files(dict):
    """Files in memory; a name with a slash lies in a folder."""

    def read(self, path):
        if path in self:
            return self[path]
        raise IsADirectoryError(path) if self._below(path) else FileNotFoundError(path)

    def list(self, path):
        if path in self:
            raise NotADirectoryError(path)
        below = self._below(path)
        if not below:
            raise FileNotFoundError(path)
        return sorted({name.split("/")[0] for name in below})

    def _below(self, path):
        prefix = path.rstrip("/") + "/"
        return [name.removeprefix(prefix) for name in self if name.startswith(prefix)]


class Terminal:
    """Runs kubectl and remembers the requests that it made."""

    def __init__(self):
        self.clock = Clock()
        self.server = ApiServer(Store(self.clock), self.clock, Chance(1), Trace(self.clock))
        self.files = Files({"web.yaml": WEB})
        self.requests = []

    def handle(self, request):
        self.requests.append(request)
        return self.server.handle(request)

    def verb(self, *words, stdin="", namespace="default"):
        return kubectl(words, files=self.files, stdin=stdin, namespace=namespace)

    def __call__(self, *words, stdin="", namespace="default", **options):
        self.requests.clear()
        verb = self.verb(*words, stdin=stdin, namespace=namespace)
        return driver.run_blocking(verb, self.handle, self.clock, **options)

    def api(self, method, path, body=None, **more):
        response = self.server.handle(Request.of(method, path, json_body=body, **more))
        assert response.status < 400, response.body
        return json.loads(response.body)

    def status(self, path, status):
        """Set the status of an object, as its controller would."""
        obj = self.api("GET", path)
        return self.api("PUT", f"{path}/status", {**obj, "status": status})


@pytest.fixture
def terminal():
    return Terminal()
