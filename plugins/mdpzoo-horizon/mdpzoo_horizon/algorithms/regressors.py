"""The regressions of SQIRL that have a closed form: means, and ridge regression (Hoerl and Kennard 1970).

What differs from the textbook: each action has its own regression, and one that was never taken is worth -inf, so
that no maximum counts it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, Space

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples


@dataclass(frozen=True)
class Means:
    """The mean of each observation and action.

    Attributes:
        table: ``[S, A]`` float64, -inf where none was seen.
        origin: the least observation.
    """

    table: np.ndarray
    origin: int

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Reads ``[n, A]`` means for ``[n]`` observations."""
        return self.table[observations - self.origin]

    def arrays(self) -> dict[str, np.ndarray]:
        """The table."""
        return {"table": self.table}


@dataclass(frozen=True)
class Histogram:
    """The mean of the targets of each observation and action: exact, for Discrete observations."""

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Means:
        """Takes the means; draws nothing. Costs O(n + S A).

        Raises:
            SettingError: observations are not Discrete.
        """
        states, origin = _states(space)
        where = (samples.observations - origin) * num_actions + samples.actions
        counts = np.bincount(where, minlength=states * num_actions)
        sums = np.bincount(where, samples.targets, states * num_actions)
        table = np.full(states * num_actions, -np.inf)
        seen = counts > 0
        table[seen] = sums[seen] / counts[seen]
        return Means(table.reshape(states, num_actions), origin)

    def blank(self, space: Space[Any], num_actions: int) -> Means:
        """Nothing seen."""
        states, origin = _states(space)
        return Means(np.full((states, num_actions), -np.inf), origin)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Means:
        """Takes the table back."""
        return Means(arrays["table"], _states(space)[1])


@dataclass(frozen=True)
class Linear:
    """A linear function of the features for each action.

    Attributes:
        weights: ``[F + 1, A]`` float64, the constant last.
        known: ``[A]`` bool, the actions that were taken.
        space: what observations are elements of.
    """

    weights: np.ndarray
    known: np.ndarray
    space: Space[Any]

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Computes ``[n, A]`` values."""
        return np.where(self.known, features(observations, self.space) @ self.weights, -np.inf)

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and known actions."""
        return {"weights": self.weights, "known": self.known}


@dataclass(frozen=True)
class Ridge:
    """Least squares on features: the numbers of a Box, one-hot vectors of a Discrete space, and a constant.

    Attributes:
        penalty: what the squared weights cost, positive; the constant costs nothing.
    """

    penalty: float = 1e-3

    def __post_init__(self) -> None:
        """Checks the penalty.

        Raises:
            SettingError: it is not positive.
        """
        if not self.penalty > 0:
            raise SettingError(f"penalty must be positive, got {self.penalty}")

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Linear:
        """Solves the normal equations of each action; draws nothing. Costs O(A F^2 (n + F))."""
        inputs = features(samples.observations, space)
        weights = np.zeros((inputs.shape[1], num_actions))
        known = np.zeros(num_actions, bool)
        shrink = np.full(inputs.shape[1], self.penalty)
        shrink[-1] = 1e-12  # the constant is not shrunk, but its row must be regular
        for action in np.unique(samples.actions):
            chosen = inputs[samples.actions == action]
            aims = samples.targets[samples.actions == action]
            weights[:, action] = np.linalg.solve(chosen.T @ chosen + np.diag(shrink), chosen.T @ aims)
            known[action] = True
        return Linear(weights, known, space)

    def blank(self, space: Space[Any], num_actions: int) -> Linear:
        """Nothing known."""
        width = features(np.asarray(space.sample())[None], space).shape[1]
        return Linear(np.zeros((width, num_actions)), np.zeros(num_actions, bool), space)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Linear:
        """Takes weights and known actions back."""
        return Linear(arrays["weights"], arrays["known"], space)


def features(observations: np.ndarray, space: Space[Any]) -> np.ndarray:
    """What ridge regression sees: ``[n, F + 1]`` float64, one-hot or flattened, and a last column of ones.

    Bytes are divided by 255.
    """
    if isinstance(space, Discrete):
        flat = np.eye(int(space.n))[observations - int(space.start)]
    else:
        flat = observations.reshape(len(observations), -1) / (255.0 if observations.dtype == np.uint8 else 1.0)
    return np.concatenate((flat, np.ones((len(flat), 1))), 1)


def _states(space: Space[Any]) -> tuple[int, int]:
    """How many observations there are, and the least."""
    if not isinstance(space, Discrete):
        raise SettingError(f"a histogram needs Discrete observations, got {space}; use regressor='network' or 'ridge'")
    return int(space.n), int(space.start)
