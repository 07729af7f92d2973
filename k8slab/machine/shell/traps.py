"""Traps: what a shell does when a signal comes, and waiting that a signal can end.

Models dash's trap.c. Actions run between commands, never in the middle of one.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import AnyOf, Event

from k8slab.machine.process import Process
from k8slab.machine.shell.variables import Variables


class Traps(Variables):
    """The part of a shell that listens to signals."""

    traps: dict[int, str]
    pending: list[int]
    in_trap: bool
    _signalled: Event | None

    def run_text(self, text: str, line: int = 1, *, last: bool = False, within: str = "") -> Generator[Any, Any, int]:
        """Run the commands in *text* (see `Shell`)."""
        raise NotImplementedError

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
