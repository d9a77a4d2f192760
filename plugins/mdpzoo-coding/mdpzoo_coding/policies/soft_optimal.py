"""Policies that maximise reward plus temperature times entropy, exact for tables (Ziebart 2010)."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.interop.finite_agents import model_behind
from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_soft_discounted, solve_soft_finite_horizon
from mdpzoo_coding.policies.interface import TabularPolicy

DENSE = 3000  # states up to which linear systems are solved densely
ROUNDS = 50


def soft_policy(
    mdp: TabularMDP, temperature: float, *, discount: float | None = None, horizon: int | None = None
) -> TabularPolicy:
    """Returns the policy with the most reward plus temperature times entropy (nats).

    Args:
        mdp: the model.
        temperature: in units of reward, positive.
        discount: in [0, 1); this or the horizon.
        horizon: steps; the policy then depends on the clock.

    Raises:
        SettingError: if an argument is out of its range.
    """
    if (discount is None) == (horizon is None):
        raise SettingError("give either a discount or a horizon")
    if horizon is not None:
        return TabularPolicy(solve_soft_finite_horizon(mdp, horizon, temperature).policy)
    assert discount is not None
    return TabularPolicy(soft_stationary(mdp, discount, temperature))


def soft_stationary(mdp: TabularMDP, discount: float, temperature: float) -> np.ndarray:
    """Returns the soft-optimal policy ``[S, A]`` for a discount in [0, 1), to nearly full precision.

    The iterative solver comes first; soft policy iteration (linear systems of the model's size) then doubles the right
    digits in each round. Even in terminal states.

    Raises:
        SettingError: if an argument is out of its range, or the model has more than 3,000 states.
    """
    if mdp.num_states > DENSE:
        raise SettingError(f"exact soft values take at most {DENSE} states, got {mdp.num_states}")
    if not 0 < temperature < np.inf:
        raise SettingError(f"temperature must be a positive number, got {temperature}")
    size = float(np.abs(mdp.rewards).max(initial=0)) + temperature
    policy = solve_soft_discounted(mdp, discount, temperature, 1e-6 * size).policy
    transitions, _ = mdp.to_arrays()
    going = ~mdp.terminal
    for _ in range(ROUNDS):
        values = _soft_values(mdp, transitions, policy, discount, temperature)
        action_values = (mdp.expected_rewards + discount * transitions @ values) / temperature
        found = np.exp(action_values - action_values.max(1, keepdims=True))
        found /= found.sum(1, keepdims=True)
        found[~going] = 1 / mdp.num_actions
        moved = np.abs(found - policy).max()
        policy = found
        if moved < 1e-14:
            break
    return policy


def _soft_values(
    mdp: TabularMDP, transitions: np.ndarray, policy: np.ndarray, discount: float, temperature: float
) -> np.ndarray:
    """Computes values ``[S]`` of a policy that also earns temperature times its entropy; 0 in terminal states."""
    gains = (policy * mdp.expected_rewards).sum(1) + temperature * entropies(policy) * np.log(2)
    chain = np.einsum("sa,sat->st", policy, transitions)
    gains[mdp.terminal], chain[mdp.terminal] = 0.0, 0.0
    return np.linalg.solve(np.eye(mdp.num_states) - discount * chain, gains)


def entropies(policy: np.ndarray) -> np.ndarray:
    """Returns the entropy in bits of each row, ``[..., A]`` to ``[...]``."""
    return -(policy * np.log2(np.where(policy > 0, policy, 1.0))).sum(-1)


def table_of(env: Any) -> TabularMDP:
    """Returns the table of an environment: one of ours, or Gymnasium's toy text.

    Raises:
        SettingError: if it has none.
    """
    return model_behind(env, TabularMDP) or TabularMDP.from_gymnasium(env)
