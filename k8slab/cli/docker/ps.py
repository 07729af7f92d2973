"""``docker ps``. Models cli/command/container/list.go and formatter/container.go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from k8slab.apimachinery import gojson
from k8slab.cli.docker import api, formatting, units
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.images import go_time
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.seam import Steps
from k8slab.docker import reference

_TABLE = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
CONTAINERS = Listing(
    {
        "ID": "CONTAINER ID",
        "Names": "NAMES",
        "Image": "IMAGE",
        "Command": "COMMAND",
        "CreatedAt": "CREATED AT",
        "RunningFor": "CREATED",
        "Ports": "PORTS",
        "State": "STATE",
        "Status": "STATUS",
        "Size": "SIZE",
        "Labels": "LABELS",
        "Mounts": "MOUNTS",
        "LocalVolumes": "LOCAL VOLUMES",
        "Networks": "NETWORKS",
        "Platform": "PLATFORM",
    },
    _TABLE,
    quiet="{{.ID}}",
    raw="container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\n"
    "state: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\nnames: {{.Names}}\nlabels: {{- pad .Labels 1 0}}\n"
    "ports: {{- pad .Ports 1 0}}\n",
    type_name="*formatter.ContainerContext",
    unlisted=("Label",),
)
COMMAND_COLUMNS = 20
MOUNT_COLUMNS = 15


def ps(run: Invocation) -> Steps[int]:
    """List containers."""
    flags = run.flags
    form = flags.text("format") or ("" if flags.on("quiet") else run.config.format("psFormat"))
    uses_size = _uses_size(form) if form else False
    size = flags.on("size") or (uses_size and not flags.changed("size") and not flags.on("quiet"))
    if form and flags.on("quiet"):
        run.io.err("WARNING: Ignoring custom format, because both --format and --quiet are set.\n")
        form = ""
    last = flags.number("last")
    limit = 1 if flags.on("latest") and last == -1 else last
    query = {
        "all": "1" if flags.on("all") else None,
        "limit": str(limit) if limit > 0 else None,
        "size": "1" if size else None,
        "filters": api.filters(flags.items("filter")),
    }
    containers = yield from run.api.json("GET", "/containers/json", query)
    now = yield from run.now()
    rows = [container_row(container, now, trunc=not flags.on("no-trunc")) for container in containers or []]
    table = _TABLE + "\t{{.Size}}" if flags.on("size") else ""
    run.io.out(formatting.listing(CONTAINERS, rows, form, quiet=flags.on("quiet"), table=table))
    return 0


def _uses_size(form: str) -> bool:
    """Return whether the template *form* asks for sizes, which cost the engine time. Raises CommandError if it cannot be carried out."""
    used: list[str] = []

    def size() -> str:
        used.append("Size")
        return ""

    empty = {"Id": "", "Created": 0, "Ports": []}
    row: Row = dict.fromkeys(container_row(empty, datetime.fromtimestamp(0, UTC), trunc=True), "")
    row |= {"Label": lambda name: "", "Size": size}
    formatting.dry_run(CONTAINERS, form, row)
    return bool(used)


def container_row(container: dict[str, Any], now: datetime, *, trunc: bool) -> Row:
    """Return one container as a row."""
    command = str(container.get("Command") or "")
    labels = container.get("Labels") or {}
    mounts = container.get("Mounts") or []
    read_write = units.human_size(container.get("SizeRw") or 0, 3)
    size = read_write
    if container.get("SizeRootFs"):
        size = f"{read_write} (virtual {units.human_size(container['SizeRootFs'], 3)})"
    return {
        "ID": units.short_id(container["Id"]) if trunc else container["Id"],
        "Names": _names(container.get("Names") or [], trunc),
        "Image": _image(container, trunc),
        "Command": gojson.quote(units.truncate(command, COMMAND_COLUMNS) if trunc else command),
        "CreatedAt": go_time(container["Created"]),
        "RunningFor": units.ago(container["Created"], now),
        "Ports": ports(container.get("Ports") or []),
        "State": container.get("State", ""),
        "Status": container.get("Status", ""),
        "Size": size,
        "Labels": formatting.labels_text(labels),
        "Label": lambda name: labels.get(name, ""),
        "Mounts": ",".join(_mount(mount, trunc) for mount in mounts),
        "LocalVolumes": str(sum(mount.get("Driver") == "local" for mount in mounts)),
        "Networks": ",".join(sorted((container.get("NetworkSettings") or {}).get("Networks") or {})),
        "Platform": _platform(container),
    }


def _platform(container: dict[str, Any]) -> Any:
    return (container.get("ImageManifestDescriptor") or {}).get("platform")


def _names(names: list[str], trunc: bool) -> str:
    bare = [name.removeprefix("/") for name in names]
    if trunc:
        bare = [name for name in bare if "/" not in name][:1] or bare[:0]
    return ",".join(bare)


def _image(container: dict[str, Any], trunc: bool) -> str:
    image = str(container.get("Image") or "")
    if not image:
        return "<no image>"
    if not trunc:
        return image
    identifier = units.short_id(container.get("ImageID") or "")
    if identifier and identifier == units.short_id(image):
        return identifier
    try:
        name = reference.parse(image)
    except reference.ReferenceError:
        return image
    if name.digest and name.tag:
        return f"{name.familiar_name}:{name.tag}"
    return image


def _mount(mount: dict[str, Any], trunc: bool) -> str:
    name = str(mount.get("Name") or mount.get("Source") or "")
    return units.truncate(name, MOUNT_COLUMNS) if trunc else name


def ports(found: list[dict[str, Any]]) -> str:
    """Return the ports of a container; neighbours that are published alike become a range. Models formatter.DisplayablePorts."""

    def order(port: dict[str, Any]) -> tuple[int, str, int, str]:
        return port["PrivatePort"], port.get("IP") or "", port.get("PublicPort") or 0, port["Type"]

    groups: dict[str, tuple[int, int]] = {}
    result: list[str] = []
    mapped: list[str] = []
    for port in sorted(found, key=order):
        number, key = port["PrivatePort"], port["Type"]
        if port.get("IP"):
            if port.get("PublicPort") != number:
                mapped.append(f"{_joined(port['IP'], port.get('PublicPort') or 0)}->{number}/{port['Type']}")
                continue
            key = f"{port['IP']}/{port['Type']}"
        if key not in groups:
            groups[key] = (number, number)
        elif number == groups[key][1] + 1:
            groups[key] = (groups[key][0], number)
        else:
            result.append(_group(key, *groups[key]))
            groups[key] = (number, number)
    result += [_group(key, *span) for key, span in groups.items()]
    return ", ".join(result + mapped)


def _joined(address: str, port: int | str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _group(key: str, first: int, last: int) -> str:
    address, _, protocol = key.rpartition("/")
    text = str(first) if first == last else f"{first}-{last}"
    if address:
        text = f"{_joined(address, text)}->{text}"
    return f"{text}/{protocol}"
