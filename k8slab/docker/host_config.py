"""How a container is run on its host: limits, mounts, ports, policies (``HostConfig``), checked as dockerd checks it.

Models api/types/container/hostconfig.go and daemon/daemon_unix.go (verifyPlatformContainerSettings) with their words.
Left out: what Linux security modules, block devices, GPUs, real-time scheduling and user namespaces need is kept and shown only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.docker.errors import invalid_parameter

MINIMUM_MEMORY = 6 << 20  # daemon_unix.go: linuxMinMemory
MASKED = (
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
)  # fmt: skip
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
#: Go's order of the fields, with the values that a container has when nobody said anything.
DEFAULTS: dict[str, Any] = {
    "Binds": None, "ContainerIDFile": "", "LogConfig": {"Type": "json-file", "Config": {}}, "NetworkMode": "bridge",
    "PortBindings": {}, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "AutoRemove": False, "VolumeDriver": "",
    "VolumesFrom": None, "ConsoleSize": [0, 0], "CapAdd": None, "CapDrop": None, "CgroupnsMode": "private", "Dns": [],
    "DnsOptions": [], "DnsSearch": [], "ExtraHosts": None, "GroupAdd": None, "IpcMode": "private", "Cgroup": "", "Links": None,
    "OomScoreAdj": 0, "PidMode": "", "Privileged": False, "PublishAllPorts": False, "ReadonlyRootfs": False, "SecurityOpt": None,
    "UTSMode": "", "UsernsMode": "", "ShmSize": 64 << 20, "Runtime": "runc", "Isolation": "", "CpuShares": 0, "Memory": 0,
    "NanoCpus": 0, "CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": [], "BlkioDeviceReadBps": [],
    "BlkioDeviceWriteBps": [], "BlkioDeviceReadIOps": [], "BlkioDeviceWriteIOps": [], "CpuPeriod": 0, "CpuQuota": 0,
    "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "", "Devices": [], "DeviceCgroupRules": None,
    "DeviceRequests": None, "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": None, "OomKillDisable": None,
    "PidsLimit": None, "Ulimits": [], "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
    "MaskedPaths": list(MASKED), "ReadonlyPaths": list(READ_ONLY),
}  # fmt: skip
#: Fields that Go leaves out when they are empty; shown only if set.
OPTIONAL = ("Mounts", "Tmpfs", "Init", "Sysctls", "StorageOpt", "Annotations")
POLICIES = ("no", "always", "unless-stopped", "on-failure")
#: Limits that ``docker update`` may change.
UPDATABLE = (
    "Memory", "MemorySwap", "MemoryReservation", "NanoCpus", "CpuShares", "CpuPeriod", "CpuQuota", "CpusetCpus", "CpusetMems",
    "PidsLimit", "BlkioWeight", "CpuRealtimePeriod", "CpuRealtimeRuntime",
)  # fmt: skip


_LISTS = (
    "Binds", "VolumesFrom", "CapAdd", "CapDrop", "ExtraHosts", "GroupAdd", "Links", "SecurityOpt", "DeviceCgroupRules",
    "DeviceRequests", "MaskedPaths", "ReadonlyPaths", "Mounts",
)  # fmt: skip
_MAPS = ("Tmpfs", "Sysctls", "StorageOpt", "Annotations", "PortBindings", "LogConfig", "RestartPolicy")
_GO = {str: "string", bool: "bool", int: "int64", list: "[]string", dict: "map[string]string"}


def check_shape(given: Any) -> None:
    """Raise DockerError 400 for values of the wrong kind, as Go's decoder does."""
    if not isinstance(given, dict):
        raise invalid_parameter(
            f"invalid JSON: json: cannot unmarshal {_json_type(given)} into Go struct field HostConfig"
        )
    for key, value in given.items():
        default = DEFAULTS.get(key)
        kind: type | None = (
            list if key in _LISTS else dict if key in _MAPS else type(default) if default is not None else None
        )
        if key in ("MemorySwappiness", "PidsLimit"):
            kind = int
        elif key in ("OomKillDisable", "Init"):
            kind = bool
        wrong = kind is not None and value is not None and (type(value) is not kind)
        if wrong or (
            key in ("Binds", "VolumesFrom", "Links", "ExtraHosts")
            and not all(isinstance(one, str) for one in value or ())
        ):
            word = _GO[kind] if kind is not None else "string"
            raise invalid_parameter(
                f"invalid JSON: json: cannot unmarshal {_json_type(value)} into Go struct field HostConfig.{key} of type {word}"
            )
    policy = given.get("RestartPolicy") or {}
    retries, name = policy.get("MaximumRetryCount"), policy.get("Name")
    if (retries is not None and type(retries) is not int) or (name is not None and not isinstance(name, str)):
        raise invalid_parameter("invalid JSON: json: cannot unmarshal into Go struct field HostConfig.RestartPolicy")
    for key, inner, word in (
        ("PortBindings", list, "nat.PortMap"),
        ("Mounts", dict, "mount.Mount"),
        ("Tmpfs", str, "string"),
    ):
        values = given.get(key) or {}
        for one in values.values() if isinstance(values, dict) else values:
            bad = one is not None and not isinstance(one, inner)
            if bad or (key == "PortBindings" and not all(isinstance(row, dict) for row in one or ())):
                raise invalid_parameter(
                    f"invalid JSON: json: cannot unmarshal {_json_type(one)} into Go struct field HostConfig.{key} of type {word}"
                )


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array", dict: "object"}.get(type(value), "null")


def settled(given: Mapping[str, Any] | None, cpus: int) -> dict[str, Any]:
    """Return *given* with everything that it leaves open, checked for a host with *cpus*. Raises DockerError 400."""
    given = given or {}
    check_shape(given)
    config = dict(DEFAULTS)
    for key in DEFAULTS:
        value = given.get(key)
        if value is not None and value != "" and not (key == "ShmSize" and not value):
            config[key] = value
    for key in OPTIONAL:
        if given.get(key):
            config[key] = given[key]
    for key in ("MaskedPaths", "ReadonlyPaths"):
        if not given.get(key):
            config[key] = None if given.get("Privileged") else DEFAULTS[key]
    if config["MemorySwappiness"] == -1:
        config["MemorySwappiness"] = None
    if config["PidsLimit"] is not None and config["PidsLimit"] <= 0:
        config["PidsLimit"] = None
    if config["OomKillDisable"] is False:
        config["OomKillDisable"] = None
    if config["NetworkMode"] in ("", "default"):
        config["NetworkMode"] = "bridge"
    log = config["LogConfig"]
    config["LogConfig"] = {"Type": log.get("Type") or "json-file", "Config": log.get("Config") or {}}
    policy = config["RestartPolicy"]
    config["RestartPolicy"] = {
        "Name": policy.get("Name") or "no",
        "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
    }
    check_policy(config["RestartPolicy"], bool(config["AutoRemove"]))
    check_resources(config, cpus)
    if config["Memory"] and not config["MemorySwap"]:
        config["MemorySwap"] = 2 * config["Memory"]
    if config["LogConfig"]["Type"] not in ("json-file", "none", "local"):
        raise invalid_parameter(f"logger: no log driver named '{config['LogConfig']['Type']}' is registered")
    check_modes(config)
    return config


def check_policy(policy: Mapping[str, Any], auto_remove: bool) -> None:
    """Raise DockerError 400 for a restart policy that makes no sense."""
    name, retries = policy["Name"], policy["MaximumRetryCount"]
    if name not in POLICIES:
        raise invalid_parameter(
            f"invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )
    if retries < 0:
        raise invalid_parameter("invalid restart policy: maximum retry count cannot be negative")
    if retries and name != "on-failure":
        raise invalid_parameter("invalid restart policy: maximum retry count can only be used with 'on-failure'")
    if auto_remove and name != "no":
        raise invalid_parameter("can't create 'AutoRemove' container with restart policy")


def check_resources(config: Mapping[str, Any], cpus: int) -> None:
    """Raise DockerError 400 for limits that cannot be."""
    memory, swap = config["Memory"], config["MemorySwap"]
    if 0 < memory < MINIMUM_MEMORY:
        raise invalid_parameter("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise invalid_parameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if swap > 0 and not memory:
        raise invalid_parameter("You should always set the Memory limit when using Memoryswap limit, see usage")
    if memory and config["MemoryReservation"] > memory:
        raise invalid_parameter("Minimum memory limit can not be less than memory reservation limit, see usage")
    nano = config["NanoCpus"]
    if nano and (config["CpuPeriod"] or config["CpuQuota"]):
        other = "CPU CFS quota" if config["CpuQuota"] else "CPU CFS period"
        raise invalid_parameter(f"Conflicting options: Nano CPUs and {other} cannot both be set")
    if nano < 0 or nano > cpus * 1_000_000_000:
        raise invalid_parameter(f"range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available")
    if config["CpuPeriod"] and not 1000 <= config["CpuPeriod"] <= 1_000_000:
        raise invalid_parameter("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if config["CpuQuota"] > 0 and config["CpuQuota"] < 1000:
        raise invalid_parameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    if config["CpuShares"] < 0:
        raise invalid_parameter("shares cannot be negative")
    if config["ShmSize"] < 0:
        raise invalid_parameter("SHM size can not be less than 0")


def check_modes(config: Mapping[str, Any]) -> None:
    """Raise DockerError 400 for modes of namespaces that nobody knows or that do not go together."""
    for key, name in (("PidMode", "PID"), ("UTSMode", "UTS")):
        mode = config[key]
        if mode not in ("", "host", "private") and not (key == "PidMode" and mode.startswith("container:")):
            raise invalid_parameter(f"invalid {name} mode: {mode}")
    if config["NetworkMode"] == "container:":
        raise invalid_parameter("invalid container format container:<name|id>")
    if config["NetworkMode"].startswith("container:"):
        for key, words in (
            (
                "Links",
                "conflicting options: container type network can't be used with links. This would result in undefined behavior",
            ),
            ("Dns", "conflicting options: dns and the network mode"),
            ("ExtraHosts", "conflicting options: custom host-to-IP mapping and the network mode"),
            ("PortBindings", "conflicting options: port publishing and the container type network mode"),
        ):
            if config[key]:
                raise invalid_parameter(words)
    if config["NetworkMode"] == "host" and config["Links"]:
        raise invalid_parameter(
            "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
        )
