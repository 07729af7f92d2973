"""The flags of ``docker run`` and ``docker create`` as the JSON that the engine takes.

Models cli/command/container/opts.go: parse, parseNetworkOpts. Left out: GPUs beyond ``all`` and a count, proxies of the config file.
"""

from __future__ import annotations

import json
import re
from typing import Any

from k8slab.cli.docker import mount_option, network_option, ports_option, volume_option
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.flags import Parsed
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.resource_options import capabilities, resources

Json = dict[str, Any]


def create_body(run: Invocation, image: str, words: list[str]) -> Json:
    """Return the body of POST /containers/create. Raises CommandError or ValueError."""
    flags = run.flags
    host = _host_config(run)
    config = _config(run, image, words)
    exposed, bindings = ports_option.parse(flags.items("publish"))
    _expose(flags.items("expose"), exposed)
    if exposed:
        config = _insert(config, "ExposedPorts", exposed, before="Tty")
    host["PortBindings"] = bindings
    binds, volumes = _volumes(run)
    host["Binds"] = binds or None
    config["Volumes"] = volumes
    if flags.on("rm") and host["RestartPolicy"]["Name"] not in ("no", ""):
        raise CommandError("conflicting options: cannot specify both --restart and --rm")
    endpoints = _endpoints(flags)
    return {**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": endpoints}}


def _insert(found: Json, name: str, value: Any, *, before: str) -> Json:
    result: Json = {}
    for key, old in found.items():
        if key == before:
            result[name] = value
        result[key] = old
    return result


def _volumes(run: Invocation) -> tuple[list[str], Json]:
    binds: list[str] = []
    volumes: Json = {}
    for text in dict.fromkeys(run.flags.items("volume")):
        spec = volume_option.parse(text)
        if not spec.source:
            volumes[text] = {}
            continue
        binds.append(volume_option.bind(text, run.files.cwd) if spec.is_bind else text)
    return binds, volumes


def _expose(items: list[str], exposed: dict[str, Any]) -> None:
    for item in items:
        if ":" in item:
            raise CommandError(f"invalid port format for --expose: {item}")
        protocol, port = ports_option.split_protocol(item)
        try:
            start, end = ports_option.port_range(port)
        except ValueError as error:
            raise CommandError(f"invalid range format for --expose: {item}, error: {error}") from None
        for number in range(start, end + 1):
            exposed.setdefault(f"{number}/{protocol}", {})


def _config(run: Invocation, image: str, words: list[str]) -> Json:
    flags = run.flags
    attached = flags.items("attach")
    stdin = flags.on("interactive")
    config: Json = {
        "Hostname": flags.text("hostname"),
        "Domainname": flags.text("domainname"),
        "User": flags.text("user"),
        "AttachStdin": "stdin" in attached or stdin,
        "AttachStdout": "stdout" in attached or not attached,
        "AttachStderr": "stderr" in attached or not attached,
        "Tty": flags.on("tty"),
        "OpenStdin": stdin,
        "StdinOnce": False,
        "Env": environment(run) or None,
        "Cmd": words or None,
    }
    health = _health(flags)
    if health is not None:
        config["Healthcheck"] = health
    entrypoint: list[str] | None = None
    if flags.changed("entrypoint"):
        entrypoint = [flags.text("entrypoint")]
    config |= {
        "Image": image,
        "Volumes": {},
        "WorkingDir": flags.text("workdir"),
        "Entrypoint": entrypoint,
    }
    if flags.text("mac-address"):
        _check_mac(flags.text("mac-address"))
    config |= {"OnBuild": None, "Labels": labels(run)}
    if flags.changed("stop-signal"):
        config["StopSignal"] = flags.text("stop-signal")
    if flags.changed("stop-timeout"):
        config["StopTimeout"] = flags.number("stop-timeout")
    config["StdinOnce"] = config["OpenStdin"] and config["AttachStdin"]
    return config


def _check_mac(text: str) -> None:
    if not re.fullmatch(r"(?i)[0-9a-f]{2}([:-][0-9a-f]{2}){5}", text):
        raise CommandError(f"{text} is not a valid mac address")


def environment(run: Invocation) -> list[str]:
    """Return the variables of ``--env-file`` and ``-e``; a name without a value takes the caller's own. Raises CommandError."""
    found: list[str] = []
    for path in run.flags.items("env-file"):
        found += _from_file(run, path, take_own=True)
    for item in run.flags.items("env"):
        if "=" not in item and item in run.env:
            item = f"{item}={run.env[item]}"
        found.append(item)
    return found


def labels(run: Invocation) -> dict[str, str]:
    """Return the labels of ``--label-file`` and ``-l``."""
    items: list[str] = []
    for path in run.flags.items("label-file"):
        items += _from_file(run, path, take_own=False)
    return _map(items + run.flags.items("label"))


def _map(items: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (item.partition("=") for item in items)}


def _from_file(run: Invocation, path: str, *, take_own: bool) -> list[str]:
    try:
        data = run.read_file(path)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"invalid env file ({path}): invalid utf8 bytes") from None
    found = []
    for line in text.split("\n"):
        line = line.rstrip("\r").lstrip(" \t")
        if not line or line.startswith("#"):
            continue
        name, mark, value = line.partition("=")
        if not name:
            raise CommandError(f"invalid env file ({path}): no variable name on line '{line}'")
        if re.search(r"\s", name):
            raise CommandError(f"invalid env file ({path}): variable '{name}' contains whitespaces")
        if mark:
            found.append(f"{name}={value}")
        elif take_own and name in run.env:
            found.append(f"{name}={run.env[name]}")
    return found


def _health(flags: Parsed) -> Json | None:
    durations = {
        "Interval": "health-interval",
        "Timeout": "health-timeout",
        "StartPeriod": "health-start-period",
        "StartInterval": "health-start-interval",
    }
    command, retries = flags.text("health-cmd"), int(flags["health-retries"])
    wanted = bool(command or retries or any(flags[name] for name in durations.values()))
    if flags.on("no-healthcheck"):
        if wanted:
            raise CommandError("--no-healthcheck conflicts with --health-* options")
        return {"Test": ["NONE"]}
    if not wanted:
        return None
    for name in ("health-interval", "health-timeout", "health-retries", "health-start-period", "health-start-interval"):
        if flags[name] < 0:
            raise CommandError(f"--{name} cannot be negative")
    health: Json = {"Test": ["CMD-SHELL", command]} if command else {}
    for field, name in durations.items():
        if flags[name]:
            health[field] = round(flags[name] * 10**9)
    if retries:
        health["Retries"] = retries
    return health


def restart_policy(text: str) -> Json:
    """Return ``--restart`` as the API takes it. Raises CommandError."""
    if not text:
        return {"Name": "", "MaximumRetryCount": 0}
    name, mark, count = text.partition(":")
    if mark and not name:
        raise CommandError("invalid restart policy format: no policy provided before colon")
    retries = 0
    if mark and count:
        if not re.fullmatch(r"[-+]?\d+", count):
            raise CommandError("invalid restart policy format: maximum retry count must be an integer")
        retries = int(count)
    return {"Name": name, "MaximumRetryCount": retries}


def _security(run: Invocation) -> tuple[list[str] | None, list[str] | None]:
    """Return the security options, and the paths to mask (an empty list for ``systempaths=unconfined``)."""
    found: list[str] = []
    paths: list[str] | None = None
    for option in run.flags.items("security-opt"):
        if option == "systempaths=unconfined":
            paths = []
            continue
        name, mark, value = option.partition("=")
        if not mark and name != "no-new-privileges":
            if ":" not in option:
                raise CommandError(f'Invalid --security-opt: "{option}"')
            name, _, value = option.partition(":")
        if name == "seccomp" and value not in ("unconfined", "builtin"):
            try:
                option = "seccomp=" + json.dumps(json.loads(run.read_file(value)), separators=(",", ":"))
            except (CommandError, ValueError) as error:
                raise CommandError(f"opening seccomp profile ({value}) failed: {error}") from None
        found.append(option)
    return found if run.flags.items("security-opt") else None, paths


def _mode(flags: Parsed, name: str, allowed: tuple[str, ...], what: str) -> str:
    text = flags.text(name)
    if text in ("", *allowed) or (name == "pid" and re.fullmatch(r"container:.+", text)):
        return text
    raise CommandError(f"--{name}: invalid {what} mode")


def _host_config(run: Invocation) -> Json:
    flags = run.flags
    security, masked = _security(run)
    log_driver, log_options = flags.text("log-driver"), flags.items("log-opt")
    if log_driver == "none" and log_options:
        raise CommandError(f"invalid logging opts for driver {log_driver}")
    swappiness = flags.number("memory-swappiness")
    if swappiness != -1 and not 0 <= swappiness <= 100:
        raise CommandError(f"invalid value: {swappiness}. Valid memory swappiness range is 0-100")
    networks = [network_option.parse(text) for text in flags.items("network")]
    host: Json = {
        "Binds": None,
        "ContainerIDFile": flags.text("cidfile"),
        "LogConfig": {"Type": log_driver, "Config": _map(log_options)},
        "NetworkMode": networks[0].target if networks else "default",
        "PortBindings": {},
        "RestartPolicy": restart_policy(flags.text("restart")),
        "AutoRemove": flags.on("rm"),
        "VolumeDriver": flags.text("volume-driver"),
        "VolumesFrom": flags.items("volumes-from") or None,
        "ConsoleSize": _console_size(run),
    }
    if flags.items("annotation"):
        host["Annotations"] = _map(flags.items("annotation"))
    added = capabilities(flags.items("cap-add"))
    host |= {
        "CapAdd": added or None,
        "CapDrop": [name for name in capabilities(flags.items("cap-drop")) if name not in added] or None,
        "CgroupnsMode": _mode(flags, "cgroupns", ("private", "host"), "CGROUP"),
        "Dns": flags.items("dns"),
        "DnsOptions": flags.items("dns-option"),
        "DnsSearch": flags.items("dns-search"),
        "ExtraHosts": flags.items("add-host") or None,
        "GroupAdd": flags.items("group-add") or None,
        "IpcMode": flags.text("ipc"),
        "Cgroup": "",
        "Links": flags.items("link") or None,
        "OomScoreAdj": flags.number("oom-score-adj"),
        "PidMode": _mode(flags, "pid", ("host",), "PID"),
        "Privileged": flags.on("privileged"),
        "PublishAllPorts": flags.on("publish-all"),
        "ReadonlyRootfs": flags.on("read-only"),
        "SecurityOpt": security,
    }
    if flags.items("storage-opt"):
        if any("=" not in item for item in flags.items("storage-opt")):
            raise CommandError("invalid storage option")
        host["StorageOpt"] = _map(flags.items("storage-opt"))
    if flags.items("tmpfs"):
        host["Tmpfs"] = {path: options for path, _, options in (item.partition(":") for item in flags.items("tmpfs"))}
    host |= {
        "UTSMode": _mode(flags, "uts", ("host",), "UTS"),
        "UsernsMode": _mode(flags, "userns", ("host",), "USER"),
        "ShmSize": int(flags["shm-size"]),
    }
    if flags.items("sysctl"):
        host["Sysctls"] = _map(flags.items("sysctl"))
    if flags.text("runtime"):
        host["Runtime"] = flags.text("runtime")
    host["Isolation"] = flags.text("isolation")
    host |= resources(flags)
    if flags.items("mount"):
        host["Mounts"] = [mount_option.parse(text, run.files.cwd) for text in flags.items("mount")]
    if flags.on("use-api-socket"):
        socket = run.api.host.removeprefix("unix://")
        bind = {"Type": "bind", "Source": socket, "Target": "/var/run/docker.sock", "BindOptions": {}}
        host["Mounts"] = [*host.get("Mounts", ()), bind]
    host |= {"MaskedPaths": masked, "ReadonlyPaths": masked}
    if flags.changed("init"):
        host["Init"] = flags.on("init")
    return host


def _console_size(run: Invocation) -> list[int]:
    if run.terminal is None or not run.out_is_terminal:
        return [0, 0]
    return [run.terminal.rows, run.terminal.columns]


def _endpoints(flags: Parsed) -> Json:
    given = [network_option.parse(text) for text in flags.items("network")]
    networks = given or [network_option.Attachment("default")]
    endpoints: Json = {}
    user_defined = [network_option.is_user_defined(network.target) for network in networks]
    for index, network in enumerate(networks):
        if index == 0:
            _apply(network, flags)
        endpoint = _endpoint(network)
        if network.target in endpoints:
            raise CommandError(f'network "{network.target}" is specified multiple times')
        if len(given) != 1 or any(endpoint.values()):
            endpoints[network.target] = endpoint
    if any(user_defined) and not all(user_defined):
        raise CommandError("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
    return endpoints


def _apply(network: network_option.Attachment, flags: Parsed) -> None:
    """The flags from before ``--network`` had fields of its own are meant for the first network."""
    conflict = "conflicting options: cannot specify both "
    if network.aliases and flags.items("network-alias"):
        raise CommandError(conflict + "--network-alias and per-network alias")
    if network.ip and flags.text("ip"):
        raise CommandError(conflict + "--ip and per-network IPv4 address")
    if network.ip6 and flags.text("ip6"):
        raise CommandError(conflict + "--ip6 and per-network IPv6 address")
    if network.mac_address and flags.text("mac-address"):
        raise CommandError(conflict + "--mac-address and per-network MAC address")
    network.aliases = flags.items("network-alias") or network.aliases
    if network_option.is_user_defined(network.target):
        network.links = flags.items("link") or network.links
    network.ip = flags.text("ip") or network.ip
    network.ip6 = flags.text("ip6") or network.ip6
    network.mac_address = flags.text("mac-address") or network.mac_address
    network.link_local_ips = flags.items("link-local-ip") or network.link_local_ips


def _endpoint(network: network_option.Attachment) -> Json:
    if not network.target.strip():
        raise CommandError("no name set for network")
    if not network_option.is_user_defined(network.target) and network.aliases:
        raise CommandError("network-scoped aliases are only supported for user-defined networks")
    ipam: Json | None = None
    if network.ip or network.ip6 or network.link_local_ips:
        ipam = {}
        if network.ip:
            ipam["IPv4Address"] = network.ip
        if network.ip6:
            ipam["IPv6Address"] = network.ip6
        if network.link_local_ips:
            ipam["LinkLocalIPs"] = network.link_local_ips
    return endpoint_settings(
        ipam=ipam,
        links=network.links or None,
        aliases=network.aliases or None,
        mac=network.mac_address,
        options=network.driver_options or None,
        priority=network.gateway_priority,
    )


def endpoint_settings(
    *,
    ipam: Json | None,
    links: list[str] | None,
    aliases: list[str] | None,
    mac: str = "",
    options: Json | None,
    priority: int = 0,
) -> Json:
    """Return an endpoint as the API takes it, empty fields and all."""
    return {
        "IPAMConfig": ipam,
        "Links": links,
        "Aliases": aliases,
        "MacAddress": mac,
        "DriverOpts": options,
        "GwPriority": priority,
        "NetworkID": "",
        "EndpointID": "",
        "Gateway": "",
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": None,
    }
