"""Orders of the tokens kept after a denoising step: random, low-confidence and running-confidence.

After step i (from 0) of T, ``floor(L (i + 1) / T)`` positions are kept. Random and low-confidence orders never remove
a token. Running-confidence re-masking (RCR, arXiv:2508.13148 and its authors' code) fills everything, remembers
each token's probability when it was filled, and masks the lowest remembered values again, old ones included.

Ties: the lower index is kept. Confidences are compared after rounding to 12 decimals.
"""

from typing import Literal

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean

Order = Literal["random", "low-confidence", "running-confidence"]
NAMES = {
    "random": "random",
    "low-confidence": "low-confidence",
    "lowconf": "low-confidence",
    "running-confidence": "running-confidence",
    "rcr": "running-confidence",
}
DECIMALS = 12


def order_named(name: str) -> str:
    """Returns an order's full name.

    Raises:
        SettingError: if there is no such order.
    """
    if name not in NAMES:
        raise SettingError(f"unknown order {name!r}.{did_you_mean(name, NAMES) or f' Known: {list(NAMES)}'}")
    return NAMES[name]


def standing_after(length: int, steps: int) -> list[int]:
    """Returns the number of positions kept after each step.

    Raises:
        SettingError: if ``steps`` is below 1.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise SettingError(f"steps must be a whole number of at least 1, got {steps!r}")
    return [length * (step + 1) // steps for step in range(steps)]


def kept_positions(confidence: np.ndarray, old: np.ndarray, count: int, order: str) -> np.ndarray:
    """Returns the positions to keep, ``[B, L]`` bool.

    Args:
        confidence: ``[B, L]``, of each token when it was filled; for the random order, random numbers.
        old: ``[B, L]`` bool, positions kept before.
        count: number of positions to keep.
        order: a full name.
    """
    ranked = np.round(confidence, DECIMALS)
    if order != "running-confidence":
        ranked = np.where(old, np.inf, ranked)
    places = np.argsort(-ranked, axis=1, kind="stable")[:, :count]
    kept = np.zeros(confidence.shape, bool)
    np.put_along_axis(kept, places, True, 1)
    return kept
