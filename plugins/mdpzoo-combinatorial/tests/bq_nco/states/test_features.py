"""States and features of problems, by their definitions."""

import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import GEOMETRY, PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_complete_instance_begins_and_ends_at_token_0(name):
    problem = PROBLEMS[name]
    batch = batch_of(generate(name, 2, 6, 0))
    left = problem.start(batch)._replace(count=None)
    for nodes in left.node.tolist():
        assert nodes[: problem.ends] == [0] * problem.ends
        assert set(nodes[problem.ends :]) <= set(range(problem.ends // 2, batch.size))
    if not problem.shrinks:
        assert left.node.shape[1] == batch.size + problem.ends // 2


@pytest.mark.parametrize("name", [name for name, problem in PROBLEMS.items() if problem.paper])
def test_tokens_have_as_many_features_as_the_network_reads(name):
    problem, batch = PROBLEMS[name], batch_of(generate(name, 2, 6, 0))
    left = problem.start(batch)
    assert problem.tokens(batch, left).features.shape[2] == problem.features
    assert problem.tokens(batch, left, relative=False).features.shape[2] == problem.paper


def test_shares_of_costs_are_a_half_for_the_cheapest_token_of_each_row_and_column():
    problem, batch = PROBLEMS["ATSP"], batch_of(generate("ATSP", 2, 7, 3))
    left = Remainder(torch.arange(2), torch.arange(7).repeat(2, 1), None, torch.zeros(2))
    costs, back, share, share_back = problem.tokens(batch, left).edges[..., :4].unbind(3)
    torch.testing.assert_close(costs.transpose(1, 2), back)
    far = costs + torch.diag(torch.full((7,), torch.inf))
    torch.testing.assert_close(share, far.amin(2, keepdim=True) / (costs + far.amin(2, keepdim=True)))
    torch.testing.assert_close(share_back, far.amin(1, keepdim=True) / (costs + far.amin(1, keepdim=True)))


def test_probabilities_of_arcs_are_given_in_both_directions():
    problem, batch = PROBLEMS["ATSP"], batch_of(generate("ATSP", 2, 7, 3))
    tokens = problem.tokens(batch, problem.start(batch))
    forth, back = tokens.edges[..., 4:7], tokens.edges[..., 7:]
    torch.testing.assert_close(forth.transpose(1, 2), back)
    torch.testing.assert_close(tokens.features[:, :, 8:11], forth[:, 0])
    torch.testing.assert_close(tokens.features[:, :, 11:], forth[:, :, 1])


def test_a_limit_far_beyond_the_box_is_cut_at_a_hundred_sides():
    problem, batch = PROBLEMS["OP"], batch_of(generate("OP", 1, 6, 0))
    left = problem.start(batch)
    limits = []
    for sides in (3.0, 99.0, 100.0, 150.0):
        coordinates = batch.coordinates[0, left.node[0]]
        side = (coordinates.amax(0) - coordinates.amin(0)).max().double()
        resource = sides * side * batch.unit
        limits.append(problem.tokens(batch, left._replace(resource=resource)).features[0, :, GEOMETRY + 1])
    torch.testing.assert_close(torch.stack(limits).unique(dim=1)[:, 0], torch.tensor([3.0, 99.0, 100.0, 100.0]))


def test_costs_of_orienteering_are_read_from_the_matrix_if_there_is_one():
    problem = PROBLEMS["OP"]
    instance = generate("OP", 1, 5, 0)[0]
    by_places = batch_of([instance])
    by_costs = Batch(**{**vars(by_places), "costs": torch.from_numpy(instance.distance_matrix()).unsqueeze(0)})
    left = Remainder(torch.zeros(1, dtype=torch.int64), torch.tensor([[2, 0, 1, 3, 4]]), None, torch.ones(1).double())
    after = [problem.remaining_resource(each, left, torch.tensor([3]), None) for each in (by_places, by_costs)]
    torch.testing.assert_close(*after, atol=1e-6, rtol=0)
    assert float(after[1]) == pytest.approx(1.0 - float(instance.distance(2, 3)))


def test_items_are_described_by_their_rank_in_dantzigs_order():
    """Four items by value to weight, 3, 2, 1 and 1/2, of a capacity of 10: two of weight 4 fit, the third breaks."""
    problem = PROBLEMS["Knapsack"]
    numbers = torch.tensor([[[2.0, 4.0], [12.0, 4.0], [8.0, 4.0], [4.0, 4.0]]], dtype=torch.float64)
    batch = Batch(numbers, torch.tensor([10.0], dtype=torch.float64))
    features = problem.tokens(batch, problem.start(batch)).features[0]
    value, weight, share, before, ratio, filling, rest = features.T
    torch.testing.assert_close(value, torch.tensor([2.0, 12.0, 8.0, 4.0]) / 12)
    torch.testing.assert_close(weight, torch.ones(4))
    torch.testing.assert_close(share, torch.full((4,), 0.4))
    torch.testing.assert_close(before, torch.tensor([1.2, 0.0, 0.4, 0.8]))
    torch.testing.assert_close(ratio, torch.tensor([0.5, 3.0, 2.0, 1.0]).log())  # over that of the break item
    assert filling.tolist() == [0.0, 1.0, 1.0, 0.0]
    torch.testing.assert_close(rest, torch.full((4,), 0.2 - 0.4))  # what the filling items leave, less the item
