"""What Go says about text that is no JSON: ``invalid character 'n' looking for beginning of object key string``.

Models the state machine of encoding/json's scanner, which is the one that upstream's JSON library uses. It only looks for
the first mistake; reading correct JSON is left to Python.
"""

from __future__ import annotations

import re

_SPACE = " \t\r\n"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
UNEXPECTED_END = "unexpected end of JSON input"
#: Deeper nesting is refused.
MAX_DEPTH = 10_000


class GoSyntaxError(ValueError):
    """Text that is no JSON, in Go's words."""


def check(data: bytes) -> None:
    """Raise GoSyntaxError at the first mistake in *data*. Like Go's, the scanner looks at bytes."""
    _Scanner(data.decode("latin-1")).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self) -> None:
        # Each open bracket stands on the stack; recursion would end where Go's scanner does not.
        stack: list[str] = []
        self._value_begin(stack)
        while stack:
            if len(stack) > MAX_DEPTH:
                raise GoSyntaxError("exceeded max depth")
            character = self._next()
            if character == ",":
                self.at += 1
                if stack[-1] == "{":
                    self._key("looking for beginning of object key string")
                self._value_begin(stack)
            elif character == ("}" if stack[-1] == "{" else "]"):
                self.at += 1
                stack.pop()
            else:
                self._fail("after object key:value pair" if stack[-1] == "{" else "after array element")
        self._skip()
        if self.at < len(self.text):
            self._fail("after top-level value")

    def _value_begin(self, stack: list[str]) -> None:
        """Read a value up to its first inner value, pushing what it opens."""
        while True:
            character = self._next()
            if character == "{":
                self.at += 1
                if self._next() == "}":
                    self.at += 1
                    return
                stack.append("{")
                self._key("looking for beginning of object key string")
                if len(stack) > MAX_DEPTH:
                    raise GoSyntaxError("exceeded max depth")
            elif character == "[":
                self.at += 1
                if self._next() == "]":
                    self.at += 1
                    return
                stack.append("[")
                if len(stack) > MAX_DEPTH:
                    raise GoSyntaxError("exceeded max depth")
            else:
                self._scalar(character)
                return

    def _key(self, context: str) -> None:
        if self._next() != '"':
            self._fail(context)
        self._string()
        if self._next() != ":":
            self._fail("after object key")
        self.at += 1

    def _scalar(self, character: str) -> None:
        if character == '"':
            self._string()
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        elif character == "-" or character in "0123456789":
            self._number()
        else:
            self._fail("looking for beginning of value")

    def _literal(self, word: str) -> None:
        for position, expected in enumerate(word):
            if self.at >= len(self.text):
                raise GoSyntaxError(UNEXPECTED_END)
            if self.text[self.at] != expected:
                shown = word[:position]
                self._fail(f"in literal {word} (expecting '{expected}')" if shown else "looking for beginning of value")
            self.at += 1

    def _number(self) -> None:
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            self.at += 1
            self._fail("in numeric literal")
        assert match is not None
        self.at = match.end()
        rest = self.text[self.at : self.at + 1]
        if rest and rest in ".eE":
            self.at += 1
            following = self.text[self.at : self.at + 1]
            if rest in "eE" and following and following in "+-":
                self.at += 1
            self._fail("after decimal point in numeric literal" if rest == "." else "in exponent of numeric literal")

    def _string(self) -> None:
        self.at += 1
        while True:
            if self.at >= len(self.text):
                raise GoSyntaxError(UNEXPECTED_END)
            character = self.text[self.at]
            if character == '"':
                self.at += 1
                return
            if character == "\\":
                self.at += 1
                self._escape()
            elif character < " ":
                self._fail("in string literal")
            else:
                self.at += 1

    def _escape(self) -> None:
        if self.at >= len(self.text):
            raise GoSyntaxError(UNEXPECTED_END)
        if self.text[self.at] == "u":
            for _ in range(4):
                self.at += 1
                if self.at >= len(self.text):
                    raise GoSyntaxError(UNEXPECTED_END)
                if self.text[self.at] not in "0123456789abcdefABCDEF":
                    self._fail("in \\u hexadecimal character escape")
        elif self.text[self.at] not in 'bfnrt\\/"':
            self._fail("in string escape code")
        self.at += 1

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _SPACE:
            self.at += 1

    def _next(self) -> str:
        self._skip()
        if self.at >= len(self.text):
            raise GoSyntaxError(UNEXPECTED_END)
        return self.text[self.at]

    def _fail(self, context: str) -> None:
        if self.at >= len(self.text):
            raise GoSyntaxError(UNEXPECTED_END)
        raise GoSyntaxError(f"invalid character {quoted(self.text[self.at])} {context}")


def quoted(character: str) -> str:
    """Return *character*, which stands for one byte, as Go quotes it in these messages."""
    if character == "'":
        return r"'\''"
    if character == '"':
        return "'\"'"
    escapes = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\"}
    if character in escapes:
        return f"'{escapes[character]}'"
    if character < " " or character == "\x7f":
        return f"'\\x{ord(character):02x}'"
    return f"'{character}'" if character.isprintable() else f"'\\u{ord(character):04x}'"
