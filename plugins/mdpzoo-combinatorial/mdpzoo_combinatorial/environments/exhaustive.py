"""Enumerates all reachable states of small instances in both forms, with optimal values and optimal actions.

``check_bisimulation`` compares the two forms state by state; use it when you add or change a problem. The direct form
is a tree, so instances should have at most seven nodes or items.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mdpzoo_combinatorial.environments.direct import CompiledDirect, DirectState
from mdpzoo_combinatorial.environments.path import CompiledPath, PathState

Problem = CompiledDirect | CompiledPath
EQUAL = 1e-9  # values are sums of the same numbers in the same order


class Level(NamedTuple):
    """All S non-terminal states after the same number of choices, and their C legal choices.

    Attributes:
        state: a batch of S states.
        parent: ``[S]``, the choice of the previous level that led here; in the first level, the instance.
        row: ``[C]``, the state in which the choice is made.
        action: ``[C]``.
        reward: ``[C]``.
        next_state: ``[C]``, its index in the next level; -1 if the choice ends the episode.
        value: ``[S]``, the optimal return.
        choice_value: ``[C]``, the optimal return after the choice.
    """

    state: Any
    parent: NDArray[np.int64]
    row: NDArray[np.int64]
    action: NDArray[np.int64]
    reward: NDArray[np.float64]
    next_state: NDArray[np.int64]
    value: NDArray[np.float64]
    choice_value: NDArray[np.float64]

    @property
    def optimal(self) -> NDArray[np.bool_]:
        """``[C]``, whether a choice is optimal."""
        return self.choice_value > self.value[self.row] - EQUAL


def explore(problem: Problem, draws: NDArray[np.float64]) -> list[Level]:
    """Expands instances, from ``[B, initial_draws]`` numbers, until all episodes have ended; solves them backwards.

    Equal states of the quotiented form are merged.
    """
    levels: list[Level] = []
    state, parent = problem.initial(draws), np.arange(len(draws))
    group = parent  # the instance of each state
    while len(parent):
        row, action = np.nonzero(state.legal)
        before = _rows(state, row)
        after = problem.step(before, action, np.empty((len(row), 0)), np.zeros(len(row), bool))
        going = np.flatnonzero(~after.terminated)
        first, which = _distinct(after.state, going, group[row])
        next_state = np.full(len(row), -1)
        next_state[going] = which
        unsolved = np.empty(0)
        levels.append(Level(state, parent, row, action, after.reward, next_state, unsolved, unsolved))
        state, parent, group = _rows(after.state, going[first]), going[first], group[row][going[first]]
    return _solve(levels)


def check_bisimulation(
    direct: CompiledDirect,
    path: CompiledPath,
    quotient: Callable[[DirectState], PathState],
    draws: NDArray[np.float64],
) -> dict[str, int]:
    """Compares every reachable direct state of some instances with its quotient; returns the number of states by form.

    Legal actions, rewards, ends, next states, optimal values and optimal actions must be equal.

    Raises:
        AssertionError: if they differ; the message names what does.
    """
    tree, graph = explore(direct, draws), explore(path, draws)
    assert len(tree) == len(graph), f"episodes have up to {len(tree)} choices, in the quotient {len(graph)}"
    merged = np.arange(len(draws))  # each direct state's quotient, as an index into its level of the graph
    for level, quotients in zip(tree, graph, strict=True):
        mapped = _numpy(quotient(DirectState(*(torch.from_numpy(each) for each in level.state))))
        for name, found, wanted in zip(PathState._fields, _rows(quotients.state, merged), mapped, strict=True):
            assert np.array_equal(found, wanted), f"{name} of the quotient differs from that of the path's own steps"
        assert np.allclose(level.value, quotients.value[merged], rtol=0, atol=EQUAL), "optimal values differ"
        choice = _equal_choices(path, level, quotients, mapped, merged)
        assert np.array_equal(level.reward, quotients.reward[choice]), "rewards differ"
        assert np.array_equal(level.next_state < 0, quotients.next_state[choice] < 0), "ends differ"
        assert np.array_equal(level.optimal, quotients.optimal[choice]), "optimal actions differ"
        merged = quotients.next_state[choice][level.next_state >= 0]
    return {"direct": sum(len(each.parent) for each in tree), "bq": sum(len(each.parent) for each in graph)}


def _equal_choices(
    path: CompiledPath, level: Level, quotients: Level, mapped: PathState, merged: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Returns the quotient's choice for each direct choice; both must have the same number of legal actions."""
    variants = path.rules.action_variants
    token, variant = level.action // variants, level.action % variants
    first = int(path.rules.routed)
    inside = np.arange(path.length) < (mapped.remaining + first)
    inside[:, :first] = False
    position = ((mapped.node[level.row] == token[:, None]) & inside[level.row]).argmax(1)
    table = np.full((len(quotients.parent), variants * path.length), -1)
    table[quotients.row, quotients.action] = np.arange(len(quotients.row))
    choice = table[merged[level.row], variants * position + variant]
    assert (choice >= 0).all(), "a legal action is illegal in the quotient"
    legal = level.state.legal.sum(1), quotients.state.legal.sum(1)[merged]
    assert np.array_equal(*legal), "the quotient allows more actions"
    return choice


def _distinct(
    state: Any, rows: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the distinct states among ``rows``, as indices into ``rows``, and each row's index among them."""
    if isinstance(state, DirectState) or not len(rows):
        return np.arange(len(rows)), np.arange(len(rows))
    keys = np.column_stack([group[rows], state.node[rows], state.resource[rows].view(np.int64)])
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, which.reshape(-1)


def _solve(levels: list[Level]) -> list[Level]:
    solved: list[Level] = []
    after = np.zeros(1)
    for level in reversed(levels):
        later = np.where(level.next_state >= 0, after[level.next_state], 0.0)
        choice_value = level.reward + later
        value = np.full(len(level.parent), -np.inf)
        np.maximum.at(value, level.row, choice_value)
        solved.append(level._replace(value=value, choice_value=choice_value))
        after = value
    return solved[::-1]


def _rows(state: Any, rows: NDArray[np.int64]) -> Any:
    return type(state)(*(each[rows] for each in state))


def _numpy(state: Any) -> Any:
    return type(state)(*(each.numpy() for each in state))
