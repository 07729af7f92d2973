"""``mysqld``: the data directory, the sockets, the log lines; and how client and server talk.

Models the official image's server. The protocol is JSON lines instead of MySQL's packets; everything a person sees is MySQL's.
Left out: replication, plugins, performance_schema, option files beyond ``[mysqld] port`` and ``datadir``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import signals, users
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.mysql.engine import Engine, Session
from k8slab.machine.programs.mysql.parser import SqlError
from k8slab.machine.programs.serving import until_told
from k8slab.machine.unix_sockets import UnixListener

SOCKET = "/var/run/mysqld/mysqld.sock"
DATA = "/var/lib/mysql"
#: What a server of the real one's default settings holds.
SERVER_BYTES = {"5": 200 << 20, "8": 390 << 20, "9": 400 << 20}


class Lines:
    """JSON values, one a line, over a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._buffer = b""

    def receive(self) -> Generator[Any, Any, Any]:
        """Return the next value, None at the end."""
        while b"\n" not in self._buffer:
            chunk = yield from self.connection.read()
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            return json.loads(line)
        except ValueError:
            return None

    def send(self, value: Any) -> Generator[Any, Any, None]:
        """Send *value*."""
        yield from self.connection.write(json.dumps(value).encode() + b"\n")


class Mysqld:
    """The server program."""

    def run(self, process: Process) -> Life:
        """Initialize a data directory, or serve one."""
        self.process = process
        self.version = (process.executable.version if process.executable else "") or "8.4.3"
        words = process.argv[1:]
        options = dict(word.lstrip("-").partition("=")[::2] for word in words if word.startswith("--"))
        if "version" in options or "-V" in words:
            yield from process.write(
                1, f"/usr/sbin/mysqld  Ver {self.version} for Linux on x86_64 (MySQL Community Server - GPL)\n".encode()
            )
            return 0
        settings = self._option_files()
        self.port = int(options.get("port") or settings.get("port") or "3306")
        self.networking = "skip-networking" not in options
        if process.uid == 0 and not options.get("user"):
            self._log(
                "Please read 'Security' section of the manual to find out how to run mysqld as root!",
                "ERROR",
                "MY-010123",
            )
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        if options.get("user") and process.uid == 0:
            account = next((one for one in users.users(process.files) if one.name == options["user"]), None)
            if account is not None:
                process.become_user(account.uid, account.gid)
        directory = options.get("datadir") or settings.get("datadir") or DATA
        self.engine = Engine(process.files, directory.rstrip("/"), self.version, process.host.unix_time)
        if "initialize-insecure" in options or "initialize" in options:
            return (yield from self._initialize())
        return (yield from self._serve(options.get("socket") or SOCKET))

    def _option_files(self) -> dict[str, str]:
        """Return the settings of [mysqld] in /etc/my.cnf and /etc/mysql/conf.d/*.cnf."""
        found: dict[str, str] = {}
        files = self.process.files
        paths = ["/etc/my.cnf", "/etc/mysql/my.cnf"]
        for directory in ("/etc/mysql/conf.d", "/etc/mysql/mysql.conf.d", "/etc/my.cnf.d"):
            if files.is_directory(directory):
                paths += [f"{directory}/{name}" for name in files.list(directory) if name.endswith(".cnf")]
        for path in paths:
            if not files.is_file(path):
                continue
            section = ""
            for line in files.read_text(path).splitlines():
                if match := re.match(r"\s*\[(\w+)\]", line):
                    section = match[1]
                elif section == "mysqld" and (match := re.match(r"\s*([\w-]+)\s*=\s*(\S+)", line)):
                    found[match[1].replace("_", "-")] = match[2]
        return found

    def _log(self, text: str, level: str = "System", code: str = "MY-010116", part: str = "Server") -> None:
        now = self.process.host.unix_time()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(now % 1 * 1e6):06d}Z"
        if self.version.startswith("5"):
            level = "Note" if level == "System" else level
            line = f"{stamp} 0 [{level}] {text}\n"
        else:
            line = f"{stamp} 0 [{level}] [{code}] [{part}] {text}\n"
        self.process.write_now(2, line.encode())

    def _initialize(self) -> Life:
        files, directory = self.process.files, self.engine.directory
        if files.is_directory(directory) and files.list(directory):
            self._log("--initialize specified but the data directory has files in it. Aborting.", "ERROR", "MY-010457")
            self._log(
                "The designated data directory "
                + directory
                + "/ is unusable. You can remove all files that the server added to it.",
                "ERROR",
                "MY-013236",
            )
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        self._log(
            f"/usr/sbin/mysqld (mysqld {self.version}) initializing of server in progress as process {self.process.pid}",
            code="MY-013169",
        )
        yield from self.process.compute(1.5)
        try:
            self.engine.initialize()
        except OSError as error:
            self._log(
                f"mysqld: Can't create/write to file '{error.filename}' (OS errno {error.errno} - {error.strerror})",
                "ERROR",
                "MY-010187",
            )
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        self._log(
            "root@localhost is created with an empty password ! Please consider switching off the --initialize-insecure option.",
            "Warning",
            "MY-010453",
        )
        return 0

    def _serve(self, socket: str) -> Life:
        process = self.process
        self._log(f"/usr/sbin/mysqld (mysqld {self.version}) starting as process {process.pid}", code="MY-010116")
        if not self.engine.is_initialized:
            self._log(
                "Can't open the mysql.plugin table. Please run mysql_upgrade to create it."
                if self.version.startswith("5")
                else "Failed to find valid data directory.",
                "ERROR",
                "MY-010020",
            )
            self._log("Data Dictionary initialization failed.", "ERROR", "MY-010020")
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        self._log("InnoDB initialization has started.", code="MY-013576", part="InnoDB")
        yield from process.compute(0.5)
        try:
            self.engine.load()
        except (OSError, ValueError) as error:
            self._log(f"Cannot read the data dictionary: {error}", "ERROR", "MY-012960", "InnoDB")
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        self._log("InnoDB initialization has ended.", code="MY-013577", part="InnoDB")
        process.hold(SERVER_BYTES.get(self.version[:1], 390 << 20))
        listeners: list[Any] = []
        try:
            listeners.append(UnixListener(process, socket))
            if self.networking:
                listeners.append(process.network.listen(self.port, owner=process))
        except OSError as error:
            self._log(
                f"Can't start server: Bind on TCP/IP port: {error.strerror}"
                if listeners
                else f"Can't start server : Bind on unix socket: {error.strerror}",
                "ERROR",
                "MY-010262",
            )
            self._log("Aborting", "ERROR", "MY-010119")
            return 1
        for listener in listeners:
            process.thread(self._accept(listener, local=isinstance(listener, UnixListener)))
        shown = self.port if self.networking else 0
        self._log(
            f"/usr/sbin/mysqld: ready for connections. Version: '{self.version}'  socket: '{socket}'  port: {shown}  MySQL Community Server - GPL.",
            code="MY-010931",
        )
        yield from until_told(process, signals.TERM, signals.INT)
        self._log(
            f"Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: {self.version}).",
            code="MY-013172",
        )
        yield process.clock.timeout(0.5)
        for listener in listeners:
            listener.close()
        if process.files.exists(socket):
            process.files.unlink(socket)
        self._log(
            f"/usr/sbin/mysqld: Shutdown complete (mysqld {self.version})  MySQL Community Server - GPL.",
            code="MY-010910",
        )
        return 0

    def _accept(self, listener: Any, *, local: bool) -> Generator[Any, Any, None]:
        while True:
            connection = yield from listener.accept()
            self.process.thread(self._session(connection, "localhost" if local else connection.peer[0]))

    def _session(self, connection: Connection, host: str) -> Generator[Any, Any, None]:
        lines = Lines(connection)
        try:
            yield from lines.send({"version": self.version})
            hello = yield from lines.receive()
            if not isinstance(hello, dict):
                return
            try:
                session = self.engine.authenticate(str(hello.get("user", "")), host, str(hello.get("password", "")))
                if hello.get("database"):
                    self.engine.use(session, str(hello["database"]))
            except SqlError as error:
                yield from lines.send(_refusal(error))
                return
            yield from lines.send({"ok": True})
            while (query := (yield from lines.receive())) is not None:
                yield from self.process.compute(0.0005)
                yield from lines.send(self._answer(session, str(query)))
                if query == "\0shutdown":
                    self.process.deliver(signals.TERM)
        except OSError:
            return
        finally:
            connection.close()

    def _answer(self, session: Session, query: str) -> dict[str, Any]:
        if query in ("\0ping", "\0shutdown"):
            return {"affected": 0}
        try:
            result = self.engine.execute(session, query)
        except SqlError as error:
            return _refusal(error)
        except OSError as error:
            return {"error": [1030, "HY000", f"Got error {error.errno} - '{error.strerror}' from storage engine"]}
        return {
            "columns": result.columns,
            "rows": result.rows,
            "affected": result.affected,
            "message": result.message,
            "database": result.database,
        }


def _refusal(error: SqlError) -> dict[str, Any]:
    return {"error": [error.code, error.state, error.text]}
