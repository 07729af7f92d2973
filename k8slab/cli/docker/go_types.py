"""The API's types as the client declares them: which fields there are, in which order, and what an absent one is worth.

A template on them prints a struct as ``{running true ...}``, knows fields that the engine left out, and complains about others.
Models api/types (container, image, network, volume), as far as people look at them. A line is ``name type``; ``?`` at the end of a
name: JSON leaves the field out while it is empty.
"""

from __future__ import annotations

import functools
from typing import Any

from k8slab.cli.gotemplate.execute import Struct
from k8slab.cli.gotemplate.values import plain

DECLARED = {
    "container.InspectResponse": """Id string; Created string; Path string; Args []string; State *State; Image string;
        ResolvConfPath string; HostnamePath string; HostsPath string; LogPath string; Name string; RestartCount int; Driver string;
        Platform string; MountLabel string; ProcessLabel string; AppArmorProfile string; ExecIDs []string; HostConfig *HostConfig;
        GraphDriver GraphDriver; SizeRw? *int; SizeRootFs? *int; Mounts []MountPoint; Config *Config; NetworkSettings *NetworkSettings;
        ImageManifestDescriptor? any""",
    "State": """Status string; Running bool; Paused bool; Restarting bool; OOMKilled bool; Dead bool; Pid int; ExitCode int;
        Error string; StartedAt string; FinishedAt string; Health? *Health""",
    "Health": "Status string; FailingStreak int; Log []HealthLog",
    "HealthLog": "Start string; End string; ExitCode int; Output string",
    "GraphDriver": "Data map[]string; Name string",
    "MountPoint": """Type? string; Name? string; Source string; Destination string; Driver? string; Mode string; RW bool;
        Propagation string""",
    "Config": """Hostname string; Domainname string; User string; AttachStdin bool; AttachStdout bool; AttachStderr bool;
        ExposedPorts? map[]any; Tty bool; OpenStdin bool; StdinOnce bool; Env []string; Cmd []string; Healthcheck? *Healthcheck;
        ArgsEscaped? bool; Image string; Volumes map[]any; WorkingDir string; Entrypoint []string; NetworkDisabled? bool;
        MacAddress? string; OnBuild []string; Labels map[]string; StopSignal? string; StopTimeout? *int; Shell? []string""",
    "Healthcheck": """Test? []string; Interval? int; Timeout? int; StartPeriod? int; StartInterval? int; Retries? int""",
    "LogConfig": "Type string; Config map[]string",
    "PortBinding": "HostIp string; HostPort string",
    "RestartPolicy": "Name string; MaximumRetryCount int",
    "HostConfig": """Binds []string; ContainerIDFile string; LogConfig LogConfig; NetworkMode string; PortBindings map[][]PortBinding;
        RestartPolicy RestartPolicy; AutoRemove bool; VolumeDriver string; VolumesFrom []string; ConsoleSize []int;
        Annotations? map[]string; CapAdd []string; CapDrop []string; CgroupnsMode string; Dns []string; DnsOptions []string;
        DnsSearch []string; ExtraHosts []string; GroupAdd []string; IpcMode string; Cgroup string; Links []string; OomScoreAdj int;
        PidMode string; Privileged bool; PublishAllPorts bool; ReadonlyRootfs bool; SecurityOpt []string; StorageOpt? map[]string;
        Tmpfs? map[]string; UTSMode string; UsernsMode string; ShmSize int; Sysctls? map[]string; Runtime? string; Isolation string;
        CpuShares int; Memory int; NanoCpus int; CgroupParent string; BlkioWeight int; BlkioWeightDevice []any;
        BlkioDeviceReadBps []any; BlkioDeviceWriteBps []any; BlkioDeviceReadIOps []any; BlkioDeviceWriteIOps []any; CpuPeriod int;
        CpuQuota int; CpuRealtimePeriod int; CpuRealtimeRuntime int; CpusetCpus string; CpusetMems string; Devices []Device;
        DeviceCgroupRules []string; DeviceRequests []any; MemoryReservation int; MemorySwap int; MemorySwappiness *int;
        OomKillDisable *bool; PidsLimit *int; Ulimits []any; CpuCount int; CpuPercent int; IOMaximumIOps int; IOMaximumBandwidth int;
        Mounts? []any; MaskedPaths []string; ReadonlyPaths []string; Init? *bool""",
    "Device": "PathOnHost string; PathInContainer string; CgroupPermissions string",
    "NetworkSettings": """Bridge string; SandboxID string; SandboxKey string; Ports map[][]PortBinding; HairpinMode bool;
        LinkLocalIPv6Address string; LinkLocalIPv6PrefixLen int; SecondaryIPAddresses []any; SecondaryIPv6Addresses []any;
        EndpointID string; Gateway string; GlobalIPv6Address string; GlobalIPv6PrefixLen int; IPAddress string; IPPrefixLen int;
        IPv6Gateway string; MacAddress string; Networks map[]*Endpoint""",
    "Endpoint": """IPAMConfig *any; Links []string; Aliases []string; MacAddress string; DriverOpts map[]string; GwPriority int;
        NetworkID string; EndpointID string; Gateway string; IPAddress string; IPPrefixLen int; IPv6Gateway string;
        GlobalIPv6Address string; GlobalIPv6PrefixLen int; DNSNames []string""",
    "image.InspectResponse": """Id string; RepoTags []string; RepoDigests []string; Parent string; Comment string; Created? string;
        DockerVersion string; Author string; Config *ImageConfig; Architecture string; Variant? string; Os string; OsVersion? string;
        Size int; VirtualSize? int; GraphDriver GraphDriver; RootFS RootFS; Metadata Metadata; Descriptor? any; Manifests? []any""",
    "ImageConfig": """User? string; ExposedPorts? map[]any; Env? []string; Entrypoint? []string; Cmd? []string; Volumes? map[]any;
        WorkingDir? string; Labels? map[]string; StopSignal? string; ArgsEscaped? bool; Healthcheck? *Healthcheck; OnBuild? []string;
        Shell? []string""",
    "RootFS": "Type? string; Layers? []string",
    "Metadata": "LastTagTime? string",
    "network.Inspect": """Name string; Id string; Created string; Scope string; Driver string; EnableIPv4 bool; EnableIPv6 bool;
        IPAM IPAM; Internal bool; Attachable bool; Ingress bool; ConfigFrom ConfigFrom; ConfigOnly bool; Containers map[]Attached;
        Options map[]string; Labels map[]string; Peers? []any; Services? map[]any""",
    "IPAM": "Driver string; Options map[]string; Config []Pool",
    "Pool": "Subnet? string; IPRange? string; Gateway? string; AuxiliaryAddresses? map[]string",
    "ConfigFrom": "Network string",
    "Attached": "Name string; EndpointID string; MacAddress string; IPv4Address string; IPv6Address string",
    "volume.Volume": """ClusterVolume? *any; CreatedAt? string; Driver string; Labels map[]string; Mountpoint string; Name string;
        Options map[]string; Scope string; Status? map[]any; UsageData? *any""",
}
_ZEROS: dict[str, Any] = {"string": "", "int": 0, "bool": False, "any": None}


class GoStruct(Struct):
    """A value of a declared type: every field is there, absent ones with their zero."""

    declared: str

    def printed(self) -> str:
        """Return the struct as %v prints it."""
        return "{" + " ".join(plain(value) for value in super().values()) + "}"

    def items(self) -> Any:
        """The fields that JSON shows."""
        hidden = {name for name, _, omitted in _fields(self.declared) if omitted and not self[name]}
        return {name: value for name, value in super().items() if name not in hidden}.items()


class GoMap(dict[str, Any]):
    """A map of a declared type: printed and shown in the order of its keys."""


@functools.lru_cache
def _fields(name: str) -> tuple[tuple[str, str, bool], ...]:
    found = []
    for line in DECLARED[name].split(";"):
        field, _, kind = line.strip().partition(" ")
        found.append((field.rstrip("?"), kind, field.endswith("?")))
    return tuple(found)


def typed(value: Any, kind: str) -> Any:
    """Return a decoded JSON *value* as one of the declared type *kind*."""
    pointer = kind.startswith("*")
    kind = kind.removeprefix("*")
    if value is None and pointer:
        return _NilPointer() if kind not in _ZEROS else None
    if kind.startswith("[]"):
        return [typed(item, kind[2:]) for item in value or []] if value is not None else _NoList()
    if kind.startswith("map[]"):
        return GoMap((key, typed(value[key], kind[5:])) for key in sorted(value)) if value is not None else _NoMap()
    if kind in _ZEROS:
        return _ZEROS[kind] if value is None else value
    struct = GoStruct()
    struct.type_name, struct.declared = f"*{kind}" if "." in kind else kind, kind
    for field, field_kind, _ in _fields(kind):
        struct[field] = typed((value or {}).get(field), field_kind)
    return struct


class _NilPointer(Struct):
    """A pointer to nothing: prints as ``<nil>``, is not true, and has no fields."""

    def printed(self) -> str:
        """Return what %v prints."""
        return "<nil>"

    def missing(self, name: str) -> str:
        """Return Go's complaint about a field of it."""
        return f"nil pointer evaluating *{name}"


class _NoList(list[Any]):
    """A nil slice: prints as ``[]``, JSON shows null."""


class _NoMap(dict[str, Any]):
    """A nil map: prints as ``map[]``, JSON shows null."""


def is_nil(value: Any) -> bool:
    """Return whether *value* is a slice or map that is not there."""
    return isinstance(value, (_NoList, _NoMap, _NilPointer))
