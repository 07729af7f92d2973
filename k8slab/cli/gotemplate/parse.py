"""Reading a template: text and actions, then words, then the tree. Models text/template/parse, with its error words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<char>'(?:[^'\\\n]|\\.)')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))
    |(?P<variable>\$\w*)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<dot>\.)
    |(?P<word>[^\W\d]\w*)
    |(?P<assign>:=|=)
    |(?P<mark>[|(),])""",
    re.VERBOSE,
)
KEYWORDS = {"if", "range", "with", "else", "end", "define", "template", "block", "break", "continue"}


@dataclass(slots=True)
class Token:
    kind: str
    text: str
    at: int


class Parser:
    def __init__(self, name: str, source: str, functions: Mapping[str, Any]) -> None:
        self.name = name
        self.source = source
        self.functions = functions
        self.templates: dict[str, list[Node]] = {}
        self.variables = ["$"]
        self.items = self._split()
        self.position = 0

    def fail(self, message: str, at: int) -> TemplateError:
        line = self.source.count("\n", 0, at) + 1
        return TemplateError(f"template: {self.name}:{line}: {message}", parsing=True)

    def _split(self) -> list[Node | list[Token]]:
        """Cut the source into text nodes and token lists of actions; trim where ``{{-`` and ``-}}`` say so."""
        items: list[Any] = []
        at, trim = 0, False
        while True:
            start = self.source.find("{{", at)
            text = self.source[at:] if start < 0 else self.source[at:start]
            trims_left = start >= 0 and re.match(r"\{\{-\s", self.source[start:]) is not None
            text = text.lstrip(" \t\r\n") if trim else text
            text = text.rstrip(" \t\r\n") if trims_left else text
            if text:
                items.append(Text(at, text))
            if start < 0:
                return items
            inside = start + (3 if trims_left else 2)
            comment = re.compile(r"\s*/\*.*?\*/", re.DOTALL).match(self.source, inside)
            if comment:
                close = re.compile(r"(\s+-)?\}\}").match(self.source, comment.end())
                if not close:
                    raise self.fail("comment ends before closing delimiter", start)
                at, trim = close.end(), bool(close[1])
                continue
            tokens, at, trim = self._tokens(inside, start)
            items.append(tokens)

    def _tokens(self, at: int, start: int) -> tuple[list[Token], int, bool]:
        tokens: list[Token] = []
        depth = 0
        while True:
            close = re.compile(r"(\s-)?\}\}").match(self.source, at)
            if close:
                if depth:
                    raise self.fail("unclosed left paren", at)
                return tokens, close.end(), bool(close[1])
            if at >= len(self.source) or self.source.startswith("{{", at):
                raise self.fail("unclosed action", start)
            match = TOKEN.match(self.source, at)
            if not match:
                character = self.source[at]
                if character in "\"'`":
                    name = {'"': "quoted string", "'": "character constant", "`": "raw quoted string"}[character]
                    raise self.fail(f"unterminated {name}", at)
                raise self.fail(f"unrecognized character in action: U+{ord(character):04X} {character!r}", at)
            if match.lastgroup != "space" or (tokens and tokens[-1].kind != "space"):
                tokens.append(Token(match.lastgroup or "", match[0], at))
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if depth < 0:
                raise self.fail("unexpected right paren", at)
            at = match.end()

    def parse(self) -> list[Node]:
        body, ended = self._list()
        if ended:
            raise self.fail(f"unexpected {{{{{ended[0].text}}}}}", ended[0].at)
        return body

    def _list(self) -> tuple[list[Node], list[Token] | None]:
        """Read up to the end, or to an ``else`` or ``end``, whose tokens are returned."""
        nodes: list[Node] = []
        while self.position < len(self.items):
            item = self.items[self.position]
            self.position += 1
            if isinstance(item, Node):
                nodes.append(item)
                continue
            tokens = [token for i, token in enumerate(item) if token.kind != "space" or i < len(item) - 1]
            if not tokens:
                at = len(self.source)
                raise self.fail("missing value for command", at)
            first = tokens[0]
            if first.kind == "word" and first.text in ("else", "end"):
                return nodes, tokens
            nodes.extend(self._action(first, tokens))
        return nodes, None

    def _action(self, first: Token, tokens: list[Token]) -> list[Node]:
        if first.kind != "word" or first.text not in KEYWORDS:
            return [Action(first.at, "", self._pipe(tokens, "command", first.at))]
        rest = tokens[1:]
        if first.text in ("if", "with", "range"):
            return [self._branch(first, rest)]
        if first.text in ("break", "continue"):
            return [Leave(first.at, first.text)]
        names = [token for token in rest if token.kind == "string"]
        if not names:
            raise self.fail(f"missing name in {first.text} clause", first.at)
        name = unquote(names[0].text)
        if first.text == "template":
            after = rest[rest.index(names[0]) + 1 :]
            pipe = self._pipe(after, "template clause", first.at) if any(t.kind != "space" for t in after) else None
            return [Call(names[0].at, "", name, pipe)]
        body, ended = self._list()
        if not ended or ended[0].text != "end":
            raise self.fail("unexpected EOF" if not ended else f"unexpected {{{{{ended[0].text}}}}}", first.at)
        self.templates.setdefault(name, body)
        if first.text == "block":
            after = rest[rest.index(names[0]) + 1 :]
            return [Call(first.at, "", name, self._pipe(after, "block clause", first.at))]
        return []

    def _branch(self, first: Token, rest: list[Token]) -> Branch:
        known = len(self.variables)
        pipe = self._pipe(rest, first.text, first.at)
        body, ended = self._list()
        otherwise: list[Node] = []
        if ended and ended[0].text == "else":
            again = [token for token in ended[1:] if token.kind != "space"]
            if again and again[0].text in ("if", "with"):
                otherwise = [self._branch(again[0], ended[ended.index(again[0]) + 1 :])]
                del self.variables[known:]
                return Branch(first.at, "", first.text, pipe, body, otherwise)
            otherwise, ended = self._list()
        if not ended:
            raise self.fail("unexpected EOF", len(self.source))
        if ended[0].text != "end":
            raise self.fail(f"unexpected {{{{{ended[0].text}}}}}", ended[0].at)
        del self.variables[known:]
        return Branch(first.at, "", first.text, pipe, body, otherwise)

    def _pipe(self, tokens: list[Token], where: str, at: int) -> Pipe:
        solid = [token for token in tokens if token.kind != "space"]
        pipe = Pipe(solid[0].at if solid else at, "", [])
        if solid and solid[0].kind == "variable":
            declared, i = [solid[0].text], 1
            if len(solid) > 3 and solid[1].text == "," and solid[2].kind == "variable":
                declared, i = [solid[0].text, solid[2].text], 3
            if len(solid) > i and solid[i].kind == "assign":
                pipe.declared, pipe.assigns = declared, solid[i].text == "="
                tokens = tokens[tokens.index(solid[i]) + 1 :]
        reader = Words(self, tokens)
        pipe.commands = reader.commands(where, at)
        self.variables += [] if pipe.assigns else pipe.declared
        return pipe


class Words:
    """Reads the words of one pipeline."""

    def __init__(self, parser: Parser, tokens: list[Token]) -> None:
        self.parser, self.tokens, self.i = parser, tokens, 0

    def commands(self, where: str, at: int, closing: bool = False) -> list[Node]:
        commands: list[Node] = []
        words: list[Node] = []
        while True:
            token = self.tokens[self.i] if self.i < len(self.tokens) else None
            if token is None or token.text in ("|", ")"):
                if not words:
                    raise self.parser.fail(f"missing value for {where}", token.at if token else at)
                start, end = words[0].at, token.at if token else self._end()
                commands.append(Command(start, self.parser.source[start:end].strip(), words))
                words = []
                if token is None or token.text == ")":
                    if closing:
                        self.i += 1
                    self._check(commands)
                    return commands
                self.i += 1
            elif token.kind == "space":
                self.i += 1
            else:
                words.append(self._operand())

    def _check(self, commands: list[Node]) -> None:
        for command in commands[1:]:
            assert isinstance(command, Command)
            first = command.words[0]
            if isinstance(first, (Literal, Dot, Nil)):
                raise self.parser.fail(
                    f"non executable command in pipeline stage {commands.index(command) + 1}", first.at
                )

    def _end(self) -> int:
        last = self.tokens[-1]
        return last.at + len(last.text)

    def _operand(self) -> Node:
        token = self.tokens[self.i]
        self.i += 1
        node = self._term(token)
        names, second = [], self.tokens[self.i].at if self.i < len(self.tokens) else token.at
        while self.i < len(self.tokens) and self.tokens[self.i].kind == "field":
            names.append(self.tokens[self.i].text[1:])
            self.i += 1
        if not names:
            return node
        end = self.tokens[self.i - 1].at + len(self.tokens[self.i - 1].text)
        text = self.parser.source[token.at : end]
        if isinstance(node, Field):
            return Field(second, text, node.base, node.names + names)
        if isinstance(node, (Literal, Nil)):
            raise self.parser.fail(f"unexpected . after term {text.split('.')[0]!r}".replace("'", '"'), token.at)
        return Field(second, text, node, names)

    def _term(self, token: Token) -> Node:
        at, text = token.at, token.text
        match token.kind:
            case "string":
                return Literal(at, text, unquote(text))
            case "char":
                return Literal(at, text, ord(unquote('"' + text[1:-1] + '"')))
            case "number":
                return Literal(at, text, number(text))
            case "field":
                return Field(at, text, None, [text[1:]])
            case "dot":
                return Dot(at, text)
            case "variable":
                if text not in self.parser.variables:
                    raise self.parser.fail(f'undefined variable "{text}"', at)
                return Variable(at, text, text)
            case "word" if text in ("true", "false"):
                return Literal(at, text, text == "true")
            case "word" if text == "nil":
                return Nil(at, text)
            case "word" if text in self.parser.functions:
                return Function(at, text, text)
            case "word":
                raise self.parser.fail(f'function "{text}" not defined', at)
        if text == "(":
            start = self.i
            pipe = Pipe(at, "", self.commands("parenthesized pipeline", at, closing=True))
            pipe.text = self.parser.source[at : self.tokens[self.i - 1].at + 1]
            assert self.i > start
            return pipe
        raise self.parser.fail(f"unexpected {text!r} in operand".replace("'", '"'), at)


def unquote(text: str) -> str:
    """Return the string that the Go literal *text* stands for."""
    if text[0] == "`":
        return text[1:-1]
    return json.loads(
        re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", text)
        .replace("\t", "\\t")
        .replace("\\'", "'")
        .replace("\\a", "\\u0007")
        .replace("\\v", "\\u000b")
    )


def number(text: str) -> int | float:
    """Return the number that the Go literal *text* stands for."""
    text = text.replace("_", "")
    try:
        return int(text, 0) if not re.fullmatch(r"[+-]?0\d+", text) else int(text, 8)
    except ValueError:
        return float(text)
