"""Reading a sed script: addresses, commands, blocks, labels.

Models sed/compile.c with its error words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from k8slab.machine.programs.regex import BadPattern, compile_posix


class BadScript(Exception):
    """The script cannot be read; the message is GNU's without its place."""


@dataclass(slots=True)
class Command:
    """One command. Addresses are line numbers, ``$`` or expressions."""

    name: str
    addresses: list[int | str | re.Pattern[str]] = field(default_factory=list)
    negated: bool = False
    pattern: re.Pattern[str] | None = None
    text: str = ""
    flags: str = ""
    target: int = -1
    active: bool = False
    step: int = 0


class _Reader:
    def __init__(self, text: str, extended: bool) -> None:
        self.text = text
        self.at = 0
        self.extended = extended
        self.last: re.Pattern[str] | None = None

    def bad(self, message: str) -> BadScript:
        return BadScript(f"char {self.at}: {message}")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def skip(self, chars: str) -> None:
        while self.peek() and self.peek() in chars:
            self.at += 1

    def number(self) -> int | None:
        match = re.compile(r"\d+").match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return int(match[0])

    def until(self, delimiter: str, error: str) -> str:
        out: list[str] = []
        inside = False
        while True:
            char = self.peek()
            if not char or (char == "\n" and error != "unterminated `s' command"):
                raise self.bad(error)
            self.at += 1
            if char == "\\":
                following = self.take()
                if following == delimiter and delimiter not in "(){}|+?.*[]^$":
                    out.append(following)
                elif following == delimiter:
                    out.append(following if delimiter in "|" else "\\" + following)
                else:
                    out.append("\\" + following)
                continue
            if char == "[" and not inside:
                inside = True
            elif char == "]" and inside and out and out[-1] not in ("[", "^"):
                inside = False
            if char == delimiter and not inside:
                return "".join(out)
            if char == delimiter and inside and delimiter not in "".join(self.text[self.at :]):
                return "".join(out)
            out.append(char)

    def compiled(self, text: str, ignore_case: bool = False) -> re.Pattern[str] | None:
        if text == "":
            return None
        try:
            return compile_posix(text, extended=self.extended, ignore_case=ignore_case)
        except BadPattern as error:
            raise self.bad(str(error)) from None


def parse(script: str, *, extended: bool) -> list[Command]:
    """Return the commands of *script*. Raises BadScript."""
    reader = _Reader(script, extended)
    commands: list[Command] = []
    open_blocks: list[int] = []
    labels: dict[str, int] = {}
    while True:
        reader.skip(" \t\n;")
        if not reader.peek():
            break
        if reader.peek() == "#":
            while reader.peek() not in ("", "\n"):
                reader.at += 1
            continue
        command = Command("")
        _addresses(reader, command)
        reader.skip(" \t")
        while reader.peek() == "!":
            reader.at += 1
            command.negated = True
            reader.skip(" \t")
        name = reader.take()
        if not name:
            raise reader.bad("missing command")
        command.name = name
        if name == "{":
            open_blocks.append(len(commands))
        elif name == "}":
            if not open_blocks:
                raise reader.bad("unexpected `}'")
            commands[open_blocks.pop()].target = len(commands)
        elif name == ":":
            reader.skip(" ")
            labels[_word(reader)] = len(commands)
            continue
        elif name == "s":
            _substitution(reader, command)
        elif name == "y":
            delimiter = reader.take()
            old = reader.until(delimiter, "unterminated `y' command")
            new = reader.until(delimiter, "unterminated `y' command")
            if len(old) != len(new):
                raise reader.bad("strings for `y' command are different lengths")
            command.text, command.flags = old, new
        elif name in "aic":
            command.text = _text(reader)
        elif name in "btT":
            reader.skip(" ")
            command.text = _word(reader)
        elif name in "qQ":
            reader.skip(" ")
            command.step = reader.number() or 0
        elif name not in "dpPDnNgGhHx=lz":
            raise reader.bad(f"unknown command: `{name}'")
        commands.append(command)
        if name not in "{}aic":
            reader.skip(" \t")
            if reader.peek() not in ("", ";", "\n", "}", "#"):
                raise reader.bad("extra characters after command" if name != "s" else "unknown option to `s'")
    if open_blocks:
        raise BadScript("char 0: unmatched `{'")
    for command in commands:
        if command.name in ("b", "t", "T") and command.text:
            if command.text not in labels:
                raise BadScript(f"can't find label for jump to `{command.text}'")
            command.target = labels[command.text]
    return commands


def _word(reader: _Reader) -> str:
    begin = reader.at
    while reader.peek() not in ("", ";", "\n", " ", "}"):
        reader.at += 1
    return reader.text[begin : reader.at]


def _text(reader: _Reader) -> str:
    reader.skip(" \t")
    if reader.peek() == "\\":
        reader.at += 1
        reader.skip(" \t")
        if reader.peek() == "\n":
            reader.at += 1
    out: list[str] = []
    while reader.peek():
        char = reader.take()
        if char == "\\" and reader.peek():
            following = reader.take()
            out.append({"t": "\t"}.get(following, following))
        elif char == "\n":
            break
        else:
            out.append(char)
    return "".join(out)


def _addresses(reader: _Reader, command: Command) -> None:
    while len(command.addresses) < 2:
        char = reader.peek()
        if char.isdigit():
            number = reader.number()
            assert number is not None
            command.addresses.append(number)
            if reader.peek() == "~":
                reader.at += 1
                command.step = reader.number() or 0
        elif char == "$":
            reader.at += 1
            command.addresses.append("$")
        elif char == "+" and command.addresses:
            reader.at += 1
            command.addresses.append(f"+{reader.number() or 0}")
        elif char == "/" or char == "\\":
            delimiter = reader.take()
            if delimiter == "\\":
                delimiter = reader.take()
            text = reader.until(delimiter, "unterminated address regex")
            ignore = reader.peek() == "I"
            if ignore:
                reader.at += 1
            pattern = reader.compiled(text, ignore)
            if pattern is None:
                raise reader.bad("no previous regular expression")
            command.addresses.append(pattern)
        else:
            if command.addresses and reader.text[reader.at - 1] == ",":
                raise reader.bad("unexpected `,'")
            return
        reader.skip(" \t")
        if len(command.addresses) == 1 and reader.peek() == ",":
            reader.at += 1
            reader.skip(" \t")
        else:
            return


def _substitution(reader: _Reader, command: Command) -> None:
    delimiter = reader.take()
    if delimiter in ("", "\n", "\\"):
        raise reader.bad("unterminated `s' command")
    pattern = reader.until(delimiter, "unterminated `s' command")
    begin = reader.at
    out: list[str] = []
    while True:
        char = reader.take()
        if not char:
            reader.at = max(begin, len(reader.text))
            raise reader.bad("unterminated `s' command")
        if char == "\\":
            following = reader.take()
            out.append(following if following == delimiter and delimiter != "&" else "\\" + following)
        elif char == delimiter:
            break
        else:
            out.append(char)
    command.text = "".join(out)
    flags = ""
    while reader.peek() and reader.peek() in "gpiIeMm0123456789":
        flags += reader.take()
    command.flags = flags
    command.pattern = reader.compiled(pattern, "i" in flags or "I" in flags)
