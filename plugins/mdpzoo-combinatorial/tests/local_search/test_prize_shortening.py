"""Or-opt moves of the prize search against trying all of them."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.prize_rounds import prepared
from mdpzoo_combinatorial.local_search.prize_shortening import LONGEST_MOVE, shorten

N = 12


def moves(costs, tour):
    """Gains of all moves of a segment, in either direction, in which one of both new edges is cheaper than the detour.

    The search only tries these: it adds an edge to a near node, and others cannot gain unless a long edge is removed.
    """
    for first in range(N):
        turned = tour[first:] + tour[:first]
        for size in range(1, LONGEST_MOVE + 1):
            segment, rest = turned[:size], turned[size:]
            detour = costs[rest[-1], segment[0]] + costs[segment[-1], rest[0]] - costs[rest[-1], rest[0]]
            for one, two in zip(rest[:-1], rest[1:], strict=True):
                for head, tail in ((segment[0], segment[-1]), (segment[-1], segment[0])):
                    if min(costs[one, head], costs[tail, two]) < detour:
                        yield detour + costs[one, two] - costs[one, head] - costs[tail, two]


@pytest.mark.parametrize("seed", range(12))
def test_no_move_of_a_segment_shortens_a_symmetric_tour_that_is_settled(seed):
    generator = np.random.default_rng(seed)
    costs = generator.random((N, N))
    costs += costs.T
    np.fill_diagonal(costs, 0.0)
    start = np.append(0, 1 + generator.permutation(N - 1))
    s = prepared(costs, np.ones(N), 100.0, start, seed, 0)
    while shorten(s, 1e-12):
        s.nodes["waiting"] = 1  # all nodes are tried again
    gains = list(moves(costs, s.tour.tolist()))
    assert max(gains) < 1e-9
    assert gains
