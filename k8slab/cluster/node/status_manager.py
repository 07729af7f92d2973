"""Writes the status of the node's Pods to the API server, and at the very end asks for their final deletion.

Models pkg/kubelet/status (status_manager.go). The kubelet sets statuses as often as it likes; only the newest one of each Pod
is written, one Pod after the other. A Pod that is being deleted goes with grace 0 once nothing of it is left on the node.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from copy import copy
from functools import partial
from typing import Any

from lightkube.models.core_v1 import PodStatus
from lightkube.resources.core_v1 import Pod
from simpy.events import Event

from k8slab.apimachinery.errors import ApiError, is_conflict, is_not_found
from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.node.pod_status import merged
from k8slab.sim.clock import Clock

RETRY_SECONDS = 10.0


class StatusManager:
    """Works for one kubelet; *spawn* starts a process that ends with the power."""

    def __init__(self, client: ApiClient, clock: Clock, spawn: Callable[[Generator[Event, Any, None]], Any]) -> None:
        self._client = client
        self._clock = clock
        self._spawn = spawn
        self._statuses: dict[str, PodStatus] = {}
        self._stored: dict[str, Any] = {}  # uid -> the newest version of the Pod that we know
        self._pending: dict[str, None] = {}
        self._finished: dict[str, None] = {}
        self._is_writing = False

    def observe(self, pod: Any) -> None:
        """Take note of a version of *pod* that came by the watch."""
        known = self._stored.get(pod.metadata.uid)
        if known is None or int(pod.metadata.resourceVersion) > int(known.metadata.resourceVersion):
            self._stored[pod.metadata.uid] = pod

    def newest(self, uid: str) -> Any | None:
        """Return the newest version of the Pod *uid* that is known here, or None."""
        return self._stored.get(uid)

    def status_of(self, uid: str) -> PodStatus | None:
        """Return the status that was set last."""
        return self._statuses.get(uid)

    def set_status(self, pod: Any, status: PodStatus) -> None:
        """Report *status* soon, unless it says nothing new."""
        uid = pod.metadata.uid
        if self._statuses.get(uid) == status:
            return
        self._statuses[uid] = status
        self._want(uid)

    def finish(self, uid: str) -> None:
        """Nothing of the Pod is left on the node: after its last status it may be deleted."""
        self._finished[uid] = None
        self._want(uid)

    def forget(self, uid: str) -> None:
        """The Pod has gone from the API server."""
        for kept in (self._statuses, self._stored, self._pending, self._finished):
            kept.pop(uid, None)

    def _want(self, uid: str) -> None:
        self._pending[uid] = None
        if not self._is_writing:
            self._is_writing = True
            self._spawn(self._write_all())

    def _write_all(self) -> Generator[Event, Any, None]:
        while self._pending:
            uid = next(iter(self._pending))
            del self._pending[uid]
            try:
                yield from self._write(uid)
            except ApiError:
                self._clock.call_later(RETRY_SECONDS, partial(self._retry, uid))
        self._is_writing = False

    def _retry(self, uid: str) -> None:
        if uid in self._statuses:
            self._want(uid)

    def _write(self, uid: str) -> Generator[Event, Any, None]:
        pod, status = self._stored.get(uid), self._statuses.get(uid)
        if pod is None or status is None:
            return
        meta = pod.metadata
        try:
            if pod.status is None or _differs(pod.status, status):
                new = Pod(
                    apiVersion="v1",
                    kind="Pod",
                    metadata=meta,
                    spec=pod.spec,
                    status=merged(pod.status, copy(status)),  # a copy: *status* is what is compared with later
                )
                stored = yield from self._client.update_status(new)
                self.observe(stored)
            is_last = uid in self._finished and uid not in self._pending
            if is_last and self._stored[uid].metadata.deletionTimestamp is not None:
                yield from self._client.delete(Pod, meta.name, meta.namespace, grace_period_seconds=0, uid=uid)
        except ApiError as error:
            if is_not_found(error):
                return
            if not is_conflict(error):
                raise
            yield from self._refresh(uid, meta)

    def _refresh(self, uid: str, meta: Any) -> Generator[Event, Any, None]:
        try:
            fresh = yield from self._client.get(Pod, meta.name, meta.namespace)
        except ApiError as error:
            if is_not_found(error):
                return
            raise
        if fresh.metadata.uid == uid:
            self.observe(fresh)
            self._pending[uid] = None


_OURS = tuple(
    name
    for name in PodStatus.__struct_fields__
    if name
    not in (
        "qosClass",
        "nominatedNodeName",
        "resourceClaimStatuses",
        "ephemeralContainerStatuses",
        "conditions",
        "resize",
    )
)


def _differs(stored: PodStatus, wanted: PodStatus) -> bool:
    """Whether writing *wanted* would change anything of ours in *stored*."""
    if any(getattr(stored, name) != getattr(wanted, name) for name in _OURS):
        return True
    there = {condition.type: condition for condition in stored.conditions or ()}
    return any(there.get(condition.type) != condition for condition in wanted.conditions or ())
