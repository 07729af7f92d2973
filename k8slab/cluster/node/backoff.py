"""Exponential back-off, one per key: 10 s, doubled with each failure up to 5 minutes, forgotten after 10 quiet minutes.

Models client-go util/flowcontrol (Backoff), as the kubelet uses it for crashing containers and for images that cannot be
pulled. *Since* methods compare with the moment of the failure, so the first restart of a container happens at once and the
second one waits 10 s.
"""

from __future__ import annotations

INITIAL_SECONDS = 10.0
MAX_SECONDS = 300.0  # kubelet: MaxContainerBackOff, MaxImageBackOff


class Backoff:
    """Takes the time as a number, so that it needs no clock."""

    def __init__(self, initial_seconds: float = INITIAL_SECONDS, max_seconds: float = MAX_SECONDS) -> None:
        self._initial, self._max = initial_seconds, max_seconds
        self._entries: dict[str, tuple[float, float]] = {}  # key -> (back-off, last update)

    def get(self, key: str) -> float:
        """Return the current back-off of *key* in seconds; 0 without one."""
        return self._entries.get(key, (0.0, 0.0))[0]

    def next(self, key: str, now: float) -> None:
        """*key* failed, or is started once more after a failure: its back-off begins, or doubles."""
        entry = self._entries.get(key)
        if entry is None or self._has_expired(now, entry[1]):
            self._entries[key] = (self._initial, now)
        else:
            self._entries[key] = (min(entry[0] * 2, self._max), now)

    def is_in_back_off_since(self, key: str, failed_at: float, now: float) -> bool:
        """Whether *now* is too early after the failure at *failed_at*."""
        entry = self._entries.get(key)
        if entry is None or self._has_expired(failed_at, entry[1]):
            return False
        return now - failed_at < entry[0]

    def is_in_back_off_since_update(self, key: str, now: float) -> bool:
        """Whether *now* is too early after the last `next`."""
        entry = self._entries.get(key)
        if entry is None or self._has_expired(now, entry[1]):
            return False
        return now - entry[1] < entry[0]

    def forget(self, prefix: str) -> None:
        """Drop all keys that start with *prefix* (a Pod's uid)."""
        for key in [key for key in self._entries if key.startswith(prefix)]:
            del self._entries[key]

    def _has_expired(self, now: float, last_update: float) -> bool:
        return now - last_update > self._max * 2
