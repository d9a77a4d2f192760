"""A sheet to draw on in pixels, and what every picture is made of: lines, dots, bars and text.

It uses matplotlib's artists on a figure of its own on the Agg canvas, without axes, which would take most of a
picture's time. Matplotlib is imported when the first picture is asked for; no figure is kept, and no backend is chosen
for others. Pixels count from the lower left corner; ``unit`` is one where the shorter side has 600 of them.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, MissingExtraError

LINE, NODE, UNVISITED, START, CURRENT, TEXT = "#2f6690", "#16324f", "#a9b4c0", "#d1495b", "#edae49", "#333333"
EMPTY = "#e8ecf0"  # what could be filled
ROUTES = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#444444",
)  # Okabe and Ito 2008, for all eyes
PIXELS_PER_INCH = 100
POINTS = 72 / PIXELS_PER_INCH  # of a pixel
LETTER = 0.56  # width of a letter, in heights of its line, about
Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, bottom, right, top


class Canvas:
    """A white sheet, with a title or without.

    Attributes:
        width: in pixels.
        height: likewise.
        unit: pixels of what is one pixel on a sheet of 600 by 600.
    """

    def __init__(self, size: tuple[int, int], title: str | None = None) -> None:
        """Makes a sheet of ``size`` pixels, width and height.

        Raises:
            InstanceError: a side outside 50..10000.
            MissingExtraError: matplotlib is not installed.
        """
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
            from matplotlib.transforms import Affine2D
        except ImportError:
            sentence = "pictures need matplotlib; type: pip install 'mdpzoo-combinatorial[render]'"
            raise MissingExtraError(sentence) from None
        if not all(50 <= side <= 10_000 for side in size):
            raise InstanceError(f"a picture is 50 to 10000 pixels wide and high, got {size[0]} by {size[1]}")
        self.width, self.height = size
        self.unit = min(size) / 600
        inches = self.width / PIXELS_PER_INCH, self.height / PIXELS_PER_INCH
        self._figure = Figure(figsize=inches, dpi=PIXELS_PER_INCH, facecolor="white")
        self._agg = FigureCanvasAgg(self._figure)
        self._pixels = Affine2D().scale(1 / self.width, 1 / self.height) + self._figure.transFigure
        self._titled = bool(title)
        if title:
            self.text(self.width / 2, self.height - 27 * self.unit, title, size=19)

    def box(self, below: float = 0.0) -> Box:
        """What is left of the sheet between its margins, below the title and above ``below`` units."""
        margin, over = 0.05 * min(self.width, self.height), 30 * self.unit * self._titled
        return margin, margin + below * self.unit, self.width - margin, self.height - margin - over

    def lines(self, paths: Sequence[Floats], colours: Any, width: float, alpha: float = 1.0) -> None:
        """Draws lines through points ``[k, 2]``, ``width`` units wide, in a colour or one each."""
        from matplotlib.collections import LineCollection

        style: dict[str, Any] = {
            "linewidths": max(width * self.unit, 0.5) * POINTS,
            "capstyle": "round",
            "joinstyle": "round",
        }
        self._add(LineCollection(list(paths), colors=colours, alpha=alpha, **style))

    def dots(self, places: Floats, size: Any, colours: Any, shape: str = "o", edge: str = "none") -> None:
        """Draws marks at ``[k, 2]``, so many units across, a number or one each; a square where ``shape`` is s."""
        if not len(places):
            return
        from matplotlib.collections import PathCollection
        from matplotlib.markers import MarkerStyle
        from matplotlib.transforms import IdentityTransform

        marker = MarkerStyle(shape)
        areas = np.square(np.maximum(np.atleast_1d(size) * self.unit, 1.0) * POINTS)
        style = {"facecolors": colours, "edgecolors": edge, "linewidths": self.unit * POINTS}
        where = {"offsets": places, "offset_transform": self._pixels}
        path = marker.get_path().transformed(marker.get_transform())
        marks = PathCollection([path], areas, **style, **where)
        marks.set_transform(IdentityTransform())
        self._add(marks, placed=True)

    def patches(self, corners: Any, colours: Any, smooth: bool = True) -> None:
        """Fills polygons ``[k, corners, 2]`` with a colour or one each."""
        if not len(corners):
            return
        from matplotlib.collections import PolyCollection

        self._add(PolyCollection(corners, facecolors=colours, edgecolors="none", antialiaseds=smooth))

    def bars(self, left: ArrayLike, bottom: ArrayLike, right: ArrayLike, top: ArrayLike, colours: Any) -> None:
        """Fills upright rectangles whose sides lie on whole pixels."""
        x0, y0, x1, y1 = (np.round(each) for each in np.broadcast_arrays(left, bottom, right, top))
        corners = np.stack([np.stack([x0, x1, x1, x0], -1), np.stack([y0, y0, y1, y1], -1)], -1)
        self.patches(corners.reshape(-1, 4, 2), colours, smooth=False)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 13,
        side: str = "center",
        room: float | None = None,
        halo: bool = False,
    ) -> None:
        """Writes one line as it stands, no mathematics in it; smaller, then cut, where ``room`` pixels are too few."""
        from matplotlib.text import Text

        line = " ".join(text.split())
        height, room = size * self.unit, 0.96 * self.width if room is None else room
        if (wide := LETTER * height * len(line)) > room:
            height *= max(room / wide, 0.65)
            most = max(int(room / (LETTER * height)), 1)
            line = line if len(line) <= most else line[: most - 1] + "…"
        style: dict[str, Any] = {"ha": side, "va": "center", "color": TEXT, "size": height * POINTS}
        written = Text(x, y, line, parse_math=False, usetex=False, **style)
        if halo:
            from matplotlib.patheffects import withStroke

            written.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
        self._add(written)

    def measure(self, text: str, size: float) -> tuple[float, float]:
        """How many pixels a line of text is wide and high, ``size`` units being its height."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=size * self.unit * POINTS)
        size_of = self._agg.get_renderer().get_text_width_height_descent
        width, height, _ = size_of(" ".join(text.split()), font, False)
        return float(width), max(float(height), float(size_of("lp", font, False)[1]))  # as matplotlib sets lines

    def caption(self, text: str) -> None:
        """Writes a line at the foot of the sheet."""
        self.text(self.width / 2, 18 * self.unit, text)

    def pixels(self) -> NDArray[np.uint8]:
        """The picture, ``[height, width, 3]`` uint8."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in a script that the font lacks
            self._agg.draw()
        return np.asarray(self._agg.buffer_rgba())[..., :3].copy()

    def encoded(self, kind: str) -> bytes:
        """The picture as a file of ``kind`` png, svg or pdf."""
        content = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")
            self._figure.savefig(content, format=kind, dpi="figure", facecolor="white")
        return content.getvalue()

    def _add(self, artist: Any, placed: bool = False) -> None:
        """Adds above what is there."""
        if not placed:
            artist.set_transform(self._pixels)
        self._figure.add_artist(artist)
        artist.set_zorder(len(self._figure.get_children()))


def placed(layout: Floats, box: Box, frame: Floats | None = None) -> Floats:
    """Positions moved and scaled, by one factor, into the middle of a box.

    Args:
        layout: ``[n, 2]``.
        box: in pixels.
        frame: ``[k, 2]``, points that the box must hold instead of the layout's own, so that pictures of parts agree.
    """
    frame = layout if frame is None else frame
    largest = max(float(np.abs(frame).max()), 1e-300)
    layout, frame = layout / largest, frame / largest
    low, high = frame.min(0), frame.max(0)
    left, bottom, right, top = box
    room = np.array([right - left, top - bottom])
    span = high - low
    factor = min((room[each] / span[each] for each in (0, 1) if span[each] > 0), default=1.0)
    return np.array([left + right, bottom + top]) / 2 + (layout - (low + high) / 2) * factor


def dot_size(count: int) -> float:
    """How many units a node is across where there are so many."""
    return float(np.clip(45.0 / np.sqrt(max(count, 1)), 1.2, 5.0)) / POINTS


def number(value: float) -> str:
    """A number as captions say it: three digits or more, no exponents where they can be helped."""
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}" if abs(value) < 1e12 else f"{value:.3g}"
    return f"{value:.3g}"


def positions(layout: ArrayLike) -> Floats:
    """Positions ``[n, 2]``, checked.

    Raises:
        InstanceError: another shape, none, or a number that is not finite.
    """
    points = np.asarray(layout, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise InstanceError(f"a picture needs finite positions [n, 2], got the shape {points.shape}")
    return points


def indices(given: ArrayLike, count: int, what: str = "node") -> NDArray[np.int64]:
    """Indices ``[k]`` of ``count`` nodes or items, checked.

    Raises:
        InstanceError: one of them is outside.
    """
    held = np.asarray(given, np.int64).reshape(-1)
    outside = held[(held < 0) | (held >= count)]
    if len(outside):
        raise InstanceError(f"{what} {outside[0]} of the picture is outside 0..{count - 1}")
    return held
