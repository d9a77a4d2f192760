"""The rules of all five problems: both forms, the map between them, real instances."""

import itertools
import math

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import read_instance
from mdpzoo_combinatorial.environments import atsp, cvrp, knapsack, orienteering, tsp
from mdpzoo_combinatorial.environments.exhaustive import check_bisimulation, explore
from mdpzoo_combinatorial.instances import (
    ATSPInstance,
    CVRPInstance,
    KnapsackInstance,
    OPInstance,
    TSPInstance,
    from_coordinates,
)

IDS = {
    "mdpzoo/TSP-v0": (tsp, tsp.build_tsp, "num_nodes"),
    "mdpzoo/ATSP-v0": (atsp, atsp.build_atsp, "num_nodes"),
    "mdpzoo/CVRP-v0": (cvrp, cvrp.build_cvrp, "num_customers"),
    "mdpzoo/OP-v0": (orienteering, orienteering.build_orienteering, "num_customers"),
    "mdpzoo/Knapsack-v0": (knapsack, knapsack.build_knapsack, "num_items"),
}
FORMS = ("direct", "bq")
POINTS = np.random.default_rng(5).integers(0, 60, (6, 2)).astype(float)
COSTS = np.random.default_rng(6).integers(1, 50, (6, 6)).astype(float) * (1 - np.eye(6))
INSTANCES = {  # of integers: rounded distances in the plane, an asymmetric matrix, tight capacities
    "mdpzoo/TSP-v0": TSPInstance("points", POINTS, "EUC_2D"),
    "mdpzoo/ATSP-v0": ATSPInstance("costs", COSTS),
    "mdpzoo/CVRP-v0": CVRPInstance("routes", [0, 4, 3, 5, 2, 4], 8, POINTS, "EUC_2D"),
    "mdpzoo/OP-v0": OPInstance("prizes", [1, 4, 3, 5, 2, 4], 120, POINTS, "EUC_2D"),
    "mdpzoo/Knapsack-v0": KnapsackInstance("items", [5, 4, 3, 6, 2, 1], [1, 2, 3, 4, 5, 6], 10),
}


def compiled(id, form, **settings):
    return IDS[id][1](form=form, **settings).compiled()


def draws(problem, rows=1, seed=0):
    return np.random.default_rng(seed).random((rows, problem.initial_draws))


def play(problem, state, action):
    rows = len(action)
    return problem.step(state, np.asarray(action), np.empty((rows, 0)), np.zeros(rows, bool))


def any_legal(mask, generator):
    """A legal action of every row; of a row without one, action 0."""
    return np.where(mask, generator.random(mask.shape), -1).argmax(1)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("id", IDS)
def test_the_map_between_the_forms_is_a_bisimulation_on_every_reachable_state(id, size):
    settings = {IDS[id][2]: size}
    direct, path = (compiled(id, form, **settings) for form in FORMS)
    found = check_bisimulation(direct, path, IDS[id][0].quotient, draws(direct, rows=4, seed=size))
    assert found["bq"] <= found["direct"]


@pytest.mark.parametrize("id", IDS)
def test_the_map_is_a_bisimulation_on_instances_of_integers(id):
    direct, path = (compiled(id, form, instance=INSTANCES[id]) for form in FORMS)
    check_bisimulation(direct, path, IDS[id][0].quotient, draws(direct))


def states_of(id, **settings):
    """How many states have a choice left, in both forms."""
    forms = [compiled(id, form, **settings) for form in FORMS]
    return [sum(len(level.parent) for level in explore(problem, draws(problem))) for problem in forms]


def test_six_nodes_have_as_many_states_as_the_theory_counts():
    # sum over k < 6 of 5!/(5 - k)! = 326 direct states and 1 + 5 * 2^4 = 81 paths; 120 (every order of five nodes) and
    # 5 (the last node, nothing left) of them are ends
    assert states_of("mdpzoo/TSP-v0", num_nodes=6) == [326 - 120, 81 - 5]


def test_six_items_have_as_many_states_as_there_are_orders_and_sets_that_fit():
    weights = range(1, 7)
    sets = [each for k in range(7) for each in itertools.combinations(weights, k) if sum(each) <= 10]
    orders = [math.factorial(len(each)) for each in sets]
    assert (sum(orders), len(sets)) == (119, 32)
    going = [any(w not in each and sum(each) + w <= 10 for w in weights) for each in sets]
    found = states_of("mdpzoo/Knapsack-v0", instance=INSTANCES["mdpzoo/Knapsack-v0"])
    assert found == [sum(itertools.compress(orders, going)), sum(going)]


def test_five_customers_have_as_many_states_as_the_theory_counts():
    instance = CVRPInstance("five", [0, 1, 2, 3, 4, 5], 10, POINTS, "EUC_2D")
    problem = compiled("mdpzoo/CVRP-v0", "direct", instance=instance)
    ends = sum((level.next_state < 0).sum() for level in explore(problem, draws(problem)))
    path = compiled("mdpzoo/CVRP-v0", "bq", instance=instance)
    levels = explore(path, draws(path))
    last = {(level.state.node[row, 1], level.next_state[c]) for level in levels[-1:] for c, row in enumerate(level.row)}
    direct, quotients = states_of("mdpzoo/CVRP-v0", instance=instance)
    assert direct + ends == 2578
    assert quotients < 322
    assert len(last) == 5  # whichever customer comes last


def every_solution(id):
    """All solutions of six nodes or items, legal or not."""
    inner = range(1, 6)
    if id in ("mdpzoo/TSP-v0", "mdpzoo/ATSP-v0"):
        return [[0, *order] for order in itertools.permutations(inner)]
    if id == "mdpzoo/OP-v0":
        return [[0, *order] for k in range(6) for order in itertools.permutations(inner, k)]
    if id == "mdpzoo/Knapsack-v0":
        return [list(items) for k in range(7) for items in itertools.combinations(range(6), k)]
    cuts = list(itertools.product((0, 1), repeat=4))
    return [
        cvrp.visits([2 * order[0], *(2 * node + cut for node, cut in zip(order[1:], each, strict=True))]).tolist()
        for order in itertools.permutations(inner)
        for each in cuts
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", IDS)
def test_the_optimal_return_is_the_best_objective_of_all_solutions(id, form):
    instance = INSTANCES[id]
    objectives = []
    for solution in every_solution(id):
        try:
            objectives.append(instance.objective(solution))
        except InstanceError:  # over a capacity or a limit
            continue
    best = max(objectives) if instance.maximise else -min(objectives)
    problem = compiled(id, form, instance=instance)
    assert explore(problem, draws(problem))[0].value[0] == best


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("generated", [True, False])
@pytest.mark.parametrize("id", IDS)
def test_the_compiled_step_is_the_dense_one_to_the_last_bit(id, generated, form):
    settings = {IDS[id][2]: 9} if generated else {"instance": INSTANCES[id]}
    dense = IDS[id][1](form=form, **settings)
    fast = dense.compiled()
    numbers, generator = draws(dense, rows=64), np.random.default_rng(1)
    tensors, arrays = dense.initial(torch.from_numpy(numbers)), fast.initial(numbers)
    nothing = torch.empty(64, 0)
    for _ in range(11):  # with an illegal action now and then
        action = any_legal(arrays.legal, generator) - 100 * (generator.random(64) < 0.05)
        one, other = dense.step(tensors, torch.from_numpy(action), nothing), play(fast, arrays, action)
        seen, shown = dense.observe(one.state), fast.observe(other.state)
        assert seen.keys() == shown.keys() == dense.observation_space.spaces.keys()
        pairs = [*zip(one[1:], other[1:], strict=True), *zip(one.state, other.state, strict=True)]
        for tensor, array in [*pairs, *((seen[key], shown[key]) for key in seen)]:
            assert tensor.numpy().dtype == array.dtype
            assert np.array_equal(tensor.numpy(), array)
        assert all(shown[key].dtype == space.dtype for key, space in dense.observation_space.items())
        tensors, arrays = one.state, other.state


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", IDS)
def test_rows_that_are_asleep_stay_as_they_are(id, form):
    problem = compiled(id, form, **{IDS[id][2]: 5})
    state = problem.initial(draws(problem, rows=2))
    before = [each.copy() for each in state]
    action = any_legal(state.legal, np.random.default_rng(0))
    outcome = problem.step(state, action, np.empty((2, 0)), np.array([True, False]))
    assert (outcome.reward[0], outcome.terminated[0], outcome.illegal[0]) == (0.0, False, False)
    changed = [not np.array_equal(old[1], new[1]) for old, new in zip(before, outcome.state, strict=True)]
    assert any(changed)
    assert all(np.array_equal(old[0], new[0]) for old, new in zip(before, outcome.state, strict=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("id", "file"),
    [
        ("mdpzoo/TSP-v0", "tsplib/ulysses22.tsp"),  # distances on a sphere: a matrix
        ("mdpzoo/TSP-v0", "tsplib/att48.tsp"),  # a rule in the plane
        ("mdpzoo/TSP-v0", "tsplib/gr17.tsp"),
        ("mdpzoo/ATSP-v0", "atsp/br17.atsp"),
        ("mdpzoo/CVRP-v0", "cvrplib/E-n22-k4.vrp"),
        ("mdpzoo/OP-v0", "oplib/eil51-gen2-50.oplib"),
        ("mdpzoo/Knapsack-v0", "knapsack/pisinger_strongly_correlated_n50_R1000.txt"),
    ],
)
def test_the_return_is_the_objective_by_the_instances_own_rule(id, file, form, data):
    env = mdpzoo.make(id, instance=str(data / file), form=form)
    instance, rules = read_instance(data / file), IDS[id][1](instance=str(data / file)).rules
    env.reset(seed=0)
    generator, total, terminated, actions = np.random.default_rng(1), 0.0, False, []
    left = list(range(int(rules.routed), rules.size))
    while not terminated:
        action = int(generator.choice(np.flatnonzero(env.unwrapped.action_masks())))
        token, way = divmod(action, rules.action_variants)
        if form == "bq":  # the token's name
            token = left.pop(token - rules.routed)
        actions.append(rules.action_variants * token + way)
        _, reward, terminated, _, _ = env.step(action)
        total += reward
    assert total == (1 if instance.maximise else -1) * instance.objective(rules.solution(np.array(actions)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", IDS)
def test_the_smallest_and_hardest_random_instances_have_a_first_choice(id, form):
    least = 2 if IDS[id][2] == "num_nodes" else 1
    problem = compiled(id, form, **{IDS[id][2]: least})
    assert problem.initial(draws(problem, rows=500)).legal.any(1).all()


@pytest.mark.parametrize("id", IDS)
def test_an_illegal_action_is_worse_than_any_way_to_go_on(id):
    """The worst return from any reachable state is above the price of an illegal action there."""
    problem = compiled(id, "direct", **{IDS[id][2]: 4})
    for level in explore(problem, draws(problem, rows=5)):
        price = play(problem, level.state, np.full(len(level.parent), -1)).reward
        worst = np.full(len(level.parent), np.inf)
        np.minimum.at(worst, level.row, level.reward)
        assert (price < worst).all()


@pytest.mark.parametrize("form", FORMS)
def test_a_large_instance_takes_memory_in_proportion_to_its_nodes(form):
    """No matrix of 5 000 x 5 000 numbers, 100 MB, is made where coordinates are enough."""
    instance = from_coordinates(np.random.default_rng(0).random((5_000, 2)))
    for settings in ({"num_nodes": 5_000}, {"instance": instance}):
        problem = compiled("mdpzoo/TSP-v0", form, **settings)
        state = problem.initial(draws(problem))
        held = sum(each.nbytes for each in state) + problem.rules.edges.table.nbytes
        assert held < 60 * 5_000
