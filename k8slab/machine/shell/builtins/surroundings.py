"""Builtins about the surroundings: cd, pwd, umask, ulimit, kill, jobs, times, type, command, hash, alias."""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any

from k8slab.machine import signals
from k8slab.machine.executable import search
from k8slab.machine.shell.builtins.output import write
from k8slab.machine.shell.builtins.variables import listing_of
from k8slab.machine.shell.interpreter import Shell
from k8slab.machine.shell.parser import RESERVED

Steps = Generator[Any, Any, int]


def cd(shell: Shell, argv: list[str]) -> Steps:
    shell.process.step(15)
    words = [word for word in argv[1:] if word not in ("-L", "-P", "--")]
    physical = "-P" in argv[1:]
    if shell.dialect.name == "bash" and len(words) > 1:
        shell.complain("cd: too many arguments")
        return 1
    target = words[0] if words else shell.get("HOME")
    show = False
    if target is None:
        if shell.dialect.is_bash:
            shell.complain("cd: HOME not set")
            return 1
        return 0
    if target == "-":
        target = shell.get("OLDPWD")
        show = True
        if target is None:
            shell.complain("cd: OLDPWD not set")
            return shell.dialect.error_status
    places = [target]
    if not target.startswith(("/", "./", "../")) and target not in (".", "..") and shell.get("CDPATH"):
        places = [f"{one}/{target}" if one else target for one in (shell.get("CDPATH") or "").split(":")] + [target]
    here = shell.get("PWD") or shell.files.working_directory()
    failure = errno.ENOENT
    for number, place in enumerate(places):
        logical = place if physical else _normal(here, place)
        try:
            shell.files.change_directory(logical or place)
        except OSError as error:
            failure = error.errno or errno.ENOENT
            continue
        shell.assign("OLDPWD", here)
        shell.assign("PWD", logical if not physical else shell.files.working_directory())
        show = show or (number < len(places) - 1 and place.startswith("/"))
        return (yield from write(shell, (shell.get("PWD") or "") + "\n")) if show else 0
    message, status = shell.dialect.cd(target, failure)
    shell.complain(message)
    return status


def _normal(here: str, path: str) -> str:
    """Return *path* from *here* with its dots taken out as text, the way ``cd`` without -P follows links back."""
    full = path if path.startswith("/") else f"{here}/{path}"
    parts: list[str] = []
    for part in full.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def pwd(shell: Shell, argv: list[str]) -> Steps:
    path = shell.files.working_directory() if "-P" in argv else shell.get("PWD") or shell.files.working_directory()
    return (yield from write(shell, path + "\n"))


def umask(shell: Shell, argv: list[str]) -> Steps:
    words = argv[1:]
    if not words:
        return (yield from write(shell, f"{shell.files.umask:04o}\n"))
    if words[0] == "-S":
        masks = [(~shell.files.umask >> shift) & 7 for shift in (6, 3, 0)]
        text = ",".join(
            f"{who}={''.join(c for c, bit in zip('rwx', (4, 2, 1)) if mask & bit)}" for who, mask in zip("ugo", masks)
        )
        return (yield from write(shell, text + "\n"))
    if not all(char in "01234567" for char in words[0]):
        raise shell.fatal(f"umask: Illegal mode: {words[0]}")
    shell.files.umask = int(words[0], 8) & 0o777
    return 0


LIMITS = {
    "t": ("time(seconds)", "unlimited"), "f": ("file(blocks)", "unlimited"), "d": ("data(kbytes)", "unlimited"),
    "s": ("stack(kbytes)", "8192"), "c": ("coredump(blocks)", "unlimited"), "m": ("memory(kbytes)", "unlimited"),
    "l": ("locked memory(kbytes)", "64"), "p": ("process", "unlimited"), "n": ("nofiles", "1048576"),
    "v": ("vmemory(kbytes)", "unlimited"), "w": ("locks", "unlimited"), "r": ("rtprio", "0"),
}  # fmt: skip


def ulimit(shell: Shell, argv: list[str]) -> Steps:
    letters = "".join(word[1:] for word in argv[1:] if word.startswith("-")).replace("S", "").replace("H", "")
    values = [word for word in argv[1:] if not word.startswith("-")]
    if "a" in letters:
        return (yield from write(shell, "".join(f"{name:<20} {value}\n" for name, value in LIMITS.values())))
    letter = letters[:1] or "f"
    if letter not in LIMITS:
        raise shell.fatal(f"ulimit: Illegal option -{letter}")
    if values:
        return 0
    return (yield from write(shell, LIMITS[letter][1] + "\n"))


def kill(shell: Shell, argv: list[str]) -> Steps:
    words = argv[1:]
    signal: int | None = signals.TERM
    if not words:
        raise shell.fatal("kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]")
    if words[0] == "-l":
        if len(words) > 1 and words[1].isdigit():
            value = int(words[1])
            return (yield from write(shell, signals.name(value - 128 if value > 128 else value) + "\n"))
        return (yield from write(shell, "".join(f"{name}\n" for name in signals.NAMES.values())))
    if words[0] == "-s" and len(words) > 1:
        signal, words = signals.number(words[1]), words[2:]
    elif words[0].startswith("-") and words[0] != "--":
        signal, words = signals.number(words[0][1:]), words[1:]
    elif words[0] == "--":
        words = words[1:]
    if signal is None:
        if shell.dialect.is_bash:
            shell.complain(f"kill: {argv[1].lstrip('-')}: invalid signal specification")
            return 1
        if argv[1] == "-s":
            raise shell.fatal(f"kill: invalid signal number or name: {argv[2]}")
        raise shell.fatal(f"kill: Illegal {'number: ' + argv[1] if argv[1][1:].isdigit() else 'option ' + argv[1][:2]}")
    status = 0
    for word in words:
        if word.startswith("%"):
            place = word[1:]
            jobs = shell.background
            child = jobs[int(place) - 1] if place.isdigit() and 0 < int(place) <= len(jobs) else None
            if child is None:
                shell.complain(f"kill: No such job: {word}")
                status = 2
                continue
            child.deliver(signal, shell.process)
            continue
        if not word.lstrip("-").isdigit():
            if shell.dialect.is_bash:
                shell.complain(f"kill: {word}: arguments must be process or job IDs")
                status = 1
                continue
            what = f"invalid number '{word}'" if shell.dialect.name == "ash" else f"Illegal number: {word}"
            raise shell.fatal(f"kill: {what}")
        try:
            shell.process.kill(int(word), signal)
        except OSError as error:
            text = f"kill: ({word}) - {error.strerror}" if shell.dialect.is_bash else f"kill: {error.strerror}"
            if shell.dialect.name == "ash":
                text = f"kill: can't kill pid {word}: {error.strerror}"
            shell.complain(text if shell.dialect.name != "dash" else text + "\n")
            status = 1
    if shell.pending:
        yield from shell.run_traps()
    return status


def jobs(shell: Shell, argv: list[str]) -> Steps:
    lines = []
    for number, child in enumerate(shell.background, start=1):
        mark = "+" if number == len(shell.background) else "-" if number == len(shell.background) - 1 else " "
        state = "Running" if child.is_alive else "Done"
        words = " ".join(child.argv)
        if shell.dialect.is_bash:
            lines.append(f"[{number}]{mark}  {state:<24}{words}{' &' if child.is_alive else ''}\n")
        else:
            lines.append(f"[{number}] {mark} {state:<27}{words}\n")
    for child in [one for one in shell.background if not one.is_alive]:
        shell.background.remove(child)
        shell.process.reap(child)
    return (yield from write(shell, "".join(lines)))


def no_job_control(shell: Shell, argv: list[str]) -> int:
    if len(argv) > 1 and shell.background:
        shell.complain(f"{argv[0]}: job {argv[1]} not created under job control")
    else:
        shell.complain(f"{argv[0]}: {'No such job: ' + argv[1] if len(argv) > 1 else 'No current job'}")
    return 2


def times(shell: Shell, argv: list[str]) -> Steps:
    own = shell.process.cpu_seconds
    return (yield from write(shell, f"{int(own // 60)}m{own % 60:.6f}s 0m0.000000s\n0m0.000000s 0m0.000000s\n"))


def describe(shell: Shell, argv: list[str]) -> Steps:
    """``type`` and ``command -V``."""
    out, status = [], 0
    for name in argv[1:]:
        kind = _kind(shell, name)
        if kind is None:
            status = 127 if not shell.dialect.is_bash else 1
            if shell.dialect.is_bash:
                shell.complain(f"type: {name}: not found")
            else:
                out.append(f"{name}: not found\n")
        else:
            out.append(f"{name} is {kind}\n")
    return (yield from write(shell, "".join(out), status))


def _kind(shell: Shell, name: str) -> str | None:
    bash = shell.dialect.is_bash
    if name in RESERVED:
        return "a shell keyword"
    if name in shell.aliases:
        return f"aliased to `{shell.aliases[name]}'" if bash else f"an alias for {shell.aliases[name]}"
    if name in shell.functions:
        return "a function" if bash else "a shell function"
    if name in shell.builtins:
        return "a special shell builtin" if name in shell.special and not bash else "a shell builtin"
    path, _ = search(shell.files, name, shell.get("PATH") or "")
    if path is None or not shell.files.may(path, 1):
        return None
    return path


def command(shell: Shell, argv: list[str]) -> Steps:
    """``command name``: run it past any function; ``-v`` says what it is."""
    words = argv[1:]
    if words[:1] == ["-V"]:
        return (yield from describe(shell, words))
    if words[:1] == ["-v"]:
        if len(words) < 2:
            return 127
        name = words[1]
        if name in shell.aliases:
            return (yield from write(shell, f"alias {name}='{shell.aliases[name]}'\n"))
        if name in RESERVED or name in shell.functions or name in shell.builtins:
            return (yield from write(shell, name + "\n"))
        path, _ = search(shell.files, name, shell.get("PATH") or "")
        if path is None or not shell.files.may(path, 1):
            return 1 if shell.dialect.is_bash else 127
        return (yield from write(shell, path + "\n"))
    if words[:1] in (["-p"], ["--"]):
        words = words[1:]
    elif words and words[0].startswith("-") and len(words[0]) > 1:
        raise shell.fatal(f"command: Illegal option {words[0][:2]}")
    if not words:
        return 0
    builtin = shell.builtins.get(words[0])
    if builtin is not None:
        outcome = builtin(shell, words)
        return outcome if isinstance(outcome, int) else (yield from outcome)
    return (yield from shell.external(words, [], False))


def builtin(shell: Shell, argv: list[str]) -> Steps:
    """bash's ``builtin name``."""
    found = shell.builtins.get(argv[1]) if len(argv) > 1 else None
    if found is None:
        shell.complain(f"builtin: {argv[1] if len(argv) > 1 else ''}: not a shell builtin")
        return 1
    outcome = found(shell, argv[1:])
    return outcome if isinstance(outcome, int) else (yield from outcome)


def hash_commands(shell: Shell, argv: list[str]) -> int:
    status = 0
    for name in argv[1:]:
        if not name.startswith("-") and _kind(shell, name) is None:
            shell.complain(f"hash: {name}: not found")
            status = 1
    return status


def alias(shell: Shell, argv: list[str]) -> Steps:
    if len(argv) == 1:
        return (yield from write(shell, listing_of(shell)))
    status = 0
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if equals:
            shell.aliases[name] = value
        elif name in shell.aliases:
            yield from write(shell, f"{name}='{shell.aliases[name]}'\n")
        else:
            shell.error_text(f"alias: {name} not found\n")
            status = 1
    return status


def unalias(shell: Shell, argv: list[str]) -> int:
    if argv[1:2] == ["-a"]:
        shell.aliases.clear()
    status = 0
    for name in argv[1:]:
        if name != "-a" and shell.aliases.pop(name, None) is None:
            shell.error_text(f"unalias: {name} not found\n")
            status = 1
    return status


def shopt(shell: Shell, argv: list[str]) -> int:
    return 0
