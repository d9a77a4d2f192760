"""Local search behind decodings: never worse, within the rules, and pieces that keep their ends and their tokens."""

from itertools import permutations

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial import ATSPInstance, TSPInstance, generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search.construction import construct
from mdpzoo_combinatorial.bq_nco.search.solving import pose, task_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS as RECORDS
from mdpzoo_combinatorial.problems import resolve

SMALL = network_settings(width=32, layers=2, heads=2)
SEARCHED = [name for name, record in RECORDS.items() if record.learning.descent is not None]


@pytest.fixture(scope="module")
def agents():
    return {problem: BQNCO(problem=problem, network=SMALL, seed=2) for problem in PROBLEMS}


def task(agent, given):
    posed, seeds = pose(agent.problem, given), np.random.SeedSequence(0)
    return task_of(agent.problem, agent.policy.network, True, posed, seeds, Budget())


def gain(problem, after, before):
    return after - before if PROBLEMS[problem].maximise else before - after


@pytest.mark.parametrize("decoding", ["greedy", "symmetric", "sample", "beam"])
@pytest.mark.parametrize("problem", SEARCHED)
def test_a_descent_gains_and_keeps_the_rules(agents, problem, decoding):
    given = generate(problem, 6, 20, 4)
    plain = agents[problem].solve(given, decoding, seed=1)
    found = agents[problem].solve(given, decoding, seed=1, descent=True)
    gained = gain(problem, found.objective, plain.objective)
    assert (gained >= -1e-9).all()
    assert gained.max() > 0.0
    own = [each.objective(solution) for each, solution in zip(given, found.solutions, strict=True)]  # raises if illegal
    np.testing.assert_allclose(own, found.objective)


def test_a_problem_without_local_search_is_decoded_as_ever(agents):
    given = generate("Knapsack", 3, 20, 4)
    plain, found = (agents["Knapsack"].solve(given, "beam", descent=each) for each in (False, True))
    assert (plain.sequence == found.sequence).all()


@pytest.mark.parametrize("problem", SEARCHED)
def test_reconstruction_with_a_descent_never_makes_a_solution_worse(agents, problem):
    given = generate(problem, 3, 20, 4)
    found = [agents[problem].solve(given, "reconstruct", iterations=k, seed=1, descent=True) for k in (0, 1, 2, 5)]
    for before, after in zip(found, found[1:], strict=False):
        assert (gain(problem, after.objective, before.objective) >= -1e-9).all()
    again = agents[problem].solve(given, "reconstruct", iterations=5, seed=1, descent=True)
    assert (again.sequence == found[-1].sequence).all()


@pytest.mark.parametrize("problem", SEARCHED)
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_smallest_instances_are_solved(agents, problem, size):
    given = generate(problem, 2, size, 4)
    found = agents[problem].solve(given, "reconstruct", iterations=2, descent=True)
    plain = agents[problem].solve(given, "greedy")
    assert (gain(problem, found.objective, plain.objective) >= -1e-9).all()


@pytest.mark.parametrize("problem", ["TSP", "ATSP"])
def test_paths_keep_their_ends_and_get_no_longer(agents, problem):
    given = generate(problem, 2, 20, 4)
    asked = task(agents[problem], given)
    descent = resolve(RECORDS[problem].learning.descent)(asked)
    pieces = resolve(RECORDS[problem].learning.subproblems)(asked)
    pieces.begin(torch.arange(1, 20).repeat(2, 1))
    left = pieces.cut(9)
    answers = torch.stack((left.node[:, 2:], left.node[:, 2:].flip(1)))
    better = descent.subproblems(left, answers)
    assert torch.equal(better.sort(2).values, answers.sort(2).values)
    before, after = (
        asked.lengths(left.row.repeat(2), torch.cat((ends[:, :1], each.flatten(0, 1), ends[:, 1:]), 1))
        for ends in (left.node[:, :2].repeat(2, 1),)
        for each in (answers, better)
    )
    assert (after <= before + 1e-9).all()
    assert (after < before - 1e-3).float().mean() > 0.5


def test_pieces_of_routes_keep_their_customers_and_their_load(agents):
    given = generate("CVRP", 2, 30, 4)
    asked = task(agents["CVRP"], given)
    descent = resolve(RECORDS["CVRP"].learning.descent)(asked)
    pieces = resolve(RECORDS["CVRP"].learning.subproblems)(asked)
    with torch.inference_mode():
        pieces.begin(construct(asked.chooser(0), asked.batch, asked.problem.start(asked.batch)).actions)
        left = pieces.cut(15)
        answers = construct(asked.chooser(0), asked.batch, left).actions.unsqueeze(0)
        better = descent.subproblems(left, answers)
    assert not torch.equal(better, answers)
    assert torch.equal((better // 2).sort(2).values, (answers // 2).sort(2).values)
    demands = asked.batch.numbers[left.row, :, 0]
    for each, row, wanted in zip(better[0].tolist(), left.row.tolist(), demands.tolist(), strict=True):
        load, most = 0.0, 0.0
        for action in each:
            if action >= 0:
                load = wanted[action // 2] + (0.0 if action % 2 else load)
                most = max(most, load)
        assert most <= asked.batch.resource[row]


def test_costs_known_alone_are_searched_both_ways():
    points = np.random.default_rng(5).random((8, 2))
    costs = np.linalg.norm(points[:, None] - points, axis=2)
    agent = BQNCO(problem="ATSP", network=SMALL, seed=2)
    uneven = costs * np.random.default_rng(6).uniform(0.5, 1.5, costs.shape)
    for instance in (TSPInstance("even", edge_weight_type="EXPLICIT", matrix=costs), ATSPInstance("uneven", uneven)):
        found = agent.solve(instance, "reconstruct", iterations=20, descent=True)
        assert found.objective[0] == pytest.approx(
            min(instance.objective([0, *order]) for order in permutations(range(1, 8)))
        )


def test_when_the_time_is_up_one_first_solution_is_settled_and_no_more(agents):
    asked = task(agents["TSP"], generate("TSP", 2, 20, 4))
    asked.budget.stop()
    descent = resolve(RECORDS["TSP"].learning.descent)(asked)
    actions = torch.arange(1, 20).repeat(2, 1)
    found = descent(actions)
    assert asked.objective(found)[0] > asked.objective(actions)[0]
    assert torch.equal(found[1], actions[1])
    assert torch.equal(descent(actions), actions)
