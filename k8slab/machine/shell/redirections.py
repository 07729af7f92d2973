"""Redirections: opening what a command reads and writes, and putting things back afterwards.

Models dash's redir.c.
"""

from __future__ import annotations

import errno
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.machine.errors import os_error
from k8slab.machine.shell.syntax import Redirection
from k8slab.machine.streams import Description, FifoEnd, Source

if TYPE_CHECKING:
    from k8slab.machine.shell.interpreter import Shell

Saved = dict[int, "Description | None"]
MODES = {"<": "r", ">": "w", ">|": "w", ">>": "a", "<>": "r+"}


class Redirector:
    """Redirects the descriptors of one shell's process."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def apply(self, redirections: Sequence[Redirection]) -> Generator[Event, Any, Saved | None]:
        """Do *redirections* in order; return what `restore` needs, or None (all undone) after telling why one failed."""
        saved: Saved = {}
        self.shell.process.step(15)
        for one in redirections:
            try:
                description = yield from self._open(one)
            except _Refused as refused:
                self.restore(saved)
                self.shell.complain(str(refused))
                return None
            except BaseException:
                self.restore(saved)
                raise
            process = self.shell.process
            if description is not None:
                description.references += 1
            if one.fd in saved:
                process.close_fd(one.fd)
            else:
                saved[one.fd] = process.fds.pop(one.fd, None)
            if description is not None:
                process.fds[one.fd] = description
        return saved

    def _open(self, one: Redirection) -> Generator[Event, Any, Description | None]:
        """Return what *one* makes its descriptor, None to close it. Raises _Refused."""
        shell = self.shell
        text = yield from shell.expander.text(one.target, tilde="start")
        if one.operator == "<<":
            return Source(text.encode(errors="surrogateescape"))
        if one.operator in ("<&", ">&"):
            if text == "-":
                return None
            if text.isdigit():
                description = shell.process.fds.get(int(text))
                if description is None:
                    raise _Refused(shell.dialect.bad_fd(text))
                return description
            if not shell.dialect.is_bash or one.operator == "<&":
                raise _Refused("Syntax error: Bad fd number")
        mode = MODES.get(one.operator, "w")
        try:
            if one.operator == ">" and shell.options["C"] and shell.files.is_file(text):
                raise os_error(errno.EEXIST, text)
            description = shell.process.open(text, mode)
            if isinstance(description, FifoEnd):
                yield from description.opened()
        except OSError as error:
            operator = one.operator
            number = errno.EISDIR if error.errno == errno.EISDIR else error.errno
            raise _Refused(shell.dialect.redirection(text, operator, number or errno.EIO)) from None
        return description

    def restore(self, saved: Saved) -> None:
        """Put back what `apply` replaced."""
        fds = self.shell.process.fds
        for number, old in saved.items():
            self.shell.process.close_fd(number)
            if old is not None:
                fds[number] = old

    def commit(self, saved: Saved) -> None:
        """Keep the redirections (``exec > file``)."""
        for old in saved.values():
            if old is not None:
                old.close()


class _Refused(Exception):
    """A redirection that cannot be done."""
