"""Groups of routes that are solved again."""

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search.route_subproblems import RouteSubproblems
from mdpzoo_combinatorial.bq_nco.search.solving import pose, task_of
from mdpzoo_combinatorial.instances import CVRPInstance
from mdpzoo_combinatorial.local_search.budget import Budget


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
def test_groups_of_routes_are_as_large_as_the_size_allows(size, groups):
    places = np.random.default_rng(0).random((9, 2))
    given = CVRPInstance("pairs", np.array([0] + 8 * [1]), 2, places)
    agent = BQNCO(problem="CVRP", network=network_settings(width=16, layers=1, heads=2), seed=0)
    for seed in range(20):  # by distance and by angle
        posed = pose(agent.problem, given)
        task = task_of(agent.problem, agent.policy.network, True, posed, np.random.SeedSequence(seed), Budget())
        subproblems = RouteSubproblems(task)
        subproblems.cuts = lambda: 1
        subproblems.begin(torch.tensor([[2, 4, 7, 8, 11, 12, 15, 16]]))  # customers 1 and 2, 3 and 4, ...
        left = subproblems.cut(size)
        counts = [left.node.shape[1] - 2] * len(left.row) if left.count is None else left.count.tolist()
        assert sorted(counts) == groups, seed
