"""Counter-based random streams: one key a row, the same numbers in Python, NumPy and torch.

Draw number ``c`` of the stream with key ``k`` is ``mix(k + c * GAMMA)``: the generator SplitMix64 of Steele, Lea
and Flood 2014 ("Fast splittable pseudorandom number generators", section 5), read at any position. A row's
numbers therefore depend on its own seed and on the number of draws so far, never on the batch that it is in, on
the device or on the form of the environment.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

GAMMA = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd
MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_PLAYER = 0xD1342543DE82EF95  # odd; keeps the streams of an episode's players apart
_SIGNED = tuple(value - (1 << 64) if value >> 63 else value for value in (GAMMA, *MIX))


def key(seed: int) -> np.uint64:
    """Returns the key of the stream that belongs to a seed.

    Args:
        seed: a non-negative integer, as given to ``reset``.
    """
    return np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]


def uniforms(keys: np.ndarray, counters: np.ndarray, count: int) -> np.ndarray:
    """Draws from every row's stream.

    Args:
        keys: ``[B]`` uint64.
        counters: ``[B]`` uint64, draws taken so far.
        count: draws to take from each row.

    Returns:
        ``[B, count]`` float64 in [0, 1), multiples of 2^-53.

    Example:
        >>> keys = np.array([key(7)])
        >>> both = uniforms(keys, np.array([0], np.uint64), 2)
        >>> bool(both[0, 1] == uniforms(keys, np.array([1], np.uint64), 1)[0, 0])
        True
    """
    with np.errstate(over="ignore"):
        first = keys + (counters + np.uint64(1)) * np.uint64(GAMMA)
        bits = first[:, None] + np.arange(count, dtype=np.uint64) * np.uint64(GAMMA)
        for places, factor in ((30, MIX[0]), (27, MIX[1])):
            bits ^= bits >> np.uint64(places)
            bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    bits >>= np.uint64(11)
    return bits * 2.0**-53


def player_keys(reserved: np.ndarray, player: int) -> np.ndarray:
    """Returns the keys of the streams that a frozen player draws from during one episode.

    Args:
        reserved: ``[B]`` float64, the first number of each row's episode.
        player: the player's place in the game.

    Returns:
        ``[B]`` uint64.
    """
    return (reserved * 2.0**53).astype(np.uint64) * np.uint64(2**11) + np.uint64(_PLAYER * (player + 1) % 2**64)


def player_keys_torch(reserved: "Tensor", player: int) -> "Tensor":
    """Returns the bits of ``player_keys``, ``[B]`` int64, on the device of the numbers."""
    import torch

    offset = _PLAYER * (player + 1) % 2**64
    return (reserved * 2.0**53).to(torch.int64) * 2**11 + (offset - 2**64 if offset >> 63 else offset)


def uniforms_torch(keys: "Tensor", counters: "Tensor", count: int) -> "Tensor":
    """Draws the same numbers as ``uniforms`` on the keys' device, without waiting for it.

    Args:
        keys: ``[B]`` int64, the bits of the unsigned keys.
        counters: ``[B]`` int64, draws taken so far.
        count: draws to take from each row.

    Returns:
        ``[B, count]`` float64 in [0, 1).
    """
    import torch

    if keys.device.type == "cpu":  # NumPy's integers are twice as fast there
        return torch.from_numpy(uniforms(keys.numpy().view(np.uint64), counters.numpy().view(np.uint64), count))
    return uniforms_dense(keys, counters, count)


def uniforms_dense(keys: "Tensor", counters: "Tensor", count: int) -> "Tensor":
    """Implements ``uniforms_torch`` on devices other than the CPU; the arguments are the same."""
    import torch

    gamma, *factors = _SIGNED
    first = keys + (counters + 1) * gamma
    bits = first[:, None] + torch.arange(count, device=keys.device) * gamma
    for places, factor in zip((30, 27), factors, strict=True):
        bits = (bits ^ _shift(bits, places)) * factor
    return _shift(bits ^ _shift(bits, 31), 11).double() * 2.0**-53


def _shift(bits: "Tensor", places: int) -> "Tensor":
    """Shifts the 64 bits right without carrying the sign in."""
    return (bits >> places) & ((1 << (64 - places)) - 1)
