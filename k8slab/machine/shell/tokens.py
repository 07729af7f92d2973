"""Tokens of the shell's grammar: operators, words, reserved words, ends of lines, and the errors at one of them.

Models dash's parser.c:xxreadtoken and synexpect.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from k8slab.machine.shell.syntax import Redirection, ShellSyntaxError, Word
from k8slab.machine.shell.words import WordReader

OPERATORS = ("&&", "||", ";;", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", ";", "&", "|", "(", ")", "<", ">")
REDIRECTING = ("<<-", "<<", ">>", "<&", ">&", "<>", ">|", "<", ">")
RESERVED = frozenset(
    ["!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while"]
)
#: What a name of a function or variable may be.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
CLOSING = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}", ")", ";;"))


class Token(NamedTuple):
    """*kind* is an operator, ``newline``, ``end of file`` or ``word``."""

    kind: str
    word: Word | None = None
    number: int | None = None


class Tokens(WordReader):
    """Reads tokens from a text; the base of the parser."""

    def __init__(self, text: str, line: int = 1, *, bash: bool = False) -> None:
        super().__init__(text, line, bash=bash)
        self.token: Token | None = None
        self.heredocs: list[tuple[list[Redirection], int, str, str, bool]] = []

    # -- tokens --------------------------------------------------------------------------------------------------------

    def peek(self) -> Token:
        """Return the next token without passing it."""
        if self.token is None:
            self.token = self._read_token()
        return self.token

    def next(self) -> Token:
        """Return the next token and pass it; the end of a line brings in the here-documents that wait."""
        token = self.peek()
        self.token = None
        if token.kind == "newline" and self.heredocs:
            self._read_heredocs()
        return token

    def _read_token(self) -> Token:
        text, end = self.text, len(self.text)
        while self.at < end:
            char = text[self.at]
            if char in " \t":
                self.at += 1
            elif char == "\\" and text.startswith("\\\n", self.at):
                self.at += 2
                self.line += 1
            elif char == "#":
                stop = text.find("\n", self.at)
                self.at = end if stop < 0 else stop
            else:
                break
        if self.at >= end:
            return Token("end of file")
        char = text[self.at]
        if char == "\n":
            self.at += 1
            self.line += 1
            return Token("newline")
        if char in ";&|<>()":
            if self.bash and text.startswith("&>", self.at):
                self.at += 2
                return Token("&>")
            if self.bash and text.startswith("<<<", self.at):
                self.at += 3
                return Token("<<<")
            for operator in OPERATORS:
                if text.startswith(operator, self.at):
                    self.at += len(operator)
                    return Token(operator)
        begin = self.at
        read = self.read_word()
        if read is None:
            return Token("end of file")
        if self.at < end and text[self.at] in "<>" and text[begin : self.at].isdigit():
            return Token("number", read, int(text[begin : self.at]))
        return Token("word", read)

    def _read_heredocs(self) -> None:
        waiting, self.heredocs = self.heredocs, []
        for target, fd, delimiter, operator, quoted in waiting:
            body = self.read_here_document(delimiter, quoted, operator == "<<-")
            target[target.index(next(one for one in target if one.operator == "wait"))] = Redirection(fd, "<<", body)

    def skip_newlines(self) -> None:
        """Pass ends of lines."""
        while self.peek().kind == "newline":
            self.next()

    def reserved(self) -> str:
        """Return the next token as reserved word or operator, "" for any other word."""
        token = self.peek()
        if token.kind == "word":
            literal = (token.word.literal if token.word is not None else None) or ""
            return literal if literal in RESERVED or (self.bash and literal in ("[[", "function")) else ""
        return token.kind

    def unexpected(self, expecting: str = "") -> ShellSyntaxError:
        """Return the error for the next token."""
        token = self.peek()
        reserved = self.reserved()
        if token.kind in ("newline", "end of file"):
            shown = token.kind
        elif token.kind in REDIRECTING or token.kind == "number":
            shown = "redirection"
        elif reserved:
            shown = f'"{reserved}"'
        else:
            shown = "word"
        line = self.line - (1 if token.kind == "newline" else 0)
        tail = f' (expecting "{expecting}")' if expecting else ""
        return ShellSyntaxError(f"{shown} unexpected{tail}", line, incomplete=token.kind == "end of file")

    def expect(self, text: str) -> None:
        """Pass the reserved word or operator *text*. Raises ShellSyntaxError."""
        if self.reserved() != text:
            raise self.unexpected(text)
        self.next()
