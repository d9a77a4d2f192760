"""Values and visits of a given policy (Puterman 1994, sections 4.2, 6.1 and 6.9.2).

What differs from the textbook: discounted values carry the certificate of ``discounted``; visits are not scaled to sum
to 1, so that their product with the mean rewards is the expected return; time in terminal states is not counted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import passes_over_time, sweeps
from mdpzoo.planning.certificates import EPS
from mdpzoo.planning.discounted import check_discount, check_tolerance, solve_rows
from mdpzoo.planning.rows import Rows, as_steps, as_weights
from mdpzoo.showing import shown


@shown
@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """A policy's values.

    Attributes:
        values: ``[S]`` float64 for a discount; ``[H + 1, S]`` for a horizon, by the number of steps taken.
        error_bound: no value is further than this from the truth, rounding included.
        sweeps: passes over the policy's rows.
    """

    values: np.ndarray
    error_bound: float
    sweeps: float


@shown
@dataclass(frozen=True, eq=False, repr=False)
class Occupancy:
    """The expected visits of a policy to states and actions.

    Attributes:
        visits: ``[S, A]`` float64, expected discounted visits, for a discount; ``[H, S, A]``, the chance at each step,
            for a horizon. 0 in terminal states.
        error_bound: bound on the sum of all absolute errors of ``visits`` (at each step, for a horizon).
    """

    visits: np.ndarray
    error_bound: float


def evaluate(
    mdp: TabularMDP,
    policy: Any,
    *,
    discount: float | None = None,
    horizon: int | None = None,
    tolerance: float = 1e-6,
) -> Evaluation:
    """Computes a policy's expected sums of rewards, discounted or over a number of steps.

    Args:
        mdp: the model.
        policy: ``[S]`` actions or ``[S, A]`` probabilities; with a horizon also ``[H, S]`` or ``[H, S, A]``.
        discount: in [0, 1); this or the horizon.
        horizon: steps, at least 1; this or the discount.
        tolerance: what the error bound must reach for a discount, in units of reward. For a horizon, values are exact
            up to rounding.

    Raises:
        SettingError: an argument is out of its range, or the policy does not fit the model; says where.

    Source: Puterman 1994, sections 4.2 and 6.1. Costs O(transitions) a sweep or step.

    Example:
        >>> from mdpzoo.models import TabularMDP
        >>> bandit = TabularMDP.from_arrays([[[1.0], [1.0]]], [[0.0, 1.0]])
        >>> float(evaluate(bandit, [[0.5, 0.5]], horizon=4).values[0, 0])
        2.0
    """
    if _is_discounted(discount, horizon):
        check_tolerance(tolerance)
        rows = Rows.under(mdp, as_weights(mdp, policy))
        found = solve_rows(rows, float(discount), float(tolerance), "modified-policy-iteration")  # type: ignore[arg-type]
        return Evaluation(found.values, found.error_bound, found.sweeps)
    steps = passes_over_time.check_horizon(horizon)
    values, bound = passes_over_time.policy_values(mdp, as_steps(mdp, policy, steps))
    return Evaluation(values, bound, steps)


def occupancy(
    mdp: TabularMDP,
    policy: Any,
    *,
    discount: float | None = None,
    horizon: int | None = None,
    tolerance: float = 1e-6,
) -> Occupancy:
    """Computes a policy's expected visits to each state and action, from the model's start.

    The sum of ``visits * mdp.expected_rewards`` is the policy's expected return.

    Args:
        mdp: the model.
        policy: as for ``evaluate``.
        discount: in [0, 1), visits at step t counting discount ** t; this or the horizon.
        horizon: steps, at least 1; this or the discount.
        tolerance: for a discount, bound on the sum of the sizes of all errors.

    Raises:
        SettingError: an argument is out of its range, or the policy does not fit the model; says where.

    Source: Puterman 1994, section 6.9.2. Costs O(transitions) a sweep or step.
    """
    if not _is_discounted(discount, horizon):
        steps = passes_over_time.check_horizon(horizon)
        return Occupancy(*passes_over_time.visits(mdp, as_steps(mdp, policy, steps)))
    check_tolerance(tolerance)
    weights = as_weights(mdp, policy)
    weights[mdp.terminal] = 0.0
    states, bound = _discounted_visits(mdp, weights, float(discount), float(tolerance))  # type: ignore[arg-type]
    return Occupancy(states[:, None] * weights, bound)


def _is_discounted(discount: float | None, horizon: int | None) -> bool:
    """Whether the one given argument is the discount."""
    if (discount is None) == (horizon is None):
        raise SettingError("give either a discount or a horizon, as in evaluate(mdp, policy, discount=0.99)")
    if discount is not None:
        check_discount(discount)
    return discount is not None


def _discounted_visits(
    mdp: TabularMDP, weights: np.ndarray, discount: float, tolerance: float
) -> tuple[np.ndarray, float]:
    """Solves x = start + discount P' x in place, in both directions, and scales it so that the sums agree."""
    rows = Rows.under(mdp, weights)
    start = np.where(mdp.terminal, 0.0, mdp.start)
    ends, taken, chances = sweeps.turn_rows(*rows.table, discount)
    law = ends, taken, chances
    share = sweeps.staying_share(*law)
    greatest = discount * rows.greatest_sum
    visits = np.zeros(rows.num_states)
    longest = int(np.diff(law[0]).max(initial=1))
    bound, tries = np.inf, 0
    while bound > tolerance:
        for backward in (True, False):
            sweeps.policy_pass_in_place(*law, start, share, visits, backward)
        signed, size, total = sweeps.balance(*law, start, visits)
        rounding = EPS * (longest + 4) * (1 + 2 * total)
        bound = (size + rounding) / (1 - greatest) + EPS * total
        if bound > tolerance and total > signed:  # what leaves, start - signed, must come to the start's sum
            visits *= start.sum() / (start.sum() - signed)
        tries += 1
        if bound > tolerance and tries > 100 + 60 / (1 - greatest):
            raise SettingError(
                f"tolerance {tolerance:.3g} is below what double precision can certify; "
                f"set it to {2 * bound:.2g} or more"
            )
    return visits, bound
