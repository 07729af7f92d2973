"""What has to be done so that a Pod runs as its spec says? Decided from the spec, the containers that are there and the probes.

Models kuberuntime_manager.go (computePodActions, computeInitContainerActions). Init containers run one after the other; one
with restartPolicy Always (a sidecar) only has to start and then runs beside the rest. Worked example: init containers ``a``,
``b`` and container ``c``; with ``a`` exited 0 and nothing else there, the answer is to start ``b``.
Left out: resizing in place, ephemeral containers, restart rules of single containers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from k8slab.apimachinery.pods import is_sidecar
from k8slab.cluster.node.cri import EXITED, RUNNING, ContainerStatus, PodSandboxStatus


@dataclass(slots=True)
class PodActions:
    """*kill_pod*: stop everything (and, if *create_sandbox*, begin anew). *start*: containers in their order."""

    kill_pod: bool = False
    create_sandbox: bool = False
    attempt: int = 0
    start_init: list[Any] = field(default_factory=list)
    start: list[Any] = field(default_factory=list)
    #: Running containers to stop and the sentence of their Killing Event.
    kill: list[tuple[ContainerStatus, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the probes of a Pod say: names of containers that are started, and that liveness or startup gave up."""

    started: Mapping[str, bool]
    not_alive: Mapping[str, str]  # name -> "liveness" or "startup"


def latest(containers: Sequence[ContainerStatus]) -> dict[str, ContainerStatus]:
    """Return the newest container of each name; *containers* come newest first."""
    found: dict[str, ContainerStatus] = {}
    for container in containers:
        found.setdefault(container.name, container)
    return found


def should_restart(status: ContainerStatus | None, restart_policy: str) -> bool:
    """Whether a container that does not run is to be started (again)."""
    if status is None:
        return True
    if status.state == RUNNING:
        return False
    if status.state != EXITED or restart_policy == "Always":
        return True
    return restart_policy == "OnFailure" and status.exit_code != 0


def compute(
    pod: Any, sandbox: PodSandboxStatus | None, containers: Sequence[ContainerStatus], verdicts: Verdicts
) -> PodActions:
    """Return the next step for *pod*. Changes nothing."""
    spec = pod.spec
    known = latest(containers)
    policy = spec.restartPolicy
    if sandbox is None or not sandbox.is_ready:
        return _anew(spec, sandbox, known, policy)
    actions = PodActions(attempt=sandbox.attempt)
    # After a reboot the sandbox is new, and init containers run again in it.
    here = latest([each for each in containers if each.sandbox_id == sandbox.id])
    if not _init_done(spec, here, verdicts, actions, policy):
        return actions
    keep = 0
    for container in spec.containers:
        status = known.get(container.name)
        if status is None or status.state != RUNNING:
            if should_restart(status, policy):
                actions.start.append(container)
            continue
        if status.image != container.image:
            actions.kill.append((status, f"Container {container.name} definition changed, will be restarted"))
            actions.start.append(container)
        elif container.name in verdicts.not_alive:
            message = f"Container {container.name} failed {verdicts.not_alive[container.name]} probe"
            if policy != "Never":
                actions.start.append(container)
                message += ", will be restarted"
            actions.kill.append((status, message))
        else:
            keep += 1
    if not keep and not actions.start and not actions.kill:
        actions.kill_pod = True  # all have ended: the sidecars go too
        actions.start_init.clear()
    return actions


def _anew(spec: Any, sandbox: PodSandboxStatus | None, known: Mapping[str, ContainerStatus], policy: str) -> PodActions:
    """There is no (working) sandbox: everything starts from the beginning, unless it need not run again."""
    actions = PodActions(kill_pod=sandbox is not None, create_sandbox=True)
    if sandbox is not None:
        actions.attempt = sandbox.attempt + 1
        if policy == "Never" and known:
            actions.create_sandbox = False
            return actions
    wanted = [each for each in spec.containers if _runs_again(known.get(each.name), policy)]
    if not wanted:
        actions.create_sandbox = False
        return actions
    if spec.initContainers:
        actions.start_init.append(spec.initContainers[0])
    else:
        actions.start = wanted
    return actions


def _runs_again(status: ContainerStatus | None, policy: str) -> bool:
    return policy == "Always" or should_restart(status, policy)


def _init_done(
    spec: Any, known: Mapping[str, ContainerStatus], verdicts: Verdicts, actions: PodActions, policy: str
) -> bool:
    """Whether the init containers let the others run; what they still need is added to *actions*."""
    begun = any(container.name in known for container in spec.containers)
    for container in spec.initContainers or ():
        status = known.get(container.name)
        if is_sidecar(container):
            if status is None or status.state != RUNNING:
                actions.start_init.append(container)
            elif container.name in verdicts.not_alive:
                why = verdicts.not_alive[container.name]
                actions.kill.append((status, f"Init container {container.name} failed {why} probe, will be restarted"))
                actions.start_init.append(container)
            elif verdicts.started.get(container.name, True):
                continue
            if begun:
                continue  # once the Pod runs, a sidecar that restarts holds nobody up
            return False
        if begun:
            continue
        if status is None:
            actions.start_init.append(container)
            return False
        if status.state == EXITED and status.exit_code == 0:
            continue
        if status.state != RUNNING:
            if policy == "Never" and status.state == EXITED:
                actions.kill_pod = True  # an init container failed for good
            else:
                actions.start_init.append(container)
        return False
    return True
