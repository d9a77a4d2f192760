"""Distributions of returns on a lattice: of one episode of exploration, and of sums of many.

If all rewards are multiples of one unit, as whole numbers are, the lattice is exact. Otherwise rewards are rounded down
for one lattice and up for another, and the true sum lies between the two.
"""

import numpy as np

from mdpzoo_horizon.analysis.backward_induction import return_range
from mdpzoo_horizon.models.reachability import Rows

FINEST = 1 << 11  # lattice points of one return, beyond which rewards are rounded
EXACT = 1e-9  # tolerance for multiples of the unit, relative to the largest reward

Distribution = tuple[int, np.ndarray]  # the lowest value in units, and the probabilities from it on


def lattice_rewards(rows: Rows, first: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Computes rewards in units, rounded down and rounded up, ``[S A]`` int64 each.

    Rewards are 0 in terminal states and in states that are never visited.
    """
    rewards = np.where(np.repeat((first < horizon) & ~rows.terminal, rows.actions), rows.expected, 0.0)
    low, high = return_range(rows, first, horizon)
    largest = float(np.abs(rewards).max())
    if largest == 0.0:
        return (np.zeros(len(rewards), np.int64),) * 2
    unit = 0.0
    for value in np.unique(np.abs(rewards[rewards != 0.0])):
        unit = _common(unit, float(value), EXACT * largest)
    if not (high - low) / unit <= FINEST:
        unit = (high - low) / FINEST
    slack = EXACT * largest / unit
    return np.floor(rewards / unit + slack).astype(np.int64), np.ceil(rewards / unit - slack).astype(np.int64)


def _common(a: float, b: float, slack: float) -> float:
    """Computes the largest number of which both are multiples, up to ``slack``, by Euclid's algorithm."""
    while b > slack:
        a, b = b, abs(a - round(a / b) * b)
    return a


def return_distributions(
    rows: Rows, policy: np.ndarray, first: np.ndarray, horizon: int, units: np.ndarray
) -> list[dict[int, Distribution]]:
    """Computes the distribution of exploration's return from each step on, by backward induction.

    Args:
        rows: the model, deterministic.
        policy: exploration, ``[1 or T, 1 or S, A]``.
        first: the step of each state's first visit, ``[S]``.
        horizon: T.
        units: rewards in units, ``[S A]`` int64.

    Returns:
        For each step ``0 .. T`` the distributions by state; states where the episode is over are left out, and nothing
        is earned there.
    """
    nothing: Distribution = (0, np.ones(1))
    found: list[dict[int, Distribution]] = [{} for _ in range(horizon + 1)]
    for t in range(horizon - 1, -1, -1):
        for s in np.flatnonzero((first <= t) & ~rows.terminal).tolist():
            probabilities = policy[t if len(policy) > 1 else 0, s if policy.shape[1] > 1 else 0]
            parts = []
            for a in np.flatnonzero(probabilities > 0).tolist():
                row = s * rows.actions + a
                offset, later = found[t + 1].get(int(rows.successors[rows.offsets[row]]), nothing)
                parts.append((offset + int(units[row]), probabilities[a] * later))
            lowest = min(offset for offset, _ in parts)
            mixture = np.zeros(max(offset + len(part) for offset, part in parts) - lowest)
            for offset, part in parts:
                mixture[offset - lowest : offset - lowest + len(part)] += part
            found[t][s] = lowest, mixture
    return found


def sum_of_returns(
    distributions: dict[int, Distribution], state: int, samples: int, cache: dict[int, Distribution]
) -> Distribution:
    """Computes the distribution of the sum of independent returns from a state, by Fourier transform.

    Args:
        distributions: of one return, by state.
        state: the state in which the returns begin.
        samples: number of returns to add.
        cache: sums that have been computed for this number of samples, by state; filled in.

    Returns:
        The distribution; its probabilities have errors of about 1e-15.
    """
    if state not in cache:
        offset, one = distributions.get(state, (0, np.ones(1)))
        size = samples * (len(one) - 1) + 1
        padded = 1 << (size - 1).bit_length()
        power = np.fft.irfft(np.fft.rfft(one, padded) ** samples, padded)[:size] if size > 1 else np.ones(1)
        power = np.maximum(power, 0.0)
        cache[state] = samples * offset, power / power.sum()
    return cache[state]
