"""Shallow Q-iteration by sequential regressions: Algorithm 1 of SQIRL (Laidlaw et al. 2024, arXiv:2312.08369).

For each timestep i, m fresh episodes follow the policies fixed so far and explore from step i on. Their steps
i .. u = min(i + k - 1, T) are regressed from the last to the first: the return-to-go of exploration at u, then k - 1
backups. The greedy policy of the regression at i is fixed before the next timestep. These functions map records to
fitted values and depend neither on environments nor on PyTorch or Stable-Baselines3. Steps count from 0 here.

What differs from the paper: the window is cut at the horizon, unknown actions are left out of maxima, and the loop ends
if no episode reaches step i.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
from gymnasium.spaces import Space


class Samples(NamedTuple):
    """The samples of one regression.

    Attributes:
        observations: ``[n, ...]``.
        actions: ``[n]`` int64, in 0 .. A - 1.
        targets: ``[n]`` float64, return estimates from each observation and action on.
    """

    observations: np.ndarray
    actions: np.ndarray
    targets: np.ndarray


class Fitted(Protocol):
    """The result of a regression."""

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Computes the values of all actions, ``[n, A]`` float64; -inf for unknown actions."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the fitted parameters as arrays for ``Regressor.restore``."""


class Regressor(Protocol):
    """A regression and its settings; any object with these methods can be passed to ``SQIRL``."""

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Fitted:
        """Fits values of observations and actions to targets.

        Args:
            samples: at least one sample.
            space: observation space.
            num_actions: A.
            generator: the only source of randomness.
        """

    def blank(self, space: Space[Any], num_actions: int) -> Fitted:
        """Returns a result with no known actions and arrays of the right shapes."""

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Fitted:
        """Rebuilds a result from ``Fitted.arrays``."""


class Window(NamedTuple):
    """The L steps i .. u of the m episodes of one iteration.

    Attributes:
        observations: ``[L, m, ...]``.
        actions: ``[L, m]`` int64, in 0 .. A - 1.
        rewards: ``[L, m]`` float64; the last row is the return-to-go, the sum from step u to the end.
        alive: ``[L, m]`` bool, whether the episode reached the step.
    """

    observations: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    alive: np.ndarray


def joined(windows: Iterable[Window]) -> Window:
    """Joins the episodes of several windows of the same steps."""
    return Window(*(np.concatenate(parts, 1) for parts in zip(*windows, strict=True)))


def shortened(window: Window, length: int) -> Window:
    """Returns the first ``length`` steps of a window; later rewards are added to the last return-to-go."""
    rewards = window.rewards[:length].copy()
    rewards[-1] = window.rewards[length - 1 :].sum(0)
    return Window(window.observations[:length], window.actions[:length], rewards, window.alive[:length])


def reusable(window: Window, choices: np.ndarray) -> Window:
    """Selects the episodes whose first action agrees with the fixed policy, from the second step on.

    They look like fresh episodes of the next iteration, with one difference: they have influenced the fixed policy, so
    lucky ones are overrepresented.

    Args:
        window: all remaining steps.
        choices: ``[m]``, the fixed action for each episode's first observation.
    """
    agrees = window.alive[0] & (window.actions[0] == choices)
    return Window(*(each[1:, agrees] for each in window))


def informative(window: Window) -> bool:
    """Checks whether the episodes that reached the window have different returns from its first step on."""
    returns = window.rewards.sum(0)[window.alive[0]]
    return len(returns) > 0 and bool(np.ptp(returns) > 0)


def last_step(first: int, lookahead: int, horizon: int) -> int:
    """Returns u, the last step that is regressed in the iteration of step ``first``; both count from 0."""
    return min(first + lookahead, horizon) - 1


def fit_window(
    window: Window, regressor: Regressor, space: Space[Any], num_actions: int, generator: np.random.Generator
) -> Fitted:
    """Regresses a window's steps from the last to the first.

    Args:
        window: the episodes of one iteration; at least one must have reached the first step.
        regressor: the regression.
        space: observation space.
        num_actions: A.
        generator: the only source of randomness.

    Returns:
        The values at the window's first step, Q^L_i in the paper. Costs L regressions of at most m samples.
    """
    targets = window.rewards[-1]
    for step in range(len(window.alive) - 1, 0, -1):
        alive = window.alive[step]
        next_targets, targets = targets, window.rewards[step - 1].copy()
        if alive.any():
            samples = Samples(window.observations[step][alive], window.actions[step][alive], next_targets[alive])
            fitted = regressor.fit(samples, space, num_actions, generator)
            targets[alive] += fitted.values(samples.observations).max(1)
    alive = window.alive[0]
    samples = Samples(window.observations[0][alive], window.actions[0][alive], targets[alive])
    return regressor.fit(samples, space, num_actions, generator)


class Iteration(NamedTuple):
    """The episodes that Algorithm 1 asks for next: greedy before step i, exploring from it on. Steps count from 0.

    Attributes:
        first: i.
        last: u, the last step that is regressed.
    """

    first: int
    last: int


def sequential_fitting(
    regress: Callable[[Window, int], Fitted],
    keep: Callable[[int, Fitted], None],
    *,
    horizon: int,
    lookahead: int,
    first: int = 0,
) -> Generator[Iteration, Window, None]:
    """Algorithm 1 as a coroutine: it yields each iteration and is sent the window of that iteration's episodes.

    Args:
        regress: computes a step's values from a window, as ``fit_window`` does.
        keep: fixes the greedy policy of a step.
        horizon: T, at least 1.
        lookahead: k, at least 1.
        first: the step to begin with; steps before it are fixed already.

    Yields:
        Iterations, at most T; fewer if no episode reaches a step.
    """
    for step in range(first, horizon):
        window = yield Iteration(step, last_step(step, lookahead, horizon))
        if not window.alive[0].any():
            return
        keep(step, regress(window, step))
