"""The base class of routing instances: nodes in the plane or a matrix of costs, distances, and positions for pictures.

Distances are computed on demand, so that an instance of n nodes takes O(n) memory unless it is a matrix.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.codes import load
from mdpzoo.errors import InstanceError, did_you_mean
from mdpzoo_combinatorial.instances.checking import check_names, freeze, whole
from mdpzoo_combinatorial.instances.distances import (
    DISTANCES,
    EARTH_RADIUS_KM,
    GEOGRAPHICAL,
    UNROUNDED,
    Floats,
    degrees,
)

SHOWN_BY = "mdpzoo_combinatorial.render.notebooks"
LANDMARKS = 1_000  # of multidimensional scaling


class RoutingInstance(ABC):
    """n nodes and the costs of travelling between them; subclasses are frozen dataclasses.

    Attributes:
        problem: name of the problem.
        maximise: whether a larger objective is better.
        symmetric: whether a matrix must be symmetric.
        name: of the instance, in reports.
        coordinates: ``[n, 2]`` as in the file; (latitude, longitude) in DDD.MM for ``GEO``, in decimal degrees for
            ``GREAT_CIRCLE``. None only if there is a matrix.
        edge_weight_type: a key of ``DISTANCES``, or ``EXPLICIT`` for a matrix.
        matrix: ``[n, n]``, the cost from the row's node to the column's, for ``EXPLICIT`` only.
        display: ``[n, 2]``, positions for pictures, if the file has separate ones.
        comment: free text.
        names: of the ``n`` nodes, or none.
    """

    problem: ClassVar[str]
    maximise: ClassVar[bool] = False
    symmetric: ClassVar[bool] = True
    name: str
    coordinates: Floats | None
    edge_weight_type: str
    matrix: Floats | None
    display: Floats | None
    comment: str
    names: tuple[str, ...]

    def _check_routing(self) -> None:
        """Validates the fields above and makes them read-only; called by ``__post_init__``."""
        known = (*DISTANCES, "EXPLICIT")
        if self.edge_weight_type not in known:
            hint = did_you_mean(self.edge_weight_type, known) or f" Known: {', '.join(known)}."
            raise InstanceError(f"{self.name}: unknown edge weight type {self.edge_weight_type!r}.{hint}")
        needed = "matrix" if self.edge_weight_type == "EXPLICIT" else "coordinates"
        if getattr(self, needed) is None:
            raise InstanceError(f"{self.name}: edge weight type {self.edge_weight_type} needs {needed}")
        if self.matrix is not None and self.edge_weight_type != "EXPLICIT":
            raise InstanceError(f"{self.name}: a matrix needs edge weight type EXPLICIT, got {self.edge_weight_type}")
        try:
            n = len(getattr(self, needed))
        except TypeError:
            raise InstanceError(f"{self.name}: {needed} must be an array, got {getattr(self, needed)!r}") from None
        for field, shape in (("coordinates", (n, 2)), ("matrix", (n, n)), ("display", (n, 2))):
            given = getattr(self, field)
            if given is not None:
                object.__setattr__(self, field, freeze(given, shape, f"{self.name}: {field}"))
        check_names(self.name, self.names, n)
        if self.matrix is not None:
            _check_matrix(self.name, self.matrix, self.symmetric)

    def _repr_png_(self) -> bytes | None:
        """A picture, for notebooks."""
        return cast("bytes | None", load(f"{SHOWN_BY}:png_of")(self))

    def _repr_html_(self) -> str:
        """A small table and a picture, for notebooks."""
        return str(load(f"{SHOWN_BY}:html_with_picture")(self, self._repr_png_()))

    @property
    def num_nodes(self) -> int:
        """The number of nodes n, including the depot."""
        return len(self.coordinates if self.matrix is None else self.matrix)  # type: ignore[arg-type]

    @cached_property
    def integral(self) -> bool:
        """Whether every distance is an integer."""
        if self.matrix is None:
            return self.edge_weight_type not in UNROUNDED
        return whole(self.matrix)

    @property
    def unit(self) -> str | None:
        """The unit of distances: ``"km"`` for geographical coordinates, None if unknown."""
        return "km" if self.edge_weight_type in GEOGRAPHICAL else None

    def distance(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Returns the distances from nodes i to nodes j, float64 in the shape that i and j broadcast to.

        Args:
            i: node indices in ``[0, n)``, any shape.
            j: node indices in ``[0, n)``, any shape.
        Source: TSPLIB95, section 2. The distance from a node to itself is 0.
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

    def round_trip(self, nodes: NDArray[np.int64]) -> int | float:
        """Returns the length of the closed tour through ``nodes [k]``, an int if all distances are integers."""
        length = float(self.distance(nodes, np.roll(nodes, -1)).sum())
        return round(length) if self.integral else length

    @abstractmethod
    def validate(self, solution: Any) -> Any:
        """Returns the solution in canonical form.

        Raises:
            InstanceError: if it is not a solution; the message names the first fault.
        """

    @abstractmethod
    def objective(self, solution: Any) -> int | float:
        """Returns the objective of a solution, an int if all its terms are integers.

        Raises:
            InstanceError: if it is not a solution; the message names the first fault.
        """

    @abstractmethod
    def evaluate(self, solution: Any) -> int | float:
        """Returns the objective of a solution that ``validate`` has returned, without validating it again."""

    def layout(self) -> Floats:
        """Returns positions ``[n, 2]`` for pictures and network features.

        These are the coordinates if there are any (``GEO`` and ``GREAT_CIRCLE``: in an equirectangular projection at
        the mean latitude, x to the east, the map cut at the widest gap between longitudes), else the display data, else
        classical multidimensional scaling of the matrix, averaged over both directions (Torgerson 1952; for large n
        from evenly spaced landmarks, de Silva and Tenenbaum 2004).
        """
        if self.coordinates is None:
            if self.display is not None:
                return self.display
            assert self.matrix is not None
            return layout_of_costs(self.matrix)
        if self.edge_weight_type not in GEOGRAPHICAL:
            return self.coordinates
        latitude, longitude = self._degrees().T
        eastward = np.sort(longitude)
        west = np.roll(eastward, -1)[np.diff(eastward, append=eastward[0] + 360.0).argmax()]
        longitude = np.where(longitude < west, longitude + 360.0, longitude)
        return np.stack([longitude * np.cos(np.radians(latitude.mean())), latitude], axis=1)

    def earth(self) -> tuple[float, float] | None:
        """Returns kilometres per unit of the layout, and the Earth's circumference in units; None if it is no map."""
        if self.edge_weight_type not in GEOGRAPHICAL:
            return None
        around = 360.0 * float(np.cos(np.radians(self._degrees()[:, 0].mean())))
        return float(np.radians(EARTH_RADIUS_KM)), around

    def _degrees(self) -> Floats:
        """Returns latitudes and longitudes ``[n, 2]`` of geographical coordinates."""
        assert self.coordinates is not None
        return degrees(self.coordinates) if self.edge_weight_type == "GEO" else self.coordinates

    def unit_layout(self) -> Floats:
        """Returns the layout ``[n, 2]`` translated and scaled into the unit square; proportions are kept."""
        layout = self.layout()
        low = layout.min(0)
        return (layout - low) / ((layout - low).max() or 1.0)


def _check_matrix(name: str, matrix: Floats, symmetric: bool) -> None:
    rules = [(matrix < 0, "not be negative")]
    if symmetric:
        rules.append((matrix != matrix.T, "be symmetric"))
    for wrong, rule in rules:
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise InstanceError(f"{name}: the matrix must {rule}, but [{i}, {j}] is {matrix[i, j]:g}")
    if np.diagonal(matrix).any():
        raise InstanceError(f"{name}: the diagonal of the matrix must be 0, got {np.diagonal(matrix).max():g}")


def layout_of_costs(matrix: Floats) -> Floats:
    """Returns positions ``[n, 2]`` whose distances approximate the costs ``[n, n]``, averaged over both directions.

    Source: classical multidimensional scaling on landmarks; up to ``LANDMARKS`` nodes, all nodes are landmarks.
    """
    marks = np.unique(np.linspace(0, len(matrix) - 1, LANDMARKS).round().astype(int))
    squared = np.square(0.5 * (matrix[:, marks] + matrix[marks].T))  # [n, landmarks]
    inner = squared[marks]
    centred = inner - inner.mean(0) - inner.mean(1)[:, None] + inner.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    values, vectors = values[-2:][::-1], vectors[:, -2:][:, ::-1]
    if len(values) < 2:  # one node
        return np.zeros((len(matrix), 2))
    vectors = vectors * np.where(vectors[np.abs(vectors).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    scale = np.where(values > 1e-12 * max(values[0], 1e-300), np.sqrt(np.maximum(values, 1e-300)), np.inf)
    return -0.5 * (squared - inner.mean(0)) @ vectors / scale
