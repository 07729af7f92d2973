"""How the three shells of the images word their errors, and what else differs: dash, busybox ash, bash.

The grammar and the expansion are POSIX's for all; bash adds a few things of its own (braces, ``[[``, ``${x/a/b}``).
"""

from __future__ import annotations

import errno
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from k8slab.machine.errors import words
from k8slab.machine.shell.syntax import Part, Text, Word, word


@dataclass(frozen=True)
class Dialect:
    """dash's ways; the others override what differs."""

    name: str = "dash"
    is_bash: bool = False
    echo_escapes: bool = True
    #: What a failed special builtin or expansion leaves.
    error_status: int = 2

    def prefix(self, shell_name: str, line: int, *, interactive: bool = False) -> str:
        """What stands before every error."""
        return f"{shell_name}: {line}: "

    def not_found(self, command: str, error: int) -> str:
        """A command that could not be run."""
        return f"{command}: {'not found' if error == errno.ENOENT else words(OSError(error, None))}"

    def redirection(self, path: str, operator: str, error: int) -> str:
        """A file that could not be opened."""
        if operator in ("<", "<>") and error != errno.EISDIR:
            reason = "No such file" if error == errno.ENOENT else words(OSError(error, None))
            return f"cannot open {path}: {reason}"
        reason = "Directory nonexistent" if error == errno.ENOENT else words(OSError(error, None))
        return f"cannot create {path}: {reason}"

    def bad_fd(self, text: str) -> str:
        """``>&9`` when 9 is closed."""
        return f"{text}: Bad file descriptor"

    def syntax(self, message: str) -> str:
        """A syntax error."""
        return message if message == "Bad substitution" else f"Syntax error: {message}"

    def arithmetic(self, message: str, text: str) -> str:
        """An expression that has no value."""
        return f'arithmetic expression: {message}: "{text}"'

    def bad_substitution(self, name: str) -> str:
        """``${}``."""
        return "Bad substitution"

    def bad_variable_name(self, name: str) -> str:
        """A name that is none."""
        return f"{name}: bad variable name"

    def unset_words(self, default: str) -> str:
        """What ``${x:?}`` says."""
        return default

    def unset(self, name: str) -> str:
        """``set -u`` met an unset variable."""
        return f"{name}: parameter not set"

    def read_only(self, name: str) -> str:
        """A readonly variable was to change."""
        return f"{name}: is read only"

    def cd(self, path: str, error: int) -> tuple[str, int]:
        """Message and status of a failed cd."""
        return f"cd: can't cd to {path}", 2

    def cannot_open_script(self, path: str, error: int) -> tuple[str, int]:
        """Message and status for a script that is not there."""
        reason = "No such file" if error == errno.ENOENT else words(OSError(error, None))
        return f"cannot open {path}: {reason}", 2

    def prompt(self, user_is_root: bool) -> str:
        """PS1 where nothing sets it."""
        return "# " if user_is_root else "$ "

    def braces(self, one: Word) -> Iterator[Word]:
        """Yield the words that brace expansion makes of *one*."""
        yield one


@dataclass(frozen=True)
class Ash(Dialect):
    """busybox ash."""

    name: str = "ash"
    echo_escapes: bool = False

    def prefix(self, shell_name: str, line: int, *, interactive: bool = False) -> str:
        return f"{shell_name}: "

    def redirection(self, path: str, operator: str, error: int) -> str:
        if operator in ("<", "<>") and error != errno.EISDIR:
            reason = "no such file" if error == errno.ENOENT else words(OSError(error, None))
            return f"can't open {path}: {reason}"
        reason = "nonexistent directory" if error == errno.ENOENT else words(OSError(error, None))
        return f"can't create {path}: {reason}"

    def syntax(self, message: str) -> str:
        if message == "Unterminated quoted string":
            return "syntax error: unterminated quoted string"
        if " unexpected" in message:
            what, _, rest = message.partition(" unexpected")
            return f"syntax error: unexpected {what}{rest}"
        return message if message == "Bad substitution" else f"syntax error: {message}"

    def bad_substitution(self, name: str) -> str:
        return "syntax error: bad substitution"

    def arithmetic(self, message: str, text: str) -> str:
        return "divide by zero" if message == "division by zero" else "arithmetic syntax error"

    def cd(self, path: str, error: int) -> tuple[str, int]:
        return f"cd: can't cd to {path}: {words(OSError(error, None))}", 2

    def cannot_open_script(self, path: str, error: int) -> tuple[str, int]:
        return f"can't open '{path}': {words(OSError(error, None))}", 2

    def prompt(self, user_is_root: bool) -> str:
        return "\\w # " if user_is_root else "\\w $ "


@dataclass(frozen=True)
class Bash(Dialect):
    """GNU bash."""

    name: str = "bash"
    is_bash: bool = True
    echo_escapes: bool = False
    error_status: int = 1

    def prefix(self, shell_name: str, line: int, *, interactive: bool = False) -> str:
        return f"{shell_name}: " if interactive else f"{shell_name}: line {line}: "

    def not_found(self, command: str, error: int) -> str:
        if error == errno.ENOENT and "/" not in command:
            return f"{command}: command not found"
        return f"{command}: {words(OSError(error, None))}"

    def redirection(self, path: str, operator: str, error: int) -> str:
        return f"{path}: {words(OSError(error, None))}"

    def syntax(self, message: str) -> str:
        if message == "Unterminated quoted string":
            return "unexpected EOF while looking for matching quote"
        if message.startswith("end of file unexpected"):
            return "syntax error: unexpected end of file"
        if " unexpected" in message:
            what = message.partition(" unexpected")[0].strip('"')
            return f"syntax error near unexpected token `{what}'"
        return f"syntax error: {message}"

    def arithmetic(self, message: str, text: str) -> str:
        if message == "division by zero":
            return f'{text}: division by 0 (error token is "0")'
        return f'{text}: syntax error: operand expected (error token is "{text.strip()[-1:]}")'

    def bad_substitution(self, name: str) -> str:
        return f"${{{name}}}: bad substitution"

    def bad_variable_name(self, name: str) -> str:
        return f"`{name}': not a valid identifier"

    def unset_words(self, default: str) -> str:
        return default.replace("parameter not set or null", "parameter null or not set")

    def unset(self, name: str) -> str:
        return f"{name}: unbound variable"

    def read_only(self, name: str) -> str:
        return f"{name}: readonly variable"

    def cd(self, path: str, error: int) -> tuple[str, int]:
        return f"cd: {path}: {words(OSError(error, None))}", 1

    def cannot_open_script(self, path: str, error: int) -> tuple[str, int]:
        return f"{path}: {words(OSError(error, None))}", 127 if error == errno.ENOENT else 126

    def prompt(self, user_is_root: bool) -> str:
        return "\\s-\\v\\$ "

    def braces(self, one: Word) -> Iterator[Word]:
        """Expand ``{a,b}`` and ``{1..3}``, from the left, in unquoted text."""
        for parts in itertools.islice(_braced(list(one.parts)), 100_000):
            yield word(parts)


DASH, ASH, BASH = Dialect(), Ash(), Bash()


def _braced(parts: list[Part]) -> Iterator[list[Part]]:
    for number, part in enumerate(parts):
        if not isinstance(part, Text) or part.quoted or "{" not in part.text:
            continue
        for begin, char in enumerate(part.text):
            if char != "{":
                continue
            choices = _choices(part.text, begin)
            if choices is None:
                continue
            options, end = choices
            head = [*parts[:number], Text(part.text[:begin])]
            tail = [Text(part.text[end:]), *parts[number + 1 :]]
            for option in options:
                yield from _braced([*head, Text(option), *tail])
            return
    yield [part for part in parts if not (isinstance(part, Text) and not part.quoted and not part.text)]


def _choices(text: str, begin: int) -> tuple[list[str], int] | None:
    """Return what the brace at *begin* offers, and where it ends; None if it is no brace expansion."""
    level, commas, at = 0, [begin], begin
    while at < len(text):
        char = text[at]
        if char == "{":
            level += 1
        elif char == "}":
            level -= 1
            if level == 0:
                break
        elif char == "," and level == 1:
            commas.append(at)
        at += 1
    else:
        return None
    if len(commas) > 1:
        edges = [*commas, at]
        return [text[low + 1 : high] for low, high in itertools.pairwise(edges)], at + 1
    inside = text[begin + 1 : at].split("..")
    if len(inside) not in (2, 3):
        return None
    step = abs(int(inside[2])) if len(inside) == 3 and inside[2].lstrip("-").isdigit() else 1
    first, last = inside[0], inside[1]
    if first.lstrip("-").isdigit() and last.lstrip("-").isdigit():
        low, high = int(first), int(last)
        if abs(high - low) > 100_000:
            return None
        width = max(len(first), len(last)) if first.startswith("0") or last.startswith("0") else 0
        numbers = range(low, high + 1, step or 1) if low <= high else range(low, high - 1, -(step or 1))
        return [str(number).zfill(width) for number in numbers], at + 1
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha():
        low, high = ord(first), ord(last)
        codes = range(low, high + 1, step or 1) if low <= high else range(low, high - 1, -(step or 1))
        return [chr(code) for code in codes], at + 1
    return None
