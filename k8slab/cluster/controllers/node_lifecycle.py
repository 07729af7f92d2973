"""Node lifecycle: a node that has not been heard of for 50 seconds is unreachable, and says so with taints.

Models pkg/controller/nodelifecycle (monitorNodeHealth, doNoScheduleTaintingPass, doNoExecuteTaintingPass). The taints keep
new Pods away; those with NoExecute let ``taint_eviction.py`` evict the Pods that do not tolerate them. When all nodes fall
silent at once it is more likely our own fault: then nobody is evicted. Left out: zones (all nodes are one zone).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from lightkube.models.core_v1 import NodeCondition, ObjectReference
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Node, Pod
from simpy.events import Event

from k8slab.apimachinery import conditions, pods
from k8slab.apimachinery.errors import ApiError, is_conflict, is_not_found
from k8slab.cluster.client.client import STRATEGIC_MERGE
from k8slab.cluster.client.context import Context
from k8slab.cluster.client.controller import Controller
from k8slab.cluster.client.events import NORMAL, WARNING
from k8slab.cluster.client.informer import Handler, by_node
from k8slab.cluster.controllers import node_taints
from k8slab.cluster.controllers.node_taints import NO_EXECUTE, NO_SCHEDULE, NOT_READY, UNREACHABLE

NODE_MONITOR_PERIOD_SECONDS = 5
NODE_MONITOR_GRACE_PERIOD_SECONDS = 50  # raised from 40: kubernetes#121793
NODE_STARTUP_GRACE_PERIOD_SECONDS = 60
#: One node in ten seconds gets the NoExecute taint (--node-eviction-rate 0.1).
SECONDS_BETWEEN_EVICTIONS = 10.0
UNHEALTHY_ZONE_THRESHOLD = 0.55
LEASE_NAMESPACE = "kube-node-lease"
CONDITION_TYPES = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
#: Label that must be there -> the one it repeats.
BETA_LABELS = {"beta.kubernetes.io/os": "kubernetes.io/os", "beta.kubernetes.io/arch": "kubernetes.io/arch"}


@dataclass(slots=True)
class Health:
    """What was last heard of a node, and when (virtual seconds)."""

    status: Any
    renew_time: Any
    heard_at: float


class NodeLifecycleController(Controller):
    name = "node-controller"
    watches = (Node, Pod, Lease)
    workers = 8

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.lister(Pod).add_index("node", by_node)
        self._health: dict[str, Health] = {}
        self._next_eviction_at = 0.0

    def handlers(self) -> dict[type, Handler]:
        # Pods and Leases are only read. Heartbeats change nodes often: only what taints depend on makes work.
        self.context.informers.informer(Lease)
        return {Node: Handler(self.enqueue, self.node_updated)}

    def node_updated(self, old: Any, new: Any) -> None:
        if (
            old.spec != new.spec
            or old.metadata.labels != new.metadata.labels
            or node_taints.no_schedule_taints(old) != node_taints.no_schedule_taints(new)
        ):
            self.enqueue(new)

    def start(self) -> None:
        super().start()
        self.clock.process(self._monitor_periodically(self._generation))

    # -- taints that follow conditions at once -----------------------------------------------------------------------

    def sync(self, key: str) -> Generator[Event, Any, None]:
        """Give the node *key* the NoSchedule taints and the labels that it should have."""
        node: Any = self.lister(Node).get(key)
        if node is None:
            return
        wanted = node_taints.no_schedule_taints(node)
        yield from self.write_taints(node, wanted, NO_SCHEDULE, node_taints.OWN_KEYS)
        labels = node.metadata.labels or {}
        missing = {
            beta: labels[key] for beta, key in BETA_LABELS.items() if key in labels and labels.get(beta) != labels[key]
        }
        if missing:
            yield from self.client.patch(Node, key, None, {"metadata": {"labels": missing}})

    def write_taints(
        self, node: Any, wanted: Sequence[str], effect: str, managed: Sequence[str]
    ) -> Generator[Event, Any, None]:
        """Make *node* have exactly *wanted* of the *managed* taints with *effect*, whoever else writes it meanwhile."""
        taints = node_taints.with_taints(node, wanted, effect, managed, self.clock.datetime())
        while taints is not None:
            changed = msgspec.structs.replace(node, spec=msgspec.structs.replace(node.spec, taints=taints or None))
            try:
                yield from self.client.update(changed)
                return
            except ApiError as error:
                if is_not_found(error):
                    return
                if not is_conflict(error):
                    raise
            node = yield from self.client.get(Node, node.metadata.name)
            taints = node_taints.with_taints(node, wanted, effect, managed, self.clock.datetime())

    # -- the monitor -------------------------------------------------------------------------------------------------

    def _monitor_periodically(self, generation: int) -> Generator[Event, Any, None]:
        while generation == self._generation:
            yield from self.monitor()
            yield self.clock.timeout(NODE_MONITOR_PERIOD_SECONDS)

    def monitor(self) -> Generator[Event, Any, None]:
        """Look at the health of all nodes once."""
        nodes: list[Any] = self.lister(Node).list()
        self._note_arrivals(nodes)
        ready = {node.metadata.name: conditions.status_of(node.status.conditions, "Ready") for node in nodes}
        for node in nodes:
            try:
                observed, node = yield from self.update_health(node)
            except ApiError as error:
                if not is_not_found(error) and not is_conflict(error):
                    raise
                continue  # the next round comes
            name = node.metadata.name
            ready[name] = conditions.status_of(node.status.conditions, "Ready")
            if observed == "True" and ready[name] != "True":
                self.tell(node, "NodeNotReady", f"Node {name} status is now: NodeNotReady")
                yield from self.mark_pods_not_ready(name)
        yield from self.taint_no_execute(nodes, ready)

    def _note_arrivals(self, nodes: Sequence[Any]) -> None:
        names = {node.metadata.name: node for node in nodes}
        for name in [name for name in self._health if name not in names]:
            about = ObjectReference(apiVersion="v1", kind="Node", name=name, uid=self._health[name].status.uid)
            self.recorder.event(
                about, NORMAL, "RemovingNode", f"Node {name} event: Removing Node {name} from Controller"
            )
            del self._health[name]
        for name, node in names.items():
            if name not in self._health:
                self._health[name] = Health(_Seen(node), self._renew_time(name), self.clock.now)
                self.tell(node, "RegisteredNode", f"Node {name} event: Registered Node {name} in Controller")

    def update_health(self, node: Any) -> Generator[Event, Any, tuple[str | None, Any]]:
        """Return the status of Ready as the kubelet last told it, and the node, marked Unknown if that was too long ago."""
        name, health = node.metadata.name, self._health[node.metadata.name]
        seen, renewed = _Seen(node), self._renew_time(name)
        ready = conditions.find(node.status.conditions, "Ready")
        if seen.heartbeat != health.status.heartbeat or renewed != health.renew_time:
            health.heard_at = self.clock.now
        health.status, health.renew_time = seen, renewed
        grace = NODE_MONITOR_GRACE_PERIOD_SECONDS if ready is not None else NODE_STARTUP_GRACE_PERIOD_SECONDS
        observed = None if ready is None else ready.status
        if self.clock.now <= health.heard_at + grace:
            return observed, node
        changed = unknown_conditions(node.status.conditions or [], self.clock.datetime().replace(microsecond=0))
        if changed is None:
            return observed, node
        status = msgspec.structs.replace(node.status, conditions=changed)
        node = yield from self.client.update_status(msgspec.structs.replace(node, status=status))
        return observed, node

    def _renew_time(self, name: str) -> Any:
        lease: Any = self.lister(Lease).get(f"{LEASE_NAMESPACE}/{name}")
        return None if lease is None or lease.spec is None else lease.spec.renewTime

    def mark_pods_not_ready(self, node_name: str) -> Generator[Event, Any, None]:
        """A silent node's Pods cannot be counted on: say that they are not ready."""
        for pod in self.lister(Pod).by_index("node", node_name):
            if not pods.is_ready(pod):
                continue
            now = self.clock.datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
            body = {"status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": now}]}}
            try:
                yield from self.client.patch(
                    Pod,
                    pod.metadata.name or "",
                    pod.metadata.namespace,
                    body,
                    content_type=STRATEGIC_MERGE,
                    subresource="status",
                )
            except ApiError as error:
                if not is_not_found(error):
                    raise
                continue
            self.recorder.event(pod, WARNING, "NodeNotReady", "Node is not ready")

    # -- taints that evict -------------------------------------------------------------------------------------------

    def taint_no_execute(self, nodes: Sequence[Any], ready: dict[str, str | None]) -> Generator[Event, Any, None]:
        """Give silent nodes the taint that evicts, one in ten seconds, and take it off those that are back."""
        silent = [name for name, status in ready.items() if status != "True"]
        is_all_down = bool(silent) and len(silent) == len(ready)
        is_large_outage = len(silent) > 2 and len(silent) / len(ready) >= UNHEALTHY_ZONE_THRESHOLD
        managed = (NOT_READY, UNREACHABLE)
        for node in nodes:
            name = node.metadata.name
            if ready[name] == "True" or is_all_down:
                wanted: list[str] = []
            else:
                wanted = [UNREACHABLE if ready[name] != "False" else NOT_READY]
            has = [taint.key for taint in node.spec.taints or () if taint.effect == NO_EXECUTE and taint.key in managed]
            if has == wanted:
                continue
            if wanted and not has:  # from one to the other at once, but the first in its turn
                if is_large_outage or self.clock.now < self._next_eviction_at:
                    continue
                self._next_eviction_at = self.clock.now + SECONDS_BETWEEN_EVICTIONS
            current: Any = self.lister(Node).get(name)
            if current is not None:
                yield from self.write_taints(current, wanted, NO_EXECUTE, managed)

    def tell(self, node: Any, reason: str, message: str) -> None:
        about = ObjectReference(apiVersion="v1", kind="Node", name=node.metadata.name, uid=node.metadata.uid)
        self.recorder.event(about, NORMAL, reason, message)


class _Seen:
    """What of a node's status shows that its kubelet lives."""

    __slots__ = ("heartbeat", "uid")

    def __init__(self, node: Any) -> None:
        self.uid = node.metadata.uid
        self.heartbeat = [
            (one.type, one.status, one.lastHeartbeatTime)
            for one in node.status.conditions or ()
            if one.type in CONDITION_TYPES
        ]


def unknown_conditions(old: Sequence[NodeCondition], now: Any) -> list[NodeCondition] | None:
    """Return *old* with all that a kubelet tells set to Unknown; None if they are so already."""
    changed = list(old)
    for type in CONDITION_TYPES:
        found = conditions.find(old, type)
        if found is None:
            new = NodeCondition(
                type=type,
                status="Unknown",
                reason="NodeStatusNeverUpdated",
                message="Kubelet never posted node status.",
                lastHeartbeatTime=now,
                lastTransitionTime=now,
            )
            changed.append(new)
        elif found.status != "Unknown":
            new = msgspec.structs.replace(
                found,
                status="Unknown",
                reason="NodeStatusUnknown",
                message="Kubelet stopped posting node status.",
                lastTransitionTime=now,
            )
            changed = conditions.set_condition(changed, new)
    return None if changed == list(old) else changed
