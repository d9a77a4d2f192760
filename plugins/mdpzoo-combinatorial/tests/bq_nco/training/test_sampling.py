import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.examples import draw
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, make_labels
from mdpzoo_combinatorial.bq_nco.training.sampling import prepare

SIZE = 8


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def labels():
    return {name: make_labels(name, 30, SIZE, seed=5, iterations=200) for name in PROBLEMS}


def drawn(labels, name, seed=0, times=25):
    generator, source = seeded(seed), [prepare(labels[name])]
    return [draw(source, 60, generator) for _ in range(times)]


@pytest.mark.parametrize("name", PROBLEMS)
def test_labels_are_shares_of_legal_actions(labels, name):
    problem = PROBLEMS[name]
    for examples in drawn(labels, name):
        legal = problem.legal(examples.batch, examples.left).flatten(1)
        torch.testing.assert_close(examples.best.sum(1), torch.ones(len(legal)))
        assert not (examples.best > 0)[~legal].any()


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_same_seed_draws_the_same_states(labels, name):
    for one, two in zip(drawn(labels, name, 3), drawn(labels, name, 3), strict=True):
        assert torch.equal(one.best, two.best)
        assert torch.equal(one.left.node, two.left.node)


@pytest.mark.parametrize("name", PROBLEMS)
def test_parts_of_a_batch_are_the_batch(labels, name):
    for examples in drawn(labels, name, times=5):
        parts = [examples.part(index, 2) for index in range(2)]
        assert sum(len(part.best) for part in parts) == len(examples.best)
        for index, part in enumerate(parts):
            torch.testing.assert_close(part.best, examples.best[index::2])
            torch.testing.assert_close(part.batch.numbers, examples.batch.numbers[index::2])


def search(problem, batch, left, worth):
    """The best of all continuations of one state."""
    legal = problem.legal(batch, left).flatten(1)[0].nonzero().flatten()
    if not len(legal):
        return worth(batch, left, None, None)
    found = []
    for action in legal:
        position, variant = (action // problem.action_variants).view(1), (action % problem.action_variants).view(1)
        after = problem.step(batch, left, position, variant)
        found.append(worth(batch, left, position, variant) + search(problem, batch, after, worth))
    return max(found)


def cost(problem):
    """What a choice brings, and what the end does (no choice)."""

    def far(batch, row, a, b):
        if batch.costs is not None:
            return float(batch.costs[row, a, b])
        return float((batch.coordinates[row, a] - batch.coordinates[row, b]).norm())

    def worth(batch, left, position, variant):
        row = int(left.row[0])
        if problem.maximise:
            return 0.0 if position is None else float(batch.numbers[row, left.node[0, position], 0])
        here, home = int(left.node[0, 0]), 0
        if position is None:
            return -far(batch, row, here, int(left.node[0, 1]))
        there = int(left.node[0, position])
        if problem.action_variants == 2 and int(variant) == 1:
            return -far(batch, row, here, home) - far(batch, row, home, there)
        return -far(batch, row, here, there)

    return worth


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_label_begins_an_optimal_rest_of_the_way(name):
    problem, worth = PROBLEMS[name], cost(PROBLEMS[name])
    labels = make_labels(name, 8, 5, seed=2, iterations=1_000)  # small enough that the search finds the optimum
    generator, source = seeded(1), [prepare(labels)]
    for _ in range(5):
        examples = draw(source, 12, generator)
        left = problem.prune(examples.batch, examples.left)
        for row in range(min(2, len(examples.best))):
            one = left.pick(torch.tensor([row]))
            best = search(problem, examples.batch, one, worth)
            nodes = examples.left.node[row]
            for action in (examples.best[row] > 0).nonzero().flatten():
                token, variant = nodes[action // problem.action_variants], (action % problem.action_variants).view(1)
                position = (one.node[0, problem.ends :] == token).nonzero().flatten()[:1] + problem.ends
                after = problem.step(examples.batch, one, position, variant)
                value = worth(examples.batch, one, position, variant) + search(problem, examples.batch, after, worth)
                assert value == pytest.approx(best, abs=1e-5)


def test_every_size_from_four_to_the_whole_tour_is_drawn(labels):
    lengths = [examples.left.node.shape[1] for examples in drawn(labels, "TSP", times=300)]
    # six sizes with equal chances: 300 draws miss one of them with a chance below 1e-20
    assert set(lengths) == set(range(4, SIZE + 2))


def test_a_closed_tour_has_two_labels_and_a_directed_one_has_one(labels):
    whole = [each for each in drawn(labels, "TSP", times=100) if each.left.node.shape[1] == SIZE + 1]
    assert all(((each.best > 0).sum(1) == 2).all() for each in whole)
    assert all(((each.best > 0).sum(1) == 1).all() for each in drawn(labels, "ATSP"))


def test_costs_are_transposed_with_the_direction(labels):
    known = labels["ATSP"].batch.costs
    for examples in drawn(labels, "ATSP", times=10):
        for costs in examples.batch.costs:
            turned = (known == costs.T).flatten(1).all(1).any()
            assert turned or (known == costs).flatten(1).all(1).any()


def test_all_eight_symmetries_of_the_square_are_drawn(labels):
    one = labels["TSP"].rows(slice(0, 1))
    seen = {
        tuple(place.tolist()) for each in drawn({"TSP": one}, "TSP", times=60) for place in each.batch.coordinates[:, 0]
    }
    assert len({tuple(round(x, 4) for x in place) for place in seen}) == 8


def test_the_fullest_vehicle_goes_first():
    batch = batch_of(generate("CVRP", 1, 4, 0))
    numbers = torch.tensor([[[0.0], [3.0], [9.0], [4.0], [8.0]]], dtype=torch.float64)
    sequence = torch.tensor([[2 * 1, 2 * 3, 2 * 2 + 1, 2 * 4]])  # routes (1, 3) with 7 and (2, 4) with 17
    prepared = prepare(Labels("CVRP", type(batch)(**{**vars(batch), "numbers": numbers}), sequence))
    assert prepared.sequence.tolist() == [[2, 4, 1, 3]]
    assert prepared.first.tolist() == [[0, 0, 2, 2]]
    assert prepared.last.tolist() == [[1, 1, 3, 3]]
