"""Robustness of an optimal policy to changed rewards: margins, radii and bounds of a discounted model.

The map from reward to optimal policies is upper hemicontinuous and jumps at ties (the policy cliff, arXiv:2507.20150).
The optimal action values move by at most ``max |dR| / (1 - discount)``, hence the certified radius; all advantages of a
policy are linear in the reward, hence the exact one. Both are derived here.

What differs from the paper: its soft bound has another constant; here the softmax is 1 / temperature-Lipschitz from the
largest to the summed difference.
"""

import math
from dataclasses import dataclass

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning.discounted import check_discount

TIED = 1e-12  # action values closer than this, relative to the largest, are tied
ROUNDING = 1e-13  # of action values, relative to the largest
LARGEST = 2000  # states: the exact radius takes a dense inverse


@dataclass(frozen=True, eq=False)
class PolicyMargin:
    """The margin and radii of an optimal policy.

    Attributes:
        policy: ``[S]`` int64, the lowest of the best actions; 0 in terminal states.
        tied: ``[S, A]`` bool, the best actions of each state.
        action_values: ``[S, A]``, the optimal ones.
        margin: least difference between the best and the second action value of a state; 0 at ties.
        certified_radius: ``margin (1 - discount) / 2``; every reward may change by less than this.
        exact_radius: the largest change for which the policy stays optimal, rounding aside.
        weakest: the state and the action whose advantage reaches 0 first.
        worst_direction: ``[S, A]``, the signs of the smallest change of reward that does so.
    """

    policy: np.ndarray
    tied: np.ndarray
    action_values: np.ndarray
    margin: float
    certified_radius: float
    exact_radius: float
    weakest: tuple[int, int]
    worst_direction: np.ndarray


def policy_margin(model: TabularMDP, discount: float) -> PolicyMargin:
    """Computes margin and radii of the optimal policy of a model.

    Args:
        model: at most 2,000 states, at least 2 actions.
        discount: in [0, 1).

    Raises:
        SettingError: if an argument is out of its range.

    Costs O(S^3 + S^2 A) time and O(S^2 A) memory.

    Example:
        >>> bandit = TabularMDP.from_arrays([[[1.0], [1.0]]], [[1.0, 0.8]])
        >>> round(policy_margin(bandit, 0.0).exact_radius, 9)  # both rewards change by half the difference
        0.1
    """
    check_discount(discount)
    transitions, rewards = _dense(model)
    policy, values, occupancies = _optimal_policy(transitions, rewards, float(discount), model.terminal)
    action_values = rewards + discount * transitions @ values
    scale = max(1.0, float(np.abs(action_values).max()))
    tied = action_values >= action_values.max(1, keepdims=True) - TIED * scale
    live = ~model.terminal
    rest = np.arange(model.num_actions) != policy[:, None]
    gaps = np.where(rest & live[:, None], values[:, None] - action_values, math.inf)
    gaps = np.where(tied & rest & live[:, None], 0.0, gaps)
    radii, weights = _radii(transitions, gaps, policy, occupancies, float(discount), live)
    place = np.unravel_index(int(np.argmin(radii)), radii.shape)
    weakest = int(place[0]), int(place[1])
    margin = float(gaps.min())
    return PolicyMargin(
        policy,
        tied,
        action_values,
        margin,
        margin * (1 - discount) / 2,
        float(radii[weakest]),
        weakest,
        _direction(weakest, policy, weights[weakest], model.num_actions),
    )


def cliff_map(model: TabularMDP, change: np.ndarray, discount: float, scales: np.ndarray) -> np.ndarray:
    """Returns the number of states in which the optimal policy of a changed model differs, ``[K]`` int64.

    A state counts where the old action is not among the best ones of the changed model.

    Args:
        model: as in ``policy_margin``.
        change: ``[S, A]``, added to the rewards times each scale.
        discount: in [0, 1).
        scales: ``[K]``.
    """
    check_discount(discount)
    transitions, rewards = _dense(model)
    old, _, _ = _optimal_policy(transitions, rewards, float(discount), model.terminal)
    found = []
    for scale in np.atleast_1d(scales):
        changed = rewards + scale * np.asarray(change, np.float64) * ~model.terminal[:, None]
        _, values, _ = _optimal_policy(transitions, changed, float(discount), model.terminal)
        q = changed + discount * transitions @ values
        slack = ROUNDING * max(1.0, float(np.abs(q).max()))
        wrong = q[np.arange(len(q)), old] < q.max(1) - slack
        found.append(int((wrong & ~model.terminal).sum()))
    return np.array(found)


def soft_policy_bound(discount: float, temperature: float, change: float) -> float:
    """Bounds the l1 change of the soft policy of any state when no reward changes by more than ``change``.

    Raises:
        SettingError: if the discount or the temperature is out of its range.
    """
    check_discount(discount)
    if not temperature > 0:
        raise SettingError(f"temperature must be positive, got {temperature}")
    return abs(change) / (temperature * (1 - discount))


def soft_value_bound(discount: float, temperature: float, num_actions: int) -> float:
    """Bounds the excess of soft values over the optimal ones: ``temperature ln A / (1 - discount)``."""
    check_discount(discount)
    return temperature * math.log(num_actions) / (1 - discount)


def _dense(model: TabularMDP) -> tuple[np.ndarray, np.ndarray]:
    """Transitions ``[S, A, S]`` and mean rewards ``[S, A]``, 0 in terminal states.

    Raises:
        SettingError: if the model is too large or has a single action.
    """
    if model.num_states > LARGEST:
        raise SettingError(f"a policy's radius takes a dense inverse: {model.num_states} states exceed {LARGEST}")
    if model.num_actions < 2 or model.terminal.all():
        raise SettingError(f"a margin needs two actions in some state, got {model.num_actions} action(s)")
    transitions, rewards = model.to_arrays()
    mean = (transitions * rewards).sum(2)
    live = ~model.terminal
    return transitions * live[:, None, None], mean * live[:, None]


def _optimal_policy(
    transitions: np.ndarray, rewards: np.ndarray, discount: float, terminal: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Policy iteration: the policy ``[S]``, its values ``[S]`` and ``(I - discount P)^-1`` ``[S, S]``."""
    states = np.arange(len(rewards))
    policy = rewards.argmax(1)
    while True:
        inverse = np.linalg.inv(np.eye(len(states)) - discount * transitions[states, policy])
        values = inverse @ rewards[states, policy]
        action_values = rewards + discount * transitions @ values
        slack = ROUNDING * max(1.0, float(np.abs(action_values).max()))
        better = action_values.max(1) > action_values[states, policy] + slack
        if not better.any():
            best = action_values >= action_values.max(1, keepdims=True) - slack
            lowest = np.where(terminal, 0, best.argmax(1))
            if (lowest == policy).all() or (policy == lowest)[~terminal].all():
                return lowest, values, inverse
            policy = lowest
            continue
        policy = np.where(better, action_values.argmax(1), policy)


def _radii(
    transitions: np.ndarray,
    gaps: np.ndarray,
    policy: np.ndarray,
    inverse: np.ndarray,
    discount: float,
    live: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Radius of each state and action ``[S, A]`` and the weights of the policy's own rewards in it ``[S, A, S]``.

    The advantage of action a in state s changes by the reward of (s, a) plus ``(discount P(s, a) - e_s) M`` on the
    policy's own pairs, so it reaches 0 first where the gap over the summed absolute weights is least.
    """
    weights = (discount * transitions - np.eye(len(gaps))[:, None]) @ inverse * live
    norms = 1 + np.abs(weights).sum(2)
    return gaps / norms, weights


def _direction(weakest: tuple[int, int], policy: np.ndarray, weights: np.ndarray, actions: int) -> np.ndarray:
    """Signs ``[S, A]`` of the change of reward that breaks optimality first, 0 where it does not matter."""
    state, action = weakest
    direction = np.zeros((len(policy), actions))
    direction[np.arange(len(policy)), policy] = np.sign(np.round(weights, 14))
    direction[state, action] = 1.0
    return direction
