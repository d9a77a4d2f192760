"""Thresholds at which a number of the stream passes from one outcome of a finite distribution to the next."""

import numpy as np


def thresholds(probabilities: np.ndarray) -> tuple[float, ...]:
    """Returns the thresholds between outcomes for a number of the stream: ``[K - 1]``, ascending.

    The outcome drawn by a number u in [0, 1) is the number of thresholds that are at most u, in all forms alike.
    """
    return tuple(np.cumsum(probabilities)[:-1].tolist())


def threshold_rows(rows: np.ndarray) -> np.ndarray:
    """Returns the thresholds of many distributions over the same outcomes, ``[n, K - 1]``, from ``[n, K]``.

    Outcomes of probability 0 are never drawn: thresholds are infinite from a row's last possible outcome on.
    """
    sums = rows.cumsum(1)
    last = rows.shape[1] - 1 - (rows[:, ::-1] > 0).argmax(1)
    sums[np.arange(rows.shape[1]) >= last[:, None]] = np.inf
    return np.ascontiguousarray(sums[:, :-1])
