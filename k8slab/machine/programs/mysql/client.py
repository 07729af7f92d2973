"""``mysql``, ``mysqladmin`` and ``mysqldump``: the clients.

Models the command-line clients' output: boxed tables on a terminal or with -t, tabs in a pipe, \\G, warnings and errors.
Left out: the line editor, \\commands beyond u, q, G and s, option files.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from k8slab.machine import users
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.mysql.server import SOCKET, Lines
from k8slab.machine.programs.resolver import NoSuchName, resolve
from k8slab.machine.unix_sockets import connect_unix

WITH_VALUE = {"-h": "host", "-u": "user", "-P": "port", "-D": "database", "-e": "execute", "-S": "socket"}
PASSWORD_WARNING = "{}: [Warning] Using a password on the command line interface can be insecure.\n"
GREETING = """Welcome to the MySQL monitor.  Commands end with ; or \\g.
Your MySQL connection id is 8
Server version: {version} MySQL Community Server - GPL

Copyright (c) 2000, 2024, Oracle and/or its affiliates.

Oracle is a registered trademark of Oracle Corporation and/or its
affiliates. Other names may be trademarks of their respective
owners.

Type 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.

"""


class Options:
    """The connection options of a client's command line."""

    def __init__(self, words: list[str], env: dict[str, str]) -> None:
        self.values = {"host": "", "user": "", "port": "3306", "database": "", "execute": "", "socket": SOCKET}
        self.password: str | None = env.get("MYSQL_PWD")
        self.asks = False
        self.on_command_line = False
        self.flags: list[str] = []
        self.words: list[str] = []
        words = list(words)
        while words:
            word = words.pop(0)
            if word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                if name == "password":
                    self._password(value if equals else None)
                elif name in self.values:
                    self.values[name] = value if equals else words.pop(0) if words else ""
                else:
                    self.flags.append(name)
            elif word[:2] == "-p" and len(word) >= 2:
                self._password(word[2:] or None)
            elif word[:2] in WITH_VALUE:
                self.values[WITH_VALUE[word[:2]]] = word[2:] if len(word) > 2 else words.pop(0) if words else ""
            elif word.startswith("-") and len(word) > 1:
                self.flags += list(word[1:])
            else:
                self.words.append(word)

    def _password(self, value: str | None) -> None:
        self.password = value
        self.asks = value is None
        self.on_command_line = bool(value)


class Refused(Exception):
    """The connection could not be made; the message is the client's."""


def connect(process: Process, options: Options, name: str) -> Generator[Any, Any, tuple[Lines, str]]:
    """Return the line to the server and the server's version. Raises Refused."""
    host, port = options.values["host"], options.values["port"]
    password = options.password or ""
    if options.asks:
        process.write_now(2, b"Enter password: ")
        terminal = process.terminal if process.stdin_is_tty() else None
        if terminal is not None:
            terminal.echo = False
        typed = yield from _line(process)
        password = typed
        if terminal is not None:
            terminal.echo = True
        process.write_now(2, b"\n")
    elif options.on_command_line:
        process.write_now(2, PASSWORD_WARNING.format(name).encode())
    connection: Connection
    if host in ("", "localhost"):
        try:
            connection = yield from connect_unix(process, options.values["socket"])
        except OSError as error:
            raise Refused(
                f"ERROR 2002 (HY000): Can't connect to local MySQL server through socket '{options.values['socket']}' ({error.errno})"
            ) from None
    else:
        try:
            address = (yield from resolve(process, host))[0]
        except NoSuchName as error:
            raise Refused(
                f"ERROR 2005 (HY000): Unknown MySQL server host '{host}' ({-3 if error.temporary else -2})"
            ) from None
        try:
            connection = yield from process.network.connect(address, int(port))
        except OSError as error:
            raise Refused(
                f"ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' ({error.errno})"
            ) from None
    lines = Lines(connection)
    greeting = yield from lines.receive()
    if not isinstance(greeting, dict) or "version" not in greeting:
        raise Refused(
            "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 0"
        )
    user = options.values["user"] or (users.user_name(process.files, process.uid) or str(process.uid))
    yield from lines.send({"user": user, "password": password, "database": options.values["database"]})
    answer = yield from lines.receive()
    if not isinstance(answer, dict) or "error" in answer:
        code, state, text = (
            answer["error"] if isinstance(answer, dict) else (2013, "HY000", "Lost connection to MySQL server")
        )
        raise Refused(f"ERROR {code} ({state}): {text}")
    return lines, greeting["version"]


def _line(process: Process) -> Generator[Any, Any, str]:
    line = b""
    while not line.endswith(b"\n"):
        byte = yield from process.read(0, 1)
        if not byte:
            break
        line += byte
    return line.decode(errors="surrogateescape").rstrip("\r\n")


class Mysql:
    """The ``mysql`` client."""

    def run(self, process: Process) -> Life:
        """Run -e, or what stdin brings."""
        self.process = process
        version = (process.executable.version if process.executable else "") or "8.4.3"
        options = self.options = Options(process.argv[1:], process.env)
        if "version" in options.flags or "V" in options.flags:
            yield from process.write(
                1, f"mysql  Ver {version} for Linux on x86_64 (MySQL Community Server - GPL)\n".encode()
            )
            return 0
        if options.words:
            options.values["database"] = options.words[0]
        try:
            self.lines, server = yield from connect(process, options, "mysql")
        except Refused as refused:
            yield from process.write(2, f"{refused}\n".encode())
            return 1
        self.tty = 1 in process.fds and process.fds[1].is_tty
        self.boxed = "t" in options.flags or "table" in options.flags
        self.names = not ("N" in options.flags or "skip-column-names" in options.flags)
        self.interactive = process.stdin_is_tty() and not options.values["execute"]
        if options.values["execute"]:
            self.boxed = self.boxed or (self.tty and "s" not in options.flags and "B" not in options.flags)
            return (yield from self._script(options.values["execute"]))
        self.boxed = self.boxed or self.interactive
        if self.interactive:
            yield from process.write(1, GREETING.format(version=server).encode())
        return (yield from self._session())

    def _session(self) -> Life:
        text, code, number = "", 0, 0
        while True:
            if self.interactive:
                yield from self.process.write(1, b"mysql> " if not text.strip() else b"    -> ")
            line = yield from self._read()
            if line is None:
                if self.interactive:
                    yield from self.process.write(1, b"Bye\n")
                elif text.strip():
                    code = yield from self._one(text, number)
                return code
            number += 1
            if not text.strip() and re.fullmatch(r"\s*(exit|quit|\\q)\s*;?\s*", line, re.IGNORECASE):
                if self.interactive:
                    yield from self.process.write(1, b"Bye\n")
                return code
            text += line + "\n"
            statements, text = split(text)
            for statement in statements:
                code = yield from self._one(statement, number)
                if code and not self.interactive and "f" not in self.options.flags:
                    return code

    def _read(self) -> Generator[Any, Any, str | None]:
        line = b""
        while not line.endswith(b"\n"):
            chunk = yield from self.process.read(0, 65536 if self.interactive else 1)
            if not chunk:
                return line.decode(errors="surrogateescape") if line else None
            line += chunk
        return line.decode(errors="surrogateescape").rstrip("\n")

    def _script(self, text: str) -> Life:
        statements, rest = split(text)
        if rest.strip():
            statements.append(rest)
        for statement in statements:
            code = yield from self._one(statement, 1)
            if code:
                return code
        return 0

    def _one(self, statement: str, number: int) -> Generator[Any, Any, int]:
        vertical = statement.rstrip().endswith("\\G")
        query = re.sub(r"(\\[Gg]|;)\s*\Z", "", statement.strip())
        match = re.fullmatch(r"\\u\s+(\S+)", query)
        if match:
            query = f"use {match[1]}"
        if not query.strip():
            return 0
        began = self.process.clock.now
        yield from self.lines.send(query)
        answer = yield from self.lines.receive()
        if not isinstance(answer, dict):
            yield from self.process.write(2, b"ERROR 2013 (HY000): Lost connection to MySQL server during query\n")
            return 1
        if "error" in answer:
            code, state, text = answer["error"]
            place = "" if self.interactive else f" at line {number}"
            yield from self.process.write(2, f"ERROR {code} ({state}){place}: {text}\n".encode())
            return 1
        seconds = f"({self.process.clock.now - began:.2f} sec)"
        yield from self.process.write(1, self._shown(answer, vertical, seconds).encode(errors="surrogateescape"))
        return 0

    def _shown(self, answer: dict[str, Any], vertical: bool, seconds: str) -> str:
        columns, rows = answer["columns"], answer["rows"]
        if not columns:
            if not self.interactive:
                return ""
            if answer.get("database"):
                return "Database changed\n"
            count = answer["affected"]
            text = f"Query OK, {count} row{'s' if count != 1 else ''} affected {seconds}\n"
            return text + (answer["message"] + "\n" if answer["message"] else "") + "\n"
        cells = [["NULL" if value is None else _cell(value) for value in row] for row in rows]
        if vertical:
            return self._vertical(columns, cells) + (self._footer(rows, seconds) if self.interactive else "")
        if not self.boxed:
            table = ([columns] if self.names else []) + cells
            return (
                "".join(
                    "\t".join(cell.replace("\n", "\\n").replace("\t", "\\t") for cell in row) + "\n" for row in table
                )
                if rows
                else ""
            )
        return (boxed(columns, cells, rows, self.names) if rows else "") + (
            self._footer(rows, seconds) if self.interactive else ""
        )

    def _footer(self, rows: list[Any], seconds: str) -> str:
        if not rows:
            return f"Empty set {seconds}\n\n"
        return f"{len(rows)} row{'s' if len(rows) != 1 else ''} in set {seconds}\n\n"

    def _vertical(self, columns: list[str], rows: list[list[str]]) -> str:
        width = max(map(len, columns))
        out = []
        for number, row in enumerate(rows, 1):
            out.append(f"{'*' * 27} {number}. row {'*' * 27}\n")
            out += [f"{name:>{width}}: {cell}\n" for name, cell in zip(columns, row)]
        return "".join(out)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def boxed(columns: list[str], cells: list[list[str]], rows: list[list[Any]], names: bool = True) -> str:
    """Return a table in a box; numbers stand to the right."""
    widths = [max([len(name) if names else 0, *(len(row[at]) for row in cells)]) for at, name in enumerate(columns)]
    numeric = [
        all(isinstance(row[at], int | float) or row[at] is None for row in rows)
        and any(row[at] is not None for row in rows)
        for at in range(len(columns))
    ]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+\n"

    def line(row: list[str], right: bool) -> str:
        parts = [
            cell.rjust(width) if right and number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric)
        ]
        return "| " + " | ".join(parts) + " |\n"

    head = line(columns, False) + rule if names else ""
    return rule + head + "".join(line(row, True) for row in cells) + rule


def split(text: str) -> tuple[list[str], str]:
    """Return the complete statements in *text*, and what follows the last ``;``, ``\\g`` or ``\\G``."""
    found: list[str] = []
    begin = at = 0
    quote = ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == ";" or text.startswith(("\\G", "\\g"), at):
            end = at + (1 if char == ";" else 2)
            found.append(text[begin:end])
            begin = end
            at = end
            continue
        elif text.startswith("-- ", at) or char == "#":
            stop = text.find("\n", at)
            at = len(text) if stop < 0 else stop
            continue
        at += 1
    return [one for one in found if one.strip(" ;\n")], text[begin:]


class MysqlAdmin:
    """``mysqladmin``: ping, status, version, shutdown."""

    def run(self, process: Process) -> Life:
        """Do one command."""
        options = Options(process.argv[1:], process.env)
        command = options.words[0] if options.words else ""
        try:
            lines, version = yield from connect(process, options, "mysqladmin")
        except Refused as refused:
            text = str(refused).partition(": ")[2]
            if command == "ping" and "Access denied" in text:
                yield from process.write(1, b"mysqld is alive\n")
                return 0
            where = options.values["host"] or "localhost"
            yield from process.write(
                2, f"mysqladmin: connect to server at '{where}' failed\nerror: '{text}'\n".encode()
            )
            return 1
        yield from lines.send("\0shutdown" if command == "shutdown" else "\0ping")
        yield from lines.receive()
        if command == "ping":
            yield from process.write(1, b"mysqld is alive\n")
        elif command == "version":
            yield from process.write(
                1, f"mysqladmin  Ver {version} for Linux on x86_64\nServer version\t\t{version}\n".encode()
            )
        elif command == "status":
            yield from process.write(
                1, b"Uptime: 1  Threads: 2  Questions: 1  Slow queries: 0  Opens: 1  Open tables: 1\n"
            )
        elif command != "shutdown":
            yield from process.write(2, f"mysqladmin: Unknown command: '{command}'\n".encode())
            return 1
        return 0


class MysqlDump:
    """``mysqldump``: the statements that make the tables of one database again."""

    def run(self, process: Process) -> Life:
        """Dump one database to stdout."""
        options = Options(process.argv[1:], process.env)
        if not options.words:
            yield from process.write(2, b"Usage: mysqldump [OPTIONS] database [tables]\n")
            return 1
        database = options.words[0]
        options.values["database"] = database
        try:
            lines, version = yield from connect(process, options, "mysqldump")
        except Refused as refused:
            text = (
                str(refused)
                .removeprefix("ERROR ")
                .replace(" (42000)", "")
                .replace(" (HY000)", "")
                .replace(" (28000)", "")
            )
            yield from process.write(
                2,
                f"mysqldump: Got error: {text} when {'selecting the database' if '1049' in text else 'trying to connect'}\n".encode(),
            )
            return 2
        out = [
            f"-- MySQL dump 10.13  Distrib {version}, for Linux (x86_64)\n--\n-- Host: localhost    Database: {database}\n-- ------------------------------------------------------\n"
        ]
        yield from lines.send("show tables")
        tables = [row[0] for row in (yield from lines.receive())["rows"]]
        for table in tables:
            yield from lines.send(f"show create table `{table}`")
            created = (yield from lines.receive())["rows"][0][1]
            out.append(f"\nDROP TABLE IF EXISTS `{table}`;\n{created};\n")
            yield from lines.send(f"select * from `{table}`")
            rows = (yield from lines.receive())["rows"]
            if rows:
                values = ",".join("(" + ",".join(_literal(value) for value in row) + ")" for row in rows)
                out.append(f"INSERT INTO `{table}` VALUES {values};\n")
        out.append("\n-- Dump completed\n")
        yield from process.write(1, "".join(out).encode(errors="surrogateescape"))
        return 0


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
