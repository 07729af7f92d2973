"""One Pod as a chip: its state, the words that ``kubectl get pods`` would use, its version, its restarts.

Models pkg/printers/internalversion printPod for the status word. The states are those of the visual language, fewer than
there are words: a learner sees nine shapes and reads the exact word beside them.
Left out: sidecars in the status word of a Pod that is still initialising.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.apimachinery import owners, pods
from k8slab.views.words import ENGLISH, Words

READY, RUNNING, CREATING, PENDING = "ready", "running", "creating", "pending"
TERMINATING, FAILED, DONE, UNKNOWN = "terminating", "failed", "done", "unknown"
STATES = (READY, RUNNING, CREATING, PENDING, TERMINATING, FAILED, DONE, UNKNOWN)
#: Words of a waiting container that are no fault: it is on its way.
ON_ITS_WAY = ("ContainerCreating", "PodInitializing")


def key_of(obj: Any) -> str:
    """Return ``namespace/name``, or the name of an object without a namespace."""
    return f"{obj.metadata.namespace}/{obj.metadata.name}" if obj.metadata.namespace else obj.metadata.name


def tail_of(pod: Any) -> str:
    """Return the end of the Pod's name: what tells it from its siblings. At most six characters."""
    return pod.metadata.name.rpartition("-")[2][-6:]


def status_word(pod: Any) -> str:
    """Return the STATUS that kubectl prints for *pod*."""
    status = pod.status
    word = (status.reason if status else None) or pods.phase(pod)
    for container in (status.containerStatuses if status else None) or ():
        state = container.state
        if state and state.waiting and state.waiting.reason:
            word = state.waiting.reason
        elif state and state.terminated:
            ended = state.terminated
            word = ended.reason or (f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exitCode}")
    if pods.is_terminating(pod):
        return "Unknown" if status and status.reason == "NodeLost" else "Terminating"
    return word


def state_of(pod: Any, *, node_is_lost: bool = False) -> str:
    """Return which of `STATES` *pod* is in; nobody knows about a Pod whose node has gone silent."""
    if pods.is_terminating(pod):
        return TERMINATING
    phase = pods.phase(pod)
    if phase == pods.SUCCEEDED:
        return DONE
    if phase == pods.FAILED:
        return FAILED
    if node_is_lost or phase == pods.UNKNOWN:
        return UNKNOWN
    if pods.is_ready(pod):
        return READY
    if _has_failed_container(pod):
        return FAILED
    if phase == pods.RUNNING:
        return RUNNING
    return CREATING if pods.is_scheduled(pod) else PENDING


def _has_failed_container(pod: Any) -> bool:
    for container in (pod.status.containerStatuses if pod.status else None) or ():
        state = container.state
        if state and state.waiting and state.waiting.reason not in (None, "", *ON_ITS_WAY):
            return True
        if state and state.terminated and state.terminated.exitCode:
            return True
    return False


def chip(
    pod: Any,
    *,
    bands: Mapping[str, tuple[str, str]] | None = None,
    lost_nodes: frozenset[str] = frozenset(),
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return how *pod* is drawn.

    *bands* gives ``(version, revision)`` by the uid of the controlling ReplicaSet, where version is "old" or "new";
    a Pod of no ReplicaSet is plain: "old" without a revision.
    """
    version, revision = (bands or {}).get(owners.controller_uid(pod) or "", ("old", ""))
    state = state_of(pod, node_is_lost=pod.spec.nodeName in lost_nodes)
    status = status_word(pod)
    restarts = pods.restarts(pod)
    where = words("pod.on", node=pod.spec.nodeName) if pod.spec.nodeName else words("pod.unplaced")
    said = words("pod.said", name=pod.metadata.name, where=where, status=status, state=words(f"state.{state}"))
    if revision:
        said += words("pod.said.revision", revision=revision)
    if restarts:
        said += words("pod.said.restarts", restarts=restarts)
    return {
        "key": key_of(pod),
        "name": pod.metadata.name,
        "tail": tail_of(pod),
        "node": pod.spec.nodeName or "",
        "state": state,
        "status": status,
        "version": version,
        "revision": revision,
        "restarts": restarts,
        "said": said,
    }
