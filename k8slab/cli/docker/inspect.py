"""``docker inspect`` and its kin: everything the engine knows about an object, as JSON or through a template.

Models cli/command/inspect and cli/command/system/inspect.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.cli.docker import formatting, go_types, raw_json
from k8slab.cli.docker.api import Query
from k8slab.cli.docker.errors import CommandError, DaemonError
from k8slab.cli.docker.images import platform_json
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.gotemplate.execute import Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.seam import Steps

BAD_TEMPLATE = 64
Getter = Callable[[str], Steps[str]]
#: What may be inspected, in the order in which it is looked for, with the path of its requests.
PATHS = {
    "container": "/containers/{}/json",
    "image": "/images/{}/json",
    "network": "/networks/{}",
    "volume": "/volumes/{}",
    "service": "/services/{}",
    "task": "/tasks/{}",
    "node": "/nodes/{}",
    "plugin": "/plugins/{}/json",
    "secret": "/secrets/{}",
    "config": "/configs/{}",
}
SWARM_ONLY = ("service", "task", "node", "secret", "config")


def show(run: Invocation, get: Getter) -> Steps[int]:
    """Print what *get* returns for each word, the way ``--format`` says; at the end say what could not be found."""
    form = run.flags.text("format")
    made: Template | None = None
    if form and form != "json":
        try:
            made = Template(form, functions=formatting.FUNCTIONS)
        except TemplateError as error:
            raise CommandError(f"template parsing error: {error}", BAD_TEMPLATE) from None
    found: list[str] = []
    lines: list[str] = []
    errors: list[str] = []
    for word in run.args:
        try:
            text = yield from get(word)
        except CommandError as error:
            errors.append(str(error))
            continue
        found.append(text)
        if made is not None:
            try:
                lines.append(_rendered(made, text) + "\n")
            except TemplateError as error:
                errors.append(f"template parsing error: {error}")
    if made is not None:
        run.io.out("".join(lines) or "\n")
    elif form == "json":
        run.io.out("[" + ",".join(map(raw_json.compact, found)) + "]\n")
    else:
        run.io.out((raw_json.indent("[" + ",".join(found) + "]") if found else "[]") + "\n")
    if errors:
        raise CommandError("\n".join(errors))
    return 0


def _rendered(made: Template, text: str) -> str:
    """Return what the template makes of an object: of its declared type, or, where that has no such field, of what the engine wrote."""
    value = raw_json.decoded(text)
    kind = _kind_of(value)
    if kind:
        try:
            return made.render(go_types.typed(value, kind))
        except TemplateError:
            pass
    return made.render(raw_json.with_sorted_maps(value))


def _kind_of(value: Any) -> str:
    """Return the declared type of an object that the engine sent, by the fields that only it has."""
    for field, kind in (
        ("HostConfig", "container.InspectResponse"),
        ("RepoTags", "image.InspectResponse"),
        ("IPAM", "network.Inspect"),
        ("Mountpoint", "volume.Volume"),
    ):
        if isinstance(value, dict) and field in value:
            return kind
    return ""


def _one(run: Invocation, kind: str, query: Query | None = None) -> Getter:
    def get(word: str) -> Steps[str]:
        if not word.strip() and kind != "image":
            raise CommandError(f"No such {kind}: {word}")
        return (yield from run.api.text("GET", PATHS[kind].format(word), query))

    return get


def container(run: Invocation) -> Steps[int]:
    """Inspect containers."""
    return (yield from show(run, _one(run, "container", {"size": "1" if run.flags.on("size") else None})))


def image(run: Invocation) -> Steps[int]:
    """Inspect images."""
    platform = run.flags.text("platform")
    query = {"platform": platform_json(platform) if platform else None}
    return (yield from show(run, _one(run, "image", query)))


def network(run: Invocation) -> Steps[int]:
    """Inspect networks."""
    return (yield from show(run, _one(run, "network", {"verbose": "true" if run.flags.on("verbose") else None})))


def volume(run: Invocation) -> Steps[int]:
    """Inspect volumes."""
    return (yield from show(run, _one(run, "volume")))


def of_kind(kind: str) -> Callable[[Invocation], Steps[int]]:
    """Return the verb that inspects objects of *kind* (those of swarm mode, plugins)."""

    def verb(run: Invocation) -> Steps[int]:
        return (yield from show(run, _one(run, kind)))

    return verb


def anything(run: Invocation) -> Steps[int]:
    """Inspect whatever goes by a name."""
    flags = run.flags
    kind = flags.text("type")
    if flags.changed("type") and not kind:
        raise CommandError(
            'type is empty: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"'
        )
    if kind and kind not in PATHS:
        names = ", ".join(f'"{name}"' for name in sorted(PATHS))
        raise CommandError(f'unknown type: "{kind}": must be one of {names}')
    size = "1" if flags.on("size") else None

    def get(word: str) -> Steps[str]:
        in_swarm: bool | None = None
        for name, path in PATHS.items():
            if kind and name != kind:
                continue
            if not kind and name in SWARM_ONLY:
                if in_swarm is None:
                    in_swarm = yield from _in_swarm(run)
                if not in_swarm:
                    continue
            try:
                text = yield from run.api.text(
                    "GET", path.format(word), {"size": size if name == "container" else None}
                )
            except DaemonError as error:
                if kind or error.status not in (400, 404, 405, 500, 501, 503):
                    raise
                if error.status not in (404, 501) and name not in ("plugin", "node"):
                    raise
                continue
            if size and name != "container":
                run.io.err(f"WARNING: --size ignored for {name}\n")
            return text
        raise CommandError(f"Error: No such object: {word}")

    return (yield from show(run, get))


def _in_swarm(run: Invocation) -> Steps[bool]:
    try:
        info = yield from run.api.json("GET", "/info")
    except DaemonError:
        return False
    return bool((info.get("Swarm") or {}).get("ControlAvailable"))
