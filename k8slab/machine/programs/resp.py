"""RESP, the protocol of Redis: values as bytes and back.

Models RESP2, and inline commands as a person types them.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator
from typing import Any, TypeAlias

from k8slab.machine.network import Connection

#: What travels: text (bulk), ("+", simple text), ("-", error), whole numbers, None, lists.
Value: TypeAlias = Any
WRONG_TYPE = ("-", "WRONGTYPE Operation against a key holding the wrong kind of value")


def encode(value: Value) -> bytes:
    """Return *value* in RESP."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, tuple):
        return f"{value[0]}{value[1]}\r\n".encode()
    if isinstance(value, int):
        return f":{value}\r\n".encode()
    if isinstance(value, list):
        return f"*{len(value)}\r\n".encode() + b"".join(map(encode, value))
    data = str(value).encode(errors="surrogateescape")
    return b"$%d\r\n%s\r\n" % (len(data), data)


class Wire:
    """Takes RESP values (and inline commands) off a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.buffer = b""

    def _line(self) -> Generator[Any, Any, str | None]:
        while b"\r\n" not in self.buffer and b"\n" not in self.buffer:
            chunk = yield from self.connection.read()
            if not chunk or len(self.buffer) > 1 << 20:
                return None
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode(errors="surrogateescape")

    def value(self) -> Generator[Any, Any, tuple[bool, Value]]:
        """Return ``(True, value)``, ``(False, None)`` at the end."""
        line = yield from self._line()
        if line is None:
            return False, None
        kind, rest = line[:1], line[1:]
        if kind in "+-" and kind:
            return True, (kind, rest)
        if kind == ":":
            return True, int(rest)
        if kind == "$" and rest.lstrip("-").isdigit():
            size = int(rest)
            if size < 0:
                return True, None
            if size > 16 << 20:
                return False, None
            while len(self.buffer) < size + 2:
                chunk = yield from self.connection.read()
                if not chunk:
                    return False, None
                self.buffer += chunk
            data, self.buffer = self.buffer[:size], self.buffer[size + 2 :]
            return True, data.decode(errors="surrogateescape")
        if kind == "*" and rest.lstrip("-").isdigit():
            items = []
            for _ in range(min(int(rest), 100_000)):
                there, item = yield from self.value()
                if not there:
                    return False, None
                items.append(item)
            return True, items
        try:
            return True, shlex.split(line)
        except ValueError:
            return True, [line]
