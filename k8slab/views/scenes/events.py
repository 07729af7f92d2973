"""The stream of Events, newest last, as ``kubectl events`` orders them; time in seconds of the lab where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from k8slab.views.scenes import pod as pod_scene
from k8slab.views.words import ENGLISH, Words


def event_scene(
    events: Iterable[Any],
    *,
    origin: datetime | None = None,
    about: str = "",
    limit: int = 200,
    words: Words = ENGLISH,
) -> dict[str, Any]:
    """Return ``{"events": [{"key", "time", "type", "reason", "object", "message", "count", "source"}], "kinds", "message", "said"}``.

    *origin* is the moment that counts as 0 s; without it times are of the wall clock. *about* keeps the Events of one object,
    ``Kind/name``. Of more than *limit* the newest stay.
    """
    lines = []
    for event in events:
        target = f"{event.involvedObject.kind}/{event.involvedObject.name}"
        if about and target != about:
            continue
        series = event.series
        when = (series.lastObservedTime if series else None) or event.lastTimestamp or event.eventTime
        when = when or event.metadata.creationTimestamp
        lines.append(
            {
                "key": pod_scene.key_of(event),
                "seconds": int(when.timestamp()) if when else 0,  # most Events know no finer time
                "written": int(event.metadata.resourceVersion or 0),
                "time": time_text(when, origin),
                "type": event.type or "Normal",
                "reason": event.reason or "",
                "object": target,
                "message": (event.message or "").strip(),
                "count": (series.count if series else None) or event.count or 1,
                "source": event.reportingComponent or (event.source.component if event.source else None) or "",
            }
        )
    lines.sort(key=lambda line: (line["seconds"], line["written"], line["key"]))
    lines = lines[-limit:]
    warnings = sum(line["type"] == "Warning" for line in lines)
    message = words("events.message", total=len(lines), warnings=warnings) if lines else words("events.empty")
    said = [message, *(said_of(line) for line in lines[-20:])]
    return {
        "events": lines,
        "kinds": sorted({line["object"].partition("/")[0] for line in lines}),
        "message": message,
        "said": "\n".join(said),
    }


def said_of(line: dict[str, Any]) -> str:
    """Return one Event as a line of text."""
    times = f" (x{line['count']})" if line["count"] > 1 else ""
    return f"{line['time']:>9}  {line['type']:<8} {line['reason']:<20} {line['object']}: {line['message']}{times}"


def time_text(when: datetime | None, origin: datetime | None) -> str:
    """Return *when* as seconds after *origin*, or as a time of day without one."""
    if when is None:
        return ""
    if origin is None:
        return when.strftime("%H:%M:%S")
    return f"{(when - origin).total_seconds():.0f} s"
