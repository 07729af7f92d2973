"""Expansion: from the words of a command to its arguments. Tilde, parameters, commands, arithmetic, splitting, path names.

Models POSIX 2.6 and dash's expand.c. Every method is a generator, because ``$(…)`` runs commands in virtual time.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.machine import users
from k8slab.machine.shell import patterns
from k8slab.machine.shell.arithmetic import ArithmeticError_, Expression, IllegalNumber
from k8slab.machine.shell.fields import Fields, TooLong
from k8slab.machine.shell.syntax import Arithmetic, Parameter, Part, Substitution, Text, Word

if TYPE_CHECKING:
    from k8slab.machine.shell.interpreter import Shell

Steps = Generator[Event, Any, Any]


class Expander:
    """Expands words for one shell."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    # -- results -------------------------------------------------------------------------------------------------------

    def arguments(self, words: Sequence[Word]) -> Generator[Event, Any, list[str]]:
        """Return the arguments that *words* become."""
        found: list[str] = []
        for one in words:
            if one.plain is not None:
                found.append(one.plain)
                continue
            for braced in self.shell.dialect.braces(one):
                fields = Fields(self.shell.ifs)
                yield from self._word(fields, braced, tilde="start")
                fields.finish()
                for text, pattern in fields.done:
                    if not self.shell.options["f"] and patterns.has_glob(pattern):
                        paths = patterns.expand_paths(self.shell.files, pattern)
                        if paths:
                            found += paths
                            continue
                    found.append(text)
        return found

    def text(self, word: Word, *, tilde: str = "") -> Generator[Event, Any, str]:
        """Return *word* as one text, unsplit (assignments, here-documents, file names)."""
        if word.plain is not None:
            return word.plain
        fields = Fields(None)
        yield from self._word(fields, word, tilde=tilde)
        return fields.joined()

    def pattern(self, word: Word) -> Generator[Event, Any, str]:
        """Return *word* as a pattern, its quoted characters escaped."""
        fields = Fields(None)
        yield from self._word(fields, word, tilde="start")
        return fields.pattern()

    # -- pieces --------------------------------------------------------------------------------------------------------

    def _word(self, fields: Fields, word: Word, *, tilde: str = "") -> Steps:
        try:
            for number, part in enumerate(word.parts):
                if type(part) is Text:
                    if part.quoted:
                        fields.quote(part.text)
                    elif tilde and "~" in part.text and (number == 0 or tilde == "assignment"):
                        self._tilde(fields, part.text, number == 0, len(word.parts) == number + 1, tilde)
                    else:
                        fields.literal(part.text)
                else:
                    yield from self._part(fields, part)
        except TooLong:
            raise self.shell.fatal("Out of space") from None

    def _tilde(self, fields: Fields, text: str, first: bool, last: bool, mode: str) -> None:
        pieces = text.split(":") if mode == "assignment" else [text]
        for number, piece in enumerate(pieces):
            if number:
                fields.literal(":")
            user, slash, rest = piece.partition("/")
            whole = bool(slash) or number < len(pieces) - 1 or last
            home = self._home(user[1:]) if user.startswith("~") and (first or number) and whole else None
            if home is None:
                fields.literal(piece)
            else:
                fields.quote(home)
                fields.literal(slash + rest)

    def _home(self, name: str) -> str | None:
        if not name:
            return self.shell.get("HOME")
        return next((user.home for user in users.users(self.shell.files) if user.name == name), None)

    def _part(self, fields: Fields, part: Part) -> Steps:
        if isinstance(part, Parameter):
            yield from self._parameter(fields, part)
        elif isinstance(part, Substitution):
            output = (yield from self.shell.substitute(part.body)) if part.body is not None else ""
            self._add(fields, output, part.quoted)
        elif isinstance(part, Arithmetic):
            text = yield from self.text(part.word)
            self._add(fields, str(self.arithmetic(text)), part.quoted)
        elif isinstance(part, Text):
            (fields.quote if part.quoted else fields.literal)(part.text)

    def arithmetic(self, text: str) -> int:
        """Return the value of the expression *text*."""
        shell = self.shell

        def get(name: str) -> str:
            value = shell.get(name)
            if value is None and shell.options["u"]:
                raise shell.unset(name)
            return value or ""

        try:
            return Expression(text, get, shell.assign, bash=shell.dialect.is_bash).value()
        except ArithmeticError_ as error:
            raise shell.fatal(shell.dialect.arithmetic(str(error), text)) from None
        except IllegalNumber as error:
            raise shell.fatal(f"Illegal number: {error}") from None

    def _add(self, fields: Fields, text: str, quoted: bool) -> None:
        if quoted:
            fields.quote(text)
        else:
            fields.expanded(text)

    def _all(self, fields: Fields, values: list[str], name: str, quoted: bool) -> None:
        """Add ``$@`` or ``$*``."""
        ifs = self.shell.get("IFS")
        joiner = " " if ifs is None else ifs[:1]
        if quoted and name == "*":
            fields.quote(joiner.join(values))
            return
        if fields.ifs is None:
            (fields.quote if quoted else fields.expanded)((" " if name == "@" else joiner).join(values))
            return
        for number, value in enumerate(values):
            if number:
                fields.finish()
            if quoted:
                fields.quote(value)
            else:
                fields.expanded(value)

    def _parameter(self, fields: Fields, part: Parameter) -> Steps:
        shell = self.shell
        name, operator = part.name, part.operator
        if operator == "bad":
            raise shell.fatal(shell.dialect.bad_substitution(name))
        many = name in ("@", "*")
        value = shell.parameter(name)
        if operator == "":
            if many:
                if part.quoted and name == "@" and not shell.positional and fields.ifs is not None:
                    # "$@" without parameters is no field at all, even though it is quoted
                    if not fields.joined() and fields.open and not fields.done:
                        fields.open = False
                    return
                self._all(fields, shell.positional, name, part.quoted)
            elif value is None:
                if shell.options["u"] and name not in ("@", "*"):
                    raise shell.unset(name)
                if part.quoted:
                    fields.quote("")
            else:
                self._add(fields, value, part.quoted)
            return
        if operator == "length":
            if value is None and shell.options["u"] and not many:
                raise shell.unset(name)
            count = len(shell.positional) if many else len(value or "")
            self._add(fields, str(count), part.quoted)
            return
        assert part.word is not None or operator == "indirect"
        if operator[0] in ":-=?+" and operator != ":":
            yield from self._default(fields, part, value)
            return
        if value is None and shell.options["u"]:
            raise shell.unset(name)
        if operator[0] in "#%":
            assert part.word is not None
            pattern = yield from self.pattern(part.word)
            self._add(fields, patterns.trim(value or "", pattern, operator), part.quoted)
            return
        yield from self._bash(fields, part, value or "")

    def _default(self, fields: Fields, part: Parameter, value: str | None) -> Steps:
        shell = self.shell
        assert part.word is not None
        empty = part.operator.startswith(":") and value == ""
        missing = value is None or empty
        kind = part.operator[-1]
        if kind == "+":
            if not missing:
                yield from self._inner(fields, part)
            elif part.quoted:
                fields.quote("")
            return
        if not missing:
            if part.name in ("@", "*"):
                self._all(fields, shell.positional, part.name, part.quoted)
            else:
                self._add(fields, value or "", part.quoted)
            return
        if kind == "-":
            yield from self._inner(fields, part)
        elif kind == "=":
            text = yield from self.text(part.word, tilde="start")
            if not re.match(r"[A-Za-z_]", part.name):
                raise shell.fatal(shell.dialect.bad_variable_name(part.name))
            shell.assign(part.name, text)
            self._add(fields, text, part.quoted)
        else:
            text = yield from self.text(part.word)
            default = "parameter not set or null" if part.operator == ":?" else "parameter not set"
            raise shell.fatal(f"{part.name}: {text or shell.dialect.unset_words(default)}")

    def _inner(self, fields: Fields, part: Parameter) -> Steps:
        """Expand the word of ``${x-word}`` in its place: its own quoting counts."""
        assert part.word is not None
        for number, inner in enumerate(part.word.parts):
            if isinstance(inner, Text):
                if inner.quoted or part.quoted:
                    fields.quote(inner.text)
                elif number == 0 and inner.text.startswith("~"):
                    self._tilde(fields, inner.text, True, len(part.word.parts) == 1, "start")
                else:
                    fields.expanded(inner.text)
            else:
                yield from self._part(fields, inner)
        if part.quoted and not part.word.parts:
            fields.quote("")

    def _bash(self, fields: Fields, part: Parameter, value: str) -> Steps:
        """The operators that only bash has."""
        operator = part.operator
        if operator == "indirect":
            result = self.shell.parameter(value) or ""
        elif operator in ("/", "//"):
            assert part.word is not None
            pattern = yield from self.pattern(part.word)
            new = (yield from self.text(part.extra)) if part.extra is not None else ""
            result = _replace(value, pattern, new, everywhere=operator == "//")
        elif operator == ":":
            assert part.word is not None
            offset = self.arithmetic((yield from self.text(part.word)))
            start = max(0, len(value) + offset) if offset < 0 else offset
            result = value[start:]
            if part.extra is not None:
                length = self.arithmetic((yield from self.text(part.extra)))
                result = result[:length]
        else:
            change = str.upper if operator[0] == "^" else str.lower
            result = change(value) if len(operator) == 2 else change(value[:1]) + value[1:]
        self._add(fields, result, part.quoted)


def _replace(value: str, pattern: str, new: str, *, everywhere: bool) -> str:
    anchor_start = pattern.startswith("#") and not everywhere
    anchor_end = pattern.startswith("%") and not everywhere
    expression = patterns.regex(pattern[1:] if anchor_start or anchor_end else pattern)
    expression = ("^" if anchor_start else "") + f"(?:{expression})" + (r"\Z" if anchor_end else "")
    if not pattern:
        return value
    return re.sub(expression, lambda _: new, value, count=0 if everywhere else 1, flags=re.DOTALL)
