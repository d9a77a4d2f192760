"""A canvas with pixel coordinates, on which pictures are drawn from lines, dots, bars and text.

It uses matplotlib's artists on a figure without axes, which would take most of the time. Matplotlib is imported for the
first picture; pyplot's figures and the choice of a backend are not affected. Coordinates start in the lower left
corner; ``unit`` is 1 pixel if the shorter side has 600 pixels.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, MissingExtraError

LINE, NODE, UNVISITED, START, CURRENT, TEXT = "#2f6690", "#16324f", "#a9b4c0", "#d1495b", "#edae49", "#333333"
EMPTY = "#e8ecf0"  # the empty part of a bar
ROUTES = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#444444",
)  # Okabe and Ito 2008, distinguishable for colour-blind people
PIXELS_PER_INCH = 100
POINTS = 72 / PIXELS_PER_INCH  # points per pixel
LETTER = 0.56  # approximate width of a letter divided by the height of its line
Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, bottom, right, top


class Canvas:
    """A white canvas with an optional title.

    Attributes:
        width: in pixels.
        height: in pixels.
        unit: the scale; one pixel on a canvas of 600 by 600.
    """

    def __init__(self, size: tuple[int, int], title: str | None = None) -> None:
        """Creates a canvas of ``size`` pixels, width and height.

        Raises:
            InstanceError: if a side is not in 50..10000.
            MissingExtraError: if matplotlib is not installed.
        """
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
            from matplotlib.transforms import Affine2D
        except ImportError:
            sentence = "pictures need matplotlib; type: pip install 'mdpzoo-combinatorial[render]'"
            raise MissingExtraError(sentence) from None
        if not all(50 <= side <= 10_000 for side in size):
            raise InstanceError(f"width and height of a picture must lie in 50..10000, got {size[0]} by {size[1]}")
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
        """Returns the area within the margins, below the title and above the lowest ``below`` units."""
        margin, over = 0.05 * min(self.width, self.height), 30 * self.unit * self._titled
        return margin, margin + below * self.unit, self.width - margin, self.height - margin - over

    def lines(self, paths: Sequence[Floats], colours: Any, width: float, alpha: float = 1.0) -> None:
        """Draws lines through points ``[k, 2]``, ``width`` units wide, in one colour or a colour for each."""
        from matplotlib.collections import LineCollection

        style: dict[str, Any] = {
            "linewidths": max(width * self.unit, 0.5) * POINTS,
            "capstyle": "round",
            "joinstyle": "round",
        }
        self._add(LineCollection(list(paths), colors=colours, alpha=alpha, **style))

    def dots(self, points: Floats, size: Any, colours: Any, shape: str = "o", edge: str = "none") -> None:
        """Draws marks at ``[k, 2]``; ``size`` is their diameter in units, one for all or each; shape s is a square."""
        if not len(points):
            return
        from matplotlib.collections import PathCollection
        from matplotlib.markers import MarkerStyle
        from matplotlib.transforms import IdentityTransform

        marker = MarkerStyle(shape)
        areas = np.square(np.maximum(np.atleast_1d(size) * self.unit, 1.0) * POINTS)
        style = {"facecolors": colours, "edgecolors": edge, "linewidths": self.unit * POINTS}
        where = {"offsets": points, "offset_transform": self._pixels}
        path = marker.get_path().transformed(marker.get_transform())
        marks = PathCollection([path], areas, **style, **where)
        marks.set_transform(IdentityTransform())
        self._add(marks, transform=False)

    def patches(self, corners: Any, colours: Any, smooth: bool = True) -> None:
        """Fills polygons ``[k, corners, 2]`` with one colour or a colour for each."""
        if not len(corners):
            return
        from matplotlib.collections import PolyCollection

        self._add(PolyCollection(corners, facecolors=colours, edgecolors="none", antialiaseds=smooth))

    def bars(self, left: ArrayLike, bottom: ArrayLike, right: ArrayLike, top: ArrayLike, colours: Any) -> None:
        """Fills rectangles, rounded to whole pixels."""
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
        """Writes one line of plain text; if it is wider than ``room`` pixels, it is scaled down and then truncated."""
        from matplotlib.text import Text

        line = " ".join(text.split())
        height, room = size * self.unit, 0.96 * self.width if room is None else room
        if (wide := LETTER * height * len(line)) > room:
            height *= max(room / wide, 0.65)
            letters = max(int(room / (LETTER * height)), 1)
            line = line if len(line) <= letters else line[: letters - 1] + "…"
        style: dict[str, Any] = {"ha": side, "va": "center", "color": TEXT, "size": height * POINTS}
        written = Text(x, y, line, parse_math=False, usetex=False, **style)
        if halo:
            from matplotlib.patheffects import withStroke

            written.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
        self._add(written)

    def measure(self, text: str, size: float) -> tuple[float, float]:
        """Returns the width and height in pixels of a line of text of font size ``size`` units."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=size * self.unit * POINTS)
        size_of = self._agg.get_renderer().get_text_width_height_descent
        width, height, _ = size_of(" ".join(text.split()), font, False)
        return float(width), max(
            float(height), float(size_of("lp", font, False)[1])
        )  # as matplotlib computes the height

    def caption(self, text: str) -> None:
        """Writes a line at the bottom of the canvas."""
        self.text(self.width / 2, 18 * self.unit, text)

    def pixels(self) -> NDArray[np.uint8]:
        """Returns the picture, ``[height, width, 3]`` uint8."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a name with characters that the font does not have
            self._agg.draw()
        return np.asarray(self._agg.buffer_rgba())[..., :3].copy()

    def encode_as(self, kind: str) -> bytes:
        """Returns the picture as the content of a png, svg or pdf file."""
        content = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")
            self._figure.savefig(content, format=kind, dpi="figure", facecolor="white")
        return content.getvalue()

    def _add(self, artist: Any, transform: bool = True) -> None:
        """Adds an artist above all others."""
        if transform:
            artist.set_transform(self._pixels)
        self._figure.add_artist(artist)
        artist.set_zorder(len(self._figure.get_children()))


def fit_to_box(layout: Floats, box: Box, frame: Floats | None = None) -> Floats:
    """Returns positions translated and scaled, by the same factor in both directions, into the middle of a box.

    Args:
        layout: ``[n, 2]``.
        box: in pixels.
        frame: ``[k, 2]``, points that must fit instead of the layout, so that pictures of parts have the same scale.
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
    """Returns the diameter of a node in units, for a number of nodes."""
    return float(np.clip(45.0 / np.sqrt(max(count, 1)), 1.2, 5.0)) / POINTS


def number(value: float) -> str:
    """Returns a number for captions, with at least three digits and without an exponent unless it is very large."""
    if value == int(value) or abs(value) >= 999.5:  # three digits would round it to a thousand, with an exponent
        return f"{value:,.0f}" if abs(value) < 1e12 else f"{value:.3g}"
    return f"{value:.3g}"


def positions(layout: ArrayLike) -> Floats:
    """Returns positions ``[n, 2]`` after validation.

    Raises:
        InstanceError: if the shape is another, there are none, or a number is not finite.
    """
    points = np.asarray(layout, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise InstanceError(f"a picture needs finite positions [n, 2], got the shape {points.shape}")
    return points


def indices(values: ArrayLike, count: int, what: str = "node") -> NDArray[np.int64]:
    """Returns indices ``[k]`` of ``count`` nodes or items after validation.

    Raises:
        InstanceError: if one is out of range.
    """
    array = np.asarray(values, np.int64).reshape(-1)
    outside = array[(array < 0) | (array >= count)]
    if len(outside):
        raise InstanceError(f"{what} {outside[0]} of the picture is outside 0..{count - 1}")
    return array
