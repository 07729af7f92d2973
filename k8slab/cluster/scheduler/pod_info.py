"""What the scheduler wants to know of a Pod, worked out once.

Models pkg/scheduler/framework (PodInfo) and noderesources' resource request. Pods of one template have equal specs, so the
numbers are kept by the encoded spec (upstream's "pod signature", KEP-5598): 500 replicas are taken apart once.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import msgspec

from k8slab.apimachinery import labels, pods

#: A container that asks for nothing still counts this much when nodes are compared (util/pod_resources.go).
DEFAULT_CPU_MILLIS = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024

MOST_SPECS = 512

encode = msgspec.json.Encoder().encode


class HostPort(NamedTuple):
    """A port that a container wants on its node. *address* 0.0.0.0 means every address."""

    address: str
    protocol: str
    port: int


class AffinityTerm(NamedTuple):
    """One pod (anti-)affinity term, its selectors parsed. *weight* is 0 for a required one."""

    topology_key: str
    selector: labels.Selector
    namespaces: tuple[str, ...]
    namespace_selector: labels.Selector
    weight: int = 0


class SpecInfo:
    """The part of a `PodInfo` that follows from the spec alone; *signature* is equal for equal specs."""

    __slots__ = (
        "cpu_millis",
        "ephemeral_bytes",
        "extended",
        "has_affinity",
        "host_ports",
        "images",
        "is_best_effort",
        "memory_bytes",
        "nonzero_cpu_millis",
        "nonzero_memory_bytes",
        "signature",
    )

    def __init__(self, signature: bytes, pod: Any) -> None:
        self.signature = signature
        spec = pod.spec
        wanted = pods.requests(pod)
        self.cpu_millis = wanted.pop("cpu", 0)
        self.memory_bytes = wanted.pop("memory", 0)
        self.ephemeral_bytes = wanted.pop("ephemeral-storage", 0)
        #: Everything else, such as example.com/gpu; ``pods`` is counted by the node.
        self.extended = tuple(sorted((name, amount) for name, amount in wanted.items() if amount))
        self.nonzero_cpu_millis, self.nonzero_memory_bytes = _nonzero(spec, self.cpu_millis, self.memory_bytes)
        self.is_best_effort = not self.cpu_millis and not self.memory_bytes
        self.host_ports = tuple(_host_ports(spec))
        self.images = tuple(container.image for container in (*(spec.initContainers or ()), *spec.containers))
        affinity = spec.affinity
        self.has_affinity = affinity is not None and bool(affinity.podAffinity or affinity.podAntiAffinity)


def _nonzero(spec: Any, cpu_millis: int, memory_bytes: int) -> tuple[int, int]:
    """Requests with the defaults added for each container that names none (sidecars included)."""
    running = [*spec.containers, *(each for each in spec.initContainers or () if pods.is_sidecar(each))]
    for container in running:
        wanted = (container.resources.requests if container.resources else None) or {}
        if "cpu" not in wanted:
            cpu_millis += DEFAULT_CPU_MILLIS
        if "memory" not in wanted:
            memory_bytes += DEFAULT_MEMORY_BYTES
    return cpu_millis, memory_bytes


def _host_ports(spec: Any) -> list[HostPort]:
    found = []
    sidecars = [each for each in spec.initContainers or () if pods.is_sidecar(each)]
    for container in (*sidecars, *spec.containers):
        for port in container.ports or ():
            if port.hostPort:
                found.append(HostPort(port.hostIP or "0.0.0.0", port.protocol or "TCP", port.hostPort))
    return found


class PodInfo:
    """A Pod with its numbers. *label_key* is equal for equal labels in the same namespace."""

    __slots__ = ("_terms", "key", "label_key", "pod", "priority", "spec", "uid")

    def __init__(self, pod: Any, spec: SpecInfo, label_key: tuple[str, ...]) -> None:
        meta = pod.metadata
        self.pod = pod
        self.uid: str = meta.uid
        self.key = f"{meta.namespace}/{meta.name}"
        self.priority: int = pod.spec.priority or 0
        self.spec = spec
        self.label_key = label_key
        self._terms: dict[str, tuple[AffinityTerm, ...]] = {}

    @property
    def labels(self) -> dict[str, str]:
        """The Pod's labels."""
        return self.pod.metadata.labels or {}

    @property
    def namespace(self) -> str:
        """The Pod's namespace."""
        return self.pod.metadata.namespace

    @property
    def is_terminating(self) -> bool:
        """Whether the Pod has been told to go."""
        return self.pod.metadata.deletionTimestamp is not None

    def terms(self, which: str) -> tuple[AffinityTerm, ...]:
        """Return the terms of ``affinity``, ``anti_affinity``, ``preferred_affinity`` or ``preferred_anti_affinity``."""
        if not self.spec.has_affinity:
            return ()
        found = self._terms.get(which)
        if found is None:
            found = self._terms[which] = tuple(_terms(self.pod, which))
        return found


def _terms(pod: Any, which: str) -> list[AffinityTerm]:
    affinity = pod.spec.affinity.podAntiAffinity if which.endswith("anti_affinity") else pod.spec.affinity.podAffinity
    if affinity is None:
        return []
    if which.startswith("preferred"):
        weighted = affinity.preferredDuringSchedulingIgnoredDuringExecution or ()
        return [_term(pod, item.podAffinityTerm, item.weight) for item in weighted]
    return [_term(pod, item, 0) for item in affinity.requiredDuringSchedulingIgnoredDuringExecution or ()]


def _term(pod: Any, term: Any, weight: int) -> AffinityTerm:
    selector = labels.from_label_selector(term.labelSelector)
    extra = []
    for keys, operator in ((term.matchLabelKeys, labels.IN), (term.mismatchLabelKeys, labels.NOT_IN)):
        for key in keys or ():
            value = (pod.metadata.labels or {}).get(key)
            if value is not None:
                extra.append(labels.Requirement(key, operator, (value,)))
    if extra and not selector.selects_nothing:
        selector = labels.Selector((*selector.requirements, *extra))
    names = tuple(term.namespaces or ())
    if not names and term.namespaceSelector is None:
        names = (pod.metadata.namespace,)
    return AffinityTerm(term.topologyKey, selector, names, labels.from_label_selector(term.namespaceSelector), weight)


class PodInfos:
    """Makes `PodInfo`s and remembers the specs they share."""

    def __init__(self) -> None:
        self._specs: OrderedDict[bytes, SpecInfo] = OrderedDict()

    def of(self, pod: Any) -> PodInfo:
        """Return *pod* with its numbers."""
        spec = pod.spec
        signature = encode(
            (
                [(c.image, c.resources, c.ports) for c in spec.containers],
                [(c.image, c.resources, c.ports, c.restartPolicy) for c in spec.initContainers or ()],
                spec.nodeSelector,
                spec.affinity,
                spec.tolerations,
                spec.topologySpreadConstraints,
                spec.resources,
                spec.overhead,
            )
        )
        known = self._specs.get(signature)
        if known is None:
            known = self._specs[signature] = SpecInfo(signature, pod)
            if len(self._specs) > MOST_SPECS:
                self._specs.popitem(last=False)
        meta = pod.metadata
        label_key = (meta.namespace, *(f"{key}={value}" for key, value in sorted((meta.labels or {}).items())))
        return PodInfo(pod, known, label_key)
