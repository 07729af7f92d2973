"""Limits and devices of a container: memory, processors, block devices, ulimits, GPUs, capabilities.

Models cli/command/container/opts.go: the Resources part of parse, parseDevice, EffectiveCapAddCapDrop.
"""

from __future__ import annotations

import csv
import posixpath
from typing import Any

from k8slab.cli.docker import units
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.flags import Parsed

Json = dict[str, Any]


def ulimits(items: list[str]) -> list[Json]:
    found = {}
    for item in items:
        name, _, limits = item.partition("=")
        soft, _, hard = limits.partition(":")
        found[name] = {"Name": name, "Hard": int(hard or soft), "Soft": int(soft)}
    return [found[name] for name in sorted(found)]


def _devices(items: list[str]) -> list[Json]:
    found = []
    for item in items:
        parts = item.split(":")
        if len(parts) > 3 or not parts[0]:
            raise CommandError(f"bad format for path: {item}")
        source, target, rights = parts[0], "", "rwm"
        if len(parts) == 3:
            target, rights = parts[1], parts[2]
            if not _is_device_mode(rights):
                raise CommandError(f"bad mode specified: {rights}")
        elif len(parts) == 2:
            if _is_device_mode(parts[1]):
                rights = parts[1]
            else:
                target = parts[1]
        target = target or source
        if not target.startswith("/"):
            raise CommandError(f"{target} is not an absolute path")
        found.append(
            {
                "PathOnHost": posixpath.normpath(source),
                "PathInContainer": posixpath.normpath(target),
                "CgroupPermissions": rights,
            }
        )
    return found


def _is_device_mode(text: str) -> bool:
    return bool(text) and len(set(text)) == len(text) and not text.strip("rwm")


def _throttles(items: list[str], *, bytes_per_second: bool) -> list[Json]:
    found = []
    for item in items:
        path, _, rate = item.partition(":")
        found.append({"Path": path, "Rate": _rate(rate, bytes_per_second)})
    return found


def _rate(text: str, bytes_per_second: bool) -> int:
    return units.ram_in_bytes(text) if bytes_per_second else int(text or 0)


def _gpus(items: list[str]) -> list[Json] | None:
    requests = []
    for item in items:
        request: Json = {"Driver": "", "Count": 0, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}
        for part in next(csv.reader([item]), []):
            key, mark, value = part.partition("=")
            if not mark or key == "count":
                request["Count"] = -1 if (value or key) == "all" else int(value or key)
            elif key == "device":
                request["DeviceIDs"] = value.split(",")
            elif key == "driver":
                request["Driver"] = value
            elif key == "capabilities":
                request["Capabilities"] = [[*value.split(","), "gpu"]]
        if not request["DeviceIDs"] and not request["Count"]:
            request["Count"] = 1
        requests.append(request)
    return requests or None


def capabilities(items: list[str]) -> list[str]:
    """Return capabilities under their full names, sorted. Models opts.EffectiveCapAddCapDrop."""
    names = (item.strip().upper() for item in items)
    return sorted({name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}" for name in names})


def resources(flags: Parsed) -> Json:
    """Return the limits of memory, processors and devices."""
    found: Json = {
        "CpuShares": flags.number("cpu-shares"),
        "Memory": int(flags["memory"]),
        "NanoCpus": int(flags["cpus"]),
        "CgroupParent": flags.text("cgroup-parent"),
        "BlkioWeight": flags.number("blkio-weight"),
        "BlkioWeightDevice": [
            {"Path": path, "Weight": int(weight or 0)}
            for path, _, weight in (item.partition(":") for item in flags.items("blkio-weight-device"))
        ],
        "BlkioDeviceReadBps": _throttles(flags.items("device-read-bps"), bytes_per_second=True),
        "BlkioDeviceWriteBps": _throttles(flags.items("device-write-bps"), bytes_per_second=True),
        "BlkioDeviceReadIOps": _throttles(flags.items("device-read-iops"), bytes_per_second=False),
        "BlkioDeviceWriteIOps": _throttles(flags.items("device-write-iops"), bytes_per_second=False),
        "CpuPeriod": flags.number("cpu-period"),
        "CpuQuota": flags.number("cpu-quota"),
        "CpuRealtimePeriod": flags.number("cpu-rt-period"),
        "CpuRealtimeRuntime": flags.number("cpu-rt-runtime"),
        "CpusetCpus": flags.text("cpuset-cpus"),
        "CpusetMems": flags.text("cpuset-mems"),
        "Devices": _devices(flags.items("device")),
        "DeviceCgroupRules": flags.items("device-cgroup-rule") or None,
        "DeviceRequests": _gpus(flags.items("gpus")),
    }
    return found | {
        "MemoryReservation": int(flags["memory-reservation"]),
        "MemorySwap": int(flags["memory-swap"]),
        "MemorySwappiness": flags.number("memory-swappiness"),
        "OomKillDisable": flags.on("oom-kill-disable"),
        "PidsLimit": flags.number("pids-limit"),
        "Ulimits": ulimits(flags.items("ulimit")),
        "CpuCount": flags.number("cpu-count"),
        "CpuPercent": flags.number("cpu-percent"),
        "IOMaximumIOps": flags.number("io-maxiops"),
        "IOMaximumBandwidth": int(flags["io-maxbandwidth"]),
    }
