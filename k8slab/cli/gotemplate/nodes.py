"""What a template consists of once it is read: nodes, with the place and the text they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class TemplateError(Exception):
    """The template is wrong (*parsing*) or could not be carried out. The text is Go's, from ``template: NAME:line`` on."""

    def __init__(self, message: str, *, parsing: bool) -> None:
        super().__init__(message)
        self.parsing = parsing


@dataclass(slots=True)
class Node:
    at: int
    text: str


@dataclass(slots=True)
class Literal(Node):
    value: Any


@dataclass(slots=True)
class Nil(Node):
    pass


@dataclass(slots=True)
class Dot(Node):
    pass


@dataclass(slots=True)
class Field(Node):
    """``.a.b``, ``$x.a.b`` or ``(pipeline).a.b``."""

    base: Node | None
    names: list[str]


@dataclass(slots=True)
class Variable(Node):
    name: str


@dataclass(slots=True)
class Function(Node):
    name: str


@dataclass(slots=True)
class Command(Node):
    words: list[Node]


@dataclass(slots=True)
class Pipe(Node):
    commands: list[Node]
    declared: list[str] = field(default_factory=list)
    assigns: bool = False


@dataclass(slots=True)
class Text(Node):
    pass


@dataclass(slots=True)
class Action(Node):
    pipe: Pipe


@dataclass(slots=True)
class Branch(Node):
    """if, with or range, with the list to carry out and the list of its else."""

    keyword: str
    pipe: Pipe
    body: list[Node]
    otherwise: list[Node]


@dataclass(slots=True)
class Call(Node):
    name: str
    pipe: Pipe | None


@dataclass(slots=True)
class Leave(Node):
    """break or continue."""
