"""Couplings of two marginals: the greedy one, and the best of three."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.couplings.integer_masses import LARGEST
from mdpzoo_coding.couplings.kernels import NEGATIVE, coupled, entropy_of, greedy
from mdpzoo_coding.couplings.variants import by_pairs

SMALL = 64  # supports up to which all three orders are tried
EQUAL = 1e-12  # float masses that differ by no more count as equal


@dataclass(slots=True, eq=False)
class Coupling:
    """A sparse joint distribution: entry k puts ``masses[k]`` on the pair ``(rows[k], columns[k])``.

    Attributes:
        rows: ``[entries]`` int64, in 0 .. n - 1.
        columns: ``[entries]`` int64, in 0 .. m - 1.
        masses: ``[entries]`` float64; int64 where the marginals are integers.
        entropy: bits.
    """

    rows: np.ndarray
    columns: np.ndarray
    masses: np.ndarray
    entropy: float

    def dense(self, shape: tuple[int, int]) -> np.ndarray:
        """Returns the joint distribution as an array ``[n, m]`` of the masses' type."""
        table = np.zeros(shape, self.masses.dtype)
        np.add.at(table, (self.rows, self.columns), self.masses)
        return table


def greedy_coupling(p: Any, q: Any) -> Coupling:
    """Couples two distributions greedily: the largest remaining masses meet, until nothing remains.

    Args:
        p: ``[n]`` probabilities, or integer masses, which stay exact.
        q: ``[m]`` probabilities, or integer masses of the same sum.

    Returns:
        At most n + m - 1 entries in the order of creation. Ties: the lower index first. The entropy is at most
        log2(e) / e = 0.5307 bits above the smallest possible one.

    Raises:
        SettingError: if these are no distributions, or the sums differ.

    Source: Kocaoglu et al. 2017; the bound: Compton et al. 2023 (AISTATS). Costs O((n + m) log(n + m)).
    """
    first, second = np.asarray(p), np.asarray(q)
    if first.dtype.kind in "iu" and second.dtype.kind in "iu":
        first, second = _whole(first, second)
        rows, columns, masses = greedy(first, second)
        return Coupling(rows, columns, masses, entropy_of(masses))
    if first.ndim != 1 or second.ndim != 1:
        raise SettingError(f"distributions must have one axis, got {first.ndim} and {second.ndim}")
    fault, rows, columns, masses, entropy = coupled(_floats(first), _floats(second))
    if fault:
        what = "not be negative, nor NaN" if fault == NEGATIVE else "sum to 1"
        raise SettingError(f"probabilities must {what}; got sums {first.sum():.12g} and {second.sum():.12g}")
    return Coupling(rows, columns, masses, entropy)


def minimum_entropy_coupling(p: Any, q: Any) -> Coupling:
    """Couples two distributions with the least entropy that three heuristics find; never worse than the greedy one.

    Greedy, match-first and zero-seeking orders are tried where both supports have at most 64 entries, else the greedy
    one alone. The arguments and errors are those of ``greedy_coupling``.
    """
    best = greedy_coupling(p, q)
    first, second = np.asarray(p), np.asarray(q)
    if max(len(first), len(second)) > SMALL:
        return best
    whole = best.masses.dtype == np.int64
    kind = np.int64 if whole else np.float64
    close = kind(0 if whole else EQUAL)
    for seeks_zero in (False, True):
        rows, columns, masses = by_pairs(first.astype(kind), second.astype(kind), close, seeks_zero)
        entropy = entropy_of(masses)
        if entropy < best.entropy - 1e-12:
            best = Coupling(rows, columns, masses, entropy)
    return best


def _floats(values: np.ndarray) -> np.ndarray:
    try:
        return np.ascontiguousarray(values, np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"expected probabilities, got {values!r:.60}") from None


def _whole(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Checks integer marginals."""
    for each in (p, q):
        if each.ndim != 1 or (each < 0).any() or int(each.max(initial=0)) >= LARGEST:
            raise SettingError(f"masses must be whole numbers in 0 .. 2^61 on one axis, got {each!s:.60}")
    sums = int(p.astype(object).sum()), int(q.astype(object).sum())
    if sums[0] != sums[1] or not 0 < sums[0] < LARGEST:
        raise SettingError(f"integer masses must have the same positive sum below 2^61, got {sums[0]} and {sums[1]}")
    return np.ascontiguousarray(p, np.int64), np.ascontiguousarray(q, np.int64)
