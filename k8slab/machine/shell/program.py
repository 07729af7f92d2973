"""``sh``, ``dash``, ``ash`` and ``bash`` as programs: options, ``-c``, script files, stdin, and the prompt.

Models dash's main.c and options.c.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Generator
from typing import Any

from k8slab.machine import signals, users
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.shell.builtins import table
from k8slab.machine.shell.builtins.variables import set_letter, set_option
from k8slab.machine.shell.control import BreakLoop, ContinueLoop, Fatal, LeaveShell, ReturnFrom
from k8slab.machine.shell.dialects import ASH, BASH, DASH, Dialect
from k8slab.machine.shell.interpreter import Shell
from k8slab.machine.shell.parser import Parser
from k8slab.machine.shell.syntax import ShellSyntaxError

Steps = Generator[Any, Any, int]
BUILTINS = {"dash": table.POSIX, "ash": table.ASH, "bash": table.BASH}


class ShellProgram:
    """What runs when an image's ``/bin/sh`` (or bash, dash, ash) is started."""

    def __init__(self, dialect: Dialect = DASH) -> None:
        self.dialect = dialect
        self._read = b""  # of stdin, not yet run

    def run(self, process: Process) -> Life:
        """Read the options and be that shell."""
        argv = process.argv
        name = argv[0].removeprefix("-") if argv else "sh"
        shell = Shell(process, name, dialect=self.dialect, builtins=BUILTINS[self.dialect.name], special=table.SPECIAL)
        return shell.run_to_exit(self._main(shell, argv[1:], login=bool(argv) and argv[0].startswith("-")))

    def _main(self, shell: Shell, words: list[str], *, login: bool) -> Steps:
        shell.line = 0
        command, words = self._options(shell, words)
        shell.line = 1
        if self.dialect.is_bash:
            shell.values.setdefault("BASH_VERSION", "5.2.15(1)-release")
            shell.values.setdefault("BASH", "/bin/bash")
            shell.values.setdefault("HOSTNAME", shell.process.namespaces.uts.hostname)
            shell.values.setdefault("RANDOM", "")
            shell.values.setdefault("UID", str(shell.process.uid))
            shell.values.setdefault("EUID", str(shell.process.uid))
        if self.dialect.name == "ash":
            shell.values.setdefault("RANDOM", "")
        if command is not None:
            if words:
                shell.name, shell.positional = words[0], words[1:]
            if shell.options["i"]:
                self._be_interactive(shell)
            return (yield from shell.run_text(command, last=not shell.options["i"]))
        if words and not shell.options["s"]:
            return (yield from self._script(shell, words))
        shell.positional = words
        interactive = shell.options["i"] or (shell.process.stdin_is_tty() and 2 in shell.process.fds)
        if interactive:
            self._be_interactive(shell)
            if login:
                yield from self._profile(shell)
        return (yield from self._from_stdin(shell))

    def _options(self, shell: Shell, words: list[str]) -> tuple[str | None, list[str]]:
        """Take the options off *words*; return the text of ``-c``, if any, and what is left."""
        wants_command = False
        at = 0
        while at < len(words) and len(words[at]) > 1 and words[at][0] in "-+":
            word = words[at]
            at += 1
            if word == "--":
                break
            if word.startswith("--"):
                if self.dialect.is_bash and word in ("--login", "--norc", "--noprofile", "--posix", "--noediting"):
                    continue
                raise shell.fatal(f"Illegal option {word}", 2)
            for letter in word[1:]:
                if letter == "c":
                    wants_command = True
                elif letter == "o" and at < len(words):
                    set_option(shell, words[at], word[0] == "-")
                    at += 1
                elif letter == "l":
                    continue
                else:
                    self._letter(shell, letter, word[0])
        else:
            if at < len(words) and words[at] == "-":
                at += 1
        if not wants_command:
            return None, words[at:]
        if at >= len(words):
            raise shell.fatal(
                "-c: option requires an argument" if self.dialect.is_bash else "-c requires an argument", 2
            )
        return words[at], words[at + 1 :]

    def _letter(self, shell: Shell, letter: str, sign: str) -> None:
        try:
            set_letter(shell, letter, sign)
        except Fatal:
            raise

    def _script(self, shell: Shell, words: list[str]) -> Steps:
        path = words[0]
        try:
            inode = shell.files.find(path).inode
            text = shell.process.files.read_text(path)
        except OSError as error:
            number = error.errno or errno.ENOENT
            if number == errno.EISDIR and self.dialect.is_bash:
                shell.error_text(f"{path}: {path}: Is a directory\n")
                raise Fatal(126) from None
            message, status = self.dialect.cannot_open_script(path, number)
            shell.line = 0
            if self.dialect.is_bash:
                shell.error_text(f"{shell.name}: {message}\n")
            else:
                shell.complain(message)
            raise Fatal(status) from None
        del inode
        shell.name, shell.positional = path, words[1:]
        return (yield from shell.run_text(text))

    def _profile(self, shell: Shell) -> Generator[Any, Any, None]:
        for path in ("/etc/profile", (shell.get("HOME") or "") + "/.profile"):
            if shell.files.is_file(path):
                yield shell.run_text(shell.files.read_text(path))

    # -- reading commands as they come ---------------------------------------------------------------------------------

    def _be_interactive(self, shell: Shell) -> None:
        shell.is_interactive = True
        shell.options["i"] = True
        for signal in (signals.INT, signals.TERM, signals.QUIT):
            shell.process.on(signal, None if signal != signals.INT else lambda _: None)
        shell.values.setdefault("PS1", self._default_prompt(shell))

    def _default_prompt(self, shell: Shell) -> str:
        if self.dialect.is_bash:
            for path in ("/etc/bash.bashrc", "/etc/bashrc"):
                if shell.files.is_file(path):
                    match = re.search(r"^\s*PS1=(['\"])(.*?)\1", shell.files.read_text(path), re.MULTILINE)
                    if match:
                        return match[2]
        return self.dialect.prompt(shell.process.uid == 0)

    def prompt(self, shell: Shell, variable: str) -> str:
        """Return the prompt *variable* (PS1, PS2) with its backslash sequences filled in."""
        text = shell.get(variable) or ""
        if self.dialect.name == "dash":
            return re.sub(r"\$(\w+)", lambda match: shell.get(match[1]) or "", text)
        directory = shell.get("PWD") or "/"
        home = shell.get("HOME") or "/"
        shown = "~" + directory[len(home) :] if home != "/" and (directory + "/").startswith(home + "/") else directory
        me = users.user_name(shell.files, shell.process.uid) or "I have no name!"
        values = {
            "u": me,
            "h": shell.process.namespaces.uts.hostname.split(".")[0],
            "H": shell.process.namespaces.uts.hostname,
            "w": shown,
            "W": shown.rsplit("/", 1)[-1] or "/" if shown != "~" else "~",
            "$": "#" if shell.process.uid == 0 else "$",
            "s": shell.name.rsplit("/", 1)[-1],
            "v": "5.2",
            "n": "\n",
            "[": "",
            "]": "",
            "e": "\x1b",
        }
        text = re.sub(r"\$\{debian_chroot:\+[^}]*\}+(\))?", "", text)
        return re.sub(r"\\(.)", lambda match: values.get(match[1], match[0]), text)

    def _from_stdin(self, shell: Shell) -> Steps:
        """Run the commands that stdin brings, line by line, so that commands can read what follows them."""
        status, line = 0, 1
        text = ""
        while True:
            if shell.is_interactive:
                yield from shell.run_traps()
                self._collect(shell)
                shell.error_text(self.prompt(shell, "PS2" if text else "PS1"))
            more = yield from self._line(shell)
            if not more and not text.strip():
                if shell.is_interactive and shell.dialect.is_bash:
                    shell.error_text("exit\n")
                return shell.status if status is not None else 0
            text += more
            parser = Parser(text, line, bash=self.dialect.is_bash)
            try:
                commands = self._complete(parser, at_end=not more)
            except ShellSyntaxError as error:
                shell.complain(self.dialect.syntax(error.message), error.line)
                if not shell.is_interactive:
                    raise Fatal(2) from None
                line += text.count("\n")
                text, shell.status = "", 2
                continue
            if commands is None:
                continue
            shell.line = line
            line += text.count("\n")
            text = ""
            for command in commands:
                status = yield self._one(shell, command)
            if not more:
                return status

    def _complete(self, parser: Parser, *, at_end: bool) -> list[Any] | None:
        """Return the commands of a text, or None if it needs more lines."""
        commands = []
        try:
            while (command := parser.command()) is not None:
                commands.append(command)
        except ShellSyntaxError as error:
            if error.incomplete and not at_end:
                return None
            raise
        if not at_end and (parser.text.endswith("\\\n") or parser.unfinished_heredoc):
            return None
        return commands

    def _one(self, shell: Shell, command: Any) -> Steps:
        try:
            return (yield from shell.run(command))
        except Fatal as fatal:
            if not shell.is_interactive:
                raise
            shell.status = fatal.status
        except (BreakLoop, ContinueLoop):
            shell.status = 0
        except ReturnFrom as back:
            if not shell.is_interactive:
                raise LeaveShell(back.status) from None
            shell.status = back.status
        return shell.status

    def _line(self, shell: Shell) -> Generator[Any, Any, str]:
        """Return the next line of stdin with its newline; empty at the end.

        bash takes no byte too many from a pipe, so that commands can read what follows; the others take what there is.
        """
        while b"\n" not in self._read:
            if 0 not in shell.process.fds:
                break
            stdin = shell.process.fd(0)
            chunk = yield from stdin.read(1 if self.dialect.is_bash and not stdin.is_tty else 8192)
            self._read += chunk
            if not chunk:
                break
        line, newline, self._read = self._read.partition(b"\n")
        return (line + newline).decode(errors="surrogateescape")

    def _collect(self, shell: Shell) -> None:
        for number, child in enumerate(list(shell.background), start=1):
            if not child.is_alive:
                shell.error_text(f"[{number}]+  Done                    {' '.join(child.argv)}\n")
                shell.background.remove(child)
                shell.process.reap(child)


def sh() -> ShellProgram:
    """dash, as Debian's and Ubuntu's ``sh``."""
    return ShellProgram(DASH)


def ash() -> ShellProgram:
    """busybox ash, as Alpine's ``sh``."""
    return ShellProgram(ASH)


def bash() -> ShellProgram:
    """GNU bash, also the ``sh`` of AlmaLinux and CentOS."""
    return ShellProgram(BASH)
