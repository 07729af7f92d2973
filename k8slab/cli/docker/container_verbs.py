"""``docker top``, ``port``, ``diff``, ``commit``: looking at one container.

Models cli/command/container/{top,port,diff,commit}.go.
"""

from __future__ import annotations

from typing import Any

from k8slab.cli.docker import formatting
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.formatting import Listing
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.registry_verbs import parsed
from k8slab.cli.seam import Steps
from k8slab.cli.tabwriter import lined_up

DIFF = Listing(
    {"Type": "CHANGE TYPE", "Path": "PATH"}, "table {{.Type}}\t{{.Path}}", type_name="*container.diffContext"
)
CHANGES = ("C", "A", "D")
TOP_WIDTH, TOP_PADDING = 20, 3


def top(run: Invocation) -> Steps[int]:
    """List the processes of a container."""
    query = {"ps_args": " ".join(run.args[1:]) or None}
    found = yield from run.api.json("GET", f"/containers/{run.args[0]}/top", query)
    lines = [found.get("Titles") or [], *(found.get("Processes") or [])]
    run.io.out(lined_up("".join("\t".join(line) + "\n" for line in lines), TOP_WIDTH, TOP_PADDING))
    return 0


def port(run: Invocation) -> Steps[int]:
    """List where a container's ports are published."""
    name = run.args[0]
    found = yield from run.api.json("GET", f"/containers/{name}/json")
    ports: dict[str, Any] = found["NetworkSettings"].get("Ports") or {}
    if len(run.args) > 1:
        wanted, _, protocol = run.args[1].partition("/")
        protocol = protocol or "tcp"
        if not wanted.isdigit() or int(wanted) > 65535:
            raise CommandError(f'Error: invalid port ({wanted}): strconv.ParseUint: parsing "{wanted}": invalid syntax')
        bindings = ports.get(f"{wanted}/{protocol}")
        if not bindings:
            raise CommandError(f"Error: No public port '{run.args[1]}' published for {name}")
        lines = [_host(binding) for binding in bindings]
    else:
        lines = [f"{port} -> {_host(binding)}" for port, bindings in ports.items() for binding in bindings or []]
    if lines:
        run.io.out("\n".join(sorted(lines, key=_natural)) + "\n")
    return 0


def _host(binding: dict[str, str]) -> str:
    address = binding.get("HostIp") or ""
    return f"[{address}]:{binding['HostPort']}" if ":" in address else f"{address}:{binding['HostPort']}"


def _natural(line: str) -> tuple[int, str]:
    number = line.partition("/")[0]
    return (int(number) if number.isdigit() else 0, line)


def diff(run: Invocation) -> Steps[int]:
    """List what a container has changed in its files."""
    if not run.args[0]:
        raise CommandError("Container name cannot be empty")
    changes = yield from run.api.json("GET", f"/containers/{run.args[0]}/changes")
    rows = [{"Type": CHANGES[change["Kind"]], "Path": change["Path"]} for change in changes or []]
    run.io.out(formatting.listing(DIFF, rows, "{{.Type}} {{.Path}}"))
    return 0


def commit(run: Invocation) -> Steps[int]:
    """Make an image of a container as it is."""
    flags = run.flags
    query: dict[str, str | list[str] | None] = {
        "container": run.args[0],
        "comment": flags.text("message"),
        "author": flags.text("author"),
        "repo": "",
        "tag": "",
    }
    yield from run.api.ping()
    if len(run.args) > 1 and run.args[1]:
        name = parsed(run.args[1])
        if name.digest:
            raise CommandError("refusing to create a tag with a digest reference")
        query |= {"repo": name.name, "tag": name.with_default_tag().tag}
    if flags.items("change"):
        query["changes"] = flags.items("change")
    if not flags.on("pause"):
        query["pause"] = "0"
    answer = yield from run.api.json("POST", "/commit", query)
    run.io.out(f"{answer['Id']}\n")
    return 0
