"""``test``, ``[`` and bash's ``[[``: questions about strings, numbers and files.

Models dash's bltin/test.c and coreutils' test. `evaluate` is shared by the shell's builtin and by the programs of the same name.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.machine.fs.view import FileView, Stat
from k8slab.machine.shell import patterns
from k8slab.machine.shell.syntax import Condition, Word

if TYPE_CHECKING:
    from k8slab.machine.shell.interpreter import Shell

UNARY = frozenset(
    [
        "-b",
        "-c",
        "-d",
        "-e",
        "-f",
        "-g",
        "-h",
        "-k",
        "-n",
        "-p",
        "-r",
        "-s",
        "-t",
        "-u",
        "-w",
        "-x",
        "-z",
        "-L",
        "-O",
        "-G",
        "-S",
        "-N",
    ]
)
BINARY = frozenset(
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-gt", "-ge", "-lt", "-le", "-nt", "-ot", "-ef", "-a", "-o"]
)
NUMERIC: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
}
TYPES = {
    "-b": stat.S_ISBLK,
    "-c": stat.S_ISCHR,
    "-d": stat.S_ISDIR,
    "-f": stat.S_ISREG,
    "-p": stat.S_ISFIFO,
    "-S": stat.S_ISSOCK,
}


class BadTest(Exception):
    """The question makes no sense; the message is dash's."""


class Evaluator:
    """Answers one question for one view of the files. *is_tty* says whether a descriptor is a terminal."""

    def __init__(self, words: list[str], files: FileView, is_tty: Callable[[int], bool]) -> None:
        self.words = words
        self.files = files
        self.is_tty = is_tty
        self.at = 0
        self.depth = 0

    def answer(self) -> bool:
        """Return the answer. Raises BadTest."""
        words = self.words
        if not words:
            return False
        if len(words) == 3 and words[1] in BINARY and words[1] not in ("-a", "-o"):
            return self._binary(words[0], words[1], words[2])
        if len(words) == 4 and words[0] == "!" and words[2] in BINARY:
            return not self._binary(words[1], words[2], words[3])
        result = self._or()
        if self.at < len(words):
            raise BadTest(f"{words[self.at - 1]}: unexpected operator")
        return result

    def _peek(self, ahead: int = 0) -> str | None:
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else None

    def _or(self) -> bool:
        result = self._and()
        while self._peek() == "-o":
            self.at += 1
            result = self._and() or result
        return result

    def _and(self) -> bool:
        result = self._not()
        while self._peek() == "-a":
            self.at += 1
            result = self._not() and result
        return result

    def _not(self) -> bool:
        negated = False
        while self._peek() == "!" and self.at + 1 < len(self.words):
            self.at += 1
            negated = not negated
        return self._primary() != negated

    def _primary(self) -> bool:
        word = self._peek()
        if word is None:
            return False
        following = self._peek(1)
        if following in BINARY and following not in ("-a", "-o") and self._peek(2) is None:
            raise BadTest(f"{following}: argument expected")
        if following in BINARY and following not in ("-a", "-o") and self._peek(2) is not None:
            left, operator, right = self.words[self.at : self.at + 3]
            self.at += 3
            return self._binary(left, operator, right)
        if word == "(" and following is not None:
            self.depth += 1
            if self.depth > 50:
                raise BadTest("too many parentheses")
            self.at += 1
            result = self._or()
            if self._peek() != ")":
                raise BadTest("closing paren expected")
            self.at += 1
            self.depth -= 1
            return result
        if word in UNARY and following is not None:
            self.at += 2
            return self._unary(word, following)
        self.at += 1
        return word != ""

    def _unary(self, operator: str, word: str) -> bool:
        if operator == "-n":
            return word != ""
        if operator == "-z":
            return word == ""
        if operator == "-t":
            return self.is_tty(number(word))
        found = self._stat(word, follow=operator not in ("-h", "-L"))
        if found is None:
            return False
        if operator in TYPES:
            return TYPES[operator](found.mode)
        if operator in ("-h", "-L"):
            return stat.S_ISLNK(found.mode)
        if operator in ("-r", "-w", "-x"):
            return self.files.may(word, {"-r": 4, "-w": 2, "-x": 1}[operator])
        if operator == "-s":
            return found.size > 0
        if operator in ("-g", "-u", "-k"):
            return bool(found.mode & {"-g": stat.S_ISGID, "-u": stat.S_ISUID, "-k": stat.S_ISVTX}[operator])
        if operator == "-O":
            return found.uid == self.files.credentials.uid
        if operator == "-G":
            return found.gid == self.files.credentials.gid
        return True

    def _stat(self, path: str, *, follow: bool = True) -> Stat | None:
        found = self.files.find_or_none(path, follow=follow)
        return self.files.stat_of(found) if found is not None else None

    def _binary(self, left: str, operator: str, right: str) -> bool:
        if operator in ("=", "=="):
            return left == right
        if operator == "!=":
            return left != right
        if operator in ("<", ">"):
            return left < right if operator == "<" else left > right
        if operator in NUMERIC:
            return NUMERIC[operator](number(left), number(right))
        one, other = self._stat(left), self._stat(right)
        if operator == "-ef":
            first, second = self.files.find_or_none(left), self.files.find_or_none(right)
            return first is not None and second is not None and first.inode is second.inode
        if one is None or other is None:
            return one is not None if operator == "-nt" else other is not None if operator == "-ot" else False
        return one.mtime > other.mtime if operator == "-nt" else one.mtime < other.mtime


def number(text: str) -> int:
    """Return *text* as a whole number. Raises BadTest."""
    if not re.fullmatch(r"\s*[-+]?\d+\s*", text):
        raise BadTest(f"Illegal number: {text}")
    return int(text)


def double_bracket(shell: Shell, node: Condition) -> Generator[Event, Any, int]:
    """Return the status of ``[[ … ]]``."""
    asker = _DoubleBracket(shell, node)
    try:
        return 0 if (yield from asker.either()) else 1
    except BadTest as error:
        shell.complain(f"[[: {error}")
        return 2


class _DoubleBracket:
    def __init__(self, shell: Shell, node: Condition) -> None:
        self.shell = shell
        self.items = list(node.items)
        self.at = 0

    def _peek(self, ahead: int = 0) -> Word | str | None:
        return self.items[self.at + ahead] if self.at + ahead < len(self.items) else None

    def either(self) -> Generator[Event, Any, bool]:
        """``a || b``."""
        result = yield from self._both()
        while self._peek() == "||":
            self.at += 1
            result = (yield from self._both()) or result
        return result

    def _both(self) -> Generator[Event, Any, bool]:
        result = yield from self._one()
        while self._peek() == "&&":
            self.at += 1
            result = (yield from self._one()) and result
        return result

    def _one(self) -> Generator[Event, Any, bool]:
        item = self._peek()
        if isinstance(item, Word) and item.literal == "!":
            self.at += 1
            return not (yield from self._one())
        if item == "(":
            self.at += 1
            result = yield from self.either()
            self.at += 1
            return result
        if not isinstance(item, Word):
            raise BadTest("unexpected argument to conditional operator")
        expander = self.shell.expander
        following = self._peek(1)
        operator = following if following in ("<", ">") else following.literal if isinstance(following, Word) else None
        target = self._peek(2)
        if operator in BINARY | {"=~"} and isinstance(target, Word):
            self.at += 3
            left = yield from expander.text(item)
            if operator in ("=", "==", "!="):
                same = patterns.matches((yield from expander.pattern(target)), left)
                return same == (operator != "!=")
            right = yield from expander.text(target)
            if operator == "=~":
                try:
                    return re.search(right, left) is not None
                except re.error:
                    raise BadTest(f"{right}: invalid regular expression") from None
            return self._evaluate([left, operator or "", right])
        if item.literal in UNARY and isinstance(following, Word):
            self.at += 2
            return self._evaluate([item.literal or "", (yield from expander.text(following))])
        self.at += 1
        return (yield from expander.text(item)) != ""

    def _evaluate(self, words: list[str]) -> bool:
        fds = self.shell.process.fds
        return Evaluator(words, self.shell.files, lambda fd: fd in fds and fds[fd].is_tty).answer()
