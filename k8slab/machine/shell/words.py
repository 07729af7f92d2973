"""Reading words: quotes, dollars, backquotes and here-document bodies, character by character.

Models dash's parser.c:readtoken1. The grammar above words is in `parser.py`.
"""

from __future__ import annotations

from k8slab.machine.shell.syntax import (
    Arithmetic,
    Command,
    Parameter,
    Part,
    ShellSyntaxError,
    Substitution,
    Text,
    Word,
    word,
)

META = frozenset(" \t\n;&|<>()")
SPECIAL = frozenset("@*#?-$!")
DEEPEST = 60  # levels of $( ), { } and quotes inside each other; hostile text goes deeper


class WordReader:
    """Holds the text and the position; the base of the parser."""

    def __init__(self, text: str, line: int = 1, *, bash: bool = False) -> None:
        self.text = text
        self.at = 0
        self.line = line
        self.bash = bash
        self.depth = 0
        #: The text ended inside a here-document.
        self.unfinished_heredoc = False

    # -- errors --------------------------------------------------------------------------------------------------------

    def error(self, message: str, *, incomplete: bool = False) -> ShellSyntaxError:
        """Return the error *message* at this line."""
        return ShellSyntaxError(message, self.line, incomplete=incomplete)

    def deeper(self) -> None:
        """Enter one level of nesting. Raises beyond `DEEPEST`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("nesting too deep")

    # -- words ---------------------------------------------------------------------------------------------------------

    def read_word(self) -> Word | None:
        """Return the word that begins here, or None if none does."""
        text, end = self.text, len(self.text)
        parts: list[Part] = []
        start = self.at
        while self.at < end:
            char = text[self.at]
            if char in META:
                break
            if char == "'":
                parts.append(Text(self._single_quoted(), True))
            elif char == '"':
                self.at += 1
                self._double_quoted(parts)
            elif char == "\\":
                self._backslash(parts)
            elif char == "$":
                self._dollar(parts, quoted=False)
            elif char == "`":
                parts.append(self._backquoted(quoted=False))
            else:
                begin = self.at
                while self.at < end and (char := text[self.at]) not in META and char not in "'\"\\$`":
                    self.at += 1
                parts.append(Text(text[begin : self.at]))
        return word(parts) if self.at > start and parts else None

    def _backslash(self, parts: list[Part]) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            self.line += 1
        elif following == "":
            self.at = len(self.text)
            parts.append(Text("\\", True))
        else:
            parts.append(Text(following, True))

    def _single_quoted(self) -> str:
        close = self.text.find("'", self.at + 1)
        if close < 0:
            self.line += self.text.count("\n", self.at)
            raise self.error("Unterminated quoted string", incomplete=True)
        inside = self.text[self.at + 1 : close]
        self.line += inside.count("\n")
        self.at = close + 1
        return inside

    def _double_quoted(self, parts: list[Part]) -> None:
        """Read up to the closing double quote into *parts*."""
        self.deeper()
        parts.append(Text("", True))
        text, end = self.text, len(self.text)
        while True:
            if self.at >= end:
                raise self.error("Unterminated quoted string", incomplete=True)
            char = text[self.at]
            if char == '"':
                self.at += 1
                break
            self._quoted_character(parts, char, '$`"\\')
        self.depth -= 1

    def _quoted_character(self, parts: list[Part], char: str, escapable: str) -> None:
        """Read what stands for one character inside double quotes or a here-document."""
        if char == "\\":
            following = self.text[self.at + 1 : self.at + 2]
            if following == "\n":
                self.line += 1
                self.at += 2
            elif following and following in escapable:
                parts.append(Text(following, True))
                self.at += 2
            else:
                parts.append(Text("\\", True))
                self.at += 1
        elif char == "$":
            self._dollar(parts, quoted=True)
        elif char == "`":
            parts.append(self._backquoted(quoted=True))
        else:
            begin = self.at
            stop = "\\$`" + ('"' if '"' in escapable else "")
            while self.at < len(self.text) and (char := self.text[self.at]) not in stop:
                if char == "\n":
                    self.line += 1
                self.at += 1
            parts.append(Text(self.text[begin : self.at], True))

    # -- dollars -------------------------------------------------------------------------------------------------------

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "(":
            if self.text.startswith("((", self.at + 1):
                parts.append(self._arithmetic(quoted))
            else:
                self.at += 2
                parts.append(Substitution(self.read_until_paren(), quoted))
        elif following == "{":
            self.at += 2
            parts.append(self._braced(quoted))
        elif following == "'" and self.bash and not quoted:
            self.at += 1
            parts.append(Text(_ansi_c(self._dollar_quoted()), True))
        elif following.isascii() and (following.isalpha() or following == "_"):
            self.at += 1
            parts.append(Parameter(self.read_name(), quoted=quoted))
        elif following and (following in SPECIAL or (following.isascii() and following.isdigit())):
            self.at += 2
            parts.append(Parameter(following, quoted=quoted))
        else:
            self.at += 1
            parts.append(Text("$", quoted))

    def _dollar_quoted(self) -> str:
        begin = self.at + 1
        at = begin
        while at < len(self.text) and self.text[at] != "'":
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise self.error("Unterminated quoted string", incomplete=True)
        self.at = at + 1
        return self.text[begin:at]

    def read_name(self) -> str:
        """Return the longest name that begins here."""
        begin = self.at
        text = self.text
        while self.at < len(text) and (text[self.at] == "_" or (text[self.at].isascii() and text[self.at].isalnum())):
            self.at += 1
        return text[begin : self.at]

    def read_until_paren(self) -> Command | None:
        """Return the commands up to the closing parenthesis, and pass it."""
        raise NotImplementedError

    def _arithmetic(self, quoted: bool) -> Part:
        self.deeper()
        self.at += 3
        parts: list[Part] = []
        level = 0
        text = self.text
        while True:
            if self.at >= len(text):
                raise self.error("Missing '))'", incomplete=True)
            char = text[self.at]
            if char == ")" and level == 0:
                if text.startswith("))", self.at):
                    self.at += 2
                    break
                raise self.error("Missing '))'")
            if char in "()":
                level += 1 if char == "(" else -1
                parts.append(Text(char, True))
                self.at += 1
            elif char == '"':
                self.at += 1
            elif char in "\\$`":
                self._quoted_character(parts, char, '$`"\\')
            else:
                if char == "\n":
                    self.line += 1
                parts.append(Text(char, True))
                self.at += 1
        self.depth -= 1
        return Arithmetic(word(parts), quoted)

    def _braced(self, quoted: bool) -> Part:
        self.deeper()
        text = self.text
        length = False
        indirect = False
        if text.startswith("#", self.at) and not text.startswith("#}", self.at):
            following = text[self.at + 1 : self.at + 2]
            if following.isalnum() or following in SPECIAL or following == "_":
                length = True
                self.at += 1
        elif self.bash and text.startswith("!", self.at) and not text.startswith("!}", self.at):
            indirect = True
            self.at += 1
        char = text[self.at : self.at + 1]
        if char.isascii() and (char.isalpha() or char == "_"):
            name = self.read_name()
        elif char.isascii() and char.isdigit():
            begin = self.at
            while text[self.at : self.at + 1].isdigit():
                self.at += 1
            name = text[begin : self.at]
        elif char and char in SPECIAL:
            name = char
            self.at += 1
        else:
            name = ""
        part = self._operator(name, length, quoted)
        self.depth -= 1
        if indirect and isinstance(part, Parameter):
            return Parameter(part.name, "indirect", quoted=quoted)
        return part

    def _operator(self, name: str, length: bool, quoted: bool) -> Part:
        text = self.text
        if self.at >= len(text):
            raise self.error("Missing '}'", incomplete=True)
        char = text[self.at]
        if char == "}":
            self.at += 1
            if not name:
                return Parameter("", "bad", quoted=quoted)
            return Parameter(name, "length" if length else "", quoted=quoted)
        if not length and name:
            for operator in (":-", ":=", ":?", ":+", "##", "%%", "-", "=", "?", "+", "#", "%"):
                if text.startswith(operator, self.at):
                    self.at += len(operator)
                    pattern = operator[0] in "#%"
                    inside = self._brace_word(quoted and not pattern)
                    return Parameter(name, operator, inside, quoted)
            if self.bash:
                return self._bash_operator(name, quoted)
        self._brace_word(quoted)
        return Parameter(name, "bad", quoted=quoted)

    def _bash_operator(self, name: str, quoted: bool) -> Part:
        text = self.text
        for operator in ("//", "/", ":", "^^", "^", ",,", ","):
            if text.startswith(operator, self.at):
                self.at += len(operator)
                if operator in ("//", "/", ":"):
                    first = self._brace_word(quoted, stop="/" if operator != ":" else ":")
                    second = self._brace_word(quoted) if text[self.at - 1] != "}" else None
                    return Parameter(name, operator, first, quoted, second)
                return Parameter(name, operator, self._brace_word(quoted), quoted)
        self._brace_word(quoted)
        return Parameter(name, "bad", quoted=quoted)

    def _brace_word(self, quoted: bool, stop: str = "") -> Word:
        """Read up to the closing brace (or *stop*) and pass it."""
        parts: list[Part] = []
        text = self.text
        while True:
            if self.at >= len(text):
                raise self.error("Missing '}'", incomplete=True)
            char = text[self.at]
            if char == "}" or (stop and char == stop):
                self.at += 1
                return word(parts)
            if char == "'" and not quoted:
                parts.append(Text(self._single_quoted(), True))
            elif char == '"':
                self.at += 1
                self._double_quoted(parts)
            elif char == "\\" and not quoted:
                self._backslash(parts)
            elif char == "$":
                self._dollar(parts, quoted=quoted)
            elif char == "`":
                parts.append(self._backquoted(quoted=quoted))
            elif char == "\\":
                self._quoted_character(parts, char, '$`"\\}')
            else:
                if char == "\n":
                    self.line += 1
                parts.append(Text(char, quoted))
                self.at += 1

    def _backquoted(self, *, quoted: bool) -> Part:
        self.at += 1
        inside: list[str] = []
        text = self.text
        while True:
            if self.at >= len(text):
                raise self.error("EOF in backquote substitution", incomplete=True)
            char = text[self.at]
            self.at += 1
            if char == "`":
                break
            if char == "\\":
                following = text[self.at : self.at + 1]
                self.at += 1
                if following in ("$", "`", "\\") or (quoted and following == '"'):
                    inside.append(following)
                elif following != "\n":
                    inside.append("\\" + following)
                continue
            if char == "\n":
                self.line += 1
            inside.append(char)
        self.deeper()
        inner = type(self)("".join(inside), self.line, bash=self.bash)
        inner.depth = self.depth
        body = inner.read_all()
        self.depth -= 1
        return Substitution(body, quoted)

    def read_all(self) -> Command | None:
        """Return all commands of the text."""
        raise NotImplementedError

    # -- here-documents ------------------------------------------------------------------------------------------------

    def read_here_document(self, delimiter: str, quoted: bool, strip_tabs: bool) -> Word:
        """Return the body of a here-document that begins at this line, up to the line *delimiter* (or the end of the text)."""
        lines: list[str] = []
        text = self.text
        first_line = self.line
        while self.at < len(text):
            end = text.find("\n", self.at)
            stop = len(text) if end < 0 else end
            line = text[self.at : stop]
            self.at = min(len(text), stop + 1)
            self.line += 1
            if strip_tabs:
                line = line.lstrip("\t")
            if line == delimiter:
                break
            lines.append(line + ("\n" if end >= 0 else ""))
        else:
            self.unfinished_heredoc = True
        body = "".join(lines)
        if quoted:
            return word([Text(body, True)])
        inner = type(self)(body, first_line, bash=self.bash)
        inner.depth = self.depth
        return inner.read_quoted_text()

    def read_quoted_text(self) -> Word:
        """Return the whole text read as the body of a here-document."""
        parts: list[Part] = [Text("", True)]
        while self.at < len(self.text):
            self._quoted_character(parts, self.text[self.at], "$`\\")
        return word(parts)


def _ansi_c(text: str) -> str:
    """Return the characters that bash's ``$'…'`` stands for."""
    simple = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "0": "\0"}
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            out.append(simple.get(text[at + 1], text[at + 1]))
            at += 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)
