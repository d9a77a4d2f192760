"""Routes as arrays: what is taken out, put in, undone and settled, against routes as lists."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search import route_state as state
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest
from mdpzoo_combinatorial.local_search.route_joining import join
from mdpzoo_combinatorial.local_search.string_removals import anneal

ROUTES = [[3, 5, 1], [2, 7], [4, 6, 8, 9]]


def search_of(seed=0, capacity=20, routes=ROUTES, symmetric=True):
    """A search over nine customers with demands 1 to 4."""
    generator = np.random.default_rng(seed)
    points = generator.random((10, 2))
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    if not symmetric:
        costs = costs * generator.uniform(1.0, 1.3, (10, 10))
    demands = np.array([0, *generator.integers(1, 5, 9)])
    near = nearest(EMPTY, costs, 9)
    flat, sizes = np.array([node for route in routes for node in route]), np.array([len(each) for each in routes])
    back = costs if symmetric else np.ascontiguousarray(costs.T)
    return state.create_search(costs, back, demands, capacity, near, flat, sizes, seed, 0)


def routes_of(s):
    return [s.order[r, 1 : s.routes["size"][r] + 1].tolist() for r in range(s.progress.rows)]


def cost_of(s, routes):
    edges = [pair for route in routes for pair in zip([0, *route], [*route, 0], strict=True)]
    return sum(s.costs[a, b] for a, b in edges)


def assert_whole(s, out=()):
    """Arrays that follow from the routes are what they should be; ``out`` are on none."""
    for r, route in enumerate(routes_of(s)):
        row = [0, *route, 0]
        assert s.order[r, : len(row)].tolist() == row
        assert s.routes["load"][r] == s.customers["demand"][route].sum()
        assert (s.customers["route"][route] == r).all()
        assert s.edges[r, : len(route) + 1].tolist() == [s.costs[a, b] for a, b in zip(row[:-1], row[1:], strict=True)]
    assert sorted(node for route in routes_of(s) for node in route) == sorted(set(range(1, 10)) - set(out))
    assert (s.customers["route"][list(out)] == -1).all()


SIDES = pytest.mark.parametrize("symmetric", [True, False])


@SIDES
def test_a_search_begins_with_its_routes(symmetric):
    s = search_of(symmetric=symmetric)
    assert routes_of(s) == ROUTES
    assert_whole(s)
    assert [s.progress.cost, s.progress.best] == pytest.approx([cost_of(s, ROUTES)] * 2)


@SIDES
@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize(("taken", "kept_from", "kept"), [(1, 0, 0), (2, 0, 0), (3, 0, 0), (2, 2, 1)])
def test_a_string_goes_out_and_undoing_puts_it_back(symmetric, first, taken, kept_from, kept):
    s = search_of(symmetric=symmetric)
    before = cost_of(s, ROUTES)
    place = kept_from and first + 1  # within the string
    window = ROUTES[2][first - 1 : first - 1 + taken + kept]
    stay = ROUTES[2][place - 1 : place - 1 + kept] if kept else []
    change = state.take_out(s, 2, first, place, kept, taken)
    gone = [node for node in window if node not in stay]
    assert s.removed["customer"][: s.progress.removed_count].tolist() == gone
    assert routes_of(s) == [*ROUTES[:2], [node for node in ROUTES[2] if node not in gone]]
    assert change == pytest.approx(cost_of(s, routes_of(s)) - before)
    assert_whole(s, gone)
    state.undo(s, 3)
    assert routes_of(s) == ROUTES
    assert_whole(s)
    assert not s.routes["touched"].any()


@SIDES
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_customer_is_put_behind_a_place(symmetric, after):
    s = search_of(symmetric=symmetric)
    state.take_out(s, 2, 1, 0, 0, 1)  # customer 4
    state.put(s, 4, 1, after + 1)
    assert routes_of(s) == [ROUTES[0], [*ROUTES[1][:after], 4, *ROUTES[1][after:]], ROUTES[2][1:]]
    assert_whole(s)
    state.undo(s, 3)
    assert routes_of(s) == ROUTES
    assert_whole(s)


def test_a_route_of_its_own_is_free_until_all_rows_are_used():
    s = search_of()
    rows = len(s.routes)
    state.take_out(s, 1, 1, 0, 0, 2)
    assert state.empty(s) == 1  # the route that was emptied comes first
    state.put(s, 2, 1, 1)
    found = [state.empty(s) for _ in range(rows - 3)]
    assert found == list(range(3, rows))
    assert state.empty(s) == -1


def test_undoing_closes_a_route_that_was_opened():
    s = search_of()
    state.take_out(s, 2, 1, 0, 0, 1)  # customer 4
    assert state.empty(s) == 3
    state.put(s, 4, 3, 1)
    assert routes_of(s) == [*ROUTES[:2], ROUTES[2][1:], [4]]
    assert_whole(s)
    state.undo(s, 3)
    assert routes_of(s) == ROUTES
    assert_whole(s)


def test_settling_moves_the_last_route_to_a_row_that_was_emptied():
    s = search_of()
    state.take_out(s, 0, 1, 0, 0, 3)
    for node in (3, 5, 1):
        state.put(s, node, 1, 1)
    state.settle(s)
    assert routes_of(s) == [ROUTES[2], [1, 5, 3, 2, 7]]
    assert_whole(s)


def test_the_best_routes_are_copies():
    s = search_of()
    state.keep_best(s)
    state.take_out(s, 0, 1, 0, 0, 3)
    assert [s.best_order[r, 1 : s.routes["best_size"][r] + 1].tolist() for r in range(3)] == ROUTES
    assert not s.routes["best_size"][3:].any()


@SIDES
@pytest.mark.parametrize("seed", range(4))
def test_annealing_keeps_every_customer_every_load_and_the_books(symmetric, seed):
    s = search_of(seed, capacity=9, routes=[[k] for k in range(1, 10)], symmetric=symmetric)
    start = s.progress.best
    for first in range(0, 1024, 256):
        anneal(s, first, first + 256, 1024, 0.3, 0.01)
        assert_whole(s)
        assert (s.routes["load"][: s.progress.rows] <= 9).all()
        assert s.progress.cost == pytest.approx(cost_of(s, routes_of(s)))
        best = [s.best_order[r, 1 : size + 1].tolist() for r, size in enumerate(s.routes["best_size"]) if size]
        assert sorted(node for route in best for node in route) == list(range(1, 10))
        assert s.progress.best == pytest.approx(cost_of(s, best))
    assert s.progress.best < start


def savings_by_lists(pairs, demands, capacity):
    """Clarke and Wright's parallel version on lists: routes join where both ends are free and the load fits."""
    routes = [[node] for node in range(1, len(demands))]
    for i, j in pairs:
        one = next(route for route in routes if i in route)
        two = next(route for route in routes if j in route)
        if one is two or sum(demands[node] for node in one + two) > capacity:
            continue
        if i not in (one[0], one[-1]) or j not in (two[0], two[-1]):
            continue
        routes = [route for route in routes if route is not one and route is not two]
        routes.append((one if one[-1] == i else one[::-1]) + (two if two[0] == j else two[::-1]))
    return routes


@pytest.mark.parametrize("seed", range(12))
def test_routes_are_joined_as_by_lists(seed):
    generator = np.random.default_rng(seed)
    demands = np.array([0, *generator.integers(1, 5, 11)])
    pairs = [(i, j) for i in range(1, 12) for j in range(i + 1, 12)]
    pairs = [pairs[k] for k in generator.permutation(len(pairs))]
    first, second = np.array(pairs).T.copy()
    after, before = join(first, second, demands, 12)
    found = []
    for head in np.flatnonzero(before[1:] == 0) + 1:
        route, node = [], int(head)
        while node:
            route.append(node)
            node = int(after[node])
        found.append(route)
    wanted = savings_by_lists(pairs, demands.tolist(), 12)
    assert {min(tuple(each), tuple(each[::-1])) for each in found} == {
        min(tuple(each), tuple(each[::-1])) for each in wanted
    }
