"""The grammar of kubectl's JSONPath: a template becomes a list of nodes. Models client-go util/jsonpath/parser.go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?\Z")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)\Z", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[.\d]*")
_END_OF_FIELD = frozenset(" .,[]$@{}")


class JSONPathError(Exception):
    """A template cannot be read or does not fit the object."""


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text."""

    value: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or a boolean."""

    value: Any


@dataclass(frozen=True, slots=True)
class Field:
    """``.name``"""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """``[start:end:step]``; ``[3]`` is ``[3:4]`` (*is_index*)."""

    start: int | None
    end: int | None
    step: int | None
    is_index: bool


@dataclass(frozen=True, slots=True)
class Identifier:
    """``range`` or ``end``."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*``"""


@dataclass(frozen=True, slots=True)
class Recursive:
    """``..``"""


@dataclass(frozen=True, slots=True)
class Nodes:
    """What stands between braces."""

    nodes: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(left operator right)]``; the operator ``exists`` has no right side."""

    left: Nodes
    operator: str
    right: Nodes


@dataclass(frozen=True, slots=True)
class Union:
    """``[a,b]``"""

    options: tuple[Nodes, ...]


Node: TypeAlias = Text | Constant | Field | Array | Identifier | Wildcard | Recursive | Nodes | Filter | Union


def parse(template: str) -> list[Node]:
    """Return the pieces of *template*. Raises JSONPathError in upstream's words."""
    return _Parser(template).template()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def template(self) -> list[Node]:
        found: list[Node] = []
        while self.at < len(self.text):
            brace = self.text.find("{", self.at)
            if brace < 0:
                found.append(Text(self.text[self.at :]))
                break
            if brace > self.at:
                found.append(Text(self.text[self.at : brace]))
            self.at = brace + 1
            found.append(self._action())
        return found

    def _action(self) -> Nodes:
        """Read up to the closing brace."""
        nodes: list[Node] = []
        while True:
            rest = self.text[self.at : self.at + 3]
            character = rest[:1]
            if character == "}":
                self.at += 1
                return Nodes(tuple(nodes))
            if rest == "[?(":
                nodes.append(self._filter())
            elif rest.startswith(".."):
                self._recursive(nodes)
            elif character in ("", "\r", "\n"):
                raise JSONPathError("unclosed action")
            elif character in " @$":
                self.at += 1
            elif character == "[":
                nodes.extend(self._array())
            elif character in "\"'":
                nodes.append(self._quote(character))
            elif character == ".":
                self.at += 1
                nodes.append(self._field())
            elif character in "+-" or character.isdigit():
                nodes.append(self._number())
            elif character == "_" or character.isalpha():
                nodes.append(self._identifier())
            else:
                raise JSONPathError(f"unrecognized character in action: U+{ord(character):04X} '{character}'")

    def _recursive(self, nodes: list[Node]) -> None:
        if nodes and isinstance(nodes[-1], Recursive):
            raise JSONPathError("invalid multiple recursive descent")
        self.at += 2
        nodes.append(Recursive())
        following = self.text[self.at : self.at + 1]
        if following == "_" or following.isalnum():
            nodes.append(self._field())

    def _field(self) -> Node:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _END_OF_FIELD:
            self.at += 2 if self.text[self.at] == "\\" else 1
        name = self.text[start : self.at]
        return Wildcard() if name == "*" else Field(name.replace("\\", ""))

    def _identifier(self) -> Node:
        match = re.compile(r"\w+").match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        if match[0] in ("true", "false"):
            return Constant(match[0] == "true")
        return Identifier(match[0])

    def _number(self) -> Node:
        match = _NUMBER.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        try:
            return Constant(int(match[0]))
        except ValueError:
            pass
        try:
            return Constant(float(match[0]))
        except ValueError:
            raise JSONPathError(f"cannot parse number {match[0]}") from None

    def _quote(self, quote: str) -> Node:
        start = self.at
        self.at += 1
        while True:
            character = self.text[self.at : self.at + 1]
            if character in ("", "\n"):
                raise JSONPathError("unterminated quoted string")
            self.at += 1
            if character == quote and self.text[self.at - 2] != "\\":
                break
        return Text(_unquoted(self.text[start + 1 : self.at - 1]))

    def _array(self) -> list[Node]:
        end = self.text.find("]", self.at)
        line_end = self.text.find("\n", self.at)
        if end < 0 or 0 <= line_end < end:
            raise JSONPathError("unterminated array")
        inside = self.text[self.at + 1 : end]
        self.at = end + 1
        if inside == "*":
            inside = ":"
        parts = inside.split(",")
        if len(parts) > 1:
            return [Union(tuple(_inside(f"[{part.strip(' ')}]") for part in parts))]
        if len(inside) > 1 and inside[0] == inside[-1] == "'" and "'" not in inside[1:-1]:
            return list(_inside("." + inside[1:-1]).nodes)
        match = _SLICE.match(inside)
        if match is None:
            raise JSONPathError(f"invalid array index {inside}")
        start, stop, step = (_index(part) for part in match.groups())
        if match[2] is None:
            return [Array(start, (start or 0) + 1, step, is_index=True)]
        return [Array(start, stop, step, is_index=False)]

    def _filter(self) -> Node:
        self.at += 3
        start = self.at
        quote = ""
        closed = True
        while True:
            character = self.text[self.at : self.at + 1]
            if character in ("", "\n"):
                raise JSONPathError("unterminated filter")
            self.at += 1
            if character in "\"'":
                if not quote:
                    quote, closed = character, False
                elif character == quote and self.text[self.at - 2] != "\\":
                    closed = True
            elif character == ")" and closed:
                break
        inside = self.text[start : self.at - 1]
        if self.text[self.at : self.at + 1] != "]":
            raise JSONPathError("unclosed array expect ]")
        self.at += 1
        match = _COMPARISON.match(inside)
        if match is None:
            return Filter(_inside(inside), "exists", Nodes(()))
        return Filter(_inside(match[1]), match[2], _inside(match[3]))


def _inside(text: str) -> Nodes:
    (nodes,) = _Parser("{" + text + "}").template()
    assert isinstance(nodes, Nodes)
    return nodes


def _index(part: str | None) -> int | None:
    text = (part or "").removeprefix(":")
    return int(text) if text and text != "-" else None


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _unquoted(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU":
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", replace, text)
