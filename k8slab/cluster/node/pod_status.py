"""A Pod's status as the kubelet reports it, worked out from the spec, the containers and the probes.

Models kubelet_pods.go (generateAPIPodStatus, convertToAPIContainerStatuses, getPhase) and status/generate.go (the conditions with
their reasons and messages). All functions are pure. Left out: the user of a container, resource resizing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from lightkube.models.core_v1 import (
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    HostIP,
    PodCondition,
    PodIP,
    PodStatus,
    ResourceRequirements,
    VolumeMountStatus,
)
from lightkube.models.core_v1 import ContainerStatus as ApiContainerStatus

from k8slab.apimachinery import conditions
from k8slab.apimachinery.pods import FAILED, PENDING, RUNNING, SUCCEEDED, is_sidecar
from k8slab.cluster.node import cri
from k8slab.cluster.node.cri import ContainerStatus, PodSandboxStatus
from k8slab.sim.clock import EPOCH

CONTAINER_CREATING, POD_INITIALIZING = "ContainerCreating", "PodInitializing"
OWNED_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


@lru_cache(maxsize=4096)
def api_time(seconds: float) -> datetime:
    """Return virtual *seconds* as the API writes times: whole seconds."""
    return EPOCH + timedelta(seconds=int(seconds))


@dataclass(slots=True)
class Observed:
    """All that a status follows from, beside the Pod itself. *containers* come newest first."""

    now: float
    host_ip: str
    started_at: float
    sandbox: PodSandboxStatus | None = None
    containers: Sequence[ContainerStatus] = ()
    #: Why a container waits: name -> (reason, message).
    waiting: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: What the probes say; a name that is absent has no such probe.
    ready: Mapping[str, bool] = field(default_factory=dict)
    started: Mapping[str, bool] = field(default_factory=dict)
    #: The Pod is over: it will not be run again, whatever its restart policy.
    is_terminal: bool = False
    #: Set when the kubelet itself has ended the Pod: (reason, message).
    rejected: tuple[str, str] | None = None


def pod_status(pod: Any, observed: Observed) -> PodStatus:
    """Return the status of *pod*. Conditions keep their times from the status that *pod* has."""
    by_name: dict[str, list[ContainerStatus]] = {}
    for container in observed.containers:
        by_name.setdefault(container.name, []).append(container)
    spec = pod.spec
    has_init = bool(spec.initContainers)
    statuses = [_container_status(pod, each, by_name.get(each.name), observed, has_init) for each in spec.containers]
    init_statuses = [
        _container_status(pod, each, by_name.get(each.name), observed, False) for each in spec.initContainers or ()
    ]
    phase, reason, message = _phase(spec, statuses, init_statuses, observed), None, None
    if observed.rejected is not None:
        phase, (reason, message) = FAILED, observed.rejected
    sandbox = observed.sandbox
    has_network = sandbox is not None and sandbox.is_ready
    address = None
    if sandbox is not None and (sandbox.is_ready or not observed.is_terminal):
        address = observed.host_ip if spec.hostNetwork else sandbox.ip or None
    if address is None and pod.status is not None:
        address = pod.status.podIP  # what it had is told to the end
    return PodStatus(
        conditions=_conditions(pod, phase, statuses, init_statuses, has_network, observed),
        containerStatuses=statuses or None,
        hostIP=observed.host_ip,
        hostIPs=[HostIP(observed.host_ip)],
        initContainerStatuses=init_statuses or None,
        message=message,
        observedGeneration=pod.metadata.generation,
        phase=phase,
        podIP=address,
        podIPs=[PodIP(address)] if address else None,
        reason=reason,
        startTime=api_time(observed.started_at),
    )


# -- containers ------------------------------------------------------------------------------------------------------


def _container_status(
    pod: Any, container: Any, history: list[ContainerStatus] | None, observed: Observed, has_init: bool
) -> ApiContainerStatus:
    name = container.name
    if not history:
        reason, message = observed.waiting.get(name, (POD_INITIALIZING if has_init else CONTAINER_CREATING, ""))
        if observed.rejected is not None or (observed.is_terminal and observed.sandbox is None):
            reason, message = CONTAINER_CREATING, ""
        return ApiContainerStatus(
            image=container.image,
            imageID="",
            name=name,
            ready=False,
            restartCount=0,
            lastState=ContainerState(),
            started=False,
            state=ContainerState(waiting=ContainerStateWaiting(message=message or None, reason=reason)),
            volumeMounts=_mounts(container),
        )
    newest = history[0]
    before = next((each for each in history[1:] if each.state == cri.EXITED), None)
    running = newest.state == cri.RUNNING
    waits = observed.waiting.get(name)
    if running:
        state = ContainerState(running=ContainerStateRunning(startedAt=api_time(newest.started_at)))
    elif newest.state == cri.EXITED:
        if waits is not None and not observed.is_terminal:
            state = ContainerState(waiting=ContainerStateWaiting(message=waits[1] or None, reason=waits[0]))
            before = newest
        else:
            state = ContainerState(terminated=_terminated(newest))
    else:
        reason, message = waits or (CONTAINER_CREATING, "")
        state = ContainerState(waiting=ContainerStateWaiting(message=message or None, reason=reason))
    started = running and observed.started.get(name, True)
    ready = running and started and observed.ready.get(name, True)
    if _runs_to_completion(pod, container):
        ready = newest.state == cri.EXITED and newest.exit_code == 0
    resources = container.resources or ResourceRequirements()
    return ApiContainerStatus(
        image=newest.image,
        imageID=newest.image_ref,
        name=name,
        ready=ready,
        restartCount=newest.attempt,
        allocatedResources=resources.requests if running else None,
        containerID=f"containerd://{newest.id}",
        lastState=ContainerState(terminated=_terminated(before)) if before is not None else ContainerState(),
        resources=resources if running else None,
        started=started,
        state=state,
        volumeMounts=_mounts(container),
    )


def _runs_to_completion(pod: Any, container: Any) -> bool:
    return bool(pod.spec.initContainers) and not is_sidecar(container) and container in pod.spec.initContainers


def _terminated(container: ContainerStatus) -> ContainerStateTerminated:
    return ContainerStateTerminated(
        exitCode=container.exit_code,
        containerID=f"containerd://{container.id}",
        finishedAt=api_time(container.finished_at),
        message=container.message or None,
        reason=container.reason or None,
        startedAt=api_time(container.started_at),
    )


def _mounts(container: Any) -> list[VolumeMountStatus] | None:
    return [
        VolumeMountStatus(
            mountPath=mount.mountPath,
            name=mount.name,
            readOnly=mount.readOnly,
            recursiveReadOnly="Disabled" if mount.readOnly else None,
        )
        for mount in container.volumeMounts or ()
    ] or None


# -- phase -----------------------------------------------------------------------------------------------------------


def _phase(
    spec: Any,
    statuses: Sequence[ApiContainerStatus],
    init_statuses: Sequence[ApiContainerStatus],
    observed: Observed,
) -> str:
    """Return the phase. A Pod whose containers wait to be restarted is Running; one that never ran is Pending."""
    pending_init = failed_init = 0
    for container, status in zip(spec.initContainers or (), init_statuses):
        sidecar = is_sidecar(container)
        if status.state.running is not None:
            pending_init += not (sidecar and status.started)
        elif status.state.terminated is not None:
            if not sidecar and status.state.terminated.exitCode != 0:
                failed_init += 1
        elif status.lastState.terminated is not None:
            failed_init += not sidecar and status.lastState.terminated.exitCode != 0
            pending_init += sidecar
        else:
            pending_init += 1
    running = waiting = stopped = succeeded = 0
    for status in statuses:
        if status.state.running is not None:
            running += 1
        elif status.state.terminated is not None:
            stopped += 1
            succeeded += status.state.terminated.exitCode == 0
        elif status.lastState.terminated is not None:
            stopped += 1
        else:
            waiting += 1
    policy = "Never" if observed.is_terminal else spec.restartPolicy
    sidecars_run = any(
        is_sidecar(container) and status.state.running is not None
        for container, status in zip(spec.initContainers or (), init_statuses)
    )
    if sidecars_run and not observed.is_terminal and stopped == len(statuses):
        return RUNNING  # over only when its sidecars have ended, too
    if failed_init and policy == "Never":
        return FAILED
    if observed.is_terminal and waiting and not running:
        return FAILED  # it was stopped before it ever ran
    if waiting or ((pending_init or failed_init) and not (running or stopped)):
        return PENDING
    if running:
        return RUNNING
    if policy == "Always":
        return RUNNING if stopped else PENDING
    if stopped == succeeded:
        return SUCCEEDED
    return FAILED if policy == "Never" else RUNNING


# -- conditions ------------------------------------------------------------------------------------------------------


def _conditions(
    pod: Any,
    phase: str,
    statuses: Sequence[ApiContainerStatus],
    init_statuses: Sequence[ApiContainerStatus],
    has_network: bool,
    observed: Observed,
) -> list[PodCondition]:
    initialized = _initialized(pod, phase, init_statuses, statuses)
    containers_ready = _containers_ready(pod, phase, statuses, init_statuses)
    ready = containers_ready
    if containers_ready == ("True", None, None):
        missing = _missing_gates(pod)
        if missing:
            ready = ("False", "ReadinessGatesNotReady", ", ".join(missing))
    generation = pod.metadata.generation
    before = {each.type: each for each in (pod.status.conditions or ())} if pod.status is not None else {}
    now = api_time(observed.now)
    found = []
    for kind, (status, reason, message) in (
        ("PodReadyToStartContainers", ("True" if has_network else "False", None, None)),
        ("Initialized", initialized),
        ("Ready", ready),
        ("ContainersReady", containers_ready),
        ("PodScheduled", ("True", None, None)),
    ):
        old = before.get(kind)
        since = old.lastTransitionTime if old is not None and old.status == status else now
        found.append(
            PodCondition(
                status=status,
                type=kind,
                lastTransitionTime=since,
                message=message,
                observedGeneration=generation,
                reason=reason,
            )
        )
    return found


_Answer = tuple[str, str | None, str | None]


def _initialized(
    pod: Any, phase: str, init_statuses: Sequence[ApiContainerStatus], statuses: Sequence[ApiContainerStatus]
) -> _Answer:
    if not init_statuses:
        return "True", "PodCompleted" if phase == SUCCEEDED else None, None
    if any(status.containerID for status in statuses):
        return "True", "PodCompleted" if phase == SUCCEEDED else None, None
    incomplete = [
        status.name
        for container, status in zip(pod.spec.initContainers, init_statuses)
        if not (status.started if is_sidecar(container) else status.ready)
    ]
    if phase == SUCCEEDED:
        return "True", "PodCompleted", None
    if incomplete:
        names = " ".join(incomplete)
        return "False", "ContainersNotInitialized", f"containers with incomplete status: [{names}]"
    return "True", None, None


def _containers_ready(
    pod: Any, phase: str, statuses: Sequence[ApiContainerStatus], init_statuses: Sequence[ApiContainerStatus]
) -> _Answer:
    if phase == SUCCEEDED:
        return "False", "PodCompleted", None
    if phase == FAILED:
        return "False", "PodFailed", None
    counted = [
        status for container, status in zip(pod.spec.initContainers or (), init_statuses) if is_sidecar(container)
    ]
    unready = [status.name for status in (*counted, *statuses) if not status.ready]
    if unready:
        return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    return "True", None, None


def _missing_gates(pod: Any) -> list[str]:
    there = pod.status.conditions if pod.status is not None else None
    missing = []
    for gate in pod.spec.readinessGates or ():
        condition = conditions.find(there, gate.conditionType)
        if condition is None:
            missing.append(f'corresponding condition of pod readiness gate "{gate.conditionType}" does not exist.')
        elif condition.status != "True":
            missing.append(
                f'the status of pod readiness gate "{gate.conditionType}" is not "True", but {condition.status}'
            )
    return missing


def merged(current: PodStatus | None, new: PodStatus) -> PodStatus:
    """Return *new* with what others have written into *current*: their conditions, the QoS class and the like."""
    if current is None:
        return new
    others = [each for each in current.conditions or () if each.type not in OWNED_CONDITIONS]
    if others:
        new.conditions = [*(new.conditions or ()), *others]
    new.qosClass = current.qosClass
    new.nominatedNodeName = current.nominatedNodeName
    new.resourceClaimStatuses = current.resourceClaimStatuses
    new.ephemeralContainerStatuses = current.ephemeralContainerStatuses
    return new
