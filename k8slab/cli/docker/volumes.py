"""``docker volume``. Models cli/command/volume."""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import api, formatting, units
from k8slab.cli.docker.errors import CommandError, DaemonError, joined
from k8slab.cli.docker.formatting import Listing, Row
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.networks import natural
from k8slab.cli.seam import Steps

NOT_KNOWN = "N/A"
VOLUMES = Listing(
    {
        "Name": "VOLUME NAME",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "Mountpoint": "MOUNTPOINT",
        "Labels": "LABELS",
        "Links": "LINKS",
        "Size": "SIZE",
        "Group": "GROUP",
        "Availability": "AVAILABILITY",
        "Status": "STATUS",
    },
    "table {{.Driver}}\t{{.Name}}",
    quiet="{{.Name}}",
    raw="name: {{.Name}}\ndriver: {{.Driver}}\n",
    type_name="*formatter.volumeContext",
    unlisted=("Label",),
)


def ls(run: Invocation) -> Steps[int]:
    """List volumes."""
    flags = run.flags
    found = yield from run.api.json("GET", "/volumes", {"filters": api.filters(flags.items("filter"))})
    form = flags.text("format") or ("" if flags.on("quiet") else run.config.format("volumesFormat"))
    volumes = sorted(found.get("Volumes") or [], key=lambda volume: natural(volume["Name"]))
    run.io.out(formatting.listing(VOLUMES, [volume_row(volume) for volume in volumes], form, quiet=flags.on("quiet")))
    return 0


def volume_row(volume: dict[str, Any]) -> Row:
    """Return one volume as a row."""
    labels = volume.get("Labels") or {}
    usage = volume.get("UsageData")
    return {
        "Name": volume["Name"],
        "Driver": volume["Driver"],
        "Scope": volume["Scope"],
        "Mountpoint": volume["Mountpoint"],
        "Labels": formatting.labels_text(labels),
        "Label": lambda name: labels.get(name, ""),
        "Links": str(usage["RefCount"]) if usage else NOT_KNOWN,
        "Size": units.human_size(usage["Size"]) if usage else NOT_KNOWN,
        "Group": NOT_KNOWN,
        "Availability": NOT_KNOWN,
        "Status": NOT_KNOWN,
    }


def create(run: Invocation) -> Steps[int]:
    """Make a volume."""
    flags = run.flags
    name = flags.text("name") if flags.has("name") else ""
    if run.args:
        if name:
            raise CommandError(
                "conflicting options: cannot specify a volume-name through both --name and as a positional arg"
            )
        name = run.args[0]
    body: dict[str, Any] = {"Driver": flags.text("driver")}
    if flags.items("opt"):
        body["DriverOpts"] = _map(flags.items("opt"))
    if flags.items("label"):
        body["Labels"] = _map(flags.items("label"))
    if name:
        body["Name"] = name
    answer = yield from run.api.json("POST", "/volumes/create", body=body)
    run.io.out(f"{answer['Name']}\n")
    return 0


def _map(items: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in sorted(item.partition("=") for item in items)}


def rm(run: Invocation) -> Steps[int]:
    """Remove volumes."""
    query = {"force": "1" if run.flags.on("force") else None}
    errors = []
    for name in run.args:
        try:
            yield from run.api.call("DELETE", f"/volumes/{name}", query)
        except DaemonError as error:
            errors.append(str(error))
        else:
            run.io.out(name + "\n")
    if errors:
        raise joined(errors)
    return 0
