"""The grammar of the shell: lists, pipelines, compound commands, functions, redirections.

Models dash's parser.c, its error words included. `Parser.command` reads one complete command (up to the end of its line), as a
shell does: what follows a syntax error is never run, what stands before it has been.
Left out: aliases, ``coproc``, ``select`` and arrays of bash, ``((`` commands other than in bash.
"""

from __future__ import annotations

from k8slab.machine.shell.syntax import (
    AndOr,
    Arithmetic,
    Case,
    Command,
    Condition,
    For,
    Function,
    Group,
    If,
    Loop,
    Part,
    Pipeline,
    Redirection,
    Sequence,
    Simple,
    Subshell,
    Text,
    Word,
    word,
)
from k8slab.machine.shell.tokens import ASSIGNMENT, CLOSING, NAME, REDIRECTING, RESERVED, Tokens


class Parser(Tokens):
    """Reads commands from a text."""

    # -- lists ---------------------------------------------------------------------------------------------------------

    def command(self) -> Command | None:
        """Return the next complete command, None at the end of the text. Raises ShellSyntaxError."""
        self.skip_newlines()
        if self.peek().kind == "end of file":
            return None
        command = self._list(end_at_newline=True)
        token = self.peek()
        if token.kind not in ("newline", "end of file"):
            raise self.unexpected()
        self.next()
        if self.heredocs:
            self._read_heredocs()
        return command

    def read_all(self) -> Command | None:
        items: list[tuple[Command, bool]] = []
        while (command := self.command()) is not None:
            items.append((command, False))
        if not items:
            return None
        return items[0][0] if len(items) == 1 else Sequence(tuple(items))

    def read_until_paren(self) -> Command | None:
        self.deeper()
        token, self.token = self.token, None
        heredocs, self.heredocs = self.heredocs, []
        self.skip_newlines()
        body = None if self.peek().kind == ")" else self._list()
        if self.peek().kind != ")":
            raise self.unexpected(")")
        self.token = token
        self.heredocs = heredocs
        self.depth -= 1
        return body

    def _list(self, *, end_at_newline: bool = False) -> Command:
        """Return commands up to a closing word, the end, or (*end_at_newline*) the end of the line."""
        self.deeper()
        items: list[tuple[Command, bool]] = []
        while True:
            command = self._and_or()
            separator = self.peek().kind
            if separator in (";", "&"):
                self.next()
            items.append((command, separator == "&"))
            if not end_at_newline:
                self.skip_newlines()
            elif self.peek().kind == "newline":
                break
            if separator not in (";", "&") and (end_at_newline or separator != "newline"):
                break
            following = self.reserved()
            if following in CLOSING or following == "end of file":
                break
        self.depth -= 1
        return items[0][0] if len(items) == 1 and not items[0][1] else Sequence(tuple(items))

    def _body(self) -> Command:
        self.skip_newlines()
        return self._list()

    def _and_or(self) -> Command:
        first = self._pipeline()
        rest: list[tuple[str, Command]] = []
        while (operator := self.peek().kind) in ("&&", "||"):
            self.next()
            self.skip_newlines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest)) if rest else first

    def _pipeline(self) -> Command:
        negated = False
        while self.reserved() == "!":
            self.next()
            negated = not negated
        commands = [self._command()]
        while self.peek().kind == "|":
            self.next()
            self.skip_newlines()
            commands.append(self._command())
        if len(commands) == 1 and not negated:
            return commands[0]
        return Pipeline(tuple(commands), negated)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self) -> Command:
        reserved = self.reserved()
        compound = {
            "if": self._if,
            "while": self._loop,
            "until": self._loop,
            "for": self._for,
            "case": self._case,
            "{": self._group,
            "(": self._subshell,
            "[[": self._condition,
        }.get(reserved)
        if compound is None:
            if reserved == "function":
                return self._bash_function()
            return self._simple()
        command = compound()
        redirections = self._redirections()
        if not redirections:
            return command
        if isinstance(command, Subshell):
            return Subshell(command.body, tuple(redirections)) if not self.heredocs else _late(command, redirections)
        return _late(command, redirections)

    def _redirections(self) -> list[Redirection]:
        found: list[Redirection] = []
        while self._redirection(found):
            pass
        return found

    def _redirection(self, into: list[Redirection]) -> bool:
        token = self.peek()
        fd = None
        if token.kind == "number":
            self.next()
            fd = token.number
            token = self.peek()
        if token.kind == "&>":
            self.next()
            target = self._target()
            into += [Redirection(1, ">", target), Redirection(2, ">&", word([Text("1")]))]
            return True
        if token.kind == "<<<":
            self.next()
            target = self._target()
            into.append(Redirection(fd or 0, "<<", Word((*target.parts, Text("\n", True)))))
            return True
        if token.kind not in REDIRECTING:
            if fd is not None:
                raise self.unexpected()
            return False
        operator = token.kind
        self.next()
        default = 0 if operator[0] == "<" else 1
        number = default if fd is None else fd
        target = self._target()
        if operator in ("<<", "<<-"):
            quoted = any(getattr(part, "quoted", False) for part in target.parts)
            delimiter = "".join(part.text for part in target.parts if isinstance(part, Text))
            into.append(Redirection(number, "wait", target))
            self.heredocs.append((into, number, delimiter, operator, quoted))
        else:
            into.append(Redirection(number, operator, target))
        return True

    def _target(self) -> Word:
        token = self.peek()
        if token.kind not in ("word", "number") or token.word is None:
            raise self.unexpected()
        self.next()
        return token.word

    def _simple(self) -> Command:
        line = self.line
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        if self.peek().kind == "word" and self.reserved():
            raise self.unexpected()
        while True:
            if self._redirection(redirections):
                continue
            token = self.peek()
            if token.kind != "word" or token.word is None:
                if token.kind == "(" and len(words) == 1 and not assignments and not redirections:
                    return self._function(words[0])
                break
            self.next()
            assignment = _assignment(token.word) if not words else None
            if assignment is not None:
                assignments.append(assignment)
            else:
                words.append(token.word)
        if not words and not assignments and not redirections:
            raise self.unexpected()
        return _pending(Simple(tuple(assignments), tuple(words), (), line), redirections)

    def _function(self, name: Word) -> Command:
        literal = name.literal
        self.next()
        self.expect(")")
        if literal is None or not (NAME.match(literal) or self.bash):
            raise self.error("Bad function name")
        self.skip_newlines()
        return Function(literal, self._command())

    def _bash_function(self) -> Command:
        self.next()
        name = self._target()
        if self.peek().kind == "(":
            self.next()
            self.expect(")")
        self.skip_newlines()
        return Function(name.literal or "", self._command())

    def _if(self) -> Command:
        self.next()
        branches: list[tuple[Command, Command]] = []
        condition = self._body()
        self.expect("then")
        branches.append((condition, self._body()))
        while self.reserved() == "elif":
            self.next()
            condition = self._body()
            self.expect("then")
            branches.append((condition, self._body()))
        otherwise = None
        if self.reserved() == "else":
            self.next()
            otherwise = self._body()
        self.expect("fi")
        return If(tuple(branches), otherwise)

    def _loop(self) -> Command:
        until = self.reserved() == "until"
        self.next()
        condition = self._body()
        self.expect("do")
        body = self._body()
        self.expect("done")
        return Loop(condition, body, until)

    def _for(self) -> Command:
        line = self.line
        self.next()
        token = self.peek()
        literal = token.word.literal if token.word is not None else None
        if token.kind != "word" or literal is None or not NAME.match(literal):
            raise self.error("Bad for loop variable")
        self.next()
        words: list[Word] | None = None
        self.skip_newlines()
        if self.reserved() == "in":
            self.next()
            words = []
            while self.peek().kind == "word":
                found = self.next().word
                assert found is not None
                words.append(found)
            if self.peek().kind not in (";", "newline"):
                raise self.unexpected()
            self.next()
        elif self.peek().kind == ";":
            self.next()
        self.skip_newlines()
        close = "}" if self.reserved() == "{" else "done"
        self.expect("do" if close == "done" else "{")
        body = self._body()
        self.expect(close)
        return For(literal, tuple(words) if words is not None else None, body, line)

    def _case(self) -> Command:
        line = self.line
        self.next()
        subject = self._target()
        self.skip_newlines()
        self.expect("in")
        self.skip_newlines()
        items: list[tuple[tuple[Word, ...], Command | None]] = []
        while self.reserved() != "esac":
            if self.peek().kind == "(":
                self.next()
            patterns = [self._target()]
            while self.peek().kind == "|":
                self.next()
                patterns.append(self._target())
            self.expect(")")
            self.skip_newlines()
            body = None if self.reserved() in (";;", "esac") else self._list()
            items.append((tuple(patterns), body))
            if self.reserved() == ";;":
                self.next()
                self.skip_newlines()
            elif self.reserved() != "esac":
                raise self.unexpected(";;")
        self.next()
        return Case(subject, tuple(items), line)

    def _group(self) -> Command:
        self.next()
        body = self._body()
        self.expect("}")
        return Group(body)

    def _subshell(self) -> Command:
        line = self.line
        if self.bash and self.text.startswith("(", self.at):
            return self._arithmetic_command(line)
        self.next()
        body = self._body()
        self.expect(")")
        return Subshell(body)

    def _arithmetic_command(self, line: int) -> Command:
        """``(( expression ))``: status 0 if it is not zero."""
        self.at -= 2
        self.text = self.text[: self.at + 1] + "$" + self.text[self.at + 1 :]
        self.at += 1
        self.token = None
        part = self._arithmetic(True)
        assert isinstance(part, Arithmetic)
        test = [word([Text("[")]), Word((part,)), word([Text("-ne")]), word([Text("0")]), word([Text("]")])]
        return Simple((), tuple(test), (), line)

    def _condition(self) -> Command:
        line = self.line
        self.next()
        items: list[Word | str] = []
        while True:
            token = self.peek()
            if token.kind in ("&&", "||", "(", ")", "<", ">"):
                items.append(token.kind)
            elif token.kind == "newline":
                pass
            elif token.kind == "word" and token.word is not None:
                if token.word.literal == "]]":
                    self.next()
                    return Condition(tuple(items), line)
                items.append(token.word)
            else:
                raise self.unexpected("]]")
            self.next()


def _assignment(read: Word) -> tuple[str, Word] | None:
    """Return ``(name, value)`` if *read* is an assignment; bash's ``name+=`` keeps the plus in the name."""
    first = read.parts[0]
    if not isinstance(first, Text) or first.quoted:
        return None
    match = ASSIGNMENT.match(first.text)
    if match is None:
        return None
    rest = first.text[match.end() :]
    parts: list[Part] = [Text(rest)] if rest else []
    return match[1] + match[2], word([*parts, *read.parts[1:]])


def _pending(command: Simple, redirections: list[Redirection]) -> Command:
    object.__setattr__(command, "redirections", redirections if _waits(redirections) else tuple(redirections))
    return command


def _late(command: Command, redirections: list[Redirection]) -> Command:
    group = Group(command) if not isinstance(command, Subshell) else Subshell(command.body)
    object.__setattr__(group, "redirections", redirections if _waits(redirections) else tuple(redirections))
    return group


def _waits(redirections: list[Redirection]) -> bool:
    """Whether a here-document's body is still to come: then the list itself stays in the tree and is filled at the line's end."""
    return any(one.operator == "wait" for one in redirections)


__all__ = ["NAME", "RESERVED", "Parser"]
