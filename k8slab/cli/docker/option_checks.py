"""Values that docker checks while it reads the command line: each check returns the value as it will be kept, or raises ValueError.

Models github.com/docker/cli/opts (the validators of ListOpts, UlimitOpt, FilterOpt, MountOpt, NetworkOpt).
Left out: checks of --device-read-bps and its kin beyond their shape.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from k8slab.cli.docker import image_names, mount_option, network_option

_DOMAIN = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*\.?")
_SYSCTLS = frozenset(
    [
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ]
)
_ULIMITS = frozenset(
    [
        "as",
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ]
)


def attach(value: str) -> str:
    if value.lower() not in ("stdin", "stdout", "stderr"):
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return value.lower()


def ip_address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip()))
    except ValueError:
        raise ValueError(f"IP address is not correctly formatted: {value}") from None


def dns_search(value: str) -> str:
    value = value.strip(" ")
    if value == ".":
        return value
    if not re.search(r"[a-zA-Z]", value) or not _DOMAIN.fullmatch(value) or len(value) >= 255:
        raise ValueError(f"{value} is not a valid domain")
    return value


def environment(value: str) -> str:
    if not value.partition("=")[0]:
        raise ValueError("invalid environment variable: " + value)
    return value


def label(value: str) -> str:
    name = value.partition("=")[0].strip(" \t\n\v\f\r\x85\xa0")
    if not name:
        raise ValueError(f"invalid label '{value}': empty name")
    if re.search(r"\s", name):
        raise ValueError(f"label '{name}' contains whitespaces")
    return value


def extra_host(value: str) -> str:
    name, mark, address = value.partition("=")
    if not mark:
        name, mark, address = value.partition(":")
    if not mark or not name:
        raise ValueError(f'bad format for add-host: "{value}"')
    if address == "host-gateway":
        return f"{name}:{address}"
    bare = address[1:-1] if len(address) > 2 and address[0] == "[" and address[-1] == "]" else address
    try:
        return f"{name}:{ipaddress.ip_address(bare)}"
    except ValueError:
        raise ValueError(f'invalid IP address in add-host: "{address}"') from None


def link(value: str) -> str:
    parts = value.split(":")
    if not value:
        raise ValueError("empty string specified for links")
    if len(parts) > 2:
        raise ValueError(f"bad format for links: {value}")
    return value


def sysctl(value: str) -> str:
    name = value.partition("=")[0]
    if "=" in value and (name in _SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        return value
    raise ValueError(f"sysctl '{value}' is not allowed")


def filter_term(value: str) -> str:
    if value and "=" not in value:
        raise ValueError("bad format of filter (expected name=value)")
    name, _, rest = value.partition("=")
    return f"{name.strip().lower()}={rest.strip()}" if value else value


def ulimit(value: str) -> str:
    name, mark, rest = value.partition("=")
    if not mark:
        raise ValueError(f"invalid ulimit argument: {value}")
    if name not in _ULIMITS:
        raise ValueError(f"invalid ulimit type: {name}")
    limits = rest.split(":")
    if len(limits) > 2:
        raise ValueError(f"too many limit value arguments - {rest}, can only have up to two, `soft[:hard]`")
    numbers = []
    for limit in limits:
        if not re.fullmatch(r"[-+]?\d+", limit):
            raise ValueError(f'strconv.ParseInt: parsing "{limit}": invalid syntax')
        numbers.append(int(limit))
    if len(numbers) == 2 and numbers[0] > numbers[1] != -1:
        raise ValueError(f"ulimit soft limit must be less than or equal to hard limit: {numbers[0]} > {numbers[1]}")
    return value


def device_rule(value: str) -> str:
    if not re.fullmatch(r"[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}", value):
        raise ValueError(f"invalid device cgroup format '{value}'")
    return value


def mount(value: str) -> str:
    mount_option.parse(value)
    return value


def network(value: str) -> str:
    network_option.parse(value)
    return value


def gpus(value: str) -> str:
    for part in value.split(","):
        key, mark, count = part.partition("=")
        count = count if mark else key
        if (not mark or key == "count") and count != "all" and not re.fullmatch(r"[-+]?\d+", count):
            raise ValueError(f'invalid count ({count}): value must be either "all" or an integer: invalid syntax')
    return value


def tag(value: str) -> str:
    image_names.parse(value)
    return value


CHECKS: dict[str, Callable[[str], str]] = {
    "attach": attach,
    "dns": ip_address,
    "dns-search": dns_search,
    "env": environment,
    "label": label,
    "add-host": extra_host,
    "link": link,
    "sysctl": sysctl,
    "filter": filter_term,
    "ulimit": ulimit,
    "device-cgroup-rule": device_rule,
    "mount": mount,
    "network": network,
    "gpus": gpus,
    "tag": tag,
}
