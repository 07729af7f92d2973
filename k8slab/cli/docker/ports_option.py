"""``-p 127.0.0.1:8000-8010:80/tcp``: which ports of a container are published where.

Models go-connections/nat: ParsePortSpec, SplitProtoPort, ParsePortRange. The engine's side reads the result, not the words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

Bindings = dict[str, list[dict[str, str]]]


def parse(specs: Iterable[str]) -> tuple[dict[str, dict[str, str]], Bindings]:
    """Return the exposed ports and the port bindings that *specs* ask for. Raises ValueError."""
    exposed: dict[str, dict[str, str]] = {}
    bindings: Bindings = {}
    for spec in specs:
        for port, host_ip, host_port in _one(_standard(spec)):
            exposed.setdefault(port, {})
            bindings.setdefault(port, []).append({"HostIp": host_ip, "HostPort": host_port})
    return exposed, bindings


def _standard(spec: str) -> str:
    """Turn the long form (``published=8080,target=80,protocol=tcp``) into the short one."""
    if "=" not in spec:
        return spec
    found = {"protocol": "tcp"}
    for part in spec.split(","):
        name, mark, value = part.partition("=")
        if not mark:
            raise ValueError(f"invalid publish opts format (should be name=value but got '{part}')")
        found[name] = value
    return f"{found.get('published', '')}:{found.get('target', '')}/{found['protocol']}"


def _one(spec: str) -> list[tuple[str, str, str]]:
    parts = spec.split(":")
    address = ":".join(parts[:-2])
    host = parts[-2] if len(parts) > 1 else ""
    protocol, container = split_protocol(parts[-1])
    if address.startswith("["):
        if not address.endswith("]"):
            raise ValueError(f"invalid IP address {address}: address {address}:: missing ']' in address")
        address = address[1:-1]
    if address:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"invalid IP address: {address}") from None
    if not container:
        raise ValueError(f"no port specified: {spec}<empty>")
    start, end = _range(container, "containerPort")
    host_start, host_end = _range(host, "hostPort") if host else (0, 0)
    if host and end - start != host_end - host_start and end != start:
        raise ValueError(f"invalid ranges specified for container and host Ports: {container} and {host}")
    if protocol.lower() not in ("tcp", "udp", "sctp"):
        raise ValueError(f"invalid proto: {protocol}")
    found = []
    for offset in range(end - start + 1):
        host_port = str(host_start + offset) if host else ""
        if start == end and host_start != host_end:
            host_port = f"{host_port}-{host_end}"
        found.append((f"{start + offset}/{protocol.lower()}", address, host_port))
    return found


def split_protocol(text: str) -> tuple[str, str]:
    """Return protocol and port of ``80/udp``."""
    port, _, protocol = text.partition("/")
    if not port:
        return "", ""
    return protocol.split("/")[0] or "tcp", port


def port_range(text: str) -> tuple[int, int]:
    """Return the first and last port of ``80`` or ``80-90``. Raises ValueError in nat's words."""
    if not text:
        raise ValueError("empty string specified for ports")
    first, mark, last = text.partition("-")
    start = _number(first)
    end = _number(last) if mark else start
    if end < start:
        raise ValueError(f"invalid range specified for port: {text}")
    return start, end


def _number(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def _range(text: str, what: str) -> tuple[int, int]:
    try:
        return port_range(text)
    except ValueError:
        raise ValueError(f"invalid {what}: {text}") from None
