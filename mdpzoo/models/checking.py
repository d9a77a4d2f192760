"""Checks that several models share."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError


def dense(numbers: Any, name: str) -> np.ndarray:
    """Returns a new float64 array.

    Raises:
        SettingError: if the numbers are no rectangular array.
    """
    try:
        return np.array(numbers, np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"{name} must be a rectangular array of numbers, got {numbers!r:.60}") from None


def checked_horizon(horizon: Any) -> int:
    """Returns the steps of an episode; 0: no end.

    Raises:
        SettingError: if it is no integer of at least 0.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 0:
        raise SettingError(f"horizon must be a whole number of at least 0 (0: no end), got {horizon!r:.60}")
    return int(horizon)
