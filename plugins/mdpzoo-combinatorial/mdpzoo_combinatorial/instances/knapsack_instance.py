"""The 0/1 knapsack problem as data."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.instances.checking import (
    as_indices,
    check_distinct,
    check_names,
    frozen,
    not_negative,
    number,
    tolerance,
    total,
    whole,
)


@dataclass(frozen=True, eq=False)
class KnapsackInstance:
    """n items of which some are taken: the most value that the capacity holds; its arrays are read-only.

    Attributes:
        problem: the kind of problem, as reports name it.
        maximise: whether a larger objective is better.
        name: what reports call it.
        values: ``[n]`` float64, not negative.
        weights: ``[n]`` float64, not negative.
        capacity: what the weights of the items taken may sum to; where not all numbers are integers, they may exceed
            it by 1e-6 of it.
        comment: free text.
        names: of the items, ``n`` of them, or none.

    Raises:
        InstanceError: an array of a wrong shape, or a number that is negative or not finite.
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
            held = frozen(getattr(self, field), (n,), f"{self.name}: {field}")
            not_negative(held, f"{self.name}: {field}")
            object.__setattr__(self, field, held)
        check_names(self.name, self.names, n)
        object.__setattr__(self, "capacity", number(self.capacity, f"{self.name}: the capacity"))

    @property
    def num_items(self) -> int:
        """The number of items n."""
        return len(self.values)

    @cached_property
    def integral(self) -> bool:
        """Whether values, weights and capacity are integers."""
        return whole(self.values) and whole(self.weights) and self.capacity == int(self.capacity)

    @property
    def tolerance(self) -> float:
        """How much the weights may exceed the capacity: 0 where all numbers are integers."""
        return tolerance(self.capacity, self.integral)

    def checked(self, solution: ArrayLike) -> NDArray[np.int64]:
        """Returns the items taken, sorted, ``[k]`` int64.

        Args:
            solution: distinct items, counted from 0; an empty list takes none.
        Raises:
            InstanceError: an item out of range or twice, or weights over the capacity; names the first fault.
        """
        items = as_indices(solution, "a selection")
        check_distinct(items, 0, self.num_items, "item", "selection")
        weight = total(self.weights[items], self.integral)
        if weight > self.capacity + self.tolerance:
            raise InstanceError(f"the selection weighs {weight:.10g}, more than the capacity {self.capacity:.10g}")
        return np.sort(items)

    def objective(self, solution: ArrayLike) -> int | float:
        """Returns the value of the items taken, an int where every value is one.

        Args:
            solution: as in ``checked``.
        Raises:
            InstanceError: not a solution; names the first fault.
        """
        return self.evaluate(self.checked(solution))

    def evaluate(self, solution: Any) -> int | float:
        """Returns ``objective`` of a solution that ``checked`` has returned, without checking it again."""
        return total(self.values[solution], whole(self.values))
