"""``docker network``. Models cli/command/network."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from k8slab.cli.docker import api, container_options, formatting, units
from k8slab.cli.docker.errors import CommandError, DaemonError
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps

NETWORKS = Listing(
    {
        "ID": "NETWORK ID",
        "Name": "NAME",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "IPv4": "IPV4",
        "IPv6": "IPV6",
        "Internal": "INTERNAL",
        "Labels": "LABELS",
        "CreatedAt": "CREATED AT",
    },
    "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    quiet="{{.ID}}",
    raw="network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
    type_name="*network.networkContext",
    unlisted=("Label",),
)
INGRESS_WARNING = (
    "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. "
    "Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\n"
    "Are you sure you want to continue? [y/N]"
)


def natural(name: str) -> list[Any]:
    """Return a key that sorts names as people do: web2 before web10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def ls(run: Invocation) -> Steps[int]:
    """List networks."""
    flags = run.flags
    found = yield from run.api.json("GET", "/networks", {"filters": api.filters(flags.items("filter"))})
    form = flags.text("format") or ("" if flags.on("quiet") else run.config.format("networksFormat"))
    trunc = not flags.on("no-trunc")
    rows = [_row(network, trunc) for network in sorted(found or [], key=lambda network: natural(network["Name"]))]
    run.io.out(formatting.listing(NETWORKS, rows, form, quiet=flags.on("quiet")))
    return 0


def _row(network: dict[str, Any], trunc: bool) -> Row:
    labels = network.get("Labels") or {}
    return {
        "ID": units.short_id(network["Id"]) if trunc else network["Id"],
        "Name": network["Name"],
        "Driver": network["Driver"],
        "Scope": network["Scope"],
        "IPv4": _bool(network.get("EnableIPv4")),
        "IPv6": _bool(network.get("EnableIPv6")),
        "Internal": _bool(network.get("Internal")),
        "Labels": formatting.labels_text(labels),
        "Label": lambda name: labels.get(name, ""),
        "CreatedAt": _go_date(network.get("Created") or ""),
    }


def _bool(value: Any) -> str:
    return "true" if value else "false"


def _go_date(text: str) -> str:
    """Return an RFC 3339 date as Go prints a Time, nanoseconds and all."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if match is None:
        return "0001-01-01 00:00:00 +0000 UTC"
    fraction = (match[3] or "").rstrip("0")
    zone = "+0000 UTC" if match[4] in ("Z", "+00:00") else f"{match[4].replace(':', '')} {match[4].replace(':', '')}"
    return f"{match[1]} {match[2]}{'.' + fraction if fraction else ''} {zone}"


def create(run: Invocation) -> Steps[int]:
    """Make a network."""
    flags = run.flags
    body: dict[str, Any] = {"Driver": flags.text("driver"), "Scope": flags.text("scope")}
    if flags.changed("ipv4"):
        body["EnableIPv4"] = flags.on("ipv4")
    if flags.changed("ipv6"):
        body["EnableIPv6"] = flags.on("ipv6")
    config = _ipam(run)
    body |= {
        "IPAM": {"Driver": flags.text("ipam-driver"), "Options": _map(flags.items("ipam-opt")), "Config": config},
        "Internal": flags.on("internal"),
        "Attachable": flags.on("attachable"),
        "Ingress": flags.on("ingress"),
        "ConfigOnly": flags.on("config-only"),
        "ConfigFrom": {"Network": flags.text("config-from")} if flags.text("config-from") else None,
        "Options": _map(flags.items("opt")),
        "Labels": _map(flags.items("label")),
        "Name": run.args[0],
    }
    answer = yield from run.api.json("POST", "/networks/create", body=body)
    if answer.get("Warning"):
        run.io.err(f"WARNING: {answer['Warning']}\n")
    run.io.out(f"{answer['Id']}\n")
    return 0


def _map(items: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (item.partition("=") for item in items)}


def _ipam(run: Invocation) -> list[dict[str, Any]]:
    """Return the address pools that the flags describe, matching each range and gateway with its subnet."""
    flags = run.flags
    subnets, ranges, gateways = flags.items("subnet"), flags.items("ip-range"), flags.items("gateway")
    if len(subnets) < len(ranges) or len(subnets) < len(gateways):
        raise CommandError("every ip-range or gateway must have a corresponding subnet")
    pools: dict[str, dict[str, Any]] = {}
    nets: dict[str, Any] = {}
    alone = len(subnets) == 1 and not (ranges or gateways or flags.items("aux-address"))
    if alone:
        return [{"Subnet": subnets[0]}]  # the engine will look at it
    for subnet in subnets:
        net = _network(subnet)
        for other in nets.values():
            if net.version == other.version and net.overlaps(other):
                raise CommandError("multiple overlapping subnet configuration is not supported")
        nets[subnet] = net
        pools[subnet] = {"Subnet": subnet}
    for text in ranges:
        piece = _network(text)
        home = next((name for name, net in nets.items() if piece.network_address in net), None)
        if home is None:
            raise CommandError(f"no matching subnet for range {text}")
        if "IPRange" in pools[home]:
            raise CommandError(
                f"cannot configure multiple ranges ({text}, {pools[home]['IPRange']}) on the same subnet ({home})"
            )
        pools[home]["IPRange"] = text
    for text in gateways:
        home = _home(text, nets)
        if home is None:
            raise CommandError(f"no matching subnet for gateway {text}")
        if "Gateway" in pools[home]:
            raise CommandError(
                f"cannot configure multiple gateways ({text}, {pools[home]['Gateway']}) for the same subnet ({home})"
            )
        pools[home]["Gateway"] = text
    for item in flags.items("aux-address"):
        name, _, address = item.partition("=")
        home = _home(address, nets)
        if home is None:
            raise CommandError(f"no matching subnet for aux-address {address}")
        pools[home].setdefault("AuxiliaryAddresses", {})[name] = address
    return list(pools.values())


def _network(text: str) -> Any:
    try:
        if "/" not in text:
            raise ValueError
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise CommandError(f"invalid CIDR address: {text}") from None


def _home(address: str, nets: dict[str, Any]) -> str | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return next((name for name, net in nets.items() if found in net), None)


def rm(run: Invocation) -> Steps[int]:
    """Remove networks."""
    failed = False
    for name in run.args:
        try:
            found = yield from run.api.json("GET", f"/networks/{name}")
        except DaemonError:
            found = {}
        if found.get("Ingress") and not run.confirm(INGRESS_WARNING):
            continue
        try:
            yield from run.api.call("DELETE", f"/networks/{name}")
        except DaemonError as error:
            if run.flags.on("force") and error.status == 404:
                continue
            run.io.err(f"{error}\n")
            failed = True
            continue
        run.io.out(name + "\n")
    if failed:
        raise CommandError("exit status 1", 1)
    return 0


def connect(run: Invocation) -> Steps[int]:
    """Connect a container to a network."""
    flags = run.flags
    network, container = run.args
    ipam: dict[str, Any] = {}
    if flags.text("ip"):
        ipam["IPv4Address"] = flags.text("ip")
    if flags.text("ip6"):
        ipam["IPv6Address"] = flags.text("ip6")
    if flags.items("link-local-ip"):
        ipam["LinkLocalIPs"] = flags.items("link-local-ip")
    endpoint = container_options.endpoint_settings(
        ipam=ipam,
        links=flags.items("link") or None,
        aliases=flags.items("alias"),
        options=_map(flags.items("driver-opt")),
        priority=flags.number("gw-priority") if flags.has("gw-priority") else 0,
    )
    body = {"Container": container, "EndpointConfig": endpoint}
    yield from run.api.call("POST", f"/networks/{network}/connect", body=body)
    return 0


def disconnect(run: Invocation) -> Steps[int]:
    """Take a container off a network."""
    network, container = run.args
    body = {"Container": container, "Force": run.flags.on("force")}
    yield from run.api.call("POST", f"/networks/{network}/disconnect", body=body)
    return 0
