"""A sheet of pixels on matplotlib: boxes, lines and text at places that we choose, in the colours and sizes of the tokens.

There are no axes: (0, 0) is the top left and one unit a pixel, so that nothing of matplotlib's own look is left. Text is shortened
to the width it is given.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle
from matplotlib.transforms import Affine2D

from k8slab.views import tokens
from k8slab.views.figures.palette_png import palette_png
from k8slab.views.figures.picture import Picture

MARGIN = 3 * tokens.SPACE
DPI = 100
MEASURE = 16
HINTING = 2  # px by which drawn text may be wider than measured


class Canvas:
    """A figure of *width* x *height* px in the palette of *mode*."""

    def __init__(
        self, width: int = tokens.FIGURE["width"], height: int = tokens.FIGURE["height"], *, mode: tokens.Mode = "light"
    ) -> None:
        self.width, self.height = width, height
        self.colours = tokens.PALETTE[mode]
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=self.colours["surface"])
        self.agg = FigureCanvasAgg(self.figure)
        self.place = Affine2D().scale(1 / DPI, -1 / DPI).translate(0, height / DPI) + self.figure.dpi_scale_trans

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
        style: dict[str, Any] = {
            "facecolor": self.colour(fill) if fill else "none",
            "edgecolor": self.colour(line) if line else "none",
            "linewidth": points(thick) if line else 0,
            "linestyle": (0, (3, 2)) if dashed else "solid",
            "alpha": alpha,
            "zorder": z,
            "transform": self.place,
        }
        place = (x + inset, y + inset)
        size = (max(0, width - 2 * inset), max(0, height - 2 * inset))
        if radius:
            rounding = min(radius, size[0] / 2, size[1] / 2)
            shape: Any = FancyBboxPatch(place, *size, boxstyle=f"round,pad=0,rounding_size={rounding}", **style)
        else:
            shape = Rectangle(place, *size, **style)
        return self._add(shape)

    def circle(
        self, x: float, y: float, radius: float, *, fill: str | None = None, line: str | None = None, z: float = 2
    ) -> None:
        """Draw a circle around (x, y)."""
        face = self.colour(fill) if fill else "none"
        edge = self.colour(line) if line else "none"
        self._add(
            Circle(
                (x, y), radius, facecolor=face, edgecolor=edge, linewidth=points(1.5), zorder=z, transform=self.place
            )
        )

    def path(
        self, places: Sequence[tuple[float, float]], *, colour: str = "line", thick: float = 1, dashed: bool = False,
        alpha: float = 1, z: float = 1,
    ) -> None:  # fmt: skip
        """Draw a line through *places*."""
        xs, ys = [x for x, _ in places], [y for _, y in places]
        dash: Any = (0, (4, 3)) if dashed else "solid"
        self._add(
            Line2D(
                xs,
                ys,
                color=self.colour(colour),
                linewidth=points(thick),
                linestyle=dash,
                alpha=alpha,
                zorder=z,
                solid_capstyle="butt",
                solid_joinstyle="round",
                transform=self.place,
            )
        )

    def polygon(self, places: Sequence[tuple[float, float]], *, fill: str, alpha: float = 1, z: float = 1) -> None:
        """Fill the shape with corners *places*."""
        face = self.colour(fill)
        self._add(
            Polygon(places, closed=True, facecolor=face, edgecolor="none", alpha=alpha, zorder=z, transform=self.place)
        )

    def _add(self, artist: Any) -> Any:
        return self.figure.add_artist(artist)

    # -- text --------------------------------------------------------------------------------------------------------

    def text(
        self, x: float, y: float, text: str, *, size: str = "text", colour: str = "ink", strong: bool = False,
        mono: bool = False, align: str = "left", width: float | None = None, alpha: float = 1, z: float = 5,
    ) -> float:  # fmt: skip
        """Write *text* with its middle line at *y*, shortened to *width* px; return the width it took."""
        if width is not None:
            # drawn at one pixel a px, letters of the mono font are rounded up to whole pixels
            text = shorten(text, width * (0.94 if mono else 1) - HINTING, tokens.SIZES[size], mono, strong)
        if text:
            self.figure.text(
                x, y, text, transform=self.place, fontproperties=font(tokens.SIZES[size], mono, strong), color=self.colour(colour), ha=align,
                va="center_baseline", alpha=alpha, zorder=z, parse_math=False,
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
        self.figure.savefig(
            out, format="png", dpi=DPI * scale, facecolor=self.figure.get_facecolor(), metadata={"Software": None}
        )
        return out.getvalue()

    def image(self, *, clear: bool = False) -> Any:
        """Return the figure as an RGBA image of PIL, a pixel a px; with *clear* nothing stands behind the drawing."""
        from PIL import Image

        if clear:
            self.figure.set_facecolor((0, 0, 0, 0))
        self.agg.draw()
        return Image.frombytes("RGBA", (self.width, self.height), bytes(self.agg.buffer_rgba()))

    def picture(self, said: str) -> Picture:
        """Return the figure as a `Picture` that says *said*."""
        return Picture(small(self.png()), said, self.width)


def small(png: bytes) -> bytes:
    """Return *png* with a palette: flat pictures look the same and weigh a quarter."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return palette_png([image.convert("RGB")])


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
    face = get_font(findfont(font(size, mono, strong)))
    face.set_size(size * MEASURE, 72)  # measured large, so that hinting does not round it
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(face.get_width_height()[0]) / 64 / MEASURE


@lru_cache(maxsize=4096)
def shorten(text: str, width: float, size: float, mono: bool = False, strong: bool = False) -> str:
    """Return *text*, its middle replaced by an ellipsis if it is wider than *width* px (names differ at their ends)."""
    if text_width(text, size, mono, strong) <= width:
        return text
    best, low, high = "", 2, len(text) - 1
    while low <= high:
        keep = (low + high) // 2
        tail = keep // 2
        short = text[: keep - tail].rstrip() + "…" + text[len(text) - tail :].lstrip()
        if text_width(short, size, mono, strong) <= width:
            best, low = short, keep + 1
        else:
            high = keep - 1
    return best
