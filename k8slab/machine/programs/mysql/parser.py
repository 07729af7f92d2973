"""The SQL that the model knows, read into small values.

Databases, tables, insert, select with where/order/limit, update, delete, users and grants, show, describe, use, set.
Left out: joins, sub-queries, grouping, views, procedures, transactions beyond their words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(
    r"\s+|(?P<comment>--[^\n]*|#[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\")|(?P<quoted>`[^`]*`)|"
    r"(?P<number>\d+\.\d+|\d+)|(?P<name>@{0,2}[A-Za-z_][A-Za-z0-9_$.]*)|(?P<operator><=>|<=|>=|<>|!=|:=|[-+*/%=<>(),;.@])",
    re.DOTALL,
)


class SqlError(Exception):
    """A refusal, as the server words it."""

    def __init__(self, code: int, state: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.state = state
        self.text = text


def syntax_error(near: str) -> SqlError:
    """Return error 1064 at the text *near*."""
    return SqlError(
        1064,
        "42000",
        f"You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '{near[:80]}' at line 1",
    )


@dataclass(slots=True)
class Token:
    """One word. *kind* is name, quoted, string, number or operator; *at* is where it stands."""

    kind: str
    text: str
    at: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of *text*. Raises SqlError 1064."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise syntax_error(text[at:])
        kind = match.lastgroup
        if kind is not None and kind != "comment":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return found


def string_value(text: str) -> str:
    """Return what a quoted string holds."""
    quote = text[0]
    inside = text[1:-1].replace(quote * 2, quote)
    return re.sub(
        r"\\(.)",
        lambda match: {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}.get(match[1], match[1]),
        inside,
        flags=re.DOTALL,
    )


@dataclass(slots=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    null: bool = True
    key: str = ""
    default: Any = None
    extra: str = ""


@dataclass(slots=True)
class Expression:
    """``kind`` is value, column, call, unary, binary, star, variable; *parts* depend on it."""

    kind: str
    text: str = ""
    parts: list[Any] = field(default_factory=list)
    value: Any = None


class Parser:
    """Reads one statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0

    # -- tokens --------------------------------------------------------------------------------------------------------

    def error(self) -> SqlError:
        """Return error 1064 at the next token."""
        near = self.text[self.tokens[self.at].at :].rstrip().rstrip(";") if self.at < len(self.tokens) else ""
        return syntax_error(near)

    def peek(self) -> str:
        """Return the next token in upper case, "" at the end; strings never equal a keyword."""
        if self.at >= len(self.tokens):
            return ""
        token = self.tokens[self.at]
        return token.text.upper() if token.kind in ("name", "operator") else token.kind

    def accept(self, *words: str) -> bool:
        """Pass *words* if they come next."""
        upper = [
            token.text.upper() if token.kind in ("name", "operator") else ""
            for token in self.tokens[self.at : self.at + len(words)]
        ]
        if upper == list(words):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Pass *words*. Raises SqlError 1064."""
        if not self.accept(*words):
            raise self.error()

    def name(self) -> str:
        """Return the name that comes next."""
        if self.at >= len(self.tokens) or self.tokens[self.at].kind not in ("name", "quoted"):
            raise self.error()
        token = self.tokens[self.at]
        self.at += 1
        text = token.text.strip("`")
        if token.kind == "quoted" and self.peek() == ".":
            self.at += 1
            text += "." + self.name()
        return text

    def string(self) -> str:
        """Return the string (or name) that comes next."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "string":
            self.at += 1
            return string_value(self.tokens[self.at - 1].text)
        return self.name()

    def end(self) -> None:
        """Check that the statement ends here."""
        self.accept(";")
        if self.at < len(self.tokens):
            raise self.error()

    # -- expressions ---------------------------------------------------------------------------------------------------

    LEVELS = (
        ("OR", "||"),
        ("AND", "&&"),
        ("=", "<=>", "<>", "!=", "<", ">", "<=", ">=", "LIKE", "IS", "IN", "NOT", "BETWEEN"),
        ("+", "-"),
        ("*", "/", "%", "DIV", "MOD"),
    )

    def expression(self, level: int = 0) -> Expression:
        """Return the expression that comes next."""
        self.depth += 1
        if self.depth > 200:
            raise self.error()
        try:
            if level == len(self.LEVELS):
                return self._unary()
            left = self.expression(level + 1)
            while self.peek() in self.LEVELS[level]:
                operator = self.peek()
                self.at += 1
                left = self._operation(left, operator, level)
            return left
        finally:
            self.depth -= 1

    def _operation(self, left: Expression, operator: str, level: int) -> Expression:
        if operator == "IS":
            negated = self.accept("NOT")
            self.expect("NULL")
            return Expression("is null", parts=[left, negated])
        negated = operator == "NOT"
        if negated:
            operator = self.peek()
            if operator not in ("LIKE", "IN", "BETWEEN"):
                raise self.error()
            self.at += 1
        if operator == "IN":
            self.expect("(")
            items = [self.expression()]
            while self.accept(","):
                items.append(self.expression())
            self.expect(")")
            result = Expression("in", parts=[left, items])
        elif operator == "BETWEEN":
            low = self.expression(level + 1)
            self.expect("AND")
            result = Expression("between", parts=[left, low, self.expression(level + 1)])
        else:
            result = Expression("binary", operator, [left, self.expression(level + 1)])
        return Expression("not", parts=[result]) if negated else result

    def _unary(self) -> Expression:
        if self.accept("NOT"):
            return Expression("not", parts=[self.expression(2)])
        if self.accept("-"):
            inner = self._unary()
            return (
                Expression("value", value=-inner.value)
                if inner.kind == "value" and isinstance(inner.value, int | float)
                else Expression("negative", parts=[inner])
            )
        return self._primary()

    def _primary(self) -> Expression:
        if self.at >= len(self.tokens):
            raise self.error()
        token = self.tokens[self.at]
        start = token.at
        self.at += 1
        if token.kind == "string":
            return Expression("value", value=string_value(token.text))
        if token.kind == "number":
            return Expression("value", value=float(token.text) if "." in token.text else int(token.text))
        if token.text == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if token.text == "*":
            return Expression("star", "*")
        if token.kind not in ("name", "quoted"):
            self.at -= 1
            raise self.error()
        upper = token.text.upper()
        if upper in ("NULL", "TRUE", "FALSE") and token.kind == "name":
            return Expression("value", value={"NULL": None, "TRUE": 1, "FALSE": 0}[upper])
        if upper.startswith("@@"):
            return Expression("variable", token.text[2:].lower().removeprefix("global.").removeprefix("session."))
        if self.accept("("):
            arguments: list[Expression] = []
            self.accept("DISTINCT")
            while not self.accept(")"):
                arguments.append(self.expression())
                if not self.accept(",") and self.peek() != ")":
                    raise self.error()
            end = self.tokens[self.at - 1].at + 1
            return Expression("call", upper, arguments, self.text[start:end])
        if upper in ("CURRENT_USER", "CURRENT_TIMESTAMP") and token.kind == "name":
            return Expression("call", upper, [], token.text)
        if upper in RESERVED and token.kind == "name":
            self.at -= 1
            raise self.error()
        self.at -= 1
        return Expression("column", self.name())


RESERVED = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "INSERT",
        "INTO",
        "VALUES",
        "UPDATE",
        "DELETE",
        "CREATE",
        "DROP",
        "TABLE",
        "DATABASE",
        "ORDER",
        "BY",
        "LIMIT",
        "GROUP",
        "SET",
        "ALTER",
        "SHOW",
        "USE",
        "AND",
        "OR",
    ]
)
