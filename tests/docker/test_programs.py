"""The programs that come with Docker: hello-world and pause (the registry has its own file)."""

from k8slab.docker.programs import PROGRAMS
from k8slab.machine import signals
from k8slab.machine.executable import executable
from k8slab.machine.host import Host
from k8slab.machine.streams import Null, Sink
from k8slab.sim.chance import Chance
from k8slab.sim.clock import Clock


def start(name, *words):
    host = Host(Clock(), Chance(1), programs=PROGRAMS)
    host.files.add(f"/{name}", executable(name))
    said = []
    process = host.spawn([f"/{name}", *words], fds={0: Null(), 1: Sink(said.append), 2: Sink(said.append)})
    host.clock.run(1)
    return host, process, said


def test_hello_world_says_hello_and_ends():
    _, process, said = start("hello")
    text = b"".join(said).decode()
    assert text.startswith("\nHello from Docker!\n")
    assert "    (amd64)\n" in text
    assert process.exit_code == 0


def test_pause_waits_until_it_is_told():
    host, process, said = start("pause")
    host.clock.run(10_000)
    assert process.is_alive
    process.deliver(signals.TERM)
    host.clock.run(1)
    assert process.exit_code == 0
    assert said == [b"Shutting down, got signal: Terminated\n"]
