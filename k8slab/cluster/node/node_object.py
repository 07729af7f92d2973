"""The Node object that a kubelet registers, and the conditions it keeps up to date.

Models pkg/kubelet/kubelet_node_status.go and nodestatus/setters.go. Pure functions.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lightkube.models.core_v1 import (
    ContainerImage,
    DaemonEndpoint,
    NodeAddress,
    NodeCondition,
    NodeDaemonEndpoints,
    NodeSpec,
    NodeStatus,
    NodeSystemInfo,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node

from k8slab.cluster.node.cri import Image

KUBELET_VERSION = "v1.36.2"
CAPACITY: Mapping[str, str] = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}
#: How many images a node reports (nodeStatusMaxImages).
MOST_IMAGES = 50

_HEALTHY = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def number_of(name: str) -> int:
    """Return the number that a node's addresses are made of: the digits its name ends with, or one that follows from the name."""
    digits = re.search(r"(\d+)$", name)
    number = int(digits[1]) if digits else 0
    return number if 0 < number < 250 else 100 + zlib.crc32(name.encode()) % 150


def new_node(
    name: str,
    ip: str,
    pod_cidr: str,
    runtime_version: str,
    capacity: Mapping[str, str],
    labels: Mapping[str, str],
    boots: int,
    now: datetime,
) -> Any:
    """Return the Node as the kubelet registers it after the machine's start number *boots*."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    amounts = dict(capacity)
    return Node(
        apiVersion="v1",
        kind="Node",
        metadata=ObjectMeta(
            name=name,
            labels={
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                **labels,
            },
            annotations={"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        ),
        spec=NodeSpec(podCIDR=pod_cidr, podCIDRs=[pod_cidr]),
        status=NodeStatus(
            addresses=[NodeAddress(address=ip, type="InternalIP"), NodeAddress(address=name, type="Hostname")],
            allocatable=amounts,
            capacity=amounts,
            conditions=conditions(None, now),
            daemonEndpoints=NodeDaemonEndpoints(kubeletEndpoint=DaemonEndpoint(Port=10250)),
            nodeInfo=NodeSystemInfo(
                architecture="amd64",
                bootID=boot_id(name, boots),
                containerRuntimeVersion=runtime_version,
                kernelVersion="6.1.0-lab",
                kubeProxyVersion="",
                kubeletVersion=KUBELET_VERSION,
                machineID=identity[:32],
                operatingSystem="linux",
                osImage="Lab Linux",
                systemUUID=_uuid(identity[16:48]),
            ),
        ),
    )


def boot_id(name: str, boots: int) -> str:
    """Return what identifies one start of the machine (the kernel makes it up at each)."""
    return _uuid(hashlib.sha256(f"{name}/{boots}".encode()).hexdigest())


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def conditions(before: Sequence[NodeCondition] | None, now: datetime) -> list[NodeCondition]:
    """Return the conditions of a healthy node at *now*; what did not change keeps its transition time."""
    known = {condition.type: condition for condition in before or ()}
    found = []
    for kind, status, reason, message in _HEALTHY:
        old = known.get(kind)
        since = old.lastTransitionTime if old is not None and old.status == status else now
        found.append(
            NodeCondition(
                status=status,
                type=kind,
                lastHeartbeatTime=now,
                lastTransitionTime=since,
                message=message,
                reason=reason,
            )
        )
    others = [condition for condition in before or () if condition.type not in dict.fromkeys(c[0] for c in _HEALTHY)]
    return [*others, *found]


def events_of(before: Sequence[NodeCondition] | None, after: Sequence[NodeCondition]) -> list[str]:
    """Return the reasons of the Events that a change of conditions makes: those whose status is another now."""
    known = {condition.type: condition.status for condition in before or ()}
    reasons = {"MemoryPressure": "NodeHasSufficientMemory", "DiskPressure": "NodeHasNoDiskPressure"}
    reasons |= {"PIDPressure": "NodeHasSufficientPID", "Ready": "NodeReady"}
    return [
        reasons[condition.type]
        for condition in after
        if condition.type in reasons and known.get(condition.type) != condition.status
    ]


def images(there: Sequence[Image]) -> list[ContainerImage] | None:
    """Return what the Node says of its images: the largest first."""
    ordered = sorted(there, key=lambda image: (-image.size_bytes, image.ref))[:MOST_IMAGES]
    return [ContainerImage(names=list(image.names), sizeBytes=image.size_bytes) for image in ordered] or None
