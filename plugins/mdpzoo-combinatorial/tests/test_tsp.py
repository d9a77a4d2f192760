"""The travelling salesman's rules: both forms, the map between them, real instances, every face."""

import itertools

import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

import mdpzoo
from mdpzoo.errors import IllegalActionError, InstanceError, SettingError
from mdpzoo_combinatorial.cities import us_capitals
from mdpzoo_combinatorial.instances import TSPInstance, from_coordinates
from mdpzoo_combinatorial.tsp import quotient, tsp

NONE = torch.empty(1, 0, dtype=torch.float64)


def start(rules, seed=0, rows=1):
    draws = torch.rand(rows, rules.initial_draws, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return rules.initial(draws)


def play(rules, state, action):
    return rules.step(state, torch.tensor([action]), NONE)


def best_return(rules, state, seen):
    """The optimal return from a state by exhaustive search, and its best actions; counts states by their bytes."""
    seen.add(b"".join(part.numpy().tobytes() for part in state))
    values = {}
    for action in rules.action_mask(state)[0].nonzero()[:, 0].tolist():
        after = play(rules, state, action)
        values[action] = float(after.reward)
        if not after.terminated:
            values[action] += best_return(rules, after.state, seen)[0]
    best = max(values.values())
    return best, {action for action, value in values.items() if value > best - 1e-5}


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("seed", range(3))
def test_the_optimal_return_is_the_shortest_tour(form, seed):
    rules = tsp(num_nodes=6, form=form)
    state = start(rules, seed)
    instance = from_coordinates(state.places[0, :, :6].T.numpy())
    shortest = min(instance.objective([0, *order]) for order in itertools.permutations(range(1, 6)))
    assert best_return(rules, state, set())[0] == pytest.approx(-shortest, abs=1e-5)


def test_the_quotient_has_as_many_states_as_the_theory_counts():
    # six nodes: sum over k < 6 of 5!/(5 - k)! = 326 direct states and 1 + 5 * 2^4 = 81 paths; the search does not
    # visit ends of episodes, of which there are 120 (every order of five nodes) and 5 (the last node, nothing left)
    found = {}
    for form in ("direct", "bq"):
        rules, seen = tsp(num_nodes=6, form=form), set()
        best_return(rules, start(rules), seen)
        found[form] = len(seen)
    assert found == {"direct": 326 - 120, "bq": 81 - 5}


@pytest.mark.parametrize("instance", [None, "matrix"])
@pytest.mark.parametrize("seed", range(4))
def test_the_map_to_paths_is_a_bisimulation(instance, seed):
    """Along random play: same legal continuations, same rewards, same next states, same optimal actions."""
    generator = np.random.default_rng(seed)
    if instance:
        half = np.triu(generator.integers(1, 50, (6, 6)).astype(float), 1)
        instance = TSPInstance("random", matrix=half + half.T, edge_weight_type="EXPLICIT")
    settings = {"instance": instance} if instance else {"num_nodes": 6}
    direct, path = tsp(**settings, form="direct"), tsp(**settings, form="bq")
    state = start(direct, seed)
    terminated = False
    while not terminated:
        mapped = quotient(state)
        nodes = direct.action_mask(state)[0].nonzero()[:, 0].tolist()
        tokens = path.action_mask(mapped)[0].nonzero()[:, 0].tolist()
        assert mapped.node[0, tokens].tolist() == nodes
        value, actions = best_return(direct, state, set())
        value_there, actions_there = best_return(path, mapped, set())
        assert value == pytest.approx(value_there, abs=1e-4)
        assert {nodes[tokens.index(token)] for token in actions_there} == actions
        choice = int(generator.integers(len(nodes)))
        here, there = play(direct, state, nodes[choice]), play(path, mapped, tokens[choice])
        assert here.reward.item() == pytest.approx(there.reward.item(), abs=1e-5)
        assert here.terminated.item() == there.terminated.item()
        state, terminated = here.state, here.terminated.item()
        for mine, theirs in zip(quotient(state), there.state, strict=True):
            assert torch.allclose(mine.double(), theirs.double(), atol=1e-6)


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("instance", [None, us_capitals()])
def test_the_compiled_step_is_the_dense_one(form, instance):
    dense = tsp(form=form, instance=instance, num_nodes=None if instance else 9)
    compiled = dense.to("cpu")
    assert compiled.compiled
    assert not dense.compiled
    generator = torch.Generator().manual_seed(0)
    states = [start(dense, rows=64), start(compiled, rows=64)]
    for _ in range(dense.num_nodes - 1):  # with an illegal action now and then
        weights = dense.action_mask(states[0]) + 0.01
        action = torch.multinomial(weights, 1, generator=generator)[:, 0]
        action = torch.where(torch.rand(64, generator=generator) < 0.05, action - 100, action)
        outcomes = [rules.step(state, action, NONE) for rules, state in zip((dense, compiled), states, strict=True)]
        assert torch.equal(outcomes[0].illegal, outcomes[1].illegal)
        assert torch.equal(outcomes[0].terminated, outcomes[1].terminated)
        assert torch.allclose(outcomes[0].reward, outcomes[1].reward, rtol=1e-6)
        for one, other in zip(outcomes[0].state, outcomes[1].state, strict=True):
            assert one.dtype == other.dtype
            # costs may differ in the last bit: torch fuses a multiplication with an addition
            assert torch.allclose(one, other, rtol=1e-6) if one.is_floating_point() else torch.equal(one, other)
        states = [outcome.state for outcome in outcomes]


def test_histories_that_leave_the_same_path_are_one_state():
    rules = tsp(num_nodes=6, form="bq")
    first = play(rules, play(rules, play(rules, start(rules), 1).state, 1).state, 1).state  # nodes 1, 2, 3
    other = play(rules, play(rules, play(rules, start(rules), 2).state, 1).state, 1).state  # nodes 2, 1, 3
    assert all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("form", ["direct", "bq"])
def test_the_return_is_minus_the_tour_by_the_instances_own_rule(form, data):
    env = mdpzoo.make("mdpzoo/TSP-v0", instance=str(data / "tsplib" / "ulysses22.tsp"), form=form)
    instance = env.unwrapped.rules.nodes.matrix
    env.reset(seed=0)
    generator, total, terminated, tour = np.random.default_rng(1), 0.0, False, [0]
    left = list(range(1, 22))
    while not terminated:
        action = int(generator.choice(np.flatnonzero(env.unwrapped.action_masks())))
        tour.append(left.pop(action - 1) if form == "bq" else action)
        _, reward, terminated, _, _ = env.step(action)
        total += reward
    assert sorted(tour) == list(range(22))
    assert -total == sum(instance[a, b].item() for a, b in zip(tour, tour[1:] + [0], strict=True))


@pytest.mark.parametrize("nodes", [3, 4, 50])
def test_an_episode_has_one_choice_less_than_nodes(nodes):
    for form in ("direct", "bq"):
        envs = mdpzoo.make_vec("mdpzoo/TSP-v0", 2, num_nodes=nodes, form=form)
        observation, _ = envs.reset(seed=0)
        for step in range(1, nodes):
            observation, _, terminated, _, _ = envs.step(observation["action_mask"].argmax(1))
            assert terminated.all() == (step == nodes - 1)


@pytest.mark.parametrize("action", [0, 3, -1, 99])
def test_an_illegal_action_costs_a_longest_edge_for_every_edge_to_come(action):
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", 1, num_nodes=8, autoreset_mode="same_step")
    envs.reset(seed=0)
    envs.step(np.array([3]))
    _, reward, terminated, _, infos = envs.step(np.array([action]))
    assert reward[0] == pytest.approx(-7 * 2**0.5)  # six nodes are left: six edges to them and one home
    assert terminated[0]
    assert infos["illegal"][0]


def test_the_single_environment_raises_and_stays_where_it_was():
    env = mdpzoo.make("mdpzoo/TSP-v0", num_nodes=5)
    before, _ = env.reset(seed=0)
    with pytest.raises(IllegalActionError, match=r"action 0 is illegal here.*\[1, 2, 3, 4\]"):
        env.step(0)
    assert env.unwrapped._look()["current"] == before["current"] == 0


@pytest.mark.parametrize(
    ("settings", "error", "named"),
    [
        ({"form": "quotient"}, SettingError, "must be 'direct' or 'bq', got 'quotient'"),
        ({"num_nodes": 2}, SettingError, "num_nodes must be at least 3, got 2"),
        ({"num_node": 9}, SettingError, "unknown setting 'num_node' of tsp. Did you mean 'num_nodes'"),
        ({"instance": "no-such-file.tsp"}, InstanceError, "no-such-file.tsp"),
        ({"illegal": "repair"}, SettingError, "illegal must be 'raise' or 'end', got 'repair'"),
    ],
)
def test_a_wrong_setting_is_named(settings, error, named):
    with pytest.raises(error) as told:
        mdpzoo.make("mdpzoo/TSP-v0", **settings)
    assert named in str(told.value)


def test_pictures_show_what_is_decided():
    for form in ("direct", "bq"):
        env = mdpzoo.make("mdpzoo/TSP-v0", num_nodes=8, form=form, render_mode="rgb_array")
        env.reset(seed=0)
        before = env.render()
        env.step(int(np.flatnonzero(env.unwrapped.action_masks())[-1]))
        assert before.dtype == np.uint8
        assert (env.render() != before).any()


def test_spawned_workers_of_sb3_find_the_environment():
    envs = make_vec_env("mdpzoo:mdpzoo/TSP-v0", 2, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "spawn"})
    try:
        assert envs.reset()["coordinates"].shape == (2, 20, 2)
    finally:
        envs.close()


def test_nearest_neighbour_goes_where_it_is_nearest():
    line = from_coordinates([[0, 0], [3, 0], [1, 0], [6, 0]])
    for form, expected in (("direct", [2, 1, 3]), ("bq", [2, 1, 1])):
        env = mdpzoo.make("mdpzoo/TSP-v0", instance=line, form=form)
        agent = mdpzoo.make_agent("nearest-neighbour", env)
        observation, _ = env.reset(seed=0)
        for wanted in expected:
            action, _ = agent.predict(observation)
            assert action == wanted
            observation, *_ = env.step(int(action))
