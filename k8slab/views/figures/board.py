"""The board as a still picture: Deployments and ReplicaSets above, below them the nodes with their Pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas
from k8slab.views.figures.chip import HEIGHT, WIDTH, draw_bead, draw_chip
from k8slab.views.figures.picture import Picture
from k8slab.views.scenes.board import said_of

SEAT, SMALL_SEAT = (WIDTH + tokens.SPACE, HEIGHT + tokens.SPACE), (18, 18)
CARD_HEAD, CARD_PAD = 64, 12
TAB_HEAD, TAB_ROW = 40, 28
MOST_TABS, MOST_ROWS = 3, 3


def board_figure(
    scene: Mapping[str, Any], *, message: str | None = None, past: str = "", mode: tokens.Mode = "light"
) -> Picture:
    """Return the picture of a board scene; it is as high as it needs to be. *past* says which moment is shown if not the present."""
    canvas = draw_board(scene, message=message, past=past, mode=mode)
    return canvas.picture(said_of(scene, message, past))


def draw_board(
    scene: Mapping[str, Any], *, message: str | None = None, past: str = "", mode: tokens.Mode = "light"
) -> Canvas:
    """Return the canvas of `board_figure`."""
    tabs = scene["deployments"][:MOST_TABS]
    seat = SMALL_SEAT if scene["crowded"] else SEAT
    columns = _columns(len(scene["nodes"]), scene["crowded"])
    card_width = (tokens.FIGURE["width"] - 2 * MARGIN - (columns - 1) * tokens.GAP) / columns
    per_line = max(1, int((card_width - 2 * CARD_PAD + tokens.SPACE) // seat[0]))
    tab_height = max((TAB_HEAD + TAB_ROW * len(_rows(tab)) + 8 for tab in tabs), default=0)
    bands = [scene["nodes"][start : start + columns] for start in range(0, len(scene["nodes"]), columns)]
    band_heights = [
        CARD_HEAD + CARD_PAD + seat[1] * max(1, *(_lines(node["pods"], per_line) for node in band), 1) for band in bands
    ]
    tray_line = max(1, int((tokens.FIGURE["width"] - 2 * MARGIN - 2 * CARD_PAD) // seat[0]))
    tray = 44 + seat[1] * _lines(scene["unplaced"], tray_line) if scene["unplaced"] else 0
    parts = [height for height in (tab_height, *band_heights, tray) if height]
    canvas = Canvas(height=round(MARGIN + 76 + sum(parts) + tokens.GAP * max(0, len(parts) - 1) + MARGIN), mode=mode)
    under = "Deployments and their ReplicaSets above, the nodes with their Pods below"
    y = canvas.title(message or scene["message"], past or (under if scene["nodes"] else "")) + 16
    if tabs:
        width = (canvas.width - 2 * MARGIN - (len(tabs) - 1) * tokens.GAP) / len(tabs)
        for index, tab in enumerate(tabs):
            _tab(canvas, tab, MARGIN + index * (width + tokens.GAP), y, width, tab_height, _chips(scene))
        y += tab_height + tokens.GAP
    for band, height in zip(bands, band_heights):
        for column, node in enumerate(band):
            x = MARGIN + column * (card_width + tokens.GAP)
            _node(canvas, node, x, y, card_width, height, small=scene["crowded"])
            _seats(canvas, node["pods"], x + CARD_PAD, y + CARD_HEAD, per_line, small=scene["crowded"])
        y += height + tokens.GAP
    if tray:
        canvas.box(MARGIN, y, canvas.width - 2 * MARGIN, tray, line="wait", dashed=True, radius=tokens.RADIUS["card"])
        canvas.text(MARGIN + CARD_PAD, y + 20, "Waiting for a node", strong=True, colour="wait")
        _seats(canvas, scene["unplaced"], MARGIN + CARD_PAD, y + 36, tray_line, small=scene["crowded"])
    return canvas


def _columns(nodes: int, crowded: bool) -> int:
    return max(1, min(nodes, 6 if crowded else 4 if nodes == 4 or nodes > 6 else 3))


def _lines(chips: Sequence[Mapping[str, Any]], per_line: int) -> int:
    return max((chip["slot"] for chip in chips), default=-1) // per_line + 1


def _rows(tab: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(tab["replica_sets"][-MOST_ROWS:])


def _chips(scene: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {chip["key"]: chip for node in scene["nodes"] for chip in node["pods"]} | {
        c["key"]: c for c in scene["unplaced"]
    }


def _tab(
    canvas: Canvas, tab: Mapping[str, Any], x: float, y: float, width: float, height: float, chips: Mapping[str, Mapping[str, Any]]
) -> None:  # fmt: skip
    canvas.box(x, y, width, height, fill="raised", line="line", radius=tokens.RADIUS["card"])
    right = x + width - CARD_PAD
    if tab["kind"]:
        taken = canvas.text(x + CARD_PAD, y + 20, "Deployment", colour="muted")
        state = f"{tab['ready']} of {tab['replicas']} ready" + (", paused" if tab["paused"] else "")
        used = canvas.text(right, y + 20, state, colour="muted", align="right")
        canvas.text(
            x + CARD_PAD + taken + 8, y + 20, tab["name"], strong=True, width=width - 2 * CARD_PAD - taken - used - 20
        )
    else:
        canvas.text(x + CARD_PAD, y + 20, "ReplicaSets without a Deployment", strong=True, width=width - 2 * CARD_PAD)
    for index, row in enumerate(_rows(tab)):
        middle = y + TAB_HEAD + TAB_ROW * index + TAB_ROW / 2
        canvas.box(x + CARD_PAD, middle - 9, 22, 18, fill=row["version"], radius=4)
        canvas.text(
            x + CARD_PAD + 11, middle, row["revision"][-2:], size="small", colour="on-fill", strong=True, align="center"
        )
        count = f"{row['ready']} of {row['replicas']}"
        used = canvas.text(right, middle, count, colour="muted", align="right")
        room = width - 2 * CARD_PAD - 30 - used - 24
        taken = canvas.text(x + CARD_PAD + 30, middle, row["name"], mono=True, size="small", width=min(room * 0.6, 220))
        _beads(canvas, row, chips, x + CARD_PAD + 30 + taken + 16, right - used - 12, middle)


def _beads(
    canvas: Canvas, row: Mapping[str, Any], chips: Mapping[str, Mapping[str, Any]], left: float, right: float, y: float
) -> None:
    """One small mark a Pod: filled when ready, hollow when not, a cross when it fails."""
    fitting = max(0, int((right - left) // 14))
    for index, key in enumerate(row["pods"][:fitting]):
        draw_bead(canvas, left + index * 14, y - 5, 10, {**chips[key], "version": row["version"]})


def _node(
    canvas: Canvas, node: Mapping[str, Any], x: float, y: float, width: float, height: float, *, small: bool
) -> None:
    away = node["state"] != "ready"
    canvas.box(
        x, y, width, height, fill="raised", line="gone" if away else "line", dashed=away, radius=tokens.RADIUS["card"]
    )
    said = [word for word, true in ((node["state"], away), ("cordoned", node["cordoned"])) if true]
    used = 0.0
    if said:
        tone = "fail" if away else "wait"
        room = (width - 2 * CARD_PAD) * 0.55
        used = canvas.text(
            x + width - CARD_PAD,
            y + 20,
            ", ".join(said),
            colour=tone,
            strong=True,
            align="right",
            size="small",
            width=room,
        )
    canvas.text(x + CARD_PAD, y + 20, node["name"], strong=True, width=width - 2 * CARD_PAD - used - 12)
    bar = width - 2 * CARD_PAD
    if not small:
        label = f"CPU {node['cpu']['text']}"
        bar -= 12 + canvas.text(
            x + width - CARD_PAD, y + 43, label, size="small", colour="muted", align="right", width=width / 2
        )
    share = min(1.0, node["cpu"]["share"])
    canvas.box(x + CARD_PAD, y + 40, bar, 6, fill="line", radius=3)
    if share:
        canvas.box(
            x + CARD_PAD, y + 40, max(6.0, bar * share), 6, fill="fail" if share > 0.9 else "store", radius=3, z=2
        )
    if not node["pods"]:
        canvas.text(x + CARD_PAD, y + CARD_HEAD + HEIGHT / 2, "no Pods", size="small", colour="muted")


def _seats(
    canvas: Canvas, chips: Sequence[Mapping[str, Any]], x: float, y: float, per_line: int, *, small: bool
) -> None:
    seat = SMALL_SEAT if small else SEAT
    for chip in chips:
        line, column = divmod(chip["slot"], per_line)
        place = (x + column * seat[0], y + line * seat[1])
        if small:
            draw_bead(canvas, *place, 14, chip)
        else:
            draw_chip(canvas, *place, chip)
