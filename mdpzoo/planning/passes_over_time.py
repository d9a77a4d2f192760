"""Steps backward and forward through time for a policy that may change at every step (Puterman 1994, chapter 4)."""

from typing import Any

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning.certificates import EPS
from mdpzoo.planning.rows import Rows


def check_horizon(horizon: Any) -> int:
    """Returns a horizon as an int.

    Raises:
        SettingError: if it is not an integer of at least 1.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
        raise SettingError(f"horizon must be a whole number of steps, at least 1, got {horizon!r}")
    return int(horizon)


def rounding_over(rows: Rows, horizon: int, largest: float, bonus: float = 0.0) -> float:
    """Bounds the rounding error of values of at most ``largest`` after ``horizon`` steps, one pass each."""
    growth = max(rows.greatest_sum, 1.0) ** horizon
    return EPS * (rows.longest + 4) * horizon * growth * (rows.reward_size + bonus + largest)


def policy_values(mdp: TabularMDP, policy: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Returns values ``[H + 1, S]`` of H times probabilities ``[S, A]``, and a bound on their rounding error."""
    rows, horizon = Rows.of(mdp), len(policy)
    values = np.zeros((horizon + 1, mdp.num_states))
    for step in reversed(range(horizon)):
        _average(*rows.table, policy[step], values[step + 1], values[step])
    unit = 1 + mdp.num_actions / rows.longest  # the sum over actions takes A more additions
    return values, unit * rounding_over(rows, horizon, float(np.abs(values).max()))


def visits(mdp: TabularMDP, policy: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Returns the probabilities ``[H, S, A]`` of each state and action, and a bound on their error."""
    table = Rows.of(mdp).table
    now = np.where(mdp.terminal, 0.0, mdp.start)
    found = np.zeros((len(policy), mdp.num_states, mdp.num_actions))
    for step, weights in enumerate(policy):
        found[step] = now[:, None] * weights
        now = _forward(*table, found[step])
    busiest = int(np.bincount(mdp.successors).max())
    return found, EPS * (busiest + 4) * len(policy)


@compiled
def _average(offsets, successors, probabilities, rewards, terminal, weights, values, out):  # type: ignore[no-untyped-def]
    """Writes mean action values of a policy ``[S, A]`` to ``out`` ``[S]``, which stays 0 in terminal states."""
    for state in range(len(values)):
        if terminal[state]:
            continue
        mean = 0.0
        for action in range(weights.shape[1]):
            if weights[state, action] > 0.0:
                row = state * weights.shape[1] + action
                total = rewards[row]
                for k in range(offsets[row], offsets[row + 1]):
                    total += probabilities[k] * values[successors[k]]
                mean += weights[state, action] * total
        out[state] = mean


@compiled
def _forward(offsets, successors, probabilities, rewards, terminal, visited):  # type: ignore[no-untyped-def]
    """Returns the distribution ``[S]`` one step after ``visited`` ``[S, A]``, without terminal states."""
    following = np.zeros(len(visited))
    for state in range(len(visited)):
        for action in range(visited.shape[1]):
            if visited[state, action] > 0.0:
                row = state * visited.shape[1] + action
                for k in range(offsets[row], offsets[row + 1]):
                    if not terminal[successors[k]]:
                        following[successors[k]] += visited[state, action] * probabilities[k]
    return following
