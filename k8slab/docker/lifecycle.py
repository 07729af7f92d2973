"""What becomes of a container once it has been created: stop, kill, pause, restart, rename, update, wait, remove; and its end.

Models daemon/{stop,kill,pause,restart,rename,update,delete,monitor}.go with their words. Verbs that must wait for a process are
generators. Left out: checkpoints, live restore.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import networking, restart_policy, root_files, starting, timestamps
from k8slab.docker.container import Container
from k8slab.docker.errors import DockerError, conflict, invalid_parameter
from k8slab.docker.host_config import UPDATABLE, check_policy, check_resources, check_shape
from k8slab.machine import signals
from k8slab.machine.process import Process
from k8slab.sim.http import Stream

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

STOP_SECONDS = 10
DEATH_SECONDS = 10.0
Life = Generator[Event, Any, None]


class Lifecycle:
    """Moves the containers of one engine along."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        self.clock = engine.clock

    # -- signals -------------------------------------------------------------------------------------------------------

    def signal_of(self, text: str) -> int:
        """Return the signal that *text* names. Raises DockerError 400."""
        number = signals.number(text)
        if not number:
            raise invalid_parameter(f"invalid signal: {text}")
        return number

    def send(self, container: Container, signal: int) -> None:
        """Send *signal* to the container's first process, and say so."""
        assert container.live is not None
        self.tell(container, "kill", signal=str(signal))
        container.live.process.deliver(signal)

    def kill(self, container: Container, signal: int) -> Life:
        """``docker kill``. SIGKILL waits for the end. Raises DockerError 409 if it does not run."""
        self.check_can_be_killed(container)
        live = container.live
        if live is None:  # waiting for its next start
            self._stop_waiting(container)
            return
        if signal == signals.KILL:
            container.manually_stopped = True
            yield from self._kill(container)
            return
        if signal == self.stop_signal(container):
            container.manually_stopped = True
        self.send(container, signal)

    def check_can_be_killed(self, container: Container) -> None:
        """Raise DockerError 409 if *container* does not run."""
        if not container.state.running:
            raise conflict(f"cannot kill container: {container.name}: container {container.id} is not running")

    def _kill(self, container: Container) -> Life:
        live = container.live
        if live is None:
            return
        self.send(container, signals.KILL)
        yield from self._death(container, DEATH_SECONDS)

    def _death(self, container: Container, seconds: float) -> Generator[Event, Any, bool]:
        """Wait for the end of what runs now; return whether it came in time."""
        live = container.live
        if live is None:
            return True
        timer = self.clock.timeout(seconds)
        if not live.process.exited.processed:
            yield live.process.exited | timer
        # the end is told by a callback of the same event: let it run first
        while container.live is live and not timer.processed and live.process.exited.processed:
            yield self.clock.timeout(0)
        return container.live is not live

    def stop_signal(self, container: Container) -> int:
        """Return what ``docker stop`` sends first."""
        return signals.number(container.config.stop_signal or "TERM") or signals.TERM

    def stop(self, container: Container, seconds: int | None = None, signal: str = "") -> Life:
        """``docker stop``: the stop signal, then after a while SIGKILL. -1 waits for ever."""
        container.manually_stopped = True
        if container.live is None:
            self._stop_waiting(container)
            return
        if seconds is None:
            seconds = container.config.stop_timeout if container.config.stop_timeout is not None else STOP_SECONDS
        first = self.signal_of(signal) if signal else self.stop_signal(container)
        if container.state.paused:
            self.unpause(container)
        self.send(container, first)
        patience = float(seconds) if seconds >= 0 else 1e9
        if not (yield from self._death(container, patience)):
            yield from self._kill(container)
        self.tell(container, "stop")

    def _stop_waiting(self, container: Container) -> None:
        """Give up waiting for the next start (a restart policy's)."""
        container.restart_ticket += 1
        container.manually_stopped = True
        if container.state.restarting:
            container.state.running = container.state.restarting = False
            self._told(container, "next-exit")

    def restart(self, container: Container, seconds: int | None = None, signal: str = "") -> Life:
        """``docker restart``. Raises DockerError as a start does."""
        if container.state.running:
            auto_remove, container.host_config["AutoRemove"] = container.host_config["AutoRemove"], False
            try:
                yield from self.stop(container, seconds, signal)
            finally:
                container.host_config["AutoRemove"] = auto_remove
        starting.start(self.engine, container)
        self.tell(container, "restart")

    # -- freezing ------------------------------------------------------------------------------------------------------

    def pause(self, container: Container) -> None:
        """``docker pause``. Raises DockerError 409."""
        if container.live is None:
            raise conflict(f"container {container.id} is not running")
        if container.state.paused:
            raise conflict(f"container {container.id} is already paused")
        container.live.cgroup.freeze(True)
        container.state.paused = True
        self.tell(container, "pause")

    def unpause(self, container: Container) -> None:
        """``docker unpause``. Raises DockerError 409."""
        if not container.state.paused or container.live is None:
            raise conflict(f"container {container.id} is not paused")
        container.live.cgroup.freeze(False)
        container.state.paused = False
        self.tell(container, "unpause")

    # -- the end -------------------------------------------------------------------------------------------------------

    def exited(self, container: Container, process: Process) -> None:
        """The container's first process has ended: clean up, tell everybody, and start it again if its policy says so."""
        live = container.live
        if live is None or live.process is not process:
            return
        for other in list(live.cgroup.members()):  # with its own PID namespace the kernel has done this already
            other.deliver(signals.KILL)
        state = container.state
        state.oom_killed = process.oom_killed or live.cgroup.oom_kills > 0
        state.exit_code = process.exit_code or 0
        state.finished = timestamps.unix_now(self.clock)
        ran = container.exec_seconds = state.finished - state.started
        if state.oom_killed:
            self.tell(container, "oom")
        networking.disconnect(self.engine, container, live.sandbox if live.owns_sandbox else None)
        self.engine.daemons.end(live.shim)
        if not any(live.cgroup.members()):
            live.cgroup.remove()
        container.live = None
        container.log.end()
        for listener in list(container.listeners):
            listener(0, None)
        container.listeners = []
        if container.health is not None:
            container.health.stopped = True
        for one in list(container.execs.values()):
            one.container_ended()
        policy = container.host_config["RestartPolicy"]
        again = restart_policy.should_restart(
            policy, state.exit_code, container.restart_count, manually_stopped=container.manually_stopped
        )
        state.paused = False
        state.running = state.restarting = again
        self.tell(container, "die", exitCode=str(state.exit_code), execDuration=str(int(ran)))
        self._told(container, "next-exit")
        if again:
            container.backoff_seconds = restart_policy.next_backoff(container.backoff_seconds, ran)
            container.restart_ticket += 1
            self.clock.process(self._start_again(container, container.restart_ticket))
        elif container.host_config["AutoRemove"]:
            self.remove_now(container, volumes=True)

    def _start_again(self, container: Container, ticket: int) -> Life:
        yield self.clock.timeout(container.backoff_seconds)
        if container.restart_ticket != ticket:
            return
        container.restart_count += 1
        try:
            starting.start(self.engine, container)
        except DockerError:
            container.state.running = container.state.restarting = False
            container.state.finished = timestamps.unix_now(self.clock)

    def _told(self, container: Container, condition: str) -> None:
        staying = []
        for wanted, told in container.waiters:
            if wanted == condition or condition == "removed":
                told(container.state.exit_code)
            else:
                staying.append((wanted, told))
        container.waiters = staying

    def wait(self, container: Container, condition: str, outlet: Any) -> Stream:
        """Let *outlet* say the exit code when *condition* (not-running, next-exit, removed) has come."""

        def told(code: int) -> None:
            outlet.send(b'{"StatusCode":%d}\n' % code)
            outlet.end()

        if condition == "not-running" and not (container.state.running and not container.state.restarting):
            told(container.state.exit_code)
        else:
            container.waiters.append(("removed" if condition == "removed" else "next-exit", told))
        stream: Stream = outlet
        return stream

    # -- changing ------------------------------------------------------------------------------------------------------

    def rename(self, container: Container, name: str) -> None:
        """``docker rename``. Raises DockerError 400, 409."""
        if not name:
            raise invalid_parameter("Neither old nor new names may be empty")
        if name.lstrip("/") == container.name:
            raise invalid_parameter("Renaming a container with the same name as its current name")
        new = self.engine.containers.check_name(name)
        old = container.name
        self.engine.containers.rename(container, new)
        for endpoint in container.endpoints.values():
            if endpoint.network is not None and container.live is not None:
                self.engine.networks.rename(endpoint.network, endpoint, container.id, old, new)
        self.tell(container, "rename", oldName=f"/{old}")

    def update(self, container: Container, body: Mapping[str, Any]) -> None:
        """``docker update``. Raises DockerError 400, 409."""
        if container.state.removing or container.state.dead:
            raise conflict(
                f'Cannot update container {container.id}: Container is marked for removal and cannot be "update".'
            )
        check_shape(body)
        changed = dict(container.host_config)
        for key in UPDATABLE:
            if body.get(key):
                changed[key] = body[key]
        if body.get("Memory") and not body.get("MemorySwap") and 0 < changed["MemorySwap"] < changed["Memory"]:
            raise conflict(
                f"Cannot update container {container.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
            )
        policy = body.get("RestartPolicy") or {}
        if policy.get("Name"):
            changed["RestartPolicy"] = {
                "Name": policy["Name"],
                "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
            }
            if container.host_config["AutoRemove"]:
                raise invalid_parameter(
                    "Restart policy cannot be updated because AutoRemove is enabled for the container"
                )
            check_policy(changed["RestartPolicy"], False)
        check_resources(changed, self.engine.host.cpus)
        container.host_config.update(changed)
        if container.live is not None:
            starting.limit(container, container.live.cgroup)
        self.tell(container, "update")

    # -- removing ------------------------------------------------------------------------------------------------------

    def remove(self, container: Container, *, force: bool = False, volumes: bool = False) -> Life:
        """``docker rm``. Raises DockerError 409."""
        self.check_can_be_removed(container, force=force)
        if container.live is not None:
            container.manually_stopped = True
            container.state.removing = True
            container.host_config["AutoRemove"] = False
            yield from self._kill(container)
        else:
            self._stop_waiting(container)
        self.remove_now(container, volumes=volumes)

    def check_can_be_removed(self, container: Container, *, force: bool) -> None:
        """Raise DockerError 409 if *container* must be stopped first."""
        if container.state.removing:
            raise conflict(f"removal of container {container.name} is already in progress")
        if container.state.running and not force:
            state = container.state.status
            if state == "paused":
                words = "container is paused and must be unpaused first"
            else:
                words = f"container is {state}: stop the container before removing or force remove"
            raise conflict(f'cannot remove container "/{container.name}": {words}')

    def remove_now(self, container: Container, *, volumes: bool) -> None:
        """Take away a container that does not run, with its anonymous volumes if *volumes*."""
        container.state.removing = True
        engine = self.engine
        engine.containers.drop(container)
        root_files.forget(engine, container)
        for point in container.mounts.values():
            if point.type != "volume" or point.name not in engine.volumes.all:
                continue
            volume = engine.volumes.all[point.name]
            volume.users.pop(container.id, None)
            if volumes and volume.is_anonymous and not volume.users:
                engine.volumes.remove(point.name)
        container.file_system.charge(-container.file_system.used_bytes)
        for exec_id in container.execs:
            engine.execs.pop(exec_id, None)
        self.tell(container, "destroy")
        self._told(container, "removed")

    def tell(self, container: Container, action: str, **more: str) -> None:
        """Say what happened to *container*."""
        self.engine.events.tell("container", action, container.id, container.attributes(**more))
