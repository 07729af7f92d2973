"""Progress as the engine reports it, one JSON message after the other: lines in a pipe, redrawn lines on a terminal.

Models pkg/jsonmessage. Left out: the estimate of the time that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.cli.docker import units
from k8slab.cli.docker.api import Lines
from k8slab.cli.docker.errors import StreamError
from k8slab.cli.seam import Steps
from k8slab.sim.http import Response

Write = Callable[[str], None]
BAR_COLUMNS = 110


class Display:
    """Writes messages as they come. *columns* None: no terminal."""

    def __init__(self, write: Write, columns: int | None = None) -> None:
        self.write = write
        self.columns = columns
        self._lines: dict[str, int] = {}

    def show(self, message: dict[str, Any]) -> None:
        """Write one message. Raises StreamError for one that reports an error."""
        detail = message.get("progressDetail")
        identifier = str(message.get("id") or "")
        up = 0
        if identifier and (detail is not None or message.get("progress")):
            if identifier not in self._lines:
                self._lines[identifier] = len(self._lines)
                if self.columns is not None:
                    self.write("\n")
            up = len(self._lines) - self._lines[identifier]
            if self.columns is not None and up:
                self.write(f"\x1b[{up}A")
        else:
            self._lines = {}
        self._line(message, identifier, detail)
        if identifier and self.columns is not None and up:
            self.write(f"\x1b[{up}B")

    def _line(self, message: dict[str, Any], identifier: str, detail: dict[str, Any] | None) -> None:
        error = message.get("errorDetail")
        if error is not None or message.get("error"):
            code = int((error or {}).get("code") or 0)
            text = str((error or {}).get("message") or message.get("error") or "")
            raise StreamError("authentication is required" if code == 401 else text, code or 1)
        bar = "" if detail is None else progress(detail, self.columns)
        end = ""
        stream = str(message.get("stream") or "")
        if self.columns is not None and not stream and detail is not None:
            self.write("\x1b[2K\r")
            end = "\r"
        elif bar:
            return  # no bars in a pipe
        if identifier:
            self.write(f"{identifier}: ")
        if message.get("from"):
            self.write(f"(from {message['from']}) ")
        status = str(message.get("status") or "")
        if detail is not None and self.columns is not None:
            self.write(f"{status} {bar}{end}")
        elif message.get("progress"):
            self.write(f"{status} {message['progress']}{end}")
        elif stream:
            self.write(f"{stream}{end}")
        else:
            self.write(f"{status}{end}\n")


def progress(detail: dict[str, Any], columns: int | None) -> str:
    """Return the bar and the numbers of *detail*: ``[====>    ]  2.77MB/8.31MB``; nothing if there is nothing to count."""
    current, total = int(detail.get("current") or 0), int(detail.get("total") or 0)
    unit = str(detail.get("units") or "")
    if current <= 0 and total <= 0:
        return ""
    if total <= 0:
        return f"{current} {unit}" if unit else f"{units.human_size(current):>8}"
    done = min(int(current / total * 100) // 2, 50)
    bar = f"[{'=' * done}>{' ' * max(50 - done, 0)}] " if (columns or 200) > BAR_COLUMNS else ""
    if detail.get("hidecounts"):
        return bar
    if unit:
        return bar + (f"{current} {unit}" if current > total else f"{current}/{total} {unit}")
    numbers = f"{units.human_size(current):>8}"
    return bar + (numbers if current > total else f"{numbers}/{units.human_size(total)}")


def show_stream(
    response: Response, write: Write, columns: int | None = None, aux: Callable[[Any], None] | None = None
) -> Steps[None]:
    """Write the messages of *response* until it ends; *aux* receives what is not for the eye. Raises StreamError."""
    display = Display(write, columns)
    lines = Lines(response)
    while True:
        message = yield from lines.next()
        if message is None:
            return
        if message.get("aux") is not None:
            if aux is not None:
                aux(message["aux"])
            continue
        display.show(message)
