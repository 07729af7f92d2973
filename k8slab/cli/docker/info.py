"""``docker info``. Models cli/command/system/info.go. Left out: what a swarm manager adds."""

from __future__ import annotations

import re
from typing import Any

from k8slab.cli.docker import formatting, raw_json, units
from k8slab.cli.docker.config_file import HUB
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.gotemplate.execute import Struct, Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.seam import Steps

CLIENT = " Version:    28.2.2\n Context:    default\n Debug Mode: false\n"
CLIENT_JSON = {
    "Debug": False,
    "Platform": {"Name": ""},
    "Version": "28.2.2",
    "GitCommit": "e6534b4",
    "GoVersion": "go1.24.3",
    "Os": "linux",
    "Arch": "amd64",
    "BuildTime": "Fri May 30 12:07:14 2025",
    "Context": "default",
    "Plugins": [],
    "Warnings": None,
}


def info(run: Invocation) -> Steps[int]:
    """Print what the engine says of itself and its machine."""
    form = run.flags.text("format")
    if form:
        return (yield from _formatted(run, form))
    run.io.out(f"Client:\n{CLIENT}\nServer:\n")
    found = yield from run.api.json("GET", "/info")
    user = run.config.credentials(HUB).get("username", "")
    run.io.out("\n".join(_lines(found, user)) + "\n\n")
    for warning in found.get("Warnings") or []:
        run.io.err(f"{warning}\n")
    return 0


def _formatted(run: Invocation, form: str) -> Steps[int]:
    if form == "json":
        form = "{{json .}}"
    try:
        made = Template(form, functions=formatting.FUNCTIONS)
    except TemplateError as error:
        raise CommandError(f"template parsing error: {error}", 64) from None
    client = raw_json.RawObject(CLIENT_JSON)
    if re.search(r"\.[a-zA-Z]", form):
        try:  # what asks only about the client needs no engine
            run.io.out(made.render(Struct({"ClientInfo": client, "ClientErrors": []})) + "\n")
        except TemplateError:
            pass
        else:
            return 0
    found = raw_json.decoded((yield from run.api.text("GET", "/info")))
    value = Struct({**raw_json.with_sorted_maps(found), "ClientInfo": client})
    value.type_name = "system.dockerInfo"
    try:
        run.io.out(made.render(value) + "\n")
    except TemplateError as error:
        run.io.out("\n")
        raise CommandError(str(error)) from None
    return 0


def _lines(found: dict[str, Any], user: str) -> list[str]:
    out: list[str] = []

    def add(label: str, value: Any, *, needed: bool = True) -> None:
        if needed or value:
            text = "true" if value is True else "false" if value is False else value
            out.append(f" {label}: {text}")

    add("Containers", found["Containers"])
    add(" Running", found["ContainersRunning"])
    add(" Paused", found["ContainersPaused"])
    add(" Stopped", found["ContainersStopped"])
    add("Images", found["Images"])
    add("Server Version", found.get("ServerVersion"), needed=False)
    add("Storage Driver", found.get("Driver"), needed=False)
    for name, value in found.get("DriverStatus") or []:
        add(f" {name}", value)
    for name, label in (
        ("LoggingDriver", "Logging Driver"),
        ("CgroupDriver", "Cgroup Driver"),
        ("CgroupVersion", "Cgroup Version"),
    ):
        add(label, found.get(name), needed=False)
    plugins = found.get("Plugins") or {}
    out.append(" Plugins:")
    add(" Volume", " ".join(plugins.get("Volume") or []))
    add(" Network", " ".join(plugins.get("Network") or []))
    if plugins.get("Authorization"):
        add(" Authorization", " ".join(plugins["Authorization"]))
    add(" Log", " ".join(plugins.get("Log") or []))
    if found.get("CDISpecDirs"):
        out.append(" CDI spec directories:")
        out += [f"  {folder}" for folder in found["CDISpecDirs"]]
    if found.get("DiscoveredDevices"):
        out.append(" Discovered Devices:")
        out += [f"  {device.get('Source', '')}: {device.get('ID', '')}" for device in found["DiscoveredDevices"]]
    add("Swarm", (found.get("Swarm") or {}).get("LocalNodeState", ""))
    if found.get("Runtimes"):
        add("Runtimes", " ".join(sorted(found["Runtimes"])))
        add("Default Runtime", found.get("DefaultRuntime", ""))
    if found.get("OSType") == "linux":
        add("Init Binary", found.get("InitBinary", ""))
        for name, label in (
            ("ContainerdCommit", "containerd version"),
            ("RuncCommit", "runc version"),
            ("InitCommit", "init version"),
        ):
            add(label, (found.get(name) or {}).get("ID", ""))
        _security(found.get("SecurityOptions") or [], out)
    for name, label in (
        ("KernelVersion", "Kernel Version"),
        ("OperatingSystem", "Operating System"),
        ("OSType", "OSType"),
        ("Architecture", "Architecture"),
    ):
        add(label, found.get(name), needed=False)
    add("CPUs", found.get("NCPU", 0))
    add("Total Memory", units.bytes_size(found.get("MemTotal", 0)))
    add("Name", found.get("Name"), needed=False)
    add("ID", found.get("ID"), needed=False)
    add("Docker Root Dir", found.get("DockerRootDir", ""))
    add("Debug Mode", bool(found.get("Debug")))
    if found.get("Debug"):
        for name, label in (
            ("NFd", "File Descriptors"),
            ("NGoroutines", "Goroutines"),
            ("SystemTime", "System Time"),
            ("NEventsListener", "EventsListeners"),
        ):
            add(f" {label}", found.get(name))
    for name, label in (("HttpProxy", "HTTP Proxy"), ("HttpsProxy", "HTTPS Proxy"), ("NoProxy", "No Proxy")):
        add(label, found.get(name), needed=False)
    add("Username", user, needed=False)
    if found.get("Labels"):
        out.append(" Labels:")
        out += [f"  {label}" for label in found["Labels"]]
    add("Experimental", bool(found.get("ExperimentalBuild")))
    _registries(found.get("RegistryConfig") or {}, out)
    add("Live Restore Enabled", bool(found.get("LiveRestoreEnabled")))
    add("Product License", found.get("ProductLicense"), needed=False)
    if found.get("DefaultAddressPools"):
        out.append(" Default Address Pools:")
        out += [f"   Base: {pool['Base']}, Size: {pool['Size']}" for pool in found["DefaultAddressPools"]]
    backend = found.get("FirewallBackend") or {}
    if backend.get("Driver") and backend["Driver"] != "iptables":
        add("Firewall Backend", backend["Driver"])
    return out


def _security(options: list[str], out: list[str]) -> None:
    if not options:
        return
    out.append(" Security Options:")
    for option in options:
        fields = dict(part.partition("=")[::2] for part in option.split(","))
        out.append(f"  {fields.get('name', option)}")
        if "profile" in fields:
            out.append(f"   Profile: {fields['profile']}")


def _registries(config: dict[str, Any], out: list[str]) -> None:
    indexes, networks = config.get("IndexConfigs") or {}, config.get("InsecureRegistryCIDRs") or []
    if indexes or networks:
        out.append(" Insecure Registries:")
        out += [f"  {index['Name']}" for _, index in sorted(indexes.items()) if not index["Secure"]]
        out += [f"  {network}" for network in networks]
    if config.get("Mirrors"):
        out.append(" Registry Mirrors:")
        out += [f"  {mirror}" for mirror in config["Mirrors"]]
