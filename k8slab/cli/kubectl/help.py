"""What ``kubectl VERB --help`` prints, and from it: which verbs there are and which flags each takes.

The texts in ``help/`` are kubectl's own (recorded from 1.32; what 1.36 is known to differ in was changed by hand).
"""

from __future__ import annotations

import functools
import re
from importlib import resources

from k8slab.cli.kubectl.flags import Flag, flags_in

_ALIASES = re.compile(r"^Aliases:\n(.+)$", re.MULTILINE)
_COMMAND = re.compile(r"^  ([a-z][a-z0-9-]*) +\S")


@functools.lru_cache
def text_of(path: tuple[str, ...]) -> str | None:
    """Return the help of the verb *path* (``("rollout", "status")``), or None if there is no such verb."""
    name = "_".join(path) or "kubectl"
    file = resources.files(__package__) / "help" / f"{name}.txt"
    return file.read_text(encoding="utf-8") if file.is_file() else None


@functools.lru_cache
def subcommands(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the verbs below *path*, in the order in which its help lists them."""
    found = []
    listing = False
    for line in (text_of(path) or "").split("\n"):
        if line.endswith(":") and "Commands" in line and not line.startswith(" "):
            listing = True
        elif listing and (match := _COMMAND.match(line)):
            found.append(match[1])
        elif line and not line.startswith(" "):
            listing = False
    return tuple(found)


@functools.lru_cache
def canonical(path: tuple[str, ...], word: str) -> str | None:
    """Return the verb that *word* means below *path* (its name or an alias), or None."""
    names = subcommands(path)
    if word in names:
        return word
    for name in names if path else ():
        match = _ALIASES.search(text_of((*path, name)) or "")
        if match and word in [alias.strip() for alias in match[1].split(",")]:
            return name
    return None


def flags_of(path: tuple[str, ...]) -> dict[str, Flag]:
    """Return the flags of the verb *path*, and those that every verb takes."""
    return {**global_flags(), **flags_in(text_of(path) or "")}


@functools.lru_cache
def global_flags() -> dict[str, Flag]:
    """Return the flags that every verb takes (``kubectl options``)."""
    flags = flags_in(text_of(("options",)) or "")
    return {name: flag for name, flag in flags.items() if name not in ("profile-output",)}


def suggestions(word: str) -> list[str]:
    """Return the verbs that *word* may have meant, as cobra finds them."""
    close = []
    for name in subcommands(()):
        if _distance(word.lower(), name) <= 2 or name.startswith(word.lower()):
            close.append(name)
    return close


def _distance(left: str, right: str) -> int:
    """Return the Levenshtein distance."""
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b)))
        previous = row
    return previous[-1]
