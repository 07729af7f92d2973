"""The values of SQL: expressions, functions, comparison, what fits into a column.

Models item*.cc of MySQL as far as the small SQL here needs it: NULL in every operator, numbers from text, case-insensitive text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from k8slab.machine.programs.mysql.parser import Expression, SqlError

AGGREGATES = frozenset(("COUNT", "SUM", "AVG", "MIN", "MAX"))


@dataclass(slots=True)
class Session:
    """One client's connection: who, and in which database."""

    user: str
    host: str
    database: str = ""
    insert_id: int = 0


class Evaluator:
    """Evaluates expressions for one server."""

    version: str
    directory: str
    now: Callable[[], float]

    def variables(self) -> dict[str, str]:
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

    def place(self, found: dict[str, Any], name: str) -> int:
        name = name.rsplit(".", 1)[-1].lower()
        for place, column in enumerate(found["columns"]):
            if column["name"].lower() == name:
                return place
        raise SqlError(1054, "42S22", f"Unknown column '{name}' in 'field list'")

    def check_columns(self, one: Expression, names: list[str], where: str) -> None:
        if one.kind == "column" and one.text.rsplit(".", 1)[-1].lower() not in [name.lower() for name in names]:
            raise SqlError(1054, "42S22", f"Unknown column '{one.text}' in '{where}'")
        for part in one.parts:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, Expression):
                    self.check_columns(inner, names, where)

    def timestamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def aggregate(self, session: Session, one: Expression, rows: list[dict[str, Any]]) -> Any:
        if one.kind != "call" or one.text not in AGGREGATES:
            return self.evaluate(session, one, rows[0]) if rows else None
        if not one.parts or one.parts[0].kind == "star":
            return len(rows)
        values = [value for value in (self.evaluate(session, one.parts[0], row) for row in rows) if value is not None]
        if one.text == "COUNT":
            return len(values)
        if not values:
            return None
        if one.text in ("MIN", "MAX"):
            return (min if one.text == "MIN" else max)(values, key=lambda value: (isinstance(value, str), value))
        total = sum(number(value) for value in values)
        return total if one.text == "SUM" else f"{total / len(values):.4f}"

    def evaluate(self, session: Session, one: Expression, row: dict[str, Any]) -> Any:
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
            known = self.variables()
            if one.text not in known:
                raise SqlError(1193, "HY000", f"Unknown system variable '{one.text}'")
            return known[one.text]
        if kind == "call":
            return self._call(session, one, row)
        if kind == "star":
            raise SqlError(1064, "42000", "You have an error in your SQL syntax near '*'")
        values = [self.evaluate(session, part, row) for part in one.parts if isinstance(part, Expression)]
        if kind == "not":
            return None if values[0] is None else int(not values[0])
        if kind == "negative":
            return -number(values[0])
        if kind == "is null":
            return int((values[0] is None) != one.parts[1])
        if kind == "in":
            return int(any(equal(values[0], self.evaluate(session, item, row)) for item in one.parts[1]))
        if kind == "between":
            return int(compare(values[1], values[0]) <= 0 <= compare(values[2], values[0]))
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
            return int(equal(left, right))
        if operator in ("<>", "!="):
            return int(not equal(left, right))
        if operator == "LIKE":
            return int(like(str(right)).fullmatch(str(left)) is not None)
        if operator in ("<", ">", "<=", ">="):
            order = compare(left, right)
            return int({"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[operator])
        a, b = number(left), number(right)
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
        arguments = [self.evaluate(session, part, row) for part in one.parts]
        simple: dict[str, Callable[[], Any]] = {
            "VERSION": lambda: self.version, "DATABASE": lambda: session.database or None, "SCHEMA": lambda: session.database or None,
            "USER": lambda: f"{session.user}@{session.host}", "CURRENT_USER": lambda: f"{session.user}@{session.host}",
            "NOW": self.timestamp, "CURRENT_TIMESTAMP": self.timestamp, "CURDATE": lambda: self.timestamp()[:10],
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
            return self.aggregate(session, one, [row])
        raise SqlError(1305, "42000", f"FUNCTION {one.text.lower()} does not exist")


def like(pattern: str) -> re.Pattern[str]:
    text = "".join(".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    match = re.match(r"\s*-?\d+(\.\d+)?", str(value))
    if match is None:
        return 0
    return float(match[0]) if match[1] else int(match[0])


def equal(left: Any, right: Any) -> bool:
    return left is not None and right is not None and compare(left, right) == 0


def compare(left: Any, right: Any) -> int:
    if isinstance(left, int | float) or isinstance(right, int | float):
        one, two = number(left), number(right)
    else:
        one, two = str(left).lower(), str(right).lower()
    return (one > two) - (one < two)


def fitted(value: Any, column: dict[str, Any]) -> Any:
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
