"""Draws orienteering: nodes sized by their prizes, a tour, and a bar of the used budget."""

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.render.canvas import (
    EMPTY,
    LINE,
    NODE,
    UNVISITED,
    Canvas,
    Floats,
    dot_size,
    indices,
    number,
    positions,
)
from mdpzoo_combinatorial.render.labels import check_names, write_labels
from mdpzoo_combinatorial.render.maps import NO_MAP, Map, place_nodes
from mdpzoo_combinatorial.render.tours import ends

FOOT = 44  # height of bar and caption in units
LOW, HIGH = 38, 52  # lower and upper edge of the bar in units
HOME = "#9dbdd6"  # the part of the budget for the return


def draw_prizes(
    canvas: Canvas,
    layout: ArrayLike,
    tour: ArrayLike,
    prizes: ArrayLike,
    limit: float,
    used: float,
    *,
    home: float = 0.0,
    complete: bool = True,
    about: Map = NO_MAP,
) -> None:
    """Draws a tour and its budget.

    Args:
        canvas: an empty canvas.
        layout: ``[n + 1, 2]``, the depot first.
        tour: nodes in order, the depot first.
        prizes: ``[n + 1]``.
        limit: maximum length of a tour.
        used: length of what is drawn.
        home: distance from the last node to the depot; used if the tour is not complete.
        complete: whether the tour returns to the depot.
        about: scale of a map and names of the nodes.
    Raises:
        InstanceError: if a node, a position or the number of prizes is out of range.
    """
    layout = positions(layout)
    prize = np.asarray(prizes, np.float64)
    if prize.shape != (len(layout),):
        raise InstanceError(f"a picture of {len(layout)} nodes needs as many prizes, got {prize.shape}")
    nodes = indices(tour, len(layout))
    check_names(about, len(layout))
    where, dot = place_nodes(canvas, layout, about, FOOT), dot_size(len(layout))
    points = where.points
    size = dot * by_prize(prize, float(prize.max()))
    path = np.append(nodes, nodes[:1]) if complete else nodes
    lines = where.lines(path) if len(nodes) > 1 else []
    if lines:
        canvas.lines(lines, LINE, 0.2 * dot + 1)
    left = np.ones(len(points), bool)
    left[nodes] = False
    canvas.dots(points[left], size[left], UNVISITED)
    canvas.dots(points[nodes], size[nodes], NODE)
    ends(canvas, points, dot, [0], [] if complete else nodes[-1:])
    write_labels(canvas, points, lines, about.names, dot)
    _budget(canvas, limit, used, 0.0 if complete else home)
    visited = len(nodes) - 1 if len(nodes) and nodes[0] == 0 else len(nodes)
    collected = f"{visited} of {len(points) - 1} nodes, prize {number(prize[nodes].sum())} of {number(prize.sum())}"
    canvas.caption(f"length {number(used)} of {number(limit)}, {collected}")


def by_prize(prizes: Floats, largest: float) -> Floats:
    """Returns the relative sizes of nodes; their area is proportional to their prize."""
    return np.sqrt(np.clip(prizes / largest, 0.08, 1.0)) * 1.9 if largest > 0 else np.ones(len(prizes))


def _budget(canvas: Canvas, limit: float, used: float, home: float) -> None:
    left, _, right, _ = canvas.box()
    low, high = LOW * canvas.unit, HIGH * canvas.unit
    share = [min(max(each / limit, 0.0), 1.0) if limit > 0 else 0.0 for each in (used, used + home)]
    here, there = (left + (right - left) * each for each in share)
    canvas.bars([left, left, here], low, [right, here, there], high, [EMPTY, LINE, HOME])
