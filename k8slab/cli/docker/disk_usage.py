"""``docker system df``. Models cli/command/formatter/disk_usage.go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker import formatting, images, ps, units, volumes
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.gotemplate.execute import Struct
from k8slab.cli.seam import Steps

USAGE = Listing(
    {"Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE", "Reclaimable": "RECLAIMABLE"},
    "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
    type_name="*formatter.diskUsageContext",
)
BUILD_CACHE = Listing(
    {
        "ID": "CACHE ID",
        "Parent": "PARENT",
        "CacheType": "CACHE TYPE",
        "Size": "SIZE",
        "CreatedSince": "CREATED",
        "LastUsedSince": "LAST USED",
        "UsageCount": "USAGE",
        "InUse": "IN USE",
        "Shared": "SHARED",
        "Description": "DESCRIPTION",
    },
    "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}",
    type_name="*formatter.buildCacheContext",
)
_IMAGES = images.IMAGES.table + "\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}"
_CONTAINERS = (
    "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}"
)
_VOLUMES = "table {{.Name}}\t{{.Links}}\t{{.Size}}"


def df(run: Invocation) -> Steps[int]:
    """Print how much room images, containers, volumes and the build cache take."""
    flags = run.flags
    form = flags.text("format")
    if flags.on("verbose") and form and form not in ("table",) and form.startswith("table"):
        raise CommandError("the verbose and the format options conflict")
    found = yield from run.api.json("GET", "/system/df")
    now = yield from run.now()
    if flags.on("verbose"):
        run.io.out(_verbose_as(found, now, form) if form and form != "table" else _verbose(found, now))
        return 0
    rows = [_images(found), _containers(found), _volumes(found), _build_cache(found)]
    run.io.out(formatting.listing(USAGE, rows, form))
    return 0


def _share(part: float, all_of_it: float) -> str:
    text = units.human_size(part)
    return f"{text} ({int(part * 100 / all_of_it)}%)" if all_of_it > 0 else text


def _row(kind: str, total: int, active: int, size: str, reclaimable: str) -> Row:
    return {"Type": kind, "TotalCount": str(total), "Active": str(active), "Size": size, "Reclaimable": reclaimable}


def _images(found: dict[str, Any]) -> Row:
    every, total = found.get("Images") or [], found.get("LayersSize") or 0
    used = sum(
        image["Size"] - image["SharedSize"]
        for image in every
        if image["Containers"] and image["Size"] != -1 and image["SharedSize"] != -1
    )
    active = sum(image["Containers"] > 0 for image in every)
    return _row("Images", len(every), active, units.human_size(total), _share(total - used, total))


def _is_active(container: dict[str, Any]) -> bool:
    return any(word in container["State"].lower() for word in ("running", "paused", "restarting"))


def _containers(found: dict[str, Any]) -> Row:
    every = found.get("Containers") or []
    total = sum(container.get("SizeRw") or 0 for container in every)
    idle = sum(container.get("SizeRw") or 0 for container in every if not _is_active(container))
    active = sum(map(_is_active, every))
    return _row("Containers", len(every), active, units.human_size(total), _share(idle, total))


def _volumes(found: dict[str, Any]) -> Row:
    every = found.get("Volumes") or []
    usage = [volume.get("UsageData") or {"RefCount": 0, "Size": -1} for volume in every]
    total = sum(use["Size"] for use in usage if use["Size"] != -1)
    idle = sum(use["Size"] for use in usage if use["Size"] != -1 and not use["RefCount"])
    active = sum(use["RefCount"] > 0 for use in usage)
    return _row("Local Volumes", len(every), active, units.human_size(total), _share(idle, total))


def _build_cache(found: dict[str, Any]) -> Row:
    every = found.get("BuildCache") or []
    total = sum(entry["Size"] for entry in every if not entry["Shared"])
    used = sum(entry["Size"] for entry in every if entry["InUse"] and not entry["Shared"])
    active = sum(bool(entry["InUse"]) for entry in every)
    return _row("Build Cache", len(every), active, units.human_size(total), units.human_size(total - used))


def _verbose(found: dict[str, Any], now: datetime) -> str:
    image_rows = [
        row for image in found.get("Images") or [] for row in images.image_rows(image, now, trunc=True, digests=False)
    ]
    containers = [{**container, "SizeRootFs": 0} for container in found.get("Containers") or []]
    container_rows = [ps.container_row(container, now, trunc=True) for container in containers]
    volume_rows = [volumes.volume_row(volume) for volume in found.get("Volumes") or []]
    every = found.get("BuildCache") or []
    size = sum(entry["Size"] for entry in every if not entry["Shared"])
    cache_rows = [_cache_row(entry, now) for entry in sorted(every, key=lambda entry: entry.get("LastUsedAt") or "")]
    parts = [
        "Images space usage:\n\n" + formatting.listing(images.IMAGES, image_rows, _IMAGES),
        "\nContainers space usage:\n\n" + formatting.listing(ps.CONTAINERS, container_rows, _CONTAINERS),
        "\nLocal Volumes space usage:\n\n" + formatting.listing(volumes.VOLUMES, volume_rows, _VOLUMES),
        f"\nBuild cache usage: {units.human_size(size)}\n\n" + formatting.listing(BUILD_CACHE, cache_rows, ""),
    ]
    return "".join(parts)


def _verbose_as(found: dict[str, Any], now: datetime, form: str) -> str:
    """Return everything through one template."""
    every: dict[str, list[Any]] = {"Images": [], "Containers": [], "Volumes": [], "BuildCache": []}
    for image in found.get("Images") or []:
        for row in images.image_rows(image, now, trunc=False, digests=False):
            every["Images"].append(row | {"Digest": "" if row["Digest"] == images.NONE else row["Digest"]})
    for container in found.get("Containers") or []:
        row = ps.container_row({**container, "SizeRootFs": 0}, now, trunc=False)
        every["Containers"].append({name: value for name, value in row.items() if name != "Label"})
    for volume in found.get("Volumes") or []:
        row = volumes.volume_row(volume)
        every["Volumes"].append({name: value for name, value in row.items() if name != "Label"})
    every["BuildCache"] = [_cache_row(entry, now) for entry in found.get("BuildCache") or []]
    shown = Struct({name: [gojson.sorted_map(row) for row in rows] for name, rows in every.items()})
    return formatting.render(formatting.template("{{json .}}" if form == "json" else form), shown)


def _cache_row(entry: dict[str, Any], now: datetime) -> Row:
    identifier = str(entry["ID"])
    if entry.get("InUse"):
        identifier += "*"
    used = entry.get("LastUsedAt")
    return {
        "ID": identifier[:12] if len(identifier) > 12 else identifier,
        "Parent": ", ".join(entry.get("Parents") or []) or entry.get("Parent") or "",
        "CacheType": entry["Type"],
        "Size": units.human_size(entry["Size"], 3),
        "CreatedSince": units.ago(units.parse_date(entry["CreatedAt"]).timestamp(), now),
        "LastUsedSince": units.ago(units.parse_date(used).timestamp(), now) if used else "",
        "UsageCount": str(entry["UsageCount"]),
        "InUse": "true" if entry["InUse"] else "false",
        "Shared": "true" if entry["Shared"] else "false",
        "Description": entry.get("Description") or "",
    }
