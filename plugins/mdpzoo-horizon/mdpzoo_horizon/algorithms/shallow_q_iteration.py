"""Shallow Q-iteration by sequential regressions: Algorithm 1 of SQIRL (Laidlaw et al. 2024, arXiv:2312.08369).

For each timestep i in turn, m fresh episodes follow the policies fixed so far and explore from step i on. Of them,
steps i .. u = min(i + k - 1, T) are regressed, the last one first: the return-to-go of exploring at u, then k - 1
backups. The greedy policy of the regression at i is fixed, and the next timestep has its turn. Records in, fitted
values out: nothing here knows an environment, PyTorch or Stable-Baselines3. Steps count from 0 here.

What differs from the paper: the window is cut at the horizon, actions of which nothing is known take no part in a
maximum, and the iteration ends when no episode lives to step i.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np
from gymnasium.spaces import Space


class Samples(NamedTuple):
    """What one regression fits.

    Attributes:
        observations: ``[n, ...]``.
        actions: ``[n]`` int64, in 0 .. A - 1.
        targets: ``[n]`` float64, what was earned from there on.
    """

    observations: np.ndarray
    actions: np.ndarray
    targets: np.ndarray


class Fitted(Protocol):
    """What a regression found."""

    def values(self, observations: np.ndarray) -> np.ndarray:
        """The value of every action, ``[n, A]`` float64; -inf where nothing is known of it."""

    def arrays(self) -> dict[str, np.ndarray]:
        """All that it knows, as arrays that ``Regressor.restore`` takes back."""


class Regressor(Protocol):
    """Settings of a regression; a plug-in: anything with these methods may be given to ``SQIRL``."""

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Fitted:
        """Fits values of observations and actions to targets.

        Args:
            samples: n >= 1 of them.
            space: what observations are elements of.
            num_actions: A.
            generator: the only source of randomness.
        """

    def blank(self, space: Space[Any], num_actions: int) -> Fitted:
        """What knows nothing, with arrays of the right shapes."""

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Fitted:
        """Takes back what ``Fitted.arrays`` gave."""


class Window(NamedTuple):
    """What one iteration keeps of its m episodes: steps i .. u, L of them.

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
    """The episodes of several windows of the same steps."""
    return Window(*(np.concatenate(parts, 1) for parts in zip(*windows, strict=True)))


def shortened(window: Window, length: int) -> Window:
    """The first ``length`` steps of a window; what was earned later is added to the last one's return-to-go."""
    rewards = window.rewards[:length].copy()
    rewards[-1] = window.rewards[length - 1 :].sum(0)
    return Window(window.observations[:length], window.actions[:length], rewards, window.alive[:length])


def reusable(window: Window, choices: np.ndarray) -> Window:
    """The episodes that did at the first step what has been fixed for it, from the second step on.

    From there on they are what a fresh episode of the next iteration is, but for one thing: they had a say in what was
    fixed, and the lucky ones among them had more of it.

    Args:
        window: of all steps that are left.
        choices: ``[m]`` what is fixed for each episode's first observation.
    """
    did = window.alive[0] & (window.actions[0] == choices)
    return Window(*(each[1:, did] for each in window))


def informative(window: Window) -> bool:
    """Whether the episodes that reached the window earned different sums from there on."""
    earned = window.rewards.sum(0)[window.alive[0]]
    return len(earned) > 0 and bool(np.ptp(earned) > 0)


def last_step(first: int, lookahead: int, horizon: int) -> int:
    """The last step u that is regressed in the iteration of step ``first``; both count from 0."""
    return min(first + lookahead, horizon) - 1


def fit_window(
    window: Window, regressor: Regressor, space: Space[Any], num_actions: int, generator: np.random.Generator
) -> Fitted:
    """Regresses a window's steps from the last to the first.

    Args:
        window: of one iteration; some episode must have reached its first step.
        regressor: what regresses.
        space: what observations are elements of.
        num_actions: A.
        generator: the only source of randomness.

    Returns:
        The values at the window's first step: what the paper calls Q^L_i. Costs L regressions of at most m samples.
    """
    targets = window.rewards[-1]
    for step in range(len(window.alive) - 1, 0, -1):
        alive = window.alive[step]
        following, targets = targets, window.rewards[step - 1].copy()
        if alive.any():
            samples = Samples(window.observations[step][alive], window.actions[step][alive], following[alive])
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
