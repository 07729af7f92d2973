import pytest

from k8slab.cluster.controllers.expectations import EXPECTATIONS_TIMEOUT_SECONDS, Expectations
from k8slab.sim.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def expectations(clock):
    return Expectations(clock)


def test_nothing_expected_is_satisfied(expectations):
    assert expectations.satisfied("web")


def test_creations_are_satisfied_when_all_have_been_seen(expectations):
    expectations.expect_creations("web", 2)
    assert not expectations.satisfied("web")
    expectations.creation_observed("web")
    assert not expectations.satisfied("web")
    expectations.creation_observed("web")
    assert expectations.satisfied("web")


def test_a_pod_that_is_seen_going_twice_counts_once(expectations):
    expectations.expect_deletions("web", ["web-1", "web-2"])
    expectations.deletion_observed("web", "web-1")
    expectations.deletion_observed("web", "web-1")
    assert not expectations.satisfied("web")
    expectations.deletion_observed("web", "web-2")
    assert expectations.satisfied("web")


def test_somebody_elses_pods_do_not_count(expectations):
    expectations.expect_deletions("web", ["web-1"])
    expectations.deletion_observed("web", "db-1")
    expectations.creation_observed("db")
    assert not expectations.satisfied("web")


def test_after_five_minutes_waiting_has_no_use_any_more(clock, expectations):
    expectations.expect_creations("web", 1)
    clock.run(EXPECTATIONS_TIMEOUT_SECONDS)
    assert not expectations.satisfied("web")
    clock.run(1)
    assert expectations.satisfied("web")


def test_a_later_namesake_starts_without_expectations(expectations):
    expectations.expect_creations("web", 5)
    expectations.forget("web")
    assert expectations.satisfied("web")
