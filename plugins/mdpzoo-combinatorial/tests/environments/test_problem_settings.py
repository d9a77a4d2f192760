"""The environments of all five problems: their settings, what is legal in them and what they show."""

import math

import numpy as np
import pytest
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

import mdpzoo
from mdpzoo.errors import IllegalActionError, InstanceError, SettingError
from mdpzoo_combinatorial.environments import cvrp
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.instances.distributions import CLASSES

SIZES = {
    "mdpzoo/TSP-v0": "num_nodes",
    "mdpzoo/ATSP-v0": "num_nodes",
    "mdpzoo/CVRP-v0": "num_customers",
    "mdpzoo/OP-v0": "num_customers",
    "mdpzoo/Knapsack-v0": "num_items",
}
FORMS = ("direct", "bq")
PLANE = np.random.default_rng(5).integers(0, 60, (6, 2)).astype(float)
POINTS = TSPInstance("points", PLANE, "EUC_2D")
ROUTES = CVRPInstance("routes", [0, 4, 3, 5, 2, 4], 8, PLANE, "EUC_2D")
PRIZES = OPInstance("prizes", [1, 4, 3, 5, 2, 4], 120, PLANE, "EUC_2D")


def any_legal(mask, generator):
    """A legal action of every row; of a row without one, action 0."""
    return np.where(mask, generator.random(mask.shape), -1).argmax(1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("id", "size"), [
    ("mdpzoo/TSP-v0", 1), ("mdpzoo/ATSP-v0", 1), ("mdpzoo/Knapsack-v0", 0), ("mdpzoo/OP-v0", 10**9),
])  # fmt: skip
def test_a_size_that_is_out_of_range_is_named(id, size, form):
    with pytest.raises(SettingError, match=f"{SIZES[id]} must lie in .*, got {size}"):
        mdpzoo.make(id, form=form, **{SIZES[id]: size})


@pytest.mark.parametrize("distribution", ["uniform", "clustered"])
@pytest.mark.parametrize("id", ["mdpzoo/TSP-v0", "mdpzoo/CVRP-v0", "mdpzoo/OP-v0"])
def test_random_nodes_lie_in_the_unit_square(id, distribution):
    envs = mdpzoo.make_vec(id, 50, distribution=distribution)
    places = envs.reset(seed=0)[0]["coordinates"]
    assert places in envs.observation_space["coordinates"]
    near = np.linalg.norm(places[:, :, None] - places[:, None], axis=3).mean()
    assert (near < 0.45) == (distribution == "clustered")  # the mean distance in the square is 0.52


@pytest.mark.parametrize("action", [0, 3, -1, 99])
def test_an_illegal_action_costs_a_longest_edge_for_every_edge_to_come(action):
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", 1, num_nodes=8, autoreset_mode="same_step")
    envs.reset(seed=0)
    envs.step(np.array([3]))
    _, reward, terminated, _, infos = envs.step(np.array([action]))
    assert reward[0] == pytest.approx(-7 * 2**0.5)  # six nodes are left: six edges to them and one home
    assert terminated[0]
    assert infos["illegal"][0]


@pytest.mark.parametrize("id", SIZES)
def test_the_single_environment_raises_and_stays_where_it_was(id):
    env = mdpzoo.make(id, **{SIZES[id]: 5})
    env.reset(seed=0)
    env.step(int(env.unwrapped.action_masks().argmax()))
    before = env.unwrapped.action_masks()
    with pytest.raises(IllegalActionError, match="is illegal here; play one of"):
        env.step(int(before.argmin()))
    assert np.array_equal(before, env.unwrapped.action_masks())


def test_a_vehicle_may_go_by_way_of_the_depot_from_everywhere_but_the_depot():
    env = mdpzoo.make("mdpzoo/CVRP-v0", instance=ROUTES)
    observation, _ = env.reset()
    ways = observation["action_mask"].reshape(-1, 2)
    assert ways.tolist() == [[False, False], *[[True, False]] * 5]
    observation, *_ = env.step(2 * 1)  # customer 1 takes 4 of 8: 3 and 5 are too much for the rest, and 5 is customer 3
    ways = observation["action_mask"].reshape(-1, 2)
    assert ways.tolist() == [[False, False], [False, False], [True, True], [False, True], [True, True], [True, True]]
    assert observation["capacity_left"].tolist() == [0.5]
    assert env.unwrapped.rules.solution(env.unwrapped._state) == [[1]]


def test_actions_translate_to_the_alphabet_where_the_depot_is_a_node_and_back():
    chosen = [2 * 3, 2 * 1, 2 * 2 + 1, 2 * 5, 2 * 4 + 1]  # 3 1 | 2 5 | 4
    assert cvrp.visits(chosen).tolist() == [3, 1, 0, 2, 5, 0, 4]
    assert cvrp.actions([0, 3, 1, 0, 0, 2, 5, 0, 4, 0]).tolist() == chosen


@pytest.mark.parametrize(
    ("id", "settings", "error", "named"),
    [
        ("TSP", {"form": "quotient"}, SettingError, "must be 'direct' or 'bq', got 'quotient'"),
        ("TSP", {"num_node": 9}, SettingError, "'num_node' of environment 'mdpzoo/TSP-v0'. Did you mean 'num_nodes'"),
        ("TSP", {"instance": "no-such-file.tsp"}, InstanceError, "no-such-file.tsp"),
        ("TSP", {"illegal": "repair"}, SettingError, "illegal must be 'raise' or 'end', got 'repair'"),
        ("TSP", {"distribution": "clusterd"}, SettingError, "Did you mean 'clustered'"),
        ("TSP", {"instance": ROUTES}, SettingError, "needs a TSP instance, got a CVRP; use mdpzoo/CVRP-v0"),
        (
            "TSP",
            {"instance": POINTS, "num_nodes": 9},
            SettingError,
            "num_nodes=6, but the setting is 9",
        ),
        ("CVRP", {"capacity": 8}, SettingError, "capacity must be at least 9"),
        ("CVRP", {"instance": ROUTES, "capacity": 9}, SettingError, "has the capacity 8"),
        ("OP", {"limit": -1.0}, SettingError, "limit must be positive, got -1"),
        ("OP", {"limit": math.inf}, SettingError, "limit must be a finite number, got inf"),
        ("OP", {"prizes": "distant"}, SettingError, "unknown prizes 'distant'. Did you mean 'distance'"),
        (
            "OP",
            {"instance": OPInstance("far", [0, 1], 1, [[0, 0], [9, 9]])},
            InstanceError,
            "no node can be visited within the limit 1",
        ),
        ("Knapsack", {"distribution": "correlated"}, SettingError, "unknown distribution 'correlated'"),
        ("Knapsack", {"instance": KnapsackInstance("big", [1], [5], 4)}, InstanceError, "no item fits"),
    ],
)
def test_a_wrong_setting_is_named(id, settings, error, named):
    with pytest.raises(error) as told:
        mdpzoo.make(f"mdpzoo/{id}-v0", **settings)
    assert named in str(told.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["mdpzoo/TSP-v0", "mdpzoo/CVRP-v0"])
def test_spawned_processes_play_what_this_one_plays(id, form):
    settings, start = {SIZES[id]: 5, "form": form}, {"start_method": "spawn"}
    spawned = make_vec_env(f"mdpzoo:{id}", 2, vec_env_cls=SubprocVecEnv, env_kwargs=settings, vec_env_kwargs=start)
    here = mdpzoo.make_vec(id, 2, **settings)
    spawned.seed(7)
    seen, shown = spawned.reset(), here.reset(seed=7)[0]
    for _ in range(3):
        assert all(np.array_equal(seen[key], shown[key]) for key in shown)
        action = any_legal(shown["action_mask"], np.random.default_rng(0))
        seen, shown = spawned.step(action)[0], here.step(action)[0]
    spawned.close()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 3, 30])
@pytest.mark.parametrize("distribution", CLASSES)
def test_every_class_of_items_is_shown_within_the_space(distribution, size, form):
    envs = mdpzoo.make_vec("mdpzoo/Knapsack-v0", 200, num_items=size, distribution=distribution, form=form)
    assert envs.reset(seed=1)[0] in envs.observation_space


@pytest.mark.parametrize("settings", [{"limit": 0.01}, {"limit": 5.0}, {"instance": PRIZES}])
def test_every_budget_is_shown_within_the_space(settings):
    envs = mdpzoo.make_vec("mdpzoo/OP-v0", 200, **{"num_customers": None if "instance" in settings else 1} | settings)
    assert envs.reset(seed=1)[0] in envs.observation_space
