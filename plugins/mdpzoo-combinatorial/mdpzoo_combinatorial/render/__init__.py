"""Pictures of instances and solutions, as arrays for ``rgb_array`` or as files for papers.

Matplotlib is imported for the first picture. Each picture has its own figure on the Agg canvas (``canvas.py``), so that
pyplot's figures and the choice of a backend are not affected.
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
    """Returns a picture of a solution of any problem, ``[height, width, 3]`` uint8.

    Args:
        instance: the instance.
        solution: as the instance expects it.
        title: a line above the picture.
        size: width and height in pixels, each in 50..10000.
        complete: False for a partial solution, whose last route or tour does not return yet.
        arranged: whether colours and order depend on the complete solution; False: they do not change when more is
            chosen.
        layout: positions of the nodes ``[n, 2]``; None: ``instance.layout()``.
    Raises:
        InstanceError: if a node or an item is out of range.
        MissingExtraError: if matplotlib is not installed.
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
        tour: nodes in the order of their visits; closed if it contains all n, otherwise an open path.
        title: a line above the picture.
        current: a node that is marked in addition to the first one.
        size: width and height in pixels, each in 50..10000.
        labels: a text for each node; None: the instance's own names, if there are not too many.
    Raises:
        InstanceError: if a node, a position, a size or the number of labels is out of range.
        MissingExtraError: if matplotlib is not installed.
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
    """Writes a picture atomically, in the format of the file's extension.

    Args:
        path: of a .png, .svg or .pdf file.
        instance_or_layout: an instance of any problem, or positions ``[n, 2]`` of a tour's nodes.
        solution: as the instance expects it; a tour may be partial.
        title: a line above the picture.
        current: a node that is marked in addition to the first one; for tours only.
        size: width and height in pixels, each in 50..10000; in vector formats, 100 pixels are an inch.
        labels: a text for each node; None: the instance's own names, if there are not too many.
    Raises:
        InstanceError: if the extension is unknown, the file cannot be written, a node or item is out of range, or
            labels are passed for items.
        MissingExtraError: if matplotlib is not installed.
    """
    extension = Path(path).suffix.lower()
    if extension not in FORMATS:
        raise InstanceError(f"a picture's name must end in {', '.join(FORMATS)}, got {ascii(os.fspath(path))}")
    canvas = Canvas(size, title)
    if isinstance(instance_or_layout, CVRPInstance | OPInstance | KnapsackInstance):
        if current is not None:
            kind = instance_or_layout.problem
            raise InstanceError(f"current is for tours, not for {kind}; leave it out")
        _draw(canvas, instance_or_layout, solution, labels=labels)
    else:
        _draw_tour(canvas, instance_or_layout, solution, current, labels)
    write_atomically(path, canvas.encode_as(extension[1:]))


def _draw_tour(
    canvas: Canvas, where: Routing | ArrayLike, tour: ArrayLike, current: int | None, labels: Sequence[str] | None
) -> None:
    if isinstance(where, Routing):
        layout, about, arrows = layout_of(where), _map(where, labels), isinstance(where, ATSPInstance)
        draw_tour(canvas, layout, tour, current=current, about=about, arrows=arrows)
    else:
        draw_tour(canvas, where, tour, current=current, about=Map(names=labels or ()))


def layout_of(instance: Routing) -> ArrayLike:
    """Returns positions of nodes ``[n, 2]``; if only costs are known, nodes are moved apart so that none overlap."""
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
    """Draws a complete or partial solution with ``labels``; if complete, the nodes' own names are the default."""
    if isinstance(instance, KnapsackInstance):
        if labels is not None:
            raise InstanceError("labels are for nodes, and a knapsack has no nodes; leave them out")
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
        caption = "" if arranged else f"{len(tour)} of {instance.num_nodes} nodes"
        current = None if complete or not len(tour) else int(tour[-1])
        arrows = isinstance(instance, ATSPInstance)
        draw_tour(canvas, layout, tour, current=current, about=about, arrows=arrows, caption=caption)


def draw(canvas: Canvas, instance: Instance, solution: Any = None) -> None:
    """Draws an instance on an empty canvas, with its solution unless that is None.

    Raises:
        InstanceError: if it is not a solution.
    """
    if solution is not None:
        _draw(canvas, instance, solution)
    else:
        nothing = [0] if isinstance(instance, OPInstance) else []
        _draw(canvas, instance, nothing, complete=False)


def _length(instance: OPInstance, nodes: NDArray[np.int64], closed: bool) -> float:
    """Returns the length of a path, with or without the return to the depot."""
    path = np.append(nodes, 0) if closed else nodes
    return float(instance.distance(path[:-1], path[1:]).sum())
