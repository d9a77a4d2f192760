"""The numbers of ``mdpzoo.streams`` drawn by compiled code: the same bits, in a tenth of the time."""

import numpy as np

from mdpzoo.compiling import compiled, inlined
from mdpzoo.streams import GAMMA, MIX

STEP, FIRST, SECOND = np.uint64(GAMMA), np.uint64(MIX[0]), np.uint64(MIX[1])
P30, P27, P31, P11 = (np.uint64(each) for each in (30, 27, 31, 11))


@inlined
def number_at(position):  # type: ignore[no-untyped-def]
    """Returns the number in [0, 1) that belongs to a position of a stream, ``key + count * STEP`` as uint64."""
    bits = (position ^ (position >> P30)) * FIRST
    bits = (bits ^ (bits >> P27)) * SECOND
    bits ^= bits >> P31
    return np.float64(bits >> P11) * 2.0**-53


@compiled
def draw(keys: np.ndarray, counters: np.ndarray, count: int) -> np.ndarray:
    """Returns the numbers of ``streams.uniforms``, ``[B, count]``, and advances the counters ``[B]`` uint64."""
    numbers = np.empty((len(keys), count))
    for row in range(len(keys)):
        position = keys[row] + counters[row] * STEP
        for place in range(count):
            position += STEP
            numbers[row, place] = number_at(position)
        counters[row] += np.uint64(count)
    return numbers
