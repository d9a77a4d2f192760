"""Encoders that meet an entropy budget exactly, near deterministic ones; for small supports.

A deterministic map does not use its whole budget. Moving part of one symbol's mass to another label changes the entropy
continuously (Ebrahimi, Chen and Khisti 2024, theorem on near-deterministic encoders).

What differs from the paper: every single cell of every deterministic map is tried, not only the two moves that the
theorem prescribes; the best is never worse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.compression.encoders import _probabilities
from mdpzoo_coding.couplings.kernels import entropy_of

SYMBOLS = 7  # 877 partitions
HALVINGS = 60


@dataclass(frozen=True, eq=False)
class StochasticEncoder:
    """A map from symbols to distributions over labels.

    Attributes:
        probabilities: ``[n, labels]`` float64, rows summing to 1.
        entropy: of the label, bits.
        information: about the symbol, bits.
    """

    probabilities: np.ndarray
    entropy: float
    information: float


def compress_by_moves(prior: Any, rate: float) -> StochasticEncoder:
    """Finds the encoder of an exact rate that moves the mass of at most one symbol, with the most information.

    Args:
        prior: ``[n]`` probabilities, n at most 7.
        rate: bits, not negative.

    Raises:
        SettingError: if the prior is no distribution or too long, or the rate negative.

    Costs a bisection for each symbol and label of each partition: 0.01 s for 3 symbols, seconds for 7.
    """
    masses = _probabilities(prior)
    if len(masses) > SYMBOLS or not rate >= 0:
        raise SettingError(f"need at most {SYMBOLS} symbols and a rate of at least 0, got {len(masses)} and {rate}")
    best = StochasticEncoder(np.ones((len(masses), 1)), 0.0, 0.0)
    for labels in _partitions(len(masses)):
        sums = np.bincount(labels, masses)
        entropy = float(entropy_of(sums))
        if best.information < entropy <= rate + 1e-12:
            best = StochasticEncoder(np.eye(len(sums))[labels], entropy, entropy)
        if entropy == rate:
            continue
        targets = [len(sums)] if entropy < rate else range(len(sums))
        for symbol in np.flatnonzero(masses):
            for target in targets:
                if target != labels[symbol]:
                    best = _better(best, masses, labels, (int(symbol), int(target)), rate)
    return best


def _better(
    best: StochasticEncoder, masses: np.ndarray, labels: np.ndarray, move: tuple[int, int], rate: float
) -> StochasticEncoder:
    """Moves part of one cell so that the rate is met, and keeps the better of both encoders."""
    symbol, target = move
    width = max(int(labels.max()), target) + 1
    sums = np.bincount(labels, masses, width)
    mass = masses[symbol]

    def entropy(moved: float) -> float:
        changed = sums.copy()
        changed[labels[symbol]] = max(changed[labels[symbol]] - moved, 0.0)
        changed[target] += moved
        return float(entropy_of(changed))

    middle = min(max((sums[labels[symbol]] - sums[target]) / 2, 0.0), mass)  # the entropy is concave, highest here
    for low, high in ((0.0, middle), (mass, middle)):
        moved = _crossing(entropy, low, high, rate)
        if moved is None or not 0 < moved < mass:
            continue
        lost = mass * entropy_of(np.array([moved, mass - moved]) / mass)
        if rate - lost > best.information:
            probabilities = np.eye(width)[labels]
            probabilities[symbol] *= 1 - moved / mass
            probabilities[symbol, target] += moved / mass
            best = StochasticEncoder(probabilities, entropy(moved), entropy(moved) - lost)
    return best


def _crossing(entropy: Any, low: float, high: float, rate: float) -> float | None:
    """Finds the point at which the entropy, rising from low to high, reaches the rate; None if it does not."""
    if not entropy(low) <= rate <= entropy(high):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(middle) <= rate else (low, middle)
    return low


def _partitions(size: int) -> Iterator[np.ndarray]:
    """Yields every partition of ``size`` symbols as labels in the order of first use."""

    def grow(labels: list[int], used: int) -> Iterator[list[int]]:
        if len(labels) == size:
            yield labels
            return
        for label in range(used + 1):
            yield from grow([*labels, label], max(used, label + 1))

    return (np.array(labels) for labels in grow([], 0))
