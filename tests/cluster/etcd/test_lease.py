"""Leases: keys that go by themselves."""

import pytest

from k8slab.cluster.etcd.lease import Leases
from k8slab.cluster.etcd.store import Put, Store
from k8slab.sim.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Store(clock)


@pytest.fixture
def leases(store, clock):
    return Leases(store, clock)


def test_the_keys_of_a_lease_go_together_when_it_ends(store, leases, clock):
    lease = leases.grant(10)
    store.txn([], [Put("a", b"1", lease)])
    store.txn([], [Put("b", b"1", lease)])
    clock.run(9)
    assert store.get("a") and store.get("b")
    before = store.revision
    clock.run(2)
    assert store.get("a") is None and store.get("b") is None
    assert store.revision == before + 1


def test_a_lease_kept_alive_gets_its_whole_time_again(store, leases, clock):
    lease = leases.grant(10)
    store.txn([], [Put("a", b"1", lease)])
    clock.run(8)
    leases.keep_alive(lease)
    clock.run(8)
    assert store.get("a") is not None
    clock.run(3)
    assert store.get("a") is None


def test_a_key_written_again_without_the_lease_stays(store, leases, clock):
    lease = leases.grant(10)
    store.txn([], [Put("a", b"1", lease)])
    store.put("a", b"2")
    clock.run(20)
    assert store.get("a").value == b"2"


def test_a_revoked_lease_takes_its_keys_at_once(store, leases, clock):
    lease = leases.grant(10)
    store.txn([], [Put("a", b"1", lease)])
    leases.revoke(lease)
    assert store.get("a") is None
    revision = store.revision
    clock.run(20)
    assert store.revision == revision
