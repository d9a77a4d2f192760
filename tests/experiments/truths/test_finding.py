"""What is known of an environment comes from its family's hook, or from solving its model."""

import json

import numpy as np
import pytest

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import PluginError
from mdpzoo.experiments.evaluation import evaluate
from mdpzoo.experiments.evaluations import evaluation_envs
from mdpzoo.experiments.truths import Truth
from mdpzoo.experiments.truths.finding import Question, find_truth, write_truth
from mdpzoo.experiments.truths.paired import mean_return
from mdpzoo.planning import solve_average
from mdpzoo.specs import EnvironmentSpec

FIELDS = {
    "environment", "settings", "criterion", "optimum", "random", "low", "high", "gain", "better", "exact", "interval",
    "source", "of_game",
}  # fmt: skip


def ask(environment, **settings):
    return Question(environment, settings, seeds=[11, 12], episodes=4, steps=100)


def known_of_a_toy(*, seeds, episodes, length=1):
    """A hook as a plugin would write it."""
    return Truth(criterion="return", optimum=float(length * episodes * len(seeds)), source="arithmetic")


def test_a_finite_model_is_solved():
    river = find_truth(ask("mdpzoo/RiverSwim-v0", length=3))
    assert (river.criterion, river.exact, river.better) == ("return", True, "higher")
    assert river.low <= river.random < river.optimum == river.high
    assert river.gain == pytest.approx(river.optimum / 200)
    rules = mdpzoo.make("mdpzoo/RandomMDP-v0", num_states=5).unwrapped.rules
    endless = find_truth(ask("mdpzoo/RandomMDP-v0", num_states=5))
    assert (endless.criterion, endless.gain) == ("average", pytest.approx(solve_average(rules, 1e-9).gain))


def test_gymnasiums_own_tables_are_solved():
    lake = find_truth(ask("FrozenLake-v1", is_slippery=False, max_episode_steps=6))
    assert (lake.optimum, lake.gain, lake.environment) == (1.0, None, "FrozenLake-v1")
    assert find_truth(ask("FrozenLake-v1", is_slippery=False, max_episode_steps=5)).optimum == 0.0


def test_nothing_is_known_of_others(tmp_path):
    assert find_truth(ask("CartPole-v1")) is None
    write_truth(ask("CartPole-v1"), tmp_path / "truth" / "x.json")
    assert not (tmp_path / "truth").exists()


def test_a_hook_is_told_what_it_asks_for(monkeypatch):
    spec = EnvironmentSpec(
        id="toy/River-v0", kind="model", rules="mdpzoo_example.rivers:river_swim", summary="", settings={"length": 4},
        truth=f"{__name__}:known_of_a_toy",
    )  # fmt: skip
    monkeypatch.setitem(registry._environments, spec.id, spec)
    monkeypatch.setattr(
        "mdpzoo.experiments.truths.finding.make_any", lambda id, **_: mdpzoo.make("mdpzoo/RiverSwim-v0")
    )
    monkeypatch.setattr("mdpzoo.experiments.truths.finding.load", lambda code: known_of_a_toy)
    found = find_truth(ask(spec.id, length=3))
    assert (found.optimum, found.environment, found.settings) == (3 * 4 * 2, "toy/River-v0", {"length": 3})
    assert find_truth(ask(spec.id)).optimum == 4 * 4 * 2  # the spec's own settings hold


def test_a_hook_must_name_code():
    with pytest.raises(PluginError, match="truth of 'toy/X-v0' must look like 'module:attribute'"):
        EnvironmentSpec(id="toy/X-v0", kind="model", rules="a:b", summary="", truth="nowhere")


def test_a_truth_is_written_once_with_all_its_fields(tmp_path):
    path = tmp_path / "truth" / "river.json"
    write_truth(ask("mdpzoo/RiverSwim-v0"), path)
    assert json.loads(path.read_text()).keys() == FIELDS
    path.write_text("{}")
    write_truth(ask("mdpzoo/RiverSwim-v0"), path)
    assert path.read_text() == "{}"


def test_a_reference_plays_the_episodes_of_the_evaluations():
    settings, build = {"num_nodes": 6}, lambda envs: mdpzoo.make_agent("farthest-insertion", envs, seed=0)
    returns = []
    for seed in (11, 12):
        envs = evaluation_envs("mdpzoo/TSP-v0", settings, seed, 4)
        agent = build(envs)
        envs.seed(seed)
        returns.append(evaluate(agent, envs, 4).returns)
    assert mean_return(build, "mdpzoo/TSP-v0", settings, [11, 12], 4) == pytest.approx(np.mean(returns))
