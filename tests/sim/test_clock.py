"""The clock, as experiments."""

import os
import signal

import pytest

from k8slab.sim import clock as clock_module
from k8slab.sim.clock import EPOCH, Clock
from k8slab.sim.errors import LabError


@pytest.fixture
def clock():
    return Clock()


def ticking(clock, every, ticks):
    while True:
        yield clock.timeout(every)
        ticks.append(clock.now)


def test_time_starts_on_new_years_day_and_stands_still():
    assert Clock().datetime() == EPOCH


def test_run_lets_exactly_that_much_time_pass(clock):
    ticks = []
    clock.process(ticking(clock, 2, ticks))
    clock.run(5)
    assert (clock.now, ticks) == (5, [2, 4])


def test_run_does_what_is_due_at_its_last_instant(clock):
    ticks = []
    clock.process(ticking(clock, 2, ticks))
    clock.run(4)
    assert ticks == [2, 4]


def test_time_does_not_run_backwards(clock):
    with pytest.raises(LabError, match="time only runs forward"):
        clock.run(-1)


def test_run_until_stops_at_the_event_that_makes_it_true(clock):
    ticks = []
    clock.process(ticking(clock, 2, ticks))
    assert clock.run_until(lambda: len(ticks) == 3)
    assert clock.now == 6


def test_run_until_gives_up_after_its_time_and_has_used_it(clock):
    assert not clock.run_until(lambda: False, timeout_seconds=7)
    assert clock.now == 7


def test_run_until_waits_for_an_event(clock):
    assert clock.run_until(clock.timeout(3))
    assert clock.now == 3


def test_call_later_calls_once(clock):
    calls = []
    clock.call_later(1, lambda: calls.append(clock.now))
    clock.run(5)
    assert calls == [1]


def test_nobody_moves_the_world_from_inside_a_process(clock):
    def process():
        yield clock.timeout(1)
        clock.run(1)

    clock.process(process())
    with pytest.raises(LabError, match="Inside a process use `yield`"):
        clock.run(5)
    assert not clock.is_moving


def test_work_without_end_at_one_instant_is_stopped(clock, monkeypatch):
    monkeypatch.setattr(clock_module, "MOST_EVENTS_AT_ONE_INSTANT", 100)
    clock.process(ticking(clock, 0, []))
    with pytest.raises(LabError, match="lets no time pass"):
        clock.run(1)


def test_ctrl_c_waits_for_the_end_of_the_event_under_way(clock):
    done = []

    def process():
        yield clock.timeout(1)
        os.kill(os.getpid(), signal.SIGINT)
        done.append("whole")
        yield clock.timeout(1)
        done.append("next")

    clock.process(process())
    with pytest.raises(KeyboardInterrupt):
        clock.run(5)
    assert done == ["whole"]
    clock.run(5)
    assert done == ["whole", "next"]


def test_code_that_never_gives_the_processor_back_is_stopped(clock, monkeypatch):
    monkeypatch.setattr(clock_module, "LONGEST_EVENT_SECONDS", 0.05)

    def process():
        yield clock.timeout(1)
        while True:
            pass

    clock.process(process())
    with pytest.raises(LabError, match="never gave the processor back"):
        clock.run(5)


def test_pump_does_a_bounded_slice_of_work(clock):
    ticks = []
    clock.process(ticking(clock, 0.001, ticks))
    assert not clock.pump(1, most_events=10)
    assert len(ticks) < 11
    assert clock.pump(0.005)
