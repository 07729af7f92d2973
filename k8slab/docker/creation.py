"""``docker create``: an image's config and a person's wishes become one container, which does not run yet.

Models daemon/create.go and create_unix.go: merge with the image, check, name, make the writable layer, register mounts and
pre-fill new volumes. Left out: `--platform` beyond linux/amd64, storage options, annotations have no effect.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from k8slab.docker import names, timestamps, volumes
from k8slab.docker.container import Container
from k8slab.docker.endpoints import Endpoint
from k8slab.docker.errors import DockerError, invalid_parameter
from k8slab.docker.host_config import settled
from k8slab.docker.image_config import DEFAULT_PATH, RunConfig
from k8slab.docker.image_store import Image
from k8slab.docker.logs import LogFile
from k8slab.docker.mount_points import MountPoint, collect
from k8slab.docker.ports import parse_port, wishes
from k8slab.docker.root_files import look_at
from k8slab.machine import signals
from k8slab.machine.fs.inode import Directory

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine


def merge(config: RunConfig, image: RunConfig) -> None:
    """Let *config* inherit from *image* what it does not say itself (daemon/commit.go: merge)."""
    config.user = config.user or image.user
    exposed = {**(image.exposed_ports or {}), **(config.exposed_ports or {})}
    config.exposed_ports = exposed or None
    env = dict(one.partition("=")[::2] for one in image.env or ())
    own = list(config.env or ())
    named = {one.partition("=")[0] for one in own}
    merged = own + [one for one in image.env or () if one.partition("=")[0] not in named]
    config.env = merged or ([DEFAULT_PATH] if not env else None)
    config.labels = {**(image.labels or {}), **(config.labels or {})}
    if config.entrypoint is None:
        config.cmd = config.cmd or image.cmd
        config.entrypoint = image.entrypoint
    elif config.entrypoint in ([], [""]):
        config.entrypoint = None
    if config.healthcheck is None or not config.healthcheck.get("Test"):
        inherited = dict(image.healthcheck or {})
        inherited |= {key: value for key, value in (config.healthcheck or {}).items() if value}
        config.healthcheck = inherited or None
    config.working_dir = config.working_dir or image.working_dir
    config.volumes = {**(image.volumes or {}), **(config.volumes or {})} or None
    config.stop_signal = config.stop_signal or image.stop_signal


def create(engine: DockerEngine, body: Mapping[str, Any], name: str = "") -> tuple[Container, list[str]]:
    """Return the new container that *body* (the API's) describes, and warnings. Raises DockerError 400, 404, 409."""
    try:
        config = RunConfig.from_document(body)
    except ValueError as error:
        raise invalid_parameter(str(error)) from None
    if not config.image:
        raise invalid_parameter("no image specified" if "Image" not in body else "invalid reference format")
    image = engine.images.find(config.image)
    _check(config)
    merge(config, image.config.config)
    if not config.entrypoint and not config.cmd:
        raise invalid_parameter("No command specified")
    host_config = settled(body.get("HostConfig"), engine.host.cpus)
    warnings: list[str] = []
    if host_config["NetworkMode"] == "host" and (host_config["PortBindings"] or host_config["PublishAllPorts"]):
        warnings.append("Published ports are discarded when using host network mode")
    for wish in wishes(host_config["PortBindings"], config.exposed_ports, False):
        config.exposed_ports = {**(config.exposed_ports or {}), f"{wish.port}/{wish.protocol}": {}}
    name = (
        engine.containers.check_name(name)
        if name
        else names.generate(engine.chance, engine.containers.by_name.__contains__)
    )
    _join_namespaces(engine, host_config)
    endpoints = _endpoints(engine, host_config, _asked_endpoints(body))
    points = collect(
        host_config, config.volumes or {}, lambda other: _volumes_of(engine, other), engine.host.files.exists
    )
    container = _made(engine, name, image, config, host_config)
    container.endpoints = endpoints
    _mount(engine, container, points)
    if config.working_dir:
        _make_working_directory(engine, container)
    engine.containers.add(container)
    engine.events.tell("container", "create", container.id, container.attributes())
    return container, warnings


def _check(config: RunConfig) -> None:
    for key in config.exposed_ports or {}:
        parse_port(key)
    for one in config.env or ():
        if one.startswith("=") or not one:
            raise invalid_parameter(f"invalid environment variable: {one}")
    if config.working_dir and not config.working_dir.startswith("/"):
        raise invalid_parameter(
            f"the working directory '{config.working_dir}' is invalid, it needs to be an absolute path"
        )
    if config.stop_signal and signals.number(config.stop_signal) is None:
        raise invalid_parameter(f"Invalid signal: {config.stop_signal}")
    if len(config.hostname) > 64:
        raise invalid_parameter(f"invalid hostname format: {config.hostname}")
    check = config.healthcheck or {}
    for key, word in (
        ("Interval", "Interval"),
        ("Timeout", "Timeout"),
        ("StartPeriod", "StartPeriod"),
        ("StartInterval", "StartInterval"),
    ):
        if check.get(key) and check[key] < 1_000_000:
            raise invalid_parameter(f"{word} in Healthcheck cannot be less than 1ms")
    if (check.get("Retries") or 0) < 0:
        raise invalid_parameter("Retries in Healthcheck cannot be negative")


def _asked_endpoints(body: Mapping[str, Any]) -> Mapping[str, Any]:
    networking = body.get("NetworkingConfig") or {}
    asked = networking.get("EndpointsConfig") or {} if isinstance(networking, dict) else None
    if not isinstance(asked, dict) or not all(one is None or isinstance(one, dict) for one in asked.values()):
        raise invalid_parameter(
            "invalid JSON: json: cannot unmarshal into Go struct field NetworkingConfig.EndpointsConfig"
        )
    return asked


def _join_namespaces(engine: DockerEngine, host_config: dict[str, Any]) -> None:
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        mode = host_config[key]
        if mode.startswith("container:"):
            host_config[key] = f"container:{engine.containers.find(mode[10:]).id}"


def _endpoints(engine: DockerEngine, host_config: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Return the endpoints of a new container by network: that of NetworkMode first, then the others asked for."""
    mode = host_config["NetworkMode"]
    if mode.startswith("container:"):
        return {}
    found: dict[str, Endpoint] = {}
    wanted = {("bridge" if name == "default" else name): config for name, config in asked.items()}
    for name in dict.fromkeys([mode, *wanted]):
        endpoint = Endpoint.of(wanted.get(name))
        network = next((one for one in engine.networks.all.values() if name in (one.name, one.id)), None)
        if network is not None:
            engine.networks.check_address(network, endpoint)
            if network.is_user_defined is False and endpoint.aliases and network.name == "bridge":
                endpoint.aliases = None
        elif endpoint.wanted_address and name != mode:
            raise DockerError(404, f"network {name} not found")
        endpoint.network = network
        found[network.name if network is not None else name] = endpoint
    return found


def _volumes_of(engine: DockerEngine, name: str) -> Iterator[MountPoint]:
    yield from engine.containers.find(name).mounts.values()


def _made(engine: DockerEngine, name: str, image: Image, config: RunConfig, host_config: dict[str, Any]) -> Container:
    id = engine.chance.hex(64)
    command = [*(config.entrypoint or ()), *(config.cmd or ())]
    if not config.hostname:
        config.hostname = engine.host.name if host_config["NetworkMode"] == "host" else id[:12]
    upper = Directory(0o755, mtime=timestamps.unix_now(engine.clock))
    system = engine.host.new_file_system("overlay", "overlay", on_disk=True)
    log = LogFile(engine.clock, kept=host_config["LogConfig"]["Type"] != "none")
    return Container(
        id, name, timestamps.unix_now(engine.clock), image.id, config, host_config, command[0], command[1:],
        (engine.init_layer, *image.lowers), upper, system, log, lambda: image.size,
    )  # fmt: skip


def _mount(engine: DockerEngine, container: Container, points: dict[str, MountPoint]) -> None:
    for destination, point in points.items():
        if point.type == "volume":
            volume = engine.volumes.create(point.name, driver=point.driver, labels=point.labels, options=point.options)
            point.name, point.source = volume.name, volume.mountpoint
            volume.users[container.id] = None
            if point.copies and volume.root.is_empty():
                with look_at(engine, container) as files:
                    volumes.pre_fill(volume, files, destination)
        container.mounts[destination] = point


def _make_working_directory(engine: DockerEngine, container: Container) -> None:
    path = posixpath.normpath(container.config.working_dir)
    with look_at(engine, container) as files:
        found = files.find_or_none(path)
        if found is None:
            try:
                files.make_directories(path, 0o755)
            except OSError as error:
                raise DockerError(500, f"mkdir {path}: {(error.strerror or '').lower()}") from None
        elif not isinstance(found.inode, Directory):
            raise invalid_parameter(f"Cannot mkdir: {path} is not a directory")
