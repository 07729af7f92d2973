"""Builtins that steer: break, continue, return, exit, eval, exec, ``.``, trap, wait."""

from __future__ import annotations

import errno
from collections.abc import Generator
from typing import Any

from k8slab.machine import signals
from k8slab.machine.errors import words as error_words
from k8slab.machine.executable import search
from k8slab.machine.process import Exited, Process
from k8slab.machine.shell.builtins.output import write
from k8slab.machine.shell.builtins.variables import number
from k8slab.machine.shell.control import BreakLoop, ContinueLoop, Fatal, LeaveShell, ReturnFrom
from k8slab.machine.shell.interpreter import Shell

Steps = Generator[Any, Any, int]


def leave_loop(shell: Shell, argv: list[str]) -> int:
    levels = number(shell, argv[0], argv[1]) if len(argv) > 1 else 1
    if levels < 1:
        raise shell.fatal(f"{argv[0]}: Illegal number: {argv[1]}")
    if shell.loops:
        kind = BreakLoop if argv[0] == "break" else ContinueLoop
        raise kind(min(levels, shell.loops))
    return 0


def return_from(shell: Shell, argv: list[str]) -> int:
    status = number(shell, "return", argv[1]) & 0xFF if len(argv) > 1 else shell.status
    raise ReturnFrom(status)


def leave(shell: Shell, argv: list[str]) -> int:
    status = number(shell, "exit", argv[1]) & 0xFF if len(argv) > 1 else shell.status
    if shell.is_interactive and shell.dialect.is_bash:
        shell.error_text("exit\n")
    raise LeaveShell(status)


def evaluate(shell: Shell, argv: list[str]) -> Steps:
    text = " ".join(argv[1:])
    if not text.strip():
        return 0
    return (yield shell.run_text(text, shell.line, within="eval: " if shell.dialect.name != "ash" else ""))


def source(shell: Shell, argv: list[str]) -> Steps:
    if len(argv) < 2:
        if shell.dialect.is_bash:
            shell.complain(f"{argv[0]}: filename argument required")
            return 2
        return 0
    path = argv[1]
    if "/" not in path:
        found = next(
            (
                f"{directory}/{path}"
                for directory in (shell.get("PATH") or "").split(":")
                if shell.files.is_file(f"{directory}/{path}")
            ),
            None,
        )
        if found is None and shell.dialect.is_bash and shell.files.exists(path):
            found = path
        if found is None:
            if shell.dialect.is_bash:
                shell.complain(f"{path}: No such file or directory")
                return 1
            raise shell.fatal(f"{argv[0]}: {path}: not found")
        path = found
    try:
        text = shell.files.read_text(path)
    except OSError as error:
        if shell.dialect.is_bash:
            shell.complain(f"{path}: {error.strerror}")
            return 1
        message, status = shell.dialect.cannot_open_script(path, error.errno or 0)
        raise shell.fatal(f"{argv[0]}: {message}", status) from None
    saved = shell.positional
    if len(argv) > 2 and shell.dialect.name != "dash":
        shell.positional = argv[2:]
    loops, shell.loops = shell.loops, 0
    try:
        return (yield shell.run_text(text))
    except ReturnFrom as back:
        return back.status
    finally:
        shell.loops = loops
        if len(argv) > 2 and shell.dialect.name != "dash":
            shell.positional = saved


def execute(shell: Shell, argv: list[str]) -> Steps:
    words = argv[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        return 0
    name = words[0]
    environment = shell.environment()
    path, error = search(shell.files, name, environment.get("PATH", shell.get("PATH") or ""))
    if path is not None:
        try:
            life = shell.process.execute(words, env=environment, path=path)
        except OSError as refused:
            error = refused.errno or errno.ENOENT
        else:
            raise Exited((yield life) or 0)
    if shell.dialect.is_bash:
        found = "not found" if error == errno.ENOENT and "/" not in name else error_words(OSError(error, None))
        shell.complain(f"exec: {name}: {found}" if "/" not in name else f"{name}: {found}")
    else:
        shell.complain(f"exec: {shell.dialect.not_found(name, error)}")
    raise Fatal(127 if error == errno.ENOENT else 126)


def trap(shell: Shell, argv: list[str]) -> Steps:
    words = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if not words or words == ["-p"]:
        lines = []
        for number_, listed in sorted(shell.traps.items()):
            shown = "'" + listed.replace("'", "'\\''" if shell.dialect.is_bash else "'\"'\"'") + "'"
            name = "EXIT" if number_ == 0 else ("SIG" if shell.dialect.is_bash else "") + signals.name(number_)
            lines.append(f"trap -- {shown} {name}\n")
        return (yield from write(shell, "".join(lines)))
    if words == ["-l"] or (len(words) == 1 and not _is_signal(words[0])):
        shell.error_text(f"trap: {words[0]}: bad trap\n")
        return 1
    action: str | None = words[0]
    names = words[1:]
    if len(words) == 1 or words[0].isdigit():
        action, names = None, words
    if action == "-":
        action = None
    status = 0
    for name in names:
        signal = 0 if name.upper() == "EXIT" else signals.number(name)
        if signal is None:
            if shell.dialect.is_bash:
                shell.complain(f"trap: {name}: invalid signal specification")
            else:
                shell.error_text(f"trap: {name}: bad trap\n")  # dash forgets its own name here
            status = 1
            continue
        shell.set_trap(signal, action)
    return status


def _is_signal(text: str) -> bool:
    return text.upper() == "EXIT" or signals.number(text) is not None


def wait(shell: Shell, argv: list[str]) -> Steps:
    if len(argv) == 1:
        while shell.background:
            interrupted = yield from shell.wait_interruptibly(shell.background[:1])
            if interrupted is not None:
                yield from shell.run_traps()
                return 128 + interrupted
            _done(shell, shell.background[0])
        return 0
    status = 0
    for word in argv[1:]:
        child = _job(shell, word)
        if child is None and not word.lstrip("%").isdigit() and not shell.dialect.is_bash:
            raise shell.fatal(f"wait: Illegal number: {word}")
        if child is None:
            status = 127
            if shell.dialect.is_bash:
                shell.complain(f"wait: pid {word} is not a child of this shell")
            continue
        while child.is_alive:
            interrupted = yield from shell.wait_interruptibly([child])
            if interrupted is not None:
                yield from shell.run_traps()
                return 128 + interrupted
        status = child.exit_code or 0
        _done(shell, child)
    return status


def _job(shell: Shell, word: str) -> Process | None:
    if word.startswith("%"):
        place = word[1:]
        if place in ("", "%", "+"):
            return shell.background[-1] if shell.background else None
        return shell.background[int(place) - 1] if place.isdigit() and 0 < int(place) <= len(shell.background) else None
    return next(
        (child for child in shell.background if str(child.pids.get(shell.process.namespaces.pid.number)) == word), None
    )


def _done(shell: Shell, child: Process) -> None:
    shell.background.remove(child)
    shell.process.reap(child)
