"""How a node shows that it lives: a Lease renewed every 10 s, and its status when it changes or every 5 minutes.

Models component-helpers apimachinery/lease and kubelet_node_status.go (syncNodeStatus). A Lease is small, so that thousands of
nodes may renew theirs often; the big Node object is left alone.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import msgspec
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.core_v1 import NodeStatus, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Node
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, is_already_exists, is_conflict, is_not_found
from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.client.events import EventRecorder
from k8slab.cluster.node.cri import Runtime
from k8slab.cluster.node.node_object import boot_id, conditions, events_of, images, new_node
from k8slab.sim.clock import Clock

LEASE_NAMESPACE = "kube-node-lease"
LEASE_DURATION_SECONDS = 40
RENEW_SECONDS = 10.0  # a quarter of the duration
REPORT_SECONDS = 300.0  # nodeStatusReportFrequency
REGISTER_AGAIN_SECONDS = 0.1


class Heartbeats:
    """The heartbeats of one node. *node* is the Node as stored last; None until it is registered."""

    def __init__(
        self,
        client: ApiClient,
        clock: Clock,
        runtime: Runtime,
        name: str,
        ip: str,
        pod_cidr: str,
        capacity: Mapping[str, str],
        labels: Mapping[str, str],
        recorder: EventRecorder,
        boots: int,
    ) -> None:
        self._client = client
        self._clock = clock
        self._runtime = runtime
        self._name, self._ip, self._pod_cidr = name, ip, pod_cidr
        self._capacity, self._labels = capacity, labels
        self._recorder = recorder
        self._boots = boots
        self.node: Any = None
        #: Happens when the Node is there.
        self.registered = clock.event()
        self._lease: Any = None
        self._reported_at = 0.0

    def run(self, offset_seconds: float) -> Generator[Event, Any, None]:
        """Register the node, then beat for ever; *offset_seconds* keeps nodes from beating all at once."""
        self._note("Normal", "Starting", "Starting kubelet.")
        yield from self._register()
        yield from self._renew()
        yield self._clock.timeout(offset_seconds)
        while True:
            yield from self._renew()
            yield from self._report()
            yield self._clock.timeout(RENEW_SECONDS)

    # -- the Node ----------------------------------------------------------------------------------------------------

    def _now(self) -> Any:
        return self._clock.datetime().replace(microsecond=0)

    def _register(self) -> Generator[Event, Any, None]:
        while not self.registered.triggered:
            try:
                yield from self._register_once()
                self.registered.succeed()
            except ApiError:  # somebody else wrote at the same moment, or the server is not up yet
                self.node = None
                yield self._clock.timeout(REGISTER_AGAIN_SECONDS)
        self._reported_at = self._clock.now

    def _register_once(self) -> Generator[Event, Any, None]:
        name = self._name
        version, boots = self._runtime.version, self._boots
        wanted = new_node(name, self._ip, self._pod_cidr, version, self._capacity, self._labels, boots, self._now())
        try:
            self.node = yield from self._client.create(wanted)
            self._note_changes(None, wanted.status.conditions)
        except ApiError as error:
            if not is_already_exists(error):
                raise
            self.node = yield from self._client.get(Node, name)  # we are back after a power cut
            yield from self._write(self.node.status)
            boot = self.node.status.nodeInfo.bootID
            self._note("Warning", "Rebooted", f"Node {name} has been rebooted, boot id: {boot}")

    def _report(self) -> Generator[Event, Any, None]:
        there = images(self._runtime.list_images())
        is_due = self._clock.now - self._reported_at >= REPORT_SECONDS
        if is_due or there != self.node.status.images:
            try:
                self.node = yield from self._client.get(Node, self._name)
                yield from self._write(self.node.status)
            except ApiError as error:
                if not is_not_found(error) and not is_conflict(error):
                    raise  # a Node that somebody deleted stays away until the kubelet starts again

    def _write(self, before: NodeStatus) -> Generator[Event, Any, None]:
        status = NodeStatus(**{name: getattr(before, name) for name in NodeStatus.__struct_fields__})
        status.conditions = conditions(before.conditions, self._now())
        status.images = images(self._runtime.list_images())
        boot = boot_id(self._name, self._boots)
        if before.nodeInfo is not None and before.nodeInfo.bootID != boot:
            status.nodeInfo = msgspec.structs.replace(before.nodeInfo, bootID=boot)
        new = Node(apiVersion="v1", kind="Node", metadata=self.node.metadata, spec=self.node.spec, status=status)
        self.node = yield from self._client.update_status(new)
        self._note_changes(before.conditions, status.conditions)
        self._reported_at = self._clock.now

    def _note_changes(self, before: Any, after: Any) -> None:
        for reason in events_of(before, after):
            self._note("Normal", reason, f"Node {self._name} status is now: {reason}")

    def _note(self, type: str, reason: str, message: str) -> None:
        # The kubelet refers to its node by name alone: the uid of the reference is the name, too.
        reference = ObjectReference(kind="Node", name=self._name, uid=self._name)
        self._recorder.event(reference, type, reason, message)

    # -- the Lease ---------------------------------------------------------------------------------------------------

    def _renew(self) -> Generator[Event, Any, None]:
        spec = LeaseSpec(
            holderIdentity=self._name, leaseDurationSeconds=LEASE_DURATION_SECONDS, renewTime=self._clock.datetime()
        )
        try:
            if self._lease is None:
                meta = ObjectMeta(
                    name=self._name,
                    namespace=LEASE_NAMESPACE,
                    ownerReferences=[
                        OwnerReference(apiVersion="v1", kind="Node", name=self._name, uid=self.node.metadata.uid)
                    ],
                )
                new = Lease(apiVersion="coordination.k8s.io/v1", kind="Lease", metadata=meta, spec=spec)
                self._lease = yield from self._client.create(new, LEASE_NAMESPACE)
            else:
                new = Lease(apiVersion="coordination.k8s.io/v1", kind="Lease", metadata=self._lease.metadata, spec=spec)
                self._lease = yield from self._client.update(new)
        except ApiError as error:
            yield from self._after_failure(error)

    def _after_failure(self, error: ApiError) -> Generator[Event, Any, None]:
        """Take the Lease as it is for the next time; one that is gone is made again."""
        self._lease = None
        if is_already_exists(error) or is_conflict(error):
            try:
                self._lease = yield from self._client.get(Lease, self._name, LEASE_NAMESPACE)
            except ApiError:
                self._lease = None
