"""Decodings of all five problems: whole answers, the instances' own objectives, limits of time, options."""

import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.bq_nco import BQNCO, shipped_for
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.decodings import DECODINGS
from mdpzoo_combinatorial.bq_nco.search.nearness import cheapest
from mdpzoo_combinatorial.bq_nco.search.solving import distance_of, pose
from mdpzoo_combinatorial.bq_nco.search.symmetries import isometry
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, KnapsackInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

SMALL = network_settings(width=32, layers=2, heads=2)
POINTS = np.array([[0.0, 0.0], [0.0, 1.4], [1.4, 1.4], [1.4, 0.0], [0.7, 2.0]])


@pytest.fixture(scope="module")
def agents():
    return {problem: BQNCO(problem=problem, network=SMALL, seed=2) for problem in PROBLEMS}


@pytest.fixture(scope="module")
def instances():
    return {problem: generate(problem, 3, 12, 7) for problem in PROBLEMS}


def hold(found, instances):
    """Holds an answer to be one of these instances, by their own rules."""
    objectives = [each.objective(answer) for each, answer in zip(instances, found.solutions, strict=True)]
    assert found.objective.tolist() == objectives
    assert found.sequence.dtype == np.int64


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_decoding_gives_whole_answers_with_their_own_objectives(agents, instances, problem, decoding):
    found = agents[problem].solve(instances[problem], decoding)
    hold(found, instances[problem])
    assert found.complete
    assert (found.decoding, found.problem) == (decoding, problem)


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_one_seed_gives_one_answer(agents, instances, problem, decoding):
    one, two = (agents[problem].solve(instances[problem], decoding, seed=5) for _ in range(2))
    assert (one.sequence == two.sequence).all()


def test_tours_known_by_their_costs_are_solved_by_the_agent_of_asymmetric_ones(agents, instances):
    placed = instances["TSP"]
    known = [TSPInstance(f"costs-{k}", None, "EXPLICIT", each.distance_matrix()) for k, each in enumerate(placed)]
    hold(agents["ATSP"].solve(known, "reconstruct", iterations=3), known)
    assert [shipped_for(each) for each in (known[0], placed[0], instances["OP"][0])] == ["atsp", "tsp", "op"]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_smallest_instances_are_solved(agents, problem, size):
    given = generate(problem, 2, size, 1)
    for decoding in DECODINGS:
        hold(agents[problem].solve(given, decoding), given)


@pytest.mark.parametrize("decoding", ["greedy", "symmetric", "beam"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_draws_nothing_does_not_depend_on_what_else_is_solved(agents, instances, problem, decoding):
    together = agents[problem].solve(instances[problem], decoding)
    alone = agents[problem].solve(instances[problem][1], decoding, seed=9)
    assert alone.solutions[0] == together.solutions[1]


def test_sequences_are_what_they_are_documented_to_be(agents, instances):
    tours = agents["TSP"].solve(instances["TSP"]).sequence
    assert (np.sort(tours, 1) == np.arange(12)).all()
    assert (tours[:, 0] == 0).all()
    routes = agents["CVRP"].solve(instances["CVRP"])
    for row, listed in zip(routes.sequence, routes.solutions, strict=True):
        assert np.concatenate(listed).tolist() == row[row > 0].tolist()
        assert row[0] > 0
    visits = agents["OP"].solve(instances["OP"]).sequence
    assert (visits[:, 0] == 0).all()
    assert ((visits > 0).sum(1) + (visits < 0).sum(1) + 1 == visits.shape[1]).all()
    items = agents["Knapsack"].solve(instances["Knapsack"]).sequence
    for row in items:
        taken = row[row >= 0]
        assert (np.diff(taken) > 0).all()
        assert (row[len(taken) :] == -1).all()


def test_arrays_and_instances_are_solved_alike(agents, instances):
    array = np.stack([each.coordinates for each in instances["TSP"]])
    as_array, as_objects = (agents["TSP"].solve(given, "beam", width=3) for given in (array, instances["TSP"]))
    assert (as_array.sequence == as_objects.sequence).all()
    np.testing.assert_allclose(as_array.objective, as_objects.objective, rtol=1e-12)
    costs = np.stack([each.matrix for each in instances["ATSP"]])
    as_array, as_objects = (agents["ATSP"].solve(given) for given in (costs, instances["ATSP"]))
    assert (as_array.sequence == as_objects.sequence).all()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_best_of_the_views_is_no_worse_than_greedy(agents, instances, problem):
    symmetric, greedy = (
        agents[problem].solve(instances[problem], each, endgame=0).objective for each in ("symmetric", "greedy")
    )
    sign = 1 if PROBLEMS[problem].maximise else -1
    assert (sign * symmetric >= sign * greedy - 1e-12).all()
    assert problem == "Knapsack" or (symmetric != greedy).any()


def test_the_eight_isometries_are_distinct_and_the_first_changes_nothing():
    place = torch.tensor([1.0, 2.0])
    images = [tuple(isometry(place, index).tolist()) for index in range(8)]
    assert images[0] == (1.0, 2.0)
    assert len(set(images)) == 8


@pytest.mark.parametrize("problem", PROBLEMS)
def test_with_one_neighbour_the_cheap_rule_decides(agents, instances, problem):
    """As it does once the time is up; CVRP's network still says by which variant, OP's sees a node by its prize."""
    by_rule = agents[problem].solve(instances[problem], "greedy", seconds=1e-9)
    assert not by_rule.complete
    if problem != "CVRP":
        one = agents[problem].solve(instances[problem], "greedy", neighbours=1)
        assert (one.sequence == by_rule.sequence).all()


@pytest.mark.parametrize("neighbours", [1, 2, 5, 0, None])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_any_number_of_neighbours_leaves_a_choice_open(agents, instances, problem, neighbours):
    for decoding in ("greedy", "sample", "beam"):
        hold(agents[problem].solve(instances[problem], decoding, neighbours=neighbours), instances[problem])


def test_the_cheap_rule_goes_by_the_depot_only_where_nothing_fits(agents, instances):
    batch = batch_of(instances["CVRP"])
    left = PROBLEMS["CVRP"].start(batch)
    left = PROBLEMS["CVRP"].step(batch, left, torch.full((3,), 4), torch.zeros(3, dtype=torch.int64))
    empty = left._replace(resource=torch.zeros_like(left.resource))
    assert (cheapest(PROBLEMS["CVRP"], batch, left).argmax(1) % 2 == 0).all()
    assert (cheapest(PROBLEMS["CVRP"], batch, empty).argmax(1) % 2 == 1).all()


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_deadline_that_has_passed_still_gives_a_whole_answer_and_says_so(agents, problem, decoding):
    given = generate(problem, 2, 60, 1)
    found = agents[problem].solve(given, decoding, seconds=1e-9)
    assert not found.complete
    hold(found, given)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_search_that_is_stopped_ends_with_the_best_so_far(agents, instances, problem):
    told = []

    def report(rounds, objective):
        told.append((rounds, objective))
        if rounds == 5:
            budget.stop()

    budget = Budget(None, report)
    found = agents[problem].solve(instances[problem], "reconstruct", budget=budget, iterations=1000, start="greedy")
    assert found.rounds == 5
    assert [rounds for rounds, _ in told] == [1, 1, 2, 3, 4, 5]  # greedy tells once, too
    assert told[-1][1] == pytest.approx(found.objective.mean())
    hold(found, instances[problem])


def test_construction_shows_the_network_every_size_once(agents, instances):
    seen, batch, problem = [], batch_of(instances["TSP"]), PROBLEMS["TSP"]

    def network(tokens):
        seen.append(tokens.features.shape[1])
        return agents["TSP"].policy.network(tokens)

    built = construct(Chooser(problem, network, True), batch, problem.start(batch))
    assert seen == list(range(13, 3, -1))  # 12 nodes and the first again; with one left there is nothing to choose
    assert built.complete
    assert (built.actions.sort(1).values == torch.arange(1, 12)).all()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_states_on_the_way_are_completed_like_whole_instances(agents, instances, problem):
    kind, batch = PROBLEMS[problem], batch_of(instances[problem])
    chooser = Chooser(kind, agents[problem].policy.network, True)
    start = kind.start(batch)
    whole = construct(chooser, batch, start).actions
    chosen = (start.node == (whole[:, :1] // kind.action_variants)).int()
    chosen[:, : kind.ends] = 0
    after = kind.step(batch, start, chosen.argmax(1), whole[:, 0] % kind.action_variants)
    rest = construct(chooser, batch, after).actions
    most = min(rest.shape[1], whole.shape[1] - 1)
    assert (rest[:, :most] == whole[:, 1 : most + 1]).all()


def test_searching_leaves_the_global_random_state_alone(agents, instances):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for decoding in ("sample", "beam", "reconstruct"):
        agents["OP"].solve(instances["OP"], decoding)
    assert torch.equal(torch.get_rng_state(), before)


def test_cold_samples_are_greedy(agents, instances):
    cold = agents["ATSP"].solve(instances["ATSP"], "sample", samples=2, temperature=1e-6)
    assert (cold.sequence == agents["ATSP"].solve(instances["ATSP"]).sequence).all()


def test_more_samples_are_drawn_than_fit_one_batch(agents, instances):
    assert agents["Knapsack"].solve(instances["Knapsack"], "sample", samples=50).rounds == 50


@pytest.mark.parametrize(
    "instance",
    [
        TSPInstance("square", POINTS, "EUC_2D"),  # rounds to the nearest
        TSPInstance("square", POINTS, "CEIL_2D"),  # rounds up
        CVRPInstance("square", np.array([0, 2, 2, 1, 3]), 4, POINTS, "EUC_2D"),
        OPInstance("square", np.array([0.0, 1.0, 2.0, 1.0, 3.0]), 5.0, POINTS, "EUC_2D"),  # no tolerance
        ATSPInstance("matrix", np.array([[0, 1, 5], [5, 0, 1], [1, 5, 0]], np.float64)),
        KnapsackInstance("fractions", np.array([1.5, 2.0, 2.5]), np.array([0.1, 0.2, 0.3]), 0.3),
    ],
    ids=lambda instance: f"{instance.problem}-{instance.name}",
)
@pytest.mark.parametrize("decoding", DECODINGS)
def test_the_objective_follows_the_rounding_of_the_file(agents, instance, decoding):
    hold(agents[instance.problem].solve(instance, decoding), [instance])


def test_distances_of_one_large_instance_are_computed_as_they_are_asked_for():
    nodes = np.random.default_rng(0).random((6000, 2)) * 100
    instance = TSPInstance("large", nodes, "EUC_2D")
    distance = distance_of(PROBLEMS["TSP"], pose(PROBLEMS["TSP"], instance), torch.device("cpu"))
    i, j = torch.tensor([[0, 1]]), torch.tensor([[5999, 1]])
    assert distance(torch.tensor([[0]]), i, j).tolist() == [[instance.distance(0, 5999).item(), 0.0]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"decoding": "gready"}, "Did you mean 'greedy'"),  # a slip of the finger
        ({"decoding": "sample", "sample": 3}, "Did you mean 'samples'"),  # an option of another name
        ({"decoding": "greedy", "iterations": 3}, "unknown option 'iterations'"),  # an option of another decoding
        ({"decoding": "greedy", "neighbours": -1}, "at least 0"),  # fewer than none
        ({"decoding": "sample", "samples": 0}, "at least 1"),  # nothing would be left
        ({"decoding": "sample", "temperature": 0}, "positive"),  # greedy has a name of its own
        ({"decoding": "beam", "width": 0}, "at least 1"),  # likewise
        ({"decoding": "beam", "merge": 1}, "True or False"),  # a number is no answer
        ({"decoding": "reconstruct", "largest": 3}, "at least 4"),  # a piece without a choice
        ({"decoding": "reconstruct", "symmetries": 0}, "at least 1"),  # not seen at all
        ({"decoding": "reconstruct", "temperature": -1.0}, "at least 0"),  # nothing is colder than greedy
        ({"decoding": "reconstruct", "start": "nearest"}, "start must be one of greedy"),  # no decoding
        ({"decoding": "greedy", "seconds": -1.0}, "positive"),  # time runs forwards
        ({"decoding": "greedy", "seed": -1}, "seed"),  # seeds count from 0
    ],
)
def test_an_unknown_or_impossible_option_is_one_sentence(agents, instances, call, said):
    with pytest.raises(SettingError, match=said) as error:
        agents["TSP"].solve(instances["TSP"], **call)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("problem", "given"),
    [
        ("TSP", np.zeros((3, 2))),  # one axis short
        ("TSP", np.zeros((1, 4, 3))),  # three dimensions
        ("TSP", np.full((1, 4, 2), np.nan)),  # no place at all
        ("TSP", np.full((1, 4, 2), [0.0, 1e15])),  # too far away
        ("TSP", np.zeros((0, 4, 2))),  # nothing to solve
        ("TSP", []),  # likewise
        ("TSP", "berlin52"),  # a name
        ("TSP", [generate("TSP", 1, 5, 0)[0], generate("TSP", 1, 6, 0)[0]]),  # two sizes
        ("TSP", [generate("TSP", 1, 5, 0)[0], generate("ATSP", 1, 5, 0)[0]]),  # two problems
        ("CVRP", generate("TSP", 1, 5, 0)[0]),  # another problem
        ("CVRP", np.zeros((1, 4, 2))),  # what are the demands?
        ("ATSP", np.zeros((1, 4, 3))),  # no square
        ("ATSP", np.full((1, 4, 4), np.nan)),  # no cost at all
        ("ATSP", np.ones((1, 4, 4))),  # a cost of staying
    ],
)
def test_what_is_no_batch_of_instances_is_one_sentence(agents, problem, given):
    with pytest.raises(InstanceError) as error:
        agents[problem].solve(given, "greedy")
    assert "\n" not in str(error.value)


def test_the_shipped_checkpoint_comes_within_three_percent_of_berlin52(data):
    instance = read_instance(data / "tsplib" / "berlin52.tsp")
    found = BQNCO.load("tsp").solve(instance, "reconstruct", seed=0, iterations=30)
    assert found.objective[0] <= 1.03 * 7542  # the optimum
