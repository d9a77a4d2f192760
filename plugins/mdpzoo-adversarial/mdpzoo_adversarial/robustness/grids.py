"""Returns of a fixed controller over a grid of physical parameters, the adversary idle or fixed.

A name of the grid is a setting of the environment (``pole_mass`` of the cart), or, if the environment takes factors of
physical parameters, one of these (``mass:torso`` and ``friction`` of a MuJoCo robot).
"""

import inspect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo import registry
from mdpzoo.codes import load
from mdpzoo.errors import SettingError
from mdpzoo.experiments.evaluation import evaluate
from mdpzoo_adversarial.agents.conditioned_policies import IdlePolicy


@dataclass(frozen=True, eq=False)
class RobustnessGrid:
    """The returns of a controller in each cell.

    Attributes:
        names: of the parameters, one or two.
        values: of each parameter, in the order of the grid.
        returns: ``[n1, episodes]`` or ``[n1, n2, episodes]`` float64, undiscounted returns of the protagonist.
    """

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    returns: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """The mean return of each cell, ``[n1]`` or ``[n1, n2]``."""
        return self.returns.mean(-1)

    @property
    def worst(self) -> float:
        """The lowest mean of any cell."""
        return float(self.means.min())


def robustness_grid(
    game: str,
    policy: Any,
    axes: Mapping[str, Sequence[float]],
    *,
    episodes: int = 10,
    seed: int = 0,
    adversary: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> RobustnessGrid:
    """Plays a fixed controller in every cell of a grid; every cell has the same random numbers.

    Args:
        game: id of a game whose first player is the controller.
        policy: the controller: a frozen policy, or anything with SB3's ``predict``.
        axes: one or two parameters and their values.
        episodes: in each cell, at least 1.
        seed: of every cell.
        adversary: the other player's fixed policy; None: it does nothing.
        settings: other settings of the game.

    Raises:
        SettingError: if a parameter is unknown or out of its range, or there are none or more than two.
    """
    if not 1 <= len(axes) <= 2 or not all(len(each) for each in axes.values()):
        raise SettingError(f"a grid needs one or two parameters with values, got {list(axes)}")
    values = tuple(np.asarray(list(each), float) for each in axes.values())
    cells = [
        protagonist_returns(game, policy, adversary, episodes, seed, {**(settings or {}), **_cell(game, point)})
        for point in (dict(zip(axes, each, strict=True)) for each in itertools.product(*map(list, axes.values())))
    ]
    returns = np.array(cells).reshape(*map(len, values), episodes)
    return RobustnessGrid(tuple(axes), values, returns)


def protagonist_returns(
    game: str, policy: Any, adversary: Any, episodes: int, seed: int, settings: Mapping[str, Any] | None = None
) -> np.ndarray:
    """Returns ``[episodes]`` undiscounted returns of the first player; ``adversary`` None does nothing.

    Raises:
        SettingError: if a setting of the game is unknown or out of its range.
    """
    one = mdpzoo.make_parallel(game, **(settings or {}))
    first, second = one.possible_agents
    other = IdlePolicy(one.action_space(second)) if adversary is None else adversary
    rows = min(episodes, 1 if registry.environment(game).kind == "environment" else 64)
    envs = mdpzoo.seat(game, first, {second: other}, num_envs=rows, output="sb3", **(settings or {}))
    envs.seed(seed)
    found = evaluate(policy, envs, episodes, deterministic=False)
    envs.close()
    return found.returns


def _cell(game: str, point: Mapping[str, float]) -> dict[str, Any]:
    """Returns the settings of one cell."""
    known = inspect.signature(load(registry.environment(game).rules)).parameters
    own = {name: float(value) for name, value in point.items() if name in known}
    factors = {name: float(value) for name, value in point.items() if name not in known}
    if factors and "parameters" not in known:
        raise SettingError(f"{game!r} has no parameter {next(iter(factors))!r}; known: {', '.join(known)}")
    return {**own, **({"parameters": factors} if factors else {})}
