"""Tensors with leading dimension B, and their conversion to elements of Gymnasium's spaces."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor


def tensor(values: Any, device: Any) -> Tensor:
    """Puts numbers on a device."""
    return torch.as_tensor(np.asarray(values) if isinstance(values, list) else values, device=device)


def where(rows: Tensor, new: Any, old: Any) -> Any:
    """Returns ``new`` in the rows (``[B]`` bool) that are True, ``old`` elsewhere; for states as in ``protocols``."""
    if isinstance(old, tuple):
        parts = (where(rows, a, b) for a, b in zip(new, old, strict=True))
        return type(old)(*parts)
    return torch.where(rows.view(-1, *[1] * (old.dim() - 1)), new, old)


def to_numpy(values: Any, space: spaces.Space[Any]) -> Any:
    """Copies tensors to NumPy arrays of the space's own types."""
    if isinstance(values, Mapping):
        assert isinstance(space, spaces.Dict)
        return {name: to_numpy(value, space[name]) for name, value in values.items()}
    return np.array(values.numpy(force=True), dtype=space.dtype)


def row(values: Any, index: int, space: spaces.Space[Any]) -> Any:
    """Copies one row of a batch of observations to NumPy, as an element of the single space."""
    if isinstance(values, Mapping):
        assert isinstance(space, spaces.Dict)
        return {name: row(value, index, space[name]) for name, value in values.items()}
    array = np.array(values[index].numpy(force=True), dtype=space.dtype)
    return array[()] if isinstance(space, spaces.Discrete) else array


def pick(values: Any, index: Any) -> Any:
    """Returns one row of a batch, array or tensor, or of a dictionary of them, without copying."""
    if isinstance(values, Mapping):
        return {name: pick(value, index) for name, value in values.items()}
    return values[index]
