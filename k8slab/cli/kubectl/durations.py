"""Spans of time and dates as kubectl shows and reads them: an age (``3m12s``), a flag (``1h30m``), a date.

Models Go's time.ParseDuration, Duration.String and the RFC 1123 form of a date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

from k8slab.apimachinery.durations import human_duration

_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_TERM = re.compile(r"([0-9]*)(?:\.([0-9]*))?")
_UNIT = re.compile(r"[^0-9.]*")


def age(timestamp: str | None, now: datetime) -> str:
    """Return how long ago *timestamp* (RFC 3339) was, with at most two units; ``<unknown>`` if there is none."""
    if not timestamp:
        return "<unknown>"
    return human_duration((now - when(timestamp)).total_seconds())


def when(timestamp: str) -> datetime:
    """Return the RFC 3339 *timestamp* as a date and time in UTC."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).astimezone(UTC)


def rfc1123z(timestamp: str | None) -> str:
    """Return *timestamp* as ``Thu, 01 Jan 2026 00:00:00 +0000``."""
    if not timestamp:
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    moment = when(timestamp)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    month = months[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year} {moment:%H:%M:%S} +0000"


def parse(text: str) -> float:
    """Return a Go duration (``1m30s``, ``-1s``, ``0``) in seconds. Raises ValueError in Go's words."""
    rest, sign = text, 1
    if rest[:1] in ("-", "+"):
        sign = -1 if rest[0] == "-" else 1
        rest = rest[1:]
    if rest == "0":
        return 0.0
    if not rest:
        raise ValueError(f'time: invalid duration "{text}"')
    total = Fraction(0)
    while rest:
        if rest[0] != "." and not rest[0].isdigit():
            raise ValueError(f'time: invalid duration "{text}"')
        number = _TERM.match(rest)
        assert number is not None
        if not number[1] and not number[2]:
            raise ValueError(f'time: invalid duration "{text}"')
        rest = rest[number.end() :]
        unit = _UNIT.match(rest)
        assert unit is not None
        if not unit[0]:
            raise ValueError(f'time: missing unit in duration "{text}"')
        if unit[0] not in _UNITS:
            raise ValueError(f'time: unknown unit "{unit[0]}" in duration "{text}"')
        rest = rest[unit.end() :]
        digits = number[2] or ""
        total += (Fraction(int(number[1] or 0)) + Fraction(int(digits or 0), 10 ** len(digits))) * _UNITS[unit[0]]
    return float(sign * total)


def go(seconds: float) -> str:
    """Return *seconds* as Go prints a Duration: ``7s``, ``1m30s``, ``1h0m0s``, ``500ms``."""
    nanoseconds = round(seconds * 10**9)
    if nanoseconds == 0:
        return "0s"
    sign, nanoseconds = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if nanoseconds < 10**9:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if nanoseconds >= size:
                return f"{sign}{_decimal(nanoseconds, size)}{unit}"
    hours, rest = divmod(nanoseconds, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    text = f"{_decimal(rest, 10**9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text


def _decimal(number: int, size: int) -> str:
    whole, rest = divmod(number, size)
    digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
