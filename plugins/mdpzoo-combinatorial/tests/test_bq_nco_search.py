import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial import TSPInstance, generate, read_instance
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.construction import construct
from mdpzoo_combinatorial.bq_nco.network import PathNetworkSettings
from mdpzoo_combinatorial.bq_nco.search import isometry

DECODINGS = ["greedy", "symmetric", "sample", "reconstruct"]


@pytest.fixture(scope="module")
def agent():
    return BQNCO(network=PathNetworkSettings(width=32, layers=2, heads=2), seed=2)


@pytest.fixture(scope="module")
def instances():
    return generate("TSP", 3, 12, 7)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_every_decoding_gives_whole_tours_with_their_own_lengths(agent, instances, decoding):
    found = agent.solve(instances, decoding)
    assert (np.sort(found.sequence, 1) == np.arange(12)).all()
    assert (found.sequence[:, 0] == 0).all()
    assert found.sequence.dtype == np.int64
    assert found.complete
    assert found.decoding == decoding
    lengths = [each.objective(tour) for each, tour in zip(instances, found.sequence, strict=True)]
    np.testing.assert_allclose(found.objective, lengths, rtol=1e-12)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_one_seed_gives_one_answer(agent, instances, decoding):
    one, two = (agent.solve(instances, decoding, seed=5) for _ in range(2))
    assert (one.sequence == two.sequence).all()


def test_arrays_and_instances_are_solved_alike(agent, instances):
    array = np.stack([each.coordinates for each in instances])
    as_array, as_objects = agent.solve(array, "greedy"), agent.solve(instances, "greedy")
    assert (as_array.sequence == as_objects.sequence).all()
    one = agent.solve(instances[1], "greedy")
    assert (one.sequence[0] == as_objects.sequence[1]).all()


def test_reconstruction_never_lengthens_a_tour(agent, instances):
    lengths = [agent.solve(instances, "reconstruct", iterations=k, seed=1).objective for k in (0, 1, 3, 10, 30)]
    for before, after in zip(lengths, lengths[1:], strict=False):
        assert (after <= before + 1e-12).all()
    assert (lengths[-1] < lengths[0]).any()


def test_the_best_of_the_symmetries_is_no_worse_than_greedy(agent, instances):
    symmetric, greedy = (agent.solve(instances, each).objective for each in ("symmetric", "greedy"))
    assert (symmetric <= greedy).all()


def test_the_eight_isometries_are_distinct_and_the_first_changes_nothing():
    place = torch.tensor([1.0, 2.0])
    images = [tuple(isometry(place, index).tolist()) for index in range(8)]
    assert images[0] == (1.0, 2.0)
    assert len(set(images)) == 8


def test_with_one_neighbour_the_nearest_node_is_always_taken(agent, instances):
    places = np.stack([each.coordinates for each in instances])
    found = agent.solve(instances, "greedy", neighbours=1)
    for row, tour in enumerate(found.sequence):
        for step in range(11):
            left = tour[step + 1 :]
            gaps = np.linalg.norm(places[row, left] - places[row, tour[step]], axis=1)
            assert gaps[0] == pytest.approx(gaps.min())


def test_a_deadline_that_has_passed_still_gives_a_whole_tour_and_says_so(agent):
    instance = generate("TSP", 1, 300, 1)[0]
    found = agent.solve(instance, "reconstruct", seconds=1e-6)
    assert not found.complete
    assert (np.sort(found.sequence[0]) == np.arange(300)).all()


def test_a_time_limit_is_kept(agent, instances):
    found = agent.solve(instances, "reconstruct", seconds=0.3)
    assert 0.3 <= found.seconds < 0.8


def test_construction_shows_the_network_every_size_once(agent):
    seen = []

    def network(places):
        seen.append(places.shape[1])
        return agent.policy.network(places)

    order, complete = construct(network, torch.rand(4, 9, 2, generator=torch.Generator().manual_seed(0)))
    assert seen == [9, 8, 7, 6, 5, 4]  # with one node left there is nothing to choose
    assert complete
    assert (order[:, 0] == 0).all()
    assert (order[:, -1] == 8).all()


def test_sampling_leaves_the_global_random_state_alone(agent, instances):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    agent.solve(instances, "sample", samples=3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("decoding", DECODINGS)
def test_the_smallest_instances_are_solved(agent, size, decoding):
    found = agent.solve(generate("TSP", 2, size, 1), decoding)
    assert (np.sort(found.sequence, 1) == np.arange(size)).all()


def test_the_objective_follows_the_rounding_of_the_file(agent):
    points = np.array([[0.0, 0.0], [0.0, 1.4], [1.4, 1.4], [1.4, 0.0], [0.7, 2.0]])
    instance = TSPInstance("square", points, "EUC_2D")
    found = agent.solve(instance, "reconstruct", iterations=5)
    assert found.objective[0] == instance.objective(found.sequence[0])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"decoding": "gready"}, "Did you mean 'greedy'"),  # a slip of the finger
        ({"decoding": "sample", "sample": 3}, "Did you mean 'samples'"),  # an option of another name
        ({"decoding": "greedy", "iterations": 3}, "unknown option 'iterations'"),  # an option of another decoding
        ({"decoding": "sample", "samples": 0}, "at least 1"),  # no tour would be left
        ({"decoding": "reconstruct", "largest": 3}, "at least 4"),  # a piece without a choice
        ({"decoding": "greedy", "seconds": -1.0}, "positive"),  # time runs forwards
        ({"decoding": "greedy", "seed": -1}, "seed"),  # seeds count from 0
    ],
)
def test_an_unknown_or_impossible_option_is_one_sentence(agent, instances, call, said):
    with pytest.raises(SettingError, match=said) as error:
        agent.solve(instances, **call)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((3, 2)),  # one axis short
        np.zeros((1, 4, 3)),  # three dimensions
        np.full((1, 4, 2), np.nan),  # no place at all
        np.zeros((0, 4, 2)),  # nothing to solve
        [generate("TSP", 1, 5, 0)[0], generate("TSP", 1, 6, 0)[0]],  # two sizes
        "berlin52",  # a name
    ],
)
def test_what_is_no_batch_of_instances_is_refused(agent, given):
    with pytest.raises(InstanceError):
        agent.solve(given, "greedy")


def test_the_shipped_checkpoint_comes_within_three_percent_of_berlin52(data):
    found = BQNCO.load("tsp").solve(
        read_instance(data / "tsplib" / "berlin52.tsp"), "reconstruct", seed=0, iterations=30
    )
    assert found.objective[0] <= 1.03 * 7542  # the optimum
