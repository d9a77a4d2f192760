"""Random integers of compiled searches against published numbers."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.kernels.xorshift import below, seeded


def test_integers_are_those_of_xorshift64_star():
    random = np.full(1, 1234567, np.uint64)
    # published with 32 bits for this state, https://rosettacode.org/wiki/Pseudo-random_numbers/Xorshift_star
    published = [3540625527, 2750739987, 4037983143, 1993361440, 3809424708]
    assert [below(random, 1 << 31) for _ in published] == [number // 2 for number in published]


def splitmix64(state):
    """Python's integers do not wrap around."""
    z = (state + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


@pytest.mark.parametrize(("seed", "stream"), [(0, 0), (0, 1), (1, 0), (2**63 - 1, 7)])
def test_states_are_those_of_splitmix64_applied_twice(seed, stream):
    assert splitmix64(1234567) == 6457827717110365317  # published, as above
    first = (seed + (stream + 1) * 0x9E3779B97F4A7C15) % 2**64
    assert seeded(seed, stream) == splitmix64(splitmix64(first)) | 1


def test_streams_of_seeds_are_distinct_and_never_stand_still():
    states = {int(seeded(seed, stream)) for seed in range(20) for stream in range(20)}
    assert len(states) == 400
    assert 0 not in states


def test_integers_below_a_bound_are_equally_frequent():
    random = np.full(1, seeded(0, 0), np.uint64)
    counts = np.bincount([below(random, 6) for _ in range(6_000)])
    assert len(counts) == 6
    assert (np.abs(counts - 1_000) < 150).all()  # 5 standard deviations
