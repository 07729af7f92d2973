"""Containers: names, images, ports, mounts, policies.

Models validateContainers, validateInitContainers, validateEphemeralContainers and validateContainerCommon of
pkg/apis/core/validation. Left out: dynamic resource claims and the file keys of environment variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slab.apimachinery import names
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.validation.env import validate_env, validate_env_from
from k8slab.cluster.apiserver.validation.probes import validate_probes
from k8slab.cluster.apiserver.validation.resources import validate_requirements
from k8slab.cluster.apiserver.validation.security_context import validate_security_context
from k8slab.cluster.apiserver.validation.volume_mounts import validate_volume_devices, validate_volume_mounts

Json = dict[str, Any]

_EPHEMERAL_FIELDS = (
    "name", "image", "command", "args", "workingDir", "envFrom", "env", "volumeMounts", "volumeDevices", "resizePolicy",
    "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce", "tty",
    "targetContainerName",
)  # fmt: skip
_ONLY_SIDECARS = "may not be set for init containers without restartPolicy=Always"


def validate_containers(spec: Json, volumes: Mapping[str, Json], grace: int | None, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``spec.containers``."""
    containers = spec.get("containers") or []
    if not containers:
        yield FieldError.required(path)
        return
    seen: list[str] = []
    for index, container in enumerate(containers):
        at = f"{path}[{index}]"
        yield from _common(container, spec, volumes, at)
        name = container.get("name", "")
        if name in seen:
            yield FieldError.duplicate(f"{at}.name", name)
        seen.append(name)
        yield from validate_probes(container, grace, at)
        yield from _restart_policy(container, at, init=False)
    yield from _host_port_conflicts(containers, path)


def validate_init_containers(
    spec: Json, volumes: Mapping[str, Json], grace: int | None, path: str
) -> Iterator[FieldError]:
    """Yield what is wrong with ``spec.initContainers``; those with restartPolicy Always are sidecars and may have probes."""
    seen = [container.get("name", "") for container in spec.get("containers") or ()]
    for index, container in enumerate(spec.get("initContainers") or ()):
        at = f"{path}[{index}]"
        yield from _common(container, spec, volumes, at)
        yield from _restart_policy(container, at, init=True)
        name = container.get("name", "")
        if name in seen:
            yield FieldError.duplicate(f"{at}.name", name)
        elif name:
            seen.append(name)
        yield from _host_port_conflicts([container], path)
        if container.get("restartPolicy") == "Always":
            yield from validate_probes(container, grace, at)
            continue
        for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if field in container:
                yield FieldError.forbidden(f"{at}.{field}", _ONLY_SIDECARS)


def validate_ephemeral_containers(spec: Json, volumes: Mapping[str, Json], path: str) -> Iterator[FieldError]:
    """Yield what is wrong with ``spec.ephemeralContainers``, which are for looking around only."""
    others = [c.get("name", "") for c in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))]
    seen = list(others)
    for index, container in enumerate(spec.get("ephemeralContainers") or ()):
        at = f"{path}[{index}]"
        yield from _common(container, spec, volumes, at)
        yield from validate_image_whitespace(container, at)
        name, target = container.get("name", ""), container.get("targetContainerName", "")
        if name in seen:
            yield FieldError.duplicate(f"{at}.name", name)
        seen.append(name)
        if target and target not in others:
            yield FieldError.not_found(f"{at}.targetContainerName", target)
        for field in container:
            if field not in _EPHEMERAL_FIELDS and container[field] not in ({}, [], None):
                yield FieldError.forbidden(f"{at}.{field}", "cannot be set for an Ephemeral Container")
        for mount_index, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    where = f"{at}.volumeMounts[{mount_index}].{field}"
                    yield FieldError.forbidden(where, "cannot be set for an Ephemeral Container")


def validate_image_whitespace(container: Json, path: str) -> Iterator[FieldError]:
    """Yield an error if the image has blanks around it; only Pods are that strict, templates are not."""
    image = container.get("image", "")
    if image != image.strip():
        yield FieldError.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")


def _common(container: Json, spec: Json, volumes: Mapping[str, Json], path: str) -> Iterator[FieldError]:
    if not (name := container.get("name")):
        yield FieldError.required(f"{path}.name")
    else:
        for message in names.dns1123_label(name):
            yield FieldError.invalid(f"{path}.name", name, message)
    if not container.get("image"):
        yield FieldError.required(f"{path}.image")
    policy = container.get("terminationMessagePolicy", "")
    if not policy:
        yield FieldError.required(f"{path}.terminationMessagePolicy")
    elif policy not in ("File", "FallbackToLogsOnError"):
        yield FieldError.not_supported(f"{path}.terminationMessagePolicy", policy, ("File", "FallbackToLogsOnError"))
    yield from _ports(container.get("ports") or (), f"{path}.ports")
    yield from validate_env(container.get("env") or (), f"{path}.env")
    yield from validate_env_from(container.get("envFrom") or (), f"{path}.envFrom")
    yield from validate_volume_mounts(container, volumes, f"{path}.volumeMounts")
    yield from validate_volume_devices(container, volumes, f"{path}.volumeDevices")
    pull_policy = container.get("imagePullPolicy", "")
    if not pull_policy:
        yield FieldError.required(f"{path}.imagePullPolicy")
    elif pull_policy not in ("Always", "IfNotPresent", "Never"):
        yield FieldError.not_supported(f"{path}.imagePullPolicy", pull_policy, ("Always", "IfNotPresent", "Never"))
    if resources := container.get("resources"):
        yield from validate_requirements(resources, f"{path}.resources")
    yield from _resize_policy(
        container.get("resizePolicy") or (), spec.get("restartPolicy", ""), f"{path}.resizePolicy"
    )
    if context := container.get("securityContext"):
        yield from validate_security_context(context, f"{path}.securityContext")


def _ports(ports: Sequence[Json], path: str) -> Iterator[FieldError]:
    seen: list[str] = []
    for index, port in enumerate(ports):
        at = f"{path}[{index}]"
        if name := port.get("name"):
            problems = names.port_name(name)
            for message in problems:
                yield FieldError.invalid(f"{at}.name", name, message)
            if not problems and name in seen:
                yield FieldError.duplicate(f"{at}.name", name)
            seen.append(name)
        number = port.get("containerPort", 0)
        if not number:
            yield FieldError.required(f"{at}.containerPort")
        else:
            for message in names.port_number(number):
                yield FieldError.invalid(f"{at}.containerPort", number, message)
        if host_port := port.get("hostPort", 0):
            for message in names.port_number(host_port):
                yield FieldError.invalid(f"{at}.hostPort", host_port, message)
        protocol = port.get("protocol", "")
        if not protocol:
            yield FieldError.required(f"{at}.protocol")
        elif protocol not in ("TCP", "UDP", "SCTP"):
            yield FieldError.not_supported(f"{at}.protocol", protocol, ("SCTP", "TCP", "UDP"))


def _host_port_conflicts(containers: Sequence[Json], path: str) -> Iterator[FieldError]:
    seen: list[str] = []
    for index, container in enumerate(containers):
        for port_index, port in enumerate(container.get("ports") or ()):
            if host_port := port.get("hostPort", 0):
                key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{host_port}"
                if key in seen:
                    yield FieldError.duplicate(f"{path}[{index}].ports[{port_index}].hostPort", key)
                seen.append(key)


def _restart_policy(container: Json, path: str, init: bool) -> Iterator[FieldError]:
    """A container may have its own restart policy since 1.35; init containers know Always, which makes them sidecars."""
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    allowed = ("Always", "Never", "OnFailure")
    if policy is not None and policy not in allowed:
        yield FieldError.not_supported(f"{path}.restartPolicy", policy, allowed)
    if rules and policy is None:
        yield FieldError.required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
    if rules and init and policy == "Always":
        yield FieldError.forbidden(
            f"{path}.restartPolicyRules", "restartPolicyRules cannot be used with restartPolicy=Always"
        )


def _resize_policy(policies: Sequence[Json], pod_restart_policy: str, path: str) -> Iterator[FieldError]:
    seen: list[str] = []
    for index, item in enumerate(policies):
        name, policy = item.get("resourceName", ""), item.get("restartPolicy", "")
        if name in seen:
            yield FieldError.duplicate(f"{path}[{index}]", name)
        seen.append(name)
        if not name:
            yield FieldError.required(path)
        elif name not in ("cpu", "memory"):
            yield FieldError.not_supported(path, name, ("cpu", "memory"))
        if not policy:
            yield FieldError.required(path)
        elif policy not in ("NotRequired", "RestartContainer"):
            yield FieldError.not_supported(path, policy, ("NotRequired", "RestartContainer"))
        if pod_restart_policy == "Never" and policy != "NotRequired":
            yield FieldError.invalid(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'")
