"""Exploration policies, checked and in the shape that compiled functions read."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP

ROUNDING = 1e-5  # how far the sum of probabilities may be from 1; float32 files need this much


def exploration_policy(exploration: Any, model: TabularMDP, horizon: int) -> np.ndarray:
    """Checks an exploration policy and brings it into one shape.

    Args:
        exploration: None (uniform), or probabilities ``[A]``, ``[S, A]`` or ``[T, S, A]``; steps after T are ignored.
        model: the model with S states and A actions.
        horizon: T.

    Returns:
        ``[1 or T, 1 or S, A]`` float64, scaled to sum to 1; the probabilities of terminal states are ignored.

    Raises:
        SettingError: if the shape is wrong, or the probabilities of a state are negative or do not sum to 1.
    """
    states, actions = model.num_states, model.num_actions
    if exploration is None:
        return np.full((1, 1, actions), 1 / actions)
    policy = np.array(exploration, np.float64)
    shape = policy.shape
    if shape not in ((actions,), (states, actions)) and not (
        policy.ndim == 3 and shape[0] >= horizon and shape[1:] == (states, actions)
    ):
        raise SettingError(
            f"exploration must have shape [A], [S, A] or [T, S, A] with T = {horizon}, S = {states} and A = {actions}, "
            f"got {list(shape)}"
        )
    policy = policy.reshape((1,) * (3 - policy.ndim) + shape)[:horizon]
    if policy.shape[1] == states:
        policy[:, model.terminal] = 1 / actions
    sums = policy.sum(2, keepdims=True)
    if not ((policy >= 0).all() and (np.abs(sums - 1) <= ROUNDING).all()):
        raise SettingError("exploration must be probabilities that sum to 1 in every state")
    return policy / sums
