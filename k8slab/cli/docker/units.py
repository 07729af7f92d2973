"""Sizes and spans of time as docker prints and reads them: ``192MB``, ``1e+03kB``, ``About a minute ago``, ``512m``.

Models github.com/docker/go-units.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_SUFFIXES = "kmgtp"
_ZERO_DATE = datetime(1, 1, 1, tzinfo=UTC)


def human_size(size: float, precision: int = 4) -> str:
    """Return *size* bytes in powers of 1000, with *precision* digits as Go's %g writes them: 999,500 with 3 is ``1e+03kB``."""
    return _scaled(size, 1000.0, _DECIMAL, precision)


def bytes_size(size: float) -> str:
    """Return *size* bytes in powers of 1024: ``512MiB``."""
    return _scaled(size, 1024.0, _BINARY, 4)


def _scaled(size: float, base: float, names: tuple[str, ...], precision: int) -> str:
    unit = 0
    while size >= base and unit < len(names) - 1:
        size /= base
        unit += 1
    return f"{general(size, precision)}{names[unit]}"


def general(number: float, precision: int) -> str:
    """Return *number* as Go's ``%.Ng``: its exponent has at least two digits, as in C."""
    return f"{number:.{precision}g}"


def human_duration(seconds: float) -> str:
    """Return how long *seconds* are, roughly: ``2 weeks``."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    minutes = int(seconds / 60)
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{int(seconds / 3600) // 24 // 365} years"


def ago(unix_seconds: float, now: datetime) -> str:
    """Return how long before *now* the moment *unix_seconds* was: ``3 hours ago``."""
    return human_duration(now.timestamp() - unix_seconds) + " ago"


def parse_date(text: str) -> datetime:
    """Return an RFC 3339 date as the engine writes it (up to nanoseconds; those below a microsecond are dropped)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", text)
    if match is None:
        return _ZERO_DATE
    fraction = (match[2] or "")[:7]
    zone = "+00:00" if match[3] in (None, "Z") else match[3]
    return datetime.fromisoformat(f"{match[1]}{fraction.ljust(7, '0') if fraction else ''}{zone}")


_SIZE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?(?P<unit>[kKmMgGtTpP])?(?P<binary>[iI])?[bB]?")


def ram_in_bytes(text: str) -> int:
    """Return a size as a flag takes it (``512m``, ``1g``, ``2GiB``; powers of 1024). Raises ValueError in go-units' words."""
    return _parsed(text, 1024)


def size_in_bytes(text: str) -> int:
    """Return a size in powers of 1000."""
    return _parsed(text, 1000)


def _parsed(text: str, base: int) -> int:
    match = _SIZE.fullmatch(text)
    if match is None or (match["binary"] and not match["unit"]):
        number = re.match(r"[0-9.]*[0-9](?: ?)(?P<suffix>[^0-9. ].*)$", text)
        if number is not None and re.fullmatch(r"[0-9]*\.?[0-9]+", text[: number.start("suffix")].strip()):
            raise ValueError(f"invalid suffix: '{number['suffix'].lower()}'")
        raise ValueError(f"invalid size: '{text}'")
    factor = base ** (_SUFFIXES.index(match["unit"].lower()) + 1) if match["unit"] else 1
    return int(Fraction(match["number"].rstrip(".") or "0") * factor)


def truncate(text: str, width: int) -> str:
    """Return *text* cut to *width* columns, with an ellipsis as its last character if anything was cut."""
    if width <= 0:
        return ""
    if len(text) <= width:
        return text
    return text[0] if width == 1 else text[: width - 1] + "…"


def short_id(identifier: str) -> str:
    """Return the short form of an id: twelve characters, without the algorithm. Models stringid.TruncateID."""
    if ":" in identifier:
        identifier = identifier.partition(":")[2]
    return identifier[:12]
