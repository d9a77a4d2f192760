"""Many episodes of a latent MDP at once: the rules of ``latent`` on tensors, and compiled for a CPU.

Both forms step one table of all contexts, ``M S`` states, and keep the clock themselves. The same draws give the same
episodes.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor

from mdpzoo.compiling import compiled
from mdpzoo.models.batched import TabularProblem, TabularState
from mdpzoo.models.compiled import CompiledState, CompiledTabular
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo.models.latent import LatentMDP


class LatentBatch(NamedTuple):
    """The states of B episodes, as arrays or tensors.

    Attributes:
        joint: ``[B]`` int64, ``context * S + state``.
        clock: ``[B]`` int64, steps taken in the episode.
    """

    joint: Any
    clock: Any


@dataclass(frozen=True, eq=False, repr=False)
class LatentProblem:
    """A ``LatentMDP`` as a ``BatchedProblem``.

    Attributes:
        table: all contexts as one, ``M S`` states.
        model: the model that it was built from.
    """

    table: TabularProblem
    model: "LatentMDP"
    initial_draws: int = 1
    step_draws: int = 1

    def __repr__(self) -> str:
        """As short as the model's; it reveals nothing hidden."""
        return repr(self.model)

    @classmethod
    def of(cls, model: "LatentMDP") -> "LatentProblem":
        """Lays the contexts out as one table. Costs O(M S A) rows of the widest width."""
        return cls(model.joint.batched(), model)

    @property
    def observation_space(self) -> Discrete:
        """The states."""
        return Discrete(self.model.num_states)

    @property
    def action_space(self) -> Discrete:
        """The actions."""
        return Discrete(self.model.num_actions)

    def to(self, device: Any) -> "LatentProblem":
        """Returns the same rules with their tensors on a device."""
        return replace(self, table=self.table.to(device))

    def compiled(self) -> "CompiledLatent":
        """Returns the same rules for a CPU."""
        return CompiledLatent(self.model, self.table.compiled())

    def initial(self, draws: Tensor, before: Any = None) -> LatentBatch:
        """Draws contexts and start states from ``[B, 1]`` numbers; ``before`` is ignored."""
        joint = self.table.initial(draws).state
        return LatentBatch(joint, torch.zeros_like(joint))

    def step(self, state: LatentBatch, action: Tensor, draws: Tensor) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers."""
        outcome = self.table.step(TabularState(state.joint), action, draws)
        after = LatentBatch(outcome.state.state, state.clock + 1)
        over = outcome.terminated | (after.clock == self.model.horizon)
        return outcome._replace(state=after, terminated=over)

    def observe(self, state: LatentBatch) -> Tensor:
        """Returns the states, ``[B]`` int64."""
        return state.joint % self.model.num_states

    def action_mask(self, state: LatentBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: LatentBatch) -> dict[str, Tensor]:
        """Returns ``context``, ``[B]`` int64."""
        return {"context": state.joint.div(self.model.num_states, rounding_mode="floor")}


class CompiledLatent:
    """A ``LatentMDP`` as a ``CompiledProblem``."""

    initial_draws = step_draws = 1

    def __init__(self, model: "LatentMDP", table: CompiledTabular) -> None:
        """Takes the table of all contexts."""
        self.observation_space, self.action_space = model.observation_space, model.action_space
        self.model, self.table = model, table

    def __repr__(self) -> str:
        """As short as the model's; it reveals nothing hidden."""
        return repr(self.model)

    def initial(self, draws: np.ndarray, before: Any = None) -> LatentBatch:
        """Draws contexts and start states from ``[B, 1]`` numbers; ``before`` is ignored."""
        return LatentBatch(self.table.initial(draws).state, np.zeros(len(draws), np.int64))

    def step(self, state: LatentBatch, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers, in rows that are not asleep."""
        outcome = self.table.step(CompiledState(state.joint), action, draws, asleep)
        clock = _count(state.clock, asleep, self.model.horizon, outcome.terminated)
        return Outcome(LatentBatch(outcome.state.state, clock), outcome.reward, outcome.terminated, outcome.illegal)

    def observe(self, state: LatentBatch) -> np.ndarray:
        """Returns the states, ``[B]`` int64."""
        return state.joint % self.model.num_states

    def action_mask(self, state: LatentBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: LatentBatch) -> dict[str, np.ndarray]:
        """Returns ``context``, ``[B]`` int64."""
        return {"context": state.joint // self.model.num_states}


@compiled
def _count(clock, asleep, horizon, terminated):  # type: ignore[no-untyped-def]
    """Returns the clocks after a step, ``[B]``, and marks the rows whose horizon is reached as terminated."""
    after = np.empty_like(clock)
    for row in range(len(clock)):
        after[row] = clock[row] + (not asleep[row])
        terminated[row] |= after[row] == horizon and not asleep[row]
    return after
