"""Draws tours, and remaining paths."""

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo_combinatorial.render.canvas import (
    CURRENT,
    EMPTY,
    LINE,
    NODE,
    START,
    UNVISITED,
    Canvas,
    Floats,
    dot_size,
    fit_to_box,
    indices,
    number,
    positions,
)
from mdpzoo_combinatorial.render.labels import check_names, write_labels
from mdpzoo_combinatorial.render.maps import NO_MAP, Map, place_nodes

MAX_ARROWS = 150
FOOT = 16  # height of a caption in units
UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 1.0]])


def draw_tour(
    canvas: Canvas,
    layout: ArrayLike,
    tour: ArrayLike,
    *,
    current: int | None = None,
    about: Map = NO_MAP,
    arrows: bool = False,
    caption: str = "",
) -> None:
    """Draws a tour, closed if it has all nodes, otherwise an open path.

    Args:
        canvas: an empty canvas.
        layout: ``[n, 2]``.
        tour: nodes in the order of their visits.
        current: a node that is marked in addition to the first one.
        about: scale of a map and names of the nodes.
        arrows: whether lines show their direction.
        caption: a line at the bottom.
    Raises:
        InstanceError: if a node, a position or the number of names is out of range.
    """
    layout = positions(layout)
    n = len(layout)
    nodes = indices(tour, n)
    check_names(about, n)
    if caption:
        canvas.caption(caption)
    where, dot = place_nodes(canvas, layout, about, FOOT if caption else 0), dot_size(n)
    points = where.points
    path = np.append(nodes, nodes[:1]) if len(nodes) == n else nodes
    left = np.ones(n, bool)
    left[nodes] = False
    lines = where.lines(path) if len(path) > 1 else []
    if lines:
        canvas.lines(lines, LINE, 0.2 * dot + 1)
    if arrows:
        draw_arrows(canvas, points[path[:-1]], points[path[1:]])
    canvas.dots(points[left], dot, UNVISITED)
    canvas.dots(points[nodes], dot, NODE)
    ends(canvas, points, dot, nodes[:1], [] if current is None else indices([current], n))
    write_labels(canvas, points, lines, about.names, dot)


def draw_remainder(
    canvas: Canvas,
    layout: ArrayLike,
    *,
    frame: Floats | None = None,
    sizes: Floats | None = None,
    share: float | None = None,
    caption: str = "",
) -> None:
    """Draws a remaining path: its origin and destination, and the nodes to be visited between them.

    Args:
        canvas: an empty canvas.
        layout: ``[2 + k, 2]``, the origin first, the destination last.
        frame: ``[2, 2]``, corners of the drawn area; None: fitted to the nodes.
        sizes: ``[2 + k]``, relative sizes of the nodes.
        share: remaining fraction of a capacity or a budget, for a bar; None: no bar.
        caption: text after the number of nodes.
    """
    layout = positions(layout)
    dot = dot_size(len(layout))
    bar = 0 if share is None else 22
    points = fit_to_box(layout, canvas.box(FOOT + 18 + bar), frame)
    size = dot * (np.ones(len(layout)) if sizes is None else sizes)
    canvas.dots(points[1:-1], size[1:-1], NODE)
    ends(canvas, points, dot, [len(layout) - 1], [0])
    if share is not None:
        left, _, right, _ = canvas.box()
        low, high = 54 * canvas.unit, 66 * canvas.unit
        canvas.bars(left, low, right, high, EMPTY)
        canvas.bars(left, low, left + (right - left) * min(max(share, 0.0), 1.0), high, LINE)
    _legend(canvas, 36 * canvas.unit)
    count = len(layout) - 2
    canvas.caption(f"{number(count)} {'node' if count == 1 else 'nodes'} left{caption}")


def draw_arrows(canvas: Canvas, tails: Floats, heads: Floats, colours: str = LINE) -> None:
    """Draws arrowheads in the middle of the longest ``MAX_ARROWS`` lines from ``[k, 2]`` to ``[k, 2]``."""
    way = heads - tails
    long = np.hypot(*way.T)
    size = 7.0 * canvas.unit
    chosen = np.flatnonzero(long > 3 * size)
    chosen = chosen[np.argsort(-long[chosen], kind="stable")[:MAX_ARROWS]]
    ahead = way[chosen] / long[chosen, None] * size
    aside, middle = ahead[:, ::-1] * np.array([-0.5, 0.5]), (tails[chosen] + heads[chosen]) / 2
    corners = np.stack([middle + ahead * 0.6, middle - ahead * 0.6 + aside, middle - ahead * 0.6 - aside], 1)
    canvas.patches(corners, colours)


def ends(canvas: Canvas, points: Floats, dot: float, first: ArrayLike, current: ArrayLike) -> None:
    """Marks the first node by a square and the current node by a disc, the smaller mark above the larger."""
    first, current = np.asarray(first, int), np.asarray(current, int)
    canvas.dots(points[first], dot + 6, START, "s", "white")
    same = len(first) and len(current) and (points[first[0]] == points[current[0]]).all()
    canvas.dots(points[current], (dot + 2) * 0.8 if same else dot + 5, CURRENT, "o", "white")


def _legend(canvas: Canvas, y: float) -> None:
    """Draws the legend of the two marks of a path."""
    middle, unit = canvas.width / 2, canvas.unit
    for x, word, colour, shape in ((-92, "origin", CURRENT, "o"), (14, "destination", START, "s")):
        canvas.dots(np.array([[middle + x * unit, y]]), 9, colour, shape)
        canvas.text(middle + (x + 9) * unit, y, word, side="left")
