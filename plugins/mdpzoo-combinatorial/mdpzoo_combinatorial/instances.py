"""Travelling-salesman instances as data: coordinates or a matrix, and TSPLIB95's distances with their own rounding.

Source: Reinelt, TSPLIB95 (1995), section 2. What differs: two types that round nothing, ``EUCLIDEAN`` for generated
instances and ``GREAT_CIRCLE`` for real cities, and distances that are computed when asked for, so that an instance of
n nodes takes O(n) memory unless its file is a matrix.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError, did_you_mean

Floats = NDArray[np.float64]
EARTH_RADIUS_KM = 6371.0088  # mean radius of the GRS 80 ellipsoid
LANDMARKS = 1_000  # nodes that multidimensional scaling looks at
PROBLEMS = ("TSP",)


def _degrees(geo: Floats) -> Floats:
    """TSPLIB writes degrees and minutes as DDD.MM; this is degrees, with TSPLIB's truncation."""
    whole = np.trunc(geo)
    return whole + 5.0 * (geo - whole) / 3.0


def _euclidean(a: Floats, b: Floats) -> Floats:
    return np.sqrt(np.square(a - b).sum(-1))


def _geographical(a: Floats, b: Floats) -> Floats:
    a, b = (3.141592 / 180.0 * _degrees(each) for each in (a, b))
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


DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "EUC_2D": lambda a, b: np.floor(_euclidean(a, b) + 0.5),
    "CEIL_2D": lambda a, b: np.ceil(_euclidean(a, b)),
    "MAN_2D": lambda a, b: np.floor(np.abs(a - b).sum(-1) + 0.5),
    "MAX_2D": lambda a, b: np.floor(np.abs(a - b) + 0.5).max(-1),
    "GEO": _geographical,
    "ATT": _pseudo_euclidean,
    "EUCLIDEAN": _euclidean,
    "GREAT_CIRCLE": _great_circle,
}
UNROUNDED = ("EUCLIDEAN", "GREAT_CIRCLE")


@dataclass(frozen=True, eq=False)
class TSPInstance:
    """A symmetric travelling-salesman instance of n nodes; its arrays are read-only float64 copies.

    Attributes:
        name: what reports call it.
        coordinates: ``[n, 2]`` as in the file; (latitude, longitude) in DDD.MM for ``GEO``, in decimal degrees for
            ``GREAT_CIRCLE``. None only where there is a matrix.
        edge_weight_type: a key of ``DISTANCES``, or ``EXPLICIT`` where the matrix holds the distances.
        matrix: ``[n, n]``, symmetric with a zero diagonal, for ``EXPLICIT`` only.
        display: ``[n, 2]`` positions for pictures, where the file gives them apart.
        comment: free text.

    Raises:
        InstanceError: an array of a wrong shape, a number that is not finite, an asymmetric or negative matrix.
    """

    name: str
    coordinates: Floats | None = None
    edge_weight_type: str = "EUCLIDEAN"
    matrix: Floats | None = None
    display: Floats | None = None
    comment: str = ""

    def __post_init__(self) -> None:
        known = (*DISTANCES, "EXPLICIT")
        if self.edge_weight_type not in known:
            hint = did_you_mean(self.edge_weight_type, known) or f" Known: {', '.join(known)}."
            raise InstanceError(f"{self.name}: unknown edge weight type {self.edge_weight_type!r}.{hint}")
        needed = "matrix" if self.edge_weight_type == "EXPLICIT" else "coordinates"
        if getattr(self, needed) is None:
            raise InstanceError(f"{self.name}: edge weight type {self.edge_weight_type} needs {needed}")
        if self.matrix is not None and self.edge_weight_type != "EXPLICIT":
            raise InstanceError(f"{self.name}: a matrix needs edge weight type EXPLICIT, got {self.edge_weight_type}")
        n = len(np.asarray(getattr(self, needed)))
        for field, shape in (("coordinates", (n, 2)), ("matrix", (n, n)), ("display", (n, 2))):
            given = getattr(self, field)
            if given is not None:
                object.__setattr__(self, field, _frozen(given, shape, f"{self.name}: {field}"))
        if self.matrix is not None:
            _check_matrix(self.name, self.matrix)

    @property
    def problem(self) -> str:
        """The kind of problem, as reports name it."""
        return "TSP"

    @property
    def num_nodes(self) -> int:
        """The number of nodes n."""
        return len(self.coordinates if self.matrix is None else self.matrix)  # type: ignore[arg-type]

    @cached_property
    def integral(self) -> bool:
        """Whether every distance is an integer."""
        if self.matrix is None:
            return self.edge_weight_type not in UNROUNDED
        return bool((self.matrix == np.floor(self.matrix)).all())

    def distance(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Returns the distances between nodes i and j, float64 in the shape that i and j broadcast to.

        Args:
            i: node indices in ``[0, n)``, any shape.
            j: likewise.
        Source: TSPLIB95, section 2. A node is at distance 0 from itself.
        """
        i, j = np.asarray(i), np.asarray(j)
        if self.matrix is not None:
            return np.asarray(self.matrix[i, j])
        assert self.coordinates is not None
        far = DISTANCES[self.edge_weight_type](self.coordinates[i], self.coordinates[j])
        return np.where(i == j, 0.0, far)

    def distance_matrix(self) -> Floats:
        """Returns all distances, ``[n, n]`` float64; costs O(n^2) memory."""
        if self.matrix is not None:
            return self.matrix
        nodes = np.arange(self.num_nodes)
        matrix = np.empty((len(nodes), len(nodes)))
        for i in nodes:
            matrix[i] = self.distance(i, nodes)
        return matrix

    def objective(self, tour: ArrayLike) -> int | float:
        """Returns the length of the closed tour, an int where every distance is one.

        Args:
            tour: a permutation of ``range(n)``.
        Raises:
            InstanceError: anything else; names the first wrong node.
        """
        nodes = checked_tour(tour, self.num_nodes)
        total = float(self.distance(nodes, np.roll(nodes, -1)).sum())
        return round(total) if self.integral else total

    def layout(self) -> Floats:
        """Returns positions ``[n, 2]`` for pictures and network features.

        Coordinates where there are any (projected equirectangularly at the mean latitude for ``GEO`` and
        ``GREAT_CIRCLE``, x to the east), else display data, else classical multidimensional scaling of the matrix
        (Torgerson 1952; for large n from evenly spread landmarks, de Silva and Tenenbaum 2004).
        """
        if self.coordinates is None:
            if self.display is not None:
                return self.display
            assert self.matrix is not None
            return _scaled(self.matrix)
        if self.edge_weight_type not in ("GEO", "GREAT_CIRCLE"):
            return self.coordinates
        degrees = _degrees(self.coordinates) if self.edge_weight_type == "GEO" else self.coordinates
        latitude, longitude = degrees.T
        return np.stack([longitude * np.cos(np.radians(latitude.mean())), latitude], axis=1)

    def unit_layout(self) -> Floats:
        """Returns the layout ``[n, 2]`` moved and scaled, by one factor, into the unit square."""
        layout = self.layout()
        low = layout.min(0)
        return (layout - low) / ((layout - low).max() or 1.0)


def checked_tour(tour: ArrayLike, num_nodes: int | None = None) -> NDArray[np.int64]:
    """Returns the tour as int64, or says what keeps it from being a permutation of ``range(num_nodes)``.

    Without ``num_nodes`` the tour has as many nodes as it is long.

    Raises:
        InstanceError: a wrong number of nodes, a node out of range, a node visited twice, not integers.
    """
    try:
        nodes = np.asarray(tour)
    except ValueError:
        raise InstanceError("a tour must be one list of node numbers, got lists of different lengths") from None
    if nodes.ndim != 1 or nodes.dtype.kind not in "iu":
        raise InstanceError(f"a tour must be a list of integers, got {nodes.dtype} in the shape {nodes.shape}")
    num_nodes = len(nodes) if num_nodes is None else num_nodes
    outside = (nodes < 0) | (nodes >= num_nodes)
    if outside.any():
        place = int(outside.argmax())
        raise InstanceError(f"node {nodes[place]} at place {place} of the tour is outside 0..{num_nodes - 1}")
    first = np.unique(nodes, return_index=True)[1]
    if len(first) < len(nodes):
        place = int(np.setdiff1d(np.arange(len(nodes)), first)[0])
        raise InstanceError(f"the tour visits node {nodes[place]} a second time at place {place}")
    if len(nodes) != num_nodes:
        missing = int(np.setdiff1d(np.arange(num_nodes), nodes)[0])
        raise InstanceError(f"the tour leaves out node {missing}: it has {len(nodes)} of {num_nodes} nodes")
    return nodes.astype(np.int64)


def from_coordinates(coordinates: ArrayLike, name: str = "coordinates") -> TSPInstance:
    """Returns the instance of unrounded Euclidean distances between points ``[n, 2]``.

    Raises:
        InstanceError: a wrong shape or a number that is not finite.
    """
    return TSPInstance(name=name, coordinates=coordinates)  # type: ignore[arg-type]


def generate(problem: str, count: int, size: int, seed: int) -> list[TSPInstance]:
    """Returns so many random instances: ``TSP`` has ``size`` nodes, uniform on the unit square.

    Args:
        problem: one of ``PROBLEMS``.
        count: instances, at least 0.
        size: nodes in each, at least 1.
        seed: at least 0; one generator draws all instances, so a larger count begins with the same ones.
    Raises:
        SettingError: an argument out of its range, or an unknown problem.
    """
    if problem not in PROBLEMS:
        hint = did_you_mean(problem, PROBLEMS) or f" Known: {', '.join(PROBLEMS)}."
        raise SettingError(f"unknown problem {problem!r}.{hint}")
    if count < 0 or size < 1 or seed < 0:
        raise SettingError(f"count, size and seed must be at least 0, 1 and 0, got {count}, {size} and {seed}")
    points = np.random.default_rng(np.random.SeedSequence(seed)).random((count, size, 2))
    return [from_coordinates(each, f"uniform-{size}-seed-{seed}-{k}") for k, each in enumerate(points)]


def _frozen(given: ArrayLike, shape: tuple[int, int], what: str) -> Floats:
    try:
        array = np.array(given, np.float64)
    except (ValueError, TypeError):
        raise InstanceError(f"{what} must be an array of numbers of the shape {list(shape)}") from None
    if array.shape != shape or not array.size:
        raise InstanceError(f"{what} must have the shape {list(shape)} with at least one node, got {list(array.shape)}")
    wrong = ~(np.abs(array) < 1e15)
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise InstanceError(f"{what} must be finite and below 1e15, but [{i}, {j}] is {array[i, j]}")
    array.flags.writeable = False
    return array


def _check_matrix(name: str, matrix: Floats) -> None:
    for wrong, rule in ((matrix < 0, "not be negative"), (matrix != matrix.T, "be symmetric")):
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise InstanceError(f"{name}: the matrix must {rule}, but [{i}, {j}] is {matrix[i, j]:g}")
    if np.diagonal(matrix).any():
        raise InstanceError(f"{name}: the diagonal of the matrix must be 0, got {np.diagonal(matrix).max():g}")


def _scaled(matrix: Floats) -> Floats:
    """Classical scaling on landmarks; with n landmarks it is the usual one."""
    marks = np.unique(np.linspace(0, len(matrix) - 1, LANDMARKS).round().astype(int))
    squared = np.square(matrix[:, marks])  # [n, landmarks]
    inner = squared[marks]
    centred = inner - inner.mean(0) - inner.mean(1)[:, None] + inner.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    values, vectors = values[-2:][::-1], vectors[:, -2:][:, ::-1]
    if len(values) < 2:  # one node
        return np.zeros((len(matrix), 2))
    vectors = vectors * np.where(vectors[np.abs(vectors).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    scale = np.where(values > 1e-12 * max(values[0], 1e-300), np.sqrt(np.maximum(values, 1e-300)), np.inf)
    return -0.5 * (squared - inner.mean(0)) @ vectors / scale
