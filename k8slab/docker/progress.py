"""Progress messages of the daemon: a layer's bar as JSON, and sizes as people read them.

Models pkg/jsonmessage, pkg/streamformatter and docker/go-units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Takes one message of a progress stream; the API writes it as one line of JSON.
Emit = Callable[[dict[str, Any]], None]
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")


def human_size(size: float) -> str:
    """Return *size* as units.HumanSize does: four digits, powers of 1000 (``74.8MB``, ``1.024kB``)."""
    position = 0
    while size >= 1000.0 and position < len(_UNITS) - 1:
        size /= 1000.0
        position += 1
    return f"{size:.4g}{_UNITS[position]}"


def bar(current: int, total: int) -> str:
    """Return the bar that goes with *current* of *total* bytes."""
    if current <= 0 and total <= 0:
        return ""
    if total <= 0:
        return f"{human_size(current):>8}"
    done = min(50, int(current / total * 100) // 2)
    box = "[" + "=" * done + ">" + " " * (50 - done) + "] "
    numbers = f"{human_size(current):>8}/{human_size(total)}" if current <= total else f"{human_size(current):>8}"
    return box + numbers


def status(text: str, id: str = "") -> dict[str, Any]:
    """Return a message that only says *text*."""
    return {"status": text, "id": id} if id else {"status": text}


def step(text: str, id: str) -> dict[str, Any]:
    """Return a message about the layer *id* without numbers."""
    return {"status": text, "progressDetail": {}, "id": id}


def moving(text: str, id: str, current: int, total: int) -> dict[str, Any]:
    """Return a message about bytes that move."""
    return {
        "status": text,
        "progressDetail": {"current": current, "total": total},
        "progress": bar(current, total),
        "id": id,
    }


def ignore(message: dict[str, Any]) -> None:
    """Take a message and do nothing with it."""
