"""Beam search: with width 1 it is greedy, with width enough it is exact, and equal states are one."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search.solving import solve
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance

SMALL = network_settings(width=16, layers=1, heads=2)
ALL = 5_000  # more beginnings than any instance here has


@pytest.fixture(scope="module")
def agents():
    return {problem: BQNCO(problem=problem, network=SMALL, seed=3) for problem in PROBLEMS}


def answers(instance):
    """Every answer that one might give to a small instance, right or wrong."""
    if instance.problem == "Knapsack":
        return [list(c) for k in range(instance.num_items + 1) for c in combinations(range(instance.num_items), k)]
    others = range(1, instance.num_nodes)
    if instance.problem == "OP":
        return [[0, *order] for k in range(instance.num_nodes) for order in permutations(others, k)]
    if instance.problem != "CVRP":
        return [[0, *order] for order in permutations(others)]
    cuts = list(product([False, True], repeat=len(others) - 1))
    return [
        [stop for node, cut in zip(order, (False, *cut), strict=True) for stop in ((0, node) if cut else (node,))]
        for order in permutations(others)
        for cut in cuts
    ]


def optimum(instance):
    worths = []
    for answer in answers(instance):
        try:
            worths.append(instance.objective(answer))
        except InstanceError:
            continue
    return (max if PROBLEMS[instance.problem].maximise else min)(worths)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_beam_of_one_is_greedy(agents, problem, merge):
    given = generate(problem, 6, 15, 3)
    beam = agents[problem].solve(given, "beam", width=1, merge=merge)
    assert (beam.sequence == agents[problem].solve(given, "greedy").sequence).all()


def test_a_beam_of_one_is_greedy_among_the_nearest(agents):
    given = generate("OP", 6, 15, 3)
    beam, greedy = (agents["OP"].solve(given, each, neighbours=4) for each in ("beam", "greedy"))
    beam = agents["OP"].solve(given, "beam", neighbours=4, width=1)
    assert (beam.sequence == greedy.sequence).all()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_beam_that_keeps_all_finds_the_optimum(agents, problem):
    given = generate(problem, 4, 6 if problem in ("TSP", "ATSP") else 5, 11)
    found = agents[problem].solve(given, "beam", width=ALL)
    np.testing.assert_allclose(found.objective, [optimum(each) for each in given], rtol=1e-12)


def test_a_beam_that_keeps_all_finds_the_optimum_where_the_way_by_the_depot_is_shorter(agents):
    """No triangle inequality: a beginning by the depot may be cheaper and have more load left."""
    draws = np.random.default_rng(0)
    upper = np.triu(draws.integers(1, 50, (6, 6)), 1).astype(float)
    given = CVRPInstance("random", np.array([0, 3, 1, 2, 2, 4]), 5, matrix=upper + upper.T, edge_weight_type="EXPLICIT")
    assert agents["CVRP"].solve(given, "beam", width=ALL).objective[0] == optimum(given)


def states_seen(problem, agent, given, **options):
    """How many states the network is shown."""

    class Counting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.rows = agent.policy.network, 0

        def forward(self, tokens):
            self.rows += len(tokens.features)
            return self.inner(tokens)

    network = Counting()
    solve(PROBLEMS[problem], network, True, given, "beam", None, 0, None, {"width": ALL, "endgame": 0, **options})
    return network.rows


@pytest.mark.parametrize(
    ("merge", "states"),
    [
        (True, 76),  # 1 + 5 (1 + 4 + 6 + 4) pairs of an origin and a set; the 5 ends are not shown
        (False, 206),  # 1 + 5 + 20 + 60 + 120 sequences; the 120 ends are not shown
    ],
)
def test_merging_leaves_one_state_for_each_origin_and_set(agents, merge, states):
    assert states_seen("TSP", agents["TSP"], generate("TSP", 1, 6, 0), merge=merge) == states


def knapsack_states(weights, values, capacity):
    """Of selections of one size after which the same items still fit, those that no other beats in value and room."""
    found = {}
    for k in range(len(weights) + 1):
        for taken in combinations(range(len(weights)), k):
            room = capacity - sum(weights[i] for i in taken)
            fits = frozenset(i for i in range(len(weights)) if i not in taken and weights[i] <= room)
            if room >= 0 and fits:
                found.setdefault((k, fits), []).append((sum(values[i] for i in taken), room))
    return sum(
        not any(other != each and other[0] >= each[0] and other[1] >= each[1] for other in group)
        for group in found.values()
        for each in group
    )


@pytest.mark.parametrize(
    ("weights", "capacity"),
    [
        ([1, 1, 1, 1, 1, 1], 10),  # all subsets but the whole: 63
        ([1, 2, 3, 4, 5, 6], 10),  # many leave the same items with less room
    ],
)
def test_merging_leaves_one_state_for_each_set_of_items(agents, weights, capacity):
    values = 2.0 ** np.arange(6)  # no two selections are equal
    given = KnapsackInstance("items", values, np.array(weights, float), capacity)
    assert states_seen("Knapsack", agents["Knapsack"], given) == knapsack_states(weights, values, capacity)


def test_merging_makes_room_for_other_states(agents):
    """Width 120 holds the 60 states of the widest level only where equal ones are one."""
    given = generate("TSP", 4, 7, 5)
    found = agents["TSP"].solve(given, "beam", width=120)
    np.testing.assert_allclose(found.objective, [optimum(each) for each in given], rtol=1e-12)


def test_the_beam_ends_with_the_time_and_says_so(agents):
    given = generate("CVRP", 2, 40, 0)
    found = agents["CVRP"].solve(given, "beam", seconds=1e-9)
    assert not found.complete
    assert found.objective.tolist() == [
        each.objective(routes) for each, routes in zip(given, found.solutions, strict=True)
    ]
