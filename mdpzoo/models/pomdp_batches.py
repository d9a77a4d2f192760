"""Many episodes of a finite POMDP at once, on tensors and compiled for a CPU; the same draws give the same episodes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor

from mdpzoo.compiling import compiled
from mdpzoo.models.compiled import outcome_in
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo.models.pomdp import TabularPOMDP


class PomdpBatch(NamedTuple):
    """The states of B episodes, as arrays or tensors, ``[B]`` int64.

    Attributes:
        hidden: states.
        observation: last emissions.
        clock: steps taken in the episodes.
    """

    hidden: Any
    observation: Any
    clock: Any


@dataclass(frozen=True, eq=False, repr=False)
class PomdpProblem:
    """A ``TabularPOMDP`` as a ``BatchedProblem``.

    Attributes:
        limits: the result of ``TabularPOMDP.limits``, as tensors.
        rewards: ``[S, A]`` float64.
        model: the model that it was built from.
    """

    limits: tuple[Tensor, ...]
    rewards: Tensor
    model: "TabularPOMDP"
    initial_draws: int = 2
    step_draws: int = 2

    def __repr__(self) -> str:
        """As short as the model's; it reveals nothing hidden."""
        return repr(self.model)

    @classmethod
    def of(cls, model: "TabularPOMDP") -> "PomdpProblem":
        """Lays the model's rows out as limits. Costs O(S A (S + O)) memory."""
        limits = tuple(torch.from_numpy(each) for each in model.limits())
        return cls(limits, torch.from_numpy(model.rewards.copy()), model)

    @property
    def observation_space(self) -> Discrete:
        """The observations."""
        return self.model.observation_space

    @property
    def action_space(self) -> Discrete:
        """The actions."""
        return self.model.action_space

    def to(self, device: Any) -> "PomdpProblem":
        """Returns the same rules with their tensors on a device."""
        limits = tuple(each.to(device) for each in self.limits)
        return replace(self, limits=limits, rewards=self.rewards.to(device))

    def compiled(self) -> "CompiledPomdp":
        """Returns the same rules for a CPU."""
        return CompiledPomdp(self.model)

    def initial(self, draws: Tensor, before: Any = None) -> PomdpBatch:
        """Draws start states and observations from ``[B, 2]`` numbers; ``before`` is ignored."""
        starts, _, first, _ = self.limits
        hidden = (starts <= draws[:, :1]).sum(1)
        seen = (first[hidden] <= draws[:, 1:]).sum(1)
        if self.model.first is None:
            seen = torch.full_like(seen, self.model.num_observations)
        return PomdpBatch(hidden, seen, torch.zeros_like(hidden))

    def step(self, state: PomdpBatch, action: Tensor, draws: Tensor) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 2]`` numbers."""
        _, kernel, _, emitted = self.limits
        states, actions = self.rewards.shape
        legal = (action >= 0) & (action < actions)
        chosen = action.clamp(0, actions - 1)
        after = (kernel[state.hidden * actions + chosen] <= draws[:, :1]).sum(1)
        seen = (emitted[chosen * states + after] <= draws[:, 1:]).sum(1)
        reward = torch.where(legal, self.rewards[state.hidden, chosen], 0.0)
        fresh = PomdpBatch(
            torch.where(legal, after, state.hidden), torch.where(legal, seen, state.observation), state.clock + 1
        )
        return Outcome(fresh, reward, (fresh.clock == self.model.horizon) | ~legal, ~legal)

    def observe(self, state: PomdpBatch) -> Tensor:
        """Returns the last emissions, ``[B]`` int64."""
        return state.observation

    def action_mask(self, state: PomdpBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: PomdpBatch) -> dict[str, Tensor]:
        """Returns ``hidden_state``, ``[B]`` int64."""
        return {"hidden_state": state.hidden}


class CompiledPomdp:
    """A ``TabularPOMDP`` as a ``CompiledProblem``."""

    initial_draws = step_draws = 2

    def __init__(self, model: "TabularPOMDP") -> None:
        """Lays the model's rows out as limits."""
        self.observation_space, self.action_space = model.observation_space, model.action_space
        self.model = model
        self._starts, self._kernel, self._first, self._emitted = model.limits()
        self._rewards = np.ascontiguousarray(model.rewards)

    def __repr__(self) -> str:
        """As short as the model's; it reveals nothing hidden."""
        return repr(self.model)

    def initial(self, draws: np.ndarray, before: Any = None) -> PomdpBatch:
        """Draws start states and observations from ``[B, 2]`` numbers; ``before`` is ignored."""
        hidden = (self._starts <= draws[:, :1]).sum(1)
        seen = (self._first[hidden] <= draws[:, 1:]).sum(1)
        if self.model.first is None:
            seen[:] = self.model.num_observations
        return PomdpBatch(hidden, seen, np.zeros(len(draws), np.int64))

    def step(self, state: PomdpBatch, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 2]`` numbers, in rows that are not asleep."""
        fresh = PomdpBatch(*(each.copy() for each in state))
        reward = np.zeros(len(action))
        terminated, illegal = np.zeros(len(action), np.bool_), np.zeros(len(action), np.bool_)
        tables = (self._kernel, self._emitted, self._rewards, self.model.horizon)
        _step(*tables, action, draws, asleep, *fresh, reward, terminated, illegal)
        return Outcome(fresh, reward, terminated, illegal)

    def observe(self, state: PomdpBatch) -> np.ndarray:
        """Returns the last emissions, ``[B]`` int64."""
        return state.observation

    def action_mask(self, state: PomdpBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: PomdpBatch) -> dict[str, np.ndarray]:
        """Returns ``hidden_state``, ``[B]`` int64."""
        return {"hidden_state": state.hidden}


@compiled
def _step(  # type: ignore[no-untyped-def]
    kernel, emitted, rewards, horizon, action, draws, asleep, hidden, observation, clock, reward, terminated, illegal
):
    states, actions = rewards.shape
    for row in range(len(action)):
        if asleep[row]:
            continue
        chosen = action[row]
        clock[row] += 1
        if chosen < 0 or chosen >= actions:
            terminated[row] = illegal[row] = True
            continue
        reward[row] = rewards[hidden[row], chosen]
        hidden[row] = outcome_in(kernel, hidden[row] * actions + chosen, draws[row, 0])
        observation[row] = outcome_in(emitted, chosen * states + hidden[row], draws[row, 1])
        terminated[row] = clock[row] == horizon
