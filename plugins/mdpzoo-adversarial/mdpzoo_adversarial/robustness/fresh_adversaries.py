"""The worst case of a fixed controller: its return against a fresh adversary that is trained against it.

A trained adversary is a lower bound of what a perfect one could do: the true worst case is at most this return.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo.policies import freeze
from mdpzoo_adversarial.robustness.grids import protagonist_returns


@dataclass(frozen=True, eq=False)
class WorstCase:
    """The returns of a controller against an adversary that was trained against it.

    Attributes:
        returns: ``[episodes]`` float64, undiscounted returns of the protagonist.
        adversary: the trained adversary, a frozen policy.
    """

    returns: np.ndarray
    adversary: Any


def worst_case(
    game: str,
    policy: Any,
    steps: int = 20_000,
    *,
    episodes: int = 20,
    seed: int = 0,
    update_every: int = 3,
    sac: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> WorstCase:
    """Trains a fresh adversary with SAC against a fixed controller, and plays both.

    Args:
        game: id of a game whose first player is the controller.
        policy: the controller: a frozen policy, or anything with SB3's ``predict``.
        steps: of the adversary's training.
        episodes: to play afterwards.
        seed: of training and play.
        update_every: steps between two gradient steps.
        sac: settings of SB3's SAC.
        settings: of the game.

    Raises:
        SettingError: if a setting is unknown or out of its range.
    """
    from stable_baselines3 import SAC

    first, second = mdpzoo.make_parallel(game, **(settings or {})).possible_agents
    seat = mdpzoo.seat(game, second, {first: policy}, **(settings or {}))
    chosen = {"learning_starts": 1_000, "buffer_size": 100_000, **(sac or {})}
    model = SAC("MlpPolicy", seat, seed=seed, train_freq=update_every, gradient_steps=1, device="cpu", **chosen)
    model.learn(steps)
    adversary = freeze(model.policy)
    return WorstCase(protagonist_returns(game, policy, adversary, episodes, seed + 1, settings), adversary)
