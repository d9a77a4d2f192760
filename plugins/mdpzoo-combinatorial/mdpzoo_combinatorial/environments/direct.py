"""The direct form of a combinatorial problem: a state is the whole instance with the choices made so far.

Rules are in ``rules.py``. ``DirectProblem`` applies them to tensors, ``CompiledDirect`` to arrays in compiled code.
An illegal action ends the episode with a penalty so large that every legal action has a higher return.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.compiling import machine_code
from mdpzoo.protocols import Outcome
from mdpzoo_combinatorial.environments.compiled_steps import begin_direct, step_direct
from mdpzoo_combinatorial.environments.rules import Rules
from mdpzoo_combinatorial.instances.arrays import host

FLAG, INTEGER = np.dtype(bool), np.dtype(np.int64)  # NumPy converts names at every call
_new: Any = tuple.__new__  # creates a NamedTuple in a third of the time of its class; noticeable in a batch of one


class DirectState(NamedTuple):
    """An instance of n tokens and what has been chosen; tensors, or arrays where compiled.

    Attributes:
        tokens: ``[B, F, n]`` floating point, features of nodes or items.
        visited: ``[B, n]`` bool, the tokens chosen so far, and token 0 if the problem is routed.
        history: ``[B, 1 + max_choices]`` int32: the number of choices, then the actions in order, then zeros.
        resource: ``[B, 1]`` float64, the remaining capacity or budget.
        current: ``[B, 1]`` int64, the token chosen last; token 0 at the start.
        legal: ``[B, K n]`` bool, the legal actions.
        cost: ``[B, n]`` float32 or float64, from the current node to every node.
    """

    tokens: Any
    visited: Any
    history: Any
    resource: Any
    current: Any
    legal: Any
    cost: Any


class _Direct:
    """The common part for tensors and arrays: spaces, masks, solutions and pictures."""

    step_draws = 0

    def __init__(self, rules: Rules) -> None:
        self.rules, self.initial_draws = rules, rules.draws
        n, actions = rules.size, rules.action_variants * rules.size
        self.action_space: spaces.Discrete[Any] = spaces.Discrete(actions)
        parts: dict[str, spaces.Space[Any]] = rules.token_spaces(n) | {"action_mask": flags(actions)}
        if rules.routed:
            parts |= {"distance": spaces.Box(0.0, 1.5, (n,), np.float32), "current": spaces.Discrete(n)}
        if rules.limited:
            parts |= {"visited": flags(n)}
        self.observation_space = spaces.Dict(parts)

    def action_mask(self, state: DirectState) -> Any:
        """``[B, K n]`` bool, the legal actions."""
        return state.legal

    def actions_so_far(self, state: DirectState, row: int = 0) -> NDArray[np.int64]:
        """Returns the actions of one row so far, ``[choices]`` int64."""
        history = host(state.history[row])
        return history[1 : 1 + history[0]].astype(np.int64)

    def solution(self, state: DirectState, row: int = 0) -> Any:
        """Returns the partial solution of one row, as the problem's instances expect it."""
        return self.rules.solution(self.actions_so_far(state, row))

    def render(self, state: DirectState, row: int = 0) -> np.ndarray:
        """Draws the partial solution of one row, ``[height, width, 3]`` uint8."""
        resource, ended = float(state.resource[row, 0]), not bool(state.legal[row].any())
        return self.rules.picture(host(state.tokens[row]), self.actions_so_far(state, row), resource, ended)


class DirectProblem(_Direct):
    """The direct form on tensors: an action is ``K * token + variant``."""

    def to(self, device: Any) -> "DirectProblem":
        """Returns the same rules with their tensors on a device."""
        return DirectProblem(self.rules.to(device))

    def compiled(self) -> "CompiledDirect":
        """Returns the same rules compiled for the CPU."""
        return CompiledDirect(self.rules.to("cpu"))

    def initial(self, draws: Tensor, before: Any = None) -> DirectState:
        """Creates start states from ``[B, initial_draws]`` numbers."""
        rules, count, device = self.rules, len(draws), draws.device
        tokens, resource = rules.initial(torch, draws)
        visited = torch.zeros(count, rules.size, dtype=torch.bool, device=device)
        visited[:, 0] = rules.routed
        history = torch.zeros(count, 1 + rules.max_choices, dtype=torch.int32, device=device)
        current = torch.zeros(count, 1, dtype=torch.int64, device=device)
        cost = self._costs(tokens, current)
        legal = rules.legal_actions(tokens, ~visited, cost, resource, current == 0)
        return DirectState(tokens, visited, history, resource, current, legal, cost)

    def step(self, state: DirectState, action: Tensor, draws: Tensor) -> Outcome:
        """Applies an action in every row. Costs O(B n), or O(B n^2) if every row has its own cost matrix."""
        rules, requested = self.rules, action.unsqueeze(1)
        target = requested.clamp(0, rules.action_variants * rules.size - 1)
        legal = state.legal.gather(1, target) & (requested == target)
        token, variant = target // rules.action_variants, target % rules.action_variants
        chosen = state.tokens.gather(2, token.unsqueeze(1).expand(-1, rules.features, 1)).squeeze(2)
        going, home = state.cost.gather(1, token).double(), state.cost[:, :1].double()
        reward, used = rules.reward_and_resource(chosen, going, home, variant, state.resource)
        resource = torch.where(legal, used, state.resource)
        visited = state.visited.scatter(1, token, state.visited.gather(1, token) | legal)
        current = torch.where(legal, token, state.current)
        made = state.history[:, :1] + legal
        slot = made.long()
        history = state.history.scatter(1, slot, torch.where(legal, target.int(), state.history.gather(1, slot)))
        history = torch.cat((made, history[:, 1:]), 1)
        cost = self._costs(state.tokens, current)
        allowed = rules.legal_actions(state.tokens, ~visited, cost, resource, current == 0)
        ended = ~allowed.any(1, keepdim=True)
        reward = reward + rules.final_reward(cost[:, :1].double(), state.tokens[:, :, 0]) * ended
        after = DirectState(state.tokens, visited, history, resource, current, allowed, cost)
        reward = torch.where(legal, reward, -rules.penalty((~state.visited).sum(1, keepdim=True))).squeeze(1)
        return Outcome(after, reward, (ended | ~legal).squeeze(1), ~legal.squeeze(1))

    def observe(self, state: DirectState) -> dict[str, Tensor]:
        """Returns a batch of observations, with leading dimension B."""
        return _observation(self.rules, state, self.rules.token_entries(state.tokens))

    def _costs(self, tokens: Tensor, current: Tensor) -> Tensor:
        names = torch.arange(self.rules.size, device=tokens.device).unsqueeze(0)
        return self.rules.edges.costs(tokens, current, names, current)


class CompiledDirect(_Direct):
    """The direct form on arrays, compiled; equal to ``DirectProblem`` to the last bit."""

    def __init__(self, rules: Rules) -> None:
        """Creates the problem from rules whose tensors are on the CPU."""
        super().__init__(rules)
        edges = rules.edges
        self._begin = begin_direct(type(rules), edges.kind)
        self._step = step_direct(type(rules), edges.kind)
        self._edges, self._real = (edges.rule, edges.table.numpy()), np.float64 if edges.wide else np.float32
        self._settings = (rules.refill, rules.tolerance, rules.illegal_cost, *self._edges)
        self._code: Any = None  # machine code of the step, from the first step on
        self._constant: tuple[Any, dict[str, Any]] = (None, {})  # tokens, and the entries that depend on them alone

    def initial(self, draws: np.ndarray, before: Any = None) -> DirectState:
        """Creates start states from ``[B, initial_draws]`` numbers."""
        rules, count = self.rules, len(draws)
        tokens, resource = map(np.ascontiguousarray, rules.initial(np, draws))
        visited = np.zeros((count, rules.size), bool)
        visited[:, 0] = rules.routed
        history = np.zeros((count, 1 + rules.max_choices), np.int32)
        legal = np.empty((count, rules.action_variants * rules.size), bool)
        cost = np.empty((count, rules.size), self._real)
        current = np.zeros((count, 1), np.int64)
        self._begin(*self._edges, rules.tolerance, tokens, visited, resource, current, legal, cost)
        return DirectState(tokens, visited, history, resource, current, legal, cost)

    def __getstate__(self) -> dict[str, Any]:
        """Excludes the machine code, which belongs to this process; the next step loads it again."""
        return self.__dict__ | {"_code": None}

    def step(self, state: DirectState, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Applies an action in every row that is not asleep. Costs O(B n)."""
        rows, rules = len(action), self.rules
        tokens, visited, history, resource, _, allowed, before = state
        current, legal = np.empty((rows, 1), INTEGER), np.empty((rows, rules.action_variants * rules.size), FLAG)
        cost = np.empty((rows, rules.size), self._real) if rules.routed else before
        reward, ended, illegal = np.empty(rows), np.empty(rows, FLAG), np.empty(rows, FLAG)
        known = (tokens, visited, history, resource, allowed, before, action, asleep)
        arguments = (*self._settings, *known, current, legal, cost, reward, ended, illegal)
        if self._code is None:
            self._code = machine_code(self._step, arguments)
        self._code(*arguments)
        after = _new(DirectState, (tokens, visited, history, resource, current, legal, cost))
        return _new(Outcome, (after, reward, ended, illegal))

    def observe(self, state: DirectState) -> dict[str, Any]:
        """Returns a batch of observations; entries that never change during an episode are computed once."""
        if self._constant[0] is not state.tokens:
            self._constant = state.tokens, self.rules.token_entries(state.tokens)
        return _observation(self.rules, state, self._constant[1].copy())


def _observation(rules: Rules, state: DirectState, entries: dict[str, Any]) -> dict[str, Any]:
    """Adds the entries that change at every step to those of the tokens, in NumPy or in torch."""
    entries["action_mask"] = state.legal
    if rules.routed:
        entries["distance"] = rules.edges.observed_costs(state.cost)
        entries["current"] = state.current.ravel()
    if rules.limited:
        entries.update(rules.resource_entries(state.resource))
        visited = state.visited  # an array changes in place, a tensor does not
        entries["visited"] = visited.copy() if isinstance(visited, np.ndarray) else visited
    return entries


def flags(count: int) -> "spaces.Box[Any]":
    """Returns the space of ``count`` truth values, as a Box, which SB3 supports."""
    return spaces.Box(0, 1, (count,), dtype=np.bool_)
