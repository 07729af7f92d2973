"""A shell's variables and parameters: values, export, readonly, local, and the special ones.

Models dash's var.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from k8slab.machine.host import DEFAULT_PATH
from k8slab.machine.shell.control import Fatal
from k8slab.machine.shell.parser import NAME

if TYPE_CHECKING:
    from k8slab.machine.process import Process
    from k8slab.machine.shell.dialects import Dialect

#: Per function call: what each local variable was before.
Saved = dict[str, tuple[str | None, bool]]


class Variables:
    """The part of a shell that holds names and values."""

    process: Process
    dialect: Dialect
    options: dict[str, bool]
    status: int
    line: int
    name: str
    root_pid: int
    last_background: str

    def __init__(self, process: Process, positional: list[str]) -> None:
        self.positional = positional
        self.values: dict[str, str] = {}
        self.exported: dict[str, bool] = {}
        self.read_only: dict[str, bool] = {}
        self.locals: list[Saved] = []
        self._environment: dict[str, str] | None = None
        for key, value in process.env.items():
            if NAME.match(key):
                self.values[key] = value
                self.exported[key] = True
        self.values.setdefault("PATH", DEFAULT_PATH)
        self.values |= {"IFS": " \t\n", "OPTIND": "1", "PPID": str(process.parent_pid), "PS2": "> ", "PS4": "+ "}
        here = process.files.working_directory()
        claimed = self.values.get("PWD", "")
        same = claimed.startswith("/") and (at := process.files.find_or_none(claimed)) and at.path == here
        self.values["PWD"] = claimed if same else here

    def copy_variables(self, other: Variables) -> None:
        """Take over *other*'s names and values, as a fork does."""
        self.positional = list(other.positional)
        self.values = dict(other.values)
        self.exported = dict(other.exported)
        self.read_only = dict(other.read_only)
        self.locals = [dict(saved) for saved in other.locals]

    # -- values --------------------------------------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """Return the value of the variable *name*, None if it is unset."""
        if name == "LINENO" and self.dialect.name != "dash":
            return str(self.line)
        if name == "RANDOM" and self.dialect.name != "dash" and name in self.values:
            return str(self.process.host.chance.below(32768))
        return self.values.get(name)

    def parameter(self, name: str) -> str | None:
        """Return the value of the variable, positional or special parameter *name*."""
        if name[0].isalpha() or name[0] == "_":
            return self.get(name)
        if name.isdigit():
            number = int(name)
            if number == 0:
                return self.name
            return self.positional[number - 1] if number <= len(self.positional) else None
        if name == "?":
            return str(self.status)
        if name == "$":
            return str(self.root_pid)
        if name == "#":
            return str(len(self.positional))
        if name == "!":
            return self.last_background or None
        if name == "-":
            return "".join(letter for letter, on in self.options.items() if on and letter not in "p")
        return " ".join(self.positional) if self.positional else None

    @property
    def ifs(self) -> str:
        """The characters that split."""
        value = self.values.get("IFS")
        return " \t\n" if value is None else value

    def assign(self, name: str, value: str) -> None:
        """Set the variable *name*. Raises Fatal if it is readonly."""
        if name in self.read_only:
            raise self.fatal(self.dialect.read_only(name))
        self.values[name] = value
        if name in self.exported:
            self._environment = None
        elif self.options["a"]:
            self.export(name)

    def fatal(self, message: str, status: int | None = None) -> Fatal:
        """Say *message* and return the error."""
        raise NotImplementedError

    def unset_variable(self, name: str) -> None:
        """Take the variable *name* away. Raises Fatal if it is readonly."""
        if name in self.read_only:
            raise self.fatal("unset: " + self.dialect.read_only(name))
        self.values.pop(name, None)
        self.exported.pop(name, None)
        self._environment = None

    def export(self, name: str) -> None:
        """Give *name* to the programs run from now on."""
        self.exported[name] = True
        self._environment = None

    def environment(self) -> dict[str, str]:
        """Return what programs get. Do not change it."""
        if self._environment is None:
            self._environment = {name: self.values[name] for name in self.exported if name in self.values}
        return self._environment

    # -- local variables -----------------------------------------------------------------------------------------------

    def push_locals(self, names: Iterable[str] = ()) -> None:
        """Begin a function call in which *names* are local."""
        self.locals.append({})
        for name in names:
            self.make_local(name)

    def make_local(self, name: str) -> None:
        """Restore *name* when the function under way returns."""
        self.locals[-1].setdefault(name, (self.values.get(name), name in self.exported))

    def pop_locals(self) -> None:
        """End a function call."""
        for name, (value, exported) in self.locals.pop().items():
            self.exported.pop(name, None)
            self.values.pop(name, None)
            if value is not None:
                self.values[name] = value
            if exported:
                self.exported[name] = True
        self._environment = None
