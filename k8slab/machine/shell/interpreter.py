"""Running the trees: variables, functions, redirections, pipelines, subshells, traps.

Models dash's eval.c, redir.c, trap.c and var.c. A `Shell` lives in one process; a subshell, a pipeline's part and ``$(…)``
are forked processes with a copy of it, so that they have ids of their own and changes stay theirs.
Left out: job control (``fg``, ``bg`` only say so), history.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from simpy.events import Event

from k8slab.machine import signals
from k8slab.machine.process import Process
from k8slab.machine.shell import conditions, patterns
from k8slab.machine.shell.control import BreakLoop, ContinueLoop, Fatal, LeaveShell, ReturnFrom
from k8slab.machine.shell.dialects import DASH, Dialect
from k8slab.machine.shell.expansion import Expander
from k8slab.machine.shell.parser import Parser
from k8slab.machine.shell.redirections import Redirector
from k8slab.machine.shell.simple_commands import DEEPEST_CALL, Builtin, SimpleCommands, quote
from k8slab.machine.shell.syntax import (
    AndOr,
    Case,
    Command,
    Condition,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    ShellSyntaxError,
    Simple,
    Subshell,
)
from k8slab.machine.shell.syntax import (
    Sequence as CommandSequence,
)
from k8slab.machine.streams import Description, Null

Steps = Generator[Any, Any, int]
OPTIONS = {
    "a": "allexport", "b": "notify", "C": "noclobber", "e": "errexit", "f": "noglob", "i": "interactive", "m": "monitor",
    "n": "noexec", "s": "stdin", "u": "nounset", "v": "verbose", "x": "xtrace", "I": "ignoreeof", "p": "pipefail",
}  # fmt: skip


class Shell(SimpleCommands):
    """One shell: its variables (base class), functions, options, traps, and the commands it runs in its process."""

    def __init__(
        self,
        process: Process,
        name: str,
        *,
        dialect: Dialect = DASH,
        positional: Sequence[str] = (),
        builtins: dict[str, Builtin],
        special: Iterable[str] = (),
    ) -> None:
        self.process = process
        self.name = name
        self.dialect = dialect
        self.builtins = builtins
        self.special = frozenset(special)
        self.options = dict.fromkeys(OPTIONS, False)
        self.functions: dict[str, Command] = {}
        self.aliases: dict[str, str] = {}
        self.traps: dict[int, str] = {}
        self.pending: list[int] = []
        self.background: list[Process] = []
        self.status = 0
        self.line = 1
        self.root_pid = process.pid
        self.last_background = ""
        self.loops = 0
        self.calls = 0
        self.texts = 0
        self.tested = 0
        self.is_interactive = False
        self.is_subshell = False
        self.in_trap = False
        self._signalled: Event | None = None
        self._substituted: int | None = None
        self._substitution_depth = 0
        super().__init__(process, list(positional))
        self.expander = Expander(self)
        self.redirector = Redirector(self)
        process.reaps = True

    # -- errors --------------------------------------------------------------------------------------------------------

    def complain(self, message: str, line: int | None = None) -> None:
        """Write *message* to stderr, in front of it what the dialect puts there."""
        prefix = self.dialect.prefix(self.name, self.line if line is None else line, interactive=self.is_interactive)
        self.error_text(f"{prefix}{message}\n")

    def error_text(self, text: str) -> None:
        """Write *text* to stderr."""
        self.process.write_now(2, text.encode(errors="surrogateescape"))

    def fatal(self, message: str, status: int | None = None) -> Fatal:
        """Say *message* and return the error that ends a shell which is not interactive."""
        self.complain(message)
        return Fatal(self.dialect.error_status if status is None else status)

    def unset(self, name: str) -> Fatal:
        """The error of ``set -u`` for *name*."""
        return self.fatal(self.dialect.unset(name))

    # -- text ----------------------------------------------------------------------------------------------------------

    def run_text(self, text: str, line: int = 1, *, last: bool = False, within: str = "") -> Steps:
        """Run the commands in *text*; with *last* the final one may replace the process. Return the last status.

        *within* is the builtin that stands before a syntax error.
        """
        parser = Parser(text, line, bash=self.dialect.is_bash)
        self.process.step(20)
        self.texts += 1
        if self.texts > DEEPEST_CALL:
            raise self.fatal("eval: too many nested evaluations")
        try:
            return (yield from self._run_parsed(parser, last, within))
        finally:
            self.texts -= 1

    def _run_parsed(self, parser: Parser, last: bool, within: str) -> Steps:
        status = 0
        while True:
            try:
                command = parser.command()
                at_end = last and command is not None and parser.peek().kind == "end of file"
            except ShellSyntaxError as error:
                self.complain(within + self.dialect.syntax(error.message), error.line)
                raise Fatal(2) from None
            except RecursionError:
                self.complain(self.dialect.syntax("nesting too deep"))
                raise Fatal(2) from None
            if command is None:
                return status
            if self.options["n"]:
                continue
            status = yield from self.run(command, at_end)

    def run_to_exit(self, steps: Steps) -> Steps:
        """Run *steps* as the whole life of this shell: control flow that leaves it, and the EXIT trap, end here."""
        try:
            status = yield steps
        except LeaveShell as leave:
            status = leave.status
        except Fatal as fatal:
            status = fatal.status
        except ReturnFrom as back:
            status = back.status
        except (BreakLoop, ContinueLoop):
            status = 0
        self.status = status
        action = self.traps.pop(0, None)
        if action:
            try:
                yield self.run_text(action)
            except LeaveShell as leave:
                status = leave.status
            except Fatal as fatal:
                status = fatal.status
        return status

    # -- trees ---------------------------------------------------------------------------------------------------------

    def run(self, command: Command, last: bool = False) -> Steps:
        """Run *command* and return its status; *last*: nothing follows, so a program may take the process over."""
        status = yield from RUNNERS[type(command)](self, command, last)
        self.status = status
        return status

    def check(self, status: int) -> int:
        """``set -e``: leave on a failure that nobody tests."""
        self.status = status
        if status and self.options["e"] and not self.tested:
            raise LeaveShell(status)
        return status

    def _sequence(self, node: CommandSequence, last: bool) -> Steps:
        status = 0
        end = len(node.items) - 1
        for number, (command, background) in enumerate(node.items):
            if background:
                status = self._background(command)
                self.status = status
            else:
                status = yield from self.run(command, last and number == end)
        return status

    def _and_or(self, node: AndOr, last: bool) -> Steps:
        self.tested += 1
        try:
            status = yield from self.run(node.first)
            for operator, command in node.rest[:-1]:
                if (operator == "&&") == (status == 0):
                    status = yield from self.run(command)
        finally:
            self.tested -= 1
        operator, command = node.rest[-1]
        if (operator == "&&") == (status == 0):
            status = yield from self.run(command, last and not self.traps)
        return status

    def _if(self, node: If, last: bool) -> Steps:
        for condition, body in node.branches:
            if (yield from self._test(condition)) == 0:
                return (yield from self.run(body, last))
        if node.otherwise is not None:
            return (yield from self.run(node.otherwise, last))
        return 0

    def _test(self, condition: Command) -> Steps:
        self.tested += 1
        try:
            return (yield from self.run(condition))
        finally:
            self.tested -= 1

    def _loop(self, node: Loop, last: bool) -> Steps:
        status = 0
        self.loops += 1
        try:
            while True:
                if self.process.step():
                    yield from self.process.pay()
                try:
                    if ((yield from self._test(node.condition)) == 0) == node.until:
                        return status
                    status = yield from self.run(node.body)
                except ContinueLoop as again:
                    again.next()
                    status = 0
                except BreakLoop as leave:
                    leave.next()
                    return 0
        finally:
            self.loops -= 1

    def _for(self, node: For, last: bool) -> Steps:
        self.line = node.line
        values = list(self.positional) if node.words is None else (yield from self.expander.arguments(node.words))
        status = 0
        self.loops += 1
        try:
            for value in values:
                self.assign(node.name, value)
                try:
                    status = yield from self.run(node.body)
                except ContinueLoop as again:
                    again.next()
                    status = 0
                except BreakLoop as leave:
                    leave.next()
                    return 0
        finally:
            self.loops -= 1
        return status

    def _case(self, node: Case, last: bool) -> Steps:
        self.line = node.line
        subject = yield from self.expander.text(node.word, tilde="start")
        for words, body in node.items:
            for word in words:
                pattern = yield from self.expander.pattern(word)
                if patterns.matches(pattern, subject):
                    return (yield from self.run(body, last)) if body is not None else 0
        return 0

    def _function(self, node: Function, last: bool) -> Steps:
        self.functions[node.name] = node.body
        return 0
        yield

    def _group(self, node: Group, last: bool) -> Steps:
        if not node.redirections:
            return (yield from self.run(node.body, last))
        saved = yield from self._redirected(node.redirections)
        if saved is None:
            return self.check(self.dialect.error_status)
        try:
            return (yield from self.run(node.body))
        finally:
            self.redirector.restore(saved)

    def _redirected(self, redirections: Sequence[Any]) -> Generator[Event, Any, dict[int, Description | None] | None]:
        """Apply *redirections*; return what to restore, or None after a message if one failed."""
        saved = yield from self.redirector.apply(redirections)
        return saved

    def _subshell(self, node: Subshell, last: bool) -> Steps:
        child = self.fork(node.body if not node.redirections else Group(node.body, node.redirections))
        return self.check((yield from self.wait_for(child)))

    def _condition(self, node: Condition, last: bool) -> Steps:
        self.line = node.line
        return (yield from conditions.double_bracket(self, node))

    # -- processes -----------------------------------------------------------------------------------------------------

    def clone(self) -> Shell:
        """Return a copy of this shell for a forked process: traps fall back to the default, the rest is kept."""
        other = Shell.__new__(Shell)
        other.__dict__.update(self.__dict__)
        other.copy_variables(self)
        other.functions = dict(self.functions)
        other.options = dict(self.options)
        other.traps = {}
        other.pending = []
        other.background = []
        other.is_subshell = True
        other.is_interactive = False
        other._signalled = None
        other.expander = Expander(other)
        other.redirector = Redirector(other)
        return other

    def fork(self, command: Command, fds: dict[int, Description] | None = None) -> Process:
        """Return a child process that runs *command* in a copy of this shell."""
        shell = self.clone()

        def body(process: Process) -> Generator[Any, Any, int]:
            shell.process = process
            process.reaps = True
            process.handlers = {signal: None for signal, handler in process.handlers.items() if handler is None}
            return shell.run_to_exit(shell.run(command, True))

        try:
            return self.process.fork(body, fds=fds)
        except OSError as error:
            for description in (fds or {}).values():
                if description.references == 0:
                    description.closed()
            raise self.fatal("Cannot fork" if error.errno == errno.EAGAIN else str(error.strerror)) from None

    def wait_for(self, child: Process) -> Steps:
        """Return the status of *child* once it has ended, telling about a signal that killed it."""
        while child.exit_status is None:
            yield child.exited
        self.process.reap(child)
        _, signal = child.exit_status
        if signal == signals.INT and self.is_interactive:
            self.error_text("\n")
        if signal and signal not in (signals.INT, signals.PIPE) and not self.is_subshell:
            self.error_text(signals.DESCRIPTIONS.get(signal, f"Signal {signal}") + "\n")
        if self.pending:
            yield from self.run_traps()
        assert child.exit_code is not None
        return child.exit_code

    def _background(self, command: Command) -> int:
        fds = dict(self.process.fds)
        if not self.is_interactive:
            fds[0] = Null()
        child = self.fork(command, fds)
        child.handlers.update({signals.INT: None, signals.QUIT: None})
        self.background.append(child)
        self.last_background = str(child.pid)
        if self.is_interactive and self.dialect.is_bash:
            self.error_text(f"[{len(self.background)}] {child.pid}\n")
        return 0

    def _pipeline(self, node: Pipeline, last: bool) -> Steps:
        if len(node.commands) == 1:
            status = yield from self._test(node.commands[0])
            return int(status == 0) if node.negated else status
        children: list[Process] = []
        previous: Description | None = None
        for number, command in enumerate(node.commands):
            fds = dict(self.process.fds)
            if previous is not None:
                fds[0] = previous
            if number < len(node.commands) - 1:
                reader, writer = self.process.make_pipe()
                fds[1] = writer
                previous = reader
            children.append(self.fork(command, fds))
            if self.process.step():
                yield from self.process.pay()
        statuses = []
        for child in children:
            statuses.append((yield from self.wait_for(child)))
        status = statuses[-1]
        if self.options["p"]:
            status = next((one for one in reversed(statuses) if one), 0)
        if node.negated:
            self.status = int(status == 0)
            return self.status
        return self.check(status)

    def substitute(self, command: Command) -> Generator[Any, Any, str]:
        """Return what *command* writes, run in a subshell, without the newlines at its end."""
        if self.process.step():
            yield from self.process.pay()
        reader, writer = self.process.make_pipe()
        child = self.fork(command, {**self.process.fds, 1: writer})
        chunks: list[bytes] = []
        size = 0
        while chunk := (yield from reader.read(1 << 16)):
            chunks.append(chunk)
            size += len(chunk)
            self.process.host.check_memory(size, self.process)
        reader.closed()
        while child.exit_status is None:
            yield child.exited
        self.process.reap(child)
        self._substituted = self.status = child.exit_code or 0
        return b"".join(chunks).replace(b"\0", b"").decode(errors="surrogateescape").rstrip("\n")


RUNNERS: dict[type, Callable[[Shell, Any, bool], Steps]] = {
    Simple: Shell.simple,
    CommandSequence: Shell._sequence,
    AndOr: Shell._and_or,
    Pipeline: Shell._pipeline,
    Group: Shell._group,
    Subshell: Shell._subshell,
    If: Shell._if,
    Loop: Shell._loop,
    For: Shell._for,
    Case: Shell._case,
    Function: Shell._function,
    Condition: Shell._condition,
}

__all__ = ["OPTIONS", "Builtin", "Shell", "Steps", "quote"]
