"""Running SQL on data: databases of tables of rows, users with passwords, and MySQL's refusals in MySQL's words.

The data live in the files of the server's data directory, a file per table, written at every change: what is mounted there
survives the container. Left out: types beyond keeping what was given (numbers and text), indexes, transactions, foreign keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from k8slab.machine.fs.view import FileView
from k8slab.machine.programs.mysql.parser import RESERVED, Column, Expression, Parser, SqlError

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")


@dataclass(slots=True)
class Result:
    """What a statement gives: rows under *columns*, or a count of rows it touched."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    affected: int = 0
    message: str = ""
    database: str | None = None


@dataclass(slots=True)
class Session:
    """One client's connection: who, and in which database."""

    user: str
    host: str
    database: str = ""
    insert_id: int = 0


class Engine:
    """The databases under one data directory."""

    def __init__(self, files: FileView, directory: str, version: str, now: Callable[[], float]) -> None:
        self.files = files
        self.directory = directory
        self.version = version
        self.now = now
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}
        self.users: dict[str, dict[str, Any]] = {}

    # -- files ---------------------------------------------------------------------------------------------------------

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

    # -- users ---------------------------------------------------------------------------------------------------------

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

    # -- statements ----------------------------------------------------------------------------------------------------

    def execute(self, session: Session, text: str) -> Result:
        """Run one statement. Raises SqlError."""
        parser = Parser(text)
        first = parser.peek()
        if not first:
            raise SqlError(1065, "42000", "Query was empty")
        handler = STATEMENTS.get(first)
        if handler is None:
            raise parser.error()
        parser.at += 1
        return handler(self, session, parser)

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

    def _create(self, session: Session, parser: Parser) -> Result:
        if parser.accept("DATABASE") or parser.accept("SCHEMA"):
            quiet = parser.accept("IF", "NOT", "EXISTS")
            name = parser.name()
            while parser.peek() not in ("", ";"):
                parser.at += 1
            if name in self.tables or name in SYSTEM:
                if quiet:
                    return Result(affected=1)
                raise SqlError(1007, "HY000", f"Can't create database '{name}'; database exists")
            if not self.may_use(session, name):
                raise SqlError(
                    1044, "42000", f"Access denied for user '{session.user}'@'{session.host}' to database '{name}'"
                )
            self.files.make_directory(f"{self.directory}/{name}", 0o750)
            self.tables[name] = {}
            return Result(affected=1)
        if parser.accept("USER"):
            return self._create_user(parser)
        parser.expect("TABLE")
        quiet = parser.accept("IF", "NOT", "EXISTS")
        database, table = self._database(session, parser.name())
        columns = self._columns(parser)
        while parser.peek() not in ("", ";"):
            parser.at += 1  # ENGINE=InnoDB and the like
        if table in self.tables[database]:
            if quiet:
                return Result()
            raise SqlError(1050, "42S01", f"Table '{table}' already exists")
        self.tables[database][table] = {"columns": [asdict(column) for column in columns], "rows": [], "next": 1}
        self._save(database, table)
        return Result()

    def _columns(self, parser: Parser) -> list[Column]:
        parser.expect("(")
        columns: list[Column] = []
        while True:
            if parser.accept("PRIMARY", "KEY"):
                parser.expect("(")
                keys = [parser.name()]
                while parser.accept(","):
                    keys.append(parser.name())
                parser.expect(")")
                for column in columns:
                    if column.name in keys:
                        column.key, column.null = "PRI", False
            elif parser.peek() in ("KEY", "INDEX", "UNIQUE", "CONSTRAINT", "FOREIGN"):
                while parser.peek() not in (",", "", ";") and not (
                    parser.peek() == ")" and parser.at + 1 >= len(parser.tokens)
                ):
                    parser.at += 1
            else:
                columns.append(self._column(parser))
            if parser.accept(","):
                continue
            parser.expect(")")
            return columns

    def _column(self, parser: Parser) -> Column:
        column = Column(parser.name(), parser.name().lower())
        if parser.accept("("):
            sizes = []
            while not parser.accept(")"):
                sizes.append(parser.tokens[parser.at].text)
                parser.at += 1
            column.type += f"({''.join(sizes)})"
        while parser.peek() not in (",", ")", "", ";"):
            if parser.accept("NOT", "NULL"):
                column.null = False
            elif parser.accept("AUTO_INCREMENT"):
                column.extra = "auto_increment"
            elif parser.accept("PRIMARY", "KEY"):
                column.key, column.null = "PRI", False
            elif parser.accept("UNIQUE"):
                column.key = "UNI"
            elif parser.accept("DEFAULT"):
                default = parser.expression(3)
                column.default = "CURRENT_TIMESTAMP" if default.kind == "call" else default.value
            elif parser.accept("UNSIGNED"):
                column.type += " unsigned"
            elif not parser.accept("NULL"):
                parser.at += 1
        if column.type == "int" or column.type == "integer":
            column.type = "int" if not self.version.startswith("5") else "int(11)"
        return column

    def _create_user(self, parser: Parser) -> Result:
        quiet = parser.accept("IF", "NOT", "EXISTS")
        key = self._account(parser)
        password = ""
        if parser.accept("IDENTIFIED"):
            if parser.accept("WITH"):
                parser.name()
            if parser.accept("BY"):
                password = parser.string()
        if key in self.users:
            if quiet:
                return Result()
            raise SqlError(1396, "HY000", f"Operation CREATE USER failed for {_shown(key)}")
        self.users[key] = {"password": password, "grants": []}
        self._save_users()
        return Result()

    def _account(self, parser: Parser) -> str:
        text = parser.string()
        if "@" in text:
            return text
        host = "%"
        if parser.accept("@"):
            host = parser.string()
        elif parser.peek().startswith("@"):
            host = parser.name().lstrip("@")
        return f"{text}@{host}"

    def _alter(self, session: Session, parser: Parser) -> Result:
        if parser.accept("USER"):
            parser.accept("IF", "EXISTS")
            key = f"{session.user}@{session.host}" if parser.accept("USER", "(", ")") else self._account(parser)
            parser.expect("IDENTIFIED")
            if parser.accept("WITH"):
                parser.name()
            parser.expect("BY")
            if key not in self.users:
                raise SqlError(1396, "HY000", f"Operation ALTER USER failed for {_shown(key)}")
            self.users[key]["password"] = parser.string()
            self._save_users()
            return Result()
        parser.expect("TABLE")
        database, table, found = self._table(session, parser.name())
        if parser.accept("ADD"):
            parser.accept("COLUMN")
            column = self._column(parser)
            found["columns"].append(asdict(column))
            for row in found["rows"]:
                row.append(column.default)
        elif parser.accept("DROP"):
            parser.accept("COLUMN")
            place = self._place(found, parser.name())
            del found["columns"][place]
            for row in found["rows"]:
                del row[place]
        else:
            raise parser.error()
        self._save(database, table)
        return Result(message=f"Records: {len(found['rows'])}  Duplicates: 0  Warnings: 0")

    def _drop(self, session: Session, parser: Parser) -> Result:
        if parser.accept("DATABASE") or parser.accept("SCHEMA"):
            quiet = parser.accept("IF", "EXISTS")
            name = parser.name()
            if name not in self.tables:
                if quiet:
                    return Result()
                raise SqlError(1008, "HY000", f"Can't drop database '{name}'; database doesn't exist")
            count = len(self.tables.pop(name))
            self.files.remove_tree(f"{self.directory}/{name}")
            if session.database == name:
                session.database = ""
            return Result(affected=count)
        if parser.accept("USER"):
            key = self._account(parser)
            if self.users.pop(key, None) is None:
                raise SqlError(1396, "HY000", f"Operation DROP USER failed for {_shown(key)}")
            self._save_users()
            return Result()
        parser.expect("TABLE")
        quiet = parser.accept("IF", "EXISTS")
        name = parser.name()
        database, table = self._database(session, name)
        if table not in self.tables[database]:
            if quiet:
                return Result()
            raise SqlError(1051, "42S02", f"Unknown table '{database}.{table}'")
        del self.tables[database][table]
        self.files.unlink(f"{self.directory}/{database}/{table}.ibd")
        return Result()

    def _grant(self, session: Session, parser: Parser) -> Result:
        while parser.peek() not in ("ON", ""):
            parser.at += 1
        parser.expect("ON")
        target = ""
        while parser.peek() not in ("TO", "FROM", ""):
            target += parser.tokens[parser.at].text.strip("`")
            parser.at += 1
        parser.at += 1
        key = self._account(parser)
        password = None
        if parser.accept("IDENTIFIED", "BY"):
            password = parser.string()
        if key not in self.users:
            if password is None:
                raise SqlError(1410, "42000", "You are not allowed to create a user with GRANT")
            self.users[key] = {"password": password, "grants": []}
        database = target.split(".")[0]
        self.users[key]["grants"].append("*" if database == "*" else database)
        self._save_users()
        return Result()

    def _insert(self, session: Session, parser: Parser) -> Result:
        parser.accept("IGNORE")
        parser.accept("INTO")
        database, table, found = self._table(session, parser.name())
        names = [column["name"] for column in found["columns"]]
        if parser.accept("("):
            chosen = []
            while not parser.accept(")"):
                chosen.append(parser.name())
                parser.accept(",")
            for name in chosen:
                self._place(found, name)
        else:
            chosen = names
        if not parser.accept("VALUES") and not parser.accept("VALUE"):
            raise parser.error()
        count = 0
        while True:
            parser.expect("(")
            values = []
            while not parser.accept(")"):
                values.append(self._evaluate(session, parser.expression(), {}))
                if not parser.accept(",") and parser.peek() != ")":
                    raise parser.error()
            count += 1
            if len(values) != len(chosen):
                raise SqlError(1136, "21S01", f"Column count doesn't match value count at row {count}")
            self._add_row(session, found, table, dict(zip(chosen, values)))
            if not parser.accept(","):
                break
        parser.end()
        self._save(database, table)
        return Result(affected=count, message=f"Records: {count}  Duplicates: 0  Warnings: 0" if count > 1 else "")

    def _add_row(self, session: Session, found: dict[str, Any], table: str, values: dict[str, Any]) -> None:
        row = []
        for place, column in enumerate(found["columns"]):
            name = column["name"]
            value = values.get(name)
            if value is None and column["extra"] == "auto_increment":
                value = session.insert_id = found["next"]
            elif name not in values and column["default"] is not None:
                value = self._timestamp() if column["default"] == "CURRENT_TIMESTAMP" else column["default"]
            if value is None and not column["null"]:
                if name in values:
                    raise SqlError(1048, "23000", f"Column '{name}' cannot be null")
                raise SqlError(1364, "HY000", f"Field '{name}' doesn't have a default value")
            value = _fitted(value, column)
            if (
                column["key"] in ("PRI", "UNI")
                and value is not None
                and any(other[place] == value for other in found["rows"])
            ):
                key = "PRIMARY" if column["key"] == "PRI" else name
                shown = key if self.version.startswith("5") else f"{table}.{key}"
                raise SqlError(1062, "23000", f"Duplicate entry '{value}' for key '{shown}'")
            if column["extra"] == "auto_increment" and isinstance(value, int):
                found["next"] = max(found["next"], value + 1)
            row.append(value)
        if len(found["rows"]) >= 100_000:
            raise SqlError(1114, "HY000", f"The table '{table}' is full")
        found["rows"].append(row)

    def _select(self, session: Session, parser: Parser) -> Result:
        parser.accept("DISTINCT")
        chosen: list[tuple[str, Expression]] = []
        while True:
            begin = parser.tokens[parser.at].at if parser.at < len(parser.tokens) else len(parser.text)
            expression = parser.expression()
            end = parser.tokens[parser.at].at if parser.at < len(parser.tokens) else len(parser.text)
            title = parser.text[begin:end].strip()
            if parser.accept("AS"):
                title = parser.string()
            elif parser.at < len(parser.tokens) and (
                parser.tokens[parser.at].kind == "quoted"
                or (parser.tokens[parser.at].kind == "name" and parser.peek() not in RESERVED)
            ):
                title = parser.name()
            elif expression.kind == "column":
                title = expression.text.rsplit(".", 1)[-1]
            chosen.append((title, expression))
            if not parser.accept(","):
                break
        if not parser.accept("FROM"):
            parser.end()
            return Result([title for title, _ in chosen], [[self._evaluate(session, one, {}) for _, one in chosen]])
        name = parser.name()
        found = self._system_table(session, name) or self._table(session, name)[2]
        names = [column["name"] for column in found["columns"]]
        where = parser.expression() if parser.accept("WHERE") else None
        rows = [dict(zip(names, row)) for row in found["rows"]]
        for row in rows:
            row["\0order"] = None
        if where is not None:
            self._check_columns(where, names, "where clause")
            rows = [row for row in rows if self._evaluate(session, where, row)]
        if parser.accept("ORDER", "BY"):
            rows = self._ordered(session, parser, rows, names)
        if parser.accept("LIMIT"):
            rows = self._limited(parser, rows)
        parser.end()
        for _, one in chosen:
            self._check_columns(one, names, "field list")
        if any(one.kind == "call" and one.text in AGGREGATES for _, one in chosen):
            return Result([title for title, _ in chosen], [[self._aggregate(session, one, rows) for _, one in chosen]])
        columns = [
            title for _, one in [(0, one) for one in chosen] for title in (names if one[1].kind == "star" else [one[0]])
        ]
        table_rows = [
            [
                value
                for _, one in chosen
                for value in (
                    [row[name] for name in names] if one.kind == "star" else [self._evaluate(session, one, row)]
                )
            ]
            for row in rows
        ]
        return Result(columns, table_rows)

    def _ordered(
        self, session: Session, parser: Parser, rows: list[dict[str, Any]], names: list[str]
    ) -> list[dict[str, Any]]:
        keys: list[tuple[Expression, bool]] = []
        while True:
            key = parser.expression()
            self._check_columns(key, names, "order clause")
            descending = parser.accept("DESC")
            parser.accept("ASC")
            keys.append((key, descending))
            if not parser.accept(","):
                break
        for key, descending in reversed(keys):

            def rank(row: dict[str, Any], key: Expression = key) -> tuple[bool, bool, Any]:
                value = self._evaluate(session, key, row)
                return (value is not None, isinstance(value, str), value if value is not None else 0)

            rows = sorted(rows, key=rank, reverse=descending)
        return rows

    def _limited(self, parser: Parser, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first = parser.expression().value
        if parser.accept(","):
            second = parser.expression().value
            return rows[first : first + second]
        offset = parser.expression().value if parser.accept("OFFSET") else 0
        return rows[offset : offset + first]

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

    def _update(self, session: Session, parser: Parser) -> Result:
        database, table, found = self._table(session, parser.name())
        names = [column["name"] for column in found["columns"]]
        parser.expect("SET")
        changes: list[tuple[int, Expression]] = []
        while True:
            place = self._place(found, parser.name())
            parser.expect("=")
            changes.append((place, parser.expression(2)))
            if not parser.accept(","):
                break
        where = parser.expression() if parser.accept("WHERE") else None
        parser.end()
        if where is not None:
            self._check_columns(where, names, "where clause")
        matched = changed = 0
        for row in found["rows"]:
            values = dict(zip(names, row))
            if where is not None and not self._evaluate(session, where, values):
                continue
            matched += 1
            new = [(place, self._evaluate(session, one, values)) for place, one in changes]
            changed += any(row[place] != value for place, value in new)
            for place, value in new:
                row[place] = _fitted(value, found["columns"][place])
        self._save(database, table)
        return Result(affected=changed, message=f"Rows matched: {matched}  Changed: {changed}  Warnings: 0")

    def _delete(self, session: Session, parser: Parser) -> Result:
        parser.expect("FROM")
        database, table, found = self._table(session, parser.name())
        names = [column["name"] for column in found["columns"]]
        where = parser.expression() if parser.accept("WHERE") else None
        parser.end()
        if where is not None:
            self._check_columns(where, names, "where clause")
        kept = [
            row
            for row in found["rows"]
            if where is not None and not self._evaluate(session, where, dict(zip(names, row)))
        ]
        count = len(found["rows"]) - len(kept)
        found["rows"] = kept
        self._save(database, table)
        return Result(affected=count)

    def _truncate(self, session: Session, parser: Parser) -> Result:
        parser.accept("TABLE")
        database, table, found = self._table(session, parser.name())
        found["rows"], found["next"] = [], 1
        self._save(database, table)
        return Result()

    def _show(self, session: Session, parser: Parser) -> Result:
        if parser.accept("DATABASES") or parser.accept("SCHEMAS"):
            names = sorted(
                [
                    *(name for name in self.tables if self.may_use(session, name)),
                    *(SYSTEM if self.may_use(session, "*") else SYSTEM[:1]),
                ]
            )
            return self._liked(parser, "Database", names)
        if parser.accept("TABLES"):
            database = parser.name() if parser.accept("FROM") or parser.accept("IN") else session.database
            if not database:
                raise SqlError(1046, "3D000", "No database selected")
            return self._liked(parser, f"Tables_in_{database}", sorted(self.tables.get(database, {})))
        if parser.accept("CREATE", "TABLE"):
            _, table, found = self._table(session, parser.name())
            lines = [
                f"  `{one['name']}` {one['type']}"
                + ("" if one["null"] else " NOT NULL")
                + (" AUTO_INCREMENT" if one["extra"] else " DEFAULT NULL" if one["null"] else "")
                for one in found["columns"]
            ]
            keys = [one["name"] for one in found["columns"] if one["key"] == "PRI"]
            if keys:
                lines.append("  PRIMARY KEY (" + ",".join(f"`{key}`" for key in keys) + ")")
            return Result(
                ["Table", "Create Table"],
                [[table, f"CREATE TABLE `{table}` (\n" + ",\n".join(lines) + "\n) ENGINE=InnoDB"]],
            )
        if parser.accept("COLUMNS"):
            parser.accept("FROM")
            return self._describe(session, parser)
        if parser.accept("PROCESSLIST") or parser.accept("FULL", "PROCESSLIST"):
            return Result(
                ["Id", "User", "Host", "db", "Command", "Time", "State", "Info"],
                [[8, session.user, session.host, session.database or None, "Query", 0, "starting", "show processlist"]],
            )
        parser.accept("GLOBAL")
        if parser.accept("VARIABLES"):
            return self._liked(parser, "Variable_name", sorted(self._variables()), self._variables())
        if parser.accept("STATUS"):
            return Result(["Variable_name", "Value"], [["Threads_connected", "1"], ["Uptime", "1"]])
        if parser.accept("GRANTS"):
            return Result(
                [f"Grants for {session.user}@{session.host}"],
                [[f"GRANT ALL PRIVILEGES ON *.* TO `{session.user}`@`{session.host}` WITH GRANT OPTION"]],
            )
        if parser.accept("WARNINGS"):
            return Result(["Level", "Code", "Message"], [])
        raise parser.error()

    def _variables(self) -> dict[str, str]:
        return {
            "version": self.version,
            "datadir": self.directory + "/",
            "port": "3306",
            "character_set_server": "latin1" if self.version.startswith("5") else "utf8mb4",
            "max_connections": "151",
            "hostname": "",
            "version_comment": "MySQL Community Server (GPL)",
            "read_only": "OFF",
            "socket": "/var/run/mysqld/mysqld.sock",
        }

    def _liked(self, parser: Parser, title: str, names: list[str], values: dict[str, str] | None = None) -> Result:
        if parser.accept("LIKE"):
            pattern = _like(parser.string())
            names = [name for name in names if pattern.fullmatch(name)]
        parser.end()
        if values is not None:
            return Result([title, "Value"], [[name, values[name]] for name in names])
        return Result([title], [[name] for name in names])

    def _describe(self, session: Session, parser: Parser) -> Result:
        _, _, found = self._table(session, parser.name())
        rows = [
            [one["name"], one["type"], "YES" if one["null"] else "NO", one["key"], one["default"], one["extra"]]
            for one in found["columns"]
        ]
        return Result(["Field", "Type", "Null", "Key", "Default", "Extra"], rows)

    def _use(self, session: Session, parser: Parser) -> Result:
        self.use(session, parser.name())
        return Result(database=session.database)

    def _nothing(self, session: Session, parser: Parser) -> Result:
        return Result()

    # -- values --------------------------------------------------------------------------------------------------------

    def _place(self, found: dict[str, Any], name: str) -> int:
        name = name.rsplit(".", 1)[-1].lower()
        for place, column in enumerate(found["columns"]):
            if column["name"].lower() == name:
                return place
        raise SqlError(1054, "42S22", f"Unknown column '{name}' in 'field list'")

    def _check_columns(self, one: Expression, names: list[str], where: str) -> None:
        if one.kind == "column" and one.text.rsplit(".", 1)[-1].lower() not in [name.lower() for name in names]:
            raise SqlError(1054, "42S22", f"Unknown column '{one.text}' in '{where}'")
        for part in one.parts:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, Expression):
                    self._check_columns(inner, names, where)

    def _timestamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def _aggregate(self, session: Session, one: Expression, rows: list[dict[str, Any]]) -> Any:
        if one.kind != "call" or one.text not in AGGREGATES:
            return self._evaluate(session, one, rows[0]) if rows else None
        if not one.parts or one.parts[0].kind == "star":
            return len(rows)
        values = [value for value in (self._evaluate(session, one.parts[0], row) for row in rows) if value is not None]
        if one.text == "COUNT":
            return len(values)
        if not values:
            return None
        if one.text in ("MIN", "MAX"):
            return (min if one.text == "MIN" else max)(values, key=lambda value: (isinstance(value, str), value))
        total = sum(_number(value) for value in values)
        return total if one.text == "SUM" else f"{total / len(values):.4f}"

    def _evaluate(self, session: Session, one: Expression, row: dict[str, Any]) -> Any:
        kind = one.kind
        if kind == "value":
            return one.value
        if kind == "column":
            name = one.text.rsplit(".", 1)[-1].lower()
            for key, value in row.items():
                if key.lower() == name:
                    return value
            raise SqlError(1054, "42S22", f"Unknown column '{one.text}' in 'field list'")
        if kind == "variable":
            known = self._variables()
            if one.text not in known:
                raise SqlError(1193, "HY000", f"Unknown system variable '{one.text}'")
            return known[one.text]
        if kind == "call":
            return self._call(session, one, row)
        if kind == "star":
            raise SqlError(1064, "42000", "You have an error in your SQL syntax near '*'")
        values = [self._evaluate(session, part, row) for part in one.parts if isinstance(part, Expression)]
        if kind == "not":
            return None if values[0] is None else int(not values[0])
        if kind == "negative":
            return -_number(values[0])
        if kind == "is null":
            return int((values[0] is None) != one.parts[1])
        if kind == "in":
            return int(any(_equal(values[0], self._evaluate(session, item, row)) for item in one.parts[1]))
        if kind == "between":
            return int(_compare(values[1], values[0]) <= 0 <= _compare(values[2], values[0]))
        return self._binary(one.text, values[0], values[1])

    def _binary(self, operator: str, left: Any, right: Any) -> Any:
        if operator in ("AND", "&&"):
            return int(bool(left) and bool(right))
        if operator in ("OR", "||"):
            return int(bool(left) or bool(right))
        if operator == "<=>":
            return int(left == right)
        if left is None or right is None:
            return None
        if operator == "=":
            return int(_equal(left, right))
        if operator in ("<>", "!="):
            return int(not _equal(left, right))
        if operator == "LIKE":
            return int(_like(str(right)).fullmatch(str(left)) is not None)
        if operator in ("<", ">", "<=", ">="):
            order = _compare(left, right)
            return int({"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[operator])
        a, b = _number(left), _number(right)
        if operator in ("/", "%", "DIV", "MOD") and b == 0:
            return None
        if operator == "/":
            return f"{a / b:.4f}"
        return {
            "+": a + b,
            "-": a - b,
            "*": a * b,
            "%": a % b if b else 0,
            "MOD": a % b if b else 0,
            "DIV": int(a // b) if b else 0,
        }[operator]

    def _call(self, session: Session, one: Expression, row: dict[str, Any]) -> Any:
        arguments = [self._evaluate(session, part, row) for part in one.parts]
        simple: dict[str, Callable[[], Any]] = {
            "VERSION": lambda: self.version, "DATABASE": lambda: session.database or None, "SCHEMA": lambda: session.database or None,
            "USER": lambda: f"{session.user}@{session.host}", "CURRENT_USER": lambda: f"{session.user}@{session.host}",
            "NOW": self._timestamp, "CURRENT_TIMESTAMP": self._timestamp, "CURDATE": lambda: self._timestamp()[:10],
            "CONNECTION_ID": lambda: 8, "LAST_INSERT_ID": lambda: session.insert_id, "SLEEP": lambda: 0,
        }  # fmt: skip
        if one.text in simple:
            return simple[one.text]()
        if one.text in ("CONCAT", "UPPER", "LOWER", "LENGTH", "IFNULL", "COALESCE") and arguments:
            if one.text in ("IFNULL", "COALESCE"):
                return next((value for value in arguments if value is not None), None)
            if any(value is None for value in arguments):
                return None
            text = str(arguments[0])
            return {
                "CONCAT": "".join(map(str, arguments)),
                "UPPER": text.upper(),
                "LOWER": text.lower(),
                "LENGTH": len(text.encode()),
            }[one.text]
        if one.text in AGGREGATES:
            return self._aggregate(session, one, [row])
        raise SqlError(1305, "42000", f"FUNCTION {one.text.lower()} does not exist")


AGGREGATES = frozenset(("COUNT", "SUM", "AVG", "MIN", "MAX"))
STATEMENTS: dict[str, Callable[[Engine, Session, Parser], Result]] = {
    "ALTER": Engine._alter, "BEGIN": Engine._nothing, "COMMIT": Engine._nothing, "CREATE": Engine._create, "DELETE": Engine._delete,
    "DESC": Engine._describe, "DESCRIBE": Engine._describe, "DROP": Engine._drop, "FLUSH": Engine._nothing, "GRANT": Engine._grant,
    "INSERT": Engine._insert, "LOCK": Engine._nothing, "REPLACE": Engine._insert, "ROLLBACK": Engine._nothing, "SELECT": Engine._select,
    "SET": Engine._nothing, "SHOW": Engine._show, "START": Engine._nothing, "TRUNCATE": Engine._truncate, "UNLOCK": Engine._nothing,
    "UPDATE": Engine._update, "USE": Engine._use,
}  # fmt: skip


def _shown(account: str) -> str:
    user, _, host = account.partition("@")
    return f"'{user}'@'{host}'"


def _like(pattern: str) -> re.Pattern[str]:
    text = "".join(".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    match = re.match(r"\s*-?\d+(\.\d+)?", str(value))
    if match is None:
        return 0
    return float(match[0]) if match[1] else int(match[0])


def _equal(left: Any, right: Any) -> bool:
    return left is not None and right is not None and _compare(left, right) == 0


def _compare(left: Any, right: Any) -> int:
    if isinstance(left, int | float) or isinstance(right, int | float):
        one, two = _number(left), _number(right)
    else:
        one, two = str(left).lower(), str(right).lower()
    return (one > two) - (one < two)


def _fitted(value: Any, column: dict[str, Any]) -> Any:
    """Return *value* as its column keeps it. Raises SqlError 1406, 1366."""
    if value is None:
        return None
    kind = column["type"]
    if kind.startswith(("varchar", "char")):
        size = int(re.sub(r"\D", "", kind) or 255)
        text = str(value)
        if len(text) > size:
            raise SqlError(1406, "22001", f"Data too long for column '{column['name']}' at row 1")
        return text
    if "int" in kind and isinstance(value, str):
        if not re.fullmatch(r"\s*-?\d+\s*", value):
            raise SqlError(1366, "HY000", f"Incorrect integer value: '{value}' for column '{column['name']}' at row 1")
        return int(value)
    return value
