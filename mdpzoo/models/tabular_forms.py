"""The other forms of a tabular model: dense arrays, SciPy matrices, Gymnasium's ``P`` and files.

Functions that read a form return the model's arrays in the order of ``TYPES``; ``TabularMDP`` checks them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo.arrays import read_arrays, write_arrays
from mdpzoo.errors import InstanceError, MissingExtraError, SettingError

if TYPE_CHECKING:
    from mdpzoo.models.tabular import TabularMDP

TYPES = {
    "offsets": np.int64,
    "successors": np.int32,
    "probabilities": np.float64,
    "rewards": np.float64,
    "start": np.float64,
    "terminal": np.bool_,
}
EXACT = 1e-12  # how far the probabilities of Gymnasium's tables may sum from 1
Arrays = tuple[np.ndarray, ...]  # in the order of TYPES
COMPARED = 1000  # steps of an environment that are compared with its table


def from_arrays(transitions: Any, rewards: Any, start: Any, terminal: Any) -> Arrays:
    """Implements ``TabularMDP.from_arrays``."""
    if isinstance(transitions, list | tuple) and transitions and hasattr(transitions[0], "tocsr"):
        counts, successors, law = _from_matrices(transitions)
    else:
        dense = _array(transitions, "transitions")
        if dense.ndim != 3 or dense.shape[0] != dense.shape[2] or 0 in dense.shape:
            raise SettingError(f"transitions must have shape [S, A, S], got {list(dense.shape)}")
        present = dense != 0
        counts, successors, law = present.sum(2), np.nonzero(present)[2], dense[present]
    states, actions = counts.shape
    gains = _array(rewards, "rewards")
    if gains.shape not in ((states, actions), (states, actions, states)):
        raise SettingError(
            f"rewards must have shape {[states, actions]} or {[states, actions, states]}, got {list(gains.shape)}"
        )
    rows = np.repeat(np.arange(states * actions), counts.ravel())
    earned = gains.ravel()[rows] if gains.ndim == 2 else gains.reshape(-1, states)[rows, successors]
    first = np.eye(1, states)[0] if start is None else _array(start, "start").copy()
    ends = np.zeros(states, bool) if terminal is None else np.array(terminal, bool)
    if first.shape != (states,) or ends.shape != (states,):
        raise SettingError(f"start and terminal must have shape [{states}]")
    offsets = np.concatenate(([0], counts.ravel().cumsum()))
    return offsets, successors, law, earned, first, ends


def from_gymnasium(inner: Any) -> Arrays:
    """Implements ``TabularMDP.from_gymnasium`` with an unwrapped environment that is not one of ours."""
    table, start = getattr(inner, "P", None), getattr(inner, "initial_state_distrib", None)
    name = type(inner).__name__
    if table is None or start is None:
        raise SettingError(
            f"{name} has no table P with initial_state_distrib; give its arrays to TabularMDP.from_arrays"
        )
    arrays = _from_dictionary(table, start, name)
    _compare(table, inner, name)
    return arrays


def to_arrays(model: "TabularMDP") -> tuple[np.ndarray, np.ndarray]:
    """Implements ``TabularMDP.to_arrays``. Costs O(S A S) memory."""
    states, actions = model.num_states, model.num_actions
    rows = np.repeat(np.arange(states * actions), np.diff(model.offsets))
    law, gains = np.zeros((2, states * actions, states))
    np.add.at(law, (rows, model.successors), model.probabilities)
    gains[rows, model.successors] = model.rewards
    again = law[rows, model.successors] != model.probabilities  # one of several entries of a row: their mean
    where = (rows[again], model.successors[again])
    gains[where] = 0.0
    np.add.at(gains, where, (model.probabilities * model.rewards)[again] / law[where])
    return law.reshape(states, actions, states), gains.reshape(states, actions, states)


def to_csr(model: "TabularMDP") -> tuple[list[Any], np.ndarray]:
    """Implements ``TabularMDP.to_csr``."""
    try:
        from scipy.sparse import csr_matrix
    except ModuleNotFoundError:
        raise MissingExtraError("scipy is not installed; type: pip install 'mdpzoo[scipy]'") from None
    states, actions = model.num_states, model.num_actions
    every = csr_matrix(
        (model.probabilities.copy(), model.successors.copy(), model.offsets.copy()), shape=(states * actions, states)
    )
    every.sum_duplicates()
    return [every[action::actions] for action in range(actions)], model.expected_rewards


def to_dictionary(model: "TabularMDP") -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:
    """Implements ``TabularMDP.to_dictionary``."""
    ends = model.terminal[model.successors]
    columns = (model.probabilities, model.successors, model.rewards, ends)
    entries = list(zip(*(column.tolist() for column in columns), strict=True))
    offsets, actions = model.offsets.tolist(), model.num_actions
    rows = [entries[begin:end] for begin, end in zip(offsets, offsets[1:], strict=False)]
    return {state: dict(enumerate(rows[state * actions : (state + 1) * actions])) for state in range(model.num_states)}


def read(path: str | Path) -> Arrays:
    """Implements ``TabularMDP.load``."""
    arrays = read_arrays(path, TYPES)
    for name, kind in TYPES.items():
        if not np.can_cast(arrays[name].dtype, kind, "same_kind"):
            raise InstanceError(f"{Path(path).name}: {name} must be {np.dtype(kind)}, got {arrays[name].dtype}")
    return tuple(arrays[name] for name in TYPES)


def write(model: "TabularMDP", path: str | Path) -> None:
    """Implements ``TabularMDP.save``."""
    write_arrays(path, {name: getattr(model, name) for name in TYPES})


def _array(given: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"{what} must be an array of numbers, got {given!r:.60}") from None


def _from_matrices(matrices: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns counts ``[S, A]``, successors and probabilities from one sparse matrix for each action."""
    states, actions = matrices[0].shape[0], len(matrices)
    counts = np.empty((states, actions), np.int64)
    parts = []
    for action, matrix in enumerate(matrices):
        if matrix.shape != (states, states):
            raise SettingError(f"matrix {action} must have shape {[states, states]}, got {list(matrix.shape)}")
        each = matrix.tocsr(copy=True)
        each.sum_duplicates()
        each.eliminate_zeros()
        counts[:, action] = np.diff(each.indptr)
        parts.append((each.indptr, each.indices, each.data))
    offsets = np.concatenate(([0], counts.ravel().cumsum()))
    successors, law = np.empty(offsets[-1], np.int32), np.empty(offsets[-1])
    for action, (pointers, indices, data) in enumerate(parts):
        moved = np.repeat(offsets[action:-1:actions] - pointers[:-1], counts[:, action]) + np.arange(len(data))
        successors[moved], law[moved] = indices, data
    return counts, successors, law


def _from_dictionary(table: Mapping[int, Any], start: Any, name: str) -> Arrays:
    """Converts Gymnasium's table; ends lead to terminal states, or to one more state if they cannot."""
    states = len(table)
    actions = len(table[0])
    rows = [_merged(table[state][action]) for state in range(states) for action in range(actions)]
    for row, outcomes in enumerate(rows):
        if abs(sum(outcomes.values()) - 1) > EXACT:
            state, action = divmod(row, actions)
            raise SettingError(
                f"the probabilities of action {action} in state {state} of {name} sum to "
                f"{sum(outcomes.values()):.15g}, not 1; correct its table"
            )
    first = np.asarray(start, np.float64)
    terminal, redirected = _ends(rows, actions, first)
    extra = states  # the state that ends lead to where their own state does not always end the episode
    filled = []
    for row, outcomes in enumerate(rows):
        if terminal[row // actions]:
            outcomes = {(row // actions, 0.0, True): 1.0}
        moved = [(p, extra if ends and redirected[s] else s, r, ends) for (s, r, ends), p in outcomes.items()]
        filled.append(_merged(moved))
    if redirected.any():
        filled += [{(extra, 0.0, True): 1.0}] * actions
        terminal, first = np.append(terminal, True), np.append(first, 0.0)
    keys = [key for outcomes in filled for key in outcomes]
    return (
        np.concatenate(([0], np.cumsum([len(outcomes) for outcomes in filled]))),
        np.array([key[0] for key in keys]),
        np.array([p for outcomes in filled for p in outcomes.values()]),
        np.array([key[1] for key in keys], np.float64),
        first,
        terminal,
    )


def _merged(outcomes: Any) -> dict[tuple[int, float, bool], float]:
    """Adds up duplicate outcomes of a list and drops those of probability 0."""
    merged: dict[tuple[int, float, bool], float] = {}
    for probability, successor, reward, ends in outcomes:
        if probability > 0:
            key = (int(successor), float(reward), bool(ends))
            merged[key] = merged.get(key, 0.0) + float(probability)
    return merged


def _ends(rows: list[Any], actions: int, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the states ``[S]`` that end every episode that enters them, and those that end only some."""
    ending, going = np.zeros((2, len(start)), bool)
    for row, outcomes in enumerate(rows):
        for successor, _, ends in outcomes:
            if ends:
                ending[successor] = True
            elif successor != row // actions:
                going[successor] = True
    going |= start > 0
    return ending & ~going, ending & going


def _compare(table: Mapping[int, Any], env: Any, name: str) -> None:
    """Plays at random and raises ``SettingError`` if the table does not list an outcome."""
    if getattr(env, "fickle_passenger", False):
        raise SettingError(f"the table of {name} leaves fickle_passenger out; make it with fickle_passenger=False")
    generator = np.random.default_rng(0)
    state, _ = env.reset(seed=0)
    for _ in range(COMPARED):
        action = int(generator.integers(len(table[0])))
        following, reward, ends, _, _ = env.step(action)
        if (int(following), float(reward), bool(ends)) not in _merged(table[int(state)][action]):
            raise SettingError(
                f"the table of {name} does not list what action {action} in state {state} did: "
                f"state {following}, reward {reward}; correct the table, or give arrays to TabularMDP.from_arrays"
            )
        state = env.reset()[0] if ends else following
