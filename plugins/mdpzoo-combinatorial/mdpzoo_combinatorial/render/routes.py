"""Draws vehicle routes, and below them a bar of each vehicle's load."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.render.canvas import (
    EMPTY,
    NODE,
    ROUTES,
    UNVISITED,
    Canvas,
    Floats,
    dot_size,
    indices,
    number,
    positions,
)
from mdpzoo_combinatorial.render.labels import check_names, write_labels
from mdpzoo_combinatorial.render.maps import NO_MAP, Map, Placement, place_nodes

FOOT = 88  # height of bars and caption in units
LOW, HIGH = 36, 96  # lower and upper edge of the bars in units
WIDEST = 26.0  # maximum width of a bar with its gap in units


def draw_routes(
    canvas: Canvas,
    layout: ArrayLike,
    routes: Sequence[ArrayLike],
    demands: ArrayLike,
    capacity: float,
    *,
    complete: bool = True,
    arranged: bool = True,
    about: Map = NO_MAP,
) -> None:
    """Draws routes in seven colours, with lighter edges from and to the depot.

    Args:
        canvas: an empty canvas.
        layout: ``[n + 1, 2]``, the depot first.
        routes: customers of each route, without the depot.
        demands: ``[n + 1]``.
        capacity: of a vehicle; 0 only if all demands are 0.
        complete: whether the last route returns to the depot.
        arranged: whether colours are assigned by direction, so that adjacent routes differ; False: by the order of the
            routes, so that they do not change when a route is added.
        about: scale of a map and names of the nodes.
    Raises:
        InstanceError: if a customer, a position or the number of demands is out of range.
    """
    layout = positions(layout)
    amounts = np.asarray(demands, np.float64)
    if amounts.shape != (len(layout),):
        raise InstanceError(f"a picture of {len(layout)} nodes needs as many demands, got {amounts.shape}")
    stops = [route for each in routes if len(route := indices(each, len(layout)))]
    check_names(about, len(layout))
    where, dot = place_nodes(canvas, layout, about, FOOT), dot_size(len(layout))
    points = where.points
    if arranged:
        stops = _around(points, stops)
    colours = [ROUTES[each % len(ROUTES)] for each in range(len(stops))]
    size = dot * by_demand(amounts)
    lines = _route_lines(canvas, where, stops, colours, 0.2 * dot + 1, complete)
    left = np.ones(len(points), bool)
    left[[0, *(stop for each in stops for stop in each)]] = False
    canvas.dots(points[left], size[left], UNVISITED)
    if stops:
        visited = np.concatenate(stops)
        painted = [colour for colour, each in zip(colours, stops, strict=True) for _ in each]
        canvas.dots(points[visited], size[visited], painted)
    canvas.dots(points[:1], dot + 7, NODE, "s", "white")
    if stops and not complete:
        canvas.dots(points[stops[-1][-1:]], dot + 4, "white", "o", NODE)
    write_labels(canvas, points, lines, about.names, dot)
    loads = np.array([amounts[each].sum() for each in stops])
    _loads(canvas, loads, colours, capacity, amounts.sum())
    canvas.caption(_caption(loads, capacity, None if arranged else (int(left.sum()), len(points) - 1)))


def by_demand(amounts: Floats) -> Floats:
    """Returns the relative sizes of nodes ``[n + 1]``; their area is proportional to their demand, on average 1."""
    usual = amounts[1:].mean() if len(amounts) > 1 else 0.0
    return np.sqrt(np.clip(amounts / usual, 0.4, 3.0)) if usual > 0 else np.ones(len(amounts))


def _around(points: Floats, stops: list[np.ndarray]) -> list[np.ndarray]:
    """Returns the routes sorted by the direction of their centres from the depot."""
    angles = [np.arctan2(*(points[each].mean(0) - points[0])[::-1]) for each in stops]
    return [stops[each] for each in np.argsort(angles, kind="stable")]


def _route_lines(
    canvas: Canvas, where: Placement, stops: list[np.ndarray], colours: list[str], width: float, complete: bool
) -> list[Floats]:
    """Draws the routes and returns their lines."""
    home, rounds = [], []  # lines and their colours
    for number_, (stop, colour) in enumerate(zip(stops, colours, strict=True)):
        home += [(line, colour) for line in where.lines([0, stop[0]])]
        if complete or number_ < len(stops) - 1:
            home += [(line, colour) for line in where.lines([stop[-1], 0])]
        rounds += [(line, colour) for line in where.lines(stop)]
    if home:
        faint = float(np.clip(12 / len(stops), 0.1, 0.45))
        canvas.lines([line for line, _ in home], [colour for _, colour in home], 0.7 * width, faint)
        canvas.lines([line for line, _ in rounds], [colour for _, colour in rounds], width)
    return [line for line, _ in (*rounds, *home)]


def _loads(canvas: Canvas, loads: Floats, colours: list[str], capacity: float, total: float) -> None:
    """Draws a column for each vehicle, at least as many as the total demand needs."""
    left, _, right, _ = canvas.box()
    low, high = LOW * canvas.unit, HIGH * canvas.unit
    least = int(np.ceil(min(total / capacity, 10_000.0))) if capacity > 0 else 0
    count = max(len(loads), least, 1)
    wide = min((right - left) / count, WIDEST * canvas.unit)
    begin = (left + right - count * wide) / 2 + np.arange(count) * wide
    end = begin + wide - np.clip(round(0.2 * wide), 1 if wide >= 3 else 0, None)
    canvas.bars(begin, low, end, high, EMPTY)
    full = np.clip(loads / capacity, 0.0, 1.0) if capacity > 0 else np.zeros(len(loads))
    canvas.bars(begin[: len(loads)], low, end[: len(loads)], low + np.maximum(full * (high - low), 1), colours)


def _caption(loads: Floats, capacity: float, left: tuple[int, int] | None) -> str:
    count = len(loads)
    words = [f"{count} {'route' if count == 1 else 'routes'}"]
    if left is not None:
        words.append(f"{left[1] - left[0]} of {left[1]} customers served")
        if count:
            words.append(f"load {number(loads[-1])} of {number(capacity)}")
    elif count and capacity > 0:
        words.append(f"on average {100 * loads.mean() / capacity:.0f} % of the capacity {number(capacity)}")
    return ", ".join(words)
