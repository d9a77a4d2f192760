"""Draws a knapsack: a bar of the chosen items within the capacity, and below it all items by weight and value."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.render.canvas import EMPTY, UNVISITED, Canvas, Floats, indices, number

UNKNOWN = "#8a97a5"  # the used capacity if the chosen items are not known
HEIGHT, MIDDLE = 58.0, 66.0  # units: height of the bar, and distance of its middle from the top of the box
MAP = "viridis"  # increases in lightness, so that colour-blind people can read it
GRADES = 64


def draw_items(
    canvas: Canvas, values: ArrayLike, weights: ArrayLike, capacity: float, items: ArrayLike, *, ranked: bool = False
) -> None:
    """Draws the chosen items, coloured by the ratio of value to weight.

    Args:
        canvas: an empty canvas.
        values: ``[n]``.
        weights: ``[n]``.
        capacity: maximum sum of weights.
        items: the chosen items.
        ranked: whether items are sorted by descending ratio; False: in the order of ``items``.
    Raises:
        InstanceError: if an item is out of range, or values and weights have different shapes.
    """
    value, weight_of = _validate(values, weights)
    taken = indices(items, len(value), "item")
    density = _density(value, weight_of)
    colours = _colours(density)
    if ranked:
        taken = taken[np.argsort(-density[taken], kind="stable")]
    weight = weight_of[taken].sum()
    _fill(canvas, np.append(0.0, np.cumsum(weight_of[taken])) / (max(capacity, weight) or 1.0), colours[taken])
    left = np.ones(len(value), bool)
    left[taken] = False
    _scatter(canvas, value, weight_of, left, colours)
    part = 100 * weight / capacity if capacity > 0 else 100.0
    many = f"{number(len(taken))} of {number(len(value))} items worth {number(value[taken].sum())}"
    canvas.caption(f"{many}, weight {number(weight)} of {number(capacity)} ({part:.1f} %)")


def draw_remaining_items(canvas: Canvas, values: ArrayLike, weights: ArrayLike, room: float, capacity: float) -> None:
    """Draws the remaining items ``[k]`` and the remaining capacity ``room``; only the weight of the others is known.

    Raises:
        InstanceError: if values and weights have different shapes.
    """
    value, weight_of = _validate(values, weights)
    whole = max(capacity, room) or 1.0
    _fill(canvas, np.array([0.0, 1.0 - room / whole]), [UNKNOWN])
    colours = _colours(_density(value, weight_of))
    _scatter(canvas, value, weight_of, np.zeros(len(value), bool), colours)
    count = len(value)
    canvas.caption(f"{number(count)} {'item' if count == 1 else 'items'} left, capacity {number(room)}")


def _validate(values: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    value, weight_of = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    if value.ndim != 1 or value.shape != weight_of.shape or not np.isfinite(value + weight_of).all():
        raise InstanceError(
            f"a picture needs as many finite values as weights, got {value.shape} and {weight_of.shape}"
        )
    return value, weight_of


def _density(values: Floats, weights: Floats) -> Floats:
    """Returns the ratio of value to weight as an angle in 0..pi / 2, ``[n]``, which exists for weight 0 as well."""
    return np.arctan2(values / (values.max(initial=0.0) or 1.0), weights / (weights.max(initial=0.0) or 1.0))


def _colours(density: Floats) -> NDArray[np.float64]:
    """Returns a colour for each item, ``[n, 4]``, scaled between the 5 % and 95 % quantiles."""
    from matplotlib import colormaps

    low, high = np.quantile(density, [0.05, 0.95]) if len(density) else (0.0, 0.0)
    grade = np.clip((density - low) / (high - low), 0.0, 1.0) if high > low else np.full(len(density), 0.5)
    return np.asarray(colormaps[MAP](0.92 * (1 - grade)))


def _fill(canvas: Canvas, ends: Floats, colours: ArrayLike) -> None:
    """Draws a bar with segments between ``ends`` ``[k + 1]``, which are fractions of the bar."""
    left, _, right, top = canvas.box()
    middle, half = top - MIDDLE * canvas.unit, HEIGHT * canvas.unit / 2
    canvas.text(left, top - 18 * canvas.unit, "weight of the chosen items", side="left")
    canvas.bars(left, middle - half, right, middle + half, EMPTY)
    at = left + (right - left) * np.clip(ends, 0.0, 1.0)
    gap = 1.0 if len(ends) > 1 and (at[-1] - at[0]) / (len(ends) - 1) > 5 else 0.0
    until = np.append(at[1:-1] - gap, at[-1:])
    canvas.bars(at[:-1], middle - half, np.maximum(until, at[:-1])[: len(at) - 1], middle + half, colours)


def _scatter(canvas: Canvas, values: Floats, weights: Floats, faint: NDArray[np.bool_], colours: Floats) -> None:
    """Draws every item at its weight and value, ``faint`` ones in grey, with a colour scale."""
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
    """Draws the colour scale of the ratio of value to weight."""
    from matplotlib import colormaps

    unit = canvas.unit
    canvas.text(left, middle, "value / weight: low", side="left")
    begin = left + 174 * unit
    edges = begin + np.linspace(0, 110 * unit, GRADES + 1)
    shades = colormaps[MAP](0.92 * (1 - np.linspace(0, 1, GRADES)))
    canvas.bars(edges[:-1], middle - 5 * unit, edges[1:], middle + 5 * unit, shades)
    canvas.text(begin + 118 * unit, middle, "high", side="left")
