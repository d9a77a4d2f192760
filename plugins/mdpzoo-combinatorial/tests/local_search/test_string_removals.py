"""The parts of ruin and recreate: which customers of a route are removed, and in which order they are inserted."""

from collections import Counter

import numpy as np

from mdpzoo_combinatorial.local_search import string_removals
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest
from mdpzoo_combinatorial.local_search.route_state import create_search

DEMANDS = np.array([0, 2, 1, 4, 3, 1, 1, 1, 1, 1])


def search_of(seed):
    """A search with one route of nine customers on a line, at distances 1 to 9 from the depot."""
    places = np.arange(10.0)
    costs = np.abs(places[:, None] - places)
    customers, sizes = np.arange(1, 10), np.array([9])
    return create_search(costs, costs, DEMANDS, 20, nearest(EMPTY, costs, 9), customers, sizes, seed, 0)


def test_a_string_keeps_customers_in_its_middle_or_none():
    gaps = Counter()
    for seed in range(100):
        s = search_of(seed)
        string_removals._string(s, 5, 2.0)  # one or two customers
        removed = s.removed["customer"][: s.progress.removed_count].tolist()
        if len(removed) == 2:
            gaps[removed[1] - removed[0]] += 1
    assert set(gaps) >= {1, 2}  # neighbours, or one customer stays between them
    assert gaps[1] > 10 < gaps[2]


def test_removed_customers_are_sorted_in_four_ways():
    orders = Counter()
    for seed in range(220):
        s = search_of(seed)
        s.removed["customer"][:4] = (4, 2, 1, 3)
        s.progress.removed_count = 4
        string_removals._sort(s)
        orders[tuple(s.removed["customer"][:4].tolist())] += 1
    by_demand, farthest, nearest_first = orders[3, 4, 1, 2], orders[4, 3, 2, 1], orders[1, 2, 3, 4]
    assert by_demand > 50  # 4 of 11 draws
    assert farthest > 25  # 2 of 11
    assert nearest_first > 12  # 1 of 11
    assert len(orders) > 15  # the others are random
