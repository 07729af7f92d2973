"""The spec of a Pod, whether it stands in a Pod or in a template.

Models ValidatePodSpec of pkg/apis/core/validation and its order. A spec that was found good once is known by its encoded
bytes: 500 Pods of one ReplicaSet are validated once. Left out: Windows, dynamic resource claims.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.speckey import MOST_REMEMBERED, spec_key
from k8slab.cluster.apiserver.validation.containers import (
    validate_containers,
    validate_ephemeral_containers,
    validate_image_whitespace,
    validate_init_containers,
)
from k8slab.cluster.apiserver.validation.objectmeta import validate_labels
from k8slab.cluster.apiserver.validation.resources import validate_requirements
from k8slab.cluster.apiserver.validation.scheduling import (
    validate_affinity,
    validate_tolerations,
    validate_topology_spread_constraints,
)
from k8slab.cluster.apiserver.validation.security_context import validate_pod_security_context
from k8slab.cluster.apiserver.validation.volumes import validate_volumes

Json = dict[str, Any]

HIGHEST_INT32 = 2**31 - 1
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
RESTART_POLICIES = ("Always", "OnFailure", "Never")

#: Encoded specs that are good. What differs between the Pods of one template is blotted out first.
_good: set[bytes] = set()


def validate_pod_spec(spec: Json, path: str, pod_name: str = "", is_pod: bool = False) -> Iterable[FieldError]:
    """Return what is wrong with *spec*; *is_pod* adds what only a Pod must observe, and a template need not."""
    key = spec_key(spec)
    if is_pod:
        key += b"P" + (pod_name.encode() if b'"ephemeral"' in key else b"")
    if key in _good:
        return ()
    errors = list(_pod_spec(spec, path, pod_name, is_pod))
    if not errors:
        if len(_good) >= MOST_REMEMBERED:
            _good.clear()
        _good.add(key)
    return errors


def _pod_spec(spec: Json, path: str, pod_name: str, is_pod: bool) -> Iterator[FieldError]:
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is None:
        yield FieldError.required(f"{path}.terminationGracePeriodSeconds")
    volumes, errors = validate_volumes(spec.get("volumes") or (), f"{path}.volumes", pod_name)
    yield from errors
    yield from validate_containers(spec, volumes, grace, f"{path}.containers")
    yield from validate_init_containers(spec, volumes, grace, f"{path}.initContainers")
    yield from validate_ephemeral_containers(spec, volumes, f"{path}.ephemeralContainers")
    if resources := spec.get("resources"):
        yield from validate_requirements(resources, f"{path}.resources", pod_level=True)
    if spec.get("hostNetwork"):
        yield from _host_network(spec, path, is_pod)
    yield from _choice(spec.get("restartPolicy", ""), RESTART_POLICIES, f"{path}.restartPolicy")
    yield from _choice(spec.get("dnsPolicy", ""), _DNS_POLICIES, f"{path}.dnsPolicy")
    yield from validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    if (context := spec.get("securityContext")) is not None:
        yield from validate_pod_security_context(context, spec, f"{path}.securityContext")
    if affinity := spec.get("affinity"):
        yield from validate_affinity(affinity, f"{path}.affinity")
    yield from _dns_config(spec, f"{path}.dnsConfig")
    yield from _gates(spec, path)
    yield from validate_topology_spread_constraints(
        spec.get("topologySpreadConstraints") or (), f"{path}.topologySpreadConstraints"
    )
    if spec.get("hostUsers") is False:
        yield from _host_users(spec, path)
    yield from _name(spec, "serviceAccountName", path, names.dns1123_subdomain)
    yield from _name(spec, "nodeName", path, names.dns1123_subdomain)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= HIGHEST_INT32:
        why = names.in_range_message(1, HIGHEST_INT32)
        yield FieldError.invalid(f"{path}.activeDeadlineSeconds", deadline, why)
    yield from _name(spec, "hostname", path, names.dns1123_label)
    yield from _name(spec, "subdomain", path, names.dns1123_label)
    yield from validate_tolerations(spec.get("tolerations") or (), f"{path}.tolerations")
    yield from _host_aliases(spec.get("hostAliases") or (), f"{path}.hostAliases")
    for field in ("priorityClassName", "runtimeClassName"):
        yield from _name(spec, field, path, names.dns1123_subdomain)
    if (policy := spec.get("preemptionPolicy")) is not None:
        yield from _choice(policy, ("PreemptLowerPriority", "Never"), f"{path}.preemptionPolicy")
    if overhead := spec.get("overhead"):
        yield from validate_requirements({"limits": overhead}, f"{path}.overhead")
    if "os" in spec:
        yield from _choice(spec["os"].get("name", ""), ("linux", "windows"), f"{path}.os.name")
    if is_pod:
        yield from _only_for_pods(spec, path)


def _only_for_pods(spec: Json, path: str) -> Iterator[FieldError]:
    if not spec.get("serviceAccountName"):
        for index, volume in enumerate(spec.get("volumes") or ()):
            for source_index, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                if "serviceAccountToken" in source:
                    where = f"{path}.volumes[{index}].projected.sources[{source_index}].serviceAccountToken"
                    yield FieldError.forbidden(where, "must not be specified when serviceAccountName is not set")
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield from validate_image_whitespace(container, f"{path}.{field}[{index}]")


def _choice(value: str, allowed: Sequence[str], path: str) -> Iterator[FieldError]:
    if not value:
        yield FieldError.required(path)
    elif value not in allowed:
        yield FieldError.not_supported(path, value, allowed)


def _name(spec: Json, field: str, path: str, rule: Any) -> Iterator[FieldError]:
    if value := spec.get(field):
        for message in rule(value):
            yield FieldError.invalid(f"{path}.{field}", value, message)


def _host_network(spec: Json, path: str, is_pod: bool) -> Iterator[FieldError]:
    for index, container in enumerate(spec.get("containers") or ()):
        for port_index, port in enumerate(container.get("ports") or ()):
            host_port = port.get("hostPort", 0)
            # A template may leave hostPort out: it is filled in when the Pod is made.
            if (is_pod or host_port) and host_port != port.get("containerPort", 0):
                where = f"{path}.containers[{index}].ports[{port_index}].hostPort"
                yield FieldError.invalid(where, host_port, "must match `containerPort` when `hostNetwork` is true")


def _host_users(spec: Json, path: str) -> Iterator[FieldError]:
    for field, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(field):
            yield FieldError.forbidden(f"{path}.{shown}", "when `hostUsers` is false")


def _dns_config(spec: Json, path: str) -> Iterator[FieldError]:
    config = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        if config is None:
            yield FieldError.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not config.get("nameservers"):
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield FieldError.required(f"{path}.nameservers", why)
            return
    if config is None:
        return
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    if len(servers) > 3:
        yield FieldError.invalid(f"{path}.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        yield from validate_ip(server, f"{path}.nameservers[{index}]")
    if len(searches) > 32:
        yield FieldError.invalid(f"{path}.searches", searches, "must not have more than 32 search paths")
    if len(" ".join(searches)) > 2048:
        why = "must not have more than 2048 characters (including spaces) in the search list"
        yield FieldError.invalid(f"{path}.searches", searches, why)
    for index, search in enumerate(searches):
        if search != ".":
            for message in names.dns1123_subdomain(search.removesuffix(".").replace("_", "")):
                yield FieldError.invalid(f"{path}.searches[{index}]", search.removesuffix("."), message)
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            yield FieldError.required(f"{path}.options[{index}]", "must not be empty")


def validate_ip(text: str, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with an IP address."""
    if not _is_ip(text):
        why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        yield FieldError.invalid(path, text, why)


@lru_cache(maxsize=4096)  # every report of a Pod's status brings its address again
def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _gates(spec: Json, path: str) -> Iterator[FieldError]:
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType", "")
        for message in names.qualified_name(kind):
            yield FieldError.invalid(f"{path}.readinessGates[{index}].conditionType", kind, message)
    seen: list[str] = []
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        name = gate.get("name", "")
        for message in names.qualified_name(name):
            yield FieldError.invalid(f"{path}.schedulingGates[{index}]", name, message)
        if name in seen:
            yield FieldError.duplicate(f"{path}.schedulingGates[{index}]", name)
        seen.append(name)


def _host_aliases(aliases: Sequence[Json], path: str) -> Iterator[FieldError]:
    for index, alias in enumerate(aliases):
        yield from validate_ip(alias.get("ip", ""), f"{path}[{index}].ip")
        for name_index, name in enumerate(alias.get("hostnames") or ()):
            for message in names.dns1123_subdomain(name):
                yield FieldError.invalid(f"{path}[{index}].hostnames[{name_index}]", name, message)
