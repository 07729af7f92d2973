"""How a small tool is written: a function that takes a `Call` and returns its exit code, or a generator that does.

Output is collected as libc's stdio would and written when the tool ends, or at `Call.flush`; errors come first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias

from simpy.events import Event

from k8slab.machine.errors import words
from k8slab.machine.fs.view import FileView
from k8slab.machine.process import Process
from k8slab.machine.program import Life

Steps: TypeAlias = Generator[Any, Any, "int | None"]
Function: TypeAlias = Callable[["Call"], "int | Steps | None"]
BUSYBOX_VERSION = "1.36.1"
CHUNK = 65536


class Stop(Exception):
    """The tool ends here with *code*; what it had to say has been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Options:
    """The options of one call: flags that were given, values of those that take one (the last wins, `all` has every one)."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        #: The options in the order given, for tools where the last of several counts.
        self.order: list[str] = []

    def add(self, name: str, value: str = "") -> None:
        """Note the option *name*."""
        self.values.setdefault(name, []).append(value)
        self.order.append(name)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str, default: str = "") -> str:
        """Return the last value given for *name*."""
        return self.values[name][-1] if name in self.values else default

    def all(self, name: str) -> list[str]:
        """Return every value given for *name*."""
        return self.values.get(name, [])

    def last(self, *names: str) -> str:
        """Return which of *names* was given last, "" if none."""
        return next((name for name in reversed(self.order) if name in names), "")


class Call:
    """One run of a tool: its words, its process, and its output."""

    __slots__ = ("_err", "_out", "_size", "args", "argv", "files", "name", "process")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.argv = process.argv
        self.name = process.argv[0].rsplit("/", 1)[-1] if process.argv else ""
        self.args = process.argv[1:]
        self.files: FileView = process.files
        self._out: list[bytes] = []
        self._err: list[bytes] = []
        self._size = 0

    @property
    def env(self) -> dict[str, str]:
        """The environment."""
        return self.process.env

    @property
    def busybox(self) -> bool:
        """Whether this is busybox's version of the tool."""
        return self.process.userland == "busybox"

    @property
    def tty(self) -> bool:
        """Whether stdout is a terminal."""
        return 1 in self.process.fds and self.process.fds[1].is_tty

    # -- output --------------------------------------------------------------------------------------------------------

    def out(self, text: str | bytes) -> None:
        """Write *text* to stdout (at the next flush)."""
        data = text if isinstance(text, bytes) else text.encode(errors="surrogateescape")
        self._out.append(data)
        self._size += len(data)
        self.process.host.check_memory(self._size, self.process)

    def line(self, text: str = "") -> None:
        """Write *text* and a newline to stdout."""
        self.out(text + "\n")

    def err(self, text: str) -> None:
        """Write *text* to stderr (at the next flush, before stdout)."""
        self._err.append(text.encode(errors="surrogateescape"))

    def fail(self, message: str, code: int = 1) -> int:
        """Say ``name: message`` on stderr; return *code*."""
        self.err(f"{self.name if self.busybox else self.argv[0]}: {message}\n")
        return code

    def flush(self) -> Generator[Event, Any, None]:
        """Write what has been collected."""
        if self._err:
            data, self._err = b"".join(self._err), []
            if 2 in self.process.fds:
                yield from self.process.write(2, data)
        if self._out:
            data, self._out, self._size = b"".join(self._out), [], 0
            if 1 not in self.process.fds:
                self.process.write_now(2, f"{self.name}: write error: Bad file descriptor\n".encode())
                raise Stop(1)
            try:
                yield from self.process.write(1, data)
            except OSError as error:
                self.process.write_now(2, f"{self.name}: write error: {words(error)}\n".encode())
                raise Stop(1) from None

    # -- input ---------------------------------------------------------------------------------------------------------

    def read(self, path: str) -> Generator[Event, Any, bytes]:
        """Return the whole content of *path* (``-`` is stdin). Raises OSError."""
        if path == "-":
            return (yield from self.process.read_all(0))
        description = self.process.open(path)
        description.references += 1
        try:
            chunks: list[bytes] = []
            size = 0
            while chunk := (yield from description.read(1 << 20)):
                chunks.append(chunk)
                size += len(chunk)
                self.process.host.check_memory(size, self.process)
                if self.process.step(2000):
                    yield from self.process.pay()
            return b"".join(chunks)
        finally:
            description.close()

    def copy(self, path: str, number: int = 1) -> Generator[Event, Any, int]:
        """Copy *path* (``-`` is stdin) to the descriptor *number* piece by piece; return the bytes. Raises OSError."""
        yield from self.flush()
        source = self.process.fd(0) if path == "-" else self.process.open(path)
        source.references += 1
        copied = 0
        try:
            while chunk := (yield from source.read(CHUNK)):
                yield from self.process.write(number, chunk)
                copied += len(chunk)
                if self.process.step(500):
                    yield from self.process.pay()
        finally:
            source.close()
        return copied

    # -- options -------------------------------------------------------------------------------------------------------

    def options(
        self,
        letters: str,
        long: Mapping[str, str] | None = None,
        *,
        code: int = 1,
        stop_at_operand: bool = False,
        numbers: str = "",
    ) -> tuple[Options, list[str]]:
        """Return the options and operands of this call, as getopt_long.

        *letters*: ``"al:"``, a colon after those with a value. *long*: long name to letter; a name ending in ``=`` takes a
        value, in ``?`` may take one. *numbers*: the letter that ``-5`` stands for. A wrong option is told; then raises Stop(*code*).
        """
        options = Options()
        operands: list[str] = []
        words_left = list(self.args)
        names = long or {}
        while words_left:
            word = words_left.pop(0)
            if word == "--":
                operands += words_left
                break
            if len(word) < 2 or word[0] != "-":
                operands.append(word)
                if stop_at_operand:
                    operands += words_left
                    break
                continue
            if word.startswith("--"):
                self._long(options, word, names, words_left, code)
                continue
            if numbers and word[1:].isdigit():
                options.add(numbers, word[1:])
                continue
            at = 1
            while at < len(word):
                letter = word[at]
                place = letters.find(letter) if letter != ":" else -1
                at += 1
                if place < 0:
                    raise self.wrong_option(letter, code)
                if letters[place + 1 : place + 2] == ":":
                    if at < len(word):
                        options.add(letter, word[at:])
                    elif words_left:
                        options.add(letter, words_left.pop(0))
                    else:
                        raise self.missing_value(letter, code)
                    break
                options.add(letter)
        return options, operands

    def _long(self, options: Options, word: str, names: Mapping[str, str], rest: list[str], code: int) -> None:
        name, equals, value = word[2:].partition("=")
        if name in ("help", "version") and name not in names:
            self.out(self.version_text() if name == "version" else f"Usage: {self.name} [OPTION]...\n")
            raise Stop(0)
        known = {key.rstrip("=?"): key for key in names}
        matching = [key for key in known if key == name] or [key for key in known if key.startswith(name)]
        if not matching:
            if self.busybox:
                self.err(f"{self.name}: unrecognized option: {name}\n{self._busybox_usage()}")
            else:
                self.err(f"{self.name}: unrecognized option '{word}'\n{self._try_help()}")
            raise Stop(code)
        key = known[matching[0]]
        letter = names[key]
        if key.endswith("=") and not equals:
            if not rest:
                self.err(f"{self.name}: option '--{matching[0]}' requires an argument\n{self._try_help()}")
                raise Stop(code)
            value = rest.pop(0)
        options.add(letter, value)

    def version_text(self) -> str:
        """What ``--version`` prints."""
        version = self.process.executable.version if self.process.executable is not None else ""
        return f"{self.name} (GNU coreutils) {version or '9.1'}\n"

    def _try_help(self) -> str:
        return f"Try '{self.name} --help' for more information.\n"

    def _busybox_usage(self) -> str:
        return (
            f"BusyBox v{BUSYBOX_VERSION} (2024-06-10 07:11:47 UTC) multi-call binary.\n\nUsage: {self.name} [OPTIONS]\n"
        )

    def wrong_option(self, letter: str, code: int = 1) -> Stop:
        """Say that there is no option *letter*; return what to raise."""
        if self.busybox:
            self.err(f"{self.name}: unrecognized option: {letter}\n{self._busybox_usage()}")
        else:
            self.err(f"{self.name}: invalid option -- '{letter}'\n{self._try_help()}")
        return Stop(code if not self.busybox else 1)

    def missing_value(self, letter: str, code: int = 1) -> Stop:
        """Say that the option *letter* wants a value; return what to raise."""
        if self.busybox:
            self.err(f"{self.name}: option requires an argument: {letter}\n{self._busybox_usage()}")
        else:
            self.err(f"{self.name}: option requires an argument -- '{letter}'\n{self._try_help()}")
        return Stop(code)

    def missing_operand(self, after: str = "", code: int = 1) -> int:
        """Say that operands are missing; return *code*."""
        if self.busybox:
            self.err(self._busybox_usage())
        elif after:
            self.err(f"{self.name}: missing file operand after {quoted(after)}\n{self._try_help()}")
        else:
            self.err(f"{self.name}: missing operand\n{self._try_help()}")
        return code


class Tool:
    """A program made of one function."""

    __slots__ = ("function",)

    def __init__(self, function: Function) -> None:
        self.function = function

    def run(self, process: Process) -> Life:
        call = Call(process)
        code: int | None
        try:
            outcome = self.function(call)
            if outcome is None or isinstance(outcome, int):
                code = outcome
            else:
                code = yield from outcome
        except Stop as stop:
            code = stop.code
        except BrokenPipeError:
            raise
        except OSError as error:  # what the tool itself did not word
            code = call.fail(f"{error.filename}: {words(error)}" if error.filename else words(error))
        except (ValueError, OverflowError) as error:  # a number that is none
            code = call.fail(f"invalid number: {str(error).rpartition(':')[2].strip()}")
        try:
            yield from call.flush()
        except Stop as stop:
            return stop.code
        return code or 0


def quoted(text: str) -> str:
    """Return *text* as GNU tools quote it in messages in a UTF-8-less locale."""
    return "'" + text.replace("'", "'\\''") + "'"


def reason(error: OSError) -> str:
    """Return the words for *error*."""
    return words(error)


def human(size: int, *, binary: bool = True) -> str:
    """Return *size* as ``ls -h`` and ``du -h`` print it: rounded up, one digit below ten."""
    step = 1024 if binary else 1000
    if size < step:
        return str(size)
    value = float(size)
    for unit in "KMGTPE" if binary else "kMGTPE":
        value /= step
        if value < step:
            rounded = -(-value * 10 // 1) / 10
            if rounded < 10:
                return f"{rounded:.1f}{unit}"
            up = -(-value // 1)
            if up < step:
                return f"{up:.0f}{unit}"
    return f"{value:.0f}E"


def shell_quoted(text: str) -> str:
    """Return *text* as GNU tools quote a name in an error (``ls: cannot access 'a b'``)."""
    if any(char in "'" for char in text) and not any(char in '"$`\\' for char in text):
        return f'"{text}"'
    return "'" + text.replace("'", "'\\''") + "'"
