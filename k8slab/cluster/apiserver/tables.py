"""Server-side tables: what ``kubectl get`` prints is computed here, so that every client shows the same columns.

Models apiserver pkg/endpoints/handlers/response.go (asTable) and apimachinery pkg/util/duration (HumanDuration).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

UNKNOWN = "<unknown>"


def age(obj: dict[str, Any], now: dt.datetime) -> str:
    """Return how long ago *obj* was created, as tables show it: ``5d``, ``3m12s``, ``<unknown>``."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(timestamp: str | None, now: dt.datetime) -> str:
    """Return how long ago *timestamp* (RFC 3339) was."""
    if not timestamp:
        return UNKNOWN
    return human_duration((now - dt.datetime.fromisoformat(timestamp)).total_seconds())


def human_duration(seconds: float) -> str:
    """Return *seconds* with two units at most, as HumanDuration does: ``90s``, ``5m10s``, ``3h20m``, ``2d3h``, ``400d``."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 60 * 2:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return f"{minutes}m{rest}s" if (rest := whole % 60) else f"{minutes}m"
    if minutes < 60 * 3:
        return f"{minutes}m"
    hours = whole // 3600
    if hours < 8:
        return f"{hours}h{rest}m" if (rest := minutes % 60) else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return f"{hours // 24}d{rest}h" if (rest := hours % 24) else f"{hours // 24}d"
    if hours < 24 * 365 * 2:
        return f"{hours // 24}d"
    years = hours // 24 // 365
    if hours < 24 * 365 * 8:
        return f"{years}y{rest}d" if (rest := hours // 24 % 365) else f"{years}y"
    return f"{years}y"
