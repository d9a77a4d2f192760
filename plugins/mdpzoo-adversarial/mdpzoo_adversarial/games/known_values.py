"""The value of an episode of a zero-sum game to the first player, if it is known exactly."""

import inspect
from typing import Any

import numpy as np

from mdpzoo.codes import load
from mdpzoo.experiments.truths import Truth
from mdpzoo_adversarial.games.linear_quadratic import LQGames
from mdpzoo_adversarial.games.tabular_games import TabularGame
from mdpzoo_adversarial.solvers.lq_games import solve_lq_episode
from mdpzoo_adversarial.solvers.markov_games import episode_value


def known_value(*, rules: str, max_episode_steps: int | None = None, **settings: Any) -> Truth | None:
    """Returns the value of a game's episode; None if it has no limit of steps, or if actions reach their limits.

    Args:
        rules: ``"module:attribute"`` of the game's builder.
        max_episode_steps: the limit of steps.
        **settings: of the game; those of its shell are ignored.
    """
    build = load(rules)
    own = settings.keys() & inspect.signature(build).parameters.keys()
    game = build(**{name: settings[name] for name in own})
    if max_episode_steps is None:
        return None
    return _of_matrices(game, max_episode_steps) if isinstance(game, LQGames) else _of_table(game, max_episode_steps)


def _of_table(game: TabularGame, steps: int) -> Truth:
    value, bound = episode_value(game.model, steps)
    how = f"backward induction over {steps} steps of {game.model.num_states} states"
    return Truth(optimum=value, of_game=True, source=f"{how}, a matrix game each; the error is at most {bound:.1g}")


def _of_matrices(game: LQGames, steps: int) -> Truth | None:
    """Returns the mean of -x'Px over first states, whose coordinates are independent, uniform in [-start, start]."""
    P, gains = solve_lq_episode(game.matrices, steps)
    if largest_action(game, gains) > game.limit:
        return None  # the recursion knows no limits of actions
    value = -(game.start**2) / 3 * float(np.trace(P))
    how = f"the game's Riccati recursion over {steps} steps, whose actions stay within their limits"
    return Truth(optimum=value, of_game=True, source=f"{how} (Basar and Bernhard 1995)")


def largest_action(game: LQGames, gains: np.ndarray) -> float:
    """Returns the largest coordinate of an action on the equilibrium's path, over all first states.

    Args:
        game: the rules.
        gains: ``[T, m + k, n]``, as ``solve_lq_episode`` returns them.
    """
    A, inputs = game.matrices["A"], np.hstack([game.matrices["B"], game.matrices["D"]])
    moved, largest = np.eye(len(A)), 0.0
    for each in gains:
        # a linear function of x is largest in a corner of the first states' cube
        largest = max(largest, float(np.abs(each @ moved).sum(1).max()) * game.start)
        moved = (A - inputs @ each) @ moved
    return largest
