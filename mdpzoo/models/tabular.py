"""Finite Markov decision processes as arrays (Puterman 1994, chapter 2), with known transitions and rewards.

What differs from the textbook: entering a state marked terminal ends the episode, and only listed successors are
stored, so that a million states with a few successors each fit in memory.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError, InstanceError, SettingError
from mdpzoo.models import tabular_forms
from mdpzoo.models.outcomes import thresholds
from mdpzoo.models.tabular_forms import TYPES
from mdpzoo.showing import shown

if TYPE_CHECKING:
    from mdpzoo.models.batched import TabularProblem
    from mdpzoo.protocols import Draw

TOLERANCE = 1e-9  # how far the probabilities of a row may sum from 1


@shown
@dataclass(frozen=True, eq=False, repr=False)
class TabularMDP:
    """A finite MDP; row ``s * A + a`` lists the outcomes of action a in state s.

    Arrays that already have these dtypes are used without copying and become read-only.

    Attributes:
        offsets: ``[S A + 1]`` int64; row r is the slice ``offsets[r]:offsets[r + 1]`` of the three arrays below.
        successors: ``[transitions]`` int32, next states; one may occur in a row twice, with different rewards.
        probabilities: ``[transitions]`` float64, positive, each row summing to 1.
        rewards: ``[transitions]`` float64.
        start: ``[S]`` float64, the distribution of the first state.
        terminal: ``[S]`` bool; entering such a state ends the episode, and its rows are ignored.
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
    _rows: list[Any] = field(init=False, repr=False)  # thresholds and outcomes as Python numbers; the last: starts

    def __post_init__(self) -> None:
        """Checks and freezes the arrays.

        Raises:
            SettingError: an array breaks its rule; says where.
        """
        for name, kind in TYPES.items():
            given = np.asarray(getattr(self, name))
            if given.ndim != 1:
                raise SettingError(f"{name} must have one axis, got shape {list(given.shape)}")
            array: np.ndarray = np.ascontiguousarray(given, kind)
            if np.issubdtype(kind, np.integer) and not (array is given or np.array_equal(array, given)):
                raise SettingError(f"{name} must be whole numbers below {np.iinfo(kind).max}")
            object.__setattr__(self, name, array)
        _check(self)
        for name in TYPES:
            getattr(self, name).flags.writeable = False
        actions = (len(self.offsets) - 1) // self.num_states
        object.__setattr__(self, "num_actions", actions)
        object.__setattr__(self, "observation_space", Discrete(self.num_states))
        object.__setattr__(self, "action_space", Discrete(actions))
        object.__setattr__(self, "_rows", [None] * len(self.offsets))

    def _facts(self) -> dict[str, Any]:
        """Returns the entries shown at the prompt and in notebooks."""
        ends = int(np.count_nonzero(self.terminal))
        return {
            "states": self.num_states,
            "actions": self.num_actions,
            "transitions": len(self.successors),
            "terminal": ends,
        }

    @classmethod
    def from_arrays(cls, transitions: Any, rewards: Any, start: Any = None, terminal: Any = None) -> "TabularMDP":
        """Builds an MDP from dense arrays or sparse matrices.

        Args:
            transitions: probabilities, ``[S, A, S]``, or a list of A SciPy sparse matrices ``[S, S]``.
            rewards: ``[S, A]``, or ``[S, A, S]`` where the reward depends on the next state.
            start: ``[S]`` probabilities of the first state; None: state 0.
            terminal: ``[S]`` bool; None: no state ends the episode.

        Raises:
            SettingError: a shape or a value breaks its rule; says which.

        Example:
            >>> walk = TabularMDP.from_arrays([[[0.9, 0.1]], [[0.0, 1.0]]], rewards=[[1.0], [0.0]])
            >>> walk.num_states, walk.num_actions
            (2, 1)
        """
        return cls(*tabular_forms.from_arrays(transitions, rewards, start, terminal))

    @classmethod
    def from_gymnasium(cls, env: Any) -> "TabularMDP":
        """Reads the table of an environment: one of ours, or Gymnasium's ``env.unwrapped.P`` (toy text).

        A time limit is not part of the table. The model is compared with a thousand steps of the environment, which is
        reset first. If a state can be entered with and without ending the episode, the ends lead to one more state.

        Args:
            env: an environment or the id of one.

        Raises:
            SettingError: it has no table, or one that disagrees with its behaviour; says which.
        """
        env = gymnasium.make(env) if isinstance(env, str) else env
        rules = getattr(env.unwrapped, "rules", None)
        return rules if isinstance(rules, cls) else cls(*tabular_forms.from_gymnasium(env.unwrapped))

    @classmethod
    def load(cls, path: str | Path) -> "TabularMDP":
        """Reads a file written by ``save``; nothing is unpickled.

        Raises:
            InstanceError: the file is damaged or no model; says why.
        """
        arrays = tabular_forms.read(path)
        try:
            return cls(*arrays)
        except SettingError as error:
            raise InstanceError(f"{Path(path).name}: {error}") from None

    def save(self, path: str | Path) -> None:
        """Writes the arrays as a compressed NumPy archive (.npz), whole or not at all."""
        tabular_forms.write(self, path)

    def to_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns ``[S, A, S]`` probabilities and mean rewards ``[S, A, S]``."""
        return tabular_forms.to_arrays(self)

    def to_csr(self) -> tuple[list[Any], np.ndarray]:
        """Returns A SciPy CSR matrices ``[S, S]`` of probabilities, and the mean rewards ``[S, A]``.

        Raises:
            MissingExtraError: SciPy is not installed.
        """
        return tabular_forms.to_csr(self)

    def to_dictionary(self) -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:
        """Returns ``P[state][action]``, lists of (probability, next state, reward, ends) as in Gymnasium's toy text."""
        return tabular_forms.to_dictionary(self)

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return len(self.start)

    @cached_property
    def expected_rewards(self) -> np.ndarray:
        """``[S, A]`` float64, the mean reward of each action in each state; 0 in terminal states."""
        sums = np.add.reduceat(self.probabilities * self.rewards, self.offsets[:-1])
        means = sums.reshape(self.num_states, self.num_actions)
        means[self.terminal] = 0.0
        means.flags.writeable = False
        return means

    @property
    def deterministic(self) -> bool:
        """Whether every action has one outcome and the episode one start."""
        return len(self.successors) == len(self.offsets) - 1 and np.count_nonzero(self.start) == 1

    def initial(self, draw: "Draw", before: Any = None) -> int:
        """Draws a start state; ``before`` is ignored."""
        limits, outcomes = self._rows[-1] or self._start_row()
        return outcomes[bisect_right(limits, draw())]

    def step(self, state: int, action: int, draw: "Draw") -> tuple[int, float, bool]:
        """Draws the next state, the reward and whether the episode has ended.

        Raises:
            IllegalActionError: if the action is not one of ``0 .. A - 1``.
        """
        if not 0 <= action < self.num_actions:
            raise IllegalActionError(f"action must lie in 0..{self.num_actions - 1}, got {action}")
        row = state * self.num_actions + action
        try:
            limits, outcomes = self._rows[row]
        except TypeError:  # None: the row has not been visited yet; or the action is no integer
            limits, outcomes = self._row(row)
        return outcomes[bisect_right(limits, draw())]

    def observe(self, state: int) -> int:
        """Returns the state itself: nothing is hidden."""
        return state

    def batched(self) -> "TabularProblem":
        """Returns the same rules for many episodes at once, on tensors, and compiled for a CPU."""
        from mdpzoo.models.batched import TabularProblem

        return TabularProblem.of(self)

    def _row(self, row: int) -> tuple[tuple[float, ...], tuple[Any, ...]]:
        if not isinstance(row, int | np.integer):
            raise IllegalActionError(f"an action must be an integer in 0..{self.num_actions - 1}")
        part = slice(self.offsets[row], self.offsets[row + 1])
        successors = self.successors[part]
        outcomes = zip(
            successors.tolist(), self.rewards[part].tolist(), self.terminal[successors].tolist(), strict=True
        )
        self._rows[row] = thresholds(self.probabilities[part]), tuple(outcomes)
        return self._rows[row]

    def _start_row(self) -> tuple[tuple[float, ...], tuple[Any, ...]]:
        states = self.start.nonzero()[0]
        self._rows[-1] = thresholds(self.start[states]), tuple(states.tolist())
        return self._rows[-1]


def _check(model: TabularMDP) -> None:
    states, rows, count = len(model.start), len(model.offsets) - 1, len(model.successors)
    if states == 0 or rows < states or rows % states:
        raise SettingError(f"an MDP needs a row for each state and action, got {rows} rows for {states} states")
    if len(model.terminal) != states:
        raise SettingError(f"terminal must have shape [{states}], got [{len(model.terminal)}]")
    for name in ("probabilities", "rewards"):
        if len(getattr(model, name)) != count:
            raise SettingError(f"{name} must have shape [{count}], as successors, got [{len(getattr(model, name))}]")
    if model.offsets[0] != 0 or model.offsets[-1] != count:
        raise SettingError(f"offsets must lead from 0 to {count}, got {model.offsets[0]} to {model.offsets[-1]}")
    if count and not 0 <= model.successors.min() <= model.successors.max() < states:
        wrong = model.successors[(model.successors < 0) | (model.successors >= states)][0]
        raise SettingError(f"successors must lie in 0..{states - 1}, got {wrong}")
    _check_law(model.probabilities, model.offsets, rows // states)
    if not abs(model.start.sum() - 1) <= TOLERANCE or (model.start < 0).any():
        raise SettingError(f"start must be probabilities that sum to 1, got sum {model.start.sum():.6g}")
    if not np.isfinite(model.rewards).all():
        raise SettingError("rewards must be finite numbers")


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
