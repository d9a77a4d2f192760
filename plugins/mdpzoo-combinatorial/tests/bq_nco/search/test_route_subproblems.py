"""Groups of routes that are solved again."""

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search import route_subproblems
from mdpzoo_combinatorial.bq_nco.search.route_subproblems import Group, RouteSubproblems
from mdpzoo_combinatorial.bq_nco.search.solving import pose, task_of
from mdpzoo_combinatorial.instances import CVRPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

PAIRS = [2, 4, 7, 8, 11, 12, 15, 16]  # customers 1 and 2, 3 and 4, ...


def of_pairs(seed, capacity=2, actions=PAIRS):
    """Subproblems of eight customers of demand 1."""
    places = np.random.default_rng(0).random((9, 2))
    given = CVRPInstance("pairs", np.array([0] + 8 * [1]), capacity, places)
    agent = BQNCO(problem="CVRP", network=network_settings(width=16, layers=1, heads=2), seed=0)
    posed = pose(agent.problem, given)
    task = task_of(agent.problem, agent.policy.network, True, posed, np.random.SeedSequence(seed), Budget())
    subproblems = RouteSubproblems(task)
    subproblems.cuts = lambda: 1
    subproblems.begin(torch.tensor([actions]))
    return subproblems


@pytest.mark.parametrize(
    ("size", "groups"),
    [
        (1, [2, 2, 2, 2]),  # a route is never divided
        (3, [2, 2, 2, 2]),  # a second route does not fit
        (4, [4, 4]),  # two routes fit exactly
        (7, [2, 6]),
        (8, [8]),
    ],
)
def test_groups_of_routes_are_as_large_as_the_size_allows(size, groups, monkeypatch):
    monkeypatch.setattr(route_subproblems, "ROUNDS_CUT_OPEN", 0.0)
    for seed in range(20):  # by distance and by angle
        left = of_pairs(seed).cut(size)
        counts = [left.node.shape[1] - 2] * len(left.row) if left.count is None else left.count.tolist()
        assert sorted(counts) == groups, seed


@pytest.mark.parametrize(("long", "groups"), [(4, [4, 4]), (2, [8]), (1, [8])])
def test_groups_of_long_routes_have_more_customers(long, groups, monkeypatch):
    monkeypatch.setattr(route_subproblems, "ROUNDS_CUT_OPEN", 0.0)
    monkeypatch.setattr(route_subproblems, "LONG", long)
    subproblems = of_pairs(0, 4, [2, 4, 6, 8, 11, 12, 14, 16])
    subproblems.cut(4)
    assert sorted(sum(map(len, each.free)) for each in subproblems.groups) == groups


def test_a_route_that_is_cut_open_keeps_its_beginning_and_its_load(monkeypatch):
    monkeypatch.setattr(route_subproblems, "ROUNDS_CUT_OPEN", 1.0)
    begins = set()
    for seed in range(60):
        subproblems = of_pairs(seed, 5, [2, 4, 6, 9, 10, 12, 15, 16])
        left = subproblems.cut(8)
        assert left is not None
        (group,) = subproblems.groups
        kept = group.kept.tolist()
        assert left.node[0, 0] == kept[-1]
        assert left.node[0, 1] == 0
        assert left.resource.tolist() == [5 - len(kept)]
        assert sorted(kept + left.node[0, 2:].tolist()) == list(range(1, 9))
        begins.add(tuple(kept))
        before = {frozenset(each.tolist()) for each in group.routes}
        assert {frozenset(each.tolist()) for each in group.answered(group.actions())} == before
    assert {(1,), (3,), (3, 2), (4,), (6,)} <= begins  # in both directions


def test_an_answer_goes_on_from_the_last_kept_customer_or_from_the_depot():
    group = Group(0, [np.array([1, 2, 3])], np.array([1]), [np.array([2, 3])])
    onward = group.answered(np.array([6, 5, -1]))  # to customer 3, then via the depot to 2
    assert [each.tolist() for each in onward] == [[1, 3], [2]]
    home = group.answered(np.array([7, 4, -1]))
    assert [each.tolist() for each in home] == [[1], [3, 2]]


@pytest.mark.parametrize("cut_open", [0.0, 1.0])
def test_routes_are_replaced_only_by_shorter_ones_and_serve_all_customers(cut_open, monkeypatch):
    monkeypatch.setattr(route_subproblems, "ROUNDS_CUT_OPEN", cut_open)
    instance = CVRPInstance("random", np.array([0, *[1, 2, 3] * 8]), 10, np.random.default_rng(1).random((25, 2)))
    agent = BQNCO(problem="CVRP", network=network_settings(width=16, layers=1, heads=2), seed=0)
    lengths = []
    for iterations in (0, 3, 30):
        found = agent.solve(instance, "reconstruct", iterations=iterations, temperature=1.0, seed=1)
        lengths.append(instance.objective(found.solutions[0]))  # an invalid solution raises an error
        assert lengths[-1] == pytest.approx(found.objective[0], rel=1e-12)
    assert lengths[0] > lengths[1] > lengths[2]
