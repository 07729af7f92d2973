"""From the words of a command line to a verb: ``kubectl(["get", "pods"], files=...)`` is ready for a driver.

Models kubectl pkg/cmd and cobra: global flags may stand anywhere, the first word that is no flag is the verb, ``--help`` prints its
help, and what goes wrong ends as ``error: ...`` and exit code 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from k8slab.apimachinery.errors import ApiError
from k8slab.cli.kubectl import flags as flagset
from k8slab.cli.kubectl import help as helptext
from k8slab.cli.kubectl.api import Api
from k8slab.cli.kubectl.errors import Aggregate, CommandError, Exit, report
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.verbs import REQUIRED, VERBS
from k8slab.cli.seam import Files, Io, NoFiles, Steps, Verb

VerbFunction = Callable[[Invocation], Steps[int]]

#: Verbs whose own words may look like flags: everything after the first of them belongs to the program to run.
_NOT_INTERSPERSED: frozenset[tuple[str, ...]] = frozenset()


def kubectl(argv: Sequence[str], *, files: Files | None = None, stdin: str = "", namespace: str = "default") -> Verb:
    """Return the command line *argv* (without the word ``kubectl``) as a verb for a driver.

    *namespace* is the one that the user's context names; ``-n`` in *argv* wins.
    """
    io = Io()
    return Verb(io, _run(list(argv), io, files or NoFiles(), stdin, namespace))


def _run(argv: list[str], io: Io, files: Files, stdin: str, namespace: str) -> Steps[int]:
    try:
        return (yield from _dispatch(argv, io, files, stdin, namespace))
    except (CommandError, ApiError, Aggregate, Exit) as error:
        text, exit_code = report(error)
        io.err(text)
        return exit_code


def _dispatch(argv: list[str], io: Io, files: Files, stdin: str, namespace: str) -> Steps[int]:
    path, rest = _verb_of(argv)
    try:
        parsed = flagset.parse(rest, helptext.flags_of(path), interspersed=path not in _NOT_INTERSPERSED)
    except flagset.FlagError as error:
        name = " ".join(("kubectl", *path))
        raise CommandError(f"{error}\nSee '{name} --help' for usage.") from None
    if "help" in parsed.values or path == ("help",):
        io.out(_help(path, parsed.args))
        return 0
    function = VERBS.get(path)
    if function is None:
        return _no_such_verb(path, parsed.args, io)
    missing = [name for name in REQUIRED.get(path, ()) if not parsed.changed(name)]
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise CommandError(f"required flag(s) {names} not set")
    given = parsed.text("namespace")
    api = Api(io, verbosity=int(parsed["v"]), user=parsed.text("as"))
    run = Invocation(path, parsed, io, files, stdin, api, given or namespace, bool(given))
    exit_code = yield from function(run)
    if api.warnings and parsed.on("warnings-as-errors"):
        count = len(api.warnings)
        raise CommandError(f"{count} warning{'s' if count > 1 else ''} received")
    return exit_code


def _verb_of(argv: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the verb that *argv* names, with its subcommands, and the words without it."""
    path: tuple[str, ...] = ()
    rest = list(argv)
    while helptext.subcommands(path):
        at = _first_word(rest, path)
        if at is None:
            break
        name = helptext.canonical(path, rest[at])
        if name is None:
            if not path and rest[at] not in ("help", "options"):
                raise CommandError(_unknown_command(rest[at]))
            name = rest[at] if not path else None
        if name is None:
            break
        path = (*path, name)
        del rest[at]
    return path, rest


def _first_word(words: list[str], path: tuple[str, ...]) -> int | None:
    """Return the place of the first word that is neither a flag nor a flag's value."""
    flags = helptext.flags_of(path)
    shorts = {flag.short: flag for flag in flags.values() if flag.short}
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word.startswith("--"):
            flag = flags.get(word[2:])
            skip = flag is not None and flag.kind != "bool" and "=" not in word
        elif word.startswith("-") and len(word) > 1:
            flag = shorts.get(word[1])
            skip = flag is not None and flag.kind != "bool" and len(word) == 2
        else:
            return index
    return None


def _unknown_command(word: str) -> str:
    message = f'unknown command "{word}" for "kubectl"'
    close = helptext.suggestions(word)
    if close:
        message += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in close)
    return message


def _help(path: tuple[str, ...], words: list[str]) -> str:
    if path == ("help",):
        path = tuple(words)
    return helptext.text_of(path) or helptext.text_of(()) or ""


def _no_such_verb(path: tuple[str, ...], words: list[str], io: Io) -> int:
    """What a verb prints that has subcommands and was given none, or one that does not exist; and verbs the lab lacks."""
    if path == ("options",):
        io.out(helptext.text_of(path) or "")
        return 0
    if helptext.subcommands(path) or not path:
        if words:
            name = " ".join(path)
            raise CommandError(f"unknown command \"{words[0]}\"\nSee 'kubectl {name} -h' for help and examples")
        io.out(helptext.text_of(path) or "")
        return 1 if path else 0
    raise CommandError(
        f'the lab\'s kubectl does not have "{" ".join(path)}": it works on a real cluster only. '
        "What the lab leaves out is listed in its documentation."
    )
