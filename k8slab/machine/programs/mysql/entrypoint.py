"""The official image's docker-entrypoint.sh for MySQL: makes the data directory on the first start, with what the environment asks.

Models docker-library/mysql: MYSQL_ROOT_PASSWORD and its relatives (also ``_FILE``), MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD,
/docker-entrypoint-initdb.d. Left out: time zones, one-time passwords.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import signals, users
from k8slab.machine.process import Process, null_stdio
from k8slab.machine.program import Life
from k8slab.machine.programs.mysql.server import DATA

UNSPECIFIED = """Database is uninitialized and password option is not specified
    You need to specify one of the following as an environment variable:
    - MYSQL_ROOT_PASSWORD
    - MYSQL_ALLOW_EMPTY_PASSWORD
    - MYSQL_RANDOM_ROOT_PASSWORD
"""


class Stop(Exception):
    """The entry point gives up with an exit code."""


class MysqlEntrypoint:
    """The program."""

    def run(self, process: Process) -> Life:
        """Prepare, then become the command."""
        self.process = process
        self.env = dict(process.env)
        version = (process.executable.version if process.executable else "") or "8.4.3"
        words = process.argv[1:]
        # a script: argv is [script path, *arguments]; options alone mean mysqld
        if words and words[0].startswith("-"):
            words = ["mysqld", *words]
        if words[:1] == ["mysqld"] and not any(word in ("--help", "--version", "-V") for word in words):
            try:
                yield from self._prepare(version, words)
            except Stop:
                return 1
        try:
            life = process.execute(words or ["mysqld"], env=self.env)
        except OSError as error:
            yield from process.write(
                2,
                f"/usr/local/bin/docker-entrypoint.sh: line 432: exec: {words[0]}: {'not found' if error.errno == 2 else error.strerror}\n".encode(),
            )
            return 127
        return (yield from life)

    def _log(self, kind: str, text: str) -> None:
        now = self.process.host.unix_time()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")
        self.process.write_now(2 if kind == "ERROR" else 1, f"{stamp} [{kind}] [Entrypoint]: {text}\n".encode())

    def _variable(self, name: str) -> str:
        """Return the variable *name*, or what the file in *name*_FILE holds."""
        path = self.env.get(f"{name}_FILE", "")
        if path and self.env.get(name):
            self._log("ERROR", f"Both {name} and {name}_FILE are set (but are exclusive)")
            raise Stop
        if not path:
            return self.env.get(name, "")
        try:
            return self.process.files.read_text(path).rstrip("\n")
        except OSError:
            self.process.write_now(
                2, f"/usr/local/bin/docker-entrypoint.sh: line 66: {path}: No such file or directory\n".encode()
            )
            raise Stop from None

    def _prepare(self, version: str, words: list[str]) -> Generator[Any, Any, None]:
        process = self.process
        self._log(
            "Note", f"Entrypoint script for MySQL Server {version}-1.el{7 if version.startswith('5') else 9} started."
        )
        root = self._variable("MYSQL_ROOT_PASSWORD")
        files = process.files
        if process.uid == 0:
            self._become_mysql()
            self._log("Note", "Switching to dedicated user 'mysql'")
            self._log(
                "Note",
                f"Entrypoint script for MySQL Server {version}-1.el{7 if version.startswith('5') else 9} started.",
            )
        if files.is_directory(f"{DATA}/mysql"):
            return
        allow = self.env.get("MYSQL_ALLOW_EMPTY_PASSWORD", "")
        random = self.env.get("MYSQL_RANDOM_ROOT_PASSWORD", "")
        if not root and not allow and not random:
            self._log("ERROR", UNSPECIFIED.rstrip("\n"))
            raise Stop
        if self.env.get("MYSQL_USER") == "root":
            self._log(
                "ERROR",
                'MYSQL_USER="root", MYSQL_USER and MYSQL_PASSWORD are for configuring a regular user and cannot be used for the root user\n    Remove MYSQL_USER="root" and use one of the following to control the root user password:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD',
            )
            raise Stop
        if random and not root:
            root = process.host.chance.hex(24)
            self._log("Note", f"GENERATED ROOT PASSWORD: {root}")
        yield from self._initialize(root)

    def _become_mysql(self) -> None:
        """Give the data directory to the user mysql and go on as that user (``find … -exec chown``, then gosu)."""
        files = self.process.files
        user = next((one for one in users.users(files) if one.name == "mysql"), None)
        if user is None:
            return
        for directory in (DATA, "/var/run/mysqld"):
            files.make_directories(directory, 0o755)
            for path, found in files.walk(directory, follow=True):
                if found.inode.uid != user.uid:
                    try:
                        files.change_owner(path, user.uid, None)
                    except OSError as error:
                        self.process.write_now(2, f"chown: changing ownership of '{path}': {error.strerror}\n".encode())
                        raise Stop from None
        self.process.become_user(user.uid, user.gid)

    def _initialize(self, root: str) -> Generator[Any, Any, None]:
        process = self.process
        self._log("Note", "Initializing database files")
        code = yield from self._child(["mysqld", "--initialize-insecure"])
        if code:
            raise Stop
        self._log("Note", "Database files initialized")
        self._log("Note", "Starting temporary server")
        server = process.spawn(["mysqld", "--skip-networking"], env=self.env)
        for _ in range(30):
            yield process.clock.timeout(1)
            if (yield from self._child(["mysqladmin", "-uroot", "ping"], quiet=True)) == 0:
                break
        else:
            self._log("ERROR", "Unable to start server.")
            raise Stop
        self._log("Note", "Temporary server started.")
        yield from self._statements(root)
        yield from self._scripts(root)
        self._log("Note", "Stopping temporary server")
        server.deliver(signals.TERM, process)
        yield from process.wait(server)
        self._log("Note", "Temporary server stopped")
        process.write_now(1, b"\n")
        self._log("Note", "MySQL init process done. Ready for start up.")
        process.write_now(1, b"\n")

    def _statements(self, root: str) -> Generator[Any, Any, None]:
        lines = [
            f"CREATE USER 'root'@'{self.env.get('MYSQL_ROOT_HOST') or '%'}' IDENTIFIED BY '{_escaped(root)}';",
            "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;",
        ]
        if root:
            lines.append(f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{_escaped(root)}';")
        yield from self._sql("\n".join(lines), "")
        database, user, password = (
            self.env.get("MYSQL_DATABASE", ""),
            self.env.get("MYSQL_USER", ""),
            self._variable("MYSQL_PASSWORD"),
        )
        if database:
            self._log("Note", f"Creating database {database}")
            yield from self._sql(f"CREATE DATABASE IF NOT EXISTS `{database}`;", root)
        if user and password:
            self._log("Note", f"Creating user {user}")
            text = f"CREATE USER '{user}'@'%' IDENTIFIED BY '{_escaped(password)}';"
            if database:
                self._log("Note", f"Giving user {user} access to schema {database}")
                text += f"GRANT ALL ON `{database}`.* TO '{user}'@'%';"
            yield from self._sql(text, root)
        elif user:
            self._log("Warn", "MYSQL_USER specified, but missing MYSQL_PASSWORD; MYSQL_USER will not be created")

    def _scripts(self, root: str) -> Generator[Any, Any, None]:
        directory = "/docker-entrypoint-initdb.d"
        files = self.process.files
        names = files.list(directory) if files.is_directory(directory) else []
        for name in names:
            path = f"{directory}/{name}"
            if name.endswith(".sh"):
                self._log("Note", f"/usr/local/bin/docker-entrypoint.sh: running {path}")
                yield from self._child(["sh", path])
            elif name.endswith(".sql"):
                self._log("Note", f"/usr/local/bin/docker-entrypoint.sh: running {path}")
                if (yield from self._sql(files.read_text(path), root, self.env.get("MYSQL_DATABASE", ""))):
                    raise Stop
            else:
                self._log("Warn", f"/usr/local/bin/docker-entrypoint.sh: ignoring {path}")

    def _sql(self, text: str, password: str, database: str = "") -> Generator[Any, Any, int]:
        argv = ["mysql", "-uroot", *([database] if database else []), "-e", text]
        env = {**self.env, "MYSQL_PWD": password} if password else self.env
        child = self.process.spawn(argv, env=env)
        return (yield from self.process.wait(child))

    def _child(self, argv: list[str], *, quiet: bool = False) -> Generator[Any, Any, int]:
        fds = null_stdio() if quiet else None
        try:
            child = self.process.spawn(argv, env=self.env, fds=fds)
        except OSError as error:
            self._log("ERROR", f"{argv[0]}: {error.strerror}")
            return 127
        return (yield from self.process.wait(child))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
