"""A terminal as a command sees it: its size, and the keys that somebody presses.

Keys are typed one group after the other, each when the screen has been quiet for a moment, as a person does.
"""

from __future__ import annotations

from dataclasses import dataclass

#: How long (virtual seconds) the screen must be quiet before the next keys are typed.
QUIET_SECONDS = 0.3


@dataclass(slots=True)
class Terminal:
    """Where a command runs when it is not in a pipe. *stdin* and *stdout* say which of them is the terminal."""

    rows: int = 24
    columns: int = 80
    keys: tuple[str, ...] = ()
    stdin: bool = True
    stdout: bool = True
    stderr: bool = True
