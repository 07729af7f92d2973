"""Events and objects as still pictures: lines of text, set with care."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas
from k8slab.views.figures.picture import Picture

LINE = 24
MOST_EVENTS, MOST_LINES = 16, 44
#: Where the columns of the event list begin, and how wide they are (px).
COLUMNS = {"time": (0, 56), "reason": (84, 150), "object": (242, 236), "message": (486, 426)}


def events_figure(scene: Mapping[str, Any], *, mode: tokens.Mode = "light") -> Picture:
    """Return the newest Events as a picture."""
    return draw_events(scene, mode=mode).picture(scene["said"])


def draw_events(scene: Mapping[str, Any], *, mode: tokens.Mode = "light") -> Canvas:
    """Return the canvas of `events_figure`."""
    shown = scene["events"][-MOST_EVENTS:]
    canvas = Canvas(height=round(MARGIN * 2 + 84 + LINE * max(1, len(shown))), mode=mode)
    under = "What the components tell about what they did, newest last" if shown else ""
    y = canvas.title(scene["message"], under) + 24
    for line in shown:
        warning = line["type"] == "Warning"
        canvas.path([(MARGIN, y - LINE / 2), (canvas.width - MARGIN, y - LINE / 2)], colour="line", alpha=0.6)
        x, width = COLUMNS["time"]
        canvas.text(MARGIN + x + width, y, line["time"], size="small", colour="muted", align="right", width=width)
        if warning:
            canvas.text(MARGIN + 72, y, "!", size="text", colour="fail", strong=True, align="center")
        x, width = COLUMNS["reason"]
        canvas.text(
            MARGIN + x, y, line["reason"], size="small", strong=True, colour="fail" if warning else "ink", width=width
        )
        x, width = COLUMNS["object"]
        canvas.text(MARGIN + x, y, line["object"], size="small", mono=True, colour="muted", width=width)
        x, width = COLUMNS["message"]
        times = f"  (x{line['count']})" if line["count"] > 1 else ""
        canvas.text(MARGIN + x, y, line["message"].replace("\n", " ") + times, size="small", width=width)
        y += LINE
    return canvas


def object_figure(scene: Mapping[str, Any], *, mode: tokens.Mode = "light") -> Picture:
    """Return an object's YAML as a picture; changed lines stand out by a sign and a colour."""
    return draw_object(scene, mode=mode).picture(scene["said"])


def draw_object(scene: Mapping[str, Any], *, mode: tokens.Mode = "light") -> Canvas:
    """Return the canvas of `object_figure`."""
    lines = _window(scene["lines"])
    pitch = 17
    canvas = Canvas(height=round(MARGIN * 2 + 76 + pitch * max(1, len(lines))), mode=mode)
    y = canvas.title(scene["message"], "As the API server tells it" if lines else "") + 16
    for line in lines:
        change, text = line["change"], line["text"]
        indent = len(text) - len(text.lstrip())
        if change != "same":
            tone = "new" if change == "added" else "fail"
            pale = tokens.mix(canvas.colour("surface"), canvas.colour(tone), 0.12)
            canvas.box(MARGIN, y - pitch / 2, canvas.width - 2 * MARGIN, pitch, fill=pale)
            canvas.text(
                MARGIN + 8, y, "+" if change == "added" else "−", size="small", mono=True, strong=True, colour=tone
            )
        x = MARGIN + 24 + indent * 7
        colour = {"added": "new", "removed": "fail"}.get(change, "muted" if text == "…" else "ink")
        canvas.text(x, y, text.lstrip(), size="small", mono=True, colour=colour, width=canvas.width - MARGIN - x)
        y += pitch
    return canvas


def _window(lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return *lines* if they are few; otherwise those around the changes, or the first ones."""
    if len(lines) <= MOST_LINES:
        return lines
    changed = [number for number, line in enumerate(lines) if line["change"] != "same"]
    near = {number for at in changed for number in range(at - 3, at + 4)} if changed else set(range(MOST_LINES - 1))
    gap = {"text": "…", "change": "same"}
    kept: list[dict[str, str]] = []
    for number, line in enumerate(lines):
        if number in near:
            kept.append(line)
        elif not kept or kept[-1] is not gap:
            kept.append(gap)
    return kept[:MOST_LINES]
