"""``$((expression))``: whole numbers of 64 bits, variables, assignments.

Models dash's arith_yacc.c and its words. bash adds ``++``, ``--``, ``**`` and the comma.
"""

from __future__ import annotations

import re
from collections.abc import Callable

TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_][A-Za-z0-9_]*)|"
    r"(<<=|>>=|\+\+|--|\*\*|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|[-+*/%<>=&|^!~?:(),]))"
)
BINARY: dict[str, int] = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
ASSIGNING = ("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^=")
LONGEST = 10_000


class ArithmeticError_(Exception):
    """The expression cannot be evaluated; the message is dash's, without the expression."""


def wrap(value: int) -> int:
    """Return *value* as a signed number of 64 bits."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


class Expression:
    """Evaluates one expression. *get* gives a variable's text ("" if unset), *put* sets one."""

    def __init__(
        self, text: str, get: Callable[[str], str], put: Callable[[str, str], None], *, bash: bool = False
    ) -> None:
        self.text = text
        self.get = get
        self.put = put
        self.bash = bash
        self.tokens = self._tokens(text)
        self.at = 0
        self.quiet = 0  # inside a branch that is not taken
        self.depth = 0

    def _tokens(self, text: str) -> list[tuple[str, str]]:
        if len(text) > LONGEST:
            raise ArithmeticError_("expression too long")
        tokens: list[tuple[str, str]] = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = TOKEN.match(text, at)
            if match is None:
                tokens.append(("bad", text[at:].strip()[:1]))
                return tokens
            kind = "number" if match[1] else "name" if match[2] else "operator"
            tokens.append((kind, match[1] or match[2] or match[3]))
            at = match.end()
        return tokens

    def value(self) -> int:
        """Return the value of the whole expression; nothing at all is 0."""
        if not self.tokens:
            return 0
        value = self._assignment()
        while self.bash and self._peek() == ",":
            self.at += 1
            value = self._assignment()
        if self.at < len(self.tokens):
            raise ArithmeticError_("expecting EOF")
        return value

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) and self.tokens[self.at][0] == "operator" else ""

    def _assignment(self) -> int:
        self.depth += 1
        if self.depth > 100:
            raise ArithmeticError_("expression recursion level exceeded")
        try:
            if self.at + 1 < len(self.tokens) and self.tokens[self.at][0] == "name":
                kind, operator = self.tokens[self.at + 1]
                if kind == "operator" and operator in ASSIGNING:
                    name = self.tokens[self.at][1]
                    self.at += 2
                    value = self._assignment()
                    if operator != "=":
                        value = self._apply(operator[:-1], self._variable(name), value)
                    if not self.quiet:
                        self.put(name, str(value))
                    return value
            return self._conditional()
        finally:
            self.depth -= 1

    def _conditional(self) -> int:
        test = self._binary(1)
        if self._peek() != "?":
            return test
        self.at += 1
        self.quiet += not test
        yes = self._assignment()
        self.quiet -= not test
        if self._peek() != ":":
            raise ArithmeticError_("expecting ':'")
        self.at += 1
        self.quiet += bool(test)
        no = self._conditional()
        self.quiet -= bool(test)
        return yes if test else no

    def _binary(self, level: int) -> int:
        left = self._unary()
        while True:
            operator = self._peek()
            precedence = BINARY.get(operator, 0)
            if operator == "**" and self.bash:
                precedence = 11
            if precedence < level or not precedence:
                return left
            self.at += 1
            short = (operator == "&&" and not left) or (operator == "||" and bool(left))
            self.quiet += short
            right = self._binary(precedence + 1)
            self.quiet -= short
            left = self._apply(operator, left, right)

    def _apply(self, operator: str, left: int, right: int) -> int:
        if operator in ("/", "%"):
            if right == 0:
                if self.quiet:
                    return 0
                raise ArithmeticError_("division by zero")
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return wrap(quotient if operator == "/" else left - quotient * right)
        if operator == "**":
            return wrap(pow(left, min(max(right, 0), 64)))
        return wrap(int(APPLY[operator](left, right)))

    def _unary(self) -> int:
        operator = self._peek()
        if operator in ("++", "--"):
            self.at += 1
            if self.bash and self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
                name = self.tokens[self.at][1]
                self.at += 1
                value = wrap(self._variable(name) + (1 if operator == "++" else -1))
                if not self.quiet:
                    self.put(name, str(value))
                return value
            value = self._unary()  # to dash these are two signs
            return value
        if operator in ("-", "+", "!", "~"):
            self.at += 1
            self.depth += 1
            if self.depth > 100:
                raise ArithmeticError_("expression recursion level exceeded")
            value = self._unary()
            self.depth -= 1
            return wrap({"-": -value, "+": value, "!": int(not value), "~": ~value}[operator])
        return self._primary()

    def _primary(self) -> int:
        if self.at >= len(self.tokens):
            raise ArithmeticError_("expecting primary")
        kind, text = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return _number(text)
        if kind == "name":
            self.at += 1
            value = self._variable(text)
            if self.bash and self._peek() in ("++", "--"):
                step = 1 if self._peek() == "++" else -1
                self.at += 1
                if not self.quiet:
                    self.put(text, str(wrap(value + step)))
            return value
        if text == "(" and kind == "operator":
            self.at += 1
            value = self._assignment()
            if self._peek() != ")":
                raise ArithmeticError_("expecting ')'")
            self.at += 1
            return value
        raise ArithmeticError_("expecting primary")

    def _variable(self, name: str) -> int:
        text = self.get(name).strip()
        if not text:
            return 0
        if self.bash and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
            if self.depth > 50:
                raise ArithmeticError_("expression recursion level exceeded")
            self.depth += 10
            value = self._variable(text)
            self.depth -= 10
            return value
        if not re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|\d+)", text):
            raise IllegalNumber(text)
        negative = text.startswith("-")
        value = _number(text.lstrip("+-"))
        return -value if negative else value


class IllegalNumber(Exception):
    """A variable in an expression holds no number."""


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return wrap(int(text, 16))
    if text.startswith("0") and len(text) > 1:
        digits = re.match(r"[0-7]*", text)
        assert digits is not None
        if digits.end() < len(text):
            raise ArithmeticError_("expecting EOF")
        return wrap(int(text, 8))
    return wrap(int(text)) if len(text) < 20 else (1 << 63) - 1


APPLY: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: bool(a) or bool(b),
    "&&": lambda a, b: bool(a) and bool(b),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
