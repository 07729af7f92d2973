"""Simple commands: assignments, functions, builtins, programs, and which of them a name means.

Models dash's eval.c:evalcommand and exec.c.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, cast

from k8slab.machine.executable import search
from k8slab.machine.fs.inode import File
from k8slab.machine.fs.view import FileView
from k8slab.machine.process import Exited, Process
from k8slab.machine.shell.control import Fatal, ReturnFrom
from k8slab.machine.shell.expansion import Expander
from k8slab.machine.shell.redirections import Redirector
from k8slab.machine.shell.syntax import Command, Simple, Word
from k8slab.machine.shell.traps import Traps
from k8slab.machine.streams import Description

if TYPE_CHECKING:
    from k8slab.machine.shell.interpreter import Shell

Steps = Generator[Any, Any, int]
#: A builtin takes the shell and its words and returns a status, or a generator that does.
Builtin = Callable[["Shell", list[str]], "int | Generator[Any, Any, int]"]
DEEPEST_CALL = 1000  # dash: MAX_RECURSION


class SimpleCommands(Traps):
    """The part of a shell that runs one command."""

    builtins: dict[str, Builtin]
    special: frozenset[str]
    functions: dict[str, Command]
    expander: Expander
    redirector: Redirector
    loops: int
    calls: int
    is_interactive: bool
    _substituted: int | None

    @property
    def files(self) -> FileView:
        """The file system as this shell's process sees it."""
        return self.process.files

    def run(self, command: Command, last: bool = False) -> Steps:
        """Run *command* (see `Shell`)."""
        raise NotImplementedError

    def wait_for(self, child: Process) -> Steps:
        """Return the status of *child* (see `Shell`)."""
        raise NotImplementedError

    def complain(self, message: str, line: int | None = None) -> None:
        """Write *message* to stderr (see `Shell`)."""
        raise NotImplementedError

    def error_text(self, text: str) -> None:
        """Write *text* to stderr (see `Shell`)."""
        raise NotImplementedError

    def check(self, status: int) -> int:
        """``set -e`` (see `Shell`)."""
        raise NotImplementedError

    def clone(self) -> Shell:
        """Return a copy for a forked process (see `Shell`)."""
        raise NotImplementedError

    def simple(self, node: Simple, last: bool) -> Steps:
        self.line = node.line
        if self.options["n"] and not self.is_interactive:
            return 0
        if self.pending:
            yield from self.run_traps()
        if self.process.step():
            yield from self.process.pay()
        self._substituted = None
        argv = yield from self.expander.arguments(node.words)
        if not argv:
            return (yield from self._assignments_only(node))
        name = argv[0]
        function = self.functions.get(name) if name not in self.special or self.dialect.is_bash else None
        builtin = self.builtins.get(name) if function is None else None
        values: list[tuple[str, str]] = []
        for variable, word in node.assignments:
            values.append((variable, (yield from self._value(variable, word))))
        if self.options["x"]:
            self._trace(values, argv)
        saved: dict[int, Description | None] | None = None
        if node.redirections:
            saved = yield from self.redirector.apply(node.redirections)
            if saved is None:
                if name in self.special and not self.is_interactive and not self.dialect.is_bash:
                    raise Fatal(2)
                return self.check(self.dialect.error_status)
        keep = name == "exec" and builtin is not None and len(argv) == 1
        try:
            if function is not None:
                status = yield self._call(function, argv, values)
            elif builtin is not None:
                status = yield from self._builtin(builtin, name, argv, values)
            else:
                status = yield from self.external(argv, values, last and not self.traps and not saved)
        finally:
            if saved:
                self.redirector.commit(saved) if keep else self.redirector.restore(saved)
        return self.check(status)

    def _value(self, variable: str, word: Word) -> Generator[Any, Any, str]:
        text = yield from self.expander.text(word, tilde="assignment")
        return (self.get(variable[:-1]) or "") + text if variable.endswith("+") else text

    def _assignments_only(self, node: Simple) -> Steps:
        saved = None
        if node.redirections:
            saved = yield from self.redirector.apply(node.redirections)
            if saved is None:
                return self.check(self.dialect.error_status)
        values = []
        for variable, word in node.assignments:
            value = yield from self._value(variable, word)
            self.assign(variable.rstrip("+"), value)
            values.append((variable, value))
        if self.options["x"] and values:
            self._trace(values, [])
        if saved:
            self.redirector.restore(saved)
        return self.check(self._substituted or 0)

    def _trace(self, values: list[tuple[str, str]], argv: list[str]) -> None:
        quoting = quote if self.dialect.name != "dash" else str
        shown = [f"{name}={quoting(value) if value else ''}" for name, value in values] + [
            quoting(word) for word in argv
        ]
        self.error_text((self.get("PS4") or "") + " ".join(shown) + "\n")

    def _call(self, body: Command, argv: list[str], values: list[tuple[str, str]]) -> Steps:
        """Run a function: its own positional parameters, loops and local variables."""
        if self.calls >= DEEPEST_CALL:
            raise self.fatal(f"Maximum function recursion depth ({DEEPEST_CALL}) reached")
        saved, self.positional = self.positional, argv[1:]
        loops, self.loops = self.loops, 0
        self.calls += 1
        self.push_locals([name for name, _ in values])
        for name, value in values:
            self.assign(name.rstrip("+"), value)
            self.export(name.rstrip("+"))
        try:
            return (yield from self.run(body))
        except ReturnFrom as back:
            return back.status
        finally:
            self.pop_locals()
            self.calls -= 1
            self.positional = saved
            self.loops = loops

    def _builtin(self, builtin: Builtin, name: str, argv: list[str], values: list[tuple[str, str]]) -> Steps:
        temporary = name not in self.special
        if values and temporary:
            self.push_locals([variable.rstrip("+") for variable, _ in values])
        ready = False
        try:
            for variable, value in values:
                self.assign(variable.rstrip("+"), value)
            ready = True
            outcome = builtin(cast("Shell", self), argv)
            return outcome if isinstance(outcome, int) else (yield from outcome)
        except Fatal as fatal:
            # only a special builtin takes a shell with it (evalbltin); local counts as one
            if name in self.special or name == "local" or not ready:
                raise
            return fatal.status
        except OSError as error:
            self.complain(f"{name}: {error.strerror}")
            if name in self.special and not self.is_interactive:
                raise Fatal(2) from None
            return 1
        finally:
            if values and temporary:
                self.pop_locals()

    def external(self, argv: list[str], values: list[tuple[str, str]], last: bool) -> Steps:
        environment = self.environment()
        if values:
            environment = {**environment, **{name.rstrip("+"): value for name, value in values}}
        path, number = search(self.files, argv[0], environment.get("PATH", self.get("PATH") or ""))
        if path is None:
            self.complain(self.dialect.not_found(argv[0], number))
            return 127 if number == errno.ENOENT else 126
        try:
            if last and not self.is_interactive:
                life = self.process.execute(argv, env=environment, path=path)
            else:
                child = self.process.spawn(argv, env=environment, path=path)
        except OSError as error:
            return (yield from self._not_started(argv, path, error, environment))
        if last and not self.is_interactive:
            raise Exited((yield life) or 0)
        return (yield from self.wait_for(child))

    def _not_started(self, argv: list[str], path: str, error: OSError, environment: dict[str, str]) -> Steps:
        if error.errno == errno.ENOEXEC:
            found = self.files.find_or_none(path)
            if found is not None and isinstance(found.inode, File) and b"\0" not in found.inode.data[:128]:
                return (yield from self._script_without_shebang(path, argv))
        if error.errno == errno.EAGAIN:
            raise self.fatal("Cannot fork")
        self.complain(self.dialect.not_found(argv[0], error.errno or 0))
        return 127 if error.errno == errno.ENOENT else 126

    def _script_without_shebang(self, path: str, argv: list[str]) -> Steps:
        shell = self.clone()
        shell.name = argv[0]
        shell.positional = argv[1:]
        shell.functions = {}
        text = self.files.read_text(path)

        def body(process: Process) -> Generator[Any, Any, int]:
            shell.process = process
            return shell.run_to_exit(shell.run_text(text))

        return (yield from self.wait_for(self.process.fork(body, argv=[self.process.argv[0], *argv])))


def quote(text: str) -> str:
    """Return *text* as a shell would have to read it."""
    if text and all(char.isalnum() or char in "_-./:=,+@%^" for char in text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"
