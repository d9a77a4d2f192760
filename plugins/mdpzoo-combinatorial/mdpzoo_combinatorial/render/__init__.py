"""Pictures of instances and solutions: an array for ``rgb_array``, or a file for a paper.

Matplotlib is imported when the first picture is asked for. Everything goes through a figure of its own on the Agg
canvas (``canvas.py``); no figure is kept, and no backend is chosen for others.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import write_atomically
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, Instance, KnapsackInstance, OPInstance
from mdpzoo_combinatorial.instances import RoutingInstance as Routing
from mdpzoo_combinatorial.render.canvas import Canvas, indices
from mdpzoo_combinatorial.render.items import draw_items
from mdpzoo_combinatorial.render.maps import Map, spread
from mdpzoo_combinatorial.render.prizes import draw_prizes
from mdpzoo_combinatorial.render.routes import draw_routes
from mdpzoo_combinatorial.render.tours import draw_tour

FORMATS = (".png", ".svg", ".pdf")
Picture = NDArray[np.uint8]

__all__ = ["FORMATS", "Picture", "draw", "picture", "save_picture", "tour_picture"]


def picture(
    instance: Instance,
    solution: Any,
    *,
    title: str | None = None,
    size: tuple[int, int] = (600, 600),
    complete: bool = True,
    arranged: bool = True,
    layout: ArrayLike | None = None,
) -> Picture:
    """Returns a picture of a solution of any of the five problems, ``[height, width, 3]`` uint8.

    Args:
        instance: what is solved.
        solution: as the instance takes it.
        title: a line above.
        size: width and height in pixels, each in 50..10000.
        complete: False: a part of a solution, whose last route or tour does not go home yet.
        arranged: whether colours and order suit the whole best; else they stay as they are when more is chosen.
        layout: ``[n, 2]``, where the nodes are shown; None: ``instance.layout()``.
    Raises:
        InstanceError: a node or an item out of range.
        MissingExtraError: matplotlib is not installed.
    """
    canvas = Canvas(size, title)
    _draw(canvas, instance, solution, complete=complete, arranged=arranged, layout=layout)
    return canvas.pixels()


def tour_picture(
    instance_or_layout: Routing | ArrayLike,
    tour: ArrayLike,
    *,
    title: str | None = None,
    current: int | None = None,
    size: tuple[int, int] = (600, 600),
    labels: Sequence[str] | None = None,
) -> Picture:
    """Returns a picture, ``[height, width, 3]`` uint8.

    Args:
        instance_or_layout: an instance, or positions ``[n, 2]``.
        tour: nodes in the order of the visit; closed where it has all n, an open path where fewer, no line where empty.
        title: a line above.
        current: a node to mark beside the first of the tour.
        size: width and height in pixels, each in 50..10000.
        labels: a text for each node; None: the instance's own names, where there are few enough.
    Raises:
        InstanceError: a node, a position, a size or the labels out of range.
        MissingExtraError: matplotlib is not installed.
    """
    canvas = Canvas(size, title)
    _draw_tour(canvas, instance_or_layout, tour, current, labels)
    return canvas.pixels()


def save_picture(
    path: str | os.PathLike[str],
    instance_or_layout: Instance | ArrayLike,
    solution: Any,
    *,
    title: str | None = None,
    current: int | None = None,
    size: tuple[int, int] = (1200, 1200),
    labels: Sequence[str] | None = None,
) -> None:
    """Writes a picture, whole or not at all, in the format that the extension names.

    Args:
        path: ends in .png, .svg or .pdf.
        instance_or_layout: an instance of any of the five problems, or positions ``[n, 2]`` of a tour's nodes.
        solution: as the instance takes it; of a travelling salesman a part of a tour, too.
        title: a line above.
        current: a node to mark beside the first of a tour; for tours only.
        size: width and height in pixels, each in 50..10000; a vector format takes 100 pixels for an inch.
        labels: a text for each node; None: the instance's own names, where there are few enough.
    Raises:
        InstanceError: another extension, a folder that cannot be written, no such node or item, or labels for items.
        MissingExtraError: matplotlib is not installed.
    """
    extension = Path(path).suffix.lower()
    if extension not in FORMATS:
        raise InstanceError(f"a picture's name must end in {', '.join(FORMATS)}, got {ascii(os.fspath(path))}")
    canvas = Canvas(size, title)
    if isinstance(instance_or_layout, CVRPInstance | OPInstance | KnapsackInstance):
        if current is not None:
            kind = instance_or_layout.problem
            raise InstanceError(f"a current node is for tours, not for {kind}; leave it out")
        _draw(canvas, instance_or_layout, solution, labels=labels)
    else:
        _draw_tour(canvas, instance_or_layout, solution, current, labels)
    write_atomically(path, canvas.encoded(extension[1:]))


def _draw_tour(
    canvas: Canvas, where: Routing | ArrayLike, tour: ArrayLike, current: int | None, labels: Sequence[str] | None
) -> None:
    if isinstance(where, Routing):
        layout, about, arrows = layout_of(where), _map(where, labels), isinstance(where, ATSPInstance)
        draw_tour(canvas, layout, tour, current=current, about=about, arrows=arrows)
    else:
        draw_tour(canvas, where, tour, current=current, about=Map(names=labels or ()))


def layout_of(instance: Routing) -> ArrayLike:
    """Where nodes are drawn, ``[n, 2]``; where only costs are known, no node hides another."""
    known = instance.coordinates is not None or instance.display is not None
    return instance.layout() if known else spread(instance.layout())


def _map(instance: Routing, labels: Sequence[str] | None) -> Map:
    names = instance.names if labels is None else labels
    earth = instance.earth()
    return Map(names=names) if earth is None else Map(*earth, names)


def _draw(
    canvas: Canvas,
    instance: Instance,
    solution: Any,
    *,
    complete: bool = True,
    arranged: bool = True,
    layout: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
) -> None:
    """Draws a solution, or a part of one; with ``labels``, or the nodes' own names where it is complete."""
    if isinstance(instance, KnapsackInstance):
        if labels is not None:
            raise InstanceError("labels are for nodes, and a knapsack has none; leave them out")
        draw_items(canvas, instance.values, instance.weights, instance.capacity, solution, ranked=arranged)
        return
    about = _map(instance, labels if complete else ()) if layout is None else Map(names=labels or ())
    layout = layout_of(instance) if layout is None else layout
    if isinstance(instance, CVRPInstance):
        routes = instance.validate(solution) if complete else solution
        looks: dict[str, Any] = {"complete": complete, "arranged": arranged, "about": about}
        draw_routes(canvas, layout, routes, instance.demands, instance.capacity, **looks)
    elif isinstance(instance, OPInstance):
        nodes = instance.validate(solution) if complete else indices(solution, instance.num_nodes)
        used, home = _length(instance, nodes, complete), float(instance.distance(nodes[-1], 0))
        draw_prizes(
            canvas, layout, nodes, instance.prizes, instance.limit, used, home=home, complete=complete, about=about
        )
    else:
        tour = indices(solution, instance.num_nodes)
        told = "" if arranged else f"{len(tour)} of {instance.num_nodes} nodes"
        current = None if complete or not len(tour) else int(tour[-1])
        arrows = isinstance(instance, ATSPInstance)
        draw_tour(canvas, layout, tour, current=current, about=about, arrows=arrows, caption=told)


def draw(canvas: Canvas, instance: Instance, solution: Any = None) -> None:
    """Draws an instance on an empty sheet, with a solution or, where that is None, without one.

    Raises:
        InstanceError: not a solution.
    """
    if solution is not None:
        _draw(canvas, instance, solution)
    else:
        nothing = [0] if isinstance(instance, OPInstance) else []
        _draw(canvas, instance, nothing, complete=False)


def _length(instance: OPInstance, nodes: NDArray[np.int64], closed: bool) -> float:
    """How long the way is, with the way home or without."""
    path = np.append(nodes, 0) if closed else nodes
    return float(instance.distance(path[:-1], path[1:]).sum())
