"""Lists that are cut after three. Models formatEndpoints and listWithMoreString of the printers."""

from __future__ import annotations

from collections.abc import Sequence

MOST_SHOWN = 3


def some_of(items: Sequence[str]) -> str:
    """Return the first three of *items* and how many there are beyond them: ``a,b,c + 2 more...``."""
    text = ",".join(items[:MOST_SHOWN])
    return f"{text} + {len(items) - MOST_SHOWN} more..." if len(items) > MOST_SHOWN else text
