"""Pictures of environments' states: what is chosen so far, or in the quotiented form what is left.

All are 600 pixels wide and high; positions are in the unit square or anywhere else.
"""

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo_combinatorial.instances.arrays import host
from mdpzoo_combinatorial.instances.routing import layout_of_costs
from mdpzoo_combinatorial.render.canvas import Canvas, Floats, number
from mdpzoo_combinatorial.render.items import draw_items, draw_items_left
from mdpzoo_combinatorial.render.maps import spread
from mdpzoo_combinatorial.render.prizes import by_prize, draw_prizes
from mdpzoo_combinatorial.render.routes import by_demand, draw_routes
from mdpzoo_combinatorial.render.tours import UNIT_SQUARE, draw_left, draw_tour

SIZE = (600, 600)
REMEMBERED = 64  # layouts of costs, each of which takes far longer to find than to draw
_layouts: OrderedDict[bytes, Floats] = OrderedDict()
Picture = NDArray[np.uint8]


def tour_so_far(layout: ArrayLike, tour: NDArray[np.int64], arrows: bool = False) -> Picture:
    """A tour that begins at node 0; ``layout`` ``[n, 2]``."""
    canvas, places = Canvas(SIZE), np.asarray(layout)
    told = f"{len(tour)} of {len(places)} nodes"
    current = int(tour[-1]) if len(tour) < len(places) else None
    draw_tour(canvas, places, tour, current=current, arrows=arrows, caption=told)
    return canvas.pixels()


def routes_so_far(layout: ArrayLike, routes: list[list[int]], demands: ArrayLike, capacity: float) -> Picture:
    """Routes, of which the last does not go home yet unless all are served; ``layout`` ``[n + 1, 2]``."""
    canvas, places = Canvas(SIZE), np.asarray(layout)
    served = sum(map(len, routes)) == len(places) - 1
    draw_routes(canvas, places, routes, demands, capacity, complete=served, arranged=False)
    return canvas.pixels()


def prizes_so_far(
    layout: ArrayLike, tour: NDArray[np.int64], prizes: ArrayLike, limit: float, left: float, home: float, ended: bool
) -> Picture:
    """A tour from the depot, and its budget.

    Args:
        layout: ``[n + 1, 2]``, the depot first.
        tour: nodes in their order, the depot first.
        prizes: ``[n + 1]``.
        limit: the whole budget.
        left: what is left of it, the way home not taken.
        home: the way home.
        ended: whether the tour goes home.
    """
    canvas, used = Canvas(SIZE), limit - left
    draw_prizes(canvas, layout, tour, prizes, limit, used + home * ended, home=home, complete=ended)
    return canvas.pixels()


def items_so_far(values: ArrayLike, weights: ArrayLike, items: ArrayLike, left: float) -> Picture:
    """Items in the order in which they were taken, and how much room is left."""
    canvas, chosen = Canvas(SIZE), np.asarray(items, int)
    draw_items(canvas, values, weights, left + float(np.asarray(weights)[chosen].sum()), chosen)
    return canvas.pixels()


def items_left(values: ArrayLike, weights: ArrayLike, room: float, capacity: float) -> Picture:
    """Items left, ``[left]``, and the room for them of a whole capacity."""
    canvas = Canvas(SIZE)
    draw_items_left(canvas, values, weights, room, capacity)
    return canvas.pixels()


def path_left(layout: ArrayLike, frame: ArrayLike | None) -> Picture:
    """A path of ``[2 + left, 2]`` nodes, the origin first and the destination last; ``frame`` as in ``draw_left``."""
    canvas = Canvas(SIZE)
    draw_left(canvas, layout, frame=None if frame is None else np.asarray(frame))
    return canvas.pixels()


def routes_left(layout: ArrayLike, demands: ArrayLike, room: float, capacity: float, frame: ArrayLike) -> Picture:
    """As ``path_left``, of customers with demands ``[2 + left]``, and what the vehicle still holds."""
    canvas = Canvas(SIZE)
    told = f", the vehicle holds {number(room)} of {number(capacity)}"
    sizes, share = by_demand(np.asarray(demands, np.float64)), room / capacity if capacity > 0 else 0.0
    draw_left(canvas, layout, frame=np.asarray(frame), sizes=sizes, share=share, caption=told)
    return canvas.pixels()


def prizes_left(
    layout: ArrayLike, prizes: ArrayLike, largest: float, left: float, limit: float, frame: ArrayLike
) -> Picture:
    """As ``path_left``, of nodes with prizes ``[2 + left]`` up to the ``largest``, and the budget left."""
    canvas, whole = Canvas(SIZE), max(limit, left)
    sizes, share = by_prize(np.asarray(prizes, np.float64), largest), left / whole if whole > 0 else 0.0
    told = f", budget left {number(left)} of {number(whole)}"
    draw_left(canvas, layout, frame=np.asarray(frame), sizes=sizes, share=share, caption=told)
    return canvas.pixels()


def frame_of(tokens: Any) -> Floats:
    """What pictures of parts show: the nodes of the one instance that is played, ``[F, n]``; else the unit square."""
    return UNIT_SQUARE if tokens is None else np.asarray(host(tokens)[:2].T, np.float64)


def layout_of(costs: ArrayLike) -> Floats:
    """As ``layout_of_costs`` with nodes apart from each other; remembered. Costs O(n^2), the first time O(n^3)."""
    matrix = np.ascontiguousarray(costs, np.float64)
    key = hashlib.blake2b(matrix.tobytes(), digest_size=16).digest()
    if key not in _layouts:
        _layouts[key] = spread(layout_of_costs(matrix))
        while len(_layouts) > REMEMBERED:
            _layouts.popitem(last=False)
    return _layouts[key]


def layout_left(costs: Floats, node: NDArray[np.int64], whole: Any) -> tuple[Floats, Floats | None]:
    """Where the nodes of a path lie, ``[2 + left, 2]``, and a frame; near to each other where costs are low.

    Args:
        costs: ``[n, 2 + left]``, from every node of the instance.
        node: ``[2 + left]``, which nodes of the instance they are.
        whole: ``[n, n]``, the costs of the one instance that is played, so that nodes keep their places; or None.
    """
    if whole is not None:
        everywhere = layout_of(host(whole))
        return everywhere[node], everywhere
    distinct = node[:-1] if node[0] == node[-1] else node
    places = layout_of(costs[distinct][:, : len(distinct)])
    return places[[*range(len(node) - 1), 0 if len(distinct) < len(node) else -1]], None
