"""CREATE, ALTER, DROP, GRANT: the statements that define databases, tables and users."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from k8slab.machine.programs.mysql.parser import Column, Parser, SqlError
from k8slab.machine.programs.mysql.tables import SYSTEM, Tables
from k8slab.machine.programs.mysql.values import Session


@dataclass(slots=True)
class Result:
    """What a statement gives: rows under *columns*, or a count of rows it touched."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    affected: int = 0
    message: str = ""
    database: str | None = None


class Definitions(Tables):
    """The part of the engine that defines."""

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
            place = self.place(found, parser.name())
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


def _shown(account: str) -> str:
    user, _, host = account.partition("@")
    return f"'{user}'@'{host}'"
