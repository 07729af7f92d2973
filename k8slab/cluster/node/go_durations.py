"""Durations as Go prints them: ``1.5s``, ``850ms``, ``2m40s``. Models time.Duration.String (to the millisecond)."""

from __future__ import annotations


def go_duration(seconds: float) -> str:
    """Return *seconds* in Go's words, cut to whole milliseconds."""
    millis = int(seconds * 1000 + 1e-6)
    if millis < 1000:
        return f"{millis}ms" if millis else "0s"
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, rest = divmod(millis, 1000)
    text = f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{text}s"
