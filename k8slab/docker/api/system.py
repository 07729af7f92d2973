"""``/_ping``, ``/version``, ``/info``, ``/events``, ``/system/df``, ``/auth``. Models api/server/router/system and daemon/info.go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.docker import container_documents, image_documents, timestamps
from k8slab.docker.api.call import Call, check, ok
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.events import Happening
from k8slab.docker.remotes import Auth, RegistryError
from k8slab.docker.streams import Outlet
from k8slab.sim.http import Response

VERSION, COMMIT, GO, BUILT = "28.2.2", "45873be", "go1.24.3", "2025-05-30T12:07:26.000000000+00:00"
CONTAINERD, RUNC, INIT = "05044ec0a9a75232cad458027ca83437aae3f4da", "v1.2.5-0-g59923ef", "de40ad0"
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
EVENT_FILTERS = (
    "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service", "type", "volume",
)  # fmt: skip


def ping(call: Call) -> Response:
    """Say that somebody is there, and which version."""
    headers = {
        "content-type": "text/plain; charset=utf-8", "Builder-Version": "1", "Swarm": "inactive",
        "Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache",
    }  # fmt: skip
    return Response(200, headers, b"OK")


def version(call: Call) -> Response:
    """``docker version``."""
    host = call.engine.host
    details = {
        "ApiVersion": "1.50", "Arch": host.arch, "BuildTime": BUILT, "GitCommit": COMMIT, "GoVersion": GO,
        "KernelVersion": host.kernel, "MinAPIVersion": "1.24", "Os": "linux", "Experimental": "false",
    }  # fmt: skip
    return ok(
        {
            "Platform": {"Name": "Docker Engine - Community"},
            "Version": VERSION,
            "GitCommit": COMMIT,
            "GoVersion": GO,
            "Os": "linux",
            "Arch": host.arch,
            "KernelVersion": host.kernel,
            "BuildTime": BUILT,
            "ApiVersion": "1.50",
            "MinAPIVersion": "1.24",
            "Components": [
                {"Name": "Engine", "Version": VERSION, "Details": details},
                {"Name": "containerd", "Version": "1.7.27", "Details": {"GitCommit": CONTAINERD}},
                {"Name": "runc", "Version": "1.2.5", "Details": {"GitCommit": RUNC}},
                {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": INIT}},
            ],
        }
    )


def _pretty_name(call: Call) -> tuple[str, str]:
    found = {"PRETTY_NAME": "Linux", "VERSION_ID": ""}
    try:
        text = call.engine.host.files.read_text("/etc/os-release")
    except OSError:
        text = ""
    for one in text.splitlines():
        key, _, value = one.partition("=")
        found[key] = value.strip('"')
    return found["PRETTY_NAME"], found["VERSION_ID"]


def info(call: Call) -> Response:
    """``docker info``."""
    engine = call.engine
    states = [one.state.status for one in engine.containers]
    name, release = _pretty_name(call)
    mirrors = engine.registries.mirrors
    return ok(
        {
            "ID": engine.id,
            "Containers": len(states),
            "ContainersRunning": sum(one in ("running", "restarting") for one in states),
            "ContainersPaused": states.count("paused"),
            "ContainersStopped": sum(one in ("created", "exited", "dead", "removing") for one in states),
            "Images": len(engine.images.images),
            "Driver": "overlay2",
            "DriverStatus": [
                ["Backing Filesystem", "extfs"], ["Supports d_type", "true"], ["Using metacopy", "false"],
                ["Native Overlay Diff", "true"], ["userxattr", "false"],
            ],
            "Plugins": {
                "Volume": ["local"], "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"], "Authorization": None,
                "Log": ["json-file", "local", "none"],
            },
            "MemoryLimit": True, "SwapLimit": True, "CpuCfsPeriod": True, "CpuCfsQuota": True, "CPUShares": True, "CPUSet": True,
            "PidsLimit": True, "IPv4Forwarding": True, "Debug": engine.config.debug, "NFd": 22 + len(states), "OomKillDisable": False,
            "NGoroutines": 40 + 5 * len(states), "SystemTime": timestamps.now(engine.clock), "LoggingDriver": engine.config.log_driver,
            "CgroupDriver": "systemd", "CgroupVersion": "2", "NEventsListener": len(engine.events.listeners),
            "KernelVersion": engine.host.kernel, "OperatingSystem": name, "OSVersion": release, "OSType": "linux",
            "Architecture": ARCHITECTURES.get(engine.host.arch, engine.host.arch),
            "IndexServerAddress": "https://index.docker.io/v1/",
            "RegistryConfig": {
                "AllowNondistributableArtifactsCIDRs": None, "AllowNondistributableArtifactsHostnames": None,
                "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"],
                "IndexConfigs": {
                    "docker.io": {"Name": "docker.io", "Mirrors": list(mirrors), "Secure": True, "Official": True},
                    **{one: {"Name": one, "Mirrors": [], "Secure": False, "Official": False} for one in engine.registries.insecure},
                },
                "Mirrors": list(mirrors) or None,
            },
            "NCPU": engine.host.cpus, "MemTotal": engine.host.memory_bytes, "GenericResources": None,
            "DockerRootDir": "/var/lib/docker", "HttpProxy": "", "HttpsProxy": "", "NoProxy": "", "Name": engine.host.name,
            "Labels": list(engine.config.labels), "ExperimentalBuild": False, "ServerVersion": VERSION,
            "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}}, "DefaultRuntime": "runc",
            "Swarm": {
                "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": False, "Error": "", "RemoteManagers": None,
            },
            "LiveRestoreEnabled": engine.config.live_restore, "Isolation": "", "InitBinary": "docker-init",
            "ContainerdCommit": {"ID": CONTAINERD}, "RuncCommit": {"ID": RUNC}, "InitCommit": {"ID": INIT},
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"], "FirewallBackend": {"Driver": "iptables"},
            "Warnings": None,
        }
    )  # fmt: skip


def _moment(call: Call, key: str) -> float:
    text = call.text(key)
    if not text:
        return 0.0
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return timestamps.to_unix(text)
    except ValueError as error:
        raise invalid_parameter(str(error)) from None


def events(call: Call) -> Response:
    """``docker events``: what has happened since, then what happens until."""
    engine = call.engine
    since, until = _moment(call, "since"), _moment(call, "until")
    filters = check(call.filters(), EVENT_FILTERS)
    now = engine.now()
    if since and until and until < since:
        raise invalid_parameter("`since` time cannot be after `until` time")
    outlet = Outlet(engine.clock)

    def heard(happening: Happening) -> None:
        if happening.passes(filters):
            outlet.send(happening.line())

    def stop() -> None:
        if heard in engine.events.listeners:
            engine.events.listeners.remove(heard)
        outlet.end()

    if since:
        for one in list(engine.events.past):
            if one.unix >= since and not (until and one.unix > until):
                heard(one)
    outlet.on_close = stop
    if until and until <= now:
        outlet.end()
    else:
        engine.events.listeners.append(heard)
        if until:
            engine.clock.call_later(until - now, stop)
    return Response(200, {"content-type": "application/json"}, stream=outlet)


def disk_usage(call: Call) -> Response:
    """``docker system df``."""
    engine = call.engine
    types = call.request.query.get("type", [])
    for one in types:
        if one not in ("container", "image", "volume", "build-cache"):
            raise invalid_parameter(f"unknown object type: {one}")
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "image": lambda: {
            "LayersSize": engine.images.layers_size(),
            "Images": image_documents.summaries(engine.images, shared_size=True, containers=True),
        },
        "container": lambda: {
            "Containers": [
                container_documents.summary(one, engine.image_name(one), engine.now(), size=True)
                for one in reversed(list(engine.containers))
            ]
        },
        "volume": lambda: {"Volumes": [one.document(usage=True) for one in engine.volumes.all.values()]},
        "build-cache": lambda: {"BuildCache": engine.builder.cache.documents()},
    }
    found: dict[str, Any] = {}
    for key, part in parts.items():
        if not types or key in types:
            found |= part()
    return ok(found)


def auth(call: Call) -> Response:
    """``docker login``."""
    body = call.body()
    given = Auth(str(body.get("username") or ""), str(body.get("password") or ""), str(body.get("serveraddress") or ""))
    server = given.server.removeprefix("https://").removeprefix("http://").partition("/")[0]
    if server in ("", "docker.io", "index.docker.io", "registry-1.docker.io"):
        try:
            call.engine.hub.login(given)
        except RegistryError as error:
            where = "https://registry-1.docker.io/v2/"
            raise DockerError(401, f'Get "{where}": unauthorized: {error.message}') from None
    return ok({"Status": "Login Succeeded", "IdentityToken": ""})


def plugins(call: Call) -> Response:
    """``docker plugin ls``: there are none."""
    return ok([])
