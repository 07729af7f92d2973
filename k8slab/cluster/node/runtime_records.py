"""What every pretended runtime has to keep: sandboxes, containers, addresses, and who is told of changes.

Models the bookkeeping of containerd and of the host-local address plugin. Both runtimes of the lab (`HollowRuntime`,
`StandInRuntime`) are built on it; what happens inside a container is theirs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from k8slab.cluster.node.cri import (
    CREATED,
    EXITED,
    RUNNING,
    ContainerConfig,
    ContainerStatus,
    CriError,
    PodSandboxConfig,
    PodSandboxStatus,
)
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock

#: What a container's record says when it was running at the moment of a power cut (containerd).
LOST_EXIT_CODE, LOST_REASON = 255, "Unknown"


class Addresses:
    """Hands out the addresses of one node's range in turn: .2, .3, ..., and again what was given back."""

    def __init__(self, cidr: str) -> None:
        network = ipaddress.ip_network(cidr)
        self._first = int(network.network_address) + 2  # .0 is the network, .1 the bridge
        self._count = network.num_addresses - 3
        self._next = 0
        self._used: dict[str, None] = {}

    def take(self) -> str:
        """Return a free address. Raises CriError when all are taken."""
        for step in range(self._count):
            offset = (self._next + step) % self._count
            address = _dotted(self._first + offset)
            if address not in self._used:
                self._used[address] = None
                self._next = offset + 1
                return address
        raise CriError("Unknown", "failed to setup network for sandbox: no IP addresses available in range set")

    def give_back(self, address: str) -> None:
        """*address* is free again."""
        self._used.pop(address, None)


def _dotted(number: int) -> str:
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class PodRecord:
    """One Pod on this machine; its containers, newest first."""

    __slots__ = ("config", "containers", "sandbox")

    def __init__(self, config: PodSandboxConfig, sandbox: PodSandboxStatus) -> None:
        self.config = config
        self.sandbox = sandbox
        self.containers: list[ContainerStatus] = []


class RuntimeRecords:
    """Base of the pretended runtimes."""

    version = "containerd://2.1.4"
    sends_events = False

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self.clock = clock
        self.chance = chance
        self._pods: dict[str, PodRecord] = {}
        self._owners: dict[str, tuple[PodRecord, ContainerStatus]] = {}
        self._addresses = Addresses("10.244.0.0/24")
        self._notify: Callable[[str], None] = lambda uid: None

    # -- reading -----------------------------------------------------------------------------------------------------

    def subscribe(self, notify: Callable[[str], None]) -> None:
        """Call *notify* with the uid of a Pod that changed."""
        self._notify = notify

    def update_runtime_config(self, pod_cidr: str) -> None:
        """Take the addresses of new sandboxes from *pod_cidr*."""
        self._addresses = Addresses(pod_cidr)

    def pod_uids(self) -> list[str]:
        """Return the uids of all Pods that have a sandbox."""
        return list(self._pods)

    def sandbox_of(self, uid: str) -> PodSandboxStatus | None:
        """Return the newest sandbox of the Pod *uid*."""
        record = self._pods.get(uid)
        return None if record is None else record.sandbox

    def containers_of(self, uid: str) -> Sequence[ContainerStatus]:
        """Return the containers of the Pod *uid*, newest first."""
        record = self._pods.get(uid)
        return () if record is None else record.containers

    # -- changing ----------------------------------------------------------------------------------------------------

    def _new_sandbox(self, config: PodSandboxConfig) -> str:
        address = "" if config.host_network else self._addresses.take()
        sandbox = PodSandboxStatus(self.chance.hex(64), config.attempt, address, self.clock.now)
        record = self._pods.get(config.uid)
        if record is None:
            self._pods[config.uid] = PodRecord(config, sandbox)
        else:
            record.config, record.sandbox = config, sandbox
        self._notify(config.uid)
        return sandbox.id

    def _new_container(self, uid: str, config: ContainerConfig) -> ContainerStatus:
        record = self._pods.get(uid)
        if record is None or not record.sandbox.is_ready:
            raise CriError("Unknown", f'failed to find sandbox of pod "{uid}" in store: not found')
        container = ContainerStatus(
            self.chance.hex(64),
            config.name,
            config.attempt,
            config.image,
            config.image_ref,
            self.clock.now,
            record.sandbox.id,
        )
        record.containers.insert(0, container)
        self._owners[container.id] = (record, container)
        return container

    def _container(self, container_id: str) -> tuple[PodRecord, ContainerStatus]:
        found = self._owners.get(container_id)
        if found is None:
            raise CriError("NotFound", f'an error occurred when try to find container "{container_id}": not found')
        return found

    def _mark_running(self, record: PodRecord, container: ContainerStatus) -> None:
        container.state = RUNNING
        container.started_at = self.clock.now
        self._notify(record.config.uid)

    def _mark_exited(self, record: PodRecord, container: ContainerStatus, exit_code: int, reason: str = "") -> None:
        if container.state == EXITED:
            return
        container.state = EXITED
        container.finished_at = self.clock.now
        container.exit_code = exit_code
        container.reason = reason or ("Completed" if exit_code == 0 else "Error")
        self._notify(record.config.uid)

    def _close_sandbox(self, record: PodRecord) -> None:
        if record.sandbox.is_ready:
            record.sandbox.is_ready = False
            if record.sandbox.ip:
                self._addresses.give_back(record.sandbox.ip)
            self._notify(record.config.uid)

    def remove_pod(self, uid: str) -> None:
        """Forget the Pod's sandboxes and containers."""
        record = self._pods.pop(uid, None)
        if record is not None:
            self._close_sandbox(record)
            for container in record.containers:
                del self._owners[container.id]

    def power_off(self) -> None:
        """What ran is gone; the records stay on the disk."""
        notify, self._notify = self._notify, lambda uid: None
        for record in self._pods.values():
            for container in record.containers:
                if container.state in (RUNNING, CREATED):
                    self._mark_exited(record, container, LOST_EXIT_CODE, LOST_REASON)
            self._close_sandbox(record)
        self._notify = notify
