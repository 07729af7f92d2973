"""URLs, and connections to where they point: what curl and wget share."""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.tool import Call


class Failure(Exception):
    """curl's exit code and words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Target(NamedTuple):
    """A URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.host if self.port == (443 if self.scheme == "https" else 80) else f"{self.host}:{self.port}"


def parse_url(text: str) -> Target:
    """Return *text* taken apart. Raises Failure with curl's words."""
    if "://" not in text:
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Failure(3, "URL rejected: Port number was not a decimal number between 0 and 65535") from None
    if parts.scheme not in ("http", "https"):
        raise Failure(1, f'Protocol "{parts.scheme}" not supported')
    if not parts.hostname:
        raise Failure(3, "URL rejected: No host part in the URL")
    path = quote(parts.path or "/", safe="/%:=&?~#+!$,;'@()*[]-._") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def connect(call: Call, target: Target, timeout: float | None) -> Generator[Any, Any, tuple[Any, str]]:
    """Return a connection to *target* and its address. Raises Failure."""
    try:
        address = (yield from resolve(call.process, target.host))[0]
    except NoSuchName:
        raise Failure(6, f"Could not resolve host: {target.host}") from None
    begin = call.process.clock.now
    try:
        connection = yield from call.process.network.connect(address, target.port, timeout=timeout)
    except OSError as error:
        milliseconds = int((call.process.clock.now - begin) * 1000)
        if error.errno == errno.ETIMEDOUT:
            if timeout is not None:
                raise Failure(
                    28,
                    f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Timeout was reached",
                ) from None
            raise Failure(
                28,
                f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Couldn't connect to server",
            ) from None
        raise Failure(
            7,
            f"Failed to connect to {target.host} port {target.port} after {milliseconds} ms: Couldn't connect to server",
        ) from None
    return connection, address
