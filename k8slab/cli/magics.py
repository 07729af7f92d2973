"""``%kubectl`` and ``%%kubectl``: the command line in a notebook cell, on the lab that is in use.

``%kubectl get pods`` runs a line; ``%%kubectl apply -f -`` takes the rest of the cell as standard input. Both print what a terminal
would show, as it comes. ``{name}`` and ``$name`` stand for Python variables, as in IPython's own ``!`` commands.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

from k8slab.cli import driver
from k8slab.cli.completed import Completed
from k8slab.cli.disk import Disk
from k8slab.cli.driver import Handle
from k8slab.cli.kubectl.main import kubectl
from k8slab.cli.seam import Files
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError

#: Returns what a magic works on: the door of the API server, and the clock.
Target = Callable[[], tuple[Handle, Clock]]
#: Runs ``kubectl`` with a line of arguments and some standard input.
Runner = Callable[[str, str], Completed]


def run_kubectl(target: Target, line: str, stdin: str = "", files: Files | None = None) -> Completed:
    """Run ``kubectl`` with the words of *line* and print what it prints, piece by piece. Raises LabError for open quotes."""
    handle, clock = target()
    verb = kubectl(words_of(line), files=files or Disk(), stdin=stdin)
    return driver.run_blocking(verb, handle, clock, echo=lambda text: print(text, end="", flush=True))


def words_of(line: str) -> list[str]:
    """Return the arguments on *line*, read as a shell reads them."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise LabError(f"this line cannot be read: {error}. Every quote needs its partner.") from None
    return words[1:] if words[:1] == ["kubectl"] else words


def register(shell: Any, run: Runner) -> None:
    """Give the IPython *shell* the magics; *run* carries a command out and prints its output (see `run_kubectl`)."""

    def line_magic(line: str) -> None:
        run(line, "")

    def cell_magic(line: str, cell: str) -> None:
        run(line, cell)

    shell.register_magic_function(line_magic, magic_kind="line", magic_name="kubectl")
    shell.register_magic_function(cell_magic, magic_kind="cell", magic_name="kubectl")


def hand_over(run: Runner) -> None:
    """Let ``%kubectl`` in this notebook, if this is one, be carried out by *run* from now on."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        register(shell, run)
