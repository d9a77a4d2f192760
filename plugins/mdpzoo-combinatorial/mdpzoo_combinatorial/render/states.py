"""Pictures of states: partial solutions in the direct form, remaining problems in the quotiented form.

All pictures have 600 by 600 pixels; positions need not be in the unit square.
"""

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo_combinatorial.instances.arrays import host
from mdpzoo_combinatorial.instances.routing import layout_of_costs
from mdpzoo_combinatorial.render.canvas import Canvas, Floats, number
from mdpzoo_combinatorial.render.items import draw_items, draw_remaining_items
from mdpzoo_combinatorial.render.maps import spread
from mdpzoo_combinatorial.render.prizes import by_prize, draw_prizes
from mdpzoo_combinatorial.render.routes import by_demand, draw_routes
from mdpzoo_combinatorial.render.tours import UNIT_SQUARE, draw_remainder, draw_tour

SIZE = (600, 600)
CACHED_LAYOUTS = 64  # computing a layout from costs takes much longer than drawing it
_layouts: OrderedDict[bytes, Floats] = OrderedDict()
Picture = NDArray[np.uint8]


def partial_tour(layout: ArrayLike, tour: NDArray[np.int64], arrows: bool = False) -> Picture:
    """Draws a tour that begins at node 0; ``layout`` ``[n, 2]``."""
    canvas, points = Canvas(SIZE), np.asarray(layout)
    caption = f"{len(tour)} of {len(points)} nodes"
    current = int(tour[-1]) if len(tour) < len(points) else None
    draw_tour(canvas, points, tour, current=current, arrows=arrows, caption=caption)
    return canvas.pixels()


def partial_routes(layout: ArrayLike, routes: list[list[int]], demands: ArrayLike, capacity: float) -> Picture:
    """Draws routes; the last one returns to the depot only if all customers are served; ``layout`` ``[n + 1, 2]``."""
    canvas, points = Canvas(SIZE), np.asarray(layout)
    served = sum(map(len, routes)) == len(points) - 1
    draw_routes(canvas, points, routes, demands, capacity, complete=served, arranged=False)
    return canvas.pixels()


def partial_prize_tour(
    layout: ArrayLike, tour: NDArray[np.int64], prizes: ArrayLike, limit: float, left: float, home: float, ended: bool
) -> Picture:
    """Draws a tour from the depot, and its budget.

    Args:
        layout: ``[n + 1, 2]``, the depot first.
        tour: nodes in order, the depot first.
        prizes: ``[n + 1]``.
        limit: the budget.
        left: the remaining budget, before the return to the depot.
        home: distance from the last node to the depot.
        ended: whether the tour returns to the depot.
    """
    canvas, used = Canvas(SIZE), limit - left
    draw_prizes(canvas, layout, tour, prizes, limit, used + home * ended, home=home, complete=ended)
    return canvas.pixels()


def partial_selection(values: ArrayLike, weights: ArrayLike, items: ArrayLike, left: float) -> Picture:
    """Draws items in the order in which they were chosen, and the remaining capacity ``left``."""
    canvas, chosen = Canvas(SIZE), np.asarray(items, int)
    draw_items(canvas, values, weights, left + float(np.asarray(weights)[chosen].sum()), chosen)
    return canvas.pixels()


def remaining_items(values: ArrayLike, weights: ArrayLike, room: float, capacity: float) -> Picture:
    """Draws the remaining items ``[k]`` and the remaining part ``room`` of the capacity."""
    canvas = Canvas(SIZE)
    draw_remaining_items(canvas, values, weights, room, capacity)
    return canvas.pixels()


def remaining_path(layout: ArrayLike, frame: ArrayLike | None) -> Picture:
    """Draws the remaining path ``[2 + k, 2]``, from origin to destination; ``frame`` is as in ``draw_remainder``."""
    canvas = Canvas(SIZE)
    draw_remainder(canvas, layout, frame=None if frame is None else np.asarray(frame))
    return canvas.pixels()


def remaining_routes(layout: ArrayLike, demands: ArrayLike, room: float, capacity: float, frame: ArrayLike) -> Picture:
    """As ``remaining_path``, with demands ``[2 + k]`` and the vehicle's load ``room``."""
    canvas = Canvas(SIZE)
    caption = f", load {number(room)} of {number(capacity)}"
    sizes, share = by_demand(np.asarray(demands, np.float64)), room / capacity if capacity > 0 else 0.0
    draw_remainder(canvas, layout, frame=np.asarray(frame), sizes=sizes, share=share, caption=caption)
    return canvas.pixels()


def remaining_prizes(
    layout: ArrayLike, prizes: ArrayLike, largest: float, left: float, limit: float, frame: ArrayLike
) -> Picture:
    """As ``remaining_path``, with prizes ``[2 + k]``, at most ``largest``, and the remaining budget ``left``."""
    canvas, whole = Canvas(SIZE), max(limit, left)
    sizes, share = by_prize(np.asarray(prizes, np.float64), largest), left / whole if whole > 0 else 0.0
    caption = f", budget left {number(left)} of {number(whole)}"
    draw_remainder(canvas, layout, frame=np.asarray(frame), sizes=sizes, share=share, caption=caption)
    return canvas.pixels()


def frame_of(tokens: Any) -> Floats:
    """Returns the nodes of a fixed instance, ``[F, n]``, or else the unit square, as the frame of all pictures."""
    return UNIT_SQUARE if tokens is None else np.asarray(host(tokens)[:2].T, np.float64)


def layout_of(costs: ArrayLike) -> Floats:
    """As ``layout_of_costs``, with nodes moved apart; cached. Takes O(n^3), or O(n^2) if cached."""
    matrix = np.ascontiguousarray(costs, np.float64)
    key = hashlib.blake2b(matrix.tobytes(), digest_size=16).digest()
    if key not in _layouts:
        _layouts[key] = spread(layout_of_costs(matrix))
        while len(_layouts) > CACHED_LAYOUTS:
            _layouts.popitem(last=False)
    return _layouts[key]


def remaining_layout(costs: Floats, node: NDArray[np.int64], whole: Any) -> tuple[Floats, Floats | None]:
    """Returns positions of a path's nodes ``[2 + k, 2]``, close to each other if costs are low, and a frame.

    Args:
        costs: ``[n, 2 + k]``, from every node of the instance.
        node: ``[2 + k]``, the nodes' indices in the instance.
        whole: ``[n, n]``, the costs of a fixed instance, so that positions do not change between steps; or None.
    """
    if whole is not None:
        everywhere = layout_of(host(whole))
        return everywhere[node], everywhere
    distinct = node[:-1] if node[0] == node[-1] else node
    points = layout_of(costs[distinct][:, : len(distinct)])
    return points[[*range(len(node) - 1), 0 if len(distinct) < len(node) else -1]], None
