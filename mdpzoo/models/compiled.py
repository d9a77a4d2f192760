"""A tabular model stepped for many episodes at once on a CPU; the same draws give the same transitions.

A transition is one record of 24 bytes, so that the data that a step reads of a large model are close together.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mdpzoo.compiling import compiled, inlined
from mdpzoo.models.outcomes import thresholds
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo.models.tabular import TabularMDP

ENTRY = np.dtype(
    [("below", np.float64), ("reward", np.float64), ("successor", np.int32), ("ends", np.bool_)], align=True
)
SCANNED = 16  # entries of a row that are scanned one by one


class CompiledState(NamedTuple):
    """The states of B episodes.

    Attributes:
        state: ``[B]`` int64.
    """

    state: np.ndarray


class CompiledTabular:
    """A ``TabularMDP`` as a ``CompiledProblem``.

    Attributes:
        model: the model that it was built from.
    """

    initial_draws = 1
    step_draws = 1

    def __init__(self, model: "TabularMDP") -> None:
        """Lays the transitions out, 24 bytes each. Costs O(transitions)."""
        self.model = model
        self.observation_space, self.action_space = model.observation_space, model.action_space
        self.num_actions = model.num_actions
        self._starts = model.start.nonzero()[0]
        self._start_thresholds = np.array(thresholds(model.start[self._starts]))
        self._offsets, self._entries = model.offsets, np.empty(len(model.successors), ENTRY)
        self._entries["reward"], self._entries["successor"] = model.rewards, model.successors
        self._entries["ends"] = model.terminal[model.successors]
        self._entries["below"] = outcome_limits(model.probabilities, model.offsets)

    def initial(self, draws: np.ndarray, before: Any = None) -> CompiledState:
        """Draws start states from ``[B, 1]`` numbers; ``before`` is ignored."""
        return CompiledState(self._starts[np.searchsorted(self._start_thresholds, draws[:, 0], "right")])

    def step(self, state: CompiledState, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Draws the outcomes of ``[B]`` actions from ``[B, 1]`` numbers."""
        size = len(action)
        following, reward = np.empty(size, np.int64), np.empty(size)
        terminated, illegal = np.empty(size, np.bool_), np.empty(size, np.bool_)
        given = (self._offsets, self._entries, self.num_actions, state.state, action, draws, asleep)
        _step(*given, following, reward, terminated, illegal)
        return Outcome(CompiledState(following), reward, terminated, illegal)

    def observe(self, state: CompiledState) -> np.ndarray:
        """Returns the states, ``[B]`` int64."""
        return state.state

    def action_mask(self, state: CompiledState) -> None:
        """Returns None: every action is always legal."""
        return None


@compiled
def outcome_limits(probabilities, offsets):  # type: ignore[no-untyped-def]
    """Sums along each row, ``[transitions]`` float64: a number's outcome is the first limit of the row above it.

    The last limit of a row is infinite. ``offsets`` is ``[rows + 1]`` int64.
    """
    below = np.empty(len(probabilities))
    for row in range(len(offsets) - 1):
        total = 0.0
        for k in range(offsets[row], offsets[row + 1] - 1):
            total += probabilities[k]
            below[k] = total
        below[offsets[row + 1] - 1] = np.inf
    return below


@compiled
def _step(  # type: ignore[no-untyped-def]
    offsets, entries, actions, state, action, draws, asleep, following, reward, terminated, illegal
):
    for row in range(len(state)):
        here, chosen = state[row], action[row]
        wrong = chosen < 0 or chosen >= actions
        if asleep[row] or wrong:
            following[row], reward[row] = here, 0.0
            terminated[row] = illegal[row] = wrong and not asleep[row]
            continue
        k = _outcome(entries, offsets[here * actions + chosen], offsets[here * actions + chosen + 1], draws[row, 0])
        following[row], reward[row] = entries[k].successor, entries[k].reward
        terminated[row], illegal[row] = entries[k].ends, False


@inlined
def outcome_in(limits, row, number):  # type: ignore[no-untyped-def]
    """Returns the outcome of a row that a number selects, by thresholds ``[n, K - 1]`` of ``threshold_rows``."""
    below = 0
    for k in range(limits.shape[1]):
        below += limits[row, k] <= number
    return below


@inlined
def _outcome(entries, begin, end, number):  # type: ignore[no-untyped-def]
    """Returns the first entry of a row above a number; scans short rows and bisects long ones."""
    while end - begin > SCANNED:
        middle = (begin + end) // 2
        if entries[middle - 1].below <= number:
            begin = middle
        else:
            end = middle
    below = begin
    for k in range(begin, end):  # all of them: a processor that must guess where to stop waits for each row's memory
        below += entries[k].below <= number
    return below
