"""Carrying a template out on a value. Models text/template/exec, with its error words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.cli.gotemplate.functions import FUNCTIONS, is_true
from k8slab.cli.gotemplate.nodes import (
    Action,
    Branch,
    Call,
    Command,
    Dot,
    Field,
    Function,
    Leave,
    Literal,
    Nil,
    Node,
    Pipe,
    TemplateError,
    Text,
    Variable,
)
from k8slab.cli.gotemplate.parse import Parser
from k8slab.cli.gotemplate.values import NO_VALUE, TemplateFailure, sprint, sprintf, type_name


class Struct(dict[str, Any]):
    """A value whose fields are known: asking for another one is an error that names *type_name*."""

    type_name = "struct"

    def missing(self, name: str) -> str:
        """Return Go's complaint about a field that is not there."""
        return f"can't evaluate field {name} in type {self.type_name}"


class _Leave(Exception):
    pass


class _Break(_Leave):
    pass


class _Continue(_Leave):
    pass


class Template:
    """A template, read once and carried out many times. Raises `TemplateError` with Go's words."""

    def __init__(
        self, source: str, *, name: str = "", functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self.name = name
        self.source = source
        self.functions = {**FUNCTIONS, **(functions or {})}
        parser = Parser(name, source, self.functions)
        self.body = parser.parse()
        self.templates = parser.templates

    def render(self, value: Any) -> str:
        """Return what the template makes of *value*."""
        self._out: list[str] = []
        self._variables: list[tuple[str, Any]] = [("$", value)]
        self._walk(self.body, value)
        return "".join(self._out)

    def _fail(self, node: Node, message: str) -> TemplateError:
        line = self.source.count("\n", 0, node.at) + 1
        column = node.at - (self.source.rfind("\n", 0, node.at) + 1)
        text = f'template: {self.name}:{line}:{column}: executing "{self.name}" at <{node.text}>: {message}'
        return TemplateError(text, parsing=False)

    def _walk(self, nodes: list[Node], dot: Any) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self._out.append(node.text)
            elif isinstance(node, Action):
                value = self._pipe(node.pipe, dot)
                if not node.pipe.declared:
                    self._out.append(sprint([value]) if value is not None else "<no value>")
            elif isinstance(node, Branch):
                self._branch(node, dot)
            elif isinstance(node, Leave):
                raise _Break if node.text == "break" else _Continue
            elif isinstance(node, Call):
                self._call_template(node, dot)

    def _call_template(self, node: Call, dot: Any) -> None:
        if node.name not in self.templates:
            node.text = f'{{{{template "{node.name}"}}}}'
            raise self._fail(node, f'template "{node.name}" not defined')
        value = self._pipe(node.pipe, dot) if node.pipe else None
        variables, self._variables = self._variables, [("$", value)]
        self._walk(self.templates[node.name], value)
        self._variables = variables

    def _branch(self, node: Branch, dot: Any) -> None:
        known = len(self._variables)
        if node.keyword == "range":
            self._range(node, dot)
        else:
            value = self._pipe(node.pipe, dot)
            if is_true(value):
                self._walk(node.body, value if node.keyword == "with" else dot)
            else:
                self._walk(node.otherwise, dot)
        del self._variables[known:]

    def _range(self, node: Branch, dot: Any) -> None:
        pipe = Pipe(node.pipe.at, node.pipe.text, node.pipe.commands)
        value = self._pipe(pipe, dot)
        if isinstance(value, Mapping):
            pairs = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, (list, tuple)):
            pairs = list(enumerate(value))
        elif value is None or value is NO_VALUE:
            pairs = []
        else:
            raise self._fail(node.pipe.commands[0], f"range can't iterate over {sprint([value])}")
        declared = node.pipe.declared
        known = len(self._variables)
        for key, item in pairs:
            if node.pipe.assigns:
                for name, new in zip(declared, (key, item) if len(declared) == 2 else (item,)):
                    self._assign(name, new)
            else:
                self._variables += zip(declared, (key, item) if len(declared) == 2 else (item,))
            try:
                self._walk(node.body, item)
            except _Break:
                return
            except _Continue:
                continue
            finally:
                del self._variables[known:]
        if not pairs:
            self._walk(node.otherwise, dot)

    def _assign(self, name: str, value: Any) -> None:
        for i in reversed(range(len(self._variables))):
            if self._variables[i][0] == name:
                self._variables[i] = (name, value)
                return

    def _pipe(self, pipe: Pipe, dot: Any) -> Any:
        value: Any = _NOTHING
        for command in pipe.commands:
            assert isinstance(command, Command)
            value = self._command(command, dot, value)
        if pipe.declared:
            if pipe.assigns:
                self._assign(pipe.declared[0], value)
            else:
                self._variables.append((pipe.declared[0], value))
        return value

    def _command(self, command: Command, dot: Any, last: Any) -> Any:
        first = command.words[0]
        extra = [] if last is _NOTHING else [last]
        if isinstance(first, Function):
            return self._call(command, first, dot, extra)
        if isinstance(first, Nil):
            raise self._fail(first, "nil is not a command")
        if len(command.words) > 1 or extra:
            if isinstance(first, Field):
                method = self._method(first, dot)
                if method is not None:
                    return method(*[self._value(word, dot) for word in command.words[1:]], *extra)
                raise self._fail(first, f"{first.names[-1]} is not a method but has arguments")
            what = sprintf("%q", [first.value]) if isinstance(first, Literal) else first.text
            raise self._fail(first, f"can't give argument to non-function {what}")
        return self._value(first, dot)

    def _method(self, node: Field, dot: Any) -> Callable[..., Any] | None:
        """Return the method that *node* names: a field of a `Struct` that can be called, as ``.Label "app"``."""
        owner = dot if node.base is None else self._value(node.base, dot)
        for name in node.names[:-1]:
            owner = self._field(node, owner, name)
        found = owner.get(node.names[-1]) if isinstance(owner, Struct) else None
        return found if callable(found) else None

    def _call(self, command: Command, first: Function, dot: Any, extra: list[Any]) -> Any:
        node = Node(first.at, command.text)
        words = command.words[1:]
        if first.name in ("and", "or"):
            return self._shortcut(first.name, node, words, dot, extra)
        arguments = [self._value(word, dot) for word in words] + extra
        try:
            return self.functions[first.name](*arguments)
        except TemplateFailure as failure:
            if failure.plain:
                raise self._fail(Node(first.at, first.name), str(failure)) from None
            raise self._fail(node, f"error calling {first.name}: {failure}") from None
        except TypeError:
            wanted = getattr(self.functions[first.name], "wants", 1)
            message = f"wrong number of args for {first.name}: want {wanted} got {len(arguments)}"
            raise self._fail(Node(first.at, first.name), message) from None

    def _shortcut(self, name: str, node: Node, words: list[Node], dot: Any, extra: list[Any]) -> Any:
        if not words and not extra:
            raise self._fail(Node(node.at, name), f"wrong number of args for {name}: want at least 1 got 0")
        value: Any = None
        for argument in [*words, *(Literal(node.at, "", value) for value in extra)]:
            value = self._value(argument, dot)
            if is_true(value) == (name == "or"):
                return value
        return value

    def _value(self, node: Node, dot: Any) -> Any:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Dot):
            return dot
        if isinstance(node, Nil):
            return None
        if isinstance(node, Variable):
            return next(value for name, value in reversed(self._variables) if name == node.name)
        if isinstance(node, Pipe):
            return self._pipe(node, dot)
        if isinstance(node, Function):
            return self._call(Command(node.at, node.text, [node]), node, dot, [])
        assert isinstance(node, Field)
        value = dot if node.base is None else self._value(node.base, dot)
        for name in node.names:
            value = self._field(node, value, name)
        return value

    def _field(self, node: Field, value: Any, name: str) -> Any:
        if value is None or value is NO_VALUE:
            if node.names[0] != name or node.base is not None:
                return None
            raise self._fail(node, f"nil data; no entry for key {sprintf('%q', [name])}")
        if isinstance(value, Struct):
            if name not in value:
                raise self._fail(node, value.missing(name))
            found = value[name]
            return found() if callable(found) else found
        if isinstance(value, Mapping):
            return value.get(name)
        inside = node.names.index(name) > 0 or node.base is not None  # what a map holds is an interface to Go
        kind = "interface {}" if inside else type_name(value)
        raise self._fail(node, f"can't evaluate field {name} in type {kind}")


_NOTHING = object()
