"""Health checks: a command run again and again in the container, and what its last results mean.

Models daemon/health.go: interval, timeout, retries, start period and start interval; exit code 0 is healthy, all else is not.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import durations, exec, timestamps
from k8slab.docker.container import Container
from k8slab.docker.errors import DockerError
from k8slab.docker.image_config import RunConfig
from k8slab.docker.streams import Talk
from k8slab.machine import signals
from k8slab.machine.process import Process

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

INTERVAL_SECONDS = TIMEOUT_SECONDS = 30.0
START_INTERVAL_SECONDS = 5.0
RETRIES = 3
LONGEST_OUTPUT = 4096
KEPT = 5


def command_of(config: RunConfig) -> list[str] | None:
    """Return what the container's health check runs, or None without one."""
    test = (config.healthcheck or {}).get("Test") or []
    if not test or test[0] == "NONE":
        return None
    if test[0] == "CMD":
        return list(test[1:]) or None
    if test[0] == "CMD-SHELL":
        return [*(config.shell or ["/bin/sh", "-c"]), *test[1:]]
    return None


def watch(engine: DockerEngine, container: Container, process: Process) -> Generator[Event, Any, None]:
    """Check *container*'s health as long as *process*, its first one, lives."""
    check = container.config.healthcheck or {}
    clock = engine.clock

    def seconds(key: str, default: float) -> float:
        return (check.get(key) or 0) / 1e9 or default

    interval, timeout = seconds("Interval", INTERVAL_SECONDS), seconds("Timeout", TIMEOUT_SECONDS)
    start_period, start_interval = seconds("StartPeriod", 0.0), seconds("StartInterval", START_INTERVAL_SECONDS)
    retries = check.get("Retries") or RETRIES
    began = clock.now
    health = container.health
    while health is not None and process.is_alive:
        starting = start_period > 0 and health.status == "starting" and clock.now - began < start_period
        yield clock.timeout(min(start_interval, interval) if starting and check.get("StartInterval") else interval)
        if not process.is_alive or container.health is not health:
            return
        if container.state.paused:
            continue
        start = timestamps.now(clock)
        probed = clock.now
        code, output = yield from _probe(engine, container, timeout)
        if not process.is_alive:
            return
        entry = {"Start": start, "End": timestamps.now(clock), "ExitCode": code, "Output": output}
        health.log = [*health.log, entry][-KEPT:]
        _judge(engine, container, code, retries, in_start_period=probed - began < start_period)


def _probe(engine: DockerEngine, container: Container, timeout: float) -> Generator[Event, Any, tuple[int, str]]:
    command = command_of(container.config) or []
    try:
        one = exec.create(engine, container, {"Cmd": command, "AttachStdout": True, "AttachStderr": True})
        talk = exec.start(engine, one, detach=False, tty=False)
    except DockerError as error:
        return -1, error.message
    assert talk is not None
    deadline = engine.clock.timeout(timeout)
    output = b""
    while one.exit_code is None and not deadline.processed:
        yield talk.wait() | deadline
        output += _text(talk)
    output += _text(talk)
    container.execs.pop(one.id, None)
    engine.execs.pop(one.id, None)
    if one.exit_code is None:
        if one.process is not None:
            one.process.deliver(signals.KILL)
        return -1, f"Health check exceeded timeout ({durations.show(round(timeout * 1e9))})" + (
            f": {output.decode(errors='replace')}" if output else ""
        )
    return one.exit_code, output[:LONGEST_OUTPUT].decode(errors="replace")


def _text(talk: Talk) -> bytes:
    data, text = talk.read() or b"", b""
    while len(data) >= 8:
        size = int.from_bytes(data[4:8], "big")
        text, data = text + data[8 : 8 + size], data[8 + size :]
    return text


def _judge(engine: DockerEngine, container: Container, code: int, retries: int, *, in_start_period: bool) -> None:
    health = container.health
    assert health is not None
    before = health.status
    if code == 0:
        health.failing_streak, health.status = 0, "healthy"
    elif not (before == "starting" and in_start_period):
        health.failing_streak += 1
        if health.failing_streak >= retries:
            health.status = "unhealthy"
    if health.status != before:
        engine.lifecycle.tell(container, f"health_status: {health.status}")
