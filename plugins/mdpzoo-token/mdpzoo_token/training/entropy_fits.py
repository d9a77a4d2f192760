"""Least-squares fits of the reward against the entropy in a trace of training.

Source: arXiv:2505.22617 states R = -a e^H + b. What differs: a straight line in H is fitted beside it, which fits the
traces of our tasks better; see the family's page.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Fit(NamedTuple):
    """R = -a f(H) + b.

    Attributes:
        a: reward lost for each unit of f.
        b: reward at f = 0.
        r2: share of the reward's variance that the fit explains, at most 1.
    """

    a: float
    b: float
    r2: float


class EntropyLaw(NamedTuple):
    """Fits of one trace.

    Attributes:
        exponential: with f(H) = e^H.
        linear: with f(H) = H.
    """

    exponential: Fit
    linear: Fit


def entropy_law(entropies: ArrayLike, rewards: ArrayLike) -> EntropyLaw:
    """Fits both curves to a trace, such as those of ``agent.reports``.

    Args:
        entropies: ``[T]``, mean entropy of a token in nats, not all equal.
        rewards: ``[T]``, mean reward at the same time, not all equal.
    """
    entropy, reward = np.asarray(entropies, np.float64), np.asarray(rewards, np.float64)
    return EntropyLaw(_fit(np.exp(entropy), reward), _fit(entropy, reward))


def _fit(variable: np.ndarray, reward: np.ndarray) -> Fit:
    slope, constant = np.polyfit(variable, reward, 1)
    left = reward - (slope * variable + constant)
    return Fit(-float(slope), float(constant), 1.0 - float((left**2).sum() / ((reward - reward.mean()) ** 2).sum()))
