"""Finite Markov decision processes as arrays (Puterman 1994, chapter 2), with known transitions and rewards.

What differs from the textbook: entering a state marked terminal ends the episode, and only listed successors are
stored, so that a million states with a few successors each fit in memory.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError, SettingError

if TYPE_CHECKING:
    from mdpzoo.models.batched import TabularProblem
    from mdpzoo.protocols import Draw

TOLERANCE = 1e-9  # how far the probabilities of a row may sum from 1


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """A finite MDP; row ``s * A + a`` lists what can follow action a in state s.

    Attributes:
        offsets: ``[S A + 1]`` int64; row r is the slice ``offsets[r]:offsets[r + 1]`` of the three arrays below.
        successors: ``[transitions]`` int64, next states.
        probabilities: ``[transitions]`` float64, positive, each row summing to 1.
        rewards: ``[transitions]`` float64.
        start: ``[S]`` float64, the law of the first state.
        terminal: ``[S]`` bool; entering such a state ends the episode.
        num_actions: actions in every state, A.
    """

    offsets: np.ndarray
    successors: np.ndarray
    probabilities: np.ndarray
    rewards: np.ndarray
    start: np.ndarray
    terminal: np.ndarray
    num_actions: int = field(init=False)
    observation_space: Discrete = field(init=False, repr=False)
    action_space: Discrete = field(init=False, repr=False)
    _rows: dict[int, tuple[Any, ...]] = field(init=False, repr=False, default_factory=dict)  # as Python numbers

    def __post_init__(self) -> None:
        """Checks and freezes the arrays.

        Raises:
            SettingError: an array breaks its rule; says where.
        """
        states, rows = len(self.start), len(self.offsets) - 1
        if states == 0 or rows < states or rows % states:
            raise SettingError(f"an MDP needs a row for each state and action, got {rows} rows for {states} states")
        _check_law(self.probabilities, self.offsets, rows // states)
        if not abs(self.start.sum() - 1) <= TOLERANCE or (self.start < 0).any():
            raise SettingError(f"start must be probabilities that sum to 1, got sum {self.start.sum():.6g}")
        if not np.isfinite(self.rewards).all():
            raise SettingError("rewards must be finite numbers")
        for name in ("offsets", "successors", "probabilities", "rewards", "start", "terminal"):
            getattr(self, name).flags.writeable = False
        object.__setattr__(self, "num_actions", rows // states)
        object.__setattr__(self, "observation_space", Discrete(states))
        object.__setattr__(self, "action_space", Discrete(rows // states))

    @classmethod
    def from_arrays(cls, transitions: Any, rewards: Any, start: Any = None, terminal: Any = None) -> "TabularMDP":
        """Builds an MDP from the arrays of a textbook.

        Args:
            transitions: ``[S, A, S]`` probabilities.
            rewards: ``[S, A]``, or ``[S, A, S]`` where the reward depends on the next state.
            start: ``[S]`` probabilities of the first state; None: state 0.
            terminal: ``[S]`` bool; None: no state ends the episode.

        Raises:
            SettingError: a shape or a value breaks its rule; says which.
        """
        law = np.asarray(transitions, np.float64)
        if law.ndim != 3 or law.shape[0] != law.shape[2] or 0 in law.shape:
            raise SettingError(f"transitions must have shape [S, A, S], got {list(law.shape)}")
        gains = np.asarray(rewards, np.float64)
        if gains.shape not in (law.shape[:2], law.shape):
            raise SettingError(f"rewards must have shape {list(law.shape[:2])} or {list(law.shape)}")
        count = law.shape[0]
        gains = np.broadcast_to(gains[..., None] if gains.ndim == 2 else gains, law.shape)
        present = law != 0
        offsets = np.concatenate(([0], present.sum(2).ravel().cumsum())).astype(np.int64)
        first = np.eye(1, count)[0] if start is None else np.array(start, np.float64)
        ends = np.zeros(count, bool) if terminal is None else np.array(terminal, bool)
        if first.shape != (count,) or ends.shape != (count,):
            raise SettingError(f"start and terminal must have shape [{count}]")
        return cls(offsets, np.nonzero(present)[2], law[present], gains[present], first, ends)

    @property
    def num_states(self) -> int:
        """How many states there are, S."""
        return len(self.start)

    def initial(self, draw: "Draw") -> int:
        """Draws a start state."""
        thresholds, outcomes = self._rows.get(-1) or self._start_row()
        return outcomes[bisect_right(thresholds, draw())]

    def step(self, state: int, action: int, draw: "Draw") -> tuple[int, float, bool]:
        """Draws what follows an action.

        Raises:
            IllegalActionError: the action is not one of ``0 .. A - 1``.
        """
        if not 0 <= action < self.num_actions:
            raise IllegalActionError(f"action must lie in 0..{self.num_actions - 1}, got {action}")
        row = state * self.num_actions + action
        thresholds, outcomes = self._rows.get(row) or self._row(row)
        return outcomes[bisect_right(thresholds, draw())]

    def observe(self, state: int) -> int:
        """The state itself: nothing is hidden."""
        return state

    def batched(self) -> "TabularProblem":
        """The same rules for many episodes at once, on tensors."""
        from mdpzoo.models.batched import TabularProblem

        return TabularProblem.of(self)

    def _row(self, row: int) -> tuple[tuple[float, ...], tuple[Any, ...]]:
        part = slice(self.offsets[row], self.offsets[row + 1])
        successors = self.successors[part]
        outcomes = zip(
            successors.tolist(), self.rewards[part].tolist(), self.terminal[successors].tolist(), strict=True
        )
        return self._rows.setdefault(row, (thresholds(self.probabilities[part]), tuple(outcomes)))

    def _start_row(self) -> tuple[tuple[float, ...], tuple[Any, ...]]:
        states = self.start.nonzero()[0]
        return self._rows.setdefault(-1, (thresholds(self.start[states]), tuple(states.tolist())))


def thresholds(probabilities: np.ndarray) -> tuple[float, ...]:
    """Returns where the stream's number passes from one outcome to the next: ``[K - 1]``, ascending.

    The outcome drawn by a number u in [0, 1) is how many thresholds are at most u; every face counts so.
    """
    return tuple(np.cumsum(probabilities)[:-1].tolist())


def _check_law(probabilities: np.ndarray, offsets: np.ndarray, actions: int) -> None:
    widths = np.diff(offsets)
    if (bad := np.flatnonzero(widths <= 0)).size:
        state, action = divmod(int(bad[0]), actions)
        raise SettingError(f"action {action} in state {state} leads nowhere; its probabilities must sum to 1")
    if not (probabilities > 0).all():
        raise SettingError(f"probabilities must be positive, got {probabilities[~(probabilities > 0)][0]}")
    sums = np.add.reduceat(probabilities, offsets[:-1])
    if (bad := np.flatnonzero(~(np.abs(sums - 1) <= TOLERANCE))).size:
        state, action = divmod(int(bad[0]), actions)
        raise SettingError(
            f"the probabilities of action {action} in state {state} must sum to 1, got {sums[bad[0]]:.6g}"
        )
