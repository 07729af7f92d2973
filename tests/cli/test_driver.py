"""A verb is run in the foreground, where its waits move the clock, or beside other processes."""

import pytest

from k8slab.cli import driver
from k8slab.cli.seam import Io, Now, Read, Sleep, Verb
from k8slab.sim.clock import Clock
from k8slab.sim.errors import LabError
from k8slab.sim.http import Request, Response


class Ticker:
    """A stream that says something every *seconds*, *count* times."""

    def __init__(self, clock, seconds, count):
        self.clock, self.pending, self.left = clock, b"", count
        self.changed = clock.event()
        self.closed = False
        if count:
            clock.process(self._tick(seconds))

    def _tick(self, seconds):
        while self.left:
            yield self.clock.timeout(seconds)
            self.left -= 1
            self.pending += b"tick\n"
            event, self.changed = self.changed, self.clock.event()
            event.succeed()

    def read(self):
        chunk, self.pending = self.pending, b""
        return chunk

    def wait(self):
        return self.changed

    def close(self):
        self.closed = True


def never(request):
    raise AssertionError("no request expected")


def test_output_and_exit_code_come_back_and_a_terminal_mixes_both():
    io = Io()

    def steps():
        io.out("one\n")
        io.err("two\n")
        response = yield Request("GET", "/x")
        io.out(response.body.decode())
        return 3

    done = driver.run_blocking(Verb(io, steps()), lambda request: Response(200, body=b"three\n"), Clock())
    assert (done.stdout, done.stderr, done.exit_code) == ("one\nthree\n", "two\n", 3)
    assert str(done) == "one\ntwo\nthree"
    assert done._repr_mimebundle_()["text/plain"] == "one\ntwo\nthree"


def test_sleeping_moves_the_clock_and_now_tells_it():
    clock, seen = Clock(), []

    def steps():
        seen.append((yield Now()))
        yield Sleep(90)
        seen.append((yield Now()))
        return 0

    driver.run_blocking(Verb(Io(), steps()), never, clock)
    assert clock.now == 90
    assert (seen[1] - seen[0]).total_seconds() == 90


def test_a_follower_ends_after_silence_and_says_so():
    clock = Clock()
    io = Io()
    stream = Ticker(clock, 5, 2)

    def steps():
        while True:
            io.out((yield Read(stream)).decode())

    done = driver.run_blocking(Verb(io, steps()), never, clock, silence_seconds=60)
    assert done.stdout == "tick\ntick\n"
    assert done.stderr == "^C  (the lab ended this command: nothing new for 60 virtual seconds)\n"
    assert done.exit_code == driver.INTERRUPTED
    assert clock.now == 70


def test_a_follower_of_something_that_never_rests_ends_too():
    clock = Clock()
    io = Io()
    stream = Ticker(clock, 10, 1000)

    def steps():
        while True:
            io.out((yield Read(stream)).decode())

    done = driver.run_blocking(Verb(io, steps()), never, clock, longest_seconds=100)
    assert done.stdout == "tick\n" * 9
    assert "long enough" in done.stderr


def test_a_read_with_a_time_limit_comes_back_empty_handed():
    clock, seen = Clock(), []
    stream = Ticker(clock, 5, 0)

    def steps():
        seen.append((yield Read(stream, 2)))
        return 0

    driver.run_blocking(Verb(Io(), steps()), never, clock)
    assert (seen, clock.now) == ([b""], 2)


def test_in_the_background_a_verb_is_a_process_whose_value_is_the_result():
    clock = Clock()
    io = Io()
    stream = Ticker(clock, 5, 3)

    def steps():
        for _ in range(3):
            io.out((yield Read(stream)).decode())
        yield Sleep(1)
        assert (yield Read(stream, 4)) == b""
        return 0

    running = driver.process(Verb(io, steps()), never, clock)
    clock.run(19)
    assert not running.processed
    clock.run(2)
    done = running.value
    assert (done.stdout, done.stderr, done.exit_code, done.ok) == ("tick\n" * 3, "", 0, True)


def test_a_blocking_command_inside_a_process_is_refused():
    clock = Clock()

    def steps():
        yield Sleep(1)
        return 0

    def process():
        driver.run_blocking(Verb(Io(), steps()), never, clock)
        yield clock.timeout(1)

    clock.process(process())
    with pytest.raises(LabError, match="already moving"):
        clock.run(1)
