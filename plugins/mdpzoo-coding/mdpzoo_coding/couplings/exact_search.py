"""The coupling of least entropy, by search; for supports that have at most ten atoms together.

The entropy is concave, so a vertex of the polytope of couplings attains its minimum. The entries of a vertex form a
forest, whose leaves can be removed one by one: each removal pairs two atoms and moves the smaller mass. The search
tries every pair, remembers what it knows about each pair of multisets of remaining masses, and skips equal atoms.
"""

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.couplings.building import Coupling, greedy_coupling
from mdpzoo_coding.couplings.kernels import entropy_of, greedy

ATOMS = 10
UNIT = 10**12  # masses are searched in multiples of 1e-12, so that decimals are exact

Masses = tuple[int, ...]


def exact_coupling(p: Any, q: Any) -> Coupling:
    """Couples two small distributions with the least possible entropy.

    Args:
        p: ``[n]`` probabilities.
        q: ``[m]`` probabilities; together at most ten are positive.

    Raises:
        SettingError: if these are no distributions, or too many atoms.

    Source: Kovacevic, Stanojevic and Senk 2015 (vertices). NP-hard; five atoms each take about a second.
    """
    greedy_coupling(p, q)  # checks the arguments
    first, second = np.asarray(p, float), np.asarray(q, float)
    atoms = np.count_nonzero(first) + np.count_nonzero(second)
    if atoms > ATOMS:
        raise SettingError(f"the exact search takes at most {ATOMS} positive masses together, got {atoms}")
    pairs = _ordered_pairs(_units(first / first.sum()), _units(second / second.sum()))
    return _along(pairs, first / first.sum(), second / second.sum())


def _units(masses: np.ndarray) -> list[int]:
    """Rounds masses to multiples of 1e-12 with the sum 1; the largest takes the remainder."""
    whole = [round(each * UNIT) for each in masses]
    whole[int(np.argmax(masses))] += UNIT - sum(whole)
    return whole


def _ordered_pairs(p: list[int], q: list[int]) -> list[tuple[int, int]]:
    """Returns the pairs of an optimal coupling, by index, in an order in which they can be made."""

    @cache
    def best(rows: Masses, columns: Masses) -> tuple[float, int, int]:
        """Least sum of -mass log2 mass for remaining masses in falling order, and the first pair on the way."""
        if len(rows) == 1 or len(columns) == 1:
            return sum(map(_cost, columns if len(rows) == 1 else rows)), 0, 0
        found = (math.inf, 0, 0)
        for i, a in enumerate(rows):
            if i and rows[i - 1] == a:
                continue
            for j, b in enumerate(columns):
                if j and columns[j - 1] == b:
                    continue
                total = _cost(min(a, b)) + best(_without(rows, i, min(a, b)), _without(columns, j, min(a, b)))[0]
                if total < found[0] - 1e-13:
                    found = (total, i, j)
        return found

    rows, columns = dict(enumerate(p)), dict(enumerate(q))
    pairs = []
    while any(rows.values()) and any(columns.values()):
        left, right = _falling(rows), _falling(columns)
        _, i, j = best(tuple(rows[k] for k in left), tuple(columns[k] for k in right))
        row, column = left[i], right[j]
        mass = min(rows[row], columns[column])
        rows[row] -= mass
        columns[column] -= mass
        pairs.append((row, column))
    return pairs


def _falling(masses: dict[int, int]) -> list[int]:
    return sorted((k for k, mass in masses.items() if mass), key=lambda k: -masses[k])


def _without(masses: Masses, k: int, mass: int) -> Masses:
    rest = masses[k] - mass
    return tuple(sorted((*masses[:k], *masses[k + 1 :], *((rest,) if rest else ())), reverse=True))


@lru_cache(maxsize=1 << 20)
def _cost(mass: int) -> float:
    share = mass / UNIT
    return -share * math.log2(share)


def _along(pairs: list[tuple[int, int]], p: np.ndarray, q: np.ndarray) -> Coupling:
    """Makes the pairs with the original masses; remainders of rounding are coupled greedily."""
    first, second = p.copy(), q.copy()
    masses = []
    for row, column in pairs:
        mass = min(first[row], second[column])
        first[row] -= mass
        second[column] -= mass
        masses.append(mass)
    rows, columns = (np.array(each, np.int64) for each in zip(*pairs, strict=True))
    extra_rows, extra_columns, extra_masses = greedy(first, second)
    joint = np.concatenate((np.array(masses), extra_masses))
    kept = joint > 0
    return Coupling(
        np.concatenate((rows, extra_rows))[kept],
        np.concatenate((columns, extra_columns))[kept],
        joint[kept],
        float(entropy_of(joint[kept])),
    )
