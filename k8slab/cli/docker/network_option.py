"""``--network lab`` and its long form ``--network name=lab,alias=db,ip=10.5.0.7``.

Models opts/network.go.
"""

from __future__ import annotations

import csv
import ipaddress
import re
from dataclasses import dataclass, field

_NAMES = ("name", "alias", "ip", "ip6", "mac-address", "link-local-ip", "driver-opt", "gw-priority")


@dataclass(slots=True)
class Attachment:
    """One network that a container shall be connected to, and how."""

    target: str
    aliases: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    driver_options: dict[str, str] = field(default_factory=dict)
    ip: str = ""
    ip6: str = ""
    link_local_ips: list[str] = field(default_factory=list)
    mac_address: str = ""
    gateway_priority: int = 0


def parse(text: str) -> Attachment:
    """Return what *text* asks for. Raises ValueError."""
    if not re.match(r"\w+=\w+(,\w+=\w+)*", text):
        return Attachment(text)
    result = Attachment("")
    for part in next(csv.reader([text], strict=True), []):
        key, mark, value = part.lower().partition("=") if part.lower().startswith("alias") else part.partition("=")
        key = key.strip().lower()
        value = value.strip()
        if not mark or not key:
            raise ValueError(f"invalid field {part}")
        match key:
            case "name":
                result.target = value
            case "alias":
                result.aliases.append(value)
            case "ip":
                result.ip = value
            case "ip6":
                result.ip6 = value
            case "mac-address":
                result.mac_address = _mac(value)
            case "link-local-ip":
                result.link_local_ips.append(value)
            case "driver-opt":
                name, equals, option = value.partition("=")
                if not equals or not name.strip():
                    raise ValueError("invalid key value pair format in driver options")
                result.driver_options[name.strip().lower()] = option.strip()
            case "gw-priority":
                if not re.fullmatch(r"[-+]?\d+", value):
                    raise ValueError(
                        f'invalid gw-priority ("{value}"): strconv.Atoi: parsing "{value}": invalid syntax'
                    )
                result.gateway_priority = int(value)
            case _:
                raise ValueError(f"invalid field key {key}")
    if not result.target:
        raise ValueError("network name/id is not specified")
    return result


def _mac(value: str) -> str:
    if not re.fullmatch(r"(?i)[0-9a-f]{2}([:-][0-9a-f]{2}){5}", value):
        raise ValueError(f"{value} is not a valid mac address")
    return value


def is_user_defined(name: str) -> bool:
    """Return whether *name* is a network that somebody made, not one of the modes that docker knows by itself."""
    return name not in ("default", "bridge", "host", "none", "") and not name.startswith("container:")


def is_ip(text: str) -> bool:
    """Return whether *text* is an address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
