"""``redis-cli``: one command, or those that stdin brings.

Prints raw values in a pipe and typed ones on a terminal. Left out: hints, --scan and its relatives, MONITOR.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Generator
from typing import Any

from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.programs.resp import Value, Wire, encode


class RedisCli:
    """``redis-cli``."""

    def run(self, process: Process) -> Life:
        """Run one command, or those that stdin brings."""
        words = process.argv[1:]
        host, port, password = "127.0.0.1", "6379", process.env.get("REDISCLI_AUTH", "")
        while words and words[0].startswith("-"):
            flag = words.pop(0)
            if flag == "--version":
                version = (process.executable.version if process.executable else "") or "7.4.1"
                yield from process.write(1, f"redis-cli {version}\n".encode())
                return 0
            if flag in ("-h", "-p", "-a", "-n", "-u") and words:
                value = words.pop(0)
                host = value if flag == "-h" else host
                port = value if flag == "-p" else port
                password = value if flag == "-a" else password
        try:
            address = (yield from resolve(process, host))[0]
            connection = yield from process.network.connect(address, int(port))
        except NoSuchName:
            yield from process.write(
                2, f"Could not connect to Redis at {host}:{port}: Name or service not known\n".encode()
            )
            return 1
        except OSError as error:
            yield from process.write(2, f"Could not connect to Redis at {host}:{port}: {error.strerror}\n".encode())
            return 1
        wire = Wire(connection)
        tty = 1 in process.fds and process.fds[1].is_tty
        if password:
            yield from connection.write(encode(["AUTH", password]))
            yield from wire.value()
        if words:
            return (yield from self._one(process, connection, wire, words, tty))
        code = 0
        interactive = process.stdin_is_tty()
        buffer = b""
        while True:
            if interactive:
                yield from process.write(1, f"{host}:{port}> ".encode())
            while b"\n" not in buffer:
                chunk = yield from process.read(0)
                if not chunk:
                    break
                buffer += chunk
            line, newline, buffer = buffer.partition(b"\n")
            if not line and not newline:
                return code
            try:
                command = shlex.split(line.decode(errors="surrogateescape"))
            except ValueError:
                yield from process.write(1, b"Invalid argument(s)\n")
                continue
            if command and command[0].lower() in ("exit", "quit"):
                return code
            if command:
                code = yield from self._one(process, connection, wire, command, tty)

    def _one(
        self, process: Process, connection: Connection, wire: Wire, words: list[str], tty: bool
    ) -> Generator[Any, Any, int]:
        yield from connection.write(encode(words))
        there, value = yield from wire.value()
        if not there:
            if words[0].upper() == "SHUTDOWN":
                return 0
            yield from process.write(2, b"Error: Server closed the connection\n")
            return 1
        yield from process.write(1, (show(value, tty) + "\n").encode(errors="surrogateescape"))
        return 1 if isinstance(value, tuple) and value[0] == "-" else 0


def show(value: Value, tty: bool, indent: str = "") -> str:
    """Return *value* as redis-cli prints it: typed on a terminal, raw in a pipe."""
    if isinstance(value, tuple):
        return f"(error) {value[1]}" if value[0] == "-" and tty else value[1]
    if value is None:
        return "(nil)" if tty else ""
    if isinstance(value, int):
        return f"(integer) {value}" if tty else str(value)
    if isinstance(value, list):
        if not value:
            return "(empty array)" if tty else ""
        if not tty:
            return "\n".join(show(item, tty) for item in value)
        width = len(str(len(value)))
        return "\n".join(
            (indent if number > 1 else "") + f"{number:>{width}}) {show(item, tty, indent + ' ' * (width + 2))}"
            for number, item in enumerate(value, 1)
        )
    return json.dumps(value, ensure_ascii=False) if tty else value
