"""The 0/1 knapsack problem as data."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.codes import load
from mdpzoo.errors import InstanceError
from mdpzoo.showing import shown
from mdpzoo_combinatorial.instances.checking import (
    as_indices,
    check_distinct,
    check_names,
    freeze,
    in_whole_units,
    not_negative,
    number,
    total,
    whole,
)
from mdpzoo_combinatorial.instances.routing import SHOWN_BY

ROUNDING = 1e-12  # of the capacity, where weights are added in floating point


class Units(NamedTuple):
    """Weights and the capacity of a knapsack in one unit.

    Attributes:
        weights: ``[n]`` float64.
        capacity: in the same unit.
        tolerance: amount by which the weights may exceed the capacity; 0 if all are integers.
        exact: whether all are integers whose sum float64 can represent.
    """

    weights: NDArray[np.float64]
    capacity: float
    tolerance: float
    exact: bool


@shown
@dataclass(frozen=True, eq=False, repr=False)
class KnapsackInstance:
    """n items with values and weights, and the capacity of the selection; arrays are read-only.

    Attributes:
        problem: name of the problem.
        maximise: whether a larger objective is better.
        name: of the instance, in reports.
        values: ``[n]`` float64, not negative.
        weights: ``[n]`` float64, not negative.
        capacity: maximum sum of the weights of selected items. Decimal numbers are added exactly; if that takes more
            than 53 bits, the sum may exceed the capacity by a fraction of 1e-12.
        comment: free text.
        names: of the ``n`` items, or none.

    Raises:
        InstanceError: if an array has another shape, or a number is negative or not finite.
    """

    problem: ClassVar[str] = "Knapsack"
    maximise: ClassVar[bool] = True
    name: str
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    capacity: float
    comment: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            n = len(self.values)
        except TypeError:
            raise InstanceError(f"{self.name}: values must be a list of numbers, got {self.values!r}") from None
        if not n:
            raise InstanceError(f"{self.name}: at least one item is needed, got none")
        for field in ("values", "weights"):
            array = freeze(getattr(self, field), (n,), f"{self.name}: {field}")
            not_negative(array, f"{self.name}: {field}")
            object.__setattr__(self, field, array)
        check_names(self.name, self.names, n)
        object.__setattr__(self, "capacity", number(self.capacity, f"{self.name}: the capacity"))

    def _repr_png_(self) -> bytes | None:
        """A picture, for notebooks."""
        return cast("bytes | None", load(f"{SHOWN_BY}:png_of")(self))

    def _repr_html_(self) -> str:
        """A small table and a picture, for notebooks."""
        return str(load(f"{SHOWN_BY}:html_with_picture")(self, self._repr_png_()))

    @property
    def num_items(self) -> int:
        """The number of items n."""
        return len(self.values)

    @cached_property
    def integral(self) -> bool:
        """Whether values, weights and capacity are integers."""
        return whole(self.values) and whole(self.weights) and self.capacity == int(self.capacity)

    @cached_property
    def in_units(self) -> Units:
        """Weights and capacity as the integers that solvers and environments add."""
        given = [*self.weights.tolist(), self.capacity]
        units = list(map(int, given)) if whole(self.weights) and self.capacity % 1 == 0 else in_whole_units(given)
        if units is None:
            return Units(self.weights, self.capacity, ROUNDING * self.capacity, False)
        weights = np.array(units[:-1], np.float64)
        weights.flags.writeable = False
        return Units(weights, float(units[-1]), 0.0, True)

    def validate(self, solution: ArrayLike) -> NDArray[np.int64]:
        """Returns the selected items, sorted, ``[k]`` int64.

        Args:
            solution: distinct items, counted from 0; may be empty.
        Raises:
            InstanceError: if an item is out of range or repeated, or the weights exceed the capacity.
        """
        items = as_indices(solution, "a selection")
        check_distinct(items, 0, self.num_items, "item", "selection")
        units = self.in_units
        if total(units.weights[items], units.exact) > units.capacity + units.tolerance:
            weight = total(self.weights[items], whole(self.weights))
            raise InstanceError(f"the selection weighs {weight:.10g}, more than the capacity {self.capacity:.10g}")
        return np.sort(items)

    def objective(self, solution: ArrayLike) -> int | float:
        """Returns the value of the selected items, an int if all values are integers.

        Args:
            solution: as in ``validate``.
        Raises:
            InstanceError: if it is not a solution; the message names the first fault.
        """
        return self.evaluate(self.validate(solution))

    def evaluate(self, solution: Any) -> int | float:
        """Returns the objective of a solution that ``validate`` has returned, without validating it again."""
        return total(self.values[solution], whole(self.values))
