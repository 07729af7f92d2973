"""What a command left behind: its two outputs and its exit code, shown the way a terminal shows them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Completed:
    """The end of a command. ``print(completed)`` and a notebook show both outputs; an error is data here, never an exception."""

    stdout: str
    stderr: str
    exit_code: int
    #: Both outputs in the order in which they were written, as a terminal mixes them.
    terminal: str = ""
    #: Standard output as bytes: what ``docker save`` writes is no text.
    output: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the command succeeded (exit code 0)."""
        return self.exit_code == 0

    @property
    def text(self) -> str:
        """What a terminal would show."""
        return self.terminal or self.stdout + self.stderr

    def __str__(self) -> str:
        return self.text.rstrip("\n")

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        plain = str(self)
        return {"text/plain": plain, "text/html": f'<pre class="k8slab-terminal">{html.escape(plain)}</pre>'}
