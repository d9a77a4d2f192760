"""Entropy-regularised values: a policy also earns temperature times its entropy (Ziebart 2010; Haarnoja et al. 2017).

With action values q, the soft value of a state is temperature * log sum exp(q / temperature) and the optimal policy is
in proportion to exp(q / temperature). The sum is not divided by the number of actions, so a soft value exceeds the
plain one by up to temperature * log(A) a step. Terminal states have value 0 and no entropy.

What differs from the papers: solved by modified policy iteration with the certificate of ``discounted``, which holds
because the soft maximum, too, is monotone and moves by a constant when all its arguments do.
"""

import math
from dataclasses import dataclass

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning.certificates import Certifier
from mdpzoo.planning.discounted import Turn, check_discount, check_tolerance, converge, lower_bound
from mdpzoo.planning.evaluation_sweeps import Paces, PolicyRows, approach, depth
from mdpzoo.planning.passes_over_time import check_horizon, rounding_over
from mdpzoo.planning.rows import Rows
from mdpzoo.showing import shown


@shown
@dataclass(frozen=True, eq=False, repr=False)
class SoftSolution:
    """Soft values and the softmax policy.

    Attributes:
        values: ``[S]`` float64, or ``[H + 1, S]`` for a horizon.
        policy: ``[S, A]`` float64, probabilities, or ``[H, S, A]``; even in terminal states.
        error_bound: no value is further than this from the truth, rounding included.
        sweeps: passes over all states and actions.
    """

    values: np.ndarray
    policy: np.ndarray
    error_bound: float
    sweeps: float


def solve_soft_discounted(
    mdp: TabularMDP, discount: float, temperature: float, tolerance: float = 1e-6
) -> SoftSolution:
    """Computes soft values of a model for a discount.

    Args:
        mdp: the model.
        discount: in [0, 1).
        temperature: in units of reward, positive.
        tolerance: what the error bound must reach, in units of reward.

    Raises:
        SettingError: an argument is out of its range, or the tolerance below what double precision can certify.

    Source: Haarnoja et al. 2017, theorem 1. Costs O(transitions) a sweep and as much memory as the model.
    """
    check_discount(discount)
    check_tolerance(tolerance)
    heat = _check_temperature(temperature)
    rows = Rows.of(mdp)
    states, actions = rows.num_states, rows.num_actions
    policy = np.zeros((states, actions))
    policy_rows, paces = PolicyRows.room(states, len(rows.successors)), Paces(careful=True)

    def step(values: np.ndarray, out: np.ndarray) -> tuple[float, float, float, int]:
        return _soft_pass(*rows.table, float(discount), heat, values, out, policy)

    def between(values: np.ndarray, spare: np.ndarray, moved: int, creeping: bool) -> Turn:
        _mix_rows(*rows.table, float(discount), heat, policy, *policy_rows)
        how_far = depth(moved, states, paces)
        values, spare, count = approach(policy_rows, values, spare, how_far, float(tolerance), paces)
        return values, spare, float(count)

    # exp and log are off by some eps of the temperature and of q: as much as a row longer by A and a reward larger
    certify = Certifier.of(rows, float(discount), heat * (4 + math.log(actions)) * (1 + actions))
    start = lower_bound(rows, float(discount), rows.rewards.reshape(states, -1).max(1))
    values, bound, count = converge(rows, certify, float(tolerance), start, step, between)
    return SoftSolution(values, policy, bound, count)


def solve_soft_finite_horizon(mdp: TabularMDP, horizon: int, temperature: float) -> SoftSolution:
    """Computes soft values of a model for a number of steps.

    Args:
        mdp: the model.
        horizon: steps, at least 1.
        temperature: in units of reward, positive.

    Raises:
        SettingError: an argument is out of its range.

    Source: Ziebart 2010, section 6.2. Costs O(H transitions) time and O(H S A) memory.
    """
    steps, heat = check_horizon(horizon), _check_temperature(temperature)
    rows = Rows.of(mdp)
    values = np.zeros((steps + 1, rows.num_states))
    policy = np.zeros((steps, rows.num_states, rows.num_actions))
    for step in reversed(range(steps)):
        _soft_pass(*rows.table, 1.0, heat, values[step + 1], values[step], policy[step])
    bonus = heat * (4 + math.log(rows.num_actions)) * (1 + rows.num_actions)
    bound = rounding_over(rows, steps, float(np.abs(values).max()), bonus)
    return SoftSolution(values, policy, bound, steps)


def _check_temperature(temperature: float) -> float:
    if not 0 < temperature < math.inf:
        raise SettingError(
            f"temperature must be a positive number, got {temperature}; for the limit 0 use the solvers without it"
        )
    return float(temperature)


@compiled
def _soft_pass(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, terminal, discount, heat, values, out, policy
):
    """Writes soft values ``[S]`` and probabilities ``[S, A]``; the result is that of ``sweeps.greedy_pass``.

    A state counts as changed if a probability moved by more than a thousandth.
    """
    states, actions = policy.shape
    worth = np.empty(actions)
    least, greatest, size, moved = np.inf, -np.inf, 0.0, 0
    for state in range(states):
        soft, differs = 0.0, False
        if terminal[state]:
            policy[state] = 1.0 / actions
        else:
            best = -np.inf
            for action in range(actions):
                row = state * actions + action
                total = 0.0
                for k in range(offsets[row], offsets[row + 1]):
                    total += probabilities[k] * values[successors[k]]
                worth[action] = rewards[row] + discount * total
                best = max(best, worth[action])
            total = 0.0
            for action in range(actions):
                total += np.exp((worth[action] - best) / heat)
            for action in range(actions):
                chance = np.exp((worth[action] - best) / heat) / total
                differs |= abs(chance - policy[state, action]) > 1e-3
                policy[state, action] = chance
            soft = best + heat * np.log(total)
        change = soft - values[state]
        out[state] = soft
        moved += differs
        least, greatest, size = min(least, change), max(greatest, change), max(size, abs(soft))
    return least, greatest, size, moved


@compiled
def _mix_rows(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, terminal, discount, heat, policy,
    ends, taken, weights, gains, scale, share,
):  # fmt: skip
    """Does the same as ``sweeps.pick_rows`` for probabilities ``[S, A]``, with the entropy among the gains."""
    states, actions = policy.shape
    filled = 0
    ends[0] = 0
    for state in range(states):
        gains[state], scale[state], share[state] = 0.0, 0.0, 1.0
        if not terminal[state]:
            stay, leave = 0.0, 0.0
            for action in range(actions):
                chance = policy[state, action]
                if chance <= 0.0:
                    continue
                row = state * actions + action
                gains[state] += chance * (rewards[row] - heat * np.log(chance))
                for k in range(offsets[row], offsets[row + 1]):
                    if not terminal[successors[k]]:
                        taken[filled], weights[filled] = successors[k], discount * chance * probabilities[k]
                        leave += weights[filled]
                        if successors[k] == state:
                            stay += weights[filled]
                        filled += 1
            scale[state], share[state] = 1.0 / (1.0 - leave), 1.0 / (1.0 - stay)
        ends[state + 1] = filled
