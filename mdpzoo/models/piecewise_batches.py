"""Many piecewise-stationary trajectories at once: the rules of ``piecewise`` on tensors, and compiled for a CPU.

Both forms step one table of all models, ``L S`` states, and keep the clock themselves. The same draws give the same
transitions.
"""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Discrete
from torch import Tensor

from mdpzoo.compiling import compiled
from mdpzoo.models.batched import TabularProblem, TabularState
from mdpzoo.models.compiled import CompiledState, CompiledTabular
from mdpzoo.models.outcomes import thresholds
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo.models.piecewise import PiecewiseMDP


class PiecewiseBatch(NamedTuple):
    """The states of B trajectories, as arrays or tensors.

    Attributes:
        state: ``[B]`` int64.
        clock: ``[B]`` int64, steps taken so far.
    """

    state: Any
    clock: Any


@dataclass(frozen=True, eq=False)
class PiecewiseProblem:
    """A ``PiecewiseMDP`` as a ``BatchedProblem``.

    Attributes:
        table: all models as one, ``L S`` states.
        start_thresholds: ``[L, W - 1]`` float64, infinite beyond a model's own.
        start_states: ``[L, W]`` int64.
        changes: ``[K]`` int64.
        order: ``[K + 1]`` int64.
        model: the model that it was built from.
    """

    table: TabularProblem
    start_thresholds: Tensor
    start_states: Tensor
    changes: Tensor
    order: Tensor
    model: "PiecewiseMDP"
    initial_draws: int = 1
    step_draws: int = 1

    @classmethod
    def of(cls, model: "PiecewiseMDP") -> "PiecewiseProblem":
        """Lays the models out as one table. Costs O(L S A) rows of the widest width."""
        limits, states = start_tables(model)
        return cls(
            model.joint().batched(),
            torch.from_numpy(limits),
            torch.from_numpy(states),
            torch.from_numpy(model.changes.copy()),
            torch.from_numpy(np.array(model.order)),
            model,
        )

    @property
    def observation_space(self) -> Discrete:
        """The states."""
        return Discrete(self.model.num_states)

    @property
    def action_space(self) -> Discrete:
        """The actions."""
        return Discrete(self.model.num_actions)

    def to(self, device: Any) -> "PiecewiseProblem":
        """Returns the same rules with their tensors on a device."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        moved: dict[str, Any] = {name: each.to(device) for name, each in values.items() if isinstance(each, Tensor)}
        return replace(self, table=self.table.to(device), **moved)

    def compiled(self) -> "CompiledPiecewise":
        """Returns the same rules for a CPU."""
        return CompiledPiecewise(self.model, self.table.compiled())

    def initial(self, draws: Tensor, before: PiecewiseBatch | None = None) -> PiecewiseBatch:
        """Draws start states from ``[B, 1]`` numbers; the clocks continue from the last episodes."""
        fresh = before is None or self.model.clock == "episode"
        clock = torch.zeros_like(draws[:, 0], dtype=torch.int64) if fresh or before is None else before.clock
        turn = self.order[self._place(clock)]
        which = (self.start_thresholds[turn] <= draws).sum(1)
        return PiecewiseBatch(self.start_states[turn, which], clock)

    def step(self, state: PiecewiseBatch, action: Tensor, draws: Tensor) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers."""
        states = self.model.num_states
        joint = self.order[self._place(state.clock)] * states + state.state
        outcome = self.table.step(TabularState(joint), action, draws)
        return outcome._replace(state=PiecewiseBatch(outcome.state.state % states, state.clock + 1))

    def observe(self, state: PiecewiseBatch) -> Tensor:
        """Returns the states, ``[B]`` int64."""
        return state.state

    def action_mask(self, state: PiecewiseBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: PiecewiseBatch) -> dict[str, Tensor]:
        """Returns ``segment`` and ``clock``, ``[B]`` int64, and ``change``, ``[B]`` bool."""
        segment = self._segment(state.clock)
        change = (state.clock > 0) & (segment != self._segment(state.clock - 1))
        return {"segment": segment, "clock": state.clock, "change": change}

    def _place(self, clock: Tensor) -> Tensor:
        period = self.model.period
        return torch.searchsorted(self.changes, clock % period if period else clock, right=True)

    def _segment(self, clock: Tensor) -> Tensor:
        place, period = self._place(clock), self.model.period
        return clock.div(period, rounding_mode="floor") * len(self.order) + place if period else place


class CompiledPiecewise:
    """A ``PiecewiseMDP`` as a ``CompiledProblem``."""

    initial_draws = step_draws = 1

    def __init__(self, model: "PiecewiseMDP", table: CompiledTabular) -> None:
        """Takes the table of all models."""
        self.observation_space, self.action_space = model.observation_space, model.action_space
        self.model, self.table = model, table
        self._limits, self._starts = start_tables(model)
        self._order, self._changes = np.array(model.order), np.array(model.changes)

    def initial(self, draws: np.ndarray, before: PiecewiseBatch | None = None) -> PiecewiseBatch:
        """Draws start states from ``[B, 1]`` numbers; the clocks continue from the last episodes."""
        fresh = before is None or self.model.clock == "episode"
        clock = np.zeros(len(draws), np.int64) if fresh or before is None else before.clock.copy()
        turn = self._order[self._place(clock)]
        return PiecewiseBatch(self._starts[turn, (self._limits[turn] <= draws).sum(1)], clock)

    def step(self, state: PiecewiseBatch, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers, in rows that are not asleep."""
        states, period = self.model.num_states, self.model.period
        joint = _join(self._changes, self._order, period, states, state.state, state.clock)
        outcome = self.table.step(CompiledState(joint), action, draws, asleep)
        after, clock = _part(states, outcome.state.state, state.clock, asleep)
        return Outcome(PiecewiseBatch(after, clock), outcome.reward, outcome.terminated, outcome.illegal)

    def observe(self, state: PiecewiseBatch) -> np.ndarray:
        """Returns the states, ``[B]`` int64."""
        return state.state

    def action_mask(self, state: PiecewiseBatch) -> None:
        """Returns None: every action is always legal."""
        return None

    def reveal(self, state: PiecewiseBatch) -> dict[str, np.ndarray]:
        """Returns ``segment`` and ``clock``, ``[B]`` int64, and ``change``, ``[B]`` bool."""
        segment = self._segment(state.clock)
        change = (state.clock > 0) & (segment != self._segment(state.clock - 1))
        return {"segment": segment, "clock": state.clock, "change": change}

    def _place(self, clock: np.ndarray) -> np.ndarray:
        period = self.model.period
        return np.searchsorted(self.model.changes, clock % period if period else clock, "right")

    def _segment(self, clock: np.ndarray) -> np.ndarray:
        place, period = self._place(clock), self.model.period
        return clock // period * len(self._order) + place if period else place


@compiled
def _join(changes, order, period, states, state, clock):  # type: ignore[no-untyped-def]
    """Returns the rows' states in the joint table, ``[B]``."""
    joint = np.empty_like(state)
    for row in range(len(state)):
        t = clock[row] % period if period else clock[row]
        joint[row] = order[np.searchsorted(changes, t, "right")] * states + state[row]
    return joint


@compiled
def _part(states, joint, clock, asleep):  # type: ignore[no-untyped-def]
    """Returns the states of the rows' own models, and their clocks after a step, ``[B]`` each."""
    state, after = np.empty_like(joint), np.empty_like(clock)
    for row in range(len(joint)):
        state[row], after[row] = joint[row] % states, clock[row] + (not asleep[row])
    return state, after


def start_tables(model: "PiecewiseMDP") -> tuple[np.ndarray, np.ndarray]:
    """Returns thresholds ``[L, W - 1]``, infinite beyond a model's own, and start states ``[L, W]``, of all models."""
    every = [each.start.nonzero()[0] for each in model.models]
    width = max(len(each) for each in every)
    limits, states = np.full((len(every), width - 1), np.inf), np.zeros((len(every), width), np.int64)
    for row, (starts, each) in enumerate(zip(every, model.models, strict=True)):
        limits[row, : len(starts) - 1] = thresholds(each.start[starts])
        states[row, : len(starts)] = starts
    return limits, states
