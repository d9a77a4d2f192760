"""Places names next to nodes without overlaps; a name without free space is left out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.render.canvas import UNVISITED, Canvas, Floats
from mdpzoo_combinatorial.render.maps import Map

SIZE = 11.0  # font size in pixels on a small canvas
ANGLES = np.arange(16) * np.pi / 8
RINGS = (0.0, 9.0, 22.0, 40.0, 62.0, 90.0)  # units between a dot and its name; the outer ones need a connecting line
MAX_NAMES = 200  # more would not be readable
CROSSING, FARTHER, TURNED = 1.0, 0.4, 0.3  # costs of a crossed line, of a ring, and of half a turn


def check_names(about: Map, count: int) -> None:
    """Raises InstanceError if there are names, but not one for each node."""
    if len(about.names) not in (0, count):
        raise InstanceError(f"a picture of {count} nodes needs as many labels, got {len(about.names)}")


def write_labels(canvas: Canvas, points: Floats, lines: Sequence[Floats], names: Sequence[str], dot: float) -> None:
    """Writes names ``[n]`` next to their nodes ``[n, 2]``.

    A name overlaps no other name and no node, stays on the canvas, and crosses few ``lines``; the most crowded nodes
    are placed first. A name without such a position is left out. Takes O(n^2).
    """
    if not 0 < len(names) <= MAX_NAMES:
        return
    letters = SIZE * max(1 / canvas.unit, 0.65)  # units
    sides = [np.stack([each[:-1], each[1:]], 1) for each in lines if len(each) > 1]
    segments = np.concatenate(sides) if sides else np.zeros((0, 2, 2))
    half = (0.5 * dot + 3.0) * canvas.unit + 1.0  # a tour's first node is drawn larger
    boxes = np.concatenate([points - half, points + half], 1)  # left, bottom, right, top of occupied areas
    preferred = _away(points, segments)
    near = np.sort(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)), 1)[:, :6].mean(1)
    for node in np.argsort(near, kind="stable"):
        size = np.array(canvas.measure(names[node], letters)) + 2.0
        found = _best(canvas, points[node], size, boxes, segments, preferred[node], half)
        if found is None:
            continue
        box, ring = found
        boxes = np.vstack([boxes, box])
        middle = (box[:2] + box[2:]) / 2
        if ring > 0:
            end = np.clip(points[node], box[:2], box[2:])
            canvas.lines([np.array([points[node], end])], UNVISITED, 0.8)
        canvas.text(middle[0], middle[1], names[node], letters, halo=True)


def _best(
    canvas: Canvas, point: Floats, size: Floats, boxes: Floats, segments: Floats, preferred: float, half: float
) -> tuple[Floats, int] | None:
    """Returns the best free box for a name of ``size`` pixels and its ring; None if none is free."""
    best: tuple[float, Floats, int] | None = None
    for ring, gap in enumerate(RINGS):
        if best is not None and best[0] <= FARTHER * ring:
            break  # outer rings cannot be better
        for angle in ANGLES:
            ahead = np.array([np.cos(angle), np.sin(angle)])
            away = half + 2.0 + gap * canvas.unit
            middle = point + ahead * away + np.sign(np.round(ahead, 6)) * np.abs(ahead) ** 0.5 * size / 2
            box = np.concatenate([middle - size / 2, middle + size / 2])
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= canvas.width and box[3] <= canvas.height
            if not inside or _overlaps(box, boxes).any():
                continue
            turned = abs((angle - preferred + np.pi) % (2 * np.pi) - np.pi) / np.pi
            cost = CROSSING * _count_crossings(box, segments) + FARTHER * ring + TURNED * turned
            if best is None or cost < best[0]:
                best = cost, box, ring
    return None if best is None else best[1:]


def _overlaps(box: Floats, boxes: Floats) -> NDArray[np.bool_]:
    apart = (boxes[:, 0] >= box[2]) | (boxes[:, 2] <= box[0]) | (boxes[:, 1] >= box[3]) | (boxes[:, 3] <= box[1])
    return ~apart


def _count_crossings(box: Floats, segments: Floats) -> int:
    """Returns the number of segments ``[m, 2, 2]`` that intersect a box (Liang and Barsky 1984)."""
    start, direction = segments[:, 0], segments[:, 1] - segments[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (box[:2] - start) / direction, (box[2:] - start) / direction
    inside = (start >= box[:2]) & (start <= box[2:])
    still = direction == 0
    enter = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(first, second)).max(1)
    leave = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(first, second)).min(1)
    return int((np.maximum(enter, 0.0) <= np.minimum(leave, 1.0)).sum())


def _away(points: Floats, segments: Floats) -> Floats:
    """Returns the angle that points away from the lines at each node, ``[n]``; upwards if there are none."""
    away = np.zeros_like(points)
    for end in (0, 1):
        direction = segments[:, 1 - end] - segments[:, end]
        direction = direction / np.maximum(np.hypot(*direction.T), 1e-300)[:, None]
        same = (segments[:, end][:, None] == points[None]).all(2)  # [m, n]
        away -= same.T @ direction
    away[np.hypot(*away.T) < 0.1] = (0.0, 1.0)
    return np.arctan2(away[:, 1], away[:, 0])
