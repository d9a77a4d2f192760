"""Validation of arrays, numbers and indices; every error is one sentence."""

from decimal import Context, Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError

EXACT = Context(prec=60)  # more digits than any float64 below LARGEST is printed with
LARGEST = 1e15  # sums of a few integers below this are exact in float64
SLACK = 1e-6  # relative tolerance of a limit on sums of rounded numbers


def freeze(given: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    """Returns a read-only float64 copy; an array that owns its memory and is already read-only is not copied.

    Args:
        given: numbers.
        shape: the required shape.
        what: its name in errors.
    Raises:
        InstanceError: if the shape is another, the array is empty, or a number is not finite and below 1e15.
    """
    try:
        kept = isinstance(given, np.ndarray) and given.flags.owndata and not given.flags.writeable
        array = np.asarray(given, np.float64) if kept else np.array(given, np.float64)
    except (ValueError, TypeError):
        raise InstanceError(f"{what} must be an array of numbers of the shape {list(shape)}") from None
    if array.shape != shape or not array.size:
        raise InstanceError(f"{what} must have the shape {list(shape)} with at least one node, got {list(array.shape)}")
    wrong = ~((array < LARGEST) & (array > -LARGEST))
    if wrong.any():
        index = tuple(map(int, np.argwhere(wrong)[0]))
        raise InstanceError(f"{what} must be finite and below 1e15, but {list(index)} is {array[index]}")
    array.flags.writeable = False
    return array


def not_negative(array: NDArray[np.float64], what: str) -> None:
    """Raises InstanceError for the first number below 0 in ``array [n]``."""
    if (array < 0).any():
        index = int((array < 0).argmax())
        raise InstanceError(f"{what} must not be negative, but [{index}] is {array[index]:g}")


def check_names(what: str, names: tuple[str, ...], count: int) -> None:
    """Raises InstanceError if there are names, but not ``count`` of them."""
    if len(names) not in (0, count):
        raise InstanceError(f"{what}: {count} names are needed, one for each node or item, got {len(names)}")


def whole(array: NDArray[np.float64]) -> bool:
    """Returns whether all numbers are integers; needs memory for one row only."""
    return all(bool((row == np.floor(row)).all()) for row in np.atleast_2d(array))


def number(given: Any, what: str) -> float:
    """Returns a number as a float; raises InstanceError if it is negative or not finite."""
    try:
        value = float(given)
    except (ValueError, TypeError, OverflowError):
        raise InstanceError(f"{what} must be a number, got {str(given)[:40]!r}") from None
    if not 0 <= value < LARGEST:
        raise InstanceError(f"{what} must be at least 0 and below 1e15, got {value:g}")
    return value


def total(numbers: NDArray[np.float64], integral: bool) -> int | float:
    """Returns the sum, as an exact int if all numbers are integers."""
    return sum(map(int, numbers.tolist())) if integral else float(numbers.sum())


def tolerance(limit: float, integral: bool) -> float:
    """Returns the amount by which a sum may exceed a limit: 0 if all numbers are integers."""
    return 0.0 if integral else SLACK * max(1.0, limit)


def in_whole_units(numbers: list[float]) -> list[int] | None:
    """Multiplies decimal numbers by the smallest power of ten that makes all of them integers.

    A number stands for the decimal with which it is printed: 0.1 and 0.2 add up to 0.3 exactly.

    Args:
        numbers: not negative.

    Returns:
        The integers; None if float64 cannot represent their sum exactly.
    """
    decimals = [Decimal(repr(each)) for each in numbers]
    places = max(0, *(-int(each.normalize().as_tuple().exponent) for each in decimals))
    integers = [int(each.scaleb(places, EXACT)) for each in decimals]
    return integers if sum(integers) < 2**53 else None


def check_search(iterations: int | None, seed: int) -> None:
    """Raises SettingError if a search's iterations (None: unlimited) or seed are out of range."""
    if iterations is not None and iterations < 0:
        raise SettingError(f"iterations must be at least 0, got {iterations}")
    if not 0 <= seed < 2**63:
        raise SettingError(f"seed must lie in [0, 2**63), got {seed}")


def at_least(name: str, value: object, least: int) -> None:
    """Raises SettingError if the value is not an integer, is a bool, or is below ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingError(f"{name} must be an integer of at least {least}, got {value!r}")


def as_indices(given: ArrayLike, what: str) -> NDArray[np.int64]:
    """Returns a list of integers as ``[k]`` int64.

    Args:
        given: the list, which may be empty.
        what: its name in errors, such as "a tour".
    Raises:
        InstanceError: if it contains lists or anything that is not an integer.
    """
    try:
        indices = np.asarray(given)
    except ValueError:
        raise InstanceError(f"{what} must be one list of numbers, got lists of different lengths") from None
    except (TypeError, OverflowError):
        raise InstanceError(f"{what} must be a list of integers, got {type(given).__name__}") from None
    if indices.shape == (0,):
        return np.zeros(0, np.int64)
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise InstanceError(f"{what} must be a list of integers, got {indices.dtype} in the shape {indices.shape}")
    return indices.astype(np.int64) if indices.dtype != np.uint64 else np.minimum(indices, 2**62).astype(np.int64)


def check_distinct(indices: NDArray[np.int64], low: int, high: int, one: str, whole_thing: str) -> None:
    """Raises InstanceError for the first index that is outside ``low..high - 1`` or repeated.

    Args:
        indices: ``[k]``.
        low: smallest index allowed.
        high: largest index allowed, plus one.
        one: name of an index in errors, such as "node".
        whole_thing: name of the list in errors, such as "tour".
    Raises:
        InstanceError: names the index and its position.
    """
    outside = (indices < low) | (indices >= high)
    if outside.any():
        k = int(outside.argmax())
        raise InstanceError(f"{one} {indices[k]} at position {k} of the {whole_thing} is outside {low}..{high - 1}")
    first = np.unique(indices, return_index=True)[1]
    if len(first) < len(indices):
        k = int(np.setdiff1d(np.arange(len(indices)), first)[0])
        raise InstanceError(f"the {whole_thing} has {one} {indices[k]} a second time at position {k}")


def validate_tour(tour: ArrayLike, num_nodes: int | None = None) -> NDArray[np.int64]:
    """Returns the tour as int64 after checking that it is a permutation of ``range(num_nodes)``.

    If ``num_nodes`` is None, it is the length of the tour.

    Raises:
        InstanceError: if a node is out of range, visited twice or missing, or is not an integer.
    """
    nodes = as_indices(tour, "a tour")
    if not len(nodes):
        raise InstanceError("a tour must be a list of integers, at least one, got none")
    num_nodes = len(nodes) if num_nodes is None else num_nodes
    check_distinct(nodes, 0, num_nodes, "node", "tour")
    if len(nodes) != num_nodes:
        missing = int(np.setdiff1d(np.arange(num_nodes), nodes)[0])
        raise InstanceError(f"the tour leaves out node {missing}: it has {len(nodes)} of {num_nodes} nodes")
    return nodes
