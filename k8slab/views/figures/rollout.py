"""A rollout as one picture: a lane a Pod, the counts between their bounds, and the line of requests, over one time axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas, text_width
from k8slab.views.figures.chip import TONES
from k8slab.views.figures.picture import Picture
from k8slab.views.scenes.rollout_words import value_at

LEFT, RIGHT = 176, 148  # px of the gutters: names at the left, direct labels at the right
REQUESTS_HEIGHT, AXIS_HEIGHT, CAPTION_HEIGHT, COUNTS_HEIGHT = 30, 22, 20, 116
ROW_GAP = 12


class Frame(NamedTuple):
    """Where time runs: from *start* at *left* to *end* at *right* (px)."""

    start: float
    end: float
    left: float
    right: float

    def x(self, time: float) -> float:
        share = (time - self.start) / max(self.end - self.start, 1e-9)
        return self.left + (self.right - self.left) * min(1.0, max(0.0, share))


def rollout_figure(
    scene: Mapping[str, Any], *, message: str | None = None, height: int | None = None, mode: tokens.Mode = "light"
) -> Picture:
    """Return the picture of a rollout scene. *message* is the title; by default the scene says what happened."""
    return draw_rollout(scene, message=message, height=height, mode=mode).picture(message_of(scene, message))


def message_of(scene: Mapping[str, Any], message: str | None) -> str:
    """Return what the picture says in words."""
    return scene["said"] if message is None else f"{message} {scene['said']}"


def draw_rollout(
    scene: Mapping[str, Any],
    *,
    message: str | None = None,
    height: int | None = None,
    mode: tokens.Mode = "light",
) -> Canvas:
    """Return the canvas of `rollout_figure`."""
    canvas = Canvas(height=height or tokens.FIGURE["height"], mode=mode)
    under = f"Deployment {scene['deployment']}: one lane a Pod; below, how many there are between the bounds that the Deployment promised"
    top = canvas.title(message or scene["message"], under if scene["rows"] else "")
    if not scene["rows"]:
        return canvas
    frame = Frame(scene["start"], scene["end"], MARGIN + LEFT, canvas.width - MARGIN - RIGHT)
    bottom = canvas.height - MARGIN + 8
    axis = bottom - AXIS_HEIGHT - (CAPTION_HEIGHT if scene["requests"] else 0)
    requests_top = axis - (REQUESTS_HEIGHT if scene["requests"] else 0)
    counts_top = requests_top - COUNTS_HEIGHT
    grid(canvas, frame, top + 14, axis)
    _marks(canvas, scene, frame, top + 6, requests_top - 12)
    _lanes(canvas, scene, frame, top + 22, counts_top - 14)
    counts(canvas, scene, frame, counts_top, requests_top - 12)
    if scene["requests"]:
        request_line(canvas, scene["requests"], frame, requests_top)
        canvas.text(frame.left, bottom - 8, scene["requests"]["caption"], size="small", colour="muted",
                    width=canvas.width - frame.left - MARGIN)  # fmt: skip
    return canvas


def grid(canvas: Canvas, frame: Frame, top: float, bottom: float) -> None:
    """Draw the time axis."""
    for time in ticks(frame.start, frame.end):
        x = frame.x(time)
        canvas.path(
            [(x, top), (x, bottom)], colour=tokens.mix(canvas.colour("line"), canvas.colour("surface"), 0.5), z=0.5
        )
        canvas.text(x, bottom + 14, f"{time:g} s", size="small", colour="muted", align="center")


def ticks(start: float, end: float, most: int = 9) -> list[float]:
    """Return round times between *start* and *end*, at most *most*."""
    span = max(end - start, 1e-9)
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 1e9) if span / step <= most)
    first = math.ceil(start / step)
    return [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]


def _marks(canvas: Canvas, scene: Mapping[str, Any], frame: Frame, top: float, bottom: float) -> None:
    """What the learner did: a thin line with a word, as long as the words have room beside each other."""
    free_from = 0.0
    for mark in scene["marks"]:
        x = frame.x(mark["time"])
        canvas.path([(x, top + 8), (x, bottom)], colour="ink", dashed=True, alpha=0.6, z=2)
        room = canvas.width - MARGIN - x - 6
        if x > free_from and room > 40:
            wide = canvas.text(x + 5, top + 4, mark["text"], size="small", colour="ink", width=min(room, 260))
            free_from = x + 5 + wide + 8


def lanes_of(row: Mapping[str, Any]) -> int:
    """Return how many lanes *row* needs."""
    return 1 + max((one["lane"] for one in row["pods"]), default=0)


def _lanes(canvas: Canvas, scene: Mapping[str, Any], frame: Frame, top: float, bottom: float) -> None:
    rows = scene["rows"][-4:]
    needed = sum(max(2, lanes_of(row)) for row in rows)
    pitch = min(24.0, (bottom - top - ROW_GAP * (len(rows) - 1)) / needed)
    y = top
    words = {"running": "not ready yet", "terminating": "leaving"}  # each said once, where it first has room
    for row in rows:
        height = pitch * max(2, lanes_of(row))
        canvas.box(MARGIN, y, 3, height - 2, fill=row["version"], z=2)
        who = {"old": "old version", "new": "new version"}[row["version"]]
        label = f"{who}, revision {row['revision']}" if row["revision"] else who
        if height >= 30:
            middle = y + height / 2
            canvas.text(
                MARGIN + 12, middle - 8, label, colour=row["version"], strong=True, width=LEFT - 24, size="small"
            )
            canvas.text(MARGIN + 12, middle + 8, row["name"], size="small", mono=True, colour="muted", width=LEFT - 24)
        else:
            canvas.text(
                MARGIN + 12, y + height / 2, label, colour=row["version"], strong=True, width=LEFT - 24, size="small"
            )
        for one in row["pods"]:
            _lane(canvas, one, row["version"], frame, y + one["lane"] * pitch, pitch, words)
        y += height + ROW_GAP


def _lane(
    canvas: Canvas, one: Mapping[str, Any], version: str, frame: Frame, y: float, pitch: float, words: dict[str, str]
) -> None:
    """One Pod's life. Ready is solid in its version's colour; every other state has a shape of its own as well."""
    thick = pitch - 5 if pitch > 7 else max(1.0, pitch * 0.8)
    middle = y + pitch / 2 - 1
    surface = canvas.colour("surface")
    radius = min(3.0, thick / 3)
    for segment in one["segments"]:
        left, right = frame.x(segment["from"]), frame.x(segment["to"])
        state, wide = segment["state"], max(1.0, right - left)
        if state == "ready":
            canvas.box(left, middle - thick / 2, wide, thick, fill=version, radius=radius, z=3)
            label, ink = one["tail"], "on-fill"
        elif state == "terminating":
            canvas.path([(left, middle), (right, middle)], colour="gone", thick=2, dashed=True, z=3)
            if pitch >= 13 and right + 70 < frame.right and words.get(state):
                canvas.text(right + 6, middle, words.pop(state), size="small", colour="muted")
            continue
        else:
            tone = TONES[state]
            pale = tokens.mix(surface, canvas.colour(tone), {"running": 0.22, "failed": 0.14}.get(state, 0.04))
            dashed = state in ("creating", "pending")
            canvas.box(left, middle - thick / 2, wide, thick, fill=pale, line=tone, dashed=dashed, radius=radius, z=3)
            label, ink = ("failing", "fail") if state == "failed" else (words.get(state, ""), "ink")
        if thick >= 12 and label and text_width(label, tokens.SIZES["small"], state == "ready") + 12 < wide:
            canvas.text(left + 6, middle, label, size="small", mono=state == "ready", colour=ink)
            words.pop(state, None)


def counts(canvas: Canvas, scene: Mapping[str, Any], frame: Frame, top: float, bottom: float) -> None:
    """Draw how many Pods there are and how many are available, over the band that the Deployment promised."""
    bounds, lines = scene["bounds"], scene["lines"]
    highest = max([upper for _, _, _, upper in bounds] + [n for _, n in lines["total"]] + [1])

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / highest

    canvas.path([(frame.left, y(0)), (frame.right, y(0))], colour="line")
    canvas.text(frame.left - 10, y(0), "0", size="small", colour="muted", align="right")
    for index, (time, _, lower, upper) in enumerate(bounds):
        until = bounds[index + 1][0] if index + 1 < len(bounds) else frame.end
        left, right = frame.x(time), frame.x(until)
        band = tokens.mix(canvas.colour("surface"), canvas.colour("store"), 0.12)
        canvas.box(left, y(upper), right - left, max(1.0, y(lower) - y(upper)), fill=band, z=0.8)
    canvas.text(MARGIN + 12, (top + bottom) / 2 - 8, "How many Pods", size="small", strong=True, width=LEFT - 60)
    canvas.text(
        MARGIN + 12, (top + bottom) / 2 + 8, "between the bounds", size="small", colour="muted", width=LEFT - 40
    )
    for name, colour, thick in (("total", "muted", 1.5), ("available", "ink", 2.5)):
        canvas.path(stairs(lines[name], frame, y), colour=colour, thick=thick, z=4 if name == "available" else 3)
    wanted = []
    if bounds:
        _, _replicas, lower, upper = bounds[-1]
        canvas.text(frame.left - 10, y(upper), f"{upper:g}", size="small", colour="store", align="right")
        if abs(y(lower) - y(upper)) >= 13 and abs(y(lower) - y(0)) >= 13:
            canvas.text(frame.left - 10, y(lower), f"{lower:g}", size="small", colour="store", align="right")
        wanted += [
            (y(upper), f"at most {upper:g} Pods", "store", False),
            (y(lower), f"at least {lower:g} available", "store", False),
        ]
    for name, colour in (("total", "muted"), ("available", "ink")):
        held = value_at(lines[name], frame.end)
        if held:
            wanted.append((y(held[1]), f"{name}: {held[1]:g}", colour, name == "available"))
    for place, text, colour, strong in spread(wanted, top - 6, bottom + 6, 15):
        canvas.text(frame.right + 10, place, text, size="small", colour=colour, strong=strong, width=RIGHT - 10)


def stairs(steps: Sequence[Sequence[float]], frame: Frame, y: Any) -> list[tuple[float, float]]:
    """Return the corners of a line that holds each value until the next."""
    places: list[tuple[float, float]] = []
    for time, value in steps:
        if places:
            places.append((frame.x(time), places[-1][1]))
        places.append((frame.x(time), y(value)))
    if places:
        places.append((frame.right, places[-1][1]))
    return places


def spread(wanted: Sequence[tuple[Any, ...]], top: float, bottom: float, apart: float) -> list[tuple[Any, ...]]:
    """Return *wanted* (place first) with places at least *apart*, in their order, between *top* and *bottom* if they fit."""
    ordered = sorted(wanted, key=lambda item: item[0])
    places: list[float] = []
    for item in ordered:
        places.append(max(item[0], top, places[-1] + apart if places else top))
    over = max(0.0, places[-1] - bottom) if places else 0
    for index in range(len(places) - 1, -1, -1):
        limit = bottom if index == len(places) - 1 else places[index + 1] - apart
        if over and places[index] > limit:
            places[index] = limit
    return [(place, *item[1:]) for place, item in zip(places, ordered)]


def request_line(canvas: Canvas, line: Mapping[str, Any], frame: Frame, top: float) -> None:
    """Draw the requests: a low tick where all were answered, a tall one where some failed."""
    middle = top + 12
    wide = max(1.5, (frame.x(frame.start + line["bucket_seconds"]) - frame.left) - 1.5)
    for bucket in line["buckets"]:
        x = frame.x(bucket["time"])
        room = max(0.5, min(wide, frame.right - x))
        if bucket["failed"]:
            canvas.box(x, middle - 8, room, 16, fill="fail", z=3)
        else:
            canvas.box(
                x, middle - 3, room, 6, fill=tokens.mix(canvas.colour("surface"), canvas.colour("new"), 0.55), z=3
            )
    canvas.text(MARGIN + 12, middle, "Requests", size="small", strong=True, width=LEFT - 24)
    if line["buckets"]:
        request_count(canvas, frame.right + 10, middle, line["failed"], line["ok"] + line["failed"])


def request_count(canvas: Canvas, x: float, y: float, failed: int, total: int) -> None:
    """Write how many requests failed."""
    colour = "fail" if failed else "muted"
    canvas.text(
        x, y, f"failed: {failed} of {total}", size="small", colour=colour, strong=bool(failed), width=RIGHT - 10
    )
