"""Pictures of tours: an array for ``rgb_array``, or a file for a paper.

Matplotlib is imported when the first picture is asked for. Everything goes through a figure of its
own on the Agg canvas; no figure is kept, and no backend is chosen for others.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, MissingExtraError
from mdpzoo_combinatorial.hostile_text import write_atomically
from mdpzoo_combinatorial.instances import TSPInstance

FORMATS = (".png", ".svg", ".pdf")
LINE, NODE, UNVISITED, START, CURRENT, TEXT = "#2f6690", "#16324f", "#a9b4c0", "#d1495b", "#edae49", "#333333"
PIXELS_PER_INCH = 100


def _figure(
    where: TSPInstance | ArrayLike,
    tour: ArrayLike,
    title: str | None,
    current: int | None,
    size: tuple[int, int],
    labels: Sequence[str] | None,
) -> Any:
    """Draws on a figure whose canvas is Agg's."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("pictures need matplotlib; type: pip install 'mdpzoo-combinatorial[render]'") from None
    layout = np.asarray(where.layout() if isinstance(where, TSPInstance) else where, np.float64)
    nodes = np.asarray(tour, np.int64).reshape(-1)
    _check(layout, nodes, current, size, labels)
    figure = Figure(figsize=(size[0] / PIXELS_PER_INCH, size[1] / PIXELS_PER_INCH), dpi=PIXELS_PER_INCH)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.03, 0.03, 0.94, 0.88 if title else 0.94))
    axes.set_aspect("equal")
    axes.set_axis_off()
    dot = float(np.clip(45.0 / np.sqrt(len(layout)), 1.2, 5.0)) * min(size) / 600
    path = np.append(nodes, nodes[:1]) if len(nodes) == len(layout) else nodes
    unvisited = np.setdiff1d(np.arange(len(layout)), nodes)
    axes.plot(*layout[path].T, color=LINE, linewidth=0.15 * dot + 0.7, solid_joinstyle="round", zorder=1)
    axes.plot(*layout[nodes].T, "o", color=NODE, markersize=dot, markeredgewidth=0, zorder=2)
    axes.plot(*layout[unvisited].T, "o", color=UNVISITED, markersize=dot, markeredgewidth=0, zorder=2)
    marks = [(nodes[0], START, "s")] if len(nodes) else []
    marks += [] if current is None else [(current, CURRENT, "o")]
    for node, colour, shape in marks:
        axes.plot(*layout[node], shape, color=colour, markersize=dot + 3, mec="white", mew=0.8, zorder=3)
    if labels is not None:
        _label(axes, layout, path, labels, dot)
    axes.margins(0.04)
    if title:
        figure.text(0.5, 0.955, _plain(title), ha="center", va="center", color=TEXT, size=min(size) / 50 + 2)
    return figure


def _label(axes: Any, layout: NDArray[np.float64], path: NDArray[np.int64], labels: Sequence[str], dot: float) -> None:
    """Writes each label on the side of its node where the tour is not, over a white halo."""
    from matplotlib.patheffects import withStroke

    away = np.zeros_like(layout)
    steps = np.diff(layout[path], axis=0)
    steps /= np.maximum(np.hypot(*steps.T), 1e-300)[:, None]
    np.subtract.at(away, path[:-1], steps)
    np.add.at(away, path[1:], steps)
    away[np.hypot(*away.T) < 0.1] = (0.0, 1.0)  # a straight line through, or no line: above
    away /= np.hypot(*away.T)[:, None]
    halo = [withStroke(linewidth=2.0, foreground="white")]
    for place, (x, y), label in zip(layout, away, labels, strict=True):
        side = "center" if abs(x) < 0.4 else "left" if x > 0 else "right"
        offset = ((dot + 2) * x, (dot + 3) * y)
        style = {"size": 8, "color": TEXT, "zorder": 4, "path_effects": halo}
        axes.annotate(_plain(label), place, offset, textcoords="offset points", ha=side, va="center", **style)


def _plain(text: str) -> str:
    """Text without matplotlib's mathematics, which a dollar sign would begin."""
    return text.replace("$", r"\$")


def _check(
    layout: NDArray[np.float64],
    nodes: NDArray[np.int64],
    current: int | None,
    size: tuple[int, int],
    labels: Sequence[str] | None,
) -> None:
    n = len(layout)
    if layout.ndim != 2 or layout.shape[1] != 2 or not n or not np.isfinite(layout).all():
        raise InstanceError(f"a picture needs finite positions [n, 2], got the shape {layout.shape}")
    for node in [*nodes, *([] if current is None else [current])]:
        if not 0 <= node < n:
            raise InstanceError(f"node {node} of the picture is outside 0..{n - 1}")
    if not all(50 <= side <= 10_000 for side in size):
        raise InstanceError(f"a picture is 50 to 10000 pixels wide and high, got {size[0]} by {size[1]}")
    if labels is not None and len(labels) != n:
        raise InstanceError(f"a picture of {n} nodes needs as many labels, got {len(labels)}")


def tour_picture(
    instance_or_layout: TSPInstance | ArrayLike,
    tour: ArrayLike,
    *,
    title: str | None = None,
    current: int | None = None,
    size: tuple[int, int] = (600, 600),
    labels: Sequence[str] | None = None,
) -> NDArray[np.uint8]:
    """Returns a picture, ``[height, width, 3]`` uint8.

    Args:
        instance_or_layout: an instance, or positions ``[n, 2]``.
        tour: nodes in the order of the visit; closed where it has all n, an open path where fewer, no line where empty.
        title: a line above.
        current: a node to mark beside the first of the tour.
        size: width and height in pixels, each in 50..10000.
        labels: a text for each node.
    Raises:
        InstanceError: a node, a position, a size or the labels out of range.
        MissingExtraError: matplotlib is not installed.
    """
    figure = _figure(instance_or_layout, tour, title, current, size, labels)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def save_picture(
    path: str | os.PathLike[str],
    instance_or_layout: TSPInstance | ArrayLike,
    tour: ArrayLike,
    *,
    title: str | None = None,
    current: int | None = None,
    size: tuple[int, int] = (1200, 1200),
    labels: Sequence[str] | None = None,
) -> None:
    """Writes a picture, whole or not at all, in the format that the extension names.

    Args:
        path: ends in .png, .svg or .pdf.
        instance_or_layout: as in ``tour_picture``, and so are the others.
        tour: as there.
        title: as there.
        current: as there.
        size: as there; a vector format takes 100 pixels for an inch.
        labels: as there.
    Raises:
        InstanceError: another extension, a folder that cannot be written, or as in ``tour_picture``.
        MissingExtraError: matplotlib is not installed.
    """
    extension = Path(path).suffix.lower()
    if extension not in FORMATS:
        raise InstanceError(f"a picture's name must end in {', '.join(FORMATS)}, got {ascii(os.fspath(path))}")
    content = io.BytesIO()
    figure = _figure(instance_or_layout, tour, title, current, size, labels)
    figure.savefig(content, format=extension[1:])
    write_atomically(path, content.getvalue())
