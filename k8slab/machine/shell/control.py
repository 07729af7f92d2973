"""Ways to leave: out of loops, functions, and the shell itself."""

from __future__ import annotations


class LeaveShell(Exception):
    """``exit``, or ``set -e`` after a failure."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Fatal(LeaveShell):
    """An error that ends a shell which is not interactive; its message has been written."""


class ReturnFrom(Exception):
    """``return`` from a function or a sourced file."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BreakLoop(Exception):
    """``break``: *levels* loops are to be left."""

    def __init__(self, levels: int) -> None:
        super().__init__(levels)
        self.levels = levels

    def next(self) -> None:
        """One loop has been left; go on if more are to be."""
        if self.levels > 1:
            raise type(self)(self.levels - 1) from None


class ContinueLoop(BreakLoop):
    """``continue`` with the loop *levels* up."""
