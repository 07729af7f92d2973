"""Running SQL on data: databases of tables of rows, users with passwords, and MySQL's refusals in MySQL's words.

The data live in the files of the server's data directory, a file per table, written at every change: what is mounted there
survives the container. Left out: types beyond keeping what was given (numbers and text), indexes, transactions, foreign keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.machine.programs.mysql.definitions import Definitions, Result
from k8slab.machine.programs.mysql.parser import RESERVED, Expression, Parser, SqlError
from k8slab.machine.programs.mysql.tables import SYSTEM
from k8slab.machine.programs.mysql.values import AGGREGATES, Session, fitted, like


class Engine(Definitions):
    """The databases under one data directory."""

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
                self.place(found, name)
        else:
            chosen = names
        if not parser.accept("VALUES") and not parser.accept("VALUE"):
            raise parser.error()
        count = 0
        while True:
            parser.expect("(")
            values = []
            while not parser.accept(")"):
                values.append(self.evaluate(session, parser.expression(), {}))
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
                value = self.timestamp() if column["default"] == "CURRENT_TIMESTAMP" else column["default"]
            if value is None and not column["null"]:
                if name in values:
                    raise SqlError(1048, "23000", f"Column '{name}' cannot be null")
                raise SqlError(1364, "HY000", f"Field '{name}' doesn't have a default value")
            value = fitted(value, column)
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
            return Result([title for title, _ in chosen], [[self.evaluate(session, one, {}) for _, one in chosen]])
        name = parser.name()
        found = self._system_table(session, name) or self._table(session, name)[2]
        names = [column["name"] for column in found["columns"]]
        where = parser.expression() if parser.accept("WHERE") else None
        rows = [dict(zip(names, row)) for row in found["rows"]]
        for row in rows:
            row["\0order"] = None
        if where is not None:
            self.check_columns(where, names, "where clause")
            rows = [row for row in rows if self.evaluate(session, where, row)]
        if parser.accept("ORDER", "BY"):
            rows = self._ordered(session, parser, rows, names)
        if parser.accept("LIMIT"):
            rows = self._limited(parser, rows)
        parser.end()
        for _, one in chosen:
            self.check_columns(one, names, "field list")
        if any(one.kind == "call" and one.text in AGGREGATES for _, one in chosen):
            return Result([title for title, _ in chosen], [[self.aggregate(session, one, rows) for _, one in chosen]])
        columns = [
            title for _, one in [(0, one) for one in chosen] for title in (names if one[1].kind == "star" else [one[0]])
        ]
        table_rows = [
            [
                value
                for _, one in chosen
                for value in (
                    [row[name] for name in names] if one.kind == "star" else [self.evaluate(session, one, row)]
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
            self.check_columns(key, names, "order clause")
            descending = parser.accept("DESC")
            parser.accept("ASC")
            keys.append((key, descending))
            if not parser.accept(","):
                break
        for key, descending in reversed(keys):

            def rank(row: dict[str, Any], key: Expression = key) -> tuple[bool, bool, Any]:
                value = self.evaluate(session, key, row)
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

    def _update(self, session: Session, parser: Parser) -> Result:
        database, table, found = self._table(session, parser.name())
        names = [column["name"] for column in found["columns"]]
        parser.expect("SET")
        changes: list[tuple[int, Expression]] = []
        while True:
            place = self.place(found, parser.name())
            parser.expect("=")
            changes.append((place, parser.expression(2)))
            if not parser.accept(","):
                break
        where = parser.expression() if parser.accept("WHERE") else None
        parser.end()
        if where is not None:
            self.check_columns(where, names, "where clause")
        matched = changed = 0
        for row in found["rows"]:
            values = dict(zip(names, row))
            if where is not None and not self.evaluate(session, where, values):
                continue
            matched += 1
            new = [(place, self.evaluate(session, one, values)) for place, one in changes]
            changed += any(row[place] != value for place, value in new)
            for place, value in new:
                row[place] = fitted(value, found["columns"][place])
        self._save(database, table)
        return Result(affected=changed, message=f"Rows matched: {matched}  Changed: {changed}  Warnings: 0")

    def _delete(self, session: Session, parser: Parser) -> Result:
        parser.expect("FROM")
        database, table, found = self._table(session, parser.name())
        names = [column["name"] for column in found["columns"]]
        where = parser.expression() if parser.accept("WHERE") else None
        parser.end()
        if where is not None:
            self.check_columns(where, names, "where clause")
        kept = [
            row
            for row in found["rows"]
            if where is not None and not self.evaluate(session, where, dict(zip(names, row)))
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
            return self._liked(parser, "Variable_name", sorted(self.variables()), self.variables())
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

    def _liked(self, parser: Parser, title: str, names: list[str], values: dict[str, str] | None = None) -> Result:
        if parser.accept("LIKE"):
            pattern = like(parser.string())
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


STATEMENTS: dict[str, Callable[[Engine, Session, Parser], Result]] = {
    "ALTER": Engine._alter, "BEGIN": Engine._nothing, "COMMIT": Engine._nothing, "CREATE": Engine._create, "DELETE": Engine._delete,
    "DESC": Engine._describe, "DESCRIBE": Engine._describe, "DROP": Engine._drop, "FLUSH": Engine._nothing, "GRANT": Engine._grant,
    "INSERT": Engine._insert, "LOCK": Engine._nothing, "REPLACE": Engine._insert, "ROLLBACK": Engine._nothing, "SELECT": Engine._select,
    "SET": Engine._nothing, "SHOW": Engine._show, "START": Engine._nothing, "TRUNCATE": Engine._truncate, "UNLOCK": Engine._nothing,
    "UPDATE": Engine._update, "USE": Engine._use,
}  # fmt: skip


__all__ = ["Engine", "Result", "Session"]
