"""Expectations: what a controller did that its cache does not show yet.

Models pkg/controller/controller_utils.go (ControllerExpectations, UIDTrackingControllerExpectations). Without them a
ReplicaSet that has just created three Pods would look into its cache, see none, and create three more. Deletions are expected
by name, because a Pod is seen going twice: when it is told to go and when it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from k8slab.sim.clock import Clock

EXPECTATIONS_TIMEOUT_SECONDS = 300


@dataclass(slots=True)
class _Expected:
    creations: int
    deletions: dict[str, None]
    since: float


class Expectations:
    """What the cache still has to show, by the key of the controlling object."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[str, _Expected] = {}

    def expect_creations(self, key: str, count: int) -> None:
        """From now on *count* new Pods are on their way into the cache."""
        self._expected[key] = _Expected(count, {}, self._clock.now)

    def expect_deletions(self, key: str, pods: Iterable[str]) -> None:
        """From now on *pods* (keys) are on their way out."""
        self._expected[key] = _Expected(0, dict.fromkeys(pods), self._clock.now)

    def creation_observed(self, key: str, count: int = 1) -> None:
        """*count* new Pods have come, or never will."""
        expected = self._expected.get(key)
        if expected is not None:
            expected.creations -= count

    def deletion_observed(self, key: str, pod: str) -> None:
        """The Pod *pod* is going, or never will."""
        expected = self._expected.get(key)
        if expected is not None:
            expected.deletions.pop(pod, None)

    def satisfied(self, key: str) -> bool:
        """Whether the cache can be trusted: everything has been seen, nothing was expected, or waiting has no use any more."""
        expected = self._expected.get(key)
        if expected is None or (expected.creations <= 0 and not expected.deletions):
            return True
        return self._clock.now - expected.since > EXPECTATIONS_TIMEOUT_SECONDS

    def forget(self, key: str) -> None:
        """The controlling object is gone."""
        self._expected.pop(key, None)
