"""Chance and the trace: the same seed tells the same story."""

import re
import subprocess
import sys

from k8slab.sim.chance import SUFFIX_ALPHABET, Chance
from k8slab.sim.clock import Clock
from k8slab.sim.trace import Trace


def test_a_suffix_has_five_letters_of_kubernetes_alphabet():
    suffixes = [Chance(seed).suffix() for seed in range(200)]
    assert {len(suffix) for suffix in suffixes} == {5}
    assert set("".join(suffixes)) == set(SUFFIX_ALPHABET)


def test_a_uid_is_a_version_4_uuid():
    chance = Chance(7)
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(chance.uid()) for _ in range(100))


def test_one_stream_does_not_disturb_another():
    alone = Chance(1).stream("a").suffix()
    chance = Chance(1)
    chance.stream("b").suffix()
    assert chance.stream("a").suffix() == alone


def test_draws_do_not_depend_on_the_hash_seed():
    code = "from k8slab.sim.chance import Chance; c = Chance('x').stream('y'); print(c.uid(), c.suffix(), c.hex(12), c.below(10))"

    def drawn(hash_seed):
        return subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, check=True
        ).stdout

    assert drawn("1") == drawn("2") != b""


def test_the_trace_tells_when_who_what_and_why():
    clock = Clock()
    trace = Trace(clock)
    clock.run(2)
    trace.record("scheduler", "bind", "Pod/default/web-1", "node-2 scored best")
    assert (
        trace.text() == "     2.000  scheduler                    bind       Pod/default/web-1  (node-2 scored best)\n"
    )
    assert (len(trace.since(1)), len(trace.since(3)), len(trace.of("Pod/default/web-1"))) == (1, 0, 1)
