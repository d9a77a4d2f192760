"""How much a player can gain against fixed policies: exact best responses, NashConv and exploitability.

Freezing one player of a Markov game leaves a Markov decision process, which ``mdpzoo.planning`` solves with a
certificate. NashConv(pi, mu) = max over pi' of V(pi', mu) - min over mu' of V(pi, mu'), in every state.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import MarkovGame
from mdpzoo.planning import evaluate, solve_discounted
from mdpzoo_adversarial.solvers.matrix_games import check_payoffs, matrix_nash_conv

TOLERANCE = 1e-11  # of the values of best responses, in units of reward


@dataclass(frozen=True, eq=False)
class BestResponses:
    """What best responses to a pair of policies earn; all values are the first player's.

    Attributes:
        payoff: ``[S]`` values of the pair itself, without entropies.
        highest: ``[S]`` values of a best response of the first player to the second's policy.
        lowest: ``[S]`` values of a best response of the second player to the first's policy: the worst case.
        row: ``[S]`` the first player's best actions.
        column: ``[S]`` the second player's.
        error_bound: no value is further than this from the true one.
    """

    payoff: np.ndarray
    highest: np.ndarray
    lowest: np.ndarray
    row: np.ndarray
    column: np.ndarray
    error_bound: float

    @property
    def nash_conv(self) -> np.ndarray:
        """``[S]``, what both players can gain together."""
        return self.highest - self.lowest


def best_responses(
    game: MarkovGame, row: Any, column: Any, discount: float, tolerance: float = TOLERANCE
) -> BestResponses:
    """Solves both players' decision processes against the other's fixed policy.

    Args:
        game: the model.
        row: ``[S, A]`` probabilities of the first player.
        column: ``[S, B]`` of the second.
        discount: in [0, 1).
        tolerance: of the values.

    Raises:
        SettingError: if a policy is none of the game, or a number is out of its range.
    """
    first, second = game.players
    up = solve_discounted(game.against(second, column), discount, tolerance)
    down = solve_discounted(game.against(first, row), discount, tolerance)
    pair = evaluate(game.joint, game.joint_policy(row, column), discount=discount, tolerance=tolerance)
    bound = max(up.error_bound, down.error_bound, pair.error_bound)
    return BestResponses(pair.values, up.values, -down.values, up.policy, down.policy, bound)


def exploitability(game: Any, row: Any, column: Any, discount: float | None = None) -> float:
    """Returns the largest NashConv over all states: what best responses can gain, at most, from any start.

    Args:
        game: a ``MarkovGame``, or the ``[A, B]`` payoffs of a matrix game.
        row: ``[S, A]`` probabilities of the first player; ``[A]`` in a matrix game.
        column: ``[S, B]`` of the second; ``[B]`` in a matrix game.
        discount: in [0, 1), for a Markov game.

    Raises:
        SettingError: if a policy is none of the game, or the discount is missing or out of its range.
    """
    if isinstance(game, MarkovGame):
        if discount is None:
            raise SettingError("the exploitability in a Markov game needs a discount; give discount=0.99")
        return max(0.0, float(best_responses(game, row, column, discount).nash_conv.max()))
    payoffs = check_payoffs(game)
    return matrix_nash_conv(payoffs, _strategy(row, len(payoffs), "row"), _strategy(column, payoffs.shape[1], "column"))


def _strategy(given: Any, actions: int, name: str) -> np.ndarray:
    strategy = np.asarray(given, np.float64)
    if strategy.shape != (actions,) or not (strategy >= 0).all() or abs(strategy.sum() - 1) > 1e-9:
        raise SettingError(f"{name} must be {actions} probabilities that sum to 1, got {given!r:.60}")
    return strategy
