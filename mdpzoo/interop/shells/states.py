"""States of many rows: NamedTuples of arrays with leading dimension B, or of such NamedTuples."""

from collections.abc import Callable
from typing import Any

import numpy as np


def mapped(state: Any, function: Callable[[Any], Any]) -> Any:
    """Returns a state with a function applied to each of its arrays (or tensors)."""
    if isinstance(state, tuple):
        return type(state)(*(mapped(each, function) for each in state))
    return function(state)


def leaves(state: Any) -> list[Any]:
    """Returns the arrays (or tensors) of a state, from first to last."""
    return [leaf for each in state for leaf in leaves(each)] if isinstance(state, tuple) else [state]


def taken(state: Any, index: np.ndarray) -> Any:
    """Returns copies of some rows (``index``, ``[rows]`` int64) of a state."""
    return mapped(state, lambda array: array[index])


def replaced(state: Any, fresh: Any, index: np.ndarray) -> Any:
    """Returns a copy of a state in which some rows are ``fresh``, a state of as many rows as ``index`` has."""
    if isinstance(state, tuple):
        parts = (replaced(old, new, index) for old, new in zip(state, fresh, strict=True))
        return type(state)(*parts)
    array = state.copy()
    array[index] = fresh
    return array
