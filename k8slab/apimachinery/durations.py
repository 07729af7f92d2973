"""How long ago, in few letters: the AGE column of kubectl.

Models apimachinery pkg/util/duration (HumanDuration, ShortHumanDuration) and the printers' translateTimestampSince.
"""

from __future__ import annotations

import datetime as dt

UNKNOWN = "<unknown>"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def human_duration(seconds: float) -> str:
    """Return *seconds* with at most two units: ``90s``, ``5m10s``, ``3h20m``, ``2d3h``, ``400d``, ``3y``."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    minutes, hours = whole // _MINUTE, whole // _HOUR
    days, years = hours // 24, hours // 24 // 365
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    if days < 8 * 365:
        return _two(years, "y", days % 365, "d")
    return f"{years}y"


def short_human_duration(seconds: float) -> str:
    """Return *seconds* with one unit: ``90m``."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < _DAY:
        return f"{whole // _HOUR}h"
    if whole < 365 * _DAY:
        return f"{whole // _DAY}d"
    return f"{whole // _DAY // 365}y"


def since(when: str | dt.datetime | None, now: dt.datetime) -> str:
    """Return how long before *now* *when* was (RFC 3339 text or datetime), ``<unknown>`` for None."""
    if not when:
        return UNKNOWN
    moment = dt.datetime.fromisoformat(when) if isinstance(when, str) else when
    return human_duration((now - moment).total_seconds())


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
