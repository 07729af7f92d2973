"""Warnings: what is allowed and still most likely a mistake. kubectl prints them as ``Warning: ...``.

Models pkg/api/pod/warnings.go and the name warnings of the workload strategies. Left out: warnings about Windows, seccomp
annotations and storage systems that no longer exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from k8slab.apimachinery import gojson, names, quantity
from k8slab.cluster.apiserver.speckey import MOST_REMEMBERED, spec_key

Json = dict[str, Any]

_OLD_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
_OLD_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_NULL_SELECTOR = "a null labelSelector results in matching no pod"
_REQUIRED, _PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
POD_NAMES = "this is used in Pod names and hostnames"


def host_name_warning(name: str, use: str = POD_NAMES) -> list[str]:
    """Return the warning about a name that is no DNS label although host names are made of it."""
    problems = names.dns1123_label(name)
    if not problems:
        return []
    return [
        f"metadata.name: {use}, which can result in surprising behavior; a DNS label is recommended: [{' '.join(problems)}]"
    ]


#: Encoded specs about which there is nothing to say.
_harmless: set[bytes] = set()


def pod_warnings(spec: Json, path: str) -> list[str]:
    """Return the warnings about a Pod's spec, in a Pod or a template."""
    key = spec_key(spec)
    if key in _harmless:
        return []
    warnings = list(_pod_warnings(spec, path))
    if not warnings:
        if len(_harmless) >= MOST_REMEMBERED:
            _harmless.clear()
        _harmless.add(key)
    return warnings


def _pod_warnings(spec: Json, path: str) -> Iterator[str]:
    for key in sorted(spec.get("nodeSelector") or ()):
        if key in _OLD_LABELS:
            yield f"{path}.nodeSelector[{key}]: {_OLD_LABELS[key]}"
    yield from _node_affinity_warnings(spec, path)
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at = f"{path}.topologySpreadConstraints[{index}]"
        if constraint.get("topologyKey") in _OLD_LABELS:
            yield f"{at}.topologyKey: {constraint['topologyKey']} is {_OLD_LABELS[constraint['topologyKey']]}"
        if "labelSelector" not in constraint:
            yield f"{at}.labelSelector: {_NULL_SELECTOR}"
    yield from _volume_warnings(spec.get("volumes") or (), f"{path}.volumes")
    for field, key, what in (("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")):
        seen: list[str] = []
        for index, item in enumerate(spec.get(field) or ()):
            if (value := item.get(key, "")) in seen:
                yield f"{path}.{field}[{index}].{key}: duplicate {what} {gojson.quote(value)}"
            seen.append(value)
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{path}.imagePullSecrets[{index}].name: invalid empty name ""'
    yield from _fractions(spec.get("overhead") or {}, f"{path}.overhead")
    containers = [
        (container, f"{path}.{field}[{index}]")
        for field in ("initContainers", "containers", "ephemeralContainers")
        for index, container in enumerate(spec.get(field) or ())
    ]
    for container, at in containers:
        yield from _container_warnings(container, at)
    yield from _port_warnings(
        [(port, f"{at}.ports[{i}]") for c, at in containers for i, port in enumerate(c.get("ports") or ())]
    )
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        yield f"{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
    yield from _pod_affinity_warnings(spec.get("affinity") or {}, f"{path}.affinity")


def _volume_warnings(volumes: Sequence[Json], path: str) -> Iterator[str]:
    for index, volume in enumerate(volumes):
        for source, words in _OLD_VOLUMES.items():
            if source in volume:
                yield f"{path}[{index}].{source}: {words}"


def _node_affinity_warnings(spec: Json, path: str) -> Iterator[str]:
    affinity = spec.get("affinity") or {}
    node = affinity.get("nodeAffinity") or {}
    required = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()
    at = f"{path}.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    for index, term in enumerate(required):
        for expression_index, expression in enumerate(term.get("matchExpressions") or ()):
            if (key := expression.get("key")) in _OLD_LABELS:
                yield f"{at}[{index}].matchExpressions[{expression_index}].key: {key} is {_OLD_LABELS[key]}"


def _pod_affinity_warnings(affinity: Json, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(kind) or {}
        for index, term in enumerate(rules.get(_REQUIRED) or ()):
            if "labelSelector" not in term:
                yield f"{path}.{kind}.{_REQUIRED}[{index}].labelSelector: {_NULL_SELECTOR}"
        for index, weighted in enumerate(rules.get(_PREFERRED) or ()):
            if "labelSelector" not in (weighted.get("podAffinityTerm") or {}):
                yield f"{path}.{kind}.{_PREFERRED}[{index}].podAffinityTerm.labelSelector: {_NULL_SELECTOR}"


def _fractions(amounts: Json, path: str) -> Iterator[str]:
    for name in ("memory", "ephemeral-storage"):
        if name in amounts and quantity.parse(amounts[name]).amount.denominator != 1:
            shown = gojson.quote(quantity.canonical(amounts[name]))
            yield f"{path}[{name}]: fractional byte value {shown} is invalid, must be an integer"


def _container_warnings(container: Json, path: str) -> Iterator[str]:
    resources = container.get("resources") or {}
    for which in ("limits", "requests"):
        yield from _fractions(resources.get(which) or {}, f"{path}.resources.{which}")
    seen: list[str] = []
    for index, variable in enumerate(container.get("env") or ()):
        name, value = variable.get("name", ""), variable.get("value", "")
        # A later value that uses the earlier one, as in PATH=$(PATH):/more, means it.
        uses_earlier = f"$({name})" in value and value != f"$({name})" and "valueFrom" not in variable
        if name in seen and not uses_earlier:
            shown = gojson.quote(name)
            yield f"{path}.env[{index}]: hides previous definition of {shown}, which may be dropped when using apply"
        seen.append(name)


def _port_warnings(ports: Sequence[tuple[Json, str]]) -> Iterator[str]:
    seen: dict[tuple[Any, ...], list[tuple[Json, str]]] = {}
    for port, path in ports:
        host_ip, host_port = port.get("hostIP", ""), port.get("hostPort", 0)
        if host_ip and not host_port:
            shown = f"{{Name:{port.get('name', '')} HostPort:0 ContainerPort:{port.get('containerPort', 0)} "
            yield f"{path}: hostIP set without hostPort: {shown}Protocol:{port.get('protocol', '')} HostIP:{host_ip}}}"
        others = seen.setdefault((port.get("containerPort"), port.get("protocol")), [])
        for other, other_path in others:
            other_ip, other_port = other.get("hostIP", ""), other.get("hostPort", 0)
            if (host_ip, host_port) == (other_ip, other_port):
                yield f"{path}: duplicate port definition with {other_path}"
            elif not host_port or not other_port:
                # Harmless and odd: one of the two says nothing that the other does not.
                yield f"{path}: overlapping port definition with {other_path}"
            elif host_port == other_port and not (host_ip and other_ip):
                yield f"{path}: dangerously ambiguous port definition with {other_path}"
        others.append((port, path))
