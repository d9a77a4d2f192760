"""Sticky actions: with some probability the previous action is repeated (Machado et al. 2018, section 5).

A state of the sticky model is a pair of a state and the action executed last, or none at the start: the first step is
never sticky. With probability p the last executed action is executed instead of the chosen one.

What differs from the authors of the effective horizon: they start in the pair of the first state and action 0 and use
separate transitions for the first step; here "none" is a value of the last action. Values are the same, and so are the
numbers of states, unless that pair is visited again: then there is one more state here.
"""

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.models.reachability import Rows, first_visits


def sticky(model: TabularMDP, probability: float = 0.25) -> TabularMDP:
    """Makes a model's actions sticky.

    Args:
        model: any tabular model; it is not changed.
        probability: in [0, 1).

    Returns:
        A model of the pairs that can be visited, in the order of ``sticky_pairs(model)``. Pairs with a terminal state
        are terminal.

    Raises:
        SettingError: if the probability is out of range.

    Costs O(A nnz) time and memory.
    """
    if not 0 <= probability < 1:
        raise SettingError(f"the probability of sticky actions must lie in [0, 1), got {probability}")
    actions = model.num_actions
    pairs = sticky_pairs(model)
    index = np.full((model.num_states, actions + 1), -1)
    index[pairs[:, 0], pairs[:, 1] + 1] = np.arange(len(pairs))
    state, last = np.repeat(pairs, actions, 0).T  # one entry per row of the new model
    chosen = np.tile(np.arange(actions), len(pairs))
    differs = (last >= 0) & (last != chosen) & (probability > 0)
    # every row has the outcomes of the chosen action and, if it differs, those of the last one
    executed = np.stack((chosen, np.where(differs, last, chosen)), 1)  # [rows, 2]
    weight = np.stack((np.where(differs, 1 - probability, 1.0), np.where(differs, probability, 0.0)), 1).ravel()
    old = (state[:, None] * actions + executed).ravel()  # [2 rows], rows of the old model
    widths = np.where(weight > 0, np.diff(model.offsets)[old], 0)
    ends = widths.cumsum()
    taken = np.repeat(model.offsets[old] - (ends - widths), widths) + np.arange(widths.sum())
    after = index[model.successors[taken], np.repeat(executed.ravel(), widths) + 1]
    lost = after < 0  # rows of terminal states may lead anywhere, since they are never used
    after[lost] = np.repeat(np.arange(len(pairs)), np.add.reduceat(widths, np.arange(0, len(widths), 2 * actions)))[
        lost
    ]
    start = np.zeros(len(pairs))
    start[index[:, 0][index[:, 0] >= 0]] = model.start[index[:, 0] >= 0]
    return TabularMDP(
        np.concatenate(([0], ends[1::2])),
        after,
        np.repeat(weight, widths) * model.probabilities[taken],
        model.rewards[taken],
        start,
        model.terminal[pairs[:, 0]],
    )


def sticky_pairs(model: TabularMDP) -> np.ndarray:
    """Lists the pairs that the states of ``sticky(model)`` stand for.

    To apply a policy ``[T, S, A]`` of the model to the sticky model, index it with the first column.

    Returns:
        ``[pairs, 2]`` int64: a state of the model and the action executed last, -1 for none. Costs O(nnz).
    """
    actions = model.num_actions
    visited = first_visits(Rows.of(model), np.iinfo(np.int64).max) < np.iinfo(np.int64).max
    rows = np.repeat(np.arange(len(model.offsets) - 1), np.diff(model.offsets))
    source, action = rows // actions, rows % actions
    entered = visited[source] & (model.terminal[model.successors] | ~model.terminal[source])
    reached = np.zeros((model.num_states, actions + 1), bool)
    reached[model.successors[entered], action[entered] + 1] = True
    reached[model.start > 0, 0] = True
    state, last = reached.nonzero()
    return np.stack((state, last - 1), 1)
