"""Leases: keys that go by themselves when nobody renews them.

Models etcd server/lease (grant, keep-alive, revoke). Kubernetes uses them for Events, which go after an hour.
Left out: time-to-live queries, checkpoints.
"""

from __future__ import annotations

from simpy.events import Event as Timer

from k8slab.cluster.etcd.store import Delete, KeyValue, Put, Store
from k8slab.sim.clock import Clock


class Leases:
    """The leases of one store. A key belongs to the lease of its last write."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next = 1
        self._keys: dict[int, dict[str, None]] = {}
        self._lease_of: dict[str, int] = {}
        self._timers: dict[int, Timer] = {}
        self._ttl: dict[int, float] = {}
        store.on_put = self._attach

    def grant(self, ttl_seconds: float) -> int:
        """Return a new lease that ends in *ttl_seconds*."""
        lease, self._next = self._next, self._next + 1
        self._keys[lease] = {}
        self._ttl[lease] = ttl_seconds
        self._start(lease)
        return lease

    def keep_alive(self, lease: int) -> None:
        """Give *lease* its whole time again."""
        self._stop(lease)
        self._start(lease)

    def revoke(self, lease: int) -> None:
        """End *lease* now; its keys go at one revision."""
        self._stop(lease)
        keys = self._keys.pop(lease, {})
        self._ttl.pop(lease, None)
        for key in keys:
            del self._lease_of[key]
        self._store.txn((), [Delete(key) for key in keys])

    def _start(self, lease: int) -> None:
        self._timers[lease] = self._clock.call_later(self._ttl[lease], lambda: self.revoke(lease))

    def _stop(self, lease: int) -> None:
        timer = self._timers.pop(lease, None)
        if timer is not None and timer.callbacks is not None:
            timer.callbacks.clear()

    def _attach(self, operation: Put, kv: KeyValue) -> None:
        before = self._lease_of.pop(kv.key, None)
        if before is not None:
            self._keys[before].pop(kv.key, None)
        if operation.lease in self._keys:
            self._keys[operation.lease][kv.key] = None
            self._lease_of[kv.key] = operation.lease
