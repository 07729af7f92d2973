"""Whether and when a container that has ended is started again. Models restartmanager.go: 100 ms, doubled each time, at most a minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 60.0
#: A container that ran this long starts its back-off anew.
STABLE_SECONDS = 10.0


def next_backoff(previous_seconds: float, ran_seconds: float) -> float:
    """Return how long to wait now, after having waited *previous_seconds* and run *ran_seconds*."""
    if ran_seconds >= STABLE_SECONDS or previous_seconds == 0:
        return FIRST_SECONDS
    return min(LONGEST_SECONDS, previous_seconds * 2)


def should_restart(policy: Mapping[str, Any], exit_code: int, restart_count: int, *, manually_stopped: bool) -> bool:
    """Return whether *policy* wants the container back. What a person has stopped stays stopped."""
    if manually_stopped:
        return False
    name = policy["Name"]
    if name == "on-failure":
        most = policy["MaximumRetryCount"]
        return exit_code != 0 and (not most or restart_count < most)
    return name in ("always", "unless-stopped")
