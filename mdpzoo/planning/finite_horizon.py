"""Optimal values and policies for a number of steps, by backward induction (Puterman 1994, section 4.5)."""

from dataclasses import dataclass

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.planning import sweeps
from mdpzoo.planning.passes_over_time import check_horizon, rounding_over
from mdpzoo.planning.rows import Rows
from mdpzoo.showing import shown


@shown
@dataclass(frozen=True, eq=False, repr=False)
class FiniteHorizonSolution:
    """Optimal values and a policy for each step.

    Attributes:
        values: ``[H + 1, S]`` float64, the best expected sum of rewards from step t to the end; row H is 0.
        policy: ``[H, S]`` int64, the best action at step t, the lowest where several are equally good as computed.
        error_bound: bound on the rounding error of any value.
    """

    values: np.ndarray
    policy: np.ndarray
    error_bound: float


def solve_finite_horizon(mdp: TabularMDP, horizon: int) -> FiniteHorizonSolution:
    """Computes the best policy for a number of steps, with undiscounted rewards.

    Args:
        mdp: the model.
        horizon: steps, at least 1.

    Raises:
        SettingError: the horizon is no such number.

    Source: Puterman 1994, section 4.5. Costs O(H transitions) time and O(H S) memory.

    Example:
        >>> from mdpzoo.models import TabularMDP
        >>> stay = TabularMDP.from_arrays([[[1.0]]], [[2.0]])
        >>> solve_finite_horizon(stay, horizon=3).values[:, 0]
        array([6., 4., 2., 0.])
    """
    steps = check_horizon(horizon)
    rows = Rows.of(mdp)
    values = np.zeros((steps + 1, mdp.num_states))
    policy = np.zeros((steps, mdp.num_states), np.int64)
    for step in reversed(range(steps)):
        sweeps.greedy_pass(*rows.table, 1.0, values[step + 1], values[step], policy[step])
    return FiniteHorizonSolution(values, policy, rounding_over(rows, steps, float(np.abs(values).max())))
