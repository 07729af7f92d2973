"""``echo``, ``printf``, ``test`` and the commands that only have a status."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from k8slab.machine.shell import conditions, printing
from k8slab.machine.shell.interpreter import Shell

Steps = Generator[Any, Any, int]


def write(shell: Shell, text: str, status: int = 0) -> Steps:
    """Write *text* to stdout and return *status*."""
    if 1 not in shell.process.fds:
        shell.complain("write error: Bad file descriptor")
        return 1
    yield from shell.process.write(1, text.encode(errors="surrogateescape"))
    return status


def echo(shell: Shell, argv: list[str]) -> Steps:
    dash = shell.dialect.name == "dash"
    text = printing.echo(argv[1:], escapes=shell.dialect.echo_escapes, options="n" if dash else "neE")
    if 1 not in shell.process.fds:
        shell.complain("echo: I/O error" if dash else "echo: write error: Bad file descriptor")
        return 1
    try:
        yield from shell.process.write(1, text.encode(errors="surrogateescape"))
    except BrokenPipeError:
        shell.complain("echo: I/O error" if dash else "echo: write error: Broken pipe")
        return 1
    except OSError as error:
        shell.complain("echo: I/O error" if dash else f"echo: write error: {error.strerror}")
        return 1
    return 0


def printf(shell: Shell, argv: list[str]) -> Steps:
    words = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if shell.dialect.is_bash and len(words) >= 2 and words[0] == "-v":
        text, status = printing.printf(words[2:] or [""], lambda message: shell.complain(f"printf: {message}"))
        shell.assign(words[1], text)
        return status
    if not words:
        shell.complain("printf: usage: printf format [arg ...]")
        return 2
    text, status = printing.printf(words, lambda message: shell.complain(f"printf: {message}"))
    return (yield from write(shell, text, status))


def test(shell: Shell, argv: list[str]) -> int:
    name, words = argv[0], argv[1:]
    if name == "[":
        if not words or words[-1] != "]":
            shell.complain("[: missing `]'" if shell.dialect.is_bash else "[: missing ]")
            return 2
        words = words[:-1]
    fds = shell.process.fds
    try:
        asker = conditions.Evaluator(words, shell.files, lambda number: number in fds and fds[number].is_tty)
        return 0 if asker.answer() else 1
    except conditions.BadTest as error:
        message = str(error)
        if shell.dialect.is_bash and message.startswith("Illegal number: "):
            message = message.removeprefix("Illegal number: ") + ": integer expression expected"
        elif shell.dialect.is_bash and message.endswith("unexpected operator"):
            message = "too many arguments" if len(words) > 3 else f"{words[1]}: binary operator expected"
        shell.complain(f"{name}: {message}")
        return 2


def true(shell: Shell, argv: list[str]) -> int:
    return 0


def false(shell: Shell, argv: list[str]) -> int:
    return 1
