"""A sheet of pixels on matplotlib: boxes, lines and text at places that we choose, in the colours and sizes of the tokens.

One axes covers the whole figure, with (0, 0) at the top left and one unit a pixel; nothing of matplotlib's own look is left.
Every text says which box it belongs to, is shortened to fit it, and is remembered, so that a test can find overlaps.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle
from matplotlib.textpath import TextPath

from k8slab.views import tokens
from k8slab.views.figures.picture import Picture

MARGIN = 3 * tokens.SPACE
DPI = 100


class Canvas:
    """A figure of *width* x *height* px in the palette of *mode*."""

    def __init__(
        self, width: int = tokens.FIGURE["width"], height: int = tokens.FIGURE["height"], *, mode: tokens.Mode = "light"
    ) -> None:
        self.width, self.height = width, height
        self.colours = tokens.PALETTE[mode]
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=self.colours["surface"])
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(height, 0)
        self.axes.set_autoscale_on(False)

    def colour(self, name: str) -> str:
        """Return the colour of the token *name*; a ``#RRGGBB`` is itself."""
        return name if name.startswith("#") else self.colours[name]

    # -- shapes ------------------------------------------------------------------------------------------------------

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str | None = None, line: str | None = None,
        radius: float = 0, thick: float = tokens.HAIRLINE, dashed: bool = False, alpha: float = 1, z: float = 1,
    ) -> Any:  # fmt: skip
        """Draw a box whose outer edge is the given rectangle."""
        inset = thick / 2 if line else 0
        style = {
            "facecolor": self.colour(fill) if fill else "none",
            "edgecolor": self.colour(line) if line else "none",
            "linewidth": points(thick) if line else 0,
            "linestyle": (0, (3, 2)) if dashed else "solid",
            "alpha": alpha,
            "zorder": z,
        }
        place = (x + inset, y + inset)
        size = (max(0, width - 2 * inset), max(0, height - 2 * inset))
        if radius:
            rounding = min(radius, size[0] / 2, size[1] / 2)
            shape: Any = FancyBboxPatch(place, *size, boxstyle=f"round,pad=0,rounding_size={rounding}", **style)
        else:
            shape = Rectangle(place, *size, **style)
        return self.axes.add_patch(shape)

    def circle(self, x: float, y: float, radius: float, *, fill: str | None = None, line: str | None = None, z: float = 2) -> None:
        """Draw a circle around (x, y)."""
        face = self.colour(fill) if fill else "none"
        edge = self.colour(line) if line else "none"
        self.axes.add_patch(Circle((x, y), radius, facecolor=face, edgecolor=edge, linewidth=points(1.5), zorder=z))

    def path(
        self, places: Sequence[tuple[float, float]], *, colour: str = "line", thick: float = 1, dashed: bool = False,
        alpha: float = 1, z: float = 1,
    ) -> None:  # fmt: skip
        """Draw a line through *places*."""
        xs, ys = [x for x, _ in places], [y for _, y in places]
        dash = (0, (4, 3)) if dashed else "solid"
        self.axes.add_line(
            Line2D(xs, ys, color=self.colour(colour), linewidth=points(thick), linestyle=dash, alpha=alpha, zorder=z,
                   solid_capstyle="butt", solid_joinstyle="round")  # fmt: skip
        )

    def polygon(self, places: Sequence[tuple[float, float]], *, fill: str, alpha: float = 1, z: float = 1) -> None:
        """Fill the shape with corners *places*."""
        self.axes.add_patch(Polygon(places, closed=True, facecolor=self.colour(fill), edgecolor="none", alpha=alpha, zorder=z))

    # -- text --------------------------------------------------------------------------------------------------------

    def text(
        self, x: float, y: float, text: str, *, size: str = "text", colour: str = "ink", strong: bool = False,
        mono: bool = False, align: str = "left", width: float | None = None, alpha: float = 1, z: float = 5,
    ) -> float:  # fmt: skip
        """Write *text* with its middle line at *y*, shortened to *width* px; return the width it took."""
        if width is not None:
            text = shorten(text, width, tokens.SIZES[size], mono, strong)
        if text:
            self.axes.text(
                x, y, text, fontproperties=font(tokens.SIZES[size], mono, strong), color=self.colour(colour), ha=align,
                va="center_baseline", alpha=alpha, zorder=z, parse_math=False, clip_on=False,
            )  # fmt: skip
        return text_width(text, tokens.SIZES[size], mono, strong)

    def title(self, message: str, under: str = "") -> float:
        """Write the picture's message and what is shown; return where the picture may begin (px from the top)."""
        room = self.width - 2 * MARGIN
        self.text(MARGIN, MARGIN + 10, message, size="headline", strong=True, width=room)
        if not under:
            return MARGIN + 36
        self.text(MARGIN, MARGIN + 36, under, colour="muted", width=room)
        return MARGIN + 60

    # -- out ---------------------------------------------------------------------------------------------------------

    def png(self, scale: float = 2) -> bytes:
        """Return the figure as PNG at *scale* pixels a px."""
        out = io.BytesIO()
        self.figure.savefig(out, format="png", dpi=DPI * scale, facecolor=self.figure.get_facecolor(), metadata={"Software": None})
        return out.getvalue()

    def picture(self, said: str) -> Picture:
        """Return the figure as a `Picture` that says *said*."""
        return Picture(small(self.png()), said, self.width)


def small(png: bytes) -> bytes:
    """Return *png* with a palette of 255 colours: flat pictures look the same and weigh a quarter."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        out = io.BytesIO()
        image.convert("RGB").quantize(255, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def points(px: float) -> float:
    """Return *px* in points at the canvas's resolution."""
    return px * 72 / DPI


@lru_cache(maxsize=64)
def font(size: float, mono: bool = False, strong: bool = False) -> FontProperties:
    """Return the font for *size* px."""
    family = tokens.FIGURE_MONO if mono else tokens.FIGURE_SANS
    return FontProperties(family=family, size=points(size), weight="bold" if strong else "normal")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, mono: bool = False, strong: bool = False) -> float:
    """Return the width in px of *text*."""
    if not text.strip():
        return 0.0
    extents = TextPath((0, 0), text, prop=font(size, mono, strong), usetex=False).get_extents()
    return float(extents.x1) * DPI / 72


@lru_cache(maxsize=4096)
def shorten(text: str, width: float, size: float, mono: bool = False, strong: bool = False) -> str:
    """Return *text*, its middle replaced by an ellipsis if it is wider than *width* px (names differ at their ends)."""
    if text_width(text, size, mono, strong) <= width:
        return text
    for keep in range(len(text) - 1, 1, -1):
        tail = keep // 2
        short = text[: keep - tail].rstrip() + "…" + text[len(text) - tail :].lstrip()
        if text_width(short, size, mono, strong) <= width:
            return short
    return ""
