"""Probabilities as whole numbers that sum to 2^40 exactly, and entropies of them without a float.

Sender and receiver must come to the same coupling bit for bit, on machines that may round differently. Both turn floats
into integers here, once, and from then on only add, subtract, multiply, divide and compare integers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdpzoo.compiling import compiled, inlined
from mdpzoo.errors import SettingError

BITS = 40
TOTAL = 1 << BITS  # sum of the masses of a distribution
FRACTION = 16  # bits behind the point of a logarithm
LARGEST = 1 << 61  # weights must sum to less
CLOSE = 1e-6  # tolerance for the sum of float probabilities
_TABLE = 12  # bits of a mantissa that the table of logarithms is read by
_MANTISSA = 30


def _logarithms() -> np.ndarray:
    """Returns log2(1 + k / 4096) in units of 2^-16, rounded down, for k = 0 .. 4096; by squaring, in integers."""
    mantissa = (np.arange((1 << _TABLE) + 1, dtype=np.uint64) << np.uint64(_MANTISSA - _TABLE)) + np.uint64(
        1 << _MANTISSA
    )
    logarithm = np.zeros(len(mantissa), np.int64)
    whole = mantissa >> np.uint64(_MANTISSA + 1)  # 1 where the mantissa is 2
    logarithm += whole.astype(np.int64) << FRACTION
    mantissa >>= whole
    for bit in reversed(range(FRACTION)):
        mantissa = (mantissa * mantissa) >> np.uint64(_MANTISSA)
        carry = mantissa >> np.uint64(_MANTISSA + 1)
        mantissa >>= carry
        logarithm += carry.astype(np.int64) << bit
    return logarithm


LOGARITHMS = _logarithms()


@inlined
def logarithm(mass):  # type: ignore[no-untyped-def]
    """Returns log2 of a positive integer below 2^62 in units of 2^-16, right to some units."""
    exponent, rest = np.int64(0), mass
    for bit in (5, 4, 3, 2, 1, 0):  # without branches: the processor would guess half of them wrong
        step = np.int64((rest >> (1 << bit)) > 0) << bit
        exponent += step
        rest >>= step
    mantissa = mass >> (exponent - 30) if exponent > 30 else mass << (30 - exponent)
    place = (mantissa >> 18) - 4096
    low = LOGARITHMS[place]
    return (exponent << 16) + low + (((LOGARITHMS[place + 1] - low) * (mantissa & 0x3FFFF)) >> 18)


@compiled
def weighted_logarithms(masses):  # type: ignore[no-untyped-def]
    """Returns mass * (40 - log2 mass) of each mass, ``[n]`` int64, in units of 2^-56 bits; their sum is the entropy."""
    found = np.zeros(len(masses), np.int64)
    for k in range(len(masses)):
        if masses[k] > 0:
            found[k] = masses[k] * ((40 << 16) - logarithm(masses[k]))
    return found


@compiled
def fixed_entropy(masses):  # type: ignore[no-untyped-def]
    """Returns the entropy of masses that sum to 2^40, in units of 2^-56 bits."""
    found = 0
    for mass in masses:
        if mass > 0:
            found += mass * ((40 << 16) - logarithm(mass))
    return found


@compiled
def heaviest_first(masses):  # type: ignore[no-untyped-def]
    """Returns the places of the positive masses, the heaviest first; ties: the lowest index.

    Args:
        masses: ``[n]`` int64 of at most 2^40; n is below 2^22.
    """
    bits, count = np.int64(0), 0
    while len(masses) >> bits:
        bits += 1
    keys = np.empty_like(masses)
    for k in range(len(masses)):
        if masses[k] > 0:
            keys[count] = ((TOTAL - masses[k]) << bits) + k
            count += 1
    kept = keys[:count]
    kept.sort()
    return kept & ((np.int64(1) << bits) - 1)


@compiled
def apportioned(weights, least):  # type: ignore[no-untyped-def]
    """Divides 2^40 in proportion to weights by largest remainders; ties: the lowest index.

    Args:
        weights: ``[n]`` int64, not negative, with a positive sum below 2^61.
        least: minimum share of a positive weight, 0 or 1; taken from the largest share.

    Returns:
        ``[n]`` int64, which sum to 2^40. Costs O(n) times the bits of the sum, and O(n^2) at worst with ``least``.
    """
    whole = np.int64(0)
    for weight in weights:
        whole += weight
    shares, rests, left = np.empty_like(weights), np.empty_like(weights), np.int64(1) << 40
    factor = 2.0**40 / whole
    for k in range(len(weights)):
        # weight * 2^40 / sum: a float that is off by less than 1, put right by its rest, exact modulo 2^64
        share = np.int64(weights[k] * factor)
        rest = np.int64((np.uint64(weights[k]) << np.uint64(40)) - np.uint64(share) * np.uint64(whole))
        below, above = np.int64(rest < 0), np.int64(rest >= whole)
        shares[k], rests[k] = share - below + above, rest + (below - above) * whole
        left -= shares[k]
    if left > 0:
        _round_up(shares, rests, left, whole)
    if least > 0:
        _keep_alive(shares, weights)
    return shares


@compiled
def _round_up(shares, rests, left, whole):  # type: ignore[no-untyped-def]
    """Adds 1 to the ``left`` shares with the largest rests, which are below ``whole``; ties: the lowest index."""
    low, high = np.int64(-1), whole  # high: the smallest number that at most ``left`` rests exceed
    while high - low > 1:
        middle = low + (high - low) // 2
        exceeding, under, over = 0, np.int64(0), whole  # the rests next to the middle
        for each in rests:
            exceeding += each > middle
            under = max(under, each if each <= middle else np.int64(0))
            over = min(over, each if each > middle else whole)
        if exceeding <= left:
            high = under
        else:
            low = over - 1
        if exceeding == left:
            break
    for k in range(len(rests)):
        if rests[k] > high:
            shares[k] += 1
            left -= 1
    for k in range(len(rests)):
        if left > 0 and rests[k] == high:
            shares[k] += 1
            left -= 1


@compiled
def _keep_alive(shares, weights):  # type: ignore[no-untyped-def]
    """Gives 1 to each positive weight without a share, taken from the largest share; ties: the lowest index."""
    starved = 0
    for k in range(len(weights)):
        starved += (weights[k] > 0) & (shares[k] == 0)
    if starved == 0:
        return
    top, second = 0, np.int64(-1)  # the largest share and the next one; looked for when it is needed
    for k in range(len(weights)):
        if weights[k] > 0 and shares[k] == 0:
            if shares[top] <= second or second < 0:
                top, second = 0, np.int64(0)
                for j in range(1, len(shares)):
                    if shares[j] > shares[top]:
                        top, second = j, shares[top]
                    else:
                        second = max(second, shares[j])
            shares[top] -= 1
            shares[k] = 1


@compiled
def _scaled(row):  # type: ignore[no-untyped-def]
    """Turns float64 probabilities into masses that sum to 2^40; empty if these are no probabilities."""
    weights, total = np.empty(len(row), np.int64), 0.0
    for k in range(len(row)):
        if not 0 <= row[k] <= 2:
            return weights[:0]
        total += row[k]
        weights[k] = np.int64(row[k] * 2.0**60)  # exact, then truncated
    if not abs(total - 1) <= CLOSE:
        return weights[:0]
    return apportioned(weights, 0)


def integer_row(probabilities: Any) -> np.ndarray:
    """Turns probabilities into masses that sum to 2^40.

    Args:
        probabilities: ``[n]`` floats that sum to 1 up to 1e-6; or integers, in proportion to which 2^40 is divided.

    Raises:
        SettingError: if these are no probabilities.
    """
    row = np.asarray(probabilities)
    if row.ndim != 1 or len(row) == 0 or row.dtype.kind not in "iuf":
        raise SettingError(f"probabilities must be numbers on one axis, got {probabilities!r:.80}")
    if row.dtype.kind == "f":
        masses = _scaled(np.ascontiguousarray(row, np.float64))
        if len(masses) == 0:
            raise SettingError(f"probabilities must not be negative and must sum to 1, got {row!s:.80}")
        return masses
    whole = int(row.astype(object).sum())
    if int(row.min()) < 0 or not 0 < whole < LARGEST:
        raise SettingError(f"masses must be whole numbers with a positive sum below 2^61, got {row!s:.80}")
    weights = np.ascontiguousarray(row, np.int64)
    return weights if whole == TOTAL else apportioned(weights, 0)


def apportioned_exactly(weights: Sequence[int], total: int = TOTAL) -> list[int]:
    """Divides a total in proportion to integers of any size by largest remainders; ties: the lowest index.

    Raises:
        SettingError: if no weight is positive.
    """
    whole = sum(weights)
    if whole <= 0:
        raise SettingError("there is no mass to divide: this happens with probability 0 under the shared policy")
    shares = [weight * total // whole for weight in weights]
    rests = [weight * total % whole for weight in weights]
    for k in sorted(range(len(weights)), key=lambda k: -rests[k])[: total - sum(shares)]:
        shares[k] += 1
    return shares
