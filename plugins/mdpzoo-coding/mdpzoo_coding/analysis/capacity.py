"""The exact capacity-return curve of a table: the message capacity of policies against their returns.

A coder can deliver at most the entropy of the actions, summed over an episode. Along the soft-optimal policies of one
model, temperature trades return for this capacity (Sokota et al. 2022; Ebrahimi, Chen and Khisti 2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_soft_finite_horizon
from mdpzoo.showing import shown
from mdpzoo_coding.policies.soft_optimal import entropies, soft_stationary


@shown
@dataclass(frozen=True, eq=False, repr=False)
class CapacityCurve:
    """A point for each temperature.

    Attributes:
        temperatures: ``[K]`` float64, in units of reward.
        returns: ``[K]`` expected discounted returns, without the entropy.
        capacity_bits: ``[K]`` expected sums of the actions' entropies over an episode, not discounted.
        steps: ``[K]`` expected lengths of an episode.
    """

    temperatures: np.ndarray
    returns: np.ndarray
    capacity_bits: np.ndarray
    steps: np.ndarray


def capacity_return(
    mdp: TabularMDP, discount: float, temperatures: Sequence[float], *, horizon: int | None = None
) -> CapacityCurve:
    """Computes the curve of the soft-optimal policies of a model.

    Args:
        mdp: the model, at most 3,000 states; without a horizon, one whose episodes end under every policy.
        discount: in [0, 1); with a horizon, 1, too.
        temperatures: positive, in units of reward.
        horizon: steps after which episodes are cut and to which the policy is adapted, which then depends on the
            clock; rewards are not discounted then. None: episodes go on until they end.

    Raises:
        SettingError: if an argument is out of its range, or some episode never ends.
    """
    if horizon is not None and discount != 1:
        raise SettingError(f"with a horizon rewards are not discounted: give discount=1, got {discount}")
    points = [
        _stationary(mdp, discount, float(each)) if horizon is None else _timed(mdp, horizon, float(each))
        for each in temperatures
    ]
    returns, bits, steps = np.array(points).reshape(-1, 3).T
    return CapacityCurve(np.array(temperatures, np.float64), returns, bits, steps)


def _stationary(mdp: TabularMDP, discount: float, temperature: float) -> tuple[float, float, float]:
    policy = soft_stationary(mdp, discount, temperature)
    transitions, _ = mdp.to_arrays()
    going = ~mdp.terminal
    chain = np.einsum("sa,sat->st", policy, transitions) * going[:, None] * going[None]
    gains = np.stack(((policy * mdp.expected_rewards).sum(1), entropies(policy), np.ones(len(going))), 1)
    gains *= going[:, None]
    eye = np.eye(len(going))
    reached = _reachable(mdp.start > 0, chain)
    try:
        returns = np.linalg.solve(eye - discount * chain, gains[:, 0])
        inside = np.ix_(reached, reached)
        sums = np.linalg.solve((eye - chain)[inside], gains[reached, 1:])
    except np.linalg.LinAlgError:
        raise SettingError("some episode never ends; give a horizon") from None
    if not (np.isfinite(sums).all() and (sums >= -1e-9).all()):
        raise SettingError("some episode never ends; give a horizon")
    bits, steps = mdp.start[reached] @ sums
    return float(mdp.start @ returns), float(bits), float(steps)


def _reachable(start: np.ndarray, chain: np.ndarray) -> np.ndarray:
    reached, count = start.copy(), -1
    while reached.sum() != count:
        count = reached.sum()
        reached |= (chain[reached] > 0).any(0)
    return np.flatnonzero(reached)


def _timed(mdp: TabularMDP, horizon: int, temperature: float) -> tuple[float, float, float]:
    policies = solve_soft_finite_horizon(mdp, horizon, temperature).policy
    transitions, _ = mdp.to_arrays()
    chance, sums = np.where(mdp.terminal, 0.0, mdp.start), np.zeros(3)
    for policy in policies:
        gains = ((policy * mdp.expected_rewards).sum(1), entropies(policy), np.ones(len(chance)))
        sums += [chance @ each for each in gains]
        chance = np.einsum("s,sa,sat->t", chance, policy, transitions)
        chance[mdp.terminal] = 0.0
    return float(sums[0]), float(sums[1]), float(sums[2])
