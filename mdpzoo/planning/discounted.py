"""Optimal values of a discounted model (Puterman 1994, sections 6.3 to 6.6), with a certified error bound.

Three methods share one loop: a pass of best action values over all rows, the bounds it proves, and, while these are
too wide, the method's own work between two such passes. They start below the optimal values, so that the values rise.

What differs from the textbook: modified policy iteration chooses the kind and the number of its passes as it goes
(``evaluation_sweeps``), improves in place where it would only creep, and evaluates exactly where no state leads far
(``policy_equations.bands``). Krylov acceleration may lose the order that proves convergence; a solution that takes more
than ``TRUSTED`` turns goes on from proven lower bounds without it. The answer is the middle of the proven bounds, and
these include rounding. The discount is below 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.models import TabularMDP
from mdpzoo.planning import sweeps
from mdpzoo.planning.certificates import Certificate, Certifier
from mdpzoo.planning.evaluation_sweeps import KRYLOV, Paces, approach, depth, room_for
from mdpzoo.planning.policy_equations.bands import WIDEST, band_of, solve_in_band
from mdpzoo.planning.policy_equations.krylov import falling_order
from mdpzoo.planning.rows import Rows
from mdpzoo.showing import shown

CREEPING = 0.3  # a bound that keeps more than this part of itself creeps
TRUSTED = 100  # turns after which only methods with a proof of convergence are used

Pass = Callable[[np.ndarray, np.ndarray], tuple[float, float, float, int]]  # values, out -> ends, size, actions changed
Turn = tuple[np.ndarray, np.ndarray, float]  # values, the other array, sweeps
Between = Callable[[np.ndarray, np.ndarray, int, bool], Turn]  # values, spare, actions changed, creeping


@shown
@dataclass(frozen=True, eq=False, repr=False)
class DiscountedSolution:
    """Optimal values and a policy.

    Attributes:
        values: ``[S]`` float64, the expected discounted sum of rewards; 0 in terminal states.
        policy: ``[S]`` int64, the best action, the lowest where several are equally good as computed; 0 in terminal
            states.
        error_bound: no value is further than this from the optimal one, rounding included; nor from the policy's own.
        sweeps: passes over all states and actions, a pass under one policy being one A-th.
    """

    values: np.ndarray
    policy: np.ndarray
    error_bound: float
    sweeps: float

    @property
    def policy_loss(self) -> float:
        """Bound on the loss of the policy against the optimum, from any state."""
        return 2 * self.error_bound


def solve_discounted(
    mdp: TabularMDP, discount: float, tolerance: float = 1e-6, method: str = "modified-policy-iteration"
) -> DiscountedSolution:
    """Solves a model for a discount; a pure function of its arguments, on one thread.

    Args:
        mdp: the model.
        discount: in [0, 1).
        tolerance: what the error bound must reach, in units of reward; positive.
        method: ``"modified-policy-iteration"``, ``"value-iteration"`` or ``"gauss-seidel"``.

    Raises:
        SettingError: an argument is out of its range, or the tolerance below what double precision can certify for
            this model; names an attainable one.

    Source: Puterman 1994, sections 6.3 to 6.6. Costs O(transitions) a sweep and O(S + transitions / A) memory.

    Example:
        >>> from mdpzoo.models import TabularMDP
        >>> stay = TabularMDP.from_arrays([[[1.0]]], [[2.0]])  # one state that pays 2 in each step
        >>> float(solve_discounted(stay, discount=0.5).values[0].round(6))
        4.0
    """
    check_discount(discount)
    check_tolerance(tolerance)
    if method not in METHODS:
        raise SettingError(f"unknown method {method!r}.{did_you_mean(method, METHODS) or f' There are: {[*METHODS]}'}")
    rows = Rows.of(mdp)
    return solve_rows(rows, float(discount), float(tolerance), method)


def solve_rows(rows: Rows, discount: float, tolerance: float, method: str) -> DiscountedSolution:
    """Implements ``solve_discounted`` for rows."""
    policy = np.zeros(rows.num_states, np.int64)

    def best(values: np.ndarray, out: np.ndarray) -> tuple[float, float, float, int]:
        return sweeps.greedy_pass(*rows.table, discount, values, out, policy)

    between = METHODS[method](rows, discount, tolerance, policy)
    start = lower_bound(rows, discount, sweeps.best_rewards(rows.rewards, rows.num_states))
    values, bound, count = converge(rows, Certifier.of(rows, discount), tolerance, start, best, between)
    return DiscountedSolution(values, policy, bound, count)


def converge(
    rows: Rows, certify: Certifier, tolerance: float, values: np.ndarray, step: Pass, between: Between
) -> tuple[np.ndarray, float, float]:
    """Alternates passes and the method's work between them until the bound is reached.

    Returns:
        Values ``[S]``, the error bound, the number of sweeps.

    Raises:
        SettingError: rounding keeps the bound above the tolerance.
    """
    live, spare, count, bound = ~rows.terminal, np.empty_like(values), 0.0, math.inf
    turns, most, stuck = 0, math.inf, 0
    while True:
        least, greatest, size, moved = step(values, spare)
        values, spare, count, turns = spare, values, count + 1, turns + 1
        found = certify(least, greatest, size)
        if found.error_bound <= tolerance:
            values[live] += found.shift
            return values, found.error_bound, count
        if turns in (1, TRUSTED):  # from the latter on every method shrinks the bound by the discount or better
            most = turns + TRUSTED + 100 + 3 * math.log(max(found.error_bound / tolerance, 2)) / (1 - certify.greatest)
        stuck = stuck + 1 if found.error_bound <= 2 * found.rounding else 0  # once may be due to where it started
        if stuck > 1 or turns > most:
            raise _unreachable(tolerance, found)
        if found.low > 0 or turns == TRUSTED:
            values[live] += found.low
        creeping, bound = turns == 1 or found.error_bound > CREEPING * bound, found.error_bound
        values, spare, passes = between(values, spare, moved, creeping)
        count += passes


def lower_bound(rows: Rows, discount: float, best_rewards: np.ndarray) -> np.ndarray:
    """Returns values ``[S]`` below all optimal ones, from the best rewards ``[S]``, that a pass does not lower."""
    values = np.zeros(rows.num_states)
    live = ~rows.terminal
    if live.any():
        least = float(best_rewards[live].min())
        if not live.all():
            least = min(least, 0.0)
        factor = discount * (rows.greatest_sum if least < 0 else rows.least_sum)
        values[live] = least / (1 - factor)
    return values


def check_discount(discount: Any) -> None:
    """Checks a discount.

    Raises:
        SettingError: if it lies outside [0, 1); the message says what to use instead.
    """
    if discount == 1:
        raise SettingError("discount must be below 1; use solve_finite_horizon or solve_average without a discount")
    if not 0 <= discount < 1:
        raise SettingError(f"discount must lie in [0, 1), got {discount}")


def check_tolerance(tolerance: Any) -> None:
    """Checks a tolerance.

    Raises:
        SettingError: if it is not a positive number.
    """
    if not 0 < tolerance < math.inf:
        raise SettingError(f"tolerance must be a positive number, got {tolerance}")


def _unreachable(tolerance: float, found: Certificate) -> SettingError:
    least = 4 * max(found.error_bound, found.rounding)
    return SettingError(
        f"tolerance {tolerance:.3g} is below what double precision can certify for this model; "
        f"set it to {least:.2g} or more"
    )


def _evaluating(rows: Rows, discount: float, tolerance: float, policy: np.ndarray) -> Between:
    """Modified policy iteration: passes under the policy found, preceded by one in place if progress is slow."""
    policy_rows, paces, turn = room_for(rows), Paces(), 0
    band = band_of(rows.offsets, rows.successors, rows.terminal)
    narrow = band <= WIDEST
    picked, forward = np.full(rows.num_states, -1), np.arange(rows.num_states)

    def between(values: np.ndarray, spare: np.ndarray, moved: int, creeping: bool) -> Turn:
        nonlocal turn
        passes, turn = 0.0, turn + 1
        paces.careful = turn >= TRUSTED
        if moved and (narrow or (creeping and not paces.mixes)):
            natural = forward if turn % 2 else forward[::-1].copy()
            order = falling_order(values) if KRYLOV in paces.rates else natural
            sweeps.greedy_pass_in_place(*rows.table, discount, values, policy, order)
            passes = 1.0
        sweeps.pick_rows(*rows.table, discount, policy, picked, *policy_rows)
        if narrow:
            solve_in_band(*policy_rows[:4], band, values)
            return values, spare, passes + 1 / rows.num_actions
        how_far = depth(moved, rows.num_states, paces, creeping)
        values, spare, count = approach(policy_rows, values, spare, how_far, tolerance, paces)
        return values, spare, passes + count / rows.num_actions

    return between


def _nothing(rows: Rows, discount: float, tolerance: float, policy: np.ndarray) -> Between:
    """Value iteration: no work between passes."""
    return lambda values, spare, moved, creeping: (values, spare, 0.0)


def _gauss_seidel(rows: Rows, discount: float, tolerance: float, policy: np.ndarray) -> Between:
    """Gauss-Seidel: a pass in place in either direction."""
    forward = np.arange(rows.num_states)
    backward = forward[::-1].copy()

    def between(values: np.ndarray, spare: np.ndarray, moved: int, creeping: bool) -> Turn:
        for order in (backward, forward):
            sweeps.greedy_pass_in_place(*rows.table, discount, values, policy, order)
        return values, spare, 2.0

    return between


METHODS: dict[str, Callable[[Rows, float, float, np.ndarray], Between]] = {
    "modified-policy-iteration": _evaluating,
    "value-iteration": _nothing,
    "gauss-seidel": _gauss_seidel,
}
