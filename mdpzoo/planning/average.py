"""Average rewards of any finite model (Puterman 1994, chapters 8 and 9), with certified bounds on the gain.

Inside an end component the best gain is one number, found by relative value iteration on an aperiodic transform and
bounded by the ends of the change in one pass (Puterman 1994, theorem 8.5.5). What is best from a state is then the best
expected gain of the components that it can end in: the components are shrunk to a point each, and the values of
staying there or leaving are bounded from below and from above until the bounds meet (Ashok et al. 2017).

What differs from the textbook: no assumption on the chain structure; components of up to ``SMALL`` states that mix
slowly are solved by policy iteration with linear equations, whose relative values then pass through the same
certificate; terminal states absorb with reward 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import average_sweeps, structure
from mdpzoo.planning.certificates import EPS
from mdpzoo.planning.discounted import check_tolerance
from mdpzoo.planning.linear import relative_values
from mdpzoo.planning.rows import Rows, as_weights
from mdpzoo.showing import shown

SMALL = 2000  # states of a component whose equations are solved directly where passes are slow
PATIENCE = 300  # passes before that
MOST = 1_000_000  # passes before giving up


@shown
@dataclass(frozen=True, eq=False, repr=False)
class AverageSolution:
    """Gains and relative values, of a model's best policy or of a given one.

    Attributes:
        gain: the long-run reward per step from the model's start.
        gains: ``[S]`` float64, from each state; 0 in terminal states.
        bias: ``[S]`` float64, the policy's relative values: ``gains + bias = rewards + transitions @ bias`` under
            it, to within the tolerance; 0 in the lowest state of every recurrent class, and in terminal states.
        policy: ``[S]`` int64, the actions, the lowest where several are equally good as computed; for
            ``evaluate_average`` what was given.
        error_bound: bound on the error of ``gain`` and each of ``gains``, for the optimum and for the policy.
    """

    gain: float
    gains: np.ndarray
    bias: np.ndarray
    policy: np.ndarray
    error_bound: float


def solve_average(mdp: TabularMDP, tolerance: float = 1e-6) -> AverageSolution:
    """Computes the best long-run reward per step of any finite model, periodic and multichain ones included.

    Args:
        mdp: the model; its rows are scaled to sum to 1.
        tolerance: what the error bound must reach, in units of reward a step.

    Raises:
        SettingError: the tolerance is no positive number or cannot be reached; names an attainable one.

    Source: Puterman 1994, section 8.5; Ashok et al. 2017. Costs O(transitions) a pass, of which a component that mixes
    slowly and has more than 2000 states needs many.

    Example:
        >>> from mdpzoo.models import TabularMDP
        >>> switch = TabularMDP.from_arrays([[[0.0, 1.0]], [[1.0, 0.0]]], [[1.0], [3.0]])  # two states in turn
        >>> round(solve_average(switch).gain, 6)
        2.0
    """
    check_tolerance(tolerance)
    gains, policy, bound = _gains(_stochastic(Rows.of(mdp)), float(tolerance))
    chain = _stochastic(Rows.under(mdp, as_weights(mdp, policy)))
    bias = _bias(chain, gains, float(tolerance))
    return AverageSolution(float(mdp.start @ gains), gains, bias, policy, bound)


def evaluate_average(mdp: TabularMDP, policy: Any, tolerance: float = 1e-6) -> AverageSolution:
    """Computes a stationary policy's long-run reward per step, and its relative values.

    Args:
        mdp: the model; its rows are scaled to sum to 1.
        policy: ``[S]`` actions or ``[S, A]`` probabilities.
        tolerance: what the error bound must reach, in units of reward a step.

    Raises:
        SettingError: the policy does not fit the model, or the tolerance cannot be reached; says why.

    Source: Puterman 1994, sections 8.2 and A.4. Costs as ``solve_average`` with one action.
    """
    check_tolerance(tolerance)
    chain = _stochastic(Rows.under(mdp, as_weights(mdp, policy)))
    gains, _, bound = _gains(chain, float(tolerance))
    return AverageSolution(
        float(mdp.start @ gains), gains, _bias(chain, gains, float(tolerance)), np.array(policy), bound
    )


def diameter(mdp: TabularMDP, tolerance: float = 1e-6) -> float:
    """Computes the diameter: the largest least expected time from one state to another (Jaksch et al. 2010).

    Args:
        mdp: the model.
        tolerance: relative, how far the answer may be off; below 1.

    Returns:
        Steps; 0 for one state, infinity where some state cannot be reached from some other with certainty, as from
        a terminal one.

    Raises:
        SettingError: the tolerance does not lie in (0, 1), or passes do not reach it.

    Cost: S shortest-path problems, each some tens to thousands of passes over all transitions: seconds for 1000 states
    whose hitting times are short.
    """
    if not 0 < tolerance < 1:
        raise SettingError(f"tolerance must lie in (0, 1), got {tolerance}")
    rows = _stochastic(Rows.of(mdp))
    if rows.num_states == 1:
        return 0.0
    every = np.ones(len(rows.rewards), np.bool_)
    if structure.strong_components(rows.offsets, rows.successors, every, rows.terminal)[1] > 1:
        return float("inf")
    return max(_longest_way(rows, target, tolerance) for target in range(rows.num_states))


def _longest_way(rows: Rows, target: int, tolerance: float) -> float:
    """Returns the largest least expected number of steps to one target."""
    law = rows.offsets, rows.successors, rows.probabilities, target
    times = np.zeros(rows.num_states)
    for turn in range(MOST):
        change = average_sweeps.hitting_pass(*law, times, turn % 2 == 0)
        if change <= tolerance:
            surplus = average_sweeps.hitting_residual(*law, times) + EPS * (rows.longest + 4) * times.max()
            if surplus <= tolerance:  # times are too small, and at most by the factor 1 / (1 - surplus)
                return float(times.max() * (1 + surplus / 2))
    raise SettingError(f"the way to state {target} takes over {times.max():.3g} steps; raise tolerance ({tolerance})")


def _stochastic(rows: Rows) -> Rows:
    """Returns the same rows, scaled to sum to 1 up to rounding."""
    widths = np.diff(rows.offsets)
    sums = np.add.reduceat(np.append(rows.probabilities, 0.0), rows.offsets[:-1])
    sums[widths == 0] = 1.0
    law = rows.probabilities / np.repeat(sums, widths)
    return Rows(
        rows.offsets, rows.successors, law, rows.rewards / sums, rows.terminal, rows.longest, 1.0, 1.0, rows.reward_size
    )


def _gains(rows: Rows, tolerance: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Returns gains ``[S]``, a policy ``[S]`` and the error bound."""
    label, _, stays, allowed = _components(rows)
    low, high, policy, _ = _component_gains(rows, label, stays, allowed, tolerance / 2)
    low[label[rows.terminal]] = high[label[rows.terminal]] = 0.0
    known = stays.copy()
    known[label[rows.terminal]] = True
    lower, upper, exits = _reachable(rows, label, known, allowed, low, high, tolerance)
    _leave(rows, label, allowed, stays, exits, policy)
    bound = float((upper - lower).max()) / 2 + EPS * rows.longest * float(np.abs(upper).max())
    if bound > tolerance:
        raise _unreachable(tolerance, bound)
    return (((lower + upper) / 2)[label], policy, bound)


def _component_gains(
    rows: Rows, label: np.ndarray, stays: np.ndarray, allowed: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns bounds ``[components]`` on every end component's gain, actions ``[S]`` for the lower, and values."""
    low, high = np.zeros((2, len(stays)))
    done, policy = ~stays, np.zeros(rows.num_states, np.int64)
    values, spare = np.zeros((2, rows.num_states))
    sizes = np.bincount(label, minlength=len(stays))
    for turn in range(MOST):
        if done.all():
            return low, high, policy, values
        largest = average_sweeps.relative_pass(*rows.table[:4], allowed, label, done, values, spare, policy, low, high)
        fresh = ~done
        rounding = EPS * (rows.longest + 4) * (rows.reward_size + max(largest, float(np.abs(values).max())))
        done |= high - low + 2 * rounding <= 2 * tolerance
        low[fresh & done] -= rounding
        high[fresh & done] += rounding
        if not done.all() and rounding > tolerance:
            raise _unreachable(tolerance, rounding)
        values, spare = spare, values
        if turn == PATIENCE:
            for component in np.flatnonzero(~done & (sizes <= SMALL)):
                members = np.flatnonzero(label == component)
                values[members] = relative_values(rows, members, allowed, policy[members])
    widest = float((high - low)[~done].max()) / 2
    raise _unreachable(tolerance, widest)


def _reachable(
    rows: Rows, label: np.ndarray, known: np.ndarray, allowed: np.ndarray,
    low: np.ndarray, high: np.ndarray, tolerance: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Returns bounds ``[components]`` on the best expected gain, and the rows to leave by, -1 to stay."""
    lower = np.where(known, low, low[known].min())
    upper = np.where(known, np.maximum(high, high[known].max()), high[known].max())
    floors = np.where(known, low, -np.inf), np.where(known, high, -np.inf)
    room, exits, unused = np.empty(len(known)), np.empty(len(known), np.int64), np.empty(len(known), np.int64)
    table = rows.offsets, rows.successors, rows.probabilities, allowed, rows.terminal, label
    sizes = np.bincount(label)
    for turn in range(MOST):
        average_sweeps.reaching_pass(*table, sizes, floors[0], lower, room, exits, turn % 2 == 0)
        average_sweeps.reaching_pass(*table, sizes, floors[1], upper, room, unused, turn % 2 == 0)
        if (upper - lower).max() <= 2 * tolerance * (1 - 1e-3):
            return lower, upper, exits
    raise _unreachable(tolerance, float((upper - lower).max()) / 2)


def _leave(
    rows: Rows, label: np.ndarray, allowed: np.ndarray, stays: np.ndarray, exits: np.ndarray, policy: np.ndarray
) -> None:
    """Changes the policy in components that are better left: towards the exit, and out."""
    actions = rows.num_actions
    leaving = exits >= 0
    targets = np.where(leaving & stays, exits // actions, -1)
    structure.lead_to(*rows.table[:3], allowed, label, targets, policy)
    policy[exits[leaving] // actions] = exits[leaving] % actions


def _bias(chain: Rows, gains: np.ndarray, tolerance: float) -> np.ndarray:
    """Returns relative values ``[S]`` of a chain with given gains, 0 in the lowest state of each recurrent class."""
    label, count, stays, allowed = _components(chain)
    *_, bias = _component_gains(chain, label, stays, allowed, tolerance / 2)
    lowest = np.full(count, chain.num_states)
    np.minimum.at(lowest, label, np.arange(chain.num_states))
    settled = allowed | chain.terminal
    bias = np.where(allowed, bias - bias[lowest[label]], 0.0)
    law = chain.offsets, chain.successors, chain.probabilities, chain.rewards - gains, settled
    for turn in range(MOST):
        if average_sweeps.transient_pass(*law, bias, turn % 2 == 0) <= tolerance:
            return bias
    raise _unreachable(tolerance, 10 * tolerance)


def _components(rows: Rows) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
    """Returns each state's component ``[S]``, their number, which are end components, and rows ``[S A]`` inside."""
    label, count, allowed = structure.end_components(rows.offsets, rows.successors, rows.terminal)
    stays = np.zeros(count, np.bool_)
    stays[label[allowed.reshape(rows.num_states, -1).any(1)]] = True
    return label, count, stays, allowed


def _unreachable(tolerance: float, bound: float) -> SettingError:
    return SettingError(
        f"tolerance {tolerance:.3g} cannot be reached for this model; set it to {2 * bound:.2g} or more"
    )
