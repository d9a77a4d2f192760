"""SQIRL's regressions in closed form: means, and ridge regression (Hoerl and Kennard 1970).

What differs from the textbook: each action has its own regression, and an action that was never taken has the value
-inf, so that it is left out of maxima.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, Space

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples


@dataclass(frozen=True)
class Means:
    """The mean target of each observation and action.

    Attributes:
        table: ``[S, A]`` float64, -inf if there was no sample.
        origin: the smallest observation.
    """

    table: np.ndarray
    origin: int

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Looks up the ``[n, A]`` means of ``[n]`` observations."""
        return self.table[observations - self.origin]

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the table."""
        return {"table": self.table}


@dataclass(frozen=True)
class Histogram:
    """Means of the targets of each observation and action; exact, for Discrete observations."""

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Means:
        """Computes the means; draws no random numbers. Costs O(n + S A).

        Raises:
            SettingError: if observations are not Discrete.
        """
        states, origin = _states(space)
        pairs = (samples.observations - origin) * num_actions + samples.actions
        counts = np.bincount(pairs, minlength=states * num_actions)
        sums = np.bincount(pairs, samples.targets, states * num_actions)
        table = np.full(states * num_actions, -np.inf)
        known = counts > 0
        table[known] = sums[known] / counts[known]
        return Means(table.reshape(states, num_actions), origin)

    def blank(self, space: Space[Any], num_actions: int) -> Means:
        """Returns a table without samples."""
        states, origin = _states(space)
        return Means(np.full((states, num_actions), -np.inf), origin)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Means:
        """Rebuilds the means from their table."""
        return Means(arrays["table"], _states(space)[1])


@dataclass(frozen=True)
class Linear:
    """One linear function of the features per action.

    Attributes:
        weights: ``[F + 1, A]`` float64, the constant last.
        known: ``[A]`` bool, actions with samples.
        space: observation space.
    """

    weights: np.ndarray
    known: np.ndarray
    space: Space[Any]

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Computes ``[n, A]`` values."""
        return np.where(self.known, features(observations, self.space) @ self.weights, -np.inf)

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the weights and known actions."""
        return {"weights": self.weights, "known": self.known}


@dataclass(frozen=True)
class Ridge:
    """Least squares on features: the entries of a Box or one-hot vectors of a Discrete space, and a constant.

    Attributes:
        penalty: factor of the squared weights, positive; the constant is not penalised.
    """

    penalty: float = 1e-3

    def __post_init__(self) -> None:
        """Checks the penalty.

        Raises:
            SettingError: if it is not positive.
        """
        if not self.penalty > 0:
            raise SettingError(f"penalty must be positive, got {self.penalty}")

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Linear:
        """Solves the normal equations of each action; draws no random numbers. Costs O(A F^2 (n + F))."""
        inputs = features(samples.observations, space)
        weights = np.zeros((inputs.shape[1], num_actions))
        known = np.zeros(num_actions, bool)
        shrink = np.full(inputs.shape[1], self.penalty)
        shrink[-1] = 1e-12  # the constant is not penalised, but the matrix must be regular
        for action in np.unique(samples.actions):
            chosen = inputs[samples.actions == action]
            targets = samples.targets[samples.actions == action]
            weights[:, action] = np.linalg.solve(chosen.T @ chosen + np.diag(shrink), chosen.T @ targets)
            known[action] = True
        return Linear(weights, known, space)

    def blank(self, space: Space[Any], num_actions: int) -> Linear:
        """Returns a function with no known actions."""
        width = features(np.asarray(space.sample())[None], space).shape[1]
        return Linear(np.zeros((width, num_actions)), np.zeros(num_actions, bool), space)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Linear:
        """Rebuilds the function from weights and known actions."""
        return Linear(arrays["weights"], arrays["known"], space)


def features(observations: np.ndarray, space: Space[Any]) -> np.ndarray:
    """Computes the features of ridge regression: ``[n, F + 1]`` float64, one-hot or flattened, then a column of ones.

    Bytes are divided by 255.
    """
    if isinstance(space, Discrete):
        flat = np.eye(int(space.n))[observations - int(space.start)]
    else:
        flat = observations.reshape(len(observations), -1) / (255.0 if observations.dtype == np.uint8 else 1.0)
    return np.concatenate((flat, np.ones((len(flat), 1))), 1)


def _states(space: Space[Any]) -> tuple[int, int]:
    """Returns the number of observations and the smallest one."""
    if not isinstance(space, Discrete):
        raise SettingError(
            f"the histogram needs Discrete observations, got {space}; use regressor='network' or 'ridge'"
        )
    return int(space.n), int(space.start)
