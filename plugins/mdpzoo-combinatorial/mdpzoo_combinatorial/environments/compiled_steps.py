"""The steps of ``direct.py`` and ``path.py`` compiled for the CPU: one pass over each row of a batch.

They compute what the dense rules compute, to the last bit; a test holds them together. Arguments are named as the
fields of the states there; a trailing ``_`` marks the arrays that are filled. What tells problems apart is constant in
each function that is made here, so that nothing of the other problems is left in it.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled, inlined
from mdpzoo_combinatorial.environments.edges import NONE, costs_into
from mdpzoo_combinatorial.environments.rules import EDGES_LEFT, ITEMS, PRIZES, ROUTES, TOUR

Reals = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@inlined
def legal_into(
    kind: int,
    tokens: Reals,
    cost: Reals,
    row: int,
    gone: Flags,
    gone_row: int,
    first: int,
    last: int,
    resource: float,
    at_home: bool,
    legal_: Flags,
) -> bool:
    """Which actions on the tokens ``first`` to ``last`` are allowed, but for those ``gone``; whether any is."""
    some: Any = False
    if kind == TOUR:
        for token in range(first, last):
            legal_[row, token] = not gone[gone_row, token]
        some = first < last
    elif kind == ROUTES:
        for token in range(first, last):
            free = not gone[gone_row, token]
            legal_[row, 2 * token] = free & (tokens[row, 2, token] <= resource)
            legal_[row, 2 * token + 1] = free & (not at_home)
            some |= free
    elif kind == PRIZES:
        for token in range(first, last):
            needed = np.float64(cost[row, token]) + np.float64(tokens[row, 3, token])
            allowed = (not gone[gone_row, token]) & (needed <= resource)
            legal_[row, token] = allowed
            some |= allowed
    else:
        for token in range(first, last):
            allowed = (not gone[gone_row, token]) & (tokens[row, 1, token] <= resource)
            legal_[row, token] = allowed
            some |= allowed
    return some


@inlined
def reward_of(
    kind: int, tokens: Reals, row: int, token: int, way: int, cost: float, home: float, resource: float, refill: float
) -> tuple[float, float]:
    """The reward of a choice, and what is left of the resource."""
    if kind == ROUTES:
        if way == 1:
            return -(home + tokens[row, 3, token]), refill - tokens[row, 2, token]
        return -cost, resource - tokens[row, 2, token]
    if kind == PRIZES:
        return np.float64(tokens[row, 2, token]), resource - cost
    if kind == ITEMS:
        return np.float64(tokens[row, 0, token]), resource - tokens[row, 1, token]
    return -cost, resource


@inlined
def closing(kind: int, tokens: Reals, row: int, end: int, cost: float) -> float:
    """What the end of an episode adds to its last reward; ``end`` is the token that stands for home."""
    if kind == PRIZES:
        return np.float64(tokens[row, 2, end])
    return 0.0 if kind == ITEMS else -np.float64(cost)


@cache
def begin_direct(kind: int, edges: int) -> Any:
    """Makes the function that finds costs and legal actions of direct start states."""

    @compiled
    def begin(
        rule: int,
        table: Doubles,
        tolerance: float,
        tokens: Reals,
        visited: Flags,
        resource: Doubles,
        current: Integers,
        legal_: Flags,
        cost_: Reals,
    ) -> None:
        """Costs and legal actions of start states."""
        rows, n = visited.shape
        for row in range(rows):
            costs_into(edges, rule, table, tokens, row, 0, 0, current, False, n, cost_)
            legal_into(kind, tokens, cost_, row, visited, row, 0, n, resource[row, 0] + tolerance, True, legal_)

    return begin


@cache
def step_direct(kind: int, ways: int, edges: int) -> Any:
    """Makes the function that steps a direct form."""

    @compiled
    def step(
        refill: float,
        tolerance: float,
        price: float,
        rule: int,
        table: Doubles,
        tokens: Reals,
        visited: Flags,
        history: NDArray[np.int32],
        resource: Doubles,
        legal: Flags,
        cost: Reals,
        action: Integers,
        asleep: Flags,
        current_: Integers,
        legal_: Flags,
        cost_: Reals,
        reward_: Doubles,
        ended_: Flags,
        illegal_: Flags,
    ) -> None:
        """``DirectProblem.step``; ``visited``, ``history`` and ``resource`` are changed in place."""
        rows, n = visited.shape
        actions = ways * n
        most = history.shape[1] - 1
        for row in range(rows):
            target = action[row]
            ended_[row] = illegal_[row] = False
            if asleep[row] or target < 0 or target >= actions or not legal[row, target]:
                reward_[row] = 0.0
                made = history[row, 0]
                current_[row, 0] = history[row, made] // ways if made else 0
                unvisited = 0
                for each in range(actions):
                    legal_[row, each] = legal[row, each]
                for token in range(n):
                    cost_[row, token] = cost[row, token]
                    unvisited += not visited[row, token]
                if not asleep[row]:
                    ended_[row] = illegal_[row] = True
                    reward_[row] = -price * (EDGES_LEFT[kind] * unvisited + 1)
                continue
            token, way = (target, 0) if ways == 1 else (target >> 1, target & 1)
            reward, used = reward_of(
                kind,
                tokens,
                row,
                token,
                way,
                np.float64(cost[row, token]),
                np.float64(cost[row, 0]),
                resource[row, 0],
                refill,
            )
            made = history[row, 0] + 1
            history[row, 0] = made
            history[row, made] = target
            visited[row, token] = True
            current_[row, 0] = token
            if edges != NONE:
                costs_into(edges, rule, table, tokens, row, token, token, current_, False, n, cost_)
            if kind == TOUR:
                for each in range(n):
                    legal_[row, each] = legal[row, each]
                legal_[row, token] = False
                some = made < most
            else:
                resource[row, 0] = used
                some = legal_into(kind, tokens, cost_, row, visited, row, 0, n, used + tolerance, token == 0, legal_)
            if not some:
                ended_[row] = True
                reward += closing(kind, tokens, row, 0, cost_[row, 0])
            reward_[row] = reward

    return step


@cache
def begin_path(kind: int, first: int, edges: int) -> Any:
    """Makes the function that finds costs and legal actions of whole instances."""

    @compiled
    def begin(
        rule: int,
        table: Doubles,
        tolerance: float,
        gone: Flags,
        tokens: Reals,
        node: Integers,
        left: Integers,
        resource: Doubles,
        legal_: Flags,
        cost_: Reals,
    ) -> None:
        """Costs and legal actions of paths; both arrays come filled with zeros."""
        for row in range(len(node)):
            stays, held = left[row, 0], resource[row, 0] + tolerance
            costs_into(edges, rule, table, tokens, row, 0, node[row, 0], node, True, stays + 2 * first, cost_)
            legal_into(kind, tokens, cost_, row, gone, 0, first, first + stays, held, node[row, 0] == 0, legal_)

    return begin


@cache
def step_path(kind: int, ways: int, first: int, edges: int) -> Any:
    """Makes the function that steps a quotiented form."""

    @compiled
    def step(
        refill: float,
        tolerance: float,
        price: float,
        rule: int,
        table: Doubles,
        gone: Flags,
        tokens: Reals,
        node: Integers,
        left: Integers,
        resource: Doubles,
        legal: Flags,
        cost: Reals,
        action: Integers,
        asleep: Flags,
        tokens_: Reals,
        node_: Integers,
        left_: Integers,
        resource_: Doubles,
        legal_: Flags,
        cost_: Reals,
        reward_: Doubles,
        ended_: Flags,
        illegal_: Flags,
    ) -> None:
        """``PathProblem.step``; ``gone`` ``[1, L]`` is all False, and what is filled comes as zeros."""
        rows, features, length = tokens.shape
        for row in range(rows):
            target = action[row]
            stays = left[row, 0]
            if asleep[row] or target < 0 or target >= ways * length or not legal[row, target]:
                tokens_[row], node_[row], left_[row], resource_[row] = tokens[row], node[row], left[row], resource[row]
                legal_[row], cost_[row] = legal[row], cost[row]
                if not asleep[row]:
                    ended_[row] = illegal_[row] = True
                    reward_[row] = -price * (EDGES_LEFT[kind] * stays + 1)
                continue
            token, way = (target, 0) if ways == 1 else (target >> 1, target & 1)
            home = np.float64(cost[row, stays + 1]) if first else 0.0
            reward, used = reward_of(
                kind, tokens, row, token, way, np.float64(cost[row, token]), home, resource[row, 0], refill
            )
            resource_[row, 0] = used
            left_[row, 0] = stays - 1
            count = stays - 1 + 2 * first
            for feature in range(features):
                for place in range(token):
                    tokens_[row, feature, place] = tokens[row, feature, place]
                for place in range(token, count):
                    tokens_[row, feature, place] = tokens[row, feature, place + 1]
            for place in range(token):
                node_[row, place] = node[row, place]
            for place in range(token, count):
                node_[row, place] = node[row, place + 1]
            if first:
                node_[row, 0] = node[row, token]
                for feature in range(features):
                    tokens_[row, feature, 0] = tokens[row, feature, token]
            current, held = node_[row, 0], used + tolerance
            costs_into(edges, rule, table, tokens_, row, 0, current, node_, True, count, cost_)
            last = first + stays - 1
            if not legal_into(kind, tokens_, cost_, row, gone, 0, first, last, held, current == 0, legal_):
                ended_[row] = True
                end = min(stays, length - 1)
                reward += closing(kind, tokens_, row, end, cost_[row, end])
            reward_[row] = reward

    return step
