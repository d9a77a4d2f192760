"""The baselines as agents: they play what they solved, on every face, in both forms of every environment."""

import importlib.util

import numpy as np
import pytest
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.baselines.observed_instances import instance_of, problem_of
from mdpzoo_combinatorial.instances import TSPInstance

SIZES = {"TSP": "num_nodes", "ATSP": "num_nodes", "CVRP": "num_customers", "OP": "num_customers"}
PLANNERS = {
    "TSP": ("farthest-insertion", "iterated-local-search", "edge-assembly", "two-opt"),
    "ATSP": ("farthest-insertion", "iterated-local-search", "edge-assembly", "two-opt"),
    "CVRP": ("savings", "iterated-local-search", "two-opt"),
    "OP": ("iterated-local-search", "two-opt"),
    "Knapsack": ("dynamic-programming",),
}
RULES = {
    "TSP": ("nearest-neighbour",),
    "ATSP": ("nearest-neighbour",),
    "CVRP": ("nearest-neighbour",),
    "OP": ("nearest-neighbour", "greedy-ratio"),
    "Knapsack": ("greedy-ratio",),
}
PLANS = [(problem, agent) for problem, agents in PLANNERS.items() for agent in agents]
ALL = [*PLANS, *((problem, agent) for problem, agents in RULES.items() for agent in agents)]
FORMS = ("direct", "bq")


def environment(problem, form, size=12, **settings):
    return mdpzoo.make(f"mdpzoo/{problem}-v0", form=form, **{SIZES.get(problem, "num_items"): size}, **settings)


def played(agent, env, seed, pass_state=True):
    """The return of one episode, and its first observation."""
    first = observation = env.reset(seed=seed)[0]
    total, ended, state = 0.0, False, None
    while not ended:
        action, told = agent.predict(observation, state)
        state = told if pass_state else None
        observation, reward, terminated, truncated, _ = env.step(action)
        total, ended = total + float(reward), terminated or truncated
    return total, first


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("problem", "solver"), PLANS)
def test_the_return_is_the_objective_of_the_plan(problem, solver, form):
    env = environment(problem, form)
    agent = mdpzoo.make_agent(solver, env)
    for seed in range(5):
        total, first = played(agent, env, seed)
        instance = instance_of(first, problem)
        objective = solve(instance, solver).objective
        assert total == pytest.approx(objective if instance.maximise else -objective, rel=1e-4)


@pytest.mark.parametrize(("problem", "solver"), ALL)
def test_both_forms_earn_the_same_whoever_keeps_the_state(problem, solver):
    earned = []
    for form in FORMS:
        env = environment(problem, form)
        agent = mdpzoo.make_agent(solver, env)
        earned += [[played(agent, env, seed, kept)[0] for seed in range(3)] for kept in (True, False)]
    np.testing.assert_allclose(earned, [earned[0]] * 4, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("problem", "solver"), ALL)
def test_evaluate_policy_takes_one_environment_and_several(problem, solver, form):
    size = {SIZES.get(problem, "num_items"): 10}
    several = mdpzoo.make_sb3(f"mdpzoo/{problem}-v0", 3, form=form, **size)
    several.seed(0)
    agent = mdpzoo.make_agent(solver, several)
    means = [evaluate_policy(agent, several, n_eval_episodes=6, warn=False)[0]]
    means.append(evaluate_policy(agent, environment(problem, form, 10), n_eval_episodes=2, warn=False)[0])
    bar = mdpzoo.make_agent("random", several, seed=0)
    assert means[0] > evaluate_policy(bar, several, n_eval_episodes=12, warn=False)[0]
    assert np.isfinite(means).all()


@pytest.mark.parametrize(("problem", "solver"), ALL)
def test_learn_plays_and_saving_brings_the_agent_back(problem, solver, tmp_path):
    env = environment(problem, "bq", 8)
    agent = mdpzoo.make_agent(solver, env, seed=1)
    agent.learn(20)
    assert agent.num_timesteps >= 20
    agent.save(tmp_path / "agent")
    again = mdpzoo.load_agent(tmp_path / "agent")
    assert played(again, env, 3)[0] == played(agent, env, 3)[0]


def test_dynamic_programming_earns_the_optimum_of_generated_items():
    for kind in ("uncorrelated", "strongly-correlated"):
        env = environment("Knapsack", "bq", 30, distribution=kind)
        agent, greedy = (mdpzoo.make_agent(each, env) for each in ("dynamic-programming", "greedy-ratio"))
        for seed in range(5):
            total, first = played(agent, env, seed)
            instance = instance_of(first, "Knapsack")
            assert instance.integral  # what was whole is whole again
            assert total == solve(instance, "ortools", seconds=5).objective
            assert total >= played(greedy, env, seed)[0]


@pytest.mark.parametrize("form", FORMS)
def test_what_an_observation_divided_is_whole_again(form):
    env = environment("CVRP", form, 50)
    for seed in range(5):
        instance = instance_of(env.reset(seed=seed)[0], "CVRP")
        assert instance.capacity == 40  # of fifty customers, in the literature
        assert set(instance.demands[1:].tolist()) <= set(range(1, 10))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("problem", PLANNERS)
def test_an_environment_of_one_instance_is_solved_as_its_file_says(problem, form):
    instance = generate(problem, 1, 15, seed=4)[0]
    if problem == "TSP":  # distances that its coordinates do not tell
        instance = TSPInstance("rounded", np.round(9 * instance.coordinates), "MAN_2D")
    env = mdpzoo.make(f"mdpzoo/{problem}-v0", form=form, instance=instance)
    solver = PLANNERS[problem][-1]
    total = played(mdpzoo.make_agent(solver, env), env, 0)[0]
    objective = solve(instance, solver).objective
    assert total == pytest.approx(objective if instance.maximise else -objective, rel=1e-6)


def test_another_environment_than_the_agents_own_is_solved_by_what_it_shows():
    agent = mdpzoo.make_agent("two-opt", mdpzoo.make("mdpzoo/TSP-v0", instance=generate("TSP", 1, 12, seed=0)[0]))
    env = environment("TSP", "direct")
    total, first = played(agent, env, 7)
    assert total == pytest.approx(-solve(instance_of(first, "TSP"), "two-opt").objective, rel=1e-4)


def test_a_plan_needs_the_first_observation_of_an_episode():
    env = environment("TSP", "bq")
    agent, walker = mdpzoo.make_agent("two-opt", env), mdpzoo.make_agent("nearest-neighbour", env)
    observation = env.reset(seed=0)[0]
    observation = env.step(walker.predict(observation)[0])[0]
    with pytest.raises(SettingError, match="pass it the first observation as well"):
        agent.predict(observation)


def test_agents_refuse_what_they_cannot_solve():
    knapsack = environment("Knapsack", "direct")
    with pytest.raises(SettingError, match=r"ortools|observation"):
        mdpzoo.make_agent("lkh", knapsack)
    with pytest.raises(SettingError, match=r"greedy-ratio solves OP and Knapsack, not TSP"):
        mdpzoo.make_agent("greedy-ratio", environment("TSP", "direct"))
    with pytest.raises(SettingError, match="seconds must be positive"):
        mdpzoo.make_agent("two-opt", environment("TSP", "direct"), seconds=0.0)
    with pytest.raises(SettingError, match="observations of a combinatorial environment"):
        problem_of({"observation": 0})


@pytest.mark.parametrize(
    ("problem", "solver"), [("TSP", "lkh"), ("CVRP", "pyvrp"), ("OP", "pyvrp"), ("TSP", "ortools")]
)
def test_solvers_behind_extras_play_too(problem, solver):
    pytest.importorskip({"lkh": "elkai"}.get(solver, solver), reason="the extra is not installed")
    env = environment(problem, "bq", 10)
    best = played(mdpzoo.make_agent(solver, env, seconds=0.5), env, 0)[0]
    assert best >= played(mdpzoo.make_agent("two-opt", env), env, 0)[0] - 1e-5


@pytest.mark.parametrize("form", FORMS)
def test_files_are_played_to_their_optima(data, form):
    files = [("Knapsack", "dynamic-programming", "knapsack/pisinger_uncorrelated_n50_R1000.txt", 20541)]
    if importlib.util.find_spec("elkai"):
        files.append(("TSP", "lkh", "tsplib/gr17.tsp", -2085))
    for problem, solver, name, best in files:
        several = mdpzoo.make_sb3(f"mdpzoo/{problem}-v0", 2, form=form, instance=str(data / name))
        agent = mdpzoo.make_agent(solver, several)
        assert evaluate_policy(agent, several, n_eval_episodes=2, warn=False) == (best, 0.0)
