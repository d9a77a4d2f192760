"""Many tidal swimmers at once: the rules of ``tidal_swim`` on tensors, and compiled for a CPU.

Both forms step the table of both rivers, and keep the clock themselves.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor

from mdpzoo.models.batched import TabularProblem, TabularState
from mdpzoo.models.compiled import CompiledState, CompiledTabular
from mdpzoo.protocols import Outcome


class TidalBatch(NamedTuple):
    """The positions of B swimmers and their hidden clocks, as arrays or tensors.

    Attributes:
        position: ``[B]`` int64.
        clock: ``[B]`` int64, steps since ``reset(seed=...)``.
    """

    position: Any
    clock: Any


@dataclass(frozen=True, eq=False)
class TidalSwims:
    """B swimmers on tensors: a ``BatchedProblem``.

    Attributes:
        rivers: the table of both rivers, ``2 * length`` states.
        length: positions.
        period: steps between two turns of the tide.
    """

    rivers: TabularProblem
    length: int
    period: int
    initial_draws: int = 1
    step_draws: int = 1

    @property
    def observation_space(self) -> Discrete:
        """The positions."""
        return Discrete(self.length)

    @property
    def action_space(self) -> Discrete:
        """Left and right."""
        return Discrete(2)

    def to(self, device: Any) -> "TidalSwims":
        """Returns the same rules with their tensors on a device."""
        return replace(self, rivers=self.rivers.to(device))

    def compiled(self) -> "CompiledTidalSwims":
        """Returns the same rules for a CPU."""
        return CompiledTidalSwims(self.rivers.compiled(), self.length, self.period)

    def initial(self, draws: Tensor, before: TidalBatch | None = None) -> TidalBatch:
        """Starts at position 0; the clocks continue from the last episodes."""
        zeros = torch.zeros(len(draws), dtype=torch.int64, device=draws.device)
        return TidalBatch(zeros, zeros if before is None else before.clock)

    def step(self, state: TidalBatch, action: Tensor, draws: Tensor) -> Outcome:
        """Swims once in every row; an action other than 0 and 1 ends it."""
        phase = state.clock // self.period % 2
        outcome = self.rivers.step(TabularState(phase * self.length + state.position), action, draws)
        return outcome._replace(state=TidalBatch(outcome.state.state % self.length, state.clock + 1))

    def observe(self, state: TidalBatch) -> Tensor:
        """Returns the positions, ``[B]`` int64."""
        return state.position

    def action_mask(self, state: TidalBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: TidalBatch) -> dict[str, Tensor]:
        """Returns ``clock`` and ``phase``, ``[B]`` int64."""
        return {"clock": state.clock, "phase": state.clock // self.period % 2}


class CompiledTidalSwims:
    """B swimmers in arrays: a ``CompiledProblem``."""

    initial_draws = step_draws = 1

    def __init__(self, rivers: CompiledTabular, length: int, period: int) -> None:
        """Takes the table of both rivers."""
        self.observation_space, self.action_space = Discrete(length), Discrete(2)
        self.rivers, self.length, self.period = rivers, length, period

    def initial(self, draws: np.ndarray, before: TidalBatch | None = None) -> TidalBatch:
        """Starts at position 0; the clocks continue from the last episodes."""
        zeros = np.zeros(len(draws), np.int64)
        return TidalBatch(zeros, zeros.copy() if before is None else before.clock.copy())

    def step(self, state: TidalBatch, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Swims once in every row that is not asleep."""
        phase = state.clock // self.period % 2
        outcome = self.rivers.step(CompiledState(phase * self.length + state.position), action, draws, asleep)
        return outcome._replace(state=TidalBatch(outcome.state.state % self.length, state.clock + ~asleep))

    def observe(self, state: TidalBatch) -> np.ndarray:
        """Returns the positions, ``[B]`` int64."""
        return state.position

    def action_mask(self, state: TidalBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: TidalBatch) -> dict[str, np.ndarray]:
        """Returns ``clock`` and ``phase``, ``[B]`` int64."""
        return {"clock": state.clock, "phase": state.clock // self.period % 2}
