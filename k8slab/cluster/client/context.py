"""What every component is built from: the server, the clock, chance, the trace, the shared informers.

Models cmd/kube-controller-manager's ControllerContext.
"""

from __future__ import annotations

from typing import Any

from k8slab.cluster.client.client import ApiClient
from k8slab.cluster.client.event_series import EventSeriesRecorder
from k8slab.cluster.client.events import EventRecorder
from k8slab.cluster.client.informer import InformerFactory
from k8slab.sim.chance import Chance
from k8slab.sim.clock import EPOCH, Clock
from k8slab.sim.trace import Trace


class Context:
    """Given to each component as its first argument."""

    def __init__(self, server: Any, clock: Clock, chance: Chance, trace: Trace, informers: InformerFactory) -> None:
        self.server = server
        self.clock = clock
        self.chance = chance
        self.trace = trace
        self.informers = informers
        self._epoch_nanoseconds = int(EPOCH.timestamp()) * 1_000_000_000
        self._last_nanoseconds = 0

    def models(self) -> list[type]:
        """Return every kind that the server serves, as discovery would tell."""
        return list(self.server.registries)

    def client(self, user: str) -> ApiClient:
        """Return a client that calls as *user*."""
        return ApiClient(self.server, self.clock, user)

    def recorder(self, component: str, host: str = "") -> EventRecorder:
        """Return a recorder of Events with *component* (and *host*) as their source."""
        return EventRecorder(self.client(component), self.clock, self.unique_nanoseconds, component, host)

    def series_recorder(self, controller: str, instance: str) -> EventSeriesRecorder:
        """Return a recorder of the newer Events (series instead of counts), as the scheduler writes them."""
        return EventSeriesRecorder(self.client(controller), self.clock, self.unique_nanoseconds, controller, instance)

    def unique_nanoseconds(self) -> int:
        """Return the time in nanoseconds since 1970, never the same twice: the names of Events come from it."""
        now = self._epoch_nanoseconds + round(self.clock.now * 1e9)
        self._last_nanoseconds = max(now, self._last_nanoseconds + 1)
        return self._last_nanoseconds
