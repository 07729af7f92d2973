"""A docker command line taken apart: flags, their values, the other words; and what is said about a wrong one.

Models spf13/pflag with the value types of docker's opts package. Flags, shorthands, types and defaults are read from the help texts.
A value that only its verb understands (a port, a mount) is kept as text here, unless docker checks it while it reads the line.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker import units
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.option_checks import CHECKS
from k8slab.cli.kubectl import durations

_OPTION = re.compile(
    r"^ {2,6}(?:-(?P<short>.), |    )?--(?P<name>[a-z0-9-]+)(?: (?P<kind>[a-zA-Z0-9-]+))?(?:  +(?P<text>.*))?$"
)
_DEFAULT = re.compile(r'\(default (?:"(?P<text>[^"]*)"|(?P<bare>[^)]*))\)')
#: Types of flags that may be given more than once; each use adds one item, commas and all.
_LISTS = frozenset(["list", "map", "filter", "network", "mount", "ulimit", "gpu-request", "strings", "stringToString"])
_BARE = frozenset(["", "bool"])


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag that a verb takes. *kind* is the word that its help shows: ``list``, ``bytes``, ``duration``; empty for a switch."""

    name: str
    short: str
    kind: str
    default: Any
    alias_of: str = ""

    @property
    def title(self) -> str:
        """How an error names it: ``-m, --memory``."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


def _hidden(name: str, kind: str, alias_of: str = "", default: Any = "") -> Flag:
    return Flag(name, "", kind, default, alias_of)


_VOLUME = (_hidden("name", "string"), _hidden("scope", "string", default="single"))
_CONTAINER = (
    _hidden("net", "network", "network"),
    _hidden("net-alias", "list", "network-alias"),
    _hidden("dns-opt", "list", "dns-option"),
    _hidden("cpu-count", "int", default=0),
    _hidden("cpu-percent", "int", default=0),
    _hidden("io-maxbandwidth", "bytes", default=0),
    _hidden("io-maxiops", "uint", default=0),
)
#: Flags that the real client takes and does not show, by the last word of their verb.
HIDDEN: dict[str, tuple[Flag, ...]] = {
    "run": _CONTAINER,
    "create": _CONTAINER,
    "volume create": _VOLUME,
    "network create": (),
    "stop": (_hidden("time", "int", "timeout"),),
    "restart": (_hidden("time", "int", "timeout"),),
    "build": (_hidden("squash", "", default=False), _hidden("stream", "", default=False)),
    "update": (_hidden("kernel-memory", "bytes", default=0),),
    "ls": (_hidden("since", "string"), _hidden("before", "string")),
}


_DEPRECATED = frozenset(["time"])


@functools.lru_cache
def flags_in(help_text: str) -> dict[str, Flag]:
    """Return the flags that *help_text* lists, by name."""
    found: dict[str, Flag] = {}
    entries: list[tuple[re.Match[str], str]] = []
    for line in help_text.split("\n"):
        match = _OPTION.match(line)
        if match:
            entries.append((match, match["text"] or ""))
        elif entries and line.startswith("          "):
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
    for match, text in entries:
        kind = match["kind"] or ""
        default = _DEFAULT.search(text)
        shown = "" if default is None else default["text"] if default["text"] is not None else default["bare"]
        found[match["name"]] = Flag(match["name"], match["short"] or "", kind, _default(kind, shown))
    return found


def _default(kind: str, shown: str) -> Any:
    if kind in _BARE:
        return shown == "true"
    if kind in _LISTS:
        return []
    if kind in ("int", "uint", "uint16", "uint32"):
        return int(re.match(r"-?\d*", shown)[0] or 0)  # type: ignore[index]
    if kind in ("bytes", "duration", "decimal", "float"):
        return 0
    return shown


@dataclass(slots=True)
class Parsed:
    """A command line taken apart: the flags with their values, and the words that are none."""

    flags: Mapping[str, Flag]
    values: dict[str, Any] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)
    #: What is to be said about the flags that were used.
    notes: list[str] = field(default_factory=list)

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
        """Return the value of a string flag; empty if the verb does not take it."""
        return str(self[name]) if name in self.flags else ""

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


class HelpAsked(Exception):
    """``--help`` or ``-h`` stands on the line. *short*: it was ``-h``."""

    def __init__(self, *, short: bool) -> None:
        super().__init__()
        self.short = short


def parse(words: Sequence[str], flags: Mapping[str, Flag], *, interspersed: bool = True) -> Parsed:
    """Return *words* taken apart. Raises FlagError in pflag's words, and HelpAsked.

    Without *interspersed* the first word that is no flag ends them: what follows belongs to the command to run.
    """
    parsed = Parsed(flags)
    shorts = {flag.short: flag for flag in flags.values() if flag.short}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
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
    if flag is None or name == "help":
        if name == "help":
            raise HelpAsked(short=False)
        raise FlagError(f"unknown flag: --{name}")
    if equals:
        _set(flag, value, parsed)
    elif flag.kind in _BARE:
        _set(flag, "true", parsed)
    elif queue:
        _set(flag, queue.pop(0), parsed)
    else:
        raise FlagError(f"flag needs an argument: --{name}")


def _shorthands(word: str, queue: list[str], shorts: Mapping[str, Flag], parsed: Parsed) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = shorts.get(letter)
        if flag is None:
            if letter == "h":
                raise HelpAsked(short=True)
            raise FlagError(f"unknown shorthand flag: {_rune(letter)} in {word}")
        if len(letters) > 1 and letters[0] == "=":
            value, letters = letters[1:], ""
        elif flag.kind in _BARE:
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
    if flag.name in _DEPRECATED and flag.alias_of:
        parsed.notes.append(f"Flag --{flag.name} has been deprecated, use --{flag.alias_of} instead\n")
    name = flag.alias_of or flag.name
    try:
        check = CHECKS.get(name) if flag.kind in _LISTS else None
        if check is not None:
            value = check(value)
        if flag.kind in _LISTS:
            items = value.split(",") if flag.kind == "strings" else [value]
            parsed.values.setdefault(name, []).extend(items)
        else:
            parsed.values[name] = _READERS.get(flag.kind, str)(value)
    except ValueError as error:
        raise FlagError(f'invalid argument {gojson.quote(value)} for "{flag.title}" flag: {error}') from None


def _boolean(value: str) -> bool:
    if value in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if value in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f"strconv.ParseBool: parsing {gojson.quote(value)}: invalid syntax")


def _whole(function: str, lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        sign = r"[-+]?" if lowest < 0 else ""
        if not re.fullmatch(sign + r"(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)", value):
            raise ValueError(f"strconv.{function}: parsing {gojson.quote(value)}: invalid syntax")
        digits = value.lstrip("+-").lower()
        if digits.startswith("0") and len(digits) > 1 and digits[1].isdigit():
            digits = "0o" + digits[1:]
        number = int(digits, 0) * (-1 if value.startswith("-") else 1)
        if not lowest <= number <= highest:
            raise ValueError(f"strconv.{function}: parsing {gojson.quote(value)}: value out of range")
        return number

    return read


def _bytes(value: str) -> int:
    return units.ram_in_bytes(value)


def _nano_cpus(value: str) -> int:
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(/\d+)?", value):
        raise ValueError(f"failed to parse {value} as a rational number")
    nano = Fraction(value) * 10**9
    if nano.denominator != 1:
        raise ValueError("value is too precise")
    return int(nano)


def _float(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"strconv.ParseFloat: parsing {gojson.quote(value)}: invalid syntax") from None


def _memory_swap(value: str) -> int:
    return -1 if value == "-1" else units.ram_in_bytes(value)


_INT = _whole("ParseInt", -(2**63), 2**63 - 1)
_READERS: dict[str, Callable[[str], Any]] = {
    "": _boolean,
    "bool": _boolean,
    "int": _INT,
    "uint": _whole("ParseUint", 0, 2**64 - 1),
    "uint16": _whole("ParseUint", 0, 2**16 - 1),
    "uint32": _whole("ParseUint", 0, 2**32 - 1),
    "bytes": _memory_swap,
    "duration": durations.parse,
    "decimal": _nano_cpus,
    "float": _float,
    "string": str,
}
