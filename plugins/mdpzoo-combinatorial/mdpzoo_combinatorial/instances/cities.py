"""The capitals of the 48 contiguous states of the USA, an instance that needs no file.

Positions are those of the capitol or the city's centre, in decimal degrees (north, east), to about 0.01 degrees.
"""

from typing import NamedTuple

import numpy as np

from mdpzoo_combinatorial.instances import TSPInstance


class City(NamedTuple):
    """A city: its name, its state's postal code, and its position in decimal degrees."""

    name: str
    state: str
    latitude: float
    longitude: float


CAPITALS = (
    City("Montgomery", "AL", 32.38, -86.30),
    City("Phoenix", "AZ", 33.45, -112.10),
    City("Little Rock", "AR", 34.75, -92.29),
    City("Sacramento", "CA", 38.58, -121.49),
    City("Denver", "CO", 39.74, -104.98),
    City("Hartford", "CT", 41.76, -72.68),
    City("Dover", "DE", 39.16, -75.52),
    City("Tallahassee", "FL", 30.44, -84.28),
    City("Atlanta", "GA", 33.75, -84.39),
    City("Boise", "ID", 43.62, -116.20),
    City("Springfield", "IL", 39.80, -89.65),
    City("Indianapolis", "IN", 39.77, -86.16),
    City("Des Moines", "IA", 41.59, -93.60),
    City("Topeka", "KS", 39.05, -95.68),
    City("Frankfort", "KY", 38.19, -84.88),
    City("Baton Rouge", "LA", 30.46, -91.19),
    City("Augusta", "ME", 44.31, -69.78),
    City("Annapolis", "MD", 38.98, -76.49),
    City("Boston", "MA", 42.36, -71.06),
    City("Lansing", "MI", 42.73, -84.56),
    City("Saint Paul", "MN", 44.96, -93.10),
    City("Jackson", "MS", 32.30, -90.18),
    City("Jefferson City", "MO", 38.58, -92.17),
    City("Helena", "MT", 46.59, -112.02),
    City("Lincoln", "NE", 40.81, -96.70),
    City("Carson City", "NV", 39.16, -119.77),
    City("Concord", "NH", 43.21, -71.54),
    City("Trenton", "NJ", 40.22, -74.77),
    City("Santa Fe", "NM", 35.68, -105.94),
    City("Albany", "NY", 42.65, -73.76),
    City("Raleigh", "NC", 35.78, -78.64),
    City("Bismarck", "ND", 46.82, -100.78),
    City("Columbus", "OH", 39.96, -83.00),
    City("Oklahoma City", "OK", 35.49, -97.50),
    City("Salem", "OR", 44.94, -123.03),
    City("Harrisburg", "PA", 40.26, -76.88),
    City("Providence", "RI", 41.83, -71.41),
    City("Columbia", "SC", 34.00, -81.03),
    City("Pierre", "SD", 44.37, -100.35),
    City("Nashville", "TN", 36.17, -86.78),
    City("Austin", "TX", 30.27, -97.74),
    City("Salt Lake City", "UT", 40.78, -111.89),
    City("Montpelier", "VT", 44.26, -72.58),
    City("Richmond", "VA", 37.54, -77.43),
    City("Olympia", "WA", 47.04, -122.90),
    City("Charleston", "WV", 38.34, -81.61),
    City("Madison", "WI", 43.07, -89.38),
    City("Cheyenne", "WY", 41.14, -104.82),
)


def us_capitals() -> TSPInstance:
    """Returns the instance ``us-capitals``: 48 nodes, great-circle distances in kilometres, unrounded."""
    coordinates = np.array([(city.latitude, city.longitude) for city in CAPITALS])
    comment = "capitals of the 48 contiguous states of the USA, great-circle kilometres"
    return TSPInstance(
        "us-capitals", coordinates, "GREAT_CIRCLE", comment=comment, names=tuple(city.name for city in CAPITALS)
    )


BEST_KNOWN_CAPITALS_KM = 17082.869147691956
"""The length of ``BEST_KNOWN_CAPITALS_TOUR`` in kilometres.

Found by ``iterated_local_search`` with 5 000 iterations from a random tour, with each of 100 seeds. Not proven optimal.
"""

BEST_KNOWN_CAPITALS_TOUR = (
    0, 7, 37, 30, 43, 17, 6, 27, 5, 36, 18, 26, 16, 42, 29, 35, 45, 32, 19, 46, 20, 31, 38, 47,
    4, 41, 23, 9, 44, 34, 3, 25, 1, 28, 33, 40, 15, 21, 2, 22, 13, 24, 12, 10, 11, 14, 39, 8,
)  # fmt: skip
