"""Random re-construction of all five problems: never worse, always within the rules, pieces that fit their places."""

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search import route_subproblems
from mdpzoo_combinatorial.bq_nco.search.construction import construct
from mdpzoo_combinatorial.bq_nco.search.solving import pose, task_of
from mdpzoo_combinatorial.bq_nco.search.symmetries import all_symmetries, number_of_symmetries
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS as RECORDS
from mdpzoo_combinatorial.problems import resolve

SMALL = network_settings(width=32, layers=2, heads=2)


@pytest.fixture(scope="module")
def agents():
    return {problem: BQNCO(problem=problem, network=SMALL, seed=2) for problem in PROBLEMS}


def task(agent, given, seed=0):
    posed, seeds = pose(agent.problem, given), np.random.SeedSequence(seed)
    return task_of(agent.problem, agent.policy.network, True, posed, seeds, Budget())


def loss(problem, objective):
    return -objective if PROBLEMS[problem].maximise else objective


@pytest.mark.parametrize("options", [{}, {"temperature": 1.0}, {"symmetries": 8}, {"largest": 4}, {"neighbours": 3}])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_reconstruction_never_makes_a_solution_worse(agents, problem, options):
    given = generate(problem, 3, 20, 4)
    rounds = (0, 1, 2, 5, 10)
    found = [agents[problem].solve(given, "reconstruct", iterations=k, seed=1, **options) for k in rounds]
    assert [each.rounds for each in found] == list(rounds)
    losses = [loss(problem, each.objective) for each in found]
    for before, after in zip(losses, losses[1:], strict=False):
        assert (after <= before + 1e-9).all()
    assert (losses[-1] < losses[0]).any()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_without_rounds_the_start_is_the_answer(agents, problem):
    given = generate(problem, 3, 20, 4)
    for start in ("greedy", "symmetric", "sample"):
        found = agents[problem].solve(given, "reconstruct", iterations=0, start=start, seed=3)
        assert (found.sequence == agents[problem].solve(given, start, seed=3).sequence).all()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_start_by_a_beam_is_the_better_of_greedy_and_a_beam(agents, problem):
    given = generate(problem, 8, 20, 4)
    found = agents[problem].solve(given, "reconstruct", iterations=0, start="beam")
    greedy = agents[problem].solve(given, "greedy")
    beam = agents[problem].solve(given, "beam", width=4)
    best = np.minimum(loss(problem, greedy.objective), loss(problem, beam.objective))
    np.testing.assert_allclose(loss(problem, found.objective), best)


@pytest.mark.parametrize("size", [4, 9, 20])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_mending_a_round_of_pieces_never_makes_a_solution_worse(agents, problem, size):
    given = generate(problem, 3, 20, 4)
    asked = task(agents[problem], given)
    chooser = asked.chooser(0)
    with torch.inference_mode():
        actions = construct(chooser, asked.batch, asked.problem.start(asked.batch)).actions
        pieces = resolve(RECORDS[problem].learning.subproblems)(asked)
        pieces.begin(actions)
        worth = asked.objective(pieces.actions())
        torch.testing.assert_close(worth, asked.objective(actions), rtol=1e-12, atol=0)
        for _ in range(5):
            left = pieces.cut(size)
            built = construct(chooser, asked.batch, left)
            pieces.mend(built.actions.unsqueeze(0))
            after = asked.objective(pieces.actions())
            assert (after >= worth - 1e-9).all()
            worth = after


@pytest.mark.parametrize("problem", ["TSP", "ATSP"])
def test_pieces_of_a_round_are_disjoint_and_keep_their_order(agents, problem):
    asked = task(agents[problem], generate(problem, 2, 20, 4))
    pieces = resolve(RECORDS[problem].learning.subproblems)(asked)
    pieces.begin(torch.arange(1, 20).repeat(2, 1))
    left = pieces.cut(6)
    assert len(left.row) == 6 * pieces.cuts()  # three of 20 // 6 for each of two
    left = left.pick(torch.arange(6))
    for row in range(2):
        nodes = left.node[left.row == row].flatten().tolist()
        assert len(set(nodes)) == len(nodes)
    whole = torch.cat((left.node[:, :1], left.node[:, 2:], left.node[:, 1:2]), 1)
    assert ((whole[:, 1:] - whole[:, :-1]) % 20 == 1).all()


def test_pieces_of_routes_are_whole_routes_that_share_no_customer(agents, monkeypatch):
    monkeypatch.setattr(route_subproblems, "ROUNDS_CUT_OPEN", 0.0)
    asked = task(agents["CVRP"], generate("CVRP", 2, 30, 4))
    actions = construct(asked.chooser(0), asked.batch, asked.problem.start(asked.batch)).actions
    pieces = resolve(RECORDS["CVRP"].learning.subproblems)(asked)
    pieces.cuts = lambda: 1
    for _ in range(4):  # both ways of sharing routes out
        pieces.begin(actions)
        left = pieces.cut(10)
        assert (left.node[:, :2] == 0).all()
        assert (left.resource == asked.batch.resource[left.row]).all()
        for row in range(2):
            mine = left.pick((left.row == row).nonzero().squeeze(1))
            count = torch.full_like(mine.row, 28) if mine.count is None else mine.count
            served = [c for nodes, k in zip(mine.node.tolist(), count.tolist(), strict=True) for c in nodes[2 : 2 + k]]
            assert sorted(served) == list(range(1, 31))


def test_segments_get_what_the_rest_of_the_tour_leaves_of_the_limit(agents):
    given = generate("OP", 2, 20, 4)
    asked = task(agents["OP"], given)
    actions = construct(asked.chooser(0), asked.batch, asked.problem.start(asked.batch)).actions
    pieces = resolve(RECORDS["OP"].learning.subproblems)(asked)
    pieces.begin(actions)
    left = pieces.cut(0)  # nothing is freed: the slack between two neighbours, and the way between them
    for row, node, room in zip(left.row.tolist(), left.node.tolist(), left.resource.tolist(), strict=True):
        instance, tour = given[row], [0, *actions[row][actions[row] >= 0].tolist()]
        expected = instance.limit - instance.length(tour) + instance.distance(node[0], node[1])
        assert room == pytest.approx(float(expected))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_all_views_have_the_same_solutions(agents, problem):
    given = generate(problem, 2, 8, 4)
    batch = pose(PROBLEMS[problem], given).batch
    views = all_symmetries(PROBLEMS[problem], batch)
    assert len(views) == 2 * number_of_symmetries(PROBLEMS[problem])
    if batch.coordinates is not None:
        away = torch.cdist(batch.coordinates, batch.coordinates)
        again = torch.cdist(views.coordinates, views.coordinates).view(-1, *away.shape)
        torch.testing.assert_close(again, away.expand_as(again), rtol=0, atol=1e-5)
    if problem == "ATSP":
        assert torch.equal(views.costs[2:], batch.costs.transpose(1, 2))


@pytest.mark.parametrize("problem", ["TSP", "ATSP", "CVRP"])
def test_of_pieces_that_overlap_the_second_is_let_be_where_the_first_was_changed(agents, problem):
    given = generate(problem, 1, 12, 4)
    asked = task(agents[problem], given)
    actions = construct(asked.chooser(0), asked.batch, asked.problem.start(asked.batch)).actions
    pieces = resolve(RECORDS[problem].learning.subproblems)(asked)
    pieces.begin(actions)
    assert pieces.cuts() > 10
    for size in (5, 8, 12):
        left = pieces.cut(size)
        pieces.mend(construct(asked.chooser(2), asked.batch, left).actions.unsqueeze(0))
        tokens = pieces.actions() // asked.problem.action_variants
        assert sorted(tokens[0].tolist()) == list(range(1, asked.batch.size))
