"""The parts of ruin and recreate: which customers of a route are removed, and in which order they are inserted."""

from collections import Counter

import numpy as np

from mdpzoo_combinatorial.local_search import string_removals
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest
from mdpzoo_combinatorial.local_search.route_state import create_search, take_out

DEMANDS = np.array([0, 2, 1, 4, 3, 1, 1, 1, 1, 1])


def search_of(seed=0, sizes=(9,), capacity=20):
    """A search with routes of nine customers on a line, at distances 1 to 9 from the depot."""
    places = np.arange(10.0)
    costs = np.abs(places[:, None] - places)
    near = nearest(EMPTY, costs, 9)
    return create_search(costs, costs, DEMANDS, capacity, near, np.arange(1, 10), np.array(sizes), seed, 0)


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


def test_strings_are_removed_from_one_or_more_routes():
    touched = Counter()
    for seed in range(60):
        s = search_of(seed, sizes=(3, 3, 3))
        string_removals._ruin(s)
        touched[int(s.progress.touched_count)] += 1
        assert (s.routes["size"][:3] < 3).sum() == s.progress.touched_count <= s.progress.removed_count
    assert set(touched) == {1, 2, 3}


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


def test_customers_with_equal_keys_keep_their_order():
    orders = Counter()
    for seed in range(110):
        s = search_of(seed)
        s.removed["customer"][:4] = (7, 5, 8, 6)
        s.progress.removed_count = 4
        string_removals._sort(s)
        orders[tuple(s.removed["customer"][:4].tolist())] += 1
    assert orders[7, 5, 8, 6] > 25  # all demands are 1: 4 of 11 draws


def test_a_customer_that_fits_nowhere_gets_the_route_that_was_emptied():
    s = search_of(sizes=(1, 8), capacity=13)  # the other route is full
    take_out(s, 0, 1, 0, 0, 1)
    assert string_removals._insert(s, 1) == 2.0  # there and back
    assert s.customers["route"][1] == 0
    assert s.routes["size"][:2].tolist() == [1, 8]


def test_one_of_a_hundred_positions_is_skipped():
    random = np.full(1, 7, np.uint64)
    between = [string_removals._until_blink(random) for _ in range(2_000)]
    assert 90 < np.mean(between) < 110  # 99, with a standard deviation of 2.2
    assert min(between) == 0


def test_uniform_numbers_have_finite_logarithms():
    assert 0.0 < string_removals._uniform(np.zeros(1, np.uint64)) < 1e-9  # a state of 0 gives the smallest number
