"""``%kubectl`` and ``%%kubectl``: the command line in a notebook cell, on the lab that is in use.

``%kubectl get pods`` runs a line; ``%%kubectl apply -f -`` takes the rest of the cell as standard input. Both print what a terminal
would show, as it comes. ``{name}`` and ``$name`` stand for Python variables, as in IPython's own ``!`` commands.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any

from k8slab.cli.completed import Completed
from k8slab.cli.driver import Handle
from k8slab.cli.local_files import DiskFiles, LocalFiles, MemoryFiles
from k8slab.cli.seam import Verb
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError

#: Returns what a magic works on: the door of the API server, and the clock.
Target = Callable[[], tuple[Handle, Clock]]
#: Runs ``kubectl`` with a line of arguments and some standard input.
Runner = Callable[[str, str], Completed]


def words_of(line: str) -> list[str]:
    """Return the arguments on *line*, read as a shell reads them."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise LabError(f"this line cannot be read: {error}. Every quote needs its partner.") from None
    return words[1:] if words[:1] == ["kubectl"] else words


def register(shell: Any, program: str, run: Runner) -> None:
    """Give the IPython *shell* ``%program`` and ``%%program``; *run* carries a line (and a cell) out and prints its output."""

    def line_magic(line: str) -> None:
        run(line, "")

    def cell_magic(line: str, cell: str) -> None:
        run(line, cell)

    shell.register_magic_function(line_magic, magic_kind="line", magic_name=program)
    shell.register_magic_function(cell_magic, magic_kind="cell", magic_name=program)


def hand_over(**programs: Runner) -> None:
    """Let ``%kubectl``, ``%docker`` in this notebook, if this is one, be carried out by these runners from now on."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    for program, run in programs.items() if shell is not None else ():
        register(shell, program, run)


def docker_verb(
    line: str,
    cell: str | None = None,
    *,
    files: LocalFiles | None = None,
    settings: LocalFiles | None = None,
    env: Mapping[str, str] | None = None,
) -> Verb:
    """Return ``docker`` with the words of *line*, ready for a driver. *cell* is its standard input; where a keyboard is asked for
    (``run -it``) its lines are typed one by one, and Ctrl-D after them.

    *settings* keep ``~/.docker`` (never the learner's own).
    """
    # Loaded on first use: many notebooks never say docker.
    from k8slab.cli.docker.compose_verb import compose
    from k8slab.cli.docker.main import LAB_BUILDER, docker, wants_terminal
    from k8slab.cli.docker.streams import END_OF_INPUT
    from k8slab.cli.docker.terminal import Terminal

    words = docker_words(line)
    terminal = None
    if wants_terminal(words):
        typed = [f"{text}\r" for text in (cell or "").splitlines()]
        terminal = Terminal(keys=(*typed, END_OF_INPUT), stdout=False, stderr=False)
    return docker(
        words,
        files=files if files is not None else DiskFiles(),
        home_files=settings if settings is not None else MemoryFiles(),
        stdin=None if terminal is not None else cell,
        env={"HOME": "/root", LAB_BUILDER: "1", **(env or {})},
        tty=terminal,
        plugins={"compose": compose},
    )


def docker_words(line: str) -> list[str]:
    """Return the arguments of ``docker`` on *line*, read as a shell reads them."""
    words = words_of(line)
    return words[1:] if words[:1] == ["docker"] else words
