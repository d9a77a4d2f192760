import numpy as np
import pytest
import torch

from mdpzoo import streams
from mdpzoo.interop.shells.compiled_streams import draw


def published(seed: int, count: int) -> list[int]:
    """SplitMix64 as printed by Steele, Lea and Flood 2014: add gamma, then mix."""
    state, mask, numbers = seed, (1 << 64) - 1, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        bits = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
        bits = ((bits ^ bits >> 27) * 0x94D049BB133111EB) & mask
        numbers.append(bits ^ bits >> 31)
    return numbers


def test_the_numbers_are_those_of_splitmix64():
    drawn = streams.uniforms(np.array([1234567], np.uint64), np.zeros(1, np.uint64), 4)[0]
    assert drawn.tolist() == [(bits >> 11) * 2.0**-53 for bits in published(1234567, 4)]
    assert published(1234567, 1) == [6457827717110365317]  # the known first output for this seed


@pytest.mark.parametrize("function", [streams.uniforms_torch, streams.uniforms_dense])
def test_torch_draws_the_same_numbers_as_numpy(function):
    keys = np.array([streams.key(seed) for seed in range(50)])
    counters = np.arange(50, dtype=np.uint64) * np.uint64(7)
    drawn = function(torch.from_numpy(keys.view(np.int64)), torch.from_numpy(counters.view(np.int64)), 13)
    assert (drawn.numpy() == streams.uniforms(keys, counters, 13)).all()


def test_a_row_does_not_depend_on_the_rows_beside_it():
    keys, counters = np.array([streams.key(seed) for seed in range(5)]), np.full(5, 3, np.uint64)
    together = streams.uniforms(keys, counters, 8)
    assert (together[2] == streams.uniforms(keys[2:3], counters[2:3], 8)[0]).all()


def test_drawing_in_parts_is_drawing_at_once():
    keys = np.array([streams.key(9)])
    parts = [streams.uniforms(keys, np.array([at], np.uint64), 4)[0] for at in (0, 4)]
    assert (np.concatenate(parts) == streams.uniforms(keys, np.zeros(1, np.uint64), 8)[0]).all()


def test_the_numbers_are_uniform_and_streams_of_near_seeds_uncorrelated():
    keys = np.array([streams.key(seed) for seed in range(100)])
    drawn = streams.uniforms(keys, np.zeros(100, np.uint64), 10_000)
    assert abs(drawn.mean() - 0.5) < 4 * (1 / 12 / drawn.size) ** 0.5  # four standard errors
    correlations = np.corrcoef(drawn)[np.triu_indices(100, 1)]
    assert abs(correlations).max() < 5 * 10_000**-0.5  # 4950 pairs; five standard errors


def test_compiled_code_draws_the_same_numbers_and_moves_on():
    keys = np.array([streams.key(seed) for seed in range(50)])
    counters = np.arange(50, dtype=np.uint64) * np.uint64(2**58)  # the sums wrap around
    expected, moved = streams.uniforms(keys, counters, 7), counters + np.uint64(7)
    assert np.array_equal(draw(keys, counters, 7), expected)
    assert np.array_equal(counters, moved)
