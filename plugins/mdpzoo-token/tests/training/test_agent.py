"""The agent: its loop, its files, its strategies by name."""

import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import CheckpointError, SettingError, UnknownNameError
from mdpzoo_token.hooks.finding import make_strategy, strategies_by_name
from mdpzoo_token.rollouts.batches import group_advantages
from mdpzoo_token.rollouts.measuring import measure
from mdpzoo_token.training.agent import GRPOToken

SMALL = {
    "update": {"prompts": 8, "samples": 8, "minibatches": 2},
    "warm_start": {"steps": 3, "batch": 32},
    "network": {"width": 8, "hidden": 16},
}
STEP = 8 * 8 * 2  # tokens of an update
QUIET = {
    "kl-cov": {"percent": 30},
    "clip-cov": {"fraction": 0.2, "lower": 0.0},
    "lp-reg": {"rho": 0.5},
    "arbitrary-aepo": {"share": 0.5},
}


def agent(id="mdpzoo/SumTarget-v0", seed=0, **settings):
    small = {"length": 2, "turn_length": 1, "vocabulary": 11} if "Sum" in id else {}  # often right by chance
    return mdpzoo.make_agent("grpo-token", mdpzoo.make(id, **small), seed=seed, **{**SMALL, **settings})


def weights(one):
    return torch.cat([each.flatten() for each in one.policy.network.parameters()])


@pytest.mark.parametrize("name", list(strategies_by_name()))
def test_every_strategy_trains_and_moves_the_weights(name):
    one = agent(strategy=name, strategy_settings=QUIET.get(name, {}))
    one.warm_start()
    before = weights(one).clone()
    one.learn(2 * STEP)
    assert one.num_timesteps == 2 * STEP
    assert torch.isfinite(weights(one)).all()
    assert not torch.equal(before, weights(one))


def test_strategies_that_change_nothing_leave_the_run_as_grpos():
    runs = [
        weights(agent(strategy=name, strategy_settings=settings).learn(2 * STEP))
        for name, settings in (("none", {}), ("siren", {"beta": 0.0, "clip": [0.2, 0.2]}), ("bonus", {"c": 0.0}))
    ]
    assert torch.equal(runs[0], runs[1])
    assert torch.equal(runs[0], runs[2])


def test_kl_cov_with_one_minibatch_is_grpo_to_the_last_bit():
    update = {"prompts": 8, "samples": 8, "minibatches": 1}
    runs = [
        weights(agent(update=update, strategy=name, strategy_settings=settings).learn(6 * STEP))
        for name, settings in (("none", {}), ("kl-cov", {"percent": 50}))
    ]
    assert torch.equal(*runs)


def test_released_epo_is_the_bonus_to_the_last_bit():
    runs = [weights(agent(strategy=name, strategy_settings={"c": 0.05}).learn(4 * STEP)) for name in ("epo", "bonus")]
    assert torch.equal(*runs)


@pytest.mark.parametrize("name", ["none", "adaptive", "siren", "epo", "arbitrary-aepo"])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, name):
    settings = {"strategy": name, "strategy_settings": QUIET.get(name, {})}
    whole = agent(**settings).learn(5 * STEP)
    first = agent(**settings).learn(2 * STEP)
    first.save(tmp_path / "agent")
    resumed = mdpzoo.load_agent(tmp_path / "agent")
    assert resumed.num_timesteps == 2 * STEP
    resumed.learn(3 * STEP, reset_num_timesteps=False)
    assert torch.equal(weights(resumed), weights(whole))
    assert resumed.num_timesteps == whole.num_timesteps


def test_what_was_loaded_predicts_the_same(tmp_path):
    one = agent().learn(STEP)
    one.save(tmp_path / "agent.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["agent.safetensors"]
    loaded = mdpzoo.load_agent(tmp_path / "agent.safetensors")
    assert loaded.chosen == one.chosen
    seen = np.array(one.env.reset()[0])
    assert loaded.predict(seen, deterministic=True)[0] == one.predict(seen, deterministic=True)[0]


@pytest.mark.parametrize("damage", ["cut", "json", "shape", "finite", "code", "missing"])
def test_hostile_files_are_refused(tmp_path, damage):
    from safetensors import safe_open
    from safetensors.torch import save_file

    one = agent().learn(STEP)
    file = tmp_path / "agent.safetensors"
    one.save(file)
    with safe_open(file, "pt") as opened:
        note = dict(opened.metadata())
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    content = json.loads(note["grpo-token"])
    if damage == "json":
        note["grpo-token"] = "[1]"
    elif damage == "shape":
        tensors["network.head.bias"] = torch.zeros(3)
    elif damage == "finite":
        tensors["network.head.bias"] = torch.full_like(tensors["network.head.bias"], torch.nan)
    elif damage == "code":
        note["grpo-token"] = json.dumps(content | {"environment": {"id": "os:system", "settings": {}}})
    elif damage == "missing":
        tensors.pop("network.head.bias")
    save_file(tensors, file, note)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointError):
        GRPOToken.load(file)


def test_group_advantages_are_normalised_within_each_prompt():
    found = group_advantages(torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0, 1.0]), torch.tensor([0, 0, 0, 1, 1, 1]))
    # (1 - 1/3) over the standard deviation with n - 1, which is sqrt(1/3)
    assert found[:2].tolist() == pytest.approx([(2 / 3) / (1 / 3) ** 0.5, -(1 / 3) / (1 / 3) ** 0.5], abs=1e-4)
    assert found[3:].tolist() == [0, 0, 0]


def test_recurrent_prediction_is_that_of_the_whole_sequence():
    one = agent()
    env = mdpzoo.make("mdpzoo/SumTarget-v0", length=2, turn_length=1, vocabulary=11)
    seen, state, tokens, contexts = np.array(env.reset(seed=1)[0]), None, [], []
    for _ in range(2):
        contexts.append(seen[:2])
        action, state = one.predict(seen[None], state, np.array([state is None]), deterministic=True)
        tokens.append(int(action[0]))
        seen = np.array(env.step(action[0])[0])
    logits = one.policy.network(torch.tensor([tokens]), torch.tensor(np.array([contexts])))
    assert logits.argmax(-1)[0].tolist() == tokens


def test_branching_rollouts_write_whole_groups_and_share_prefixes():
    one = agent("mdpzoo/KeyDoor-v0", strategy="agentic-aepo")
    one.learn(1)
    report = one.reports[0]
    assert len(report.rewards) == 64
    from mdpzoo_token.rollouts.branching import BranchSettings, write_branching

    player = one.trainer.player
    prompts = one.task.prompts[:3].repeat_interleave(6, 0)
    groups = torch.arange(3).repeat_interleave(6)
    eager = write_branching(player, prompts, groups, BranchSettings(threshold=-1.0))  # every turn branches
    never = write_branching(player, prompts, groups, BranchSettings(threshold=99.0))
    for batch in (eager, never):
        assert torch.equal(batch.groups, groups)
        contexts, mask, rewards = one.task.replay(prompts, batch.tokens)
        assert torch.equal(contexts, batch.contexts)
        assert torch.equal(mask, batch.mask)
        assert torch.equal(rewards.float(), batch.rewards)
    starts = [
        len(torch.unique(each.tokens.view(3, 6, -1)[group, :, :6], dim=0))
        for each in (eager, never)
        for group in range(3)
    ]
    assert max(starts[:3]) <= 6
    assert min(starts[3:]) >= 5  # six independent starts of six tokens rarely agree
    copies = eager.tokens.view(3, 6, -1)[:, :, :2]
    assert all(len(torch.unique(rows, dim=0)) <= 3 for rows in copies)  # three roots, copied after the first turn


def test_measuring_counts_distinct_right_answers():
    one = agent()
    found = measure(one.task, one.policy.network, samples=8, prompts=5)
    assert 0 <= found.pass_at_1 <= found.pass_at_n <= 1
    assert found.distinct <= 8
    assert 0 < found.entropy <= np.log(11) + 1e-6


def test_defaults_that_select_nothing_are_warned_of():
    for name in ("kl-cov", "clip-cov", "lp-reg"):
        with pytest.warns(UserWarning, match=f"strategy '{name}' selects 1 token"):
            agent(strategy=name).learn(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agent(strategy="kl-cov", strategy_settings={"percent": 30}).learn(1)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"strategy": "sirene"}, UnknownNameError, "siren"),
        ({"strategy": "siren", "strategy_settings": {"betta": 1}}, SettingError, "beta"),
        ({"strategy_settings": {"c": 1}}, SettingError, "unknown setting 'c'"),
        ({"strategy": "bonus", "strategy_settings": {"c": "x"}}, SettingError, "must be a number"),
        ({"update": {"samples": 1}}, SettingError, "samples must be at least 2"),
        ({"update": {"sampels": 2}}, SettingError, "samples"),
        ({"warm_start": 3}, SettingError, "must be a mapping"),
        ({"unknown": 3}, SettingError, "unknown setting"),
    ],
)
def test_unknown_settings_are_named(settings, error, words):
    with pytest.raises(error, match=words):
        agent(**settings)


def test_other_environments_are_refused():
    with pytest.raises(SettingError, match="TokenTask"):
        GRPOToken(env=mdpzoo.make("mdpzoo/MaskedDenoise-v0"))


def test_ppo_of_sb3_learns_on_a_task_unchanged():
    from stable_baselines3 import PPO

    envs = mdpzoo.make_sb3("mdpzoo/SumTarget-v0", 4)
    assert PPO("MlpPolicy", envs, n_steps=12, batch_size=24, n_epochs=1, seed=0).learn(48).num_timesteps == 48


OUTSIDE = """
from mdpzoo_token.hooks.hookspecs import hookimpl
from mdpzoo_token.hooks.strategy_spec import StrategySpec

@hookimpl
def mdpzoo_token_strategies():
    return [StrategySpec(name="loud", build="outside_strategy:Loud", summary="doubles the loss")]
"""
STRATEGY = """
from dataclasses import dataclass
from mdpzoo_token import Strategy

@dataclass
class Loud(Strategy):
    factor: float = 2.0

    def token_loss(self, advantages, logp, old_logp, logits, batch):
        return self.factor * super().token_loss(advantages, logp, old_logp, logits, batch)
"""
RUN = """
import mdpzoo, json
agent = mdpzoo.make_agent("grpo-token", mdpzoo.make("mdpzoo/SumTarget-v0"), seed=0, strategy="loud",
                          strategy_settings={"factor": 3.0}, update={"prompts": 2, "samples": 2},
                          warm_start={"steps": 1, "batch": 8})
print(type(agent.learn(24).strategy).__module__, agent.num_timesteps)
"""


def test_a_plugin_outside_the_repository_brings_a_strategy_that_trains(tmp_path):
    folder = tmp_path / "outside-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[mdpzoo_token]\noutside = outside_plugin\n")
    (tmp_path / "outside_plugin.py").write_text(OUTSIDE)
    (tmp_path / "outside_strategy.py").write_text(STRATEGY)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["outside_strategy", "24"], done.stderr


def test_a_strategy_is_built_with_lists_as_tuples():
    assert make_strategy("clip-higher", {"clip": [0.1, 0.3]}).clip == (0.1, 0.3)
