"""Finding addresses for names as libc does: /etc/hosts first, then the servers of /etc/resolv.conf with its search list.

Models nss files + dns and resolv.conf(5). Used by every program that connects somewhere.
Left out: IPv6 answers, nsswitch.conf, caching.
"""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from k8slab.machine.process import Process


class NoSuchName(Exception):
    """No address for the name. *temporary*: no server could be asked (EAI_AGAIN) rather than an answer that there is none."""

    def __init__(self, name: str, *, temporary: bool = False) -> None:
        super().__init__(name)
        self.temporary = temporary


@dataclass(slots=True)
class ResolvConf:
    """What /etc/resolv.conf says."""

    servers: list[str]
    search: list[str]
    ndots: int = 1


def resolv_conf(process: Process) -> ResolvConf:
    """Return what *process*'s /etc/resolv.conf says."""
    conf = ResolvConf([], [])
    try:
        text = process.files.read_text("/etc/resolv.conf")
    except OSError:
        return ResolvConf(["127.0.0.1"], [])
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith(("#", ";")):
            continue
        if words[0] == "nameserver":
            conf.servers.append(words[1])
        elif words[0] in ("search", "domain"):
            conf.search = words[1:]
        elif words[0] == "options":
            for option in words[1:]:
                if option.startswith("ndots:") and option[6:].isdigit():
                    conf.ndots = int(option[6:])
    conf.servers = conf.servers[:3] or ["127.0.0.1"]
    return conf


def is_address(text: str) -> bool:
    """Return whether *text* is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def hosts_file(process: Process, name: str) -> list[str]:
    """Return the addresses that /etc/hosts has for *name*."""
    try:
        text = process.files.read_text("/etc/hosts")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if name in words[1:] and ":" not in words[0]:
            found.append(words[0])
    return found


def candidates(name: str, conf: ResolvConf) -> list[str]:
    """Return the full names to try, in order."""
    if name.endswith("."):
        return [name.rstrip(".")]
    searched = [f"{name}.{domain.rstrip('.')}" for domain in conf.search]
    return [name, *searched] if name.count(".") >= conf.ndots else [*searched, name]


def resolve(process: Process, name: str) -> Generator[Any, Any, list[str]]:
    """Return the IPv4 addresses of *name*, itself if it is one. Takes time. Raises NoSuchName."""
    if is_address(name):
        return [name]
    found = hosts_file(process, name)
    if found:
        return found
    conf = resolv_conf(process)
    answered = False
    for full in candidates(name, conf):
        for server in conf.servers:
            try:
                answer = yield from process.network.query(server, full, "A")
            except OSError as error:
                if error.errno in (errno.ECONNREFUSED, errno.ETIMEDOUT, errno.ENETUNREACH, errno.EHOSTUNREACH):
                    continue
                raise
            if answer.code in ("SERVFAIL", "REFUSED"):
                continue
            answered = True
            addresses = [value for _, kind, value in answer.records if kind == "A"]
            if addresses:
                return addresses
            break
    raise NoSuchName(name, temporary=not answered)
