"""Where a number of the stream passes from one outcome of a finite distribution to the next."""

import numpy as np


def thresholds(probabilities: np.ndarray) -> tuple[float, ...]:
    """Returns where the stream's number passes from one outcome to the next: ``[K - 1]``, ascending.

    The outcome drawn by a number u in [0, 1) is how many thresholds are at most u; every face counts so.
    """
    return tuple(np.cumsum(probabilities)[:-1].tolist())
