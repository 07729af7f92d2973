"""Go's durations (``1h30m``), and the ``until=`` filter that takes them or a date."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from k8slab.docker import timestamps
from k8slab.docker.errors import invalid_parameter

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


def parse(text: str) -> int:
    """Return the duration *text* in nanoseconds, as time.ParseDuration reads it. Raises ValueError in its words."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total = 0.0
    position = 0
    if not rest:
        raise ValueError(f'time: invalid duration "{text}"')
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            number = re.compile(r"\d+\.?\d*|\.\d+").match(rest, position)
            if number is not None and number.end() == len(rest):
                raise ValueError(f'time: missing unit in duration "{text}"')
            if number is not None:
                unit = re.match(r"[^0-9.]+", rest[number.end() :])
                if unit is not None:
                    raise ValueError(f'time: unknown unit "{unit[0]}" in duration "{text}"')
            raise ValueError(f'time: invalid duration "{text}"')
        total += float(match[1]) * _UNITS[match[2]]
        position = match.end()
    if total >= 1 << 63:
        raise ValueError(f'time: invalid duration "{text}"')
    return round(-total if text.startswith("-") else total)


def show(nanoseconds: int) -> str:
    """Return *nanoseconds* as Go's Duration.String does: ``30s``, ``1m30s``, ``500ms``."""
    if nanoseconds == 0:
        return "0s"
    sign, left = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if left < 10**9:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if left >= size:
                return f"{sign}{_decimal(left, size)}{unit}"
    hours, left = divmod(left, 3600 * 10**9)
    minutes, left = divmod(left, 60 * 10**9)
    text = f"{_decimal(left, 10**9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return sign + (f"{hours}h{text}" if hours else text)


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    digits = f"{part:0{len(str(size)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


@dataclass(frozen=True)
class Until:
    """The ``until`` filter: only what is older than *unix*. None is no filter."""

    unix: float | None = None

    @classmethod
    def of(cls, values: list[str], now_unix: float) -> Until:
        """Return the filter of the API's *values*. Raises DockerError 400."""
        if not values:
            return cls()
        if len(values) > 1:
            raise invalid_parameter("more than one until filter specified")
        text = values[0]
        try:
            return cls(now_unix - parse(text) / 1e9)
        except ValueError:
            pass
        try:
            return cls(float(text))
        except ValueError:
            pass
        for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
            try:
                return cls(dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).timestamp())
            except ValueError:
                continue
        try:
            return cls(timestamps.to_unix(text))
        except ValueError:
            raise invalid_parameter(f'failed to parse value as time or duration: "{text}"') from None

    def covers(self, created_unix: float) -> bool:
        """Return whether something made at *created_unix* is old enough."""
        return self.unix is None or created_unix <= self.unix
