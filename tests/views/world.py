"""A few objects and a tiny stand-in of the lab for tests of views: an `Inspector` with a past, and a client that edits it.

Not a model of Kubernetes: one rule only (a Deployment's ReplicaSet keeps its number of Pods), so that a kill can be seen.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from lightkube.models.apps_v1 import (
    DeploymentSpec,
    DeploymentStatus,
    DeploymentStrategy,
    ReplicaSetSpec,
    RollingUpdateDeployment,
)
from lightkube.models.core_v1 import (
    Container,
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
    EventSource,
    NodeCondition,
    NodeSpec,
    NodeStatus,
    ObjectReference,
    PodCondition,
    PodSpec,
    PodStatus,
    PodTemplateSpec,
    ResourceRequirements,
)
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta, OwnerReference
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Event, Node, Pod

from k8slab.sim.clock import EPOCH, Clock
from k8slab.sim.inspect import Mark
from k8slab.sim.trace import Trace

REVISION = "deployment.kubernetes.io/revision"


def at(seconds: float) -> Any:
    return EPOCH + timedelta(seconds=seconds)


def node(name: str, *, ready: str = "True", cordoned: bool = False, cpu: str = "4", memory: str = "8Gi") -> Node:
    return Node(
        metadata=ObjectMeta(name=name, uid=f"uid-{name}", creationTimestamp=at(0)),
        spec=NodeSpec(unschedulable=cordoned or None),
        status=NodeStatus(
            allocatable={"cpu": cpu, "memory": memory, "pods": "110"},
            conditions=[NodeCondition(type="Ready", status=ready, reason="KubeletReady")],
        ),
    )


def owner(kind: str, name: str) -> OwnerReference:
    return OwnerReference(apiVersion="apps/v1", kind=kind, name=name, uid=f"uid-{name}", controller=True)


def deployment(
    name: str = "web",
    replicas: int = 3,
    *,
    revision: int = 1,
    surge: Any = 1,
    unavailable: Any = 0,
    image: str = "web:1",
) -> Deployment:
    return Deployment(
        metadata=ObjectMeta(
            name=name,
            namespace="default",
            uid=f"uid-{name}",
            creationTimestamp=at(0),
            annotations={REVISION: str(revision)},
        ),
        spec=DeploymentSpec(
            replicas=replicas,
            selector=LabelSelector(matchLabels={"app": name}),
            template=template(name, image),
            strategy=DeploymentStrategy(
                type="RollingUpdate", rollingUpdate=RollingUpdateDeployment(maxSurge=surge, maxUnavailable=unavailable)
            ),
        ),
        status=DeploymentStatus(),
    )


def template(app: str, image: str) -> PodTemplateSpec:
    return PodTemplateSpec(
        metadata=ObjectMeta(labels={"app": app}),
        spec=PodSpec(
            containers=[
                Container(
                    name="web", image=image, resources=ResourceRequirements(requests={"cpu": "500m", "memory": "256Mi"})
                )
            ]
        ),
    )


def replica_set(
    name: str = "web-7d5c", replicas: int = 3, *, of: str = "web", revision: int = 1, image: str = "web:1"
) -> ReplicaSet:
    return ReplicaSet(
        metadata=ObjectMeta(
            name=name, namespace="default", uid=f"uid-{name}", creationTimestamp=at(0), annotations={REVISION: str(revision)},
            ownerReferences=[owner("Deployment", of)] if of else None,
        ),
        spec=ReplicaSetSpec(replicas=replicas, selector=LabelSelector(matchLabels={"app": of or name}), template=template(of or name, image)),
    )  # fmt: skip


def pod(
    name: str = "web-7d5c-aaaaa", *, of: str = "web-7d5c", on: str = "node-1", state: str = "ready", restarts: int = 0,
    created: float = 0, since: float = 0, image: str = "web:1",
) -> Pod:  # fmt: skip
    """Return a Pod in one of the scene's states."""
    phases = {
        "ready": "Running",
        "running": "Running",
        "terminating": "Running",
        "failed": "Running",
        "done": "Succeeded",
        "unknown": "Unknown",
    }
    running = ContainerState(running=ContainerStateRunning(startedAt=at(since)))
    states = {
        "ready": running, "running": running, "terminating": running, "unknown": running,
        "creating": ContainerState(waiting=ContainerStateWaiting(reason="ContainerCreating")),
        "failed": ContainerState(waiting=ContainerStateWaiting(reason="CrashLoopBackOff", message="back-off 10s restarting failed container")),
        "done": ContainerState(terminated=ContainerStateTerminated(exitCode=0, reason="Completed")),
    }  # fmt: skip
    is_ready = state in ("ready", "terminating")
    statuses = []
    if state in states:
        statuses = [
            ContainerStatus(
                image=image, imageID="", name="web", ready=is_ready, restartCount=restarts, state=states[state]
            )
        ]
    return Pod(
        metadata=ObjectMeta(
            name=name, namespace="default", uid=f"uid-{name}", creationTimestamp=at(created), labels={"app": "web"},
            ownerReferences=[owner("ReplicaSet", of)] if of else None,
            deletionTimestamp=at(since + 30) if state == "terminating" else None,
        ),
        spec=PodSpec(
            nodeName=on or None if state != "pending" else None,
            containers=[Container(name="web", image=image, resources=ResourceRequirements(requests={"cpu": "500m", "memory": "256Mi"}))],
        ),
        status=PodStatus(
            phase=phases.get(state, "Pending"),
            podIP="10.244.1.7" if is_ready else None,
            conditions=[
                PodCondition(type="PodScheduled", status="False" if state == "pending" else "True", lastTransitionTime=at(created)),
                PodCondition(type="Ready", status="True" if is_ready else "False", lastTransitionTime=at(since)),
            ],
            containerStatuses=statuses,
        ),
    )  # fmt: skip


def event(
    name: str,
    about: str,
    reason: str,
    message: str,
    *,
    when: float = 0,
    type: str = "Normal",
    count: int = 1,
    source: str = "kubelet",
) -> Event:
    kind, _, target = about.partition("/")
    return Event(
        metadata=ObjectMeta(name=name, namespace="default", uid=f"uid-{name}", creationTimestamp=at(when)),
        involvedObject=ObjectReference(kind=kind, name=target, namespace="default"),
        type=type, reason=reason, message=message, count=count, firstTimestamp=at(when), lastTimestamp=at(when),
        source=EventSource(component=source), reportingComponent=source,
    )  # fmt: skip


class World:
    """Objects with a past. It is an `Inspector`, and `World.client` is enough of a lightkube client."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.trace = Trace(self.clock)
        self.revision = 1
        self.oldest_revision = 1
        self.now: dict[tuple[str, str], Any] = {}
        self.past: list[dict[tuple[str, str], Any]] = [{}, {}]
        self.times = [0.0, 0.0]
        self.made_marks: list[Mark] = []
        self.client = Client(self)
        self.stopped: list[str] = []

    def put(self, *objects: Any) -> None:
        for obj in objects:
            kind = type(obj).__name__
            verb = "update" if (kind, obj.metadata.name) in self.now else "create"
            self.now[kind, obj.metadata.name] = obj
            self.trace.record("somebody", verb, f"{kind}/default/{obj.metadata.name}")
            self._remember()

    def drop(self, kind: str, name: str) -> None:
        del self.now[kind, name]
        self.trace.record("somebody", "delete", f"{kind}/default/{name}")
        self._remember()

    def _remember(self) -> None:
        self.revision += 1
        self.past.append(dict(self.now))
        self.times.append(self.clock.now)

    # -- the Inspector -----------------------------------------------------------------------------------------------

    def objects(self, model: type, *, revision: int | None = None, namespace: str | None = None) -> list[Any]:
        there = self.now if revision is None else self.past[revision]
        found = [obj for (kind, _), obj in sorted(there.items()) if kind == model.__name__]
        return [copy.copy(obj) for obj in found if namespace in (None, "", obj.metadata.namespace)]

    def time_of(self, revision: int) -> float:
        return self.times[revision]

    def marks(self) -> list[Mark]:
        return self.made_marks

    def mark(self, text: str) -> None:
        self.made_marks.append(Mark(self.revision, self.clock.now, text))

    def stop_node(self, name: str) -> None:
        self.stopped.append(name)
        self.put(node(name, ready="Unknown"))

    def start_node(self, name: str) -> None:
        self.stopped.remove(name)
        self.put(node(name))

    def why_here(self, namespace: str, pod: str) -> dict[str, Any]:
        return {
            "node": "node-1",
            "filters": {"node-1": [], "node-2": [], "node-3": ["node(s) had untolerated taint(s)"]},
            "scores": {
                "node-1": {"NodeResourcesFit": 92, "TaintToleration": 300},
                "node-2": {"NodeResourcesFit": 85, "TaintToleration": 300},
            },
        }


class Client:
    """What a view asks of a client: list, get, delete, patch."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[tuple[Any, ...]] = []

    def list(self, model: type, namespace: str | None = None, **_: Any) -> Any:
        return iter(self.world.objects(model, namespace=None if namespace == "*" else namespace))

    def get(self, model: type, name: str, namespace: str | None = None) -> Any:
        return self.world.now[model.__name__, name]

    def delete(self, model: type, name: str, namespace: str | None = None, **_: Any) -> None:
        self.calls.append(("delete", model.__name__, name))
        gone = self.world.now[model.__name__, name]
        self.world.drop(model.__name__, name)
        if model is Pod:
            self.world.clock.process(self._replace(gone))

    def _replace(self, gone: Any) -> Any:
        name = gone.metadata.name[:-5] + f"{self.world.revision:05d}"
        yield self.world.clock.timeout(0.1)
        self.world.put(pod(name, on=gone.spec.nodeName, state="creating", created=self.world.clock.now))
        yield self.world.clock.timeout(1)
        self.world.put(pod(name, on=gone.spec.nodeName, created=self.world.clock.now - 1, since=self.world.clock.now))

    def patch(self, model: type, name: str, body: Any, *, namespace: str | None = None, **_: Any) -> Any:
        self.calls.append(("patch", model.__name__, name, body))
        if model is Node:
            self.world.put(node(name, cordoned=bool(body["spec"]["unschedulable"])))
        return self.world.now[model.__name__, name]


def small_world() -> World:
    """Return three nodes, one Deployment of six Pods, all ready."""
    world = World()
    world.put(*(node(f"node-{number}") for number in (1, 2, 3)))
    world.put(deployment(replicas=6), replica_set(replicas=6))
    for index, tail in enumerate(("x7k2p", "b4vqs", "9hztm", "kd8wc", "m2rfn", "zt6lj")):
        world.put(pod(f"web-7d5c-{tail}", on=f"node-{index % 3 + 1}", created=index / 10))
    world.put(
        event(
            "web-7d5c.1",
            "ReplicaSet/web-7d5c",
            "SuccessfulCreate",
            "Created pod: web-7d5c-x7k2p",
            source="replicaset-controller",
        )
    )
    world.put(
        event(
            "web-7d5c-x7k2p.1",
            "Pod/web-7d5c-x7k2p",
            "Scheduled",
            "Successfully assigned default/web-7d5c-x7k2p to node-1",
            source="default-scheduler",
        )
    )
    world.put(event("web-7d5c-x7k2p.2", "Pod/web-7d5c-x7k2p", "Started", "Started container web", when=2))
    return world


def rolled_world(
    replicas: int = 4, *, surge: int = 1, unavailable: int = 1, ready_after: float = 3.0, bad: bool = False
) -> World:
    """Return a world in which revision 2 has replaced revision 1, a Pod at a time, as a controller with those bounds would."""
    world = World()
    world.put(*(node(f"node-{number}") for number in (1, 2, 3)))
    world.put(deployment(replicas=replicas, surge=surge, unavailable=unavailable), replica_set(replicas=replicas))
    old = [
        f"web-7d5c-{tail}"
        for tail in ("x7k2p", "b4vqs", "9hztm", "kd8wc", "m2rfn", "zt6lj", "c5gxd", "f8nwb", "hq4tv", "s9lkz")[
            :replicas
        ]
    ]
    for index, name in enumerate(old):
        world.put(pod(name, on=f"node-{index % 3 + 1}"))
    world.clock.run(3)
    world.mark("set image web=web:2")
    world.put(deployment(replicas=replicas, surge=surge, unavailable=unavailable, revision=2, image="web:2"))
    world.put(replica_set("web-6f9b", 0, revision=2, image="web:2"))
    new: list[str] = []
    ready: list[str] = []
    staying = list(old)
    tails = ("q5rtw", "n8xvc", "j4zkd", "g7mhb", "w2cfs", "p6dql", "t3vnx", "r8bgz", "l5ksh", "d9wmf")
    while len(ready) < replicas or staying:
        while (
            len(staying) + len(ready) > replicas - unavailable
            and staying
            and not (bad and len(staying) <= replicas - unavailable)
        ):
            leaving = staying.pop()
            world.put(pod(leaving, state="terminating", since=world.clock.now))
            world.clock.process(_leave(world, leaving))
        while len(new) < replicas and len(staying) + len(new) < replicas + surge:
            name = f"web-6f9b-{tails[len(new)]}"
            new.append(name)
            world.put(
                pod(
                    name,
                    of="web-6f9b",
                    on=f"node-{len(new) % 3 + 1}",
                    state="creating",
                    created=world.clock.now,
                    image="web:2",
                )
            )
            world.clock.process(_come(world, name, ready_after, bad, ready))
        world.clock.run(0.25)
        if bad and world.clock.now > 20:
            break
    world.clock.run(5)
    return world


def _come(world: World, name: str, ready_after: float, bad: bool, ready: list[str]) -> Any:
    created = world.clock.now
    common: dict[str, Any] = {"of": "web-6f9b", "on": "node-1", "created": created, "image": "web:2"}
    yield world.clock.timeout(0.5)
    world.put(pod(name, state="running", since=world.clock.now, **common))
    yield world.clock.timeout(ready_after)
    if bad:
        world.put(pod(name, state="failed", since=world.clock.now, restarts=2, **common))
        return
    world.put(pod(name, since=world.clock.now, **common))
    ready.append(name)


def _leave(world: World, name: str) -> Any:
    yield world.clock.timeout(2)
    world.drop("Pod", name)
