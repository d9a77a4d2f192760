"""Random integers for compiled searches, each with its own state, independent of global random streams.

Source: Vigna 2016 (xorshift64*), seeded by splitmix64 of Steele, Lea and Flood 2014. Integers wrap around.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing


@borrowing
def seeded(seed: int, stream: int) -> np.uint64:
    """Returns a state, which is never 0, for a seed and a stream."""
    z = np.uint64(seed) + (np.uint64(stream) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for _ in range(2):
        z += np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z | np.uint64(1)


@borrowing
def below(random: NDArray[np.uint64], bound: int) -> np.int64:
    """Draws a uniform integer in ``[0, bound)``."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return np.int64(((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(33)) % np.uint64(bound))
