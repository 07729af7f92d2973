"""How the API describes containers: ``docker inspect`` and ``docker ps``.

Models daemon/inspect.go and daemon/list.go, in Go's order of keys.
"""

from __future__ import annotations

from typing import Any

from k8slab.docker import ports, timestamps
from k8slab.docker.container import ROOT, Container
from k8slab.docker.image_documents import ROOT as OVERLAY_ROOT
from k8slab.docker.image_documents import cache_id
from k8slab.machine.fs.changes import size as tree_size


def inspect(container: Container, *, size: bool = False) -> dict[str, Any]:
    """Return ``docker inspect``'s document."""
    directory = f"{ROOT}/{container.id}"
    has_network = bool(container.sandbox_id)
    found: dict[str, Any] = {
        "Id": container.id,
        "Created": timestamps.unix_to_text(container.created),
        "Path": container.path,
        "Args": list(container.args),
        "State": container.state_document(),
        "Image": container.image_id,
        "ResolvConfPath": f"{directory}/resolv.conf" if has_network else "",
        "HostnamePath": f"{directory}/hostname" if has_network else "",
        "HostsPath": f"{directory}/hosts" if has_network else "",
        "LogPath": container.log_path,
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": container.platform,
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default" if not container.host_config["Privileged"] else "unconfined",
        "ExecIDs": [one.id for one in container.execs.values() if one.is_listed] or None,
        "HostConfig": container.host_config,
        "GraphDriver": {"Data": graph_data(container), "Name": "overlay2"},
    }
    if size:
        found["SizeRw"] = tree_size(container.upper)
        found["SizeRootFs"] = container.size_root() + found["SizeRw"]
    found["Mounts"] = [
        container.mounts[path].document()
        for path in sorted(container.mounts)
        if container.mounts[path].type != "tmpfs" or _is_mount(container, path)
    ]
    found["Config"] = container.config.document()
    found["NetworkSettings"] = network_settings(container)
    return found


def _is_mount(container: Container, path: str) -> bool:
    return path not in (container.host_config.get("Tmpfs") or {})


def graph_data(container: Container) -> dict[str, str]:
    """Return where overlay2 keeps the container's layers."""
    top = f"{OVERLAY_ROOT}/{cache_id(container.id)}"
    below = [f"{OVERLAY_ROOT}/{cache_id(container.id + '-init')}", f"{OVERLAY_ROOT}/{cache_id(container.image_id)}"]
    return {
        "ID": container.id,
        "LowerDir": ":".join(f"{one}/diff" for one in below),
        "MergedDir": f"{top}/merged",
        "UpperDir": f"{top}/diff",
        "WorkDir": f"{top}/work",
    }


def network_settings(container: Container) -> dict[str, Any]:
    """Return the API's NetworkSettings; the fields of the first level speak of the default bridge only."""
    live = container.live
    bridge = container.endpoints.get("bridge")
    default = bridge.document() if bridge is not None else {}
    sandbox = container.sandbox_id if live is not None else ""
    mapped = ports.documents(live.mappings, container.config.exposed_ports) if live is not None else {}
    return {
        "Bridge": "",
        "SandboxID": sandbox,
        "SandboxKey": f"/var/run/docker/netns/{sandbox[:12]}" if sandbox else "",
        "Ports": mapped,
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": default.get("EndpointID", ""),
        "Gateway": default.get("Gateway", ""),
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": default.get("IPAddress", ""),
        "IPPrefixLen": default.get("IPPrefixLen", 0),
        "IPv6Gateway": "",
        "MacAddress": default.get("MacAddress", ""),
        "Networks": {name: container.endpoints[name].document() for name in sorted(container.endpoints)},
    }


def summary(container: Container, image: str, now: float, *, size: bool = False) -> dict[str, Any]:
    """Return the line of ``docker ps``; *image* is what to call its image."""
    command = container.path
    for one in container.args:
        command += " " + (f"'{one}'" if " " in one and "'" not in one else one)
    found: dict[str, Any] = {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": image,
        "ImageID": container.image_id,
        "Command": command,
        "Created": int(container.created),
        "Ports": _ports(container),
        "Labels": {key: (container.config.labels or {})[key] for key in sorted(container.config.labels or {})},
        "State": container.state.status,
        "Status": status(container, now),
        "HostConfig": {"NetworkMode": container.network_mode},
        "NetworkSettings": {
            "Networks": {name: container.endpoints[name].document() for name in sorted(container.endpoints)}
        },
        "Mounts": [
            container.mounts[path].document()
            for path in sorted(container.mounts)
            if container.mounts[path].type != "tmpfs"
        ],
    }
    if size:
        found["SizeRw"] = tree_size(container.upper)
        found["SizeRootFs"] = container.size_root() + found["SizeRw"]
    return found


def _ports(container: Container) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    live = container.live
    if live is None:
        return found
    for key, rows in ports.documents(live.mappings, container.config.exposed_ports).items():
        number, protocol = ports.parse_port(key)
        if rows is None:
            if container.network_mode != "host":
                found.append({"PrivatePort": number, "Type": protocol})
            continue
        found += [
            {"IP": row["HostIp"], "PrivatePort": number, "PublicPort": int(row["HostPort"]), "Type": protocol}
            for row in rows
        ]
    return found


def status(container: Container, now: float) -> str:
    """Return what ``docker ps`` shows under STATUS."""
    state = container.state
    if state.running:
        if state.restarting:
            return f"Restarting ({state.exit_code}) {human_duration(now - state.finished)} ago"
        up = f"Up {human_duration(now - state.started)}"
        if state.paused:
            return f"{up} (Paused)"
        if container.health is not None:
            words = "health: starting" if container.health.status == "starting" else container.health.status
            return f"{up} ({words})"
        return up
    if state.removing:
        return "Removal In Progress"
    if state.dead:
        return "Dead"
    if not state.started:
        return "Created"
    return f"Exited ({state.exit_code}) {human_duration(now - state.finished)} ago"


def human_duration(seconds: float) -> str:
    """Return *seconds* as go-units' HumanDuration does."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    minutes = whole // 60
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours == 1:
        return "About an hour"
    for limit, unit, divisor in (
        (48, "hours", 1),
        (24 * 14, "days", 24),
        (24 * 60, "weeks", 24 * 7),
        (24 * 365 * 2, "months", 24 * 30),
    ):
        if hours < limit:
            return f"{hours // divisor} {unit}"
    return f"{hours // 24 // 365} years"
