"""``/etc/docker/daemon.json``: what the daemon may be told, checked as dockerd does when it starts.

Models daemon/config. A file that is no JSON or has an unknown key keeps the daemon from starting, which is what a misplaced
comma costs on a real machine. Left out: options without an effect in the lab are accepted and ignored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from typing import Any
from urllib.parse import urlsplit

PATH = "/etc/docker/daemon.json"
PREFIX = "unable to configure the Docker daemon with file /etc/docker/daemon.json: "
_BOOL, _TEXT, _LIST, _MAP, _NUMBER = "bool", "string", "[]string", "map[string]string", "int"
KEYS = {
    "registry-mirrors": _LIST, "insecure-registries": _LIST, "dns": _LIST, "dns-opts": _LIST, "dns-search": _LIST, "hosts": _LIST,
    "labels": _LIST, "exec-opts": _LIST, "storage-opts": _LIST, "authorization-plugins": _LIST, "data-root": _TEXT,
    "exec-root": _TEXT, "log-driver": _TEXT, "log-level": _TEXT, "storage-driver": _TEXT, "bip": _TEXT, "bridge": _TEXT,
    "fixed-cidr": _TEXT, "default-gateway": _TEXT, "ip": _TEXT, "cgroup-parent": _TEXT, "default-runtime": _TEXT, "group": _TEXT,
    "default-shm-size": _TEXT, "default-cgroupns-mode": _TEXT, "default-ipc-mode": _TEXT, "userns-remap": _TEXT, "pidfile": _TEXT,
    "containerd": _TEXT, "init-path": _TEXT, "metrics-addr": _TEXT, "host-gateway-ip": _TEXT, "swarm-default-advertise-addr": _TEXT,
    "tlscacert": _TEXT, "tlscert": _TEXT, "tlskey": _TEXT, "log-opts": _MAP, "debug": _BOOL, "experimental": _BOOL, "iptables": _BOOL,
    "ip6tables": _BOOL, "ip-forward": _BOOL, "ip-masq": _BOOL, "ipv6": _BOOL, "icc": _BOOL, "live-restore": _BOOL, "init": _BOOL,
    "userland-proxy": _BOOL, "tls": _BOOL, "tlsverify": _BOOL, "no-new-privileges": _BOOL, "selinux-enabled": _BOOL,
    "raw-logs": _BOOL, "mtu": _NUMBER, "max-concurrent-downloads": _NUMBER, "max-concurrent-uploads": _NUMBER,
    "max-download-attempts": _NUMBER, "shutdown-timeout": _NUMBER, "default-address-pools": "", "default-ulimits": "", "runtimes": "",
    "builder": "", "features": "", "proxies": "", "node-generic-resources": "", "default-network-opts": "", "cluster-store": _TEXT,
}  # fmt: skip
_PYTHON = {_BOOL: bool, _TEXT: str, _LIST: list, _MAP: dict, _NUMBER: int}


class ConfigError(Exception):
    """The daemon does not start with this file. The text is dockerd's."""


@dataclass(slots=True)
class DaemonConfig:
    """What of it has an effect here."""

    registry_mirrors: list[str] = field(default_factory=list)
    insecure_registries: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    bridge_address: IPv4Interface | None = None
    address_pools: tuple[IPv4Network, ...] = ()
    iptables: bool = True
    debug: bool = False
    live_restore: bool = False
    log_driver: str = "json-file"
    dns: list[str] = field(default_factory=list)


def parse(text: str) -> DaemonConfig:
    """Return what the file *text* says. Raises ConfigError."""
    if not text.strip():
        return DaemonConfig()
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConfigError(PREFIX + _go_words(text, error)) from None
    if not isinstance(document, dict):
        raise ConfigError(PREFIX + "json: cannot unmarshal array into Go value of type map[string]interface {}")
    unknown = [key for key in document if key not in KEYS]
    if unknown:
        raise ConfigError(
            f"{PREFIX}the following directives don't match any configuration option: {', '.join(unknown)}"
        )
    for key, value in document.items():
        kind = KEYS[key]
        if kind and (not isinstance(value, _PYTHON[kind]) or (kind == _NUMBER and isinstance(value, bool))):
            name = "".join(part.capitalize() for part in key.split("-"))
            raise ConfigError(
                f"{PREFIX}json: cannot unmarshal {_json_type(value)} into Go struct field Config.{name} of type {kind}"
            )
    for url in document.get("registry-mirrors", []):
        _check_mirror(str(url))
    return DaemonConfig(
        [str(one).rstrip("/") + "/" for one in document.get("registry-mirrors", [])],
        [str(one) for one in document.get("insecure-registries", [])],
        [str(one) for one in document.get("labels", [])],
        _bridge(document.get("bip", "")),
        _pools(document.get("default-address-pools") or []),
        document.get("iptables", True),
        document.get("debug", False),
        document.get("live-restore", False),
        document.get("log-driver", "json-file"),
        [str(one) for one in document.get("dns", [])],
    )


def _go_words(text: str, error: ValueError) -> str:
    position = getattr(error, "pos", 0)
    if position >= len(text.rstrip()):
        return "unexpected EOF"
    mark = text[position]
    if "property name" in str(error):
        return f"invalid character '{mark}' looking for beginning of object key string"
    if "delimiter" in str(error):
        return (
            f"invalid character '{mark}' after object key:value pair"
            if "','" in str(error)
            else f"invalid character '{mark}' after object key"
        )
    if "Extra data" in str(error):
        return f"invalid character '{mark}' after top-level value"
    return f"invalid character '{mark}' looking for beginning of value"


def _check_mirror(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ConfigError(
            f'invalid mirror: unsupported scheme "{parts.scheme}" in "{url}"'
            if parts.scheme and parts.netloc
            else f"invalid mirror: no scheme specified for \"{url}\": must use either 'https://' or 'http://'"
        )
    if parts.query or parts.fragment:
        raise ConfigError(f'invalid mirror: query or fragment at end of the URI "{url}"')
    if parts.username:
        raise ConfigError(f'invalid mirror: username/password not allowed in URI "{url}"')


def _bridge(text: str) -> IPv4Interface | None:
    if not text:
        return None
    try:
        return IPv4Interface(text)
    except ValueError:
        raise ConfigError(f"invalid CIDR address: {text}") from None


def _pools(entries: list[Any]) -> tuple[IPv4Network, ...]:
    found: list[IPv4Network] = []
    try:
        for one in entries:
            base = IPv4Network(str(one["base"]), strict=False)
            found += base.subnets(new_prefix=int(one["size"])) if int(one["size"]) > base.prefixlen else [base]
    except (KeyError, TypeError, ValueError):
        raise ConfigError(PREFIX + "invalid default address pool") from None
    return tuple(found)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array", dict: "object"}.get(type(value), "null")
