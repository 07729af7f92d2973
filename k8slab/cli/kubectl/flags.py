"""A command line as kubectl's library reads it: which words are flags, what they are worth, and its words when one is wrong.

Models spf13/pflag on cobra. The flags that a verb takes, with their shorthands and defaults, are those that its ``--help`` lists:
they are read from there (``help.py``), so that no list of flags can differ from what the help says.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.kubectl import durations
from k8slab.cli.kubectl.errors import CommandError

_OPTION = re.compile(r"^    (?:-(?P<short>.), )?--(?P<name>[a-z0-9-]+)=(?P<default>.*):$")
#: Lists whose items may hold commas: each use of the flag is one item.
_ARRAYS = frozenset(
    ["from-literal", "env", "annotations", "rule", "docker-email", "user", "subject", "kustomize", "audience"]
)
#: What a flag is worth when it stands alone, for those that are no switches.
_VALUE_WHEN_ALONE = {"dry-run": "unchanged", "cascade": "background", "validate": "strict", "output-patch": ""}
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag that a verb takes."""

    name: str
    short: str
    kind: str  # bool, int, duration, string, list or array
    default: Any

    @property
    def title(self) -> str:
        """How an error names it: ``-w, --watch``."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


@functools.lru_cache
def flags_in(help_text: str) -> dict[str, Flag]:
    """Return the flags that *help_text* lists, by name."""
    found = {}
    for line in help_text.split("\n"):
        match = _OPTION.match(line)
        if match:
            kind, default = _typed(match["name"], match["default"])
            found[match["name"]] = Flag(match["name"], match["short"] or "", kind, default)
    return found


def _typed(name: str, default: str) -> tuple[str, Any]:
    if default in ("true", "false"):
        return "bool", default == "true"
    if default.startswith("["):
        return ("array" if name in _ARRAYS else "list"), []
    if default.startswith("'"):
        return "string", default[1:-1]
    if re.fullmatch(r"-?\d+", default):
        return "int", int(default)
    if re.fullmatch(r"(\d+[hms])+", default):
        return "duration", durations.parse(default)
    return "string", default


@dataclass(slots=True)
class Parsed:
    """A command line taken apart: the flags with their values, and the words that are none."""

    flags: Mapping[str, Flag]
    values: dict[str, Any] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)
    #: How many of *args* stood before ``--``; -1 without one.
    dash_at: int = -1

    def changed(self, name: str) -> bool:
        """Whether the flag was given."""
        return name in self.values

    def has(self, name: str) -> bool:
        """Whether the verb takes such a flag."""
        return name in self.flags

    def __getitem__(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        return self.flags[name].default

    def text(self, name: str) -> str:
        """Return the value of a string flag."""
        return str(self[name])

    def on(self, name: str) -> bool:
        """Return the value of a switch; a flag that the verb does not take is off."""
        return bool(self[name]) if name in self.flags else False

    def number(self, name: str) -> int:
        """Return the value of a whole-number flag."""
        return int(self[name])

    def items(self, name: str) -> list[str]:
        """Return the value of a list flag."""
        return list(self[name]) if name in self.flags else []


class FlagError(CommandError):
    """A word of the command line is no flag of this verb, or a flag's value is of the wrong kind."""


def parse(words: Sequence[str], flags: Mapping[str, Flag], *, interspersed: bool = True) -> Parsed:
    """Return *words* taken apart. Raises FlagError in pflag's words. ``--help`` and ``-h`` come back as the value "help".

    Without *interspersed* the first word that is no flag ends them, as the verb's name does for the global flags.
    """
    parsed = Parsed(flags)
    shorts = {flag.short: flag for flag in flags.values() if flag.short}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            parsed.dash_at = len(parsed.args)
            parsed.args.extend(queue)
            break
        if not word.startswith("-") or word == "-":
            parsed.args.append(word)
            if not interspersed:
                parsed.args.extend(queue)
                break
        elif word.startswith("--"):
            _long(word, queue, flags, parsed)
        else:
            _shorthands(word, queue, shorts, parsed)
    return parsed


def _long(word: str, queue: list[str], flags: Mapping[str, Flag], parsed: Parsed) -> None:
    name, equals, value = word[2:].partition("=")
    if not name or name[0] in "-=":
        raise FlagError(f"bad flag syntax: {word}")
    flag = flags.get(name)
    if flag is None:
        if name == "help":
            parsed.values["help"] = True
            return
        raise FlagError(f"unknown flag: --{name}")
    if equals:
        pass
    elif flag.kind == "bool":
        value = "true"
    elif name in _VALUE_WHEN_ALONE:
        value = _VALUE_WHEN_ALONE[name]
    elif queue:
        value = queue.pop(0)
    else:
        raise FlagError(f"flag needs an argument: --{name}")
    _set(flag, value, parsed)


def _shorthands(word: str, queue: list[str], shorts: Mapping[str, Flag], parsed: Parsed) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = shorts.get(letter)
        if flag is None:
            if letter == "h":
                parsed.values["help"] = True
                return
            raise FlagError(f"unknown shorthand flag: {_rune(letter)} in {word}")
        if len(letters) > 1 and letters[0] == "=":
            value, letters = letters[1:], ""
        elif flag.kind == "bool":
            value = "true"
        elif letters:
            value, letters = letters, ""
        elif queue:
            value = queue.pop(0)
        else:
            raise FlagError(f"flag needs an argument: {_rune(letter)} in {word}")
        _set(flag, value, parsed)


def _rune(letter: str) -> str:
    return "'\\''" if letter == "'" else f"'{letter}'"


def _set(flag: Flag, value: str, parsed: Parsed) -> None:
    try:
        if flag.kind == "array":
            parsed.values.setdefault(flag.name, []).append(value)
        elif flag.kind == "list":
            parsed.values.setdefault(flag.name, []).extend(_comma_separated(value))
        else:
            parsed.values[flag.name] = _READERS[flag.kind](value)
    except ValueError as error:
        raise FlagError(f'invalid argument {gojson.quote(value)} for "{flag.title}" flag: {error}') from None


def _comma_separated(value: str) -> list[str]:
    return next(csv.reader([value]), []) if value else []


def _boolean(value: str) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError(f"strconv.ParseBool: parsing {gojson.quote(value)}: invalid syntax")


def _integer(value: str) -> int:
    if not re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)", value):
        raise ValueError(f"strconv.ParseInt: parsing {gojson.quote(value)}: invalid syntax")
    digits = value.lstrip("+-").lower()
    if digits.startswith("0") and len(digits) > 1 and digits[1].isdigit():
        digits = "0o" + digits[1:]
    number = int(digits, 0)
    if number >= 2**63:
        raise ValueError(f"strconv.ParseInt: parsing {gojson.quote(value)}: value out of range")
    return -number if value.startswith("-") else number


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": _boolean,
    "int": _integer,
    "duration": durations.parse,
    "string": str,
}
