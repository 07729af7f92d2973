"""``docker stats``: what containers use right now.

Models cli/command/container/{stats,stats_helpers,formatter_stats}.go. Left out: Windows; with no names and no end the list of
containers is that of the start.
"""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import api, formatting, units
from k8slab.cli.docker.api import Lines
from k8slab.cli.docker.errors import CommandError, DaemonError
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Sleep, Steps

STATS = Listing(
    {
        "Container": "CONTAINER",
        "Name": "NAME",
        "ID": "CONTAINER ID",
        "CPUPerc": "CPU %",
        "MemUsage": "MEM USAGE / LIMIT",
        "MemPerc": "MEM %",
        "NetIO": "NET I/O",
        "BlockIO": "BLOCK I/O",
        "PIDs": "PIDS",
    },
    "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
    type_name="*container.statsContext",
)
TICK_SECONDS = 0.5
CLEAR = "\x1b[H"


def stats(run: Invocation) -> Steps[int]:
    """Print what containers use: once, or again and again."""
    flags = run.flags
    form = flags.text("format") or run.config.format("statsFormat")
    names = list(run.args)
    if not names:
        query = {"all": "1" if flags.on("all") else None, "filters": None}
        found = yield from run.api.json("GET", "/containers/json", query)
        names = [units.short_id(container["Id"]) for container in found or []]
        watched = yield from run.api.call("GET", "/events", {"filters": api.filters(["type=container"])})
        if watched.stream is not None:
            watched.stream.close()
    if flags.on("no-stream"):
        return (yield from _once(run, names, form))
    return (yield from _follow(run, names, form))


def _once(run: Invocation, names: list[str], form: str) -> Steps[int]:
    rows, errors = [], []
    for name in names:
        try:
            sample = yield from run.api.json("GET", f"/containers/{name}/stats", {"stream": "0"})
        except DaemonError as error:
            errors.append(str(error))
            continue
        rows.append(_row(name, sample, trunc=not run.flags.on("no-trunc")))
    if errors:
        raise CommandError("\n".join(errors))
    run.io.out(formatting.listing(STATS, rows, form))
    return 0


def _follow(run: Invocation, names: list[str], form: str) -> Steps[int]:
    streams: dict[str, Lines] = {}
    errors = []
    for name in names:
        try:
            response = yield from run.api.call("GET", f"/containers/{name}/stats", {"stream": "1"})
        except DaemonError as error:
            errors.append(str(error))
            continue
        streams[name] = Lines(response)
    if errors:
        raise CommandError("\n".join(errors))
    latest: dict[str, Any] = {}
    try:
        while any(not stream.ended for stream in streams.values()):
            yield Sleep(TICK_SECONDS)
            for name, stream in streams.items():
                while True:
                    sample = yield from stream.next(0.0)
                    if sample is None:
                        break
                    latest[name] = sample
            rows = [_row(name, latest[name], trunc=not run.flags.on("no-trunc")) for name in names if name in latest]
            text = formatting.listing(STATS, rows, form)
            run.io.out(CLEAR + text.replace("\n", "\x1b[K\n") + "\x1b[J" if run.out_is_terminal else text)
    finally:
        for stream in streams.values():
            stream.close()
    return 0


def _row(name: str, sample: dict[str, Any], *, trunc: bool) -> Row:
    memory = sample.get("memory_stats") or {}
    used, limit = _memory(memory), memory.get("limit") or 0
    identifier = str(sample.get("id") or "")
    received, sent = _network(sample.get("networks") or {})
    read, written = _blocks(sample.get("blkio_stats") or {})
    pids = (sample.get("pids_stats") or {}).get("current") or 0
    is_empty = not identifier and not memory
    return {
        "Container": name,
        "Name": str(sample.get("name") or "")[1:] or "--",
        "ID": units.short_id(identifier) if trunc else identifier,
        "CPUPerc": "--" if is_empty else f"{_cpu(sample):.2f}%",
        "MemUsage": f"{units.bytes_size(used)} / {units.bytes_size(limit)}",
        "MemPerc": f"{used / limit * 100 if limit else 0.0:.2f}%",
        "NetIO": f"{units.human_size(received, 3)} / {units.human_size(sent, 3)}",
        "BlockIO": f"{units.human_size(read, 3)} / {units.human_size(written, 3)}",
        "PIDs": str(pids),
    }


def _memory(memory: dict[str, Any]) -> float:
    """Return the memory in use without the page cache that could be given back."""
    used, details = memory.get("usage") or 0, memory.get("stats") or {}
    for name in ("total_inactive_file", "inactive_file"):
        if name in details:
            return used - details[name] if details[name] < used else used
    return used


def _cpu(sample: dict[str, Any]) -> float:
    now, before = sample.get("cpu_stats") or {}, sample.get("precpu_stats") or {}
    used = (now.get("cpu_usage") or {}).get("total_usage", 0) - (before.get("cpu_usage") or {}).get("total_usage", 0)
    passed = (now.get("system_cpu_usage") or 0) - (before.get("system_cpu_usage") or 0)
    processors = now.get("online_cpus") or len((now.get("cpu_usage") or {}).get("percpu_usage") or [])
    return used / passed * processors * 100 if used > 0 and passed > 0 else 0.0


def _network(networks: dict[str, Any]) -> tuple[float, float]:
    return sum(n.get("rx_bytes", 0) for n in networks.values()), sum(n.get("tx_bytes", 0) for n in networks.values())


def _blocks(blocks: dict[str, Any]) -> tuple[float, float]:
    read = written = 0
    for entry in blocks.get("io_service_bytes_recursive") or []:
        if str(entry.get("op", ""))[:1] in "rR":
            read += entry["value"]
        elif str(entry.get("op", ""))[:1] in "wW":
            written += entry["value"]
    return read, written
