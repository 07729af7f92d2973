"""Containers, their environment, probes and mounts: what pods and pod templates have in common.

Models DescribePodTemplate and describeContainers of kubectl pkg/describe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from k8slab.apimachinery import gojson, labels, quantity
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe.volumes import describe_volumes
from k8slab.cli.kubectl.describe.writer import NONE, Description, yes_no
from k8slab.cli.kubectl.jsonpath import go_value

#: Returns the value of an environment variable that stands for a field of the pod.
Resolve = Callable[[str], str]


def describe_template(out: Description, template: Obj | None) -> None:
    """Add a pod template."""
    out.write(0, "Pod Template:\n")
    if template is None:
        out.write(1, "<unset>")
        return
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    out.labels("Labels", metadata.get("labels"), 1)
    if metadata.get("annotations"):
        out.annotations("Annotations", metadata["annotations"], 1)
    if spec.get("serviceAccountName"):
        out.line(1, "Service Account", spec["serviceAccountName"])
    if spec.get("initContainers"):
        describe_containers(out, "Init Containers", spec["initContainers"], indent="  ")
    describe_containers(out, "Containers", spec.get("containers") or [], indent="  ")
    describe_volumes(out, spec.get("volumes"), "  ")
    describe_spread(out, spec.get("topologySpreadConstraints"), "  ")
    if spec.get("priorityClassName"):
        out.line(1, "Priority Class Name", spec["priorityClassName"])
    out.labels("Node-Selectors", spec.get("nodeSelector"), 1)
    out.multiline("Tolerations", tolerations(spec.get("tolerations")), 1)


def describe_containers(
    out: Description,
    label: str,
    containers: list[Obj],
    statuses: Iterable[Obj] | None = None,
    resolve: Resolve | None = None,
    indent: str = "",
) -> None:
    """Add *containers*, with their state where *statuses* tells it."""
    by_name = {status["name"]: status for status in statuses or ()}
    out.write(0, f"{indent}{label}:{'' if containers else ' ' + NONE}\n")
    for container in containers:
        status = by_name.get(container["name"])
        _basics(out, container, status, indent)
        for title, words in (("Command", container.get("command")), ("Args", container.get("args"))):
            if words:
                out.write(2, f"{title}:\n")
                for word in words:
                    for line in word.split("\n"):
                        out.write(3, f"{line}\n")
        if status is not None:
            _state(out, status)
        describe_resources(out, container.get("resources"), 2)
        for title, probe in (
            ("Liveness", "livenessProbe"),
            ("Readiness", "readinessProbe"),
            ("Startup", "startupProbe"),
        ):
            if container.get(probe):
                out.line(2, title, describe_probe(container[probe]))
        _environment(out, container, resolve)
        _mounts(out, container)


def _basics(out: Description, container: Obj, status: Obj | None, indent: str) -> None:
    out.write(1, f"{' ' if indent else ''}{container['name']}:\n")
    if status is not None:
        out.line(2, "Container ID", status.get("containerID", ""))
    out.line(2, "Image", container.get("image", ""))
    if status is not None:
        out.line(2, "Image ID", status.get("imageID", ""))
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        ports = ", ".join(_port(port, field) for port in container.get("ports") or ())
        out.line(2, title + ("s" if "," in ports else ""), ports or NONE)
    profile = (container.get("securityContext") or {}).get("seccompProfile")
    if profile:
        out.line(2, "SeccompProfile", profile.get("type"))
        if profile.get("type") == "Localhost":
            out.line(3, "LocalhostProfile", profile.get("localhostProfile"))


def _port(port: Obj, field: str) -> str:
    text = f"{port.get(field, 0)}/{port.get('protocol', '')}"
    return f"{text} ({port['name']})" if port.get("name") else text


def _state(out: Description, status: Obj) -> None:
    _one_state(out, "State", status.get("state") or {})
    if (status.get("lastState") or {}).get("terminated"):
        _one_state(out, "Last State", status["lastState"])
    out.line(2, "Ready", yes_no(status.get("ready")))
    out.line(2, "Restart Count", status.get("restartCount", 0))


def _one_state(out: Description, label: str, state: Obj) -> None:
    if state.get("running") is not None:
        out.line(2, label, "Running")
        out.line(3, "Started", durations.rfc1123z(state["running"].get("startedAt")))
    elif state.get("terminated") is not None:
        ended = state["terminated"]
        out.line(2, label, "Terminated")
        if ended.get("reason"):
            out.line(3, "Reason", ended["reason"])
        if ended.get("message"):
            out.line(3, "Message", ended["message"])
        out.line(3, "Exit Code", ended.get("exitCode", 0))
        if ended.get("signal"):
            out.line(3, "Signal", ended["signal"])
        out.line(3, "Started", durations.rfc1123z(ended.get("startedAt")))
        out.line(3, "Finished", durations.rfc1123z(ended.get("finishedAt")))
    else:
        out.line(2, label, "Waiting")
        reason = (state.get("waiting") or {}).get("reason")
        if reason:
            out.line(3, "Reason", reason)


def describe_resources(out: Description, resources: Obj | None, level: int) -> None:
    """Add limits and requests."""
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        amounts = (resources or {}).get(field)
        if amounts:
            out.write(level, f"{title}:\n")
            for name in sorted(amounts):
                out.line(level + 1, name, quantity.canonical(amounts[name]))


def describe_probe(probe: Obj) -> str:
    """Return a probe on one line."""
    numbers = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 0)}s "
        f"period={probe.get('periodSeconds', 0)}s #success={probe.get('successThreshold', 0)} "
        f"#failure={probe.get('failureThreshold', 0)}"
    )
    if probe.get("exec"):
        return f"exec {go_value(probe['exec'].get('command') or [])} {numbers}"
    if probe.get("httpGet"):
        get = probe["httpGet"]
        path = get.get("path", "")
        slash = "" if path.startswith("/") or not path else "/"
        return f"http-get {get.get('scheme', '').lower()}://{get.get('host', '')}:{get.get('port', '')}{slash}{path} {numbers}"
    if probe.get("tcpSocket"):
        socket = probe["tcpSocket"]
        return f"tcp-socket {socket.get('host', '')}:{socket.get('port', '')} {numbers}"
    if probe.get("grpc"):
        return f"grpc <pod>:{probe['grpc'].get('port')} {probe['grpc'].get('service', '')} {numbers}"
    return f"unknown {numbers}"


def _environment(out: Description, container: Obj, resolve: Resolve | None) -> None:
    if container.get("envFrom"):
        out.write(2, "Environment Variables from:\n")
        for source in container["envFrom"]:
            kind = "configMapRef" if "configMapRef" in source else "secretRef"
            reference = source.get(kind, {})
            title = "ConfigMap" if kind == "configMapRef" else "Secret"
            if source.get("prefix"):
                title += f" with prefix '{source['prefix']}'"
            out.write(
                3, f"{reference.get('name', '')}\t{title}\tOptional: {go_value(reference.get('optional', False))}\n"
            )
    variables = container.get("env") or []
    out.write(2, "Environment:" + ("\n" if variables else f"\t{NONE}\n"))
    for variable in variables:
        _variable(out, container, variable, resolve)


def _variable(out: Description, container: Obj, variable: Obj, resolve: Resolve | None) -> None:
    name, source = variable["name"], variable.get("valueFrom")
    if not source:
        first, *rest = str(variable.get("value", "")).split("\n")
        out.line(3, name, first)
        for line in rest:
            out.write(3, f"\t{line}\n")
    elif source.get("fieldRef"):
        path = source["fieldRef"].get("fieldPath", "")
        value = resolve(path) if resolve else ""
        out.line(3, name, f"{value} ({source['fieldRef'].get('apiVersion', '')}:{path})")
    elif source.get("resourceFieldRef"):
        resource = source["resourceFieldRef"].get("resource", "")
        value = _resource_value(container, source["resourceFieldRef"])
        if value == "0" and resource in ("limits.cpu", "limits.memory"):
            value = "node allocatable"
        out.line(3, name, f"{value} ({resource})")
    elif source.get("secretKeyRef"):
        key = source["secretKeyRef"]
        text = f"<set to the key '{key.get('key', '')}' in secret '{key.get('name', '')}'>"
        out.write(3, f"{name}:\t{text}\tOptional: {go_value(key.get('optional', False))}\n")
    elif source.get("configMapKeyRef"):
        key = source["configMapKeyRef"]
        text = f"<set to the key '{key.get('key', '')}' of config map '{key.get('name', '')}'>"
        out.write(3, f"{name}:\t{text}\tOptional: {go_value(key.get('optional', False))}\n")


def _resource_value(container: Obj, reference: Obj) -> str:
    kind, _, name = reference.get("resource", "").partition(".")
    amount = ((container.get("resources") or {}).get(kind) or {}).get(name, "0")
    divisor = reference.get("divisor") or "1"
    if quantity.millis(divisor) == 0:
        divisor = "1"
    if name == "cpu":
        return str(-(-quantity.millis(amount) // quantity.millis(divisor)))
    return str(-(-quantity.value(amount) // quantity.value(divisor)))


def _mounts(out: Description, container: Obj) -> None:
    mounts = container.get("volumeMounts") or []
    none = "" if mounts else f"\t{NONE}"
    out.write(2, f"Mounts:{none}\n")
    for mount in sorted(mounts, key=lambda one: one.get("mountPath", "")):
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={gojson.quote(mount['subPath'])}"
        out.write(3, f"{mount.get('mountPath', '')} from {mount['name']} ({flags})\n")
    devices = container.get("volumeDevices") or []
    if devices:
        out.write(2, f"Devices:{none}\n")
        for device in sorted(devices, key=lambda one: one.get("devicePath", "")):
            out.write(3, f"{device.get('devicePath', '')} from {device['name']}\n")


def describe_spread(out: Description, constraints: list[Obj] | None, indent: str = "") -> None:
    """Add topology spread constraints."""
    for index, one in enumerate(sorted(constraints or (), key=lambda c: c.get("topologyKey", ""))):
        lead = f"{indent}Topology Spread Constraints:\t" if index == 0 else f"{indent}\t"
        text = f"{one.get('topologyKey', '')}:{one.get('whenUnsatisfiable', '')} when max skew {one.get('maxSkew', 0)} is exceeded"
        if one.get("labelSelector") is not None:
            text += f" for selector {labels.format_label_selector(one['labelSelector'])}"
        out.write(0, f"{lead}{text}\n")


def tolerations(items: list[Any] | None) -> list[str]:
    """Return tolerations as words, sorted by key."""
    lines = []
    for one in sorted(items or (), key=lambda item: item.get("key", "")):
        text = one.get("key", "")
        if one.get("value"):
            text += f"={one['value']}"
        if one.get("effect"):
            text += f":{one['effect']}"
        if one.get("operator") == "Exists" and not one.get("value"):
            text += " op=Exists" if text else "op=Exists"
        if one.get("tolerationSeconds") is not None:
            text += f" for {one['tolerationSeconds']}s"
        lines.append(text)
    return lines
