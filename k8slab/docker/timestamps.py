"""Times as Docker writes them: RFC 3339 with up to nine digits after the second, in UTC."""

from __future__ import annotations

import datetime as dt
import re

from k8slab.sim.clock import EPOCH, Clock

#: Go's zero time, which the API shows where nothing has happened yet.
ZERO = "0001-01-01T00:00:00Z"
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


def at(seconds: float) -> str:
    """Return the virtual second *seconds* as RFC 3339 (``2026-01-01T00:00:12.5Z``)."""
    return unix_to_text(EPOCH.timestamp() + seconds)


def now(clock: Clock) -> str:
    """Return the present time as RFC 3339."""
    return at(clock.now)


def unix_now(clock: Clock) -> float:
    """Return the present time in Unix seconds."""
    return EPOCH.timestamp() + clock.now


def unix_to_text(unix: float) -> str:
    """Return Unix seconds as RFC 3339, without needless zeros at the end."""
    # A float holds microseconds of this century exactly enough; the digits after them would be noise.
    whole, micros = divmod(round(unix * 1_000_000), 1_000_000)
    text = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{micros:06d}".rstrip("0") if micros else "") + "Z"


def to_unix(text: str) -> float:
    """Return what RFC 3339 *text* says, in Unix seconds. Raises ValueError."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f'parsing time "{text}": not an RFC 3339 time')
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    moment = dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
    seconds = moment.timestamp() + float(f"0.{match[7]}" if match[7] else 0)
    if match[8]:
        shift = int(match[9]) * 3600 + int(match[10]) * 60
        seconds += shift if match[8] == "-" else -shift
    return seconds
