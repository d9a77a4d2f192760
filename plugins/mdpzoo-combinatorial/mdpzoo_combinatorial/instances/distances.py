"""Distances between coordinates, with TSPLIB95's own rounding.

Source: Reinelt, TSPLIB95 (1995), section 2. What differs: two additional types without rounding, ``EUCLIDEAN`` for
random instances and ``GREAT_CIRCLE`` for real cities, by the haversine formula on a sphere.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EARTH_RADIUS_KM = 6371.0088  # mean radius of the GRS 80 ellipsoid


def degrees(geo: Floats) -> Floats:
    """Converts TSPLIB's degrees and minutes, DDD.MM, to degrees, with TSPLIB's truncation."""
    whole = np.trunc(geo)
    return whole + 5.0 * (geo - whole) / 3.0


def _euclidean(a: Floats, b: Floats) -> Floats:
    return np.sqrt(np.square(a - b).sum(-1))


def _geographical(a: Floats, b: Floats) -> Floats:
    a, b = (3.141592 / 180.0 * degrees(each) for each in (a, b))
    q1, q2, q3 = np.cos(a[..., 1] - b[..., 1]), np.cos(a[..., 0] - b[..., 0]), np.cos(a[..., 0] + b[..., 0])
    cosine = 0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)
    return np.trunc(6378.388 * np.arccos(np.clip(cosine, -1.0, 1.0)) + 1.0)


def _pseudo_euclidean(a: Floats, b: Floats) -> Floats:
    real = np.sqrt(np.square(a - b).sum(-1) / 10.0)
    nearest = np.floor(real + 0.5)
    return np.where(nearest < real, nearest + 1.0, nearest)


def _great_circle(a: Floats, b: Floats) -> Floats:
    a, b = np.radians(a), np.radians(b)
    half = np.sin((a - b) / 2.0) ** 2
    haversine = half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0)))


def _crystallography(a: Floats, b: Floats, slowness: tuple[float, float, float]) -> Floats:
    """Returns the time that a diffractometer takes to move: its motors run in parallel, the first in full circles."""
    angles = np.abs(a - b)
    angles = np.stack([np.minimum(angles[..., 0], np.abs(angles[..., 0] - 360.0)), *np.moveaxis(angles, -1, 0)[1:]], -1)
    return np.floor(100.0 * (angles / np.array(slowness)).max(-1) + 0.5)


DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "EUC_2D": lambda a, b: np.floor(_euclidean(a, b) + 0.5),
    "FLOOR_2D": lambda a, b: np.floor(_euclidean(a, b)),
    "CEIL_2D": lambda a, b: np.ceil(_euclidean(a, b)),
    "MAN_2D": lambda a, b: np.floor(np.abs(a - b).sum(-1) + 0.5),
    "MAX_2D": lambda a, b: np.floor(np.abs(a - b) + 0.5).max(-1),
    "GEO": _geographical,
    "ATT": _pseudo_euclidean,
    "EUCLIDEAN": _euclidean,
    "GREAT_CIRCLE": _great_circle,
}
GEOGRAPHICAL = ("GEO", "GREAT_CIRCLE")  # latitude and longitude; kilometres
UNROUNDED = ("EUCLIDEAN", "GREAT_CIRCLE")
SPATIAL: dict[str, Callable[[Floats, Floats], Floats]] = {  # of three coordinates; read into a matrix
    "EUC_3D": DISTANCES["EUC_2D"],
    "MAN_3D": DISTANCES["MAN_2D"],
    "MAX_3D": DISTANCES["MAX_2D"],
    "XRAY1": lambda a, b: _crystallography(a, b, (1.0, 1.0, 1.0)),
    "XRAY2": lambda a, b: _crystallography(a, b, (1.25, 1.5, 1.15)),
}
