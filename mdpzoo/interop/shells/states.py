"""States of many rows: NamedTuples of arrays with leading dimension B, or of such NamedTuples."""

from typing import Any

import numpy as np


def taken(state: Any, index: np.ndarray) -> Any:
    """Returns copies of some rows of a state.

    Args:
        state: a NamedTuple of arrays ``[B, ...]``, nested or not; or one such array.
        index: ``[rows]`` int64.
    """
    if isinstance(state, tuple):
        return type(state)(*(taken(each, index) for each in state))
    return state[index]


def replaced(state: Any, fresh: Any, index: np.ndarray) -> Any:
    """Returns a copy of a state in which some rows are ``fresh``, a state of as many rows as ``index`` has."""
    if isinstance(state, tuple):
        parts = (replaced(old, new, index) for old, new in zip(state, fresh, strict=True))
        return type(state)(*parts)
    array = state.copy()
    array[index] = fresh
    return array
