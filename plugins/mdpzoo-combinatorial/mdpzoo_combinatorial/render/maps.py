"""Places nodes on a canvas: maps with a scale bar, lines across the date line, and nodes that would overlap."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo_combinatorial.render.canvas import TEXT, Box, Canvas, Floats, dot_size, fit_to_box, number

BAR = 24  # height of the scale bar in units
SHARE = 0.25  # maximum length of the scale bar as a fraction of the map's width
MIN_DISTANCE = 4.0  # between nodes that are moved apart, in diameters of a dot
MAX_SPREAD = 5_000  # nodes of larger instances are not moved, since they overlap anyway
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))  # the golden angle, between successive points of a spiral


class Map(NamedTuple):
    """Properties of a layout besides the positions.

    Attributes:
        kilometres: length of a unit of the layout, in its middle; 0 if it is not a map of the Earth.
        period: circumference of the Earth in units of the layout; infinite if it is not a map of the Earth.
        names: a text for each node, or none.
    """

    kilometres: float = 0.0
    period: float = np.inf
    names: Sequence[str] = ()


NO_MAP = Map()


class Placement(NamedTuple):
    """The positions of nodes on a canvas.

    Attributes:
        points: ``[n, 2]`` pixels.
        period: circumference of the Earth in pixels, or infinite.
        box: the drawn area.
    """

    points: Floats
    period: float
    box: Box

    def lines(self, nodes: ArrayLike) -> list[Floats]:
        """Returns the path through nodes as lines ``[k, 2]``, split where it crosses the edge of the map.

        Args:
            nodes: in the order of their visits.
        """
        path = self.points[np.asarray(nodes, int)]
        far = np.flatnonzero(np.abs(np.diff(path[:, 0])) > self.period / 2)
        lines, begin = [], 0
        for leg in map(int, far):
            out, back = _across(path[leg], path[leg + 1], self.period, self.box)
            lines.append(np.vstack([path[begin : leg + 1], out]))
            path[leg] = back  # the next line begins at the other edge
            begin = leg
        return [*lines, path[begin:]]


def place_nodes(canvas: Canvas, layout: Floats, about: Map, below: float = 0.0) -> Placement:
    """Places nodes ``[n, 2]`` above the lowest ``below`` units of the canvas, and draws the scale bar of a map."""
    box = canvas.box(below + (BAR if about.kilometres else 0))
    points = fit_to_box(layout, box)
    span = np.ptp(layout, axis=0)
    factor = float((np.ptp(points, axis=0) / np.where(span > 0, span, 1.0)).max()) if span.any() else 0.0
    if about.kilometres and factor:
        _scale_bar(canvas, about.kilometres / factor, below)
    return Placement(points, about.period * factor if factor else np.inf, box)


def spread(layout: Floats) -> Floats:
    """Moves apart nodes ``[n, 2]`` that would overlap, each to the nearest free point of a spiral around it.

    The first of several nodes at a position is not moved. Takes O(n).
    """
    if not 1 < len(layout) <= MAX_SPREAD:
        return layout
    span = float(np.ptp(layout, axis=0).max()) or 1.0
    least = MIN_DISTANCE * dot_size(len(layout)) / 540 * span
    moved, taken, tried = layout.copy(), {}, {}  # type: ignore[var-annotated]
    for node, origin in enumerate(layout):
        home = tuple(np.floor(origin / least).astype(int).tolist())
        step = tried.get(home, 0)
        while True:
            where = origin + 0.6 * least * np.sqrt(step) * np.array([np.cos(step * GOLDEN), np.sin(step * GOLDEN)])
            cell = np.floor(where / least).astype(int)
            near = [each for x in (-1, 0, 1) for y in (-1, 0, 1) for each in taken.get((cell[0] + x, cell[1] + y), ())]
            if all(np.hypot(*(where - each)) >= least for each in near):
                break
            step += 1
        tried[home] = step
        moved[node] = where
        taken.setdefault((int(cell[0]), int(cell[1])), []).append(where)
    return moved


def _across(start: Floats, end: Floats, period: float, box: Box) -> tuple[Floats, Floats]:
    """Returns where the line from ``start`` to ``end`` leaves the map, and where it enters it again."""
    left, _, right, _ = box
    sign = 1.0 if start[0] > end[0] else -1.0  # leaves on the right or on the left
    beyond = end + (sign * period, 0.0)
    exit_, entry = (right, left) if sign > 0 else (left, right)
    share = (exit_ - start[0]) / (beyond[0] - start[0])
    out = start + min(max(share, 0.0), 1.0) * (beyond - start)
    before = start - (sign * period, 0.0)
    share = (entry - before[0]) / (end[0] - before[0])
    back = before + min(max(share, 0.0), 1.0) * (end - before)
    return out, back


def _scale_bar(canvas: Canvas, kilometres: float, below: float) -> None:
    """Draws a scale bar of 1, 2 or 5 times a power of ten; a pixel has ``kilometres``."""
    left, bottom, right, _ = canvas.box(below)
    longest = SHARE * (right - left) * kilometres
    power = 10.0 ** np.floor(np.log10(longest))
    length = max(each * power for each in (1, 2, 5) if each * power <= longest)
    y, end, unit = bottom + 6 * canvas.unit, left + length / kilometres, canvas.unit
    canvas.lines(
        [np.array([[left, y + 4 * unit], [left, y], [end, y], [end, y + 4 * unit]])],
        TEXT,
        1.2,
    )
    canvas.text(end + 8 * unit, y + 2 * unit, f"{number(length)} km", side="left")
