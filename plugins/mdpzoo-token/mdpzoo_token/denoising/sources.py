"""A Markov chain as a source of sequences, with exact marginals of masked positions by forward-backward."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError

MASKED = -1


@dataclass(frozen=True, eq=False)
class MarkovSource:
    """Sequences of a chain; a transition of probability 0 is forbidden.

    Attributes:
        transition: ``[V, V]``, rows summing to 1.
        start: ``[V]``, of the first token.
        length: L, tokens of a sequence.
    """

    transition: np.ndarray
    start: np.ndarray
    length: int

    @classmethod
    def of(cls, transition: Any, start: Any, length: int) -> "MarkovSource":
        """Builds a source from lists or arrays.

        Raises:
            SettingError: if a row is no distribution, shapes differ, or the length is below 1.
        """
        transition, start = np.asarray(transition, np.float64), np.asarray(start, np.float64)
        size = len(start)
        if transition.shape != (size, size) or start.ndim != 1:
            raise SettingError(f"transition must be [{size}, {size}] as start has {size}, got {list(transition.shape)}")
        for name, rows in (("transition", transition), ("start", start[None])):
            if not (rows >= 0).all() or not np.allclose(rows.sum(1), 1, rtol=0, atol=1e-9):
                raise SettingError(f"every row of {name} must be non-negative and sum to 1")
        if isinstance(length, bool) or not isinstance(length, int) or length < 1:
            raise SettingError(f"length must be a whole number of at least 1, got {length!r}")
        return cls(transition, start, length)

    @property
    def vocabulary(self) -> int:
        """Number of tokens, V."""
        return len(self.start)

    def marginals(self, sequences: np.ndarray) -> np.ndarray:
        """Returns the distribution of every position given the unmasked tokens, ``[B, L, V]``.

        If the unmasked tokens have no completion, each masked position is uniform.

        Args:
            sequences: ``[B, L]`` int64, -1 where masked.

        Costs O(B L V^2).
        """
        sequences = np.asarray(sequences, np.int64)
        evidence = np.where(
            sequences[..., None] == MASKED, 1.0, np.arange(self.vocabulary) == sequences[..., None]
        )  # [B, L, V]
        forward, backward = np.empty_like(evidence), np.ones_like(evidence)
        forward[:, 0] = self.start * evidence[:, 0]
        for place in range(1, self.length):
            forward[:, place] = (_normalised(forward[:, place - 1]) @ self.transition) * evidence[:, place]
        for place in range(self.length - 2, -1, -1):
            backward[:, place] = _normalised((backward[:, place + 1] * evidence[:, place + 1]) @ self.transition.T)
        product = forward * backward
        impossible = (product.sum(2) <= 0).any(1)
        product[impossible] = evidence[impossible]
        return product / product.sum(2, keepdims=True)

    def log2_probability(self, sequences: np.ndarray) -> np.ndarray:
        """Returns ``log2 P`` of complete sequences ``[B, L]``, ``[B]``; minus infinity where one is forbidden."""
        sequences = np.asarray(sequences, np.int64)
        with np.errstate(divide="ignore"):
            steps = np.log2(self.transition)[sequences[:, :-1], sequences[:, 1:]]
            return np.log2(self.start)[sequences[:, 0]] + steps.sum(1)

    def entropy_bits(self) -> float:
        """Returns the entropy of a sequence in bits."""
        here, total = self.start, _entropy_bits(self.start)
        rows = np.array([_entropy_bits(row) for row in self.transition])
        for _ in range(self.length - 1):
            total += float(here @ rows)
            here = here @ self.transition
        return total


def _normalised(rows: np.ndarray) -> np.ndarray:
    """Divides rows by their sums, so that long sequences do not underflow; rows of zeros stay."""
    sums = rows.sum(-1, keepdims=True)
    return rows / np.where(sums > 0, sums, 1)


def _entropy_bits(p: np.ndarray) -> float:
    """Returns the entropy of a distribution in bits."""
    return float(-(p[p > 0] * np.log2(p[p > 0])).sum())
