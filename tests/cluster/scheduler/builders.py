"""Nodes and Pods for the scheduler's tests, as short as the question they pose."""

from lightkube.codecs import load_all_yaml
from lightkube.models.core_v1 import (
    Affinity,
    Container,
    ContainerPort,
    NodeSpec,
    NodeStatus,
    PodSpec,
    PodStatus,
    ResourceRequirements,
    Taint,
)
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.core_v1 import Node, Pod

from k8slab.cluster.scheduler.cache import Cache
from k8slab.cluster.scheduler.framework import Framework
from k8slab.cluster.scheduler.plugins import default_plugins


def node(name, *, cpu="4", memory="8Gi", pods="110", labels=None, taints=(), unschedulable=None, **extended):
    """*extended* resources are written gpu="1" for example.com/gpu; a taint as "key=value:Effect"."""
    amounts = {"cpu": cpu, "memory": memory, "pods": pods} | {f"example.com/{k}": v for k, v in extended.items()}
    return Node(
        metadata=ObjectMeta(name=name, labels={"kubernetes.io/hostname": name, **(labels or {})}, resourceVersion="1"),
        spec=NodeSpec(taints=[taint(text) for text in taints] or None, unschedulable=unschedulable),
        status=NodeStatus(allocatable=amounts, capacity=amounts),
    )


def taint(text):
    what, effect = text.split(":")
    key, _, value = what.partition("=")
    return Taint(key=key, value=value or None, effect=effect)


def pod(
    name, *, on=None, cpu=None, memory=None, labels=None, host_port=None, priority=0, owner=None, namespace="ns", **spec
):
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    requests |= {f"example.com/{key}": spec.pop(key) for key in ("gpu",) if key in spec}
    container = Container(
        name="c",
        image="app:v1",
        resources=ResourceRequirements(requests=requests or None),
        ports=[ContainerPort(containerPort=host_port, hostPort=host_port, protocol="TCP")] if host_port else None,
    )
    references = [OwnerReference(apiVersion="apps/v1", kind="ReplicaSet", name=owner, uid=owner, controller=True)]
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace=namespace,
            uid=name,
            labels=labels,
            resourceVersion="1",
            generation=1,
            ownerReferences=references if owner else None,
        ),
        spec=PodSpec(containers=[container], nodeName=on, priority=priority, **spec),
        status=PodStatus(phase="Pending"),
    )


def from_yaml(text, name="p"):
    """Return a Pod whose spec is *text* (YAML), with one container."""
    indented = "\n".join("  " + line for line in text.strip("\n").split("\n"))
    head = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: ns, uid: {name}}}\nspec:\n"
    (made,) = load_all_yaml(head + "  containers: [{name: c, image: 'app:v1'}]\n" + indented)
    return made


def affinity(**terms):
    return Affinity(**terms)


class World:
    """A cache with nodes and Pods, and what the framework says of a newcomer."""

    def __init__(self, nodes, pods=(), listers=None):
        self.cache = Cache()
        for each in nodes:
            self.cache.set_node(each)
        for each in pods:
            self.cache.set_pod(each)
        self.framework = Framework(default_plugins(), lambda model: (listers or {}).get(model))

    def ask(self, newcomer):
        """Return the names of the feasible nodes and the diagnosis."""
        state = self.framework.state(self.cache)
        feasible, diagnosis = self.framework.feasible(state, self.cache.pod_infos.of(newcomer))
        return [each.name for each in feasible], diagnosis

    def scores(self, newcomer):
        """Return ``{plugin: {node: weighted points}}``."""
        state = self.framework.state(self.cache)
        info = self.cache.pod_infos.of(newcomer)
        feasible, _ = self.framework.feasible(state, info)
        scored = self.framework.scored(state, info, feasible)
        assert scored.totals == self.framework.totals(self.framework.state(self.cache), info, feasible)
        return {
            plugin: {each.name: points[index] for index, each in enumerate(scored.nodes)}
            for plugin, points in scored.by_plugin.items()
        }
