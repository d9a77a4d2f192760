"""BRIDGE files: deterministic MDPs of Atari, Procgen and MiniGrid as arrays (Laidlaw, Russell and Dragan 2023).

A file holds ``transitions`` ``[S, A]`` (-1: the episode ends) and ``rewards`` ``[S, A]``. Episodes start in state 0.
The file may hold the screens; it does not hold the horizon.

What differs from the authors: the array ``states``, which holds pickled Python objects for MiniGrid, is never read.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdpzoo.arrays import read_arrays, write_arrays
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.models import TabularMDP

LARGEST_POLICY = 4 << 30  # bytes of a policy file
ROUNDING = 1e-5  # how far the sum of float32 probabilities may be from 1
SCREENS = ("screens", "screen_mapping", "prev_state_mapping")


@dataclass(frozen=True, eq=False)
class BridgeFile:
    """The content of a BRIDGE file.

    Attributes:
        model: ``S + 1`` states; the last is the terminal one.
        screens: ``[n, height, width, 3]`` uint8, or None.
        screen_mapping: ``[S]`` int64, the screen of each state, or ``[S, 4]`` for stacked frames; or None.
        prev_state_mapping: ``[S]`` int64, in files with stacked frames; or None.
    """

    model: TabularMDP
    screens: np.ndarray | None = None
    screen_mapping: np.ndarray | None = None
    prev_state_mapping: np.ndarray | None = None


def read_bridge(path: str | Path, screens: bool = True) -> BridgeFile:
    """Reads a BRIDGE file. Nothing is unpickled.

    Args:
        path: the file (.npz).
        screens: whether to read the screens.

    Raises:
        InstanceError: if the file is missing, damaged or malformed; the message says how.
    """
    path = Path(path)
    arrays = read_arrays(path, ("transitions", "rewards"), SCREENS if screens else ())
    transitions, rewards = arrays.pop("transitions"), arrays.pop("rewards")
    for name, array, kinds in (("transitions", transitions, "iu"), ("rewards", rewards, "iuf")):
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in kinds:
            raise InstanceError(
                f"{path.name}: {name} must be numbers of shape [S, A], got {array.dtype} {list(array.shape)}"
            )
    if transitions.shape != rewards.shape:
        raise InstanceError(f"{path.name}: rewards must have shape {list(transitions.shape)}, as transitions")
    states = len(transitions)
    if transitions.min() < -1 or transitions.max() >= states:
        wrong = transitions[(transitions < -1) | (transitions >= states)][0]
        raise InstanceError(f"{path.name}: transitions must lie in -1..{states - 1}, got {wrong}")
    if not np.isfinite(rewards).all():
        raise InstanceError(f"{path.name}: rewards must be finite numbers")
    _check_screens(arrays, states, path.name)
    return BridgeFile(_model(transitions.astype(np.int64), rewards.astype(np.float64)), **arrays)


def write_bridge(path: str | Path, file: BridgeFile | TabularMDP) -> None:
    """Writes a deterministic model as a BRIDGE file.

    States keep their order, except that the start goes first. Terminal states become -1.

    Args:
        path: the file (.npz), in an existing folder.
        file: a model, or a model with its screens.

    Raises:
        SettingError: if the model is stochastic or a reward is not a float32 number; the message says what to do.
        OSError: if the folder cannot be written to.
    """
    file = file if isinstance(file, BridgeFile) else BridgeFile(file)
    model, actions = file.model, file.model.num_actions
    if not model.deterministic:
        raise SettingError("a BRIDGE file holds deterministic models with one start; write this one with model.save")
    rewards = model.rewards.astype(np.float32)
    if (rewards != model.rewards)[np.repeat(~model.terminal, actions)].any():
        raise SettingError("a BRIDGE file holds float32 rewards; round them first, or write this one with model.save")
    kept = np.flatnonzero(~model.terminal)
    first = int(model.start.argmax())
    if model.terminal[first]:
        raise SettingError("a BRIDGE file starts in a state that is not terminal")
    order = np.concatenate(([first], kept[kept != first]))
    index = np.full(model.num_states, -1)
    index[order] = np.arange(len(order))
    arrays = {
        "transitions": np.asfortranarray(index[model.successors].reshape(-1, actions)[order]),
        "rewards": np.asfortranarray(rewards.reshape(-1, actions)[order]),
    }
    extras = {name: getattr(file, name) for name in SCREENS}
    if any(each is not None for each in extras.values()) and (order != np.arange(len(order))).any():
        raise SettingError("screens belong to states in the order of the file: start first, terminal state last")
    write_arrays(path, arrays | {name: each for name, each in extras.items() if each is not None})


def read_exploration(path: str | Path) -> np.ndarray:
    """Reads an exploration policy from a file (.npy) that holds an array ``[T, S + 1, A]``.

    Returns:
        ``[T, S + 1, A]`` float64, scaled so that the probabilities of each state sum to 1 up to rounding.

    Raises:
        InstanceError: if the file is missing, damaged or not a policy; the message says why.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_POLICY:
            raise InstanceError(f"{path.name} is larger than {LARGEST_POLICY >> 30} GiB; give a smaller policy")
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, InstanceError):
            raise
        raise InstanceError(f"{path.name} cannot be read as a NumPy array (.npy): {error!s:.120}") from None
    if not isinstance(loaded, np.ndarray) or loaded.ndim != 3 or 0 in loaded.shape or loaded.dtype.kind != "f":
        raise InstanceError(f"{path.name} must hold probabilities of shape [T, S + 1, A]")
    policy = loaded.astype(np.float64)
    sums = policy.sum(2, keepdims=True)
    if not ((policy >= 0).all() and (np.abs(sums - 1) <= ROUNDING).all()):
        raise InstanceError(f"{path.name}: the probabilities of each state must be non-negative and sum to 1")
    return policy / sums


def _model(transitions: np.ndarray, rewards: np.ndarray) -> TabularMDP:
    """Appends the terminal state."""
    states, actions = transitions.shape
    rows = (states + 1) * actions
    successors = np.concatenate((np.where(transitions < 0, states, transitions).ravel(), np.full(actions, states)))
    return TabularMDP(
        np.arange(rows + 1),
        successors,
        np.ones(rows),
        np.concatenate((rewards.ravel(), np.zeros(actions))),
        np.eye(1, states + 1)[0],
        np.arange(states + 1) == states,
    )


def _check_screens(arrays: dict[str, np.ndarray], states: int, name: str) -> None:
    screens, mapping = arrays.get("screens"), arrays.get("screen_mapping")
    if screens is not None and (screens.ndim != 4 or screens.shape[3] != 3 or screens.dtype != np.uint8):
        raise InstanceError(f"{name}: screens must be uint8 of shape [n, height, width, 3], got {list(screens.shape)}")
    for what, array, ends in (
        ("screen_mapping", mapping, len(screens) if screens is not None else None),
        ("prev_state_mapping", arrays.get("prev_state_mapping"), None),
    ):
        if array is None:
            continue
        if array.dtype.kind not in "iu" or array.ndim not in (1, 2) or len(array) != states:
            raise InstanceError(f"{name}: {what} must be whole numbers, one row for each of the {states} states")
        if ends is not None and not -1 <= array.min() <= array.max() < ends:
            raise InstanceError(f"{name}: {what} must lie in 0..{ends - 1}, got {array.max()}")
