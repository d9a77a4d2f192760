"""Piecewise-stationary MDPs: a finite MDP whose transitions and rewards are replaced at change points.

The state carries over at a change. The clock counts steps since ``reset(seed=...)``; it runs on through the ends of
episodes unless ``clock="episode"``. The observation is the state: segment and clock are hidden, and ``reveal`` gives
them to evaluators.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.models.stacking import check_same_shape, stack
from mdpzoo.models.tabular import TabularMDP

if TYPE_CHECKING:
    from mdpzoo.models.piecewise_batches import PiecewiseProblem
    from mdpzoo.protocols import Draw

CLOCKS = ("run", "episode")


class PiecewiseState(NamedTuple):
    """The state of one trajectory.

    Attributes:
        state: ``0 .. S - 1``.
        clock: steps taken so far; the next step is number ``clock``.
    """

    state: int
    clock: int


@dataclass(frozen=True, eq=False, repr=False)
class PiecewiseMDP:
    """Finite MDPs of one shape that take turns; a ``Model``.

    Segment k lasts from step ``changes[k - 1]`` to step ``changes[k] - 1`` and is stepped by ``models[order[k]]``.

    Attributes:
        models: L models with the same numbers of states S and of actions A.
        changes: ``[K]`` int64, ascending, at least 1: the first step of each new segment.
        order: ``[K + 1]`` int64, the model of each segment; by default they take turns, ``k % L``.
        period: steps after which the whole schedule starts again, above the last change; 0: never, and the last
            segment has no end.
        clock: ``"run"``: the clock outlives episodes; ``"episode"``: it starts at 0 with each of them.
    """

    models: tuple[TabularMDP, ...]
    changes: Any
    order: Any = None
    period: int = 0
    clock: str = "run"
    observation_space: Discrete = field(init=False, repr=False)
    action_space: Discrete = field(init=False, repr=False)

    def __repr__(self) -> str:
        """Shows the sizes, and nothing of the schedule, which is hidden from players."""
        states, actions = self.observation_space.n, self.action_space.n
        return f"PiecewiseMDP({len(self.models)} models of {states} states and {actions} actions)"

    def __post_init__(self) -> None:
        """Checks and freezes the schedule.

        Raises:
            SettingError: if the models differ in shape, or an argument is out of its range; says which.
        """
        models = tuple(self.models)
        check_same_shape(models)
        changes = _whole_numbers(self.changes, "changes")
        _check_changes(changes)
        order = np.arange(len(changes) + 1) % len(models) if self.order is None else _whole_numbers(self.order, "order")
        if len(order) != len(changes) + 1 or not 0 <= order.min() <= order.max() < len(models):
            raise SettingError(
                f"order must name one of {len(models)} models for each of {len(changes) + 1} segments, "
                f"got {order.tolist()!s:.60}"
            )
        if self.period and self.period <= (changes[-1] if len(changes) else 0):
            raise SettingError(f"period must be 0 or above the last change, got {self.period}")
        if self.clock not in CLOCKS:
            hint = did_you_mean(str(self.clock), CLOCKS) or f" Known: {', '.join(CLOCKS)}"
            raise SettingError(f"unknown clock {self.clock!r}.{hint}")
        changes.flags.writeable = order.flags.writeable = False
        for name, value in (("models", models), ("changes", changes), ("order", order)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "observation_space", models[0].observation_space)
        object.__setattr__(self, "action_space", models[0].action_space)

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return self.models[0].num_states

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return self.models[0].num_actions

    def segment(self, t: int) -> int:
        """Returns the number of the segment that step ``t`` belongs to, from 0; it grows through periods."""
        rounds, t = divmod(t, self.period) if self.period else (0, t)
        return rounds * (len(self.changes) + 1) + bisect_right(self._changes, t)

    def at(self, t: int) -> TabularMDP:
        """Returns the model that step ``t`` is taken in."""
        return self.models[self._turns[bisect_right(self._changes, t % self.period if self.period else t)]]

    def change_points(self, until: int) -> np.ndarray:
        """Returns the first steps of all segments but the first, below ``until``; ``[changes]`` int64, ascending."""
        if not self.period:
            return self.changes[self.changes < until]
        starts = np.append(0, self.changes)
        every = (np.arange(-(-until // self.period))[:, None] * self.period + starts).ravel()
        return every[(every > 0) & (every < until)]

    def initial(self, draw: "Draw", before: PiecewiseState | None = None) -> PiecewiseState:
        """Draws a start state of the present segment; the clock continues from the last episode."""
        clock = 0 if before is None or self.clock == "episode" else before.clock
        return PiecewiseState(self.at(clock).initial(draw), clock)

    def step(self, state: PiecewiseState, action: int, draw: "Draw") -> tuple[PiecewiseState, float, bool]:
        """Draws the next state, the reward and whether the episode has ended, in the segment of the clock.

        Raises:
            IllegalActionError: if the action is not one of ``0 .. A - 1``.
        """
        where, clock = state
        t = clock % self.period if self.period else clock
        after, reward, terminated = self.models[self._turns[bisect_right(self._changes, t)]].step(where, action, draw)
        return PiecewiseState(after, clock + 1), reward, terminated

    def observe(self, state: PiecewiseState) -> int:
        """Returns the state; segment and clock are hidden."""
        return state.state

    def reveal(self, state: PiecewiseState) -> dict[str, Any]:
        """Returns ``segment`` and ``clock`` of the next step, and whether it is the first after a ``change``."""
        segment = self.segment(state.clock)
        change = state.clock > 0 and segment != self.segment(state.clock - 1)
        return {"segment": segment, "clock": state.clock, "change": change}

    def batched(self) -> "PiecewiseProblem":
        """Returns the same rules for many trajectories at once, on tensors, and compiled for a CPU."""
        from mdpzoo.models.piecewise_batches import PiecewiseProblem

        return PiecewiseProblem.of(self)

    def joint(self) -> TabularMDP:
        """Returns all models as one table of ``L S`` states: state s of model m is ``m * S + s``; starts in model 0."""
        start = np.zeros(self.num_states * len(self.models))
        start[: self.num_states] = self.models[0].start
        return stack(self.models, start)

    @cached_property
    def _changes(self) -> list[int]:
        return self.changes.tolist()

    @cached_property
    def _turns(self) -> list[int]:
        return self.order.tolist()


def _whole_numbers(numbers: Any, name: str) -> np.ndarray:
    given = np.asarray(numbers)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise SettingError(f"{name} must be a list of whole numbers, got {numbers!r:.60}")
    return given.astype(np.int64)


def _check_changes(changes: np.ndarray) -> None:
    if len(changes) and changes.min() < 1:
        raise SettingError(f"changes must be at least 1, got {changes.min()}")
    if (wrong := np.flatnonzero(np.diff(changes) <= 0)).size:
        place = int(wrong[0])
        raise SettingError(
            f"changes must be in ascending order without repeats, got {changes[place]} before {changes[place + 1]}"
        )
