"""``docker stats``: what a container uses, once a second. Models daemon/stats and its collector, on a host with cgroup v2.

Left out: block device counters (there are none).
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from k8slab.docker import timestamps
from k8slab.docker.container import Container
from k8slab.docker.streams import Outlet

if TYPE_CHECKING:
    from k8slab.docker.engine import DockerEngine

SECOND = 1_000_000_000


def _cpu(engine: DockerEngine, container: Container) -> dict[str, Any]:
    live = container.live
    assert live is not None
    group = live.cgroup
    used = round(group.cpu_seconds * SECOND)
    return {
        "cpu_usage": {"total_usage": used, "usage_in_kernelmode": used // 5, "usage_in_usermode": used - used // 5},
        "system_cpu_usage": round(engine.host.uptime * engine.host.cpus * SECOND),
        "online_cpus": engine.host.cpus,
        "throttling_data": {
            "periods": group.throttled_periods,
            "throttled_periods": group.throttled_periods,
            "throttled_time": round(group.throttled_seconds * SECOND),
        },
    }


NO_CPU = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}


def sample(engine: DockerEngine, container: Container, before: dict[str, Any] | None) -> dict[str, Any]:
    """Return one document; *before* is the last one. A container that does not run has only a name."""
    live = container.live
    if live is None:
        zero = timestamps.ZERO
        return {
            "name": f"/{container.name}", "id": container.id, "read": zero, "preread": zero, "pids_stats": {},
            "blkio_stats": dict.fromkeys(("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive")),
            "num_procs": 0, "storage_stats": {}, "cpu_stats": NO_CPU, "precpu_stats": NO_CPU, "memory_stats": {},
        }  # fmt: skip
    group = live.cgroup
    found: dict[str, Any] = {
        "name": f"/{container.name}",
        "id": container.id,
        "read": timestamps.now(engine.clock),
        "preread": before["read"] if before is not None else timestamps.ZERO,
        "pids_stats": {"current": group.pids_current, "limit": group.pids_max or 18446744073709551615},
        "blkio_stats": {
            "io_service_bytes_recursive": [], "io_serviced_recursive": None, "io_queue_recursive": None, "io_service_time_recursive": None,
            "io_wait_time_recursive": None, "io_merged_recursive": None, "io_time_recursive": None, "sectors_recursive": None,
        },
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _cpu(engine, container),
        "precpu_stats": before["cpu_stats"] if before is not None else NO_CPU,
        "memory_stats": {
            "usage": group.memory_current,
            "stats": {"anon": group.memory_current, "file": 0, "inactive_file": 0, "active_file": 0, "pgfault": 0, "pgmajfault": 0},
            "limit": group.memory_max or engine.host.memory_bytes,
        },
    }  # fmt: skip
    if live.sandbox is not None:
        interfaces = live.sandbox.namespace.interfaces
        found["networks"] = {
            name: {
                "rx_bytes": interfaces[name].received_bytes, "rx_packets": 0, "rx_errors": 0, "rx_dropped": 0,
                "tx_bytes": interfaces[name].sent_bytes, "tx_packets": 0, "tx_errors": 0, "tx_dropped": 0,
            }
            for name in sorted(interfaces)
            if name != "lo"
        }  # fmt: skip
    return found


def watch(engine: DockerEngine, container: Container, *, stream: bool, one_shot: bool) -> Outlet:
    """Return the stream of samples: one a second, or one only (after a second, so that it can say how busy the processor was)."""
    outlet = Outlet(engine.clock)

    def run() -> Generator[Event, Any, None]:
        before: dict[str, Any] | None = None
        while not outlet.ended:
            now = sample(engine, container, before)
            last = not stream and (one_shot or before is not None or container.live is None)
            if stream or last:
                outlet.send(json.dumps(now, separators=(",", ":")).encode() + b"\n")
            if last or container.id not in engine.containers.by_id:
                break
            before = now if container.live is not None else None
            yield engine.clock.timeout(1)
        outlet.end()

    engine.clock.process(run())
    return outlet
