"""2-opt and Or-opt moves of the prize search against trying all of them."""

from itertools import combinations

import numpy as np

from mdpzoo_combinatorial.local_search.prize_rounds import prepared
from mdpzoo_combinatorial.local_search.prize_shortening import LONGEST_MOVE, shorten

N = 20  # so that lists of near nodes hold all others


def gains(costs, tour):
    """The gain of each move of a segment, in either direction, and whether a new edge costs less than the detour."""
    for first in range(N):
        turned = tour[first:] + tour[:first]
        for size in range(1, LONGEST_MOVE + 1):
            segment, rest = turned[:size], turned[size:]
            detour = costs[rest[-1], segment[0]] + costs[segment[-1], rest[0]] - costs[rest[-1], rest[0]]
            for one, two in zip(rest[:-1], rest[1:], strict=True):
                for head, tail in ((segment[0], segment[-1]), (segment[-1], segment[0])):
                    added = costs[one, head], costs[tail, two]
                    yield detour + costs[one, two] - sum(added), min(added) < detour


def settled(seed):
    """Random symmetric costs, and a tour that is shortened until no move is found from any node."""
    generator = np.random.default_rng(seed)
    costs = generator.random((N, N))
    costs += costs.T
    np.fill_diagonal(costs, 0.0)
    start = np.append(0, 1 + generator.permutation(N - 1))
    s = prepared(costs, np.ones(N), 100.0, start, seed, 0)
    while shorten(s, 1e-12):
        s.nodes["waiting"] = 1  # all nodes are tried again
    return costs, s.tour.tolist()


def test_no_move_of_a_segment_to_a_near_node_shortens_a_symmetric_tour_that_is_settled():
    left_out = []
    for seed in range(25):
        found = list(gains(*settled(seed)))
        assert max(gain for gain, near in found if near) < 1e-9, seed
        left_out += [gain for gain, near in found if not near]
    assert max(left_out) > 0  # moves of which both new edges are long are not tried


def test_no_reversal_shortens_a_symmetric_tour_that_is_settled():
    for seed in range(25):
        costs, tour = settled(seed)
        for (a, b), (c, d) in combinations(zip(tour, [*tour[1:], tour[0]], strict=True), 2):
            assert costs[a, b] + costs[c, d] - costs[a, c] - costs[b, d] < 1e-9, seed
