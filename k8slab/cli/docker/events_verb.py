"""``docker events``. Models cli/command/system/events.go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from k8slab.cli.docker import api, formatting
from k8slab.cli.docker.api import Lines
from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.logs import timestamp
from k8slab.cli.gotemplate.execute import Struct, Template
from k8slab.cli.gotemplate.nodes import TemplateError
from k8slab.cli.seam import Steps

_ORDER = ("status", "id", "from", "Type", "Action", "Actor", "scope", "time", "timeNano")
_NAMES = {"scope": "Scope", "time": "Time", "timeNano": "TimeNano", "status": "Status", "id": "ID", "from": "From"}


def events(run: Invocation) -> Steps[int]:
    """Print what happens in the engine, as it happens."""
    flags = run.flags
    form = flags.text("format")
    made: Template | None = None
    if form:
        try:
            made = Template("{{json .}}" if form == "json" else form, functions=formatting.FUNCTIONS)
        except TemplateError as error:
            raise CommandError(f"Error parsing format: {error}", 64) from None
        try:
            made.render(_Event({}))
        except TemplateError as error:
            raise CommandError(f"Error parsing format: {error}", 64) from None
    yield from run.api.ping()
    now = yield from run.now()
    query = {
        "since": timestamp(flags.text("since"), now, "") or None,
        "until": timestamp(flags.text("until"), now, "") or None,
        "filters": api.filters(flags.items("filter")),
    }
    response = yield from run.api.call("GET", "/events", query)
    lines = Lines(response)
    while True:
        event = yield from lines.next()
        if event is None:
            return 0
        if made is None:
            run.io.out(_line(event))
            continue
        try:
            run.io.out(made.render(_Event(event)) + "\n")
        except TemplateError as error:
            raise CommandError(str(error)) from None


def _line(event: dict[str, Any]) -> str:
    actor = event.get("Actor") or {}
    nanoseconds = event.get("timeNano") or 0
    text = ""
    if nanoseconds:
        seconds, rest = divmod(nanoseconds, 10**9)
        text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z "
    elif event.get("time"):
        text = f"{datetime.fromtimestamp(event['time'], UTC):%Y-%m-%dT%H:%M:%S}.000000000Z "
    text += f"{event['Type']} {event['Action']} {actor.get('ID', '')}"
    attributes = actor.get("Attributes") or {}
    if attributes:
        text += " (" + ", ".join(f"{name}={attributes[name]}" for name in sorted(attributes)) + ")"
    return text + "\n"


class _Event(Struct):
    """An event as a template sees it (``.Scope``) and as JSON names its fields (``scope``)."""

    type_name = "*events.Message"

    def __init__(self, event: dict[str, Any]) -> None:
        actor = event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        self.plain = {name: event[name] for name in _ORDER if name in event and (event[name] or name[0].isupper())}
        held = {key: attributes[key] for key in sorted(attributes)} if "Attributes" in actor else None
        self.plain["Actor"] = {"ID": actor.get("ID", ""), "Attributes": held}
        super().__init__({_NAMES.get(name, name): event.get(name, "") for name in _ORDER})
        self["Actor"] = Struct({"ID": actor.get("ID", ""), "Attributes": dict(attributes)})

    def items(self) -> Any:
        return self.plain.items()
