"""A rollout as a recorded animation: Deployment, ReplicaSets and Pods above, the counts growing below.

Each chip and each title is drawn once by matplotlib and put together by PIL, frame for frame, which costs a hundredth of drawing
every frame. The result is an animated PNG with a palette: it plays wherever a notebook shows pictures, without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import networkx

from k8slab.views import tokens
from k8slab.views.figures.canvas import MARGIN, Canvas
from k8slab.views.figures.chip import HEIGHT, WIDTH, draw_bead, draw_chip
from k8slab.views.figures.palette_png import palette_png
from k8slab.views.figures.picture import Picture
from k8slab.views.figures.rollout import LEFT, RIGHT, Frame, counts, grid, lanes_of, request_count, request_line
from k8slab.views.scenes.rollout import rolled_at

TITLE_HEIGHT, STAGE_TOP = 80, 92
CARD_WIDTH, CARD_HEIGHT = 190, 52
DEPLOYMENT_X, SETS_X, PODS_X = MARGIN, 220, 430
CHART_TOP, CHART_BOTTOM = 350, 456
FRAME_MS, LAST_FRAME_MS = 130, 4000
ENTERING = (0.4, 0.75)  # how opaque a chip is in its first frames, on its way from its ReplicaSet


def rollout_animation(scene: Mapping[str, Any], *, frames: int = 60, mode: tokens.Mode = "light") -> Picture:
    """Return the rollout as a looping animated PNG of *frames* pictures, evenly spaced in time; the last one stays longer."""
    stage = _Stage(scene, mode)
    start, end = scene["start"], scene["end"]
    times = [start + (end - start) * number / max(1, frames - 1) for number in range(frames)]
    images = [stage.at(time).convert("RGB") for time in times]
    durations = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    return Picture(palette_png(images, durations), scene["said"])


class Seats(NamedTuple):
    """How the Pods of a ReplicaSet are seated: as chips, or where they are many as squares of *bead* px."""

    per_line: int
    lines: int
    pitch: tuple[int, int]
    bead: int  # 0: a chip


#: The largest that holds all is taken; more Pods than the last one holds are counted but not drawn.
SEATINGS = (Seats(6, 4, (WIDTH + 4, HEIGHT + 8), 0), Seats(28, 6, (18, 18), 14), Seats(56, 12, (9, 9), 7))


def seating(lanes: int) -> Seats:
    """Return the seats for a ReplicaSet that needs *lanes*."""
    return next((seats for seats in SEATINGS if seats.per_line * seats.lines >= lanes), SEATINGS[-1])


class _Stage:
    """The still parts of the animation, and the sprites of its moving ones."""

    def __init__(self, scene: Mapping[str, Any], mode: tokens.Mode) -> None:
        self.scene, self.mode = scene, mode
        self.rows = scene["rows"][-2:]
        self.seats = seating(max((lanes_of(row) for row in self.rows), default=0))
        self.sprites: dict[tuple[Any, ...], Any] = {}
        self.ages: dict[str, int] = {}
        self.tops = self._row_tops()
        self.frame = Frame(scene["start"], scene["end"], MARGIN + LEFT, tokens.FIGURE["width"] - MARGIN - RIGHT)
        self.future = self._ground(with_lines=False)
        self.past = self._ground(with_lines=True)

    def at(self, time: float) -> Any:
        """Return the picture of the moment *time*; moments are to be asked for in their order."""
        now = rolled_at(self.scene, time)
        edge = round(self.frame.x(time))
        image = self.future.copy()
        image.paste(self.past.crop((0, CHART_TOP - 20, edge, CHART_BOTTOM + 36)), (0, CHART_TOP - 20))
        self._put(image, self._playhead(), edge - 1, CHART_TOP - 16)
        self._put(image, self._title(now["message"] if time < self.scene["end"] else self.scene["message"]), 0, 0)
        if self.scene["requests"]:
            self._put(image, self._failed(time), self.frame.right + 10, CHART_BOTTOM + 12)
        shown: dict[str, int] = {}
        for row, top in zip(now["rows"][-2:], self.tops):
            ready = sum(one["state"] == "ready" for one in row["pods"])
            self._put(image, self._count(ready, len(row["pods"])), SETS_X + CARD_WIDTH - 72, top + 3)
            for one in row["pods"]:
                self._put_pod(image, one, row, top, shown)
        self.ages = shown
        return image

    def _put_pod(
        self, image: Any, one: Mapping[str, Any], row: Mapping[str, Any], top: float, shown: dict[str, int]
    ) -> None:
        seats = self.seats
        if one["lane"] >= seats.per_line * seats.lines:
            return
        age = self.ages.get(one["name"], -1) + 1
        shown[one["name"]] = age
        line, column = divmod(one["lane"], seats.per_line)
        opaque = ENTERING[age] if age < len(ENTERING) and self.ages else 1.0
        x = PODS_X + column * seats.pitch[0] - round((1 - opaque) * 40)
        y = top - self._lines(self._whole(row)) * seats.pitch[1] / 2 + line * seats.pitch[1] + 4
        self._put(image, self._chip(one, row), round(x) - 8, round(y) - 8, opaque)

    def _lines(self, row: Mapping[str, Any]) -> int:
        return min(self.seats.lines, -(-lanes_of(row) // self.seats.per_line))

    def _whole(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return next(one for one in self.rows if one["name"] == row["name"])

    @staticmethod
    def _put(image: Any, sprite: Any, x: float, y: float, opaque: float = 1.0) -> None:
        if opaque < 1:
            sprite = sprite.copy()
            sprite.putalpha(sprite.getchannel("A").point(lambda value: int(value * opaque)))
        image.alpha_composite(sprite, (max(0, round(x)), max(0, round(y))))

    # -- sprites -----------------------------------------------------------------------------------------------------

    def _sprite(self, key: tuple[Any, ...], width: int, height: int, draw: Any) -> Any:
        if key not in self.sprites:
            canvas = Canvas(width, height, mode=self.mode)
            draw(canvas)
            self.sprites[key] = canvas.image(clear=True)
        return self.sprites[key]

    def _chip(self, one: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
        chip = {**one, "version": row["version"], "revision": row["revision"], "restarts": 0}
        if self.seats.bead:
            size = self.seats.bead
            key: tuple[Any, ...] = ("bead", one["state"], row["version"])
            return self._sprite(key, size + 16, size + 16, lambda canvas: draw_bead(canvas, 8, 8, size, chip))
        key = ("chip", one["name"], one["state"], row["version"])
        return self._sprite(key, WIDTH + 16, HEIGHT + 16, lambda canvas: draw_chip(canvas, 8, 8, chip))

    def _title(self, message: str) -> Any:
        under = f"Deployment {self.scene['deployment']}: its ReplicaSets and their Pods; below, how many there are"
        return self._sprite(
            ("title", message), tokens.FIGURE["width"], TITLE_HEIGHT, lambda canvas: canvas.title(message, under)
        )

    def _count(self, ready: int, there: int) -> Any:
        text = f"{ready} of {there}" if there else "none"
        return self._sprite(
            ("count", text), 60, 14, lambda canvas: canvas.text(60, 7, text, size="small", align="right")
        )

    def _failed(self, time: float) -> Any:
        past = [bucket for bucket in self.scene["requests"]["buckets"] if bucket["time"] < time]
        failed, total = sum(one["failed"] for one in past), sum(one["failed"] + one["ok"] for one in past)
        return self._sprite(
            ("failed", failed, total), RIGHT, 16, lambda canvas: request_count(canvas, 0, 8, failed, total)
        )

    def _playhead(self) -> Any:
        height = CHART_BOTTOM - CHART_TOP + 46
        return self._sprite(("playhead",), 3, height, lambda canvas: canvas.box(0, 0, 2, height, fill="ink"))

    # -- the ground --------------------------------------------------------------------------------------------------

    def _row_tops(self) -> list[float]:
        """Return the middle of each ReplicaSet's row."""
        heights = [max(64, self._lines(row) * self.seats.pitch[1]) for row in self.rows]
        room = CHART_TOP - 40 - STAGE_TOP
        gap = max(8.0, (room - sum(heights)) / (len(heights) + 1)) if heights else 0
        tops, y = [], STAGE_TOP + gap
        for height in heights:
            tops.append(y + height / 2)
            y += height + gap
        return tops

    def _ground(self, *, with_lines: bool) -> Any:
        canvas = Canvas(mode=self.mode)
        places = self._places()
        for above, below in networkx.bfs_edges(self._graph(), "deployment"):
            (x1, y1), (x2, y2) = places[above], places[below]
            bend = (x1 + x2) / 2
            canvas.path([(x1, y1), (bend, y1), (bend, y2), (x2, y2)], colour="edge", thick=1.25)
            canvas.polygon([(x2 - 7, y2 - 4), (x2 - 7, y2 + 4), (x2, y2)], fill="edge", z=2)
        _, middle = places["deployment"]
        self._card(canvas, DEPLOYMENT_X, middle, 152, "Deployment", self.scene["deployment"], "")
        for row, top in zip(self.rows, self.tops):
            who = f"{row['version']} version, revision {row['revision']}" if row["revision"] else "ReplicaSet"
            self._card(canvas, SETS_X, top, CARD_WIDTH, who, row["name"], row["version"])
        grid(canvas, self.frame, CHART_TOP - 14, CHART_BOTTOM + 34)
        scene = self.scene if with_lines else {**self.scene, "lines": {name: [] for name in self.scene["lines"]}}
        counts(canvas, scene, self.frame, CHART_TOP, CHART_BOTTOM)
        if self.scene["requests"]:
            line = self.scene["requests"]
            request_line(canvas, line if with_lines else {**line, "buckets": []}, self.frame, CHART_BOTTOM + 8)
            canvas.text(self.frame.left, tokens.FIGURE["height"] - 14, line["caption"], size="small", colour="muted",
                        width=canvas.width - self.frame.left - MARGIN)  # fmt: skip
        return canvas.image()

    def _graph(self) -> networkx.DiGraph:
        graph = networkx.DiGraph()
        graph.add_node("deployment", layer=0)
        for row in self.rows:
            graph.add_node(row["name"], layer=1)
            graph.add_edge("deployment", row["name"])
        return graph

    def _places(self) -> dict[str, tuple[float, float]]:
        """Return where an edge leaves the Deployment and where it reaches each ReplicaSet."""
        middle = sum(self.tops) / len(self.tops) if self.tops else STAGE_TOP + 60
        return {"deployment": (DEPLOYMENT_X + 152, middle)} | {
            row["name"]: (SETS_X, top) for row, top in zip(self.rows, self.tops)
        }

    def _card(self, canvas: Canvas, x: float, middle: float, width: float, kind: str, name: str, version: str) -> None:
        top = middle - CARD_HEIGHT / 2
        canvas.box(x, top, width, CARD_HEIGHT, fill="raised", line="edge", radius=tokens.RADIUS["card"])
        inner = x + 12
        if version:
            canvas.box(x + 8, top + 9, 4, CARD_HEIGHT - 18, fill=version, radius=2, z=2)
            inner = x + 20
        canvas.text(inner, middle - 10, kind, size="small", colour="muted", width=width - 28)
        canvas.text(
            inner, middle + 10, name, size="small", mono=True, strong=True, width=width - 28 - (62 if version else 0)
        )
