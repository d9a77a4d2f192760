"""Checkpoints that are saved, loaded and continued; those of hostile files are in ``test_hostile_checkpoints``."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from stable_baselines3.common.callbacks import BaseCallback

import mdpzoo
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.algorithm import SHIPPED
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.training.improvement import ImprovementSettings

TINY = network_settings(width=16, layers=1, heads=2)
QUICK = ImitationSettings(tokens=64, warm_up=3)


def tiny(problem="TSP", **settings):
    return BQNCO(problem=problem, network=TINY, imitation=QUICK, size=8, num_instances=20, seed=4, **settings)


def same_weights(one, two):
    pairs = zip(one.policy.network.state_dict().values(), two.policy.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_save_and_load_change_no_weight_and_no_count(saved):
    one, two = tiny().learn(100), BQNCO.load(saved)
    assert same_weights(one, two)
    assert (two.num_timesteps, two.progress, two.seed) == (one.num_timesteps, one.progress, 4)
    assert two.imitation == QUICK
    assert two.policy.settings == TINY


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_run_that_is_saved_loaded_and_continued_equals_one_that_was_not_stopped(tmp_path, problem):
    whole = tiny(problem).learn(200).learn(300, reset_num_timesteps=False)
    tiny(problem).learn(200).save(tmp_path / "half")
    resumed = BQNCO.load(tmp_path / "half").learn(300, reset_num_timesteps=False)
    assert same_weights(whole, resumed)
    assert whole.progress == resumed.progress


@pytest.mark.parametrize("problem", ["ATSP", "OP", "Knapsack"])
def test_the_head_of_the_auxiliary_task_continues_as_well(tmp_path, problem):
    settings = {"network": TINY, "imitation": replace(QUICK, structure=1.0), "size": 8, "num_instances": 20, "seed": 4}
    whole = BQNCO(problem=problem, **settings).learn(200).learn(300, reset_num_timesteps=False)
    BQNCO(problem=problem, **settings).learn(200).save(tmp_path / "half")
    resumed = BQNCO.load(tmp_path / "half").learn(300, reset_num_timesteps=False)
    assert same_weights(whole, resumed)
    one, two = whole.head.state_dict(), resumed.head.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    whole.save(tmp_path / "light", resumable=False)
    with safe_open(tmp_path / "light.safetensors", "pt") as opened:
        assert all(name.startswith("network.") for name in opened.keys())  # noqa: SIM118


class StopAt(BaseCallback):
    def __init__(self, updates):
        super().__init__()
        self.updates = updates

    def _on_step(self):
        return self.n_calls < self.updates


@pytest.mark.parametrize("expert", ["own", "self"])
def test_a_run_killed_in_the_middle_ends_as_if_it_had_not_been(tmp_path, expert):
    total, settings = 500, {"expert": expert, "improvement": ImprovementSettings(decisions=150, samples=2)}
    whole = tiny(**settings).learn(total)
    killed = tiny(**settings).learn(total, StopAt(7))
    killed.save(tmp_path / "killed")
    resumed = BQNCO.load(tmp_path / "killed")
    resumed.improvement = settings["improvement"]
    resumed.learn(total - resumed.num_timesteps, reset_num_timesteps=False)
    assert same_weights(whole, resumed)
    assert whole.progress == resumed.progress


def test_one_seed_gives_one_fit_and_another_seed_another():
    one, two = tiny().learn(100), tiny().learn(100)
    other = BQNCO(network=TINY, imitation=QUICK, size=8, num_instances=20, seed=5).learn(100)
    assert same_weights(one, two)
    assert not same_weights(one, other)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("agent", "agent.safetensors"),  # as SB3 adds .zip
        ("agent.zip", "agent.safetensors"),  # as SB3's CheckpointCallback asks
        ("agent.safetensors", "agent.safetensors"),  # named in full
    ],
)
def test_the_file_is_named_for_what_it_is_and_nothing_else_is_left(tmp_path, given, written):
    tiny().save(tmp_path / given)
    assert [file.name for file in tmp_path.iterdir()] == [written]
    assert BQNCO.load(tmp_path / given).num_timesteps == 0


def test_a_failed_save_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    agent = tiny()
    agent.save(tmp_path / "agent")
    before = (tmp_path / "agent.safetensors").read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("mdpzoo.files.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        agent.save(tmp_path / "agent")
    assert (tmp_path / "agent.safetensors").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_without_the_optimiser_a_file_holds_the_weights_only(tmp_path, saved):
    BQNCO.load(saved).save(tmp_path / "light", resumable=False)
    assert (tmp_path / "light.safetensors").stat().st_size < saved.stat().st_size / 2
    assert same_weights(BQNCO.load(tmp_path / "light"), BQNCO.load(saved))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_checkpoint_of_every_problem_comes_with_the_package(problem):
    agent = BQNCO.load(problem.lower())
    assert agent.problem.name == problem
    assert agent.progress.decisions > 0
    assert SHIPPED[problem.lower()].stat().st_size < 6_000_000
    card = json.loads(SHIPPED[problem.lower()].with_suffix(".json").read_text())
    assert card["problem"] == problem
    assert card["weights"] == sum(each.numel() for each in agent.policy.network.parameters())


def test_the_zoo_loads_the_shipped_agent_and_a_saved_one(saved):
    assert mdpzoo.load_agent("bq-nco").problem.name == "TSP"
    environment = mdpzoo.make("mdpzoo/Knapsack-v0")
    assert mdpzoo.load_agent("bq-nco", environment).problem.name == "Knapsack"
    assert same_weights(mdpzoo.load_agent(saved), BQNCO.load(saved))
