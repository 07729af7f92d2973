"""What ``docker VERB --help`` prints, and from it: which verbs there are, their aliases, their usage line, the flags of each.

The texts in ``help/`` are those of the real client, recorded while it was connected to an engine without swarm.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

from k8slab.cli.docker.flags import HIDDEN, Flag, flags_in

Path = tuple[str, ...]

_ALIASES = re.compile(r"^Aliases:\n(.+)$", re.MULTILINE)
_COMMAND = re.compile(r"^  ([a-z][a-z0-9-]*)\*? +\S")
#: Groups whose line of usage names COMMAND when a word below them is unknown; the others stop at their own name.
_NAMES_COMMAND = ("manifest", "volume")
RECORDED_HOME = "/root"


@functools.lru_cache
def recorded(path: Path) -> str | None:
    """Return the help of the verb *path* (``("network", "ls")``) as it was recorded, or None if there is no such verb."""
    file = resources.files(__package__) / "help" / f"{'_'.join(path) or 'docker'}.txt"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def text_of(path: Path, home: str = RECORDED_HOME) -> str | None:
    """Return the help of the verb *path* for a user whose home is *home*."""
    text = recorded(path)
    return text.replace(f'"{RECORDED_HOME}/.docker', f'"{home}/.docker') if text and not path else text


@functools.lru_cache
def subcommands(path: Path) -> tuple[str, ...]:
    """Return the verbs below *path*, in the order in which its help lists them."""
    found: list[str] = []
    listing = False
    for line in (recorded(path) or "").split("\n"):
        if line.endswith("ommands:") and not line.startswith(" "):
            listing = True
        elif listing and (match := _COMMAND.match(line)):
            found.append(match[1])
        elif line and not line.startswith(" "):
            listing = False
    return tuple(found) + tuple(name for name in _recorded_below(path) if name not in found)


def _recorded_below(path: Path) -> list[str]:
    """Return the verbs below *path*, also those that the help hides while the engine is in no swarm."""
    names = sorted(entry.name.removesuffix(".txt") for entry in (resources.files(__package__) / "help").iterdir())
    paths = [tuple(name.split("_")) for name in names if name != "docker"]
    return [parts[-1] for parts in paths if parts[:-1] == path]


@functools.lru_cache
def aliases(path: Path) -> tuple[str, ...]:
    """Return the other names of *path*, as last words: ``("list", "ps")`` for ``container ls``."""
    match = _ALIASES.search(recorded(path) or "")
    if match is None:
        return ()
    lines = [alias.strip().split() for alias in match[1].split(",")]
    group = ["docker", *path[:-1]]
    return tuple(words[-1] for words in lines if words[:-1] == group and words[-1] != path[-1])


@functools.lru_cache
def canonical(path: Path, word: str) -> str | None:
    """Return the verb that *word* means below *path* (its name or an alias), or None."""
    names = subcommands(path)
    if word in names:
        return word
    return next((name for name in names if path and word in aliases((*path, name))), None)


@functools.lru_cache
def usage(path: Path) -> str:
    """Return the line (or lines) of usage without the word: ``docker rm [OPTIONS] CONTAINER [CONTAINER...]``."""
    text = recorded(path) or ""
    lines = text.split("\n\n", 1)[0].removeprefix("Usage:  ")
    if not path:
        return "docker [OPTIONS] COMMAND [ARG...]"
    if subcommands(path) and path[0] not in _NAMES_COMMAND:
        return " ".join(("docker", *path)) + (" [OPTIONS]" if path == ("stack",) else "")
    return lines


@functools.lru_cache
def flags_of(path: Path) -> dict[str, Flag]:
    """Return the flags that the verb *path* takes, the hidden ones included."""
    flags = dict(flags_in(recorded(path) or ""))
    hidden = HIDDEN.get(" ".join(path)) or HIDDEN.get(path[-1] if path else "", ())
    for flag in hidden:
        flags.setdefault(flag.name, flag)
    return flags
