"""Placing nodes on a sheet: maps with a scale bar, ways across the date line, and nodes that would hide each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo_combinatorial.render.canvas import TEXT, Box, Canvas, Floats, dot_size, number, placed

BAR = 24  # units that the scale bar takes
SHARE = 0.25  # of the map's width that the bar takes at most
APART = 4.0  # distance between nodes that are spread, in dots
MOST_SPREAD = 5_000  # nodes beyond which they overlap anyway
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))  # angle between neighbours of a sunflower


class Map(NamedTuple):
    """What is known of a layout besides the positions.

    Attributes:
        kilometres: of one unit of the layout, in its middle; 0: it is no map of the Earth.
        period: units of the layout once round the Earth; infinite where it is no such map.
        names: a text for each node, or none.
    """

    kilometres: float = 0.0
    period: float = np.inf
    names: Sequence[str] = ()


NO_MAP = Map()


class Place(NamedTuple):
    """Where things are on the sheet.

    Attributes:
        points: ``[n, 2]`` pixels.
        period: pixels once round the Earth, or infinite.
        box: what is drawn in.
    """

    points: Floats
    period: float
    box: Box

    def lines(self, nodes: ArrayLike) -> list[Floats]:
        """The way through nodes as lines ``[k, 2]``; cut in two where it leaves the map and comes in on the other side.

        Args:
            nodes: in the order of the visit.
        """
        way = self.points[np.asarray(nodes, int)]
        far = np.flatnonzero(np.abs(np.diff(way[:, 0])) > self.period / 2)
        pieces, begin = [], 0
        for leg in map(int, far):
            out, back = _across(way[leg], way[leg + 1], self.period, self.box)
            pieces.append(np.vstack([way[begin : leg + 1], out]))
            way[leg] = back  # the next piece begins at the other edge
            begin = leg
        return [*pieces, way[begin:]]


def place(canvas: Canvas, layout: Floats, about: Map, below: float = 0.0) -> Place:
    """Places nodes ``[n, 2]`` above ``below`` units of the sheet, and draws the scale bar of a map."""
    box = canvas.box(below + (BAR if about.kilometres else 0))
    points = placed(layout, box)
    span = np.ptp(layout, axis=0)
    factor = float((np.ptp(points, axis=0) / np.where(span > 0, span, 1.0)).max()) if span.any() else 0.0
    if about.kilometres and factor:
        _scale_bar(canvas, about.kilometres / factor, below)
    return Place(points, about.period * factor if factor else np.inf, box)


def spread(layout: Floats) -> Floats:
    """Moves nodes ``[n, 2]`` that would hide each other apart, each to the nearest free place of a sunflower.

    Nodes keep their order: the first of those at one place stays. Costs O(n).
    """
    if not 1 < len(layout) <= MOST_SPREAD:
        return layout
    span = float(np.ptp(layout, axis=0).max()) or 1.0
    least = APART * dot_size(len(layout)) / 540 * span
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
    """Where the way from ``start`` to ``end`` leaves the map, and where it comes in again."""
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
    """Draws a line of a round length; ``kilometres`` to a pixel."""
    left, bottom, right, _ = canvas.box(below)
    most = SHARE * (right - left) * kilometres
    power = 10.0 ** np.floor(np.log10(most))
    length = max(each * power for each in (1, 2, 5) if each * power <= most)
    y, end, unit = bottom + 6 * canvas.unit, left + length / kilometres, canvas.unit
    canvas.lines(
        [np.array([[left, y + 4 * unit], [left, y], [end, y], [end, y + 4 * unit]])],
        TEXT,
        1.2,
    )
    canvas.text(end + 8 * unit, y + 2 * unit, f"{number(length)} km", side="left")
