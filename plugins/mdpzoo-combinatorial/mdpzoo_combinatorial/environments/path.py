"""The quotiented form of a combinatorial problem: a state is what is still to be solved, a smaller instance each step.

Histories that leave the same remainder are one state, a bisimulation quotient of the direct form. For a routing problem
it is the path from the current node through those left to node 0; for a knapsack the items left and the room for them.
``quotient`` is the map from the direct form.

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
from mdpzoo_combinatorial.instances.arrays import host, single


class PathState(NamedTuple):
    """What is left of an instance; tensors, or arrays where compiled. There is nothing but zeros in the padding.

    Attributes:
        tokens: ``[B, F, L]``: [origin, those left in the order of their names, destination, padding], L = n + 1; of a
            problem without ways [those left, padding], L = n.
        node: ``[B, L]`` int64, which token of the instance each is.
        left: ``[B, 1]`` int64, how many are left.
        resource: ``[B, 1]`` float64, what is left of a capacity or a budget.
        legal: ``[B, K L]`` bool, the legal actions.
        cost: ``[B, L]`` float32 or float64, from the origin to every token.
    """

    tokens: Any
    node: Any
    left: Any
    resource: Any
    legal: Any
    cost: Any


class _Path:
    """What the tensors' and the arrays' side share: spaces, observations, pictures."""

    step_draws = 0

    def __init__(self, rules: Rules) -> None:
        self.rules, self.initial_draws = rules, rules.draws
        self.length = rules.size + rules.routed
        actions = rules.action_variants * self.length
        self.action_space: spaces.Discrete[Any] = spaces.Discrete(actions)
        parts: dict[str, spaces.Space[Any]] = rules.shown_spaces(self.length)
        parts |= {"action_mask": flags(actions), "valid": flags(self.length)}
        if rules.routed:
            parts |= {"distance": spaces.Box(0.0, 1.5, (self.length,), np.float32)}
        self.observation_space = spaces.Dict(parts)

    def action_mask(self, state: PathState) -> Any:
        """``[B, K L]`` bool, the legal actions."""
        return state.legal

    def render(self, state: PathState, row: int = 0) -> np.ndarray:
        """A picture of what is left, ``[height, width, 3]`` uint8."""
        length = int(state.left[row, 0]) + 2 * self.rules.routed
        tokens, node = host(state.tokens[row])[:, :length], host(state.node[row])[:length]
        return self.rules.picture_left(tokens, node, float(state.resource[row, 0]))

    def observe(self, state: PathState) -> dict[str, Any]:
        """What ``observation_space`` says, with leading dimension B."""
        rules = self.rules
        valid = self._positions(state) < state.left + 2 * rules.routed
        seen = rules.shown(state.tokens, state.node, valid) | rules.left(state.resource)
        seen |= {"action_mask": state.legal, "valid": valid}
        if rules.routed:
            seen["distance"] = single(rules.edges.shown(state.cost))
        return seen

    def _positions(self, state: PathState) -> Any:
        raise NotImplementedError


class PathProblem(_Path):
    """The quotiented form on tensors: an action is ``K * position + way``."""

    def to(self, device: Any) -> "PathProblem":
        """The same rules with their tensors on a device."""
        return PathProblem(self.rules.to(device))

    def compiled(self) -> "CompiledPath":
        """The same rules compiled for the CPU."""
        return CompiledPath(self.rules.to("cpu"))

    def initial(self, draws: Tensor, before: Any = None) -> PathState:
        """The whole of new instances, from ``[B, initial_draws]`` numbers."""
        rules, count, device = self.rules, len(draws), draws.device
        tokens, resource = rules.initial(torch, draws)
        if rules.routed:
            tokens = torch.cat((tokens, tokens[:, :, :1]), 2)
        node = (torch.arange(self.length, device=device) % rules.size).repeat(count, 1)
        left = torch.full((count, 1), rules.size - rules.routed, device=device)
        return self._completed(tokens, node, left, resource)

    def step(self, state: PathState, action: Tensor, draws: Tensor) -> Outcome:
        """Chooses in every row, moves there and closes the gap. Costs O(B L), with matrices O(B L^2)."""
        rules, requested = self.rules, action.unsqueeze(1)
        target = requested.clamp(0, rules.action_variants * self.length - 1)
        legal = state.legal.gather(1, target) & (requested == target)
        token, way = target // rules.action_variants, target % rules.action_variants
        chosen = state.tokens.gather(2, token.unsqueeze(1).expand(-1, rules.features, 1)).squeeze(2)
        end = (state.left + 1).clamp(max=self.length - 1)
        going, home = state.cost.gather(1, token).double(), state.cost.gather(1, end).double()
        reward, used = rules.reward_of(chosen, going, home, way, state.resource)
        resource = torch.where(legal, used, state.resource)
        position = self._positions(state)
        source = (position + (position >= token)).clamp(max=self.length - 1)
        if rules.routed:
            source = torch.where(position == 0, token, source)
        source = torch.where(legal, source, position)
        left = state.left - legal.long()
        valid = position < left + 2 * rules.routed
        node = state.node.gather(1, source) * valid
        tokens = state.tokens.gather(2, source.unsqueeze(1).expand(-1, rules.features, -1)) * valid.unsqueeze(1)
        after = self._completed(tokens, node, left, resource)
        ended = ~after.legal.any(1, keepdim=True)
        end = (left + 1).clamp(max=self.length - 1)
        last = after.tokens.gather(2, end.unsqueeze(1).expand(-1, rules.features, 1)).squeeze(2)
        reward = reward + rules.closing(after.cost.gather(1, end).double(), last) * ended
        reward = torch.where(legal, reward, -rules.penalty(state.left)).squeeze(1)
        return Outcome(after, reward, (ended | ~legal).squeeze(1), ~legal.squeeze(1))

    def _completed(self, tokens: Tensor, node: Tensor, left: Tensor, resource: Tensor) -> PathState:
        """Adds costs and legal actions."""
        rules, position = self.rules, torch.arange(self.length, device=node.device).unsqueeze(0)
        first = int(rules.routed)
        valid = position < left + 2 * first
        cost = rules.edges.costs(tokens, torch.zeros_like(left), node, node[:, :1]) * valid
        free = (position >= first) & (position < first + left)
        legal = rules.legal(tokens, free, cost, resource, node[:, :1] == 0)
        return PathState(tokens, node, left, resource, legal, cost)

    def _positions(self, state: PathState) -> Tensor:
        return torch.arange(self.length, device=state.left.device).unsqueeze(0)


class CompiledPath(_Path):
    """The quotiented form on arrays, compiled; equal to ``PathProblem`` to the last bit."""

    def __init__(self, rules: Rules) -> None:
        """Takes rules whose tensors are on the CPU."""
        super().__init__(rules)
        edges, first = rules.edges, int(rules.routed)
        self._begin = begin_path(rules.kind, first, edges.kind)
        self._step = step_path(rules.kind, rules.action_variants, first, edges.kind)
        self._edges, self._real = (edges.rule, edges.table.numpy()), np.float64 if edges.wide else np.float32
        self._settings = (rules.refill, rules.tolerance, rules.price, *self._edges)
        self._nothing, self._places = np.zeros((1, self.length), bool), np.arange(self.length)

    def initial(self, draws: np.ndarray, before: Any = None) -> PathState:
        """The whole of new instances, from ``[B, initial_draws]`` numbers."""
        rules, count = self.rules, len(draws)
        tokens, resource = rules.initial(np, draws)
        if rules.routed:
            tokens = np.concatenate((tokens, tokens[:, :, :1]), 2)
        node = np.tile(self._places % rules.size, (count, 1))
        left = np.full((count, 1), rules.size - rules.routed)
        legal, cost = (
            np.zeros((count, rules.action_variants * self.length), bool),
            np.zeros((count, self.length), self._real),
        )
        self._begin(*self._edges, rules.tolerance, self._nothing, tokens, node, left, resource, legal, cost)
        return PathState(tokens, node, left, resource, legal, cost)

    def step(self, state: PathState, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Chooses in every row that is awake, moves there and closes the gap. Costs O(B L)."""
        after = PathState(*(np.zeros_like(each) for each in state))
        rows = len(action)
        outcome = np.zeros(rows), np.zeros(rows, bool), np.zeros(rows, bool)
        self._step(*self._settings, self._nothing, *state, action, asleep, *after, *outcome)
        return Outcome(after, *outcome)

    def _positions(self, state: PathState) -> np.ndarray:
        return self._places


def quotient(state: DirectState, routed: bool = True) -> PathState:
    """The bisimulation map, on tensors: forgets all of a partial solution but what is still to be solved.

    For every legal choice it commutes with ``step``: same reward, same end, and the quotient of the next direct state
    is the next path.

    Args:
        state: a direct state.
        routed: whether the problem has a current node and a way home.
    """
    n, first = state.visited.shape[1], int(routed)
    names = torch.arange(n, device=state.visited.device)
    ranked = torch.where(state.visited, n, names).sort(1).values
    node = torch.cat((state.current, ranked), 1) if routed else ranked
    left = (~state.visited).sum(1, keepdim=True)
    position = torch.arange(node.shape[1], device=names.device)
    valid = position < left + 2 * first
    node = torch.where(node < n, node, 0)
    tokens = state.tokens.gather(2, node.unsqueeze(1).expand(-1, state.tokens.shape[1], -1)) * valid.unsqueeze(1)
    free = (position >= first) & (position < first + left)
    by_way = state.legal.unflatten(1, (n, -1))
    legal = by_way.gather(1, node.unsqueeze(2).expand(-1, -1, by_way.shape[2])) & free.unsqueeze(2)
    return PathState(tokens, node, left, state.resource, legal.flatten(1), state.cost.gather(1, node) * valid)
