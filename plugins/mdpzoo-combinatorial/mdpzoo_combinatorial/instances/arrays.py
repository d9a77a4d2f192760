"""Conversions of precision and device for arrays and tensors, without importing torch."""

from typing import Any

import numpy as np


def single(values: Any) -> Any:
    """Returns an array or a tensor in single precision."""
    return values.astype(np.float32, copy=False) if isinstance(values, np.ndarray) else values.float()


def double(values: Any) -> Any:
    """Returns an array or a tensor in double precision."""
    return values.astype(np.float64) if isinstance(values, np.ndarray) else values.double()


def host(values: Any) -> np.ndarray:
    """Returns an array, copied from the device if ``values`` is a tensor."""
    return values if isinstance(values, np.ndarray) else values.numpy(force=True)
