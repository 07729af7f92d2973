"""``kubectl events``: what happened lately, oldest first. Models kubectl pkg/cmd/events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from k8slab.cli.kubectl import printers
from k8slab.cli.kubectl.api import Obj
from k8slab.cli.kubectl.describe.events import interval
from k8slab.cli.kubectl.errors import CommandError
from k8slab.cli.kubectl.invocation import Invocation
from k8slab.cli.kubectl.tables import new_tab_writer
from k8slab.cli.seam import Now, Read, Steps

_HEADERS = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def run(run: Invocation) -> Steps[int]:
    """Print the events of the namespace, of one object (``--for``), or of some types."""
    flags = run.flags
    everywhere = flags.on("all-namespaces")
    types = [text.lower() for text in flags.items("types")]
    for text in types:
        if text not in ("normal", "warning"):
            raise CommandError("valid --types are Normal or Warning")
    if run.args:
        raise CommandError(f'unknown command "{run.args[0]}" for "kubectl events"')
    namespace = "" if everywhere else run.namespace
    selector = yield from _selector(run)
    mapping = yield from run.mapper.find("events")
    params = {"limit": str(flags.number("chunk-size"))} if flags.number("chunk-size") else {}
    if selector:
        params["fieldSelector"] = selector
    listed = yield from run.api.list(mapping, namespace, params)
    items = [_typed(event) for event in listed.get("items") or () if _is_wanted(event, types)]
    items.sort(key=_time)
    if flags.text("output") and not flags.on("watch"):
        run.io.out(printers.structured(run, flags.text("output"))(printers.list_of(items)))
        return 0
    if not items and not flags.on("watch"):
        run.io.err("No events found.\n" if everywhere else f"No events found in {run.namespace} namespace.\n")
        return 0
    printer = _Printer(run, everywhere)
    yield from printer.print(items, headers=not flags.on("no-headers"))
    if flags.on("watch"):
        params = {"fieldSelector": selector} if selector else {}
        params["resourceVersion"] = listed["metadata"]["resourceVersion"]
        stream = yield from run.api.watch(mapping, namespace, params)
        yield from _follow(stream, printer, types)
    return 0


def _typed(event: Obj) -> Obj:
    return {"apiVersion": "v1", "kind": "Event", **event}


def _selector(run: Invocation) -> Steps[str]:
    text = run.flags.text("for")
    if not text:
        return ""
    resource, slash, name = text.partition("/")
    if not slash or not name or "/" in name:
        raise CommandError("--for must be in resource/name form")
    mapping = yield from run.mapper.find(resource)
    return (
        f"involvedObject.apiVersion={mapping.api_version},involvedObject.kind={mapping.kind},involvedObject.name={name}"
    )


def _is_wanted(event: Obj, types: list[str]) -> bool:
    return not types or str(event.get("type", "")).lower() in types


def _time(event: Obj) -> str:
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


class _Printer:
    def __init__(self, run: Invocation, with_namespace: bool) -> None:
        self.run = run
        self.with_namespace = with_namespace
        self.writer = new_tab_writer()

    def print(self, items: list[Obj], *, headers: bool = False) -> Steps[None]:
        """Print *items* as rows."""
        now: datetime = yield Now()
        if headers:
            self._row(("NAMESPACE", *_HEADERS) if self.with_namespace else _HEADERS)
        for event in items:
            about: dict[str, Any] = event.get("involvedObject") or {}
            cells = (
                interval(event, now),
                event.get("type", ""),
                event.get("reason", ""),
                f"{about.get('kind', '')}/{about.get('name', '')}",
                str(event.get("message") or "").strip(),
            )
            namespace = event["metadata"].get("namespace", "")
            self._row((namespace, *cells) if self.with_namespace else cells)
        self.run.io.out(self.writer.flush())

    def _row(self, cells: tuple[str, ...]) -> None:
        self.writer.write("\t".join(cells) + "\n")


def _follow(stream: Any, printer: _Printer, types: list[str]) -> Steps[None]:
    rest = b""
    while True:
        chunk: bytes | None = yield Read(stream)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            event: Obj = json.loads(line) if line.strip() else {"type": "BOOKMARK"}
            if event["type"] in ("ADDED", "MODIFIED") and _is_wanted(event["object"], types):
                yield from printer.print([_typed(event["object"])])
