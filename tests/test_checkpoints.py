"""Saved agents: they come back as they were, and a hostile file runs nothing."""

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo import checkpoints
from mdpzoo.errors import CheckpointError, UnknownNameError

SMALL = {"n_steps": 16, "batch_size": 16, "n_epochs": 1}
OFF_POLICY = {"buffer_size": 500, "learning_starts": 8, "batch_size": 8}
TSP, RIVER, PENDULUM = "mdpzoo/TSP-v0", "mdpzoo/RiverSwim-v0", "Pendulum-v1"

AGENTS = [
    ("ppo", TSP, SMALL),
    ("maskable-ppo", TSP, SMALL),
    ("a2c", TSP, {"n_steps": 8}),
    ("trpo", TSP, {"n_steps": 16, "batch_size": 16}),
    ("random", TSP, {}),
    ("nearest-neighbour", TSP, {}),
    ("q-learning", RIVER, {}),
    ("dqn", RIVER, OFF_POLICY),
    ("qr-dqn", RIVER, OFF_POLICY),
    ("recurrent-ppo", RIVER, SMALL),
    ("sac", PENDULUM, OFF_POLICY),
    ("td3", PENDULUM, OFF_POLICY),
]


def small(id):
    return {"num_nodes": 6} if id == TSP else {}


@pytest.mark.parametrize(("id", "environment", "settings"), AGENTS)
def test_a_loaded_agent_predicts_equally_and_goes_on(id, environment, settings, tmp_path):
    envs = mdpzoo.make_sb3(environment, 2, **small(environment))
    agent = mdpzoo.make_agent(id, envs, seed=1, **settings).learn(64)
    agent.save(tmp_path / "agent.zip")
    again = mdpzoo.load_agent(tmp_path / "agent.zip", mdpzoo.make_sb3(environment, 2, **small(environment)))
    observations = envs.reset()
    for _ in range(3):  # the random agent's stream goes on, too
        np.testing.assert_array_equal(
            agent.predict(observations, deterministic=True)[0], again.predict(observations, deterministic=True)[0]
        )
    assert again.num_timesteps == agent.num_timesteps == 64
    again.learn(32, reset_num_timesteps=False)
    assert again.num_timesteps == 96


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of an agent with a temperature of its own."""
    path = tmp_path_factory.mktemp("saved") / "agent.zip"
    mdpzoo.make_agent("sac", PENDULUM, seed=0, **OFF_POLICY).learn(24).save(path)
    return path.read_bytes()


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_note(content, **changes):
    parts = members(content)
    data = json.loads(parts["data"])
    data["mdpzoo"] |= changes
    return packed(parts | {"data": json.dumps(data)})


def refusal(path):
    with pytest.raises(CheckpointError) as refused:
        mdpzoo.load_agent(path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


def test_the_environment_and_its_settings_come_back(tmp_path):
    agent = mdpzoo.make_agent("ppo", mdpzoo.make(TSP, num_nodes=7, max_episode_steps=5), **SMALL)
    agent.save(tmp_path / "agent.zip")
    env = mdpzoo.load_agent(tmp_path / "agent.zip").get_env().envs[0]
    assert env.action_space.n == 7
    assert env.spec.max_episode_steps == 5


def test_an_environment_that_json_cannot_hold_is_asked_for(tmp_path):
    envs = mdpzoo.make_sb3(RIVER, 1, swim=np.array([0.05, 0.6, 0.35]))
    mdpzoo.make_agent("q-learning", envs).save(tmp_path / "agent.zip")
    assert "pass env=" in refusal(tmp_path / "agent.zip")
    assert mdpzoo.load_agent(tmp_path / "agent.zip", RIVER).policy.table.shape == (6, 2)


class Mark:
    """A pickle that leaves a file behind when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_the_trap_of_the_next_test_works(tmp_path):
    pickle.loads(pickle.dumps(Mark(tmp_path / "ran")))  # noqa: S301
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("where", ["data", "policy.pth", "actor.optimizer.pth", "pytorch_variables.pth", "legacy"])
def test_nothing_is_unpickled(where, saved, tmp_path):
    import base64

    trap, parts = Mark(tmp_path / "ran"), members(saved)
    if where == "data":
        data = json.loads(parts["data"])
        data["policy_kwargs"] = {":type:": "x", ":serialized:": base64.b64encode(pickle.dumps(trap)).decode()}
        data["lr_schedule"] = data["policy_kwargs"]
        parts["data"] = json.dumps(data)
    elif where == "legacy":  # torch's format before it was a zip: a bare pickle
        parts["policy.pth"] = pickle.dumps(trap)
    else:
        file = io.BytesIO()
        torch.save({"x": trap}, file)
        parts[where] = file.getvalue()
    (tmp_path / "agent.zip").write_bytes(packed(parts))
    if where == "data":
        assert mdpzoo.load_agent(tmp_path / "agent.zip").num_timesteps == 24
    else:
        refusal(tmp_path / "agent.zip")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"id": RIVER, "settings": {"rules": "os:mkdir", "path": "ran"}},  # what builds the rules is code
        {"id": "trap:CartPole-v1", "settings": {}},  # Gymnasium would import the module
    ],
)
def test_a_file_cannot_name_code_to_run(environment, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "trap.py").write_text("import os; os.mkdir('ran')")
    (tmp_path / "agent.zip").write_bytes(with_note(saved, environment=environment))
    assert "names code" in refusal(tmp_path / "agent.zip")
    assert not (tmp_path / "ran").exists()


def lying_sizes(content):
    """Says in the central directory that every member has 2^31 bytes."""
    changed, at = bytearray(content), 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        changed[at + 24 : at + 28] = struct.pack("<I", 2**31)
        at += 4
    return bytes(changed)


def wrong_shape(content):
    parts = members(content)
    state = torch.load(io.BytesIO(parts["policy.pth"]), weights_only=True)
    name = next(iter(state))
    return packed(parts | {"policy.pth": dumped({**state, name: state[name][:1]})})


def wrong_moment(content):
    parts = members(content)
    state = torch.load(io.BytesIO(parts["actor.optimizer.pth"]), weights_only=True)
    state["state"][0]["exp_avg"] = torch.zeros(3)
    return packed(parts | {"actor.optimizer.pth": dumped(state)})


def dumped(state):
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


HOSTILE = {
    "cut in the middle": lambda c: c[: len(c) // 2],
    "cut at the end": lambda c: c[:-10],
    "only the first bytes": lambda c: c[:4],
    "sizes that lie": lying_sizes,
    "no data": lambda c: packed({k: v for k, v in members(c).items() if k != "data"}),
    "no policy": lambda c: packed({k: v for k, v in members(c).items() if k != "policy.pth"}),
    "no temperature": lambda c: packed({k: v for k, v in members(c).items() if k != "pytorch_variables.pth"}),
    "a stranger's tensors": lambda c: packed(members(c) | {"stranger.pth": members(c)["policy.pth"]}),
    "data is not JSON": lambda c: packed(members(c) | {"data": "}{"}),
    "data is not text": lambda c: packed(members(c) | {"data": b"\xff\xfe\x00"}),
    "data is a list": lambda c: packed(members(c) | {"data": "[]"}),
    "data is deep": lambda c: packed(members(c) | {"data": "[" * 200_000}),
    "another shape": wrong_shape,
    "another shape in the optimiser": wrong_moment,
    "tensors that are noise": lambda c: packed(members(c) | {"policy.pth": b"noise" * 100}),
    "no such agent": lambda c: with_note(c, agent="nobody"),
    "the agent is a list": lambda c: with_note(c, agent=[1]),
    "no such setting": lambda c: with_note(c, settings={"learning_rat": 1}),
    "a setting of another type": lambda c: with_note(c, settings={"gamma": "x"}),
    "a setting that is the environment": lambda c: with_note(c, settings={"env": None, "id": 3}),
    "settings are a list": lambda c: with_note(c, settings=[]),
    "no such environment": lambda c: with_note(c, environment={"id": "nobody/Nothing-v0", "settings": {}}),
    "no environment": lambda c: with_note(c, environment=None),
    "another agent's tensors": lambda c: with_note(c, agent="td3"),
}


@pytest.mark.parametrize("how", sorted(HOSTILE))
def test_a_hostile_file_is_refused_in_one_sentence(how, saved, tmp_path):
    (tmp_path / "agent.zip").write_bytes(HOSTILE[how](saved))
    assert "agent.zip" in refusal(tmp_path / "agent.zip")


@pytest.mark.parametrize("inside", [False, True])
def test_a_zip_bomb_does_not_unfold(inside, saved, tmp_path):
    bomb = packed({"data": bytes(300_000_000)}, zipfile.ZIP_DEFLATED)
    (tmp_path / "agent.zip").write_bytes(packed(members(saved) | {"policy.pth": bomb}) if inside else bomb)
    del bomb
    tracemalloc.start()
    assert "compressed" in refusal(tmp_path / "agent.zip")
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_an_agent_that_the_zoo_has_not_made_says_so(tmp_path):
    from stable_baselines3 import PPO

    PPO("MlpPolicy", "CartPole-v1").save(tmp_path / "agent.zip")
    assert "does not say how its agent was made" in refusal(tmp_path / "agent.zip")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "neither a safetensors file nor SB3's zip"),  # nothing at all
        (b"\xff" * 64, "header does not fit"),  # a header of 2^64 bytes
        (struct.pack("<Q", 4) + b"[1] ", "is no object"),
        (struct.pack("<Q", 50_000) + b"[" * 50_000, "neither"),  # deep
        (struct.pack("<Q", 2) + b"{}", "names no agent"),
        (struct.pack("<Q", 34) + b'{"__metadata__": {"agent": "ppo"}}', "names no agent that can read it"),
    ],
)
def test_a_file_that_is_no_agent_is_refused(content, sentence, tmp_path):
    (tmp_path / "agent.safetensors").write_bytes(content)
    assert sentence in refusal(tmp_path / "agent.safetensors")


def test_what_is_not_there_is_named(tmp_path):
    assert "holds no agent" in refusal(tmp_path)
    assert "is not pretrained" in refusal("ppo")
    with pytest.raises(UnknownNameError, match="unknown saved agent 'nowhere'"):
        mdpzoo.load_agent("nowhere")


def test_the_note_holds_json_only():
    agent = checkpoints.tag(type("Agent", (), {})(), "x", {"callback": len}, mdpzoo.make(RIVER))
    assert agent.mdpzoo == {"agent": "x", "environment": {"id": RIVER, "settings": {}}}


@pytest.mark.parametrize("id", ["q-learning", "bq-nco"])  # SB3's zip, and a format of an agent's own
def test_the_name_given_to_save_is_the_name_to_load(tmp_path, id):
    env = mdpzoo.make(RIVER) if id == "q-learning" else mdpzoo.make(TSP, num_nodes=6)
    mdpzoo.make_agent(id, env, seed=0).save(str(tmp_path / "mine"))
    assert mdpzoo.load_agent(tmp_path / "mine", env).mdpzoo["agent"] == id
