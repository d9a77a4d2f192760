"""Precision and place of numbers that are an array or a tensor; torch is not imported for it."""

from typing import Any

import numpy as np


def single(values: Any) -> Any:
    """Numbers in single precision, of an array or a tensor."""
    return values.astype(np.float32, copy=False) if isinstance(values, np.ndarray) else values.float()


def double(values: Any) -> Any:
    """Numbers in double precision, of an array or a tensor."""
    return values.astype(np.float64) if isinstance(values, np.ndarray) else values.double()


def host(values: Any) -> np.ndarray:
    """An array of what may be a tensor on a device."""
    return values if isinstance(values, np.ndarray) else values.numpy(force=True)
