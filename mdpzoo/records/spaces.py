"""Gymnasium's spaces as JSON, so that a file of trajectories needs no environment to be read."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.errors import SettingError

LARGEST = 10**7  # entries of a space
DEPTH = 8  # of dictionaries within dictionaries


def space_to_json(space: spaces.Space[Any]) -> dict[str, Any]:
    """Writes a space.

    Raises:
        SettingError: if it is of a kind that arrays do not hold.
    """
    if isinstance(space, spaces.Dict):
        return {"kind": "Dict", "spaces": {name: space_to_json(each) for name, each in space.spaces.items()}}
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete):
        return {"kind": "MultiDiscrete", "nvec": space.nvec.tolist(), "dtype": str(space.dtype)}
    if isinstance(space, spaces.MultiBinary):
        return {"kind": "MultiBinary", "n": space.n if isinstance(space.n, int) else list(space.shape)}
    if isinstance(space, spaces.Box):
        low, high = (_shortened(bound) for bound in (space.low, space.high))
        return {"kind": "Box", "shape": list(space.shape), "dtype": str(space.dtype), "low": low, "high": high}
    raise SettingError(f"trajectories cannot hold a {type(space).__name__} space; use Box, Discrete or a Dict of them")


def space_from_json(content: Any, depth: int = 0) -> spaces.Space[Any]:
    """Reads a result of ``space_to_json``, as hostile input.

    Raises:
        ValueError: if it describes no space.
    """
    if not isinstance(content, dict) or depth > DEPTH:
        raise ValueError("a space must be an object")
    kind = content.get("kind")
    if kind not in READERS:
        raise ValueError(f"unknown kind of space {kind!r:.40}")
    try:
        return READERS[kind](content, depth)
    except (KeyError, ValueError, TypeError, AttributeError, AssertionError, OverflowError) as error:
        raise ValueError(f"a {kind} space is damaged: {error!s:.60}") from None


def _dict(content: dict[str, Any], depth: int) -> spaces.Space[Any]:
    parts = content["spaces"].items()
    return spaces.Dict({str(name): space_from_json(each, depth + 1) for name, each in parts})


def _box(content: dict[str, Any], depth: int) -> spaces.Space[Any]:
    shape, dtype = tuple(int(each) for each in content["shape"]), np.dtype(content["dtype"])
    if np.prod(shape, dtype=object) > LARGEST:
        raise ValueError("it has more than ten million entries")
    low, high = (np.broadcast_to(np.array(content[name], dtype), shape) for name in ("low", "high"))
    return spaces.Box(low, high, shape, dtype.type)


READERS: dict[Any, Callable[[dict[str, Any], int], spaces.Space[Any]]] = {
    "Dict": _dict,
    "Box": _box,
    "Discrete": lambda content, _: spaces.Discrete(int(content["n"]), start=int(content["start"])),
    "MultiBinary": lambda content, _: spaces.MultiBinary(content["n"]),
    "MultiDiscrete": lambda content, _: spaces.MultiDiscrete(content["nvec"], dtype=np.dtype(content["dtype"]).type),
}


def _shortened(bound: np.ndarray) -> Any:
    """Returns one number if all entries are equal, otherwise all of them; infinities become texts that NumPy reads."""
    first = bound.ravel()[:1]
    values = first[0].item() if bound.size and (bound == first).all() else bound.tolist()
    return _readable(values)


def _readable(values: Any) -> Any:
    if isinstance(values, list):
        return [_readable(each) for each in values]
    return str(values) if isinstance(values, float) and not np.isfinite(values) else values
