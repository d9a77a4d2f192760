"""Stochastic controllers of CartPole: the more random, the more each step can carry."""

import math
from typing import Any

import numpy as np

from mdpzoo_coding.policies.interface import hashed


class PolePolicy:
    """Pushes right with probability sigmoid(sign(u) |u / width|^power), where u is linear in the observation.

    With a power above 1 it is nearly indifferent where the pole needs no help, and decided where it does.
    """

    def __init__(self, gains: tuple[float, float, float, float], width: float, power: float = 1.0) -> None:
        """Sets up a controller.

        Args:
            gains: of position (m), velocity (m/s), angle (rad) and angular velocity (rad/s).
            width: of u, where the decision is e to 1; positive.
            power: at least 1.
        """
        self.gains, self.width, self.power = gains, width, power

    def probabilities(self, observation: Any, clock: int = 0) -> np.ndarray:
        """Returns the probabilities of pushing left and right, ``[2]``."""
        x, v, angle, turn = (float(each) for each in observation)
        a, b, c, d = self.gains
        scaled = (a * x + b * v + c * angle + d * turn) / self.width
        decided = min(abs(scaled) ** self.power, 700.0)
        right = 1 / (1 + math.exp(-math.copysign(decided, scaled)))
        return np.array((1 - right, right))

    def digest(self) -> str:
        """Returns a hash of the numbers."""
        return f"pole {hashed(np.array((*self.gains, self.width, self.power)))}"


def steady_pole() -> PolePolicy:
    """Returns the default of CartPole: 0.84 bits a step, and the pole stays up for 500 steps in 19,999 of 20,000."""
    return PolePolicy((0.6, 1.0, 20.0, 3.2), 1.5, 2.0)


def linear_pole() -> PolePolicy:
    """Returns a linear controller: 0.75 bits a step."""
    return PolePolicy((0.5, 1.0, 20.0, 3.0), 0.5)
