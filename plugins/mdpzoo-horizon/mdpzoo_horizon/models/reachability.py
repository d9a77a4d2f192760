"""A tabular model in the form of compiled functions, and the first step at which each state can be visited."""

from typing import NamedTuple

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo.models import TabularMDP


class Rows(NamedTuple):
    """The arrays of a model in the form of compiled functions.

    Attributes:
        offsets: ``[S A + 1]`` int64.
        successors: ``[transitions]`` int32.
        probabilities: ``[transitions]`` float64.
        rewards: ``[transitions]`` float64.
        expected: ``[S A]`` float64, mean rewards.
        terminal: ``[S]`` bool.
        start: ``[S]`` float64.
        actions: A.
    """

    offsets: np.ndarray
    successors: np.ndarray
    probabilities: np.ndarray
    rewards: np.ndarray
    expected: np.ndarray
    terminal: np.ndarray
    start: np.ndarray
    actions: int

    @classmethod
    def of(cls, model: TabularMDP) -> "Rows":
        """Wraps the arrays of a model without copying them."""
        return cls(
            model.offsets,
            model.successors,
            model.probabilities,
            model.rewards,
            model.expected_rewards.ravel(),
            model.terminal,
            model.start,
            model.num_actions,
        )


@compiled
def first_visits(rows, horizon):  # type: ignore[no-untyped-def]
    """Computes the first step at which any policy can visit each state, ``[S]`` int64; T if none can. Costs O(nnz).

    Terminal states that a terminal state leads to are counted as visited, as the authors count them.
    """
    states = len(rows.start)
    first = np.full(states, horizon)
    queue = np.empty(states, np.int64)
    filled = 0
    for s in range(states):
        if rows.start[s] > 0:
            first[s], queue[filled] = 0, s
            filled += 1
    taken = 0
    while taken < filled:
        s = queue[taken]
        taken += 1
        if first[s] + 1 >= horizon:
            continue
        for k in range(rows.offsets[s * rows.actions], rows.offsets[(s + 1) * rows.actions]):
            after = rows.successors[k]
            if first[after] == horizon and (rows.terminal[after] or not rows.terminal[s]):
                first[after], queue[filled] = first[s] + 1, after
                filled += 1
    return first
