"""A container's way into its networks when it starts, and out of them when it ends: sandbox, endpoints, ports, its own /etc files.

Models daemon/container_operations.go (allocateNetwork, initializeNetworking, connectToNetwork) and libnetwork's sandbox files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8slab.docker import embedded_dns, ports
from k8slab.docker.container import Container
from k8slab.docker.endpoints import Endpoint, Sandbox
from k8slab.docker.errors import DockerError, conflict, forbidden
from k8slab.docker.networks import DockerNetwork
from k8slab.machine.network import Network

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

HOSTS = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
FALLBACK_SERVERS = ("8.8.8.8", "8.8.4.4")


def sandbox_for(engine: DockerEngine, container: Container) -> tuple[Sandbox | None, bool, Network]:
    """Return the sandbox that *container* starts in (None: the host's), whether it is its own, and the network in it."""
    mode = container.network_mode
    if mode == "host":
        return None, False, engine.host.network
    if mode.startswith("container:"):
        other = engine.containers.find(mode[10:])
        if other.live is None:
            raise conflict(f"cannot join network of a non running container: {other.id}")
        sandbox = other.live.sandbox
        return sandbox, False, sandbox.network if sandbox is not None else engine.host.network
    number = engine.host.new_namespace_number()
    sandbox = Sandbox.new(engine.chance.hex(64), container.name, engine.clock, number)
    return sandbox, True, sandbox.network


def connect(engine: DockerEngine, container: Container, sandbox: Sandbox) -> list[ports.Mapping_]:
    """Connect *container* to all its networks and publish its ports. Raises DockerError."""
    order = sorted(
        container.endpoints.items(), key=lambda item: (-item[1].gw_priority, item[0] != container.network_mode)
    )
    for name, endpoint in order:
        network = engine.networks.find(
            name if endpoint.network is None or endpoint.network.id not in engine.networks.all else endpoint.network.id
        )
        if network.name != name:
            del container.endpoints[name]
            container.endpoints[network.name] = endpoint
        join(engine, container, network, endpoint, sandbox)
    return publish(engine, container, sandbox)


def join(
    engine: DockerEngine, container: Container, network: DockerNetwork, endpoint: Endpoint, sandbox: Sandbox
) -> None:
    """Connect *container*, which has *sandbox*, to *network*."""
    try:
        engine.networks.join(network, endpoint, sandbox, container.id, container.name)
    except DockerError as error:
        endpoint.id = ""
        if error.status == 403:
            raise DockerError(403, f"failed to set up container networking: {error.message}") from None
        raise


def publish(engine: DockerEngine, container: Container, sandbox: Sandbox) -> list[ports.Mapping_]:
    """Publish the container's ports behind its first bridge. Raises DockerError 500."""
    config = container.host_config
    wishes = ports.wishes(config["PortBindings"], container.config.exposed_ports, config["PublishAllPorts"])
    endpoint = next(
        (
            one
            for one in sandbox.endpoints.values()
            if one.address is not None and one.network is not None and not one.network.internal
        ),
        None,
    )
    if not wishes or endpoint is None or endpoint.network is None or endpoint.address is None:
        return []
    done: list[ports.Mapping_] = []
    for wish in wishes:
        try:
            one = engine.ports.allocate(wish, sandbox.namespace, endpoint.address)
        except DockerError as error:
            unpublish(engine, done)
            raise DockerError(
                500,
                f"failed to set up container networking: driver failed programming external connectivity on endpoint {container.name} "
                f"({endpoint.id}): {error.message}",
            ) from None
        rules = engine.rules.publish(endpoint.network.bridge, wish, one.host_port, endpoint.address)
        if rules is not None:
            one.nat, one.forward = rules
        one.proxy = engine.daemons.proxy(wish.protocol, wish.address, one.host_port, endpoint.address, wish.port)
        done.append(one)
    return done


def unpublish(engine: DockerEngine, mappings: list[ports.Mapping_]) -> None:
    """Withdraw published ports."""
    for one in mappings:
        engine.ports.release(one)
        engine.rules.withdraw(one.nat, one.forward)
        engine.daemons.end(one.proxy)


def disconnect(engine: DockerEngine, container: Container, sandbox: Sandbox | None) -> None:
    """Take *container* out of all its networks: it has ended."""
    if container.live is not None:
        unpublish(engine, container.live.mappings)
        container.live.mappings = []
    if sandbox is not None:
        for endpoint in list(sandbox.endpoints.values()):
            engine.networks.leave(endpoint, sandbox, container.id)


def own_files(engine: DockerEngine, container: Container, sandbox: Sandbox | None) -> dict[str, str]:
    """Return the container's /etc/resolv.conf, /etc/hostname and /etc/hosts."""
    config = container.host_config
    uses_dns = sandbox is not None and sandbox.has_dns
    hosts = HOSTS
    for one in config["ExtraHosts"] or ():
        name, _, address = one.partition(":")
        hosts += f"{_host_gateway(engine) if address == 'host-gateway' else address}\t{name}\n"
    for link in config["Links"] or ():
        target, _, alias = link.partition(":")
        other = engine.containers.find(target.lstrip("/"))
        address = next((str(one.address) for one in other.endpoints.values() if one.address is not None), "")
        if not address:
            raise DockerError(
                500, f"Cannot link to a non running container: /{other.name} AS /{container.name}/{alias or target}"
            )
        names = dict.fromkeys([alias or target, other.id[:12], other.name])
        hosts += f"{address}\t{' '.join(names)}\n"
    if sandbox is not None:
        domain = f".{container.config.domainname}" if container.config.domainname else ""
        for endpoint in sandbox.endpoints.values():
            if endpoint.address is not None:
                full = f"{container.config.hostname}{domain} " if domain else ""
                hosts += f"{endpoint.address}\t{full}{container.config.hostname}\n"
    return {
        "/etc/resolv.conf": _resolv_conf(engine, config, uses_dns),
        "/etc/hostname": container.config.hostname + "\n",
        "/etc/hosts": hosts,
    }


def _host_gateway(engine: DockerEngine) -> str:
    return str(engine.networks.find("bridge").gateway)


def _resolv_conf(engine: DockerEngine, config: dict[str, Any], uses_dns: bool) -> str:
    servers, search, options = (
        list(config["Dns"] or ()),
        list(config["DnsSearch"] or ()),
        list(config["DnsOptions"] or ()),
    )
    theirs: list[str] = []
    try:
        lines = engine.host.files.read_text("/etc/resolv.conf").splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver" and not words[1].startswith("127."):
            theirs.append(words[1])
        elif len(words) > 1 and words[0] == "search" and not search:
            search = words[1:]
    if uses_dns:
        found = [f"nameserver {embedded_dns.ADDRESS}"]
        options = [*options, "ndots:0"]
    else:
        found = [f"nameserver {one}" for one in servers or theirs or FALLBACK_SERVERS]
    if search and search != ["."]:
        found.append("search " + " ".join(search))
    if options:
        found.append("options " + " ".join(options))
    return "\n".join(found) + "\n"


def connect_later(engine: DockerEngine, name: str, container: Container, config: Any) -> None:
    """``docker network connect``. Raises DockerError 403, 404, 409."""
    network = engine.networks.find(name)
    if container.state.removing or container.state.dead:
        raise conflict(f"container {container.id} is marked for removal and cannot be connected to a network")
    if container.network_mode == "host" or network.driver == "host":
        raise forbidden("container cannot be disconnected from host network or connected to host network")
    if container.network_mode.startswith("container:"):
        raise forbidden(
            "container sharing network namespace with another container or host cannot be connected to any other network"
        )
    if network.driver == "null" or "none" in container.endpoints:
        raise forbidden(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        )
    if network.name in container.endpoints:
        raise forbidden(f"endpoint with name {container.name} already exists in network {network.name}")
    endpoint = Endpoint.of(config)
    engine.networks.check_address(network, endpoint)
    live = container.live
    if live is not None and live.sandbox is not None:
        engine.networks.join(network, endpoint, live.sandbox, container.id, container.name)
        if not live.mappings:
            live.mappings = publish(engine, container, live.sandbox)
        _write_own_files(engine, container)
    else:
        endpoint.network = network
    container.endpoints[network.name] = endpoint


def disconnect_now(engine: DockerEngine, name: str, container: Container) -> None:
    """``docker network disconnect``. Raises DockerError 403, 404."""
    network = engine.networks.find(name)
    if container.network_mode == "host":
        raise forbidden("container cannot be disconnected from host network or connected to host network")
    endpoint = container.endpoints.get(network.name)
    if endpoint is None:
        raise forbidden(f"container {container.id} is not connected to network {network.name}")
    live = container.live
    if live is not None and live.sandbox is not None:
        published = live.mappings
        if published and endpoint is next(iter(live.sandbox.endpoints.values()), None):
            unpublish(engine, published)
            live.mappings = []
        engine.networks.leave(endpoint, live.sandbox, container.id)
        if published and not live.mappings:
            live.mappings = publish(engine, container, live.sandbox)
    del container.endpoints[network.name]
    if live is not None:
        _write_own_files(engine, container)


def _write_own_files(engine: DockerEngine, container: Container) -> None:
    live = container.live
    if live is None:
        return
    texts = own_files(engine, container, live.sandbox)
    files = live.files.copy()
    files.credentials = type(files.credentials)()
    for path in ("/etc/hosts", "/etc/resolv.conf"):
        if path not in container.mounts:
            files.write(path, texts[path])
