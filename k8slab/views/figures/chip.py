"""A Pod as a chip: a band with its revision at the left, the end of its name, and a shape for its state.

Ready: filled. Running, not ready: outlined and half filled. Pending or creating: dashed. Failing: the fail colour and "!".
Terminating: faded and struck through. Unknown: "?". Restarts stand at the corner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8slab.views import tokens
from k8slab.views.figures.canvas import Canvas

#: The colour of a state that is not ready; a ready Pod wears the colour of its version.
TONES = {
    "running": "wait", "creating": "wait", "pending": "wait", "terminating": "gone",
    "failed": "fail", "done": "gone", "unknown": "gone",
}  # fmt: skip
MARKS = {"failed": "!", "unknown": "?", "done": "✓"}
WIDTH, HEIGHT, BAND = tokens.CHIP["width"], tokens.CHIP["height"], tokens.CHIP["band"]


def draw_chip(canvas: Canvas, x: float, y: float, chip: Mapping[str, Any], *, width: float = WIDTH) -> None:
    """Draw *chip* with its top left corner at (x, y)."""
    state, version = chip["state"], chip.get("version", "old")
    alpha = 0.45 if state == "terminating" else 1
    ready = state == "ready"
    tone = version if ready else TONES[state]
    dashed = state in ("creating", "pending")
    radius = tokens.RADIUS["chip"]
    middle = y + HEIGHT / 2
    surface = canvas.colour("surface")
    if ready:
        canvas.box(x, y, width, HEIGHT, fill=version, radius=radius, alpha=alpha, z=3)
    else:
        fill = tokens.mix(surface, canvas.colour(tone), 0.14) if state == "failed" else surface
        canvas.box(x, y, width, HEIGHT, fill=fill, line=tone, thick=1.5, radius=radius, dashed=dashed, alpha=alpha, z=3)
    if state == "running":
        half = canvas.box(
            x + 1.5,
            y + HEIGHT / 2,
            width - 3,
            HEIGHT / 2 - 1.5,
            fill=tokens.mix(surface, canvas.colour("wait"), 0.28),
            z=3.1,
        )
        clip = canvas.box(x + 1.5, y + 1.5, width - 3, HEIGHT - 3, radius=radius - 1.5, z=0)
        half.set_clip_path(clip)
    band = canvas.box(x, y, BAND, HEIGHT, fill=_band(canvas, version), alpha=alpha, z=3.2)
    band.set_clip_path(canvas.box(x, y, width, HEIGHT, radius=radius, z=0))
    if chip.get("revision"):
        canvas.text(
            x + BAND / 2,
            middle,
            str(chip["revision"])[-2:],
            size="small",
            colour="on-fill",
            strong=True,
            align="center",
            alpha=alpha,
        )
    ink = "on-fill" if ready else ("ink" if tone == "wait" else tone)
    mark = MARKS.get(state, "")
    room = width - BAND - 8 - (14 if mark else 0)
    wide = canvas.text(x + BAND + 5, middle, chip["tail"], size="small", mono=True, colour=ink, width=room, alpha=alpha)
    if mark:
        canvas.text(x + width - 7, middle, mark, size="text", strong=True, colour=ink, align="right", alpha=alpha)
    if state == "terminating":
        canvas.path([(x + BAND + 4, middle), (x + BAND + 6 + wide, middle)], colour="ink", thick=1, alpha=0.7, z=6)
    if chip.get("restarts"):
        count = str(min(chip["restarts"], 99))
        canvas.circle(x + width - 3, y + 2, 7, fill="surface", line="fail", z=7)
        canvas.text(x + width - 3, y + 2, count, size="small", colour="fail", strong=True, align="center", z=8)


def draw_bead(canvas: Canvas, x: float, y: float, size: float, chip: Mapping[str, Any]) -> None:
    """Draw *chip* as a small square: filled when ready, a cross when failing, hollow otherwise (dashed when on its way)."""
    state, inset = chip["state"], size * 0.18
    if state == "ready":
        canvas.box(x, y, size, size, fill=chip["version"], radius=3, z=2)
    elif state == "failed":
        low, high = inset, size - inset
        canvas.path([(x + low, y + low), (x + high, y + high)], colour="fail", thick=2, z=2)
        canvas.path([(x + low, y + high), (x + high, y + low)], colour="fail", thick=2, z=2)
    else:
        dashed = state in ("creating", "pending", "terminating")
        canvas.box(x, y, size, size, line=TONES[state], thick=1.5, radius=3, dashed=dashed, z=2)


def _band(canvas: Canvas, version: str) -> str:
    towards = "#000000" if canvas.colours["surface"] == tokens.PALETTE["light"]["surface"] else "#FFFFFF"
    return tokens.mix(canvas.colour(version if version in ("old", "new") else "old"), towards, 0.22)
