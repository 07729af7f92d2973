"""The databases on disk: a directory each, a file per table, the users; who may use what.

Every change is written at once: what is mounted under the data directory survives the container.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from k8slab.machine.fs.view import FileView
from k8slab.machine.programs.mysql.parser import Column, SqlError
from k8slab.machine.programs.mysql.values import Evaluator, Session

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")


class Tables(Evaluator):
    """The databases under one data directory."""

    def __init__(self, files: FileView, directory: str, version: str, now: Callable[[], float]) -> None:
        self.files = files
        self.directory = directory
        self.version = version
        self.now = now
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}
        self.users: dict[str, dict[str, Any]] = {}

    def initialize(self) -> None:
        """Make a new data directory: the system's files, and root without a password."""
        for name in ("mysql", "performance_schema", "sys"):
            self.files.make_directories(f"{self.directory}/{name}", 0o750)
        for name in ("ibdata1", "undo_001", "undo_002", "ib_buffer_pool"):
            self.files.write(f"{self.directory}/{name}", b"", 0o640)
        self.files.write(
            f"{self.directory}/auto.cnf", "[auto]\nserver-uuid=6ccd780c-baba-1026-9564-5b8c656024db\n", 0o640
        )
        self.users = {"root@localhost": {"password": "", "grants": ["*"]}}
        self._save_users()

    @property
    def is_initialized(self) -> bool:
        """Whether there is a data directory here already."""
        return self.files.is_directory(f"{self.directory}/mysql")

    def load(self) -> None:
        """Read everything. Raises ValueError if a file is damaged."""
        self.users = json.loads(self.files.read(f"{self.directory}/mysql.ibd"))
        self.tables = {}
        for name in self.files.list(self.directory):
            path = f"{self.directory}/{name}"
            if name in SYSTEM or not self.files.is_directory(path):
                continue
            self.tables[name] = {}
            for file in self.files.list(path):
                if file.endswith(".ibd"):
                    self.tables[name][file[:-4]] = json.loads(self.files.read(f"{path}/{file}"))

    def _save_users(self) -> None:
        self.files.write(f"{self.directory}/mysql.ibd", json.dumps(self.users, sort_keys=True), 0o640)

    def _save(self, database: str, table: str) -> None:
        text = json.dumps(self.tables[database][table])
        self.files.write(f"{self.directory}/{database}/{table}.ibd", text, 0o640)

    def authenticate(self, user: str, host: str, password: str) -> Session:
        """Return a session. Raises SqlError 1045."""
        for pattern in (host, "%"):
            known = self.users.get(f"{user}@{pattern}")
            if known is not None and known["password"] == password:
                return Session(user, pattern if pattern == "%" else host)
        using = "YES" if password else "NO"
        raise SqlError(1045, "28000", f"Access denied for user '{user}'@'{host}' (using password: {using})")

    def may_use(self, session: Session, database: str) -> bool:
        """Return whether *session* may use *database*."""
        known = self.users.get(f"{session.user}@{session.host}") or self.users.get(f"{session.user}@%") or {}
        return (
            "*" in known.get("grants", []) or database in known.get("grants", []) or database in ("information_schema",)
        )

    def use(self, session: Session, database: str) -> None:
        """Make *database* the current one. Raises SqlError 1049, 1044."""
        if database not in self.tables and database not in SYSTEM:
            raise SqlError(1049, "42000", f"Unknown database '{database}'")
        if not self.may_use(session, database):
            raise SqlError(
                1044, "42000", f"Access denied for user '{session.user}'@'{session.host}' to database '{database}'"
            )
        session.database = database

    def _database(self, session: Session, name: str) -> tuple[str, str]:
        database, dot, table = name.partition(".")
        if not dot:
            database, table = session.database, name
        if not database:
            raise SqlError(1046, "3D000", "No database selected")
        if database not in self.tables:
            raise SqlError(1049, "42000", f"Unknown database '{database}'")
        if not self.may_use(session, database):
            raise SqlError(
                1142, "42000", f"SELECT command denied to user '{session.user}'@'{session.host}' for table '{table}'"
            )
        return database, table

    def _table(self, session: Session, name: str) -> tuple[str, str, dict[str, Any]]:
        database, table = self._database(session, name)
        found = self.tables[database].get(table)
        if found is None:
            raise SqlError(1146, "42S02", f"Table '{database}.{table}' doesn't exist")
        return database, table, found

    def _system_table(self, session: Session, name: str) -> dict[str, Any] | None:
        full = name.lower() if "." in name else f"{session.database}.{name}".lower()
        if full == "mysql.user":
            rows = [[key.split("@")[1], key.split("@")[0]] for key in sorted(self.users)]
            return {"columns": [asdict(Column("Host", "char(255)")), asdict(Column("User", "char(32)"))], "rows": rows}
        if full == "information_schema.tables":
            rows = [[database, table] for database in sorted(self.tables) for table in sorted(self.tables[database])]
            return {
                "columns": [asdict(Column("TABLE_SCHEMA", "varchar(64)")), asdict(Column("TABLE_NAME", "varchar(64)"))],
                "rows": rows,
            }
        return None
