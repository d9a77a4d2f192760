"""Random latent MDPs: Dirichlet kernels on random supports, with a chosen distance between contexts."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo.models.latent import show_rewards
from mdpzoo.settings import Range, ranged


@ranged
def latent_random(
    contexts: Annotated[int, Range(1)] = 2,
    states: Annotated[int, Range(1)] = 4,
    actions: Annotated[int, Range(1)] = 2,
    support: Annotated[int, Range(0)] = 0,
    separation: Annotated[float, Range(0, 1)] = 0.0,
    weights: Sequence[float] | None = None,
    seed: Annotated[int, Range(0)] = 0,
    horizon: Annotated[int, Range(0)] = 6,
) -> LatentMDP:
    """Builds random contexts; starts in state 0. A pair of state and action has the same support in all of them.

    Rewards: Of each state and action, drawn from the seed for each context: in [0, 1].

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        contexts: M, at least 1.
        states: S, at least 1.
        actions: A, at least 1.
        support: successors of each pair, at most S; 0: S.
        separation: the smallest distance of two contexts, max over pairs of the total variation between their next
            states, in (0, 1]; reached by mixing all kernels with a common one. 0: as drawn.
        weights: ``[M]`` probabilities of the contexts; None: uniform.
        seed: of the arrays.
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if a number is out of its range, or the contexts drawn are nearer than ``separation``.
    """
    if not 0 <= support <= states:
        raise SettingError(f"support must lie in 0..{states}, got {support}")
    generator = np.random.default_rng(seed)
    kept = generator.random((states, actions, states)).argsort(2) < (support or states)
    kernels = generator.dirichlet(np.ones(states), (contexts, states, actions)) * kept
    kernels /= kernels.sum(-1, keepdims=True)
    rewards = generator.random((contexts, states, actions))
    if separation:
        kernels = _brought_to(kernels, separation)
    return LatentMDP.from_arrays(kernels, rewards, weights=weights, horizon=horizon)


@ranged
def latent_rewards(
    contexts: Annotated[int, Range(1)] = 2,
    states: Annotated[int, Range(1)] = 3,
    actions: Annotated[int, Range(1)] = 2,
    seed: Annotated[int, Range(0)] = 0,
    horizon: Annotated[int, Range(0)] = 6,
    observed: bool = True,
) -> LatentMDP:
    """Builds contexts that share their kernel and differ in rewards, which are 0, 0.5 or 1: reward-mixing MDPs.

    Rewards: 0, 0.5 or 1, drawn from the seed for each context, state and action.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        contexts: M, at least 1.
        states: S, at least 1.
        actions: A, at least 1.
        seed: of the arrays.
        horizon: steps of an episode; 0: no end.
        observed: whether states include the last reward (see ``show_rewards``); otherwise nothing reveals contexts.

    Source: Kwon, Efroni, Caramanis and Mannor 2021 (reward-mixing MDPs); the numbers are this project's.
    """
    generator = np.random.default_rng(seed)
    kernel = generator.dirichlet(np.ones(states), (states, actions))
    rewards = generator.integers(0, 3, (contexts, states, actions)) / 2
    model = LatentMDP.from_arrays(np.stack([kernel] * contexts), rewards, horizon=horizon)
    return show_rewards(model) if observed else model


def separation_of(model: LatentMDP) -> float:
    """Returns the smallest distance of two contexts: max over pairs of the total variation; 1 for a single context."""
    kernels, count = model.transitions, model.num_contexts
    distances = [_distance(kernels[i], kernels[k]) for i in range(count) for k in range(i)]
    return min(distances, default=1.0)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).sum(-1).max() / 2)


def _brought_to(kernels: np.ndarray, separation: float) -> np.ndarray:
    count = len(kernels)
    nearest = min((_distance(kernels[i], kernels[k]) for i in range(count) for k in range(i)), default=1.0)
    if not 0 < separation <= nearest:
        raise SettingError(f"separation must lie in (0, {nearest:.4g}], the distance of the contexts drawn")
    share = separation / nearest
    return share * kernels + (1 - share) * kernels.mean(0)
