"""The two rules of the nearest: one id each, and files from before there were two."""

import pytest
import torch

import mdpzoo
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.baselines.table import BASELINES, SOLVERS


def total(agent, env):
    observation, _ = env.reset(seed=0)
    rewards, ended = [], False
    while not ended:
        observation, reward, ended, _, _ = env.step(int(agent.predict(observation)[0]))
        rewards.append(reward)
    return sum(rewards)


@pytest.mark.parametrize("problem", ["TSP", "ATSP", "CVRP", "OP"])
@pytest.mark.parametrize("form", ["direct", "bq"])
def test_the_agent_and_the_solver_of_one_id_behave_alike(problem, form):
    for instance in generate(problem, 3, 15, seed=4):
        env = mdpzoo.make(f"mdpzoo/{problem}-v0", form=form, instance=instance)
        objective = solve(instance, "nearest-neighbour").objective
        found = total(mdpzoo.make_agent("nearest-neighbour", env), env)
        assert found == pytest.approx(objective if instance.maximise else -objective, rel=1e-5)


def test_files_from_before_the_second_rule_keep_comparing_all_ways():
    env = mdpzoo.make("mdpzoo/CVRP-v0", instance=generate("CVRP", 1, 25, seed=1)[0])
    new, other = mdpzoo.make_agent("nearest-neighbour", env), mdpzoo.make_agent("nearest-action", env)
    assert total(new, env) != pytest.approx(total(other, env), rel=1e-6)
    new.policy.load_state_dict({})  # what such a file holds
    assert total(new, env) == total(other, env)


def test_the_rule_of_a_file_comes_back(tmp_path):
    env = mdpzoo.make_sb3("mdpzoo/CVRP-v0", 1, num_customers=6)
    for id, customers_first in (("nearest-neighbour", True), ("nearest-action", False)):
        mdpzoo.make_agent(id, env).save(tmp_path / id)
        again = mdpzoo.load_agent(tmp_path / f"{id}.zip", env)
        assert torch.equal(again.policy.customers_first, torch.tensor(customers_first))


def test_every_solver_solves_some_problem_and_every_baseline_runs_somehow():
    assert all(each.problems for each in BASELINES.values())
    assert all(each.code or each.agent for each in BASELINES.values())
    assert "nearest-action" in BASELINES
    assert "nearest-action" not in SOLVERS
