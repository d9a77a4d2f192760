"""The quotiented form of a combinatorial problem: a state is the remaining problem, which shrinks at every step.

Histories with the same remaining problem are one state: a bisimulation quotient of the direct form. For a routing
problem the state is a path from the current node through the remaining nodes to node 0, for a knapsack the remaining
items and capacity. ``quotient`` maps direct states to these.

Source: Drakulic, Michel, Mai, Sors and Andreoli 2023 (BQ-NCO), section 3.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.protocols import Outcome
from mdpzoo_combinatorial.environments.compiled_steps import begin_path, step_path
from mdpzoo_combinatorial.environments.direct import DirectState, flags
from mdpzoo_combinatorial.environments.rules import Rules
from mdpzoo_combinatorial.instances.arrays import host


class PathState(NamedTuple):
    """The remaining problem; tensors, or arrays where compiled. Padding is zero.

    Attributes:
        tokens: ``[B, F, L]``: [origin, remaining tokens by index, destination, padding], L = n + 1; if the problem is
            not routed [remaining tokens by index, padding], L = n.
        node: ``[B, L]`` int64, each token's index in the instance.
        remaining: ``[B, 1]`` int64, the number of remaining tokens, without origin and destination.
        resource: ``[B, 1]`` float64, the remaining capacity or budget.
        legal: ``[B, K L]`` bool, the legal actions.
        cost: ``[B, L]`` float32 or float64, from the origin to every token.
    """

    tokens: Any
    node: Any
    remaining: Any
    resource: Any
    legal: Any
    cost: Any


class _Path:
    """The common part for tensors and arrays: spaces, observations and pictures."""

    step_draws = 0

    def __init__(self, rules: Rules) -> None:
        self.rules, self.initial_draws = rules, rules.draws
        self.length = rules.size + rules.routed
        actions = rules.action_variants * self.length
        self.action_space: spaces.Discrete[Any] = spaces.Discrete(actions)
        parts: dict[str, spaces.Space[Any]] = rules.token_spaces(self.length)
        parts |= {"action_mask": flags(actions), "valid": flags(self.length)}
        if rules.routed:
            parts |= {"distance": spaces.Box(0.0, 1.5, (self.length,), np.float32)}
        self.observation_space = spaces.Dict(parts)

    def action_mask(self, state: PathState) -> Any:
        """``[B, K L]`` bool, the legal actions."""
        return state.legal

    def render(self, state: PathState, row: int = 0) -> np.ndarray:
        """Draws the remaining problem of one row, ``[height, width, 3]`` uint8."""
        length = int(state.remaining[row, 0]) + 2 * self.rules.routed
        tokens, node = host(state.tokens[row])[:, :length], host(state.node[row])[:length]
        return self.rules.picture_remainder(tokens, node, float(state.resource[row, 0]))

    def observe(self, state: PathState) -> dict[str, Any]:
        """Returns a batch of observations, with leading dimension B."""
        rules = self.rules
        valid = self._positions(state) < state.remaining + 2 * rules.routed
        entries = rules.token_entries(state.tokens, state.node, valid) | rules.resource_entries(state.resource)
        entries |= {"action_mask": state.legal, "valid": valid}
        if rules.routed:
            entries["distance"] = rules.edges.observed_costs(state.cost)
        return entries

    def _positions(self, state: PathState) -> Any:
        raise NotImplementedError


class PathProblem(_Path):
    """The quotiented form on tensors: an action is ``K * position + variant``."""

    def to(self, device: Any) -> "PathProblem":
        """Returns the same rules with their tensors on a device."""
        return PathProblem(self.rules.to(device))

    def compiled(self) -> "CompiledPath":
        """Returns the same rules compiled for the CPU."""
        return CompiledPath(self.rules.to("cpu"))

    def initial(self, draws: Tensor, before: Any = None) -> PathState:
        """Creates start states, which are complete instances, from ``[B, initial_draws]`` numbers."""
        rules, count, device = self.rules, len(draws), draws.device
        tokens, resource = rules.initial(torch, draws)
        if rules.routed:
            tokens = torch.cat((tokens, tokens[:, :, :1]), 2)
        node = (torch.arange(self.length, device=device) % rules.size).repeat(count, 1)
        remaining = torch.full((count, 1), rules.size - rules.routed, device=device)
        return self._state(tokens, node, remaining, resource)

    def step(self, state: PathState, action: Tensor, draws: Tensor) -> Outcome:
        """Applies an action in every row and removes the chosen token. Costs O(B L), with matrices O(B L^2)."""
        rules, requested = self.rules, action.unsqueeze(1)
        target = requested.clamp(0, rules.action_variants * self.length - 1)
        legal = state.legal.gather(1, target) & (requested == target)
        token, variant = target // rules.action_variants, target % rules.action_variants
        chosen = state.tokens.gather(2, token.unsqueeze(1).expand(-1, rules.features, 1)).squeeze(2)
        end = (state.remaining + 1).clamp(max=self.length - 1)
        going, home = state.cost.gather(1, token).double(), state.cost.gather(1, end).double()
        reward, used = rules.reward_and_resource(chosen, going, home, variant, state.resource)
        resource = torch.where(legal, used, state.resource)
        position = self._positions(state)
        source = (position + (position >= token)).clamp(max=self.length - 1)
        if rules.routed:
            source = torch.where(position == 0, token, source)
        source = torch.where(legal, source, position)
        remaining = state.remaining - legal.long()
        valid = position < remaining + 2 * rules.routed
        node = state.node.gather(1, source) * valid
        tokens = state.tokens.gather(2, source.unsqueeze(1).expand(-1, rules.features, -1)) * valid.unsqueeze(1)
        after = self._state(tokens, node, remaining, resource)
        ended = ~after.legal.any(1, keepdim=True)
        end = (remaining + 1).clamp(max=self.length - 1)
        last = after.tokens.gather(2, end.unsqueeze(1).expand(-1, rules.features, 1)).squeeze(2)
        reward = reward + rules.final_reward(after.cost.gather(1, end).double(), last) * ended
        reward = torch.where(legal, reward, -rules.penalty(state.remaining)).squeeze(1)
        return Outcome(after, reward, (ended | ~legal).squeeze(1), ~legal.squeeze(1))

    def _state(self, tokens: Tensor, node: Tensor, remaining: Tensor, resource: Tensor) -> PathState:
        """Adds costs and legal actions."""
        rules, position = self.rules, torch.arange(self.length, device=node.device).unsqueeze(0)
        first = int(rules.routed)
        valid = position < remaining + 2 * first
        cost = rules.edges.costs(tokens, torch.zeros_like(remaining), node, node[:, :1]) * valid
        free = (position >= first) & (position < first + remaining)
        legal = rules.legal_actions(tokens, free, cost, resource, node[:, :1] == 0)
        return PathState(tokens, node, remaining, resource, legal, cost)

    def _positions(self, state: PathState) -> Tensor:
        return torch.arange(self.length, device=state.remaining.device).unsqueeze(0)


class CompiledPath(_Path):
    """The quotiented form on arrays, compiled; equal to ``PathProblem`` to the last bit."""

    def __init__(self, rules: Rules) -> None:
        """Creates the problem from rules whose tensors are on the CPU."""
        super().__init__(rules)
        edges = rules.edges
        self._begin = begin_path(type(rules), edges.kind)
        self._step = step_path(type(rules), edges.kind)
        self._edges, self._real = (edges.rule, edges.table.numpy()), np.float64 if edges.wide else np.float32
        self._settings = (rules.refill, rules.tolerance, rules.illegal_cost, *self._edges)
        self._none_removed, self._indices = np.zeros((1, self.length), bool), np.arange(self.length)

    def initial(self, draws: np.ndarray, before: Any = None) -> PathState:
        """Creates start states, which are complete instances, from ``[B, initial_draws]`` numbers."""
        rules, count = self.rules, len(draws)
        tokens, resource = rules.initial(np, draws)
        if rules.routed:
            tokens = np.concatenate((tokens, tokens[:, :, :1]), 2)
        node = np.tile(self._indices % rules.size, (count, 1))
        remaining = np.full((count, 1), rules.size - rules.routed)
        legal = np.zeros((count, rules.action_variants * self.length), bool)
        cost = np.zeros((count, self.length), self._real)
        self._begin(*self._edges, rules.tolerance, self._none_removed, tokens, node, remaining, resource, legal, cost)
        return PathState(tokens, node, remaining, resource, legal, cost)

    def step(self, state: PathState, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Applies an action in every row that is not asleep and removes the chosen token. Costs O(B L)."""
        after = PathState(*(np.zeros_like(each) for each in state))
        rows = len(action)
        outcome = np.zeros(rows), np.zeros(rows, bool), np.zeros(rows, bool)
        self._step(*self._settings, self._none_removed, *state, action, asleep, *after, *outcome)
        return Outcome(after, *outcome)

    def _positions(self, state: PathState) -> np.ndarray:
        return self._indices


def quotient(state: DirectState, routed: bool = True) -> PathState:
    """The bisimulation map on tensors: keeps only the remaining problem of a partial solution.

    It commutes with ``step`` for every legal action: the reward and the end are equal, and the quotient of the next
    direct state is the next path.

    Args:
        state: a direct state.
        routed: whether the problem has a current node and a final edge to token 0.
    """
    n, first = state.visited.shape[1], int(routed)
    indices = torch.arange(n, device=state.visited.device)
    ranked = torch.where(state.visited, n, indices).sort(1).values
    node = torch.cat((state.current, ranked), 1) if routed else ranked
    remaining = (~state.visited).sum(1, keepdim=True)
    position = torch.arange(node.shape[1], device=indices.device)
    valid = position < remaining + 2 * first
    node = torch.where(node < n, node, 0)
    tokens = state.tokens.gather(2, node.unsqueeze(1).expand(-1, state.tokens.shape[1], -1)) * valid.unsqueeze(1)
    free = (position >= first) & (position < first + remaining)
    by_variant = state.legal.unflatten(1, (n, -1))
    legal = by_variant.gather(1, node.unsqueeze(2).expand(-1, -1, by_variant.shape[2])) & free.unsqueeze(2)
    return PathState(tokens, node, remaining, state.resource, legal.flatten(1), state.cost.gather(1, node) * valid)
