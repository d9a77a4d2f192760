"""Optimal orders of the last nodes of tours."""

from itertools import permutations

import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.endgames import paths
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder


def untrained(problem):
    return BQNCO(problem=problem, network=network_settings(width=16, layers=1, heads=2), seed=0)


def length(instance, path):
    return float(instance.distance(np.array(path[:-1]), np.array(path[1:])).sum())


@pytest.mark.parametrize("name", ["TSP", "ATSP"])
def test_paths_are_the_cheapest_of_all_orders(name):
    instances = generate(name, 6, 9, 3)
    node = torch.tensor([[3, 5, 1, 0, 2, 8, 7, 6], [0, 0, 4, 2, 6, 1, 3, 5], [7, 1, 8, 2, 4, 0, 0, 0]]).repeat(2, 1)
    count = torch.tensor([6, 6, 3]).repeat(2)
    left = Remainder(torch.arange(6), node, count, torch.zeros(6))
    found = paths(batch_of(instances, exact=False), left)
    for instance, tokens, many, order in zip(instances, node.tolist(), count.tolist(), found.tolist(), strict=True):
        ends, rest = tokens[:2], tokens[2 : 2 + many]
        least = min(length(instance, [ends[0], *each, ends[1]]) for each in permutations(rest))
        assert order[many:] == [-1] * (6 - many)
        assert sorted(order[:many]) == sorted(rest)
        assert length(instance, [ends[0], *order[:many], ends[1]]) == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("name", ["TSP", "ATSP"])
def test_small_instances_are_solved_without_the_network(name):
    problem, instances = PROBLEMS[name], generate(name, 3, 7, 4)
    batch = batch_of(instances, exact=False)
    built = construct(Chooser(problem, None, True, endgame=6), batch, problem.start(batch))
    for instance, actions in zip(instances, built.actions.tolist(), strict=True):
        least = min(length(instance, [0, *each, 0]) for each in permutations(range(1, 7)))
        assert length(instance, [0, *actions, 0]) == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("decoding", ["greedy", "symmetric", "beam"])
@pytest.mark.parametrize("name", ["TSP", "ATSP"])
def test_an_optimal_end_makes_no_tour_longer(name, decoding):
    agent, instances = untrained(name), generate(name, 4, 30, 5)
    network, better = (agent.solve(instances, decoding, endgame=each).objective for each in (0, 9))
    assert (better <= network * (1 + 1e-6)).all()
    assert better.sum() < 0.99 * network.sum()


def test_each_state_ends_when_few_nodes_are_left():
    agent, instances = untrained("TSP"), generate("TSP", 2, 20, 6)
    batch, problem = batch_of(instances, exact=False), agent.problem
    chooser = Chooser(problem, agent.policy.network, True, endgame=5)
    node = torch.tensor([[0, 0, *range(1, 16)], [4, 9, 1, 2, 3, 5, 6, 7, *[0] * 9]])
    left = Remainder(torch.arange(2), node, torch.tensor([15, 6]), torch.zeros(2))
    together = construct(chooser, batch, left).actions
    for row, count in enumerate((15, 6)):
        one = Remainder(torch.tensor([row]), node[row : row + 1, : 2 + count], None, torch.zeros(1))
        alone = construct(chooser, batch, one).actions
        assert together[row, :count].tolist() == alone[0].tolist()
        assert (together[row, count:] == -1).all()


@pytest.mark.parametrize("wrong", [-1, 13, True, 2.0])
def test_numbers_of_last_nodes_out_of_range_are_errors(wrong):
    with pytest.raises(SettingError, match="endgame must be"):
        untrained("TSP").solve(generate("TSP", 1, 6, 0), "greedy", endgame=wrong)


def test_networks_with_the_features_of_the_paper_make_all_choices(monkeypatch):
    called = []

    def counted(batch, left):
        called.append(len(left.row))
        return paths(batch, left)

    monkeypatch.setattr("mdpzoo_combinatorial.bq_nco.search.endgames.paths", counted)
    instances = generate("TSP", 2, 12, 7)
    for relative in (False, True):
        settings = network_settings(width=16, layers=1, heads=2, relative=relative)
        BQNCO(problem="TSP", network=settings, seed=0).solve(instances, "greedy")
        assert called == relative * [2]
