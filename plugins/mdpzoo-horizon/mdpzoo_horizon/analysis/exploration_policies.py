"""The policy that acts where nothing has been learnt, in the form that the kernels read."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP

ROUNDING = 1e-5  # how far the probabilities of a row may sum from 1; float32 files are that coarse


def exploration_policy(given: Any, model: TabularMDP, horizon: int) -> np.ndarray:
    """An exploration policy as the kernels read it.

    Args:
        given: None (uniform), ``[A]``, ``[S, A]`` or ``[T, S, A]``; one for more than T steps is cut.
        model: whose S and A these are.
        horizon: T.

    Returns:
        ``[1 or T, 1 or S, A]`` float64, rows scaled to sum to 1; those of terminal states are not looked at.

    Raises:
        SettingError: the shape or a probability is wrong.
    """
    states, actions = model.num_states, model.num_actions
    if given is None:
        return np.full((1, 1, actions), 1 / actions)
    policy = np.array(given, np.float64)
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
