"""The trees that the parser makes: words with their quoting, and commands.

Models the grammar of POSIX 2.10. All are immutable, so a function's body is shared by every shell that forks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves; unquoted ones may be glob characters or a tilde."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name op word}``. *operator* is "" for the plain value, "length" for ``${#name}``, "bad" for nonsense."""

    name: str
    operator: str = ""
    word: Word | None = None
    quoted: bool = False
    #: The second word of bash's ``${x/pattern/text}`` and ``${x:offset:length}``.
    extra: Word | None = None


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(commands)``."""

    body: Command | None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    word: Word
    quoted: bool = False


Part: TypeAlias = "Text | Parameter | Substitution | Arithmetic"


@dataclass(frozen=True, slots=True)
class Word:
    """One word. *plain* is its value where no expansion can change it: the fast way."""

    parts: tuple[Part, ...]
    plain: str | None = None

    @property
    def literal(self) -> str | None:
        """The text of a word without any quoting or expansion: what can be a reserved word."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Text) and not self.parts[0].quoted:
            return self.parts[0].text
        return None


@dataclass(frozen=True, slots=True)
class Redirection:
    """``fd op target``. For a here-document *target* is its body."""

    fd: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """``name=value command arguments < file``."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int = 1


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``a | b``, perhaps with ``!`` before it."""

    commands: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AndOr:
    """``a && b || c``: *rest* are ``(operator, command)``, taken from the left."""

    first: Command
    rest: tuple[tuple[str, Command], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """``a; b & c``: ``(command, in the background)``."""

    items: tuple[tuple[Command, bool], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ commands; }`` or any compound command with redirections."""

    body: Command
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( commands )``."""

    body: Command
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """``if … then … elif … else … fi``: branches of ``(condition, body)`` and the last else."""

    branches: tuple[tuple[Command, Command], ...]
    otherwise: Command | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """``while`` or (*until*) ``until``."""

    condition: Command
    body: Command
    until: bool = False


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; without ``in`` (*words* None) over the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Command
    line: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern) commands ;; esac``: items of ``(patterns, body)``."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Command | None], ...]
    line: int = 1


@dataclass(frozen=True, slots=True)
class Function:
    """``name() command``."""

    name: str
    body: Command


@dataclass(frozen=True, slots=True)
class Condition:
    """bash's ``[[ … ]]``: the words between the brackets, ``&&``, ``||``, ``(``, ``)``, ``<``, ``>`` as plain strings."""

    items: tuple[Word | str, ...]
    line: int = 1


Command: TypeAlias = (
    "Simple | Pipeline | AndOr | Sequence | Group | Subshell | If | Loop | For | Case | Function | Condition"
)

GLOB_CHARACTERS = frozenset("*?[")


def word(parts: list[Part]) -> Word:
    """Return the word of *parts*, neighbours of equal quoting joined."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text) and part.quoted == last.quoted:
            joined[-1] = Text(last.text + part.text, part.quoted)
        else:
            joined.append(part)
    plain = None
    if joined and all(isinstance(part, Text) for part in joined):
        texts = [part for part in joined if isinstance(part, Text)]
        tilde = not texts[0].quoted and texts[0].text.startswith("~")
        braces = any("{" in part.text for part in texts if not part.quoted)
        if (
            not tilde
            and not braces
            and not any(GLOB_CHARACTERS & set(part.text) or "\\" in part.text for part in texts if not part.quoted)
        ):
            plain = "".join(part.text for part in texts)
    return Word(tuple(joined), plain)


class ShellSyntaxError(Exception):
    """The text is no shell command. *incomplete*: more lines could make it one."""

    def __init__(self, message: str, line: int, *, incomplete: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.incomplete = incomplete
