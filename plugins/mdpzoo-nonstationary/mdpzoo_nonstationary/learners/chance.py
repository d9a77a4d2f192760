"""The learner's own random stream, compiled: counter-based uniforms, and gamma variables for posterior samples."""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo.interop.shells.compiled_streams import STEP, number_at


@borrowing
def draw(clock):  # type: ignore[no-untyped-def]
    """Returns the next number in [0, 1) of the stream in ``clock``, a record with ``key`` and ``drawn``.

    The numbers are those of ``mdpzoo.streams.uniforms``.
    """
    drawn = clock.drawn + np.uint64(1)
    clock.drawn = drawn
    return number_at(clock.key + drawn * STEP)


@borrowing
def uniform(clocks):  # type: ignore[no-untyped-def]
    """Returns the next number of the stream in ``clocks[0]``."""
    return draw(clocks[0])


@borrowing
def gamma(clock, shape):  # type: ignore[no-untyped-def]
    """Draws a gamma variable of a shape of at least 1 and scale 1 (Marsaglia and Tsang 2000)."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        radius = math.sqrt(-2.0 * math.log(1.0 - draw(clock)))
        normal = radius * math.cos(2.0 * math.pi * draw(clock))
        v = 1.0 + c * normal
        if v <= 0.0:
            continue
        v = v * v * v
        if math.log(1.0 - draw(clock)) < 0.5 * normal * normal + d - d * v + d * math.log(v):
            return d * v
