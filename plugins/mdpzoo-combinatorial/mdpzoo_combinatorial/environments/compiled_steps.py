"""The steps of ``direct.py`` and ``path.py`` compiled for the CPU: one pass over each row of a batch.

They equal the dense rules to the last bit; a test compares them. Arguments are named as the fields of the states; a
trailing ``_`` marks arrays that are filled in. The functions are made separately for each problem, and its
``CompiledRules`` are inlined.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled
from mdpzoo_combinatorial.environments.edges import NONE, costs_into
from mdpzoo_combinatorial.environments.rules import Flags, Reals, Rules

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@cache
def begin_direct(rules: type[Rules], edges: int) -> Any:
    """Makes the function that fills in costs and legal actions of direct start states."""
    legal_into = rules.compiled_rules.legal_into

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
        """Fills ``legal_`` and ``cost_`` for start states."""
        rows, n = visited.shape
        for row in range(rows):
            costs_into(edges, rule, table, tokens, row, 0, 0, current, False, n, cost_)
            legal_into(tokens, cost_, row, visited, row, 0, n, resource[row, 0] + tolerance, True, legal_)

    return begin


@cache
def step_direct(rules: type[Rules], edges: int) -> Any:
    """Makes the function that steps a direct form."""
    legal_into, reward_and_resource, final_reward = rules.compiled_rules
    variants, limited, illegal_edges = rules.action_variants, int(rules.limited), rules.illegal_edges

    @compiled
    def step(
        refill: float,
        tolerance: float,
        illegal_cost: float,
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
        actions = variants * n
        max_choices = history.shape[1] - 1
        for row in range(rows):
            target = action[row]
            ended_[row] = illegal_[row] = False
            if asleep[row] or target < 0 or target >= actions or not legal[row, target]:
                reward_[row] = 0.0
                choices = history[row, 0]
                current_[row, 0] = history[row, choices] // variants if choices else 0
                unvisited = 0
                for each in range(actions):
                    legal_[row, each] = legal[row, each]
                for token in range(n):
                    cost_[row, token] = cost[row, token]
                    unvisited += not visited[row, token]
                if not asleep[row]:
                    ended_[row] = illegal_[row] = True
                    reward_[row] = -illegal_cost * (illegal_edges * unvisited + 1)
                continue
            token, variant = (target, 0) if variants == 1 else (target >> 1, target & 1)
            reward, used = reward_and_resource(
                tokens,
                row,
                token,
                variant,
                np.float64(cost[row, token]),
                np.float64(cost[row, 0]),
                resource[row, 0],
                refill,
            )
            choices = history[row, 0] + 1
            history[row, 0] = choices
            history[row, choices] = target
            visited[row, token] = True
            current_[row, 0] = token
            if edges != NONE:
                costs_into(edges, rule, table, tokens, row, token, token, current_, False, n, cost_)
            if limited == 0:
                for each in range(n):
                    legal_[row, each] = legal[row, each]
                legal_[row, token] = False
                any_legal = choices < max_choices
            else:
                resource[row, 0] = used
                any_legal = legal_into(tokens, cost_, row, visited, row, 0, n, used + tolerance, token == 0, legal_)
            if not any_legal:
                ended_[row] = True
                reward += final_reward(tokens, row, 0, cost_[row, 0])
            reward_[row] = reward

    return step


@cache
def begin_path(rules: type[Rules], edges: int) -> Any:
    """Makes the function that fills in costs and legal actions of complete instances."""
    legal_into, first = rules.compiled_rules.legal_into, int(rules.routed)

    @compiled
    def begin(
        rule: int,
        table: Doubles,
        tolerance: float,
        removed: Flags,
        tokens: Reals,
        node: Integers,
        remaining: Integers,
        resource: Doubles,
        legal_: Flags,
        cost_: Reals,
    ) -> None:
        """Fills ``legal_`` and ``cost_`` for complete paths; both must be zero before."""
        for row in range(len(node)):
            before, budget = remaining[row, 0], resource[row, 0] + tolerance
            costs_into(edges, rule, table, tokens, row, 0, node[row, 0], node, True, before + 2 * first, cost_)
            legal_into(tokens, cost_, row, removed, 0, first, first + before, budget, node[row, 0] == 0, legal_)

    return begin


@cache
def step_path(rules: type[Rules], edges: int) -> Any:
    """Makes the function that steps a quotiented form."""
    legal_into, reward_and_resource, final_reward = rules.compiled_rules
    variants, first, illegal_edges = rules.action_variants, int(rules.routed), rules.illegal_edges

    @compiled
    def step(
        refill: float,
        tolerance: float,
        illegal_cost: float,
        rule: int,
        table: Doubles,
        removed: Flags,
        tokens: Reals,
        node: Integers,
        remaining: Integers,
        resource: Doubles,
        legal: Flags,
        cost: Reals,
        action: Integers,
        asleep: Flags,
        tokens_: Reals,
        node_: Integers,
        remaining_: Integers,
        resource_: Doubles,
        legal_: Flags,
        cost_: Reals,
        reward_: Doubles,
        ended_: Flags,
        illegal_: Flags,
    ) -> None:
        """``PathProblem.step``; ``removed`` ``[1, L]`` is all False, and the arrays to fill are zeros."""
        rows, features, length = tokens.shape
        for row in range(rows):
            target = action[row]
            before = remaining[row, 0]
            if asleep[row] or target < 0 or target >= variants * length or not legal[row, target]:
                tokens_[row], node_[row], remaining_[row], resource_[row] = (
                    tokens[row],
                    node[row],
                    remaining[row],
                    resource[row],
                )
                legal_[row], cost_[row] = legal[row], cost[row]
                if not asleep[row]:
                    ended_[row] = illegal_[row] = True
                    reward_[row] = -illegal_cost * (illegal_edges * before + 1)
                continue
            token, variant = (target, 0) if variants == 1 else (target >> 1, target & 1)
            home = np.float64(cost[row, before + 1]) if first else 0.0
            reward, used = reward_and_resource(
                tokens, row, token, variant, np.float64(cost[row, token]), home, resource[row, 0], refill
            )
            resource_[row, 0] = used
            remaining_[row, 0] = before - 1
            count = before - 1 + 2 * first
            for feature in range(features):
                for position in range(token):
                    tokens_[row, feature, position] = tokens[row, feature, position]
                for position in range(token, count):
                    tokens_[row, feature, position] = tokens[row, feature, position + 1]
            for position in range(token):
                node_[row, position] = node[row, position]
            for position in range(token, count):
                node_[row, position] = node[row, position + 1]
            if first:
                node_[row, 0] = node[row, token]
                for feature in range(features):
                    tokens_[row, feature, 0] = tokens[row, feature, token]
            current, budget = node_[row, 0], used + tolerance
            costs_into(edges, rule, table, tokens_, row, 0, current, node_, True, count, cost_)
            last = first + before - 1
            if not legal_into(tokens_, cost_, row, removed, 0, first, last, budget, current == 0, legal_):
                ended_[row] = True
                end = min(before, length - 1)
                reward += final_reward(tokens_, row, end, cost_[row, end])
            reward_[row] = reward

    return step
