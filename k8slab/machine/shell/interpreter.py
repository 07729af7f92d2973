"""Running the trees: variables, functions, redirections, pipelines, subshells, traps.

Models dash's eval.c, redir.c, trap.c and var.c. A `Shell` lives in one process; a subshell, a pipeline's part and ``$(…)``
are forked processes with a copy of it, so that they have ids of their own and changes stay theirs.
Left out: job control (``fg``, ``bg`` only say so), history.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from simpy.events import AnyOf, Event

from k8slab.machine import signals
from k8slab.machine.executable import search
from k8slab.machine.fs.inode import File
from k8slab.machine.fs.view import FileView
from k8slab.machine.process import Exited, Process
from k8slab.machine.shell import conditions, patterns
from k8slab.machine.shell.control import BreakLoop, ContinueLoop, Fatal, LeaveShell, ReturnFrom
from k8slab.machine.shell.dialects import DASH, Dialect
from k8slab.machine.shell.expansion import Expander
from k8slab.machine.shell.parser import Parser
from k8slab.machine.shell.redirections import Redirector
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
    Word,
)
from k8slab.machine.shell.syntax import (
    Sequence as CommandSequence,
)
from k8slab.machine.shell.variables import Variables
from k8slab.machine.streams import Description, Null

Steps = Generator[Any, Any, int]
#: A builtin takes the shell and its words and returns a status, or a generator that does.
Builtin = Callable[["Shell", list[str]], "int | Generator[Any, Any, int]"]
DEEPEST_CALL = 1000  # dash: MAX_RECURSION
OPTIONS = {
    "a": "allexport", "b": "notify", "C": "noclobber", "e": "errexit", "f": "noglob", "i": "interactive", "m": "monitor",
    "n": "noexec", "s": "stdin", "u": "nounset", "v": "verbose", "x": "xtrace", "I": "ignoreeof", "p": "pipefail",
}  # fmt: skip


class Shell(Variables):
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

    @property
    def files(self) -> FileView:
        """The file system as this shell's process sees it."""
        return self.process.files

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

    def _check(self, status: int) -> int:
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
            return self._check(self.dialect.error_status)
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
        return self._check((yield from self.wait_for(child)))

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
        return self._check(status)

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

    # -- simple commands -----------------------------------------------------------------------------------------------

    def _simple(self, node: Simple, last: bool) -> Steps:
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
                return self._check(self.dialect.error_status)
        keep = name == "exec" and builtin is not None and len(argv) == 1
        try:
            if function is not None:
                status = yield self._call(function, argv, values)
            elif builtin is not None:
                status = yield from self._builtin(builtin, name, argv, values)
            else:
                status = yield from self._external(argv, values, last and not self.traps and not saved)
        finally:
            if saved:
                self.redirector.commit(saved) if keep else self.redirector.restore(saved)
        return self._check(status)

    def _value(self, variable: str, word: Word) -> Generator[Any, Any, str]:
        text = yield from self.expander.text(word, tilde="assignment")
        return (self.get(variable[:-1]) or "") + text if variable.endswith("+") else text

    def _assignments_only(self, node: Simple) -> Steps:
        saved = None
        if node.redirections:
            saved = yield from self.redirector.apply(node.redirections)
            if saved is None:
                return self._check(self.dialect.error_status)
        values = []
        for variable, word in node.assignments:
            value = yield from self._value(variable, word)
            self.assign(variable.rstrip("+"), value)
            values.append((variable, value))
        if self.options["x"] and values:
            self._trace(values, [])
        if saved:
            self.redirector.restore(saved)
        return self._check(self._substituted or 0)

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
            outcome = builtin(self, argv)
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

    def _external(self, argv: list[str], values: list[tuple[str, str]], last: bool) -> Steps:
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

    # -- traps ---------------------------------------------------------------------------------------------------------

    def set_trap(self, signal: int, action: str | None) -> None:
        """Run *action* on *signal* (0 is EXIT); "" ignores it, None takes the default back."""
        if action is None:
            self.traps.pop(signal, None)
        else:
            self.traps[signal] = action
        if signal == 0:
            return
        if action is None:
            self.process.default(signal)
        else:
            self.process.on(signal, self._signal if action else None)

    def _signal(self, signal: int) -> None:
        self.pending.append(signal)
        if self._signalled is not None:
            self._signalled.succeed()
            self._signalled = None

    def run_traps(self) -> Generator[Any, Any, None]:
        """Run the actions of the signals that have come."""
        while self.pending and not self.in_trap:
            signal = self.pending.pop(0)
            action = self.traps.get(signal)
            if action:
                status = self.status
                self.in_trap = True
                try:
                    yield self.run_text(action)
                finally:
                    self.in_trap = False
                self.status = status

    def wait_interruptibly(self, children: list[Process]) -> Generator[Any, Any, int | None]:
        """Wait until one of *children* has ended; return a trapped signal's number if it comes first, else None."""
        if self.pending:
            return self.pending[0]
        if any(child.exit_status is not None for child in children):
            return None
        if self._signalled is None:
            self._signalled = self.process.clock.event()
        yield AnyOf(self.process.clock.env, [*(child.exited for child in children), self._signalled])
        return self.pending[0] if self.pending else None


def quote(text: str) -> str:
    """Return *text* as a shell would have to read it."""
    if text and all(char.isalnum() or char in "_-./:=,+@%^" for char in text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


RUNNERS: dict[type, Callable[[Shell, Any, bool], Steps]] = {
    Simple: Shell._simple,
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
