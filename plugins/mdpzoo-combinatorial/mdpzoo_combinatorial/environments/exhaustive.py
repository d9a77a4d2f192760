"""Every reachable state of small instances, in both forms: optimal values, optimal actions, the map between the forms.

For whoever adds a problem or changes one: ``check_bisimulation`` compares the two forms state by state. The direct
form is a tree, so nothing larger than seven nodes or items is meant to come here.
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
    """All states after the same number of choices that have not ended, and the choices that they allow.

    Attributes:
        state: of S states.
        parent: ``[S]``, which choice of the level before led here; for the first level, which instance.
        row: ``[C]``, whose choice it is.
        action: ``[C]``.
        reward: ``[C]``.
        next_state: ``[C]``, the state of the next level that it leads to; -1 where it ends the episode.
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
        """``[C]``, which choices are optimal."""
        return self.choice_value > self.value[self.row] - EQUAL


def explore(problem: Problem, draws: NDArray[np.float64]) -> list[Level]:
    """Expands ``[B, initial_draws]`` instances until every episode has ended, and solves them backwards.

    States of the quotiented form that are equal are one.
    """
    levels: list[Level] = []
    state, parent = problem.initial(draws), np.arange(len(draws))
    group = parent  # which instance each state belongs to
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
    return _solved(levels)


def check_bisimulation(
    direct: CompiledDirect,
    path: CompiledPath,
    quotient: Callable[[DirectState], PathState],
    draws: NDArray[np.float64],
) -> dict[str, int]:
    """Holds every reachable direct state of some instances against its quotient; returns how many states there are.

    Legal continuations, rewards, ends, next states, optimal values and optimal actions must be the same.

    Raises:
        AssertionError: something differs; says what.
    """
    tree, graph = explore(direct, draws), explore(path, draws)
    assert len(tree) == len(graph), f"episodes have up to {len(tree)} choices, in the quotient {len(graph)}"
    place = np.arange(len(draws))  # of each direct state's quotient in its level of the graph
    for level, there in zip(tree, graph, strict=True):
        mapped = _numpy(quotient(DirectState(*(torch.from_numpy(each) for each in level.state))))
        for name, found, wanted in zip(PathState._fields, _rows(there.state, place), mapped, strict=True):
            assert np.array_equal(found, wanted), f"the quotient's {name} is not what the path's own steps lead to"
        assert np.allclose(level.value, there.value[place], rtol=0, atol=EQUAL), "optimal values differ"
        choice = _matching(path, level, there, mapped, place)
        assert np.array_equal(level.reward, there.reward[choice]), "rewards differ"
        assert np.array_equal(level.next_state < 0, there.next_state[choice] < 0), "ends differ"
        assert np.array_equal(level.optimal, there.optimal[choice]), "optimal actions differ"
        place = there.next_state[choice][level.next_state >= 0]
    return {"direct": sum(len(each.parent) for each in tree), "bq": sum(len(each.parent) for each in graph)}


def _matching(
    path: CompiledPath, level: Level, there: Level, mapped: PathState, place: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each direct choice, the same choice in the quotient; every legal one there must be somebody's."""
    ways = path.rules.action_variants
    token, way = level.action // ways, level.action % ways
    first = int(path.rules.routed)
    inside = np.arange(path.length) < (mapped.left + first)
    inside[:, :first] = False
    position = ((mapped.node[level.row] == token[:, None]) & inside[level.row]).argmax(1)
    table = np.full((len(there.parent), ways * path.length), -1)
    table[there.row, there.action] = np.arange(len(there.row))
    choice = table[place[level.row], ways * position + way]
    assert (choice >= 0).all(), "a legal action is illegal in the quotient"
    legal = level.state.legal.sum(1), there.state.legal.sum(1)[place]
    assert np.array_equal(*legal), "the quotient allows more actions"
    return choice


def _distinct(
    state: Any, rows: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of ``rows`` to keep, and for each row its place among those kept."""
    if isinstance(state, DirectState) or not len(rows):
        return np.arange(len(rows)), np.arange(len(rows))
    keys = np.column_stack([group[rows], state.node[rows], state.resource[rows].view(np.int64)])
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, which.reshape(-1)


def _solved(levels: list[Level]) -> list[Level]:
    solved: list[Level] = []
    after = np.zeros(1)
    for level in reversed(levels):
        later = np.where(level.next_state >= 0, after[level.next_state], 0.0)
        worth = level.reward + later
        value = np.full(len(level.parent), -np.inf)
        np.maximum.at(value, level.row, worth)
        solved.append(level._replace(value=value, choice_value=worth))
        after = value
    return solved[::-1]


def _rows(state: Any, rows: NDArray[np.int64]) -> Any:
    return type(state)(*(each[rows] for each in state))


def _numpy(state: Any) -> Any:
    return type(state)(*(each.numpy() for each in state))
