"""Drawing a knapsack: what is in it against its capacity, and beneath it every item by weight and value."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.render.canvas import EMPTY, UNVISITED, Canvas, Floats, indices, number

FORGOTTEN = "#8a97a5"  # what fills the knapsack where nobody knows with what
HEIGHT, MIDDLE = 58.0, 66.0  # units: of the bar, and how far its middle is below the top of the box
MAP = "viridis"  # rises in lightness, so that everybody can read it
GRADES = 64


def draw_items(
    canvas: Canvas, values: ArrayLike, weights: ArrayLike, capacity: float, items: ArrayLike, *, ranked: bool = False
) -> None:
    """Draws what is taken, coloured by value for the weight.

    Args:
        canvas: an empty one.
        values: ``[n]``.
        weights: ``[n]``.
        capacity: what the weights may sum to.
        items: those taken.
        ranked: whether those that have most value for the weight lie at the left; else in the order given.
    Raises:
        InstanceError: an item out of range, values and weights of different shapes.
    """
    worth, heavy = _checked(values, weights)
    taken = indices(items, len(worth), "item")
    density = _density(worth, heavy)
    colours = _colours(density)
    if ranked:
        taken = taken[np.argsort(-density[taken], kind="stable")]
    weight = heavy[taken].sum()
    _fill(canvas, np.append(0.0, np.cumsum(heavy[taken])) / (max(capacity, weight) or 1.0), colours[taken])
    left = np.ones(len(worth), bool)
    left[taken] = False
    _scatter(canvas, worth, heavy, left, colours)
    part = 100 * weight / capacity if capacity > 0 else 100.0
    many = f"{number(len(taken))} of {number(len(worth))} items worth {number(worth[taken].sum())}"
    canvas.caption(f"{many}, weight {number(weight)} of {number(capacity)} ({part:.1f} %)")


def draw_items_left(canvas: Canvas, values: ArrayLike, weights: ArrayLike, room: float, capacity: float) -> None:
    """Draws the items left, ``[left]``, and the room for them; of what was taken nothing but its weight is known.

    Raises:
        InstanceError: values and weights of different shapes.
    """
    worth, heavy = _checked(values, weights)
    whole = max(capacity, room) or 1.0
    _fill(canvas, np.array([0.0, 1.0 - room / whole]), [FORGOTTEN])
    colours = _colours(_density(worth, heavy))
    _scatter(canvas, worth, heavy, np.zeros(len(worth), bool), colours)
    count = len(worth)
    canvas.caption(f"{number(count)} {'item' if count == 1 else 'items'} left, room for {number(room)}")


def _checked(values: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    worth, heavy = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    if worth.ndim != 1 or worth.shape != heavy.shape or not np.isfinite(worth + heavy).all():
        raise InstanceError(f"a picture needs as many finite values as weights, got {worth.shape} and {heavy.shape}")
    return worth, heavy


def _density(values: Floats, weights: Floats) -> Floats:
    """Value for the weight as an angle, ``[n]`` in 0..pi / 2, of which also what weighs nothing has one."""
    return np.arctan2(values / (values.max(initial=0.0) or 1.0), weights / (weights.max(initial=0.0) or 1.0))


def _colours(density: Floats) -> NDArray[np.float64]:
    """A colour for each, ``[n, 4]``, from the least but the outermost twentieth to the most."""
    from matplotlib import colormaps

    low, high = np.quantile(density, [0.05, 0.95]) if len(density) else (0.0, 0.0)
    grade = np.clip((density - low) / (high - low), 0.0, 1.0) if high > low else np.full(len(density), 0.5)
    return np.asarray(colormaps[MAP](0.92 * (1 - grade)))


def _fill(canvas: Canvas, ends: Floats, colours: ArrayLike) -> None:
    """Draws the bar and what fills it: segments between ``ends`` ``[k + 1]``, fractions of the bar."""
    left, _, right, top = canvas.box()
    middle, half = top - MIDDLE * canvas.unit, HEIGHT * canvas.unit / 2
    canvas.text(left, top - 18 * canvas.unit, "taken, against the capacity", side="left")
    canvas.bars(left, middle - half, right, middle + half, EMPTY)
    at = left + (right - left) * np.clip(ends, 0.0, 1.0)
    gap = 1.0 if len(ends) > 1 and (at[-1] - at[0]) / (len(ends) - 1) > 5 else 0.0
    until = np.append(at[1:-1] - gap, at[-1:])
    canvas.bars(at[:-1], middle - half, np.maximum(until, at[:-1])[: len(at) - 1], middle + half, colours)


def _scatter(canvas: Canvas, values: Floats, weights: Floats, faint: NDArray[np.bool_], colours: Floats) -> None:
    """Draws every item at its weight and value, those ``faint`` in grey, with a scale of the colours."""
    left, low, right, top = canvas.box(66)
    unit = canvas.unit
    left, top = left + 22 * unit, top - 158 * unit
    canvas.bars([left, left], [low, low], [right, left + 1], [low + 1, top], "#c5ccd3")
    scale = [max(float(each.max(initial=0.0)), 1e-300) * 1.03 for each in (weights, values)]
    inside = np.stack([weights / scale[0], values / scale[1]], 1) * (right - left, top - low) + (left, low)
    size = float(np.clip(90 / np.sqrt(max(len(values), 1)), 2.0, 9.0))
    canvas.dots(inside[faint], size, UNVISITED)
    canvas.dots(inside[~faint], size * 1.15, colours[~faint])
    canvas.text(left, top + 13 * unit, f"value, to {number(values.max(initial=0.0))}", side="left")
    canvas.text(right, low - 14 * unit, f"weight, to {number(weights.max(initial=0.0))}", side="right")
    _scale(canvas, left, low - 34 * unit)


def _scale(canvas: Canvas, left: float, middle: float) -> None:
    """Draws which colour says how much value for the weight."""
    from matplotlib import colormaps

    unit = canvas.unit
    canvas.text(left, middle, "value for the weight: little", side="left")
    begin = left + 174 * unit
    edges = begin + np.linspace(0, 110 * unit, GRADES + 1)
    shades = colormaps[MAP](0.92 * (1 - np.linspace(0, 1, GRADES)))
    canvas.bars(edges[:-1], middle - 5 * unit, edges[1:], middle + 5 * unit, shades)
    canvas.text(begin + 118 * unit, middle, "much", side="left")
