"""``stress``: uses processor time and memory on purpose, to see limits at work.

Models stress 1.0.4: --cpu, --vm, --vm-bytes, --vm-hang, --timeout. Left out: --io, --hdd.
"""

from __future__ import annotations

from simpy.events import AnyOf

from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.files import parse_size
from k8slab.machine.programs.tool import Call, Steps

PIECE = 16 << 20  # memory is taken in steps, so that the limit is met on the way


def stress(call: Call) -> Steps:
    options, _ = call.options(
        "c:m:t:i:d:vq",
        {
            "cpu=": "c",
            "vm=": "m",
            "vm-bytes=": "b",
            "timeout=": "t",
            "vm-hang=": "h",
            "vm-keep": "k",
            "verbose": "v",
            "io=": "i",
        },
    )
    process = call.process
    cpus, hogs = int(options.get("c") or 0), int(options.get("m") or 0)
    size = parse_size(options.get("b") or "256M") or 256 << 20
    limit = options.get("t").rstrip("s")
    if not cpus and not hogs:
        call.line("`stress' imposes certain types of compute stress on your system\n\nUsage: stress [OPTION [ARG]] ...")
        return 0
    call.line(f"stress: info: [{process.pid}] dispatching hogs: {cpus} cpu, 0 io, {hogs} vm, 0 hdd")
    yield from call.flush()
    began = process.clock.now

    def burn(child: Process) -> Life:
        while True:
            yield from child.compute(1.0)

    def hog(child: Process) -> Life:
        held = 1 << 20
        while held < size:
            held = min(size, held + PIECE)
            child.hold(held)
            yield from child.compute(PIECE / 4e9)
        while True:
            yield from child.compute(1.0)

    children = [process.fork(burn) for _ in range(cpus)] + [process.fork(hog) for _ in range(hogs)]
    ends = [child.exited for child in children]
    yield AnyOf(process.clock.env, [*ends, *([process.clock.timeout(float(limit))] if limit else [])])
    dead = next((child for child in children if not child.is_alive), None)
    for child in children:
        child.deliver(15, process)
    elapsed = int(process.clock.now - began)
    if dead is not None:
        _, signal = dead.exit_status or (0, 0)
        call.err(f"stress: FAIL: [{process.pid}] (415) <-- worker {dead.pid} got signal {signal}\n")
        call.err(f"stress: WARN: [{process.pid}] (417) now reaping child worker processes\n")
        call.err(f"stress: FAIL: [{process.pid}] (451) failed run completed in {elapsed}s\n")
        return 1
    call.line(f"stress: info: [{process.pid}] successful run completed in {elapsed}s")
    return 0
