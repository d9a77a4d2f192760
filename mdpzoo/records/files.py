"""Files of trajectories: NumPy archives with a JSON note, read as hostile input."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo.arrays import read_arrays, write_arrays
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.records.spaces import space_from_json, space_to_json

if TYPE_CHECKING:
    from mdpzoo.records.trajectories import Trajectories

FORMAT = 1  # rises when an older reader would misunderstand a file
NOTE = "note"  # the array that holds the JSON, uint8
STEPS = {"rewards": np.float64, "terminated": np.bool_, "truncated": np.bool_, "offsets": np.int64}
LONGEST = 1_000_000  # bytes of the note
NAMES = 200  # arrays in one file


def write(trajectories: "Trajectories", path: Path) -> None:
    """Implements ``Trajectories.save``."""
    arrays = trajectories.arrays()
    note = {
        "format": FORMAT,
        "arrays": sorted(arrays),
        "observation_space": space_to_json(trajectories.observation_space),
        "action_space": space_to_json(trajectories.action_space),
        "revealed_at": trajectories.revealed_at,
        "source": dict(trajectories.source),
    }
    text = json.dumps(note).encode()
    write_arrays(path, arrays | {NOTE: np.frombuffer(text, np.uint8)})


def read(kind: "type[Trajectories]", path: Path) -> "Trajectories":
    """Implements ``Trajectories.load``."""
    note = _note(path)
    names = note["arrays"]
    arrays = read_arrays(path, names)
    for name, dtype in STEPS.items():
        if name not in arrays or arrays[name].dtype != dtype:
            found = arrays[name].dtype if name in arrays else "nothing"
            raise InstanceError(f"{path.name}: {name} must be {np.dtype(dtype)}, got {found}")
    if "actions" not in arrays:
        raise InstanceError(f"{path.name}: the array 'actions' is missing")
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise InstanceError(f"{path.name}: {name} must be numbers, got {array.dtype}")
    try:
        return kind(
            observations=_grouped(arrays, "observations"),
            **{name: arrays[name] for name in ("actions", *STEPS)},
            observation_space=space_from_json(note.get("observation_space")),
            action_space=space_from_json(note.get("action_space")),
            log_probabilities=arrays.get("log_probabilities"),
            revealed=_grouped(arrays, "revealed") if any(name.startswith("revealed/") for name in arrays) else {},
            revealed_at=note["revealed_at"],
            source=note["source"],
        )
    except (SettingError, ValueError, IndexError, RecursionError) as error:
        raise InstanceError(f"{path.name} holds no trajectories: {' '.join(str(error).split()):.150}") from None


def _note(path: Path) -> dict[str, Any]:
    """Reads and checks the JSON of a file."""
    raw = read_arrays(path, [NOTE])[NOTE]
    if raw.dtype != np.uint8 or raw.ndim != 1 or len(raw) > LONGEST:
        raise InstanceError(f"{path.name}: its note must be at most {LONGEST} bytes of JSON")
    try:
        note = json.loads(raw.tobytes().decode())
    except (ValueError, RecursionError) as error:
        raise InstanceError(f"{path.name}: its note is no JSON: {error!s:.80}") from None
    if not isinstance(note, dict) or note.get("format") != FORMAT:
        raise InstanceError(f"{path.name} was not written by this version of Trajectories.save")
    names = note.get("arrays")
    if not isinstance(names, list) or len(names) > NAMES or not all(isinstance(each, str) for each in names):
        raise InstanceError(f"{path.name}: its note does not list its arrays")
    if note.get("revealed_at") not in ("never", "end", "always") or not isinstance(note.get("source"), dict):
        raise InstanceError(f"{path.name}: its note does not say what was recorded")
    return note


def _grouped(arrays: dict[str, np.ndarray], name: str) -> Any:
    """One array, or a dictionary of the arrays ``name/...``.

    Raises:
        ValueError: if there is neither.
    """
    parts = {each.partition("/")[2]: array for each, array in arrays.items() if each.startswith(f"{name}/")}
    if not parts and name not in arrays:
        raise ValueError(f"the array {name!r} is missing")
    return parts or arrays[name]
