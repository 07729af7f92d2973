import pytest

from k8slab.cluster.client.workqueue import WorkQueue
from k8slab.sim.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return WorkQueue(clock)


def work(clock, queue, seconds=0.0, done=None):
    """A worker that notes when it began with each key."""
    done = [] if done is None else done

    def run():
        while True:
            key = yield from queue.get()
            done.append((round(clock.now, 6), key))
            yield clock.timeout(seconds)
            queue.done(key)

    clock.process(run())
    return done


def test_a_key_that_is_added_twice_is_worked_on_once(clock, queue):
    for key in ("a", "b", "a"):
        queue.add(key)
    done = work(clock, queue)
    clock.run(1)
    assert done == [(0, "a"), (0, "b")]


def test_a_key_added_while_it_is_worked_on_comes_back_afterwards(clock, queue):
    queue.add("a")
    done = work(clock, queue, seconds=2)
    clock.run(1)
    queue.add("a")
    queue.add("a")
    clock.run(5)
    assert done == [(0, "a"), (2, "a")]


def test_no_key_is_worked_on_by_two_workers_at_a_time(clock, queue):
    queue.add("a")
    queue.add("b")
    done = work(clock, queue, seconds=3)
    work(clock, queue, seconds=3, done=done)
    clock.run(1)
    queue.add("a")
    clock.run(10)
    assert done == [(0, "a"), (0, "b"), (3, "a")]


def test_idle_workers_are_woken_one_for_each_key(clock, queue):
    done = work(clock, queue, seconds=1)
    work(clock, queue, seconds=1, done=done)
    clock.run(1)
    assert queue.is_idle
    queue.add("a")
    queue.add("b")
    clock.run(1)
    assert done == [(1, "a"), (1, "b")]


def test_of_several_delays_the_earliest_counts(clock, queue):
    done = work(clock, queue)
    queue.add_after("a", 5)
    queue.add_after("a", 2)
    queue.add_after("a", 9)
    clock.run(20)
    assert done == [(2, "a")]


def test_a_delay_of_nothing_adds_at_once(clock, queue):
    queue.add_after("a", 0)
    assert len(queue) == 1


def test_failures_back_off_from_5_ms_by_doubling_up_to_1000_s(clock, queue):
    delays = []
    for _ in range(20):
        before = clock.now
        queue.add_rate_limited("a")
        assert clock.run_until(lambda: len(queue) == 1, 2000)
        delays.append(round(clock.now - before, 6))
        clock.process(take(queue))
        clock.run(0)
    assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
    assert delays[-2:] == [1000, 1000]
    assert queue.failures("a") == 20
    queue.forget("a")
    assert queue.failures("a") == 0


def take(queue):
    queue.done((yield from queue.get()))


def test_a_cleared_queue_forgets_what_was_due(clock, queue):
    queue.add("a")
    queue.add_after("b", 1)
    queue.clear()
    done = work(clock, queue)
    clock.run(5)
    assert done == []
