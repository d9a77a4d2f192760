"""ATSP, CVRP, OP and knapsack instances: what a solution is, what it is worth, what is wrong with others."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import ATSPInstance, CVRPInstance, KnapsackInstance, OPInstance, generate

# a depot in the corner of a square with sides of 3, its other corners, and a node 4 to the right of the depot's side
PLACES = np.array([[0, 0], [0, 3], [3, 3], [3, 0], [4, 0]], float)
MATRIX = np.array([[0, 1, 9], [9, 0, 2], [3, 9, 0]], float)  # round in one direction 6, in the other 27
ATSP = ATSPInstance("one-way", MATRIX)
CVRP = CVRPInstance("square", [0, 3, 4, 5, 1], 8, PLACES, "EUC_2D")
OP = OPInstance("square", [7, 1, 2, 3, 4], 10, PLACES, "EUC_2D")
KNAPSACK = KnapsackInstance("four", [30, 20, 9, 7], [4, 5, 1, 3], 8)


def test_a_one_way_tour_costs_what_its_direction_says():
    assert ATSP.objective([0, 1, 2]) == ATSP.objective([1, 2, 0]) == 6
    assert ATSP.objective([2, 1, 0]) == 27
    assert (ATSP.problem, ATSP.maximise, ATSP.num_nodes, ATSP.integral) == ("ATSP", False, 3, True)
    assert ATSP.distance(0, [1, 2]).tolist() == [1, 9]


def test_the_layout_of_one_way_costs_is_that_of_their_means():
    half = ATSPInstance("mean", (MATRIX + MATRIX.T) / 2)
    np.testing.assert_allclose(ATSP.layout(), half.layout())


def test_routes_cost_the_way_from_the_depot_and_back():
    # 0-1-0: 3 + 3; 0-3-4-0: 3 + 1 + 4; 0-2-0: twice sqrt(18) = 4.24, rounded to 4
    assert CVRP.objective([[1], [3, 4], [2]]) == 6 + 8 + 8
    assert type(CVRP.objective([[1], [3, 4], [2]])) is int
    unrounded = CVRPInstance("square", [0, 3, 4, 5, 1], 8, PLACES)
    assert unrounded.objective([[1], [3, 4], [2]]) == pytest.approx(14 + 2 * 18**0.5)
    assert (CVRP.problem, CVRP.maximise, CVRP.num_nodes, CVRP.num_customers) == ("CVRP", False, 5, 4)


@pytest.mark.parametrize("solution", [
    [[1], [3, 4], [2]],  # routes
    [[1], [], [3, 4], [2], []],  # empty routes do not count
    ([1], (3, 4), np.array([2])),  # any kind of list
    [1, 0, 3, 4, 0, 2],  # one list
    np.array([0, 1, 0, 3, 4, 0, 0, 2, 0]),  # with as many zeros as one likes
    torch.tensor([1, 0, 3, 4, 0, 2]),
    [torch.tensor([1]), torch.tensor([3, 4]), torch.tensor([2])],
])  # fmt: skip
def test_routes_may_be_lists_or_one_list_with_the_depot_between(solution):
    assert CVRP.validate(solution) == [[1], [3, 4], [2]]


def test_a_tour_collects_its_prizes_and_the_depots():
    assert OP.objective([0]) == OP.objective([0, 0]) == 7
    assert OP.objective([0, 3, 4, 0]) == 7 + 3 + 4
    assert OP.length([0, 3, 4]) == 8
    np.testing.assert_array_equal(OP.validate([0, 3, 4, 0]), [0, 3, 4])
    assert (OP.problem, OP.maximise, OP.num_customers) == ("OP", True, 4)


def test_a_tour_may_be_exactly_as_long_as_the_limit_and_rounding_does_not_count():
    assert OP.objective([0, 1, 2]) == 10  # 3 + 3 + 4
    triangle = np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.2]])
    length = 0.1 + 0.05**0.5 + 0.2
    for limit, fits in ((length, True), (length - 5e-7, True), (length - 2e-6, False)):
        instance = OPInstance("triangle", [0, 1, 1], limit, triangle)
        assert fits == (instance.tolerance + limit >= length)
        if fits:
            assert instance.objective([0, 1, 2]) == 2
        else:
            with pytest.raises(InstanceError, match="more than the limit"):
                instance.objective([0, 1, 2])


def test_items_are_worth_their_values_in_any_order():
    assert KNAPSACK.objective([3, 0, 2]) == 46
    np.testing.assert_array_equal(KNAPSACK.validate([3, 0, 2]), [0, 2, 3])
    assert KNAPSACK.objective([]) == 0
    assert type(KNAPSACK.objective([0])) is int
    assert isinstance(KnapsackInstance("half", [0.5], [1], 1).objective([0]), float)
    assert (KNAPSACK.problem, KNAPSACK.maximise, KNAPSACK.num_items) == ("Knapsack", True, 4)


def test_sums_of_integers_are_exact_where_floats_are_not():
    values = [9e14, 1, 9e14, 1] * 20  # their sum is beyond 2 ** 53, where float64 forgets ones
    assert KnapsackInstance("large", values, [1] * 80, 80).objective(range(80)) == 20 * (2 * 9 * 10**14 + 2)


@pytest.mark.parametrize(("instance", "solution", "message"), [
    (ATSP, [0, 1], "leaves out node 2"),
    (CVRP, [[1, 5], [2, 3, 4]], "customer 5 at position 1"),
    (CVRP, [[1, 0, 2], [3, 4]], "customer 0 at position 1"),  # the depot inside a route
    (CVRP, [[1], [2], [1], [3, 4]], "customer 1 a second time at position 2"),
    (CVRP, [[1], [2, 3], [4]], "route 2 (counted from 1) loads 9, more than the capacity 8"),
    (CVRP, [1, 2, 3, 4], "route 1 (counted from 1) loads 13"),
    (CVRP, [[1], [2]], "leave out customer 3: they serve 2 of 4"),
    (CVRP, [], "leave out customer 1: they serve 0 of 4"),
    (CVRP, [[1], 2, 3], "a mixture of both"),
    (CVRP, [[[1]], [[2]]], "must be a list of integers"),
    (CVRP, [[1.5], [2]], "must be a list of integers"),
    (CVRP, ["1", "2"], "must be a list of integers"),
    (CVRP, [np.array(1), np.array(2)], "got an array without a dimension"),
    (CVRP, [np.ones((2, 2), int)], "must be a list of integers"),
    (CVRP, [{"a": 1}], "must be a list of integers"),
    (CVRP, 5, "must be a list of routes, got int"),
    (CVRP, None, "must be a list of routes, got NoneType"),
    (OP, [1, 2], "begins with 1"),
    (OP, [], "is empty"),
    (OP, [0, 1, 1], "node 1 a second time at position 2"),
    (OP, [0, 1, 0, 2], "node 0 a second time at position 2"),
    (OP, [0, 9], "node 9 at position 1 of the tour is outside 0..4"),
    (OP, [0, 1, 2, 3], "12 long, more than the limit 10"),
    (KNAPSACK, [0, 0], "item 0 a second time at position 1"),
    (KNAPSACK, [-1], "item -1 at position 0 of the selection is outside 0..3"),
    (KNAPSACK, [0, 1], "weighs 9, more than the capacity 8"),
    (KNAPSACK, {"a": 1}, "must be a list of integers"),
    (KNAPSACK, [2**70], "must be a list of integers"),
    (KNAPSACK, np.array([2**64 - 1], np.uint64), "outside 0..3"),
])  # fmt: skip
def test_the_first_fault_of_what_is_no_solution_is_named(instance, solution, message):
    for judge in (instance.objective, instance.validate):
        with pytest.raises(InstanceError) as error:
            judge(solution)
        assert message in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(("build", "message"), [
    (lambda: ATSPInstance("w", [[0, 1], [-1, 0]]), "must not be negative, but [1, 0] is -1"),
    (lambda: ATSPInstance("w", [[0, 1], [1, 5]]), "diagonal of the matrix must be 0, got 5"),
    (lambda: ATSPInstance("w", [[0, 1]]), "shape [1, 1]"),
    (lambda: ATSPInstance("w", None), "needs matrix"),
    (lambda: CVRPInstance("w", [0], 5, [[0, 0]]), "a depot and at least one customer"),
    (lambda: CVRPInstance("w", [0, 1, 2], 5, PLACES[:2]), "demands must have the shape [2]"),
    (lambda: CVRPInstance("w", [0, 6], 5, PLACES[:2]), "customer 1 demands 6, more than the capacity 5"),
    (lambda: CVRPInstance("w", [1, 1], 5, PLACES[:2]), "demand of the depot, node 0, must be 0, got 1"),
    (lambda: CVRPInstance("w", [0, -1], 5, PLACES[:2]), "demands must not be negative, but [1] is -1"),
    (lambda: CVRPInstance("w", [0, 0.5], 5, PLACES[:2]), "demands and the capacity must be integers, got 0.5"),
    (lambda: CVRPInstance("w", [0, 1], 5.5, PLACES[:2]), "must be integers, got 5.5"),
    (lambda: CVRPInstance("w", [0, 1], "many", PLACES[:2]), "the capacity must be a number, got 'many'"),
    (lambda: CVRPInstance("w", [0, 1], float("nan"), PLACES[:2]), "at least 0 and below 1e15, got nan"),
    (lambda: CVRPInstance("w", [0, 1], 5, None, "EXPLICIT", [[0, 1], [2, 0]]), "symmetric"),
    (lambda: OPInstance("w", [0, -1], 5, PLACES[:2]), "prizes must not be negative"),
    (lambda: OPInstance("w", [0, 1], -5, PLACES[:2]), "the limit must be at least 0"),
    (lambda: OPInstance("w", [0], 5, PLACES[:1]), "a depot and at least one customer"),
    (lambda: KnapsackInstance("w", [], [], 5), "at least one item"),
    (lambda: KnapsackInstance("w", [1], [1, 2], 5), "weights must have the shape [1]"),
    (lambda: KnapsackInstance("w", [1], [-1], 5), "weights must not be negative"),
    (lambda: KnapsackInstance("w", [float("inf")], [1], 5), "finite"),
    (lambda: KnapsackInstance("w", 5, [1], 5), "values must be a list of numbers"),
    (lambda: KnapsackInstance("w", [1], [1], None), "the capacity must be a number"),
])  # fmt: skip
def test_an_instance_that_contradicts_itself_is_refused(build, message):
    with pytest.raises(InstanceError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("array", [CVRP.demands, CVRP.coordinates, OP.prizes, KNAPSACK.values, KNAPSACK.weights])
def test_arrays_cannot_be_written(array):
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_numbers_of_a_cvrp_are_integers():
    assert (CVRP.demands.dtype, type(CVRP.capacity)) == (np.int64, int)


@given(st.permutations(range(1, 9)), st.integers(0, 20))
def test_routes_cut_from_an_order_cost_the_same_as_lists_and_as_one_list(order, seed):
    instance = generate("CVRP", 1, 8, 0, capacity=72)[0]
    cuts = np.sort(np.random.default_rng(seed).choice(np.arange(1, 8), 3, replace=False))
    routes = [part.tolist() for part in np.split(np.array(order), cuts)]
    flat = list(itertools.chain.from_iterable([0, *route] for route in routes))
    assert instance.validate(flat) == instance.validate(routes) == routes
    by_hand = sum(float(instance.distance(a, b)) for route in routes for a, b in itertools.pairwise([0, *route, 0]))
    assert instance.objective(flat) == pytest.approx(by_hand)


@given(st.sets(st.integers(0, 11)))
def test_a_selection_is_accepted_exactly_where_its_weight_fits(items):
    instance = generate("Knapsack", 1, 12, 3)[0]
    weight = sum(instance.weights[k] for k in items)
    if weight <= instance.capacity:
        assert instance.objective(sorted(items)) == sum(instance.values[k] for k in items)
    else:
        with pytest.raises(InstanceError, match=f"weighs {weight:.0f}"):
            instance.objective(sorted(items))
