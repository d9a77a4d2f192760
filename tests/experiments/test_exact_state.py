"""A run that was killed and resumed is equal to the bit to one that was not."""

import csv
import json

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback

import mdpzoo
from mdpzoo import registry
from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.subject import NotApplicable
from mdpzoo.errors import CheckpointError
from mdpzoo.experiments import exact_state
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo.loading import load_agent

TIMES = {"seconds", "cpu_seconds"}
RIVER = "mdpzoo/RiverSwim-v0"
TOKENS = {"update": {"prompts": 1, "samples": 2, "minibatches": 2}, "warm_start": {"steps": 2, "batch": 8}}
LINEAR = "mdpzoo/AdversarialLQ-v0"
SAC = {"learning_starts": 8, "batch_size": 4, "buffer_size": 20, "policy_kwargs": {"net_arch": [8]}}
GAME = {"sac": SAC, "episodes": 1, "teacher": {"episodes_per_update": 1}}
EXACT = [  # agent, environment, settings of both, environments
    ("q-learning", RIVER, {}, {"max_episode_steps": 7}, 3),
    ("optimal", RIVER, {}, {"max_episode_steps": 7}, 1),  # remembers how far each episode is
    ("ucrl2", "mdpzoo/RandomMDP-v0", {"explore": 0.1}, {"num_states": 5}, 1),
    ("ucrl2", "mdpzoo/CombinationLock-v0", {}, {"horizon": 3}, 1),  # episodes terminate: a step waits for the next
    ("oracle-restart", "mdpzoo/RiverSwimSwitch-v0", {}, {"changes": {"every": 9}}, 1),  # the clock outlives episodes
    ("random", "mdpzoo/TSP-v0", {}, {"num_nodes": 5}, 3),  # a policy with a stream of its own
    ("nearest-neighbour", "mdpzoo/TSP-v0", {}, {"num_nodes": 5, "form": "bq"}, 2),
    ("ppo", RIVER, {"n_steps": 8, "batch_size": 8}, {"max_episode_steps": 7}, 2),
    ("a2c", "mdpzoo/TSP-v0", {}, {"num_nodes": 5}, 2),
    ("recurrent-ppo", RIVER, {"n_steps": 8, "batch_size": 8}, {"max_episode_steps": 7}, 2),  # remembers
    ("l-ucrl", "mdpzoo/LatentRandom-v0", {}, {"reveal": "end"}, 2),  # episodes under way are counted when they end
    ("lmdp-posterior", "mdpzoo/LatentRandom-v0", {}, {"reveal": "end"}, 1),  # draws models
    ("farthest-insertion", "mdpzoo/TSP-v0", {}, {"num_nodes": 5}, 2),  # remembers its plan
    ("gorp", RIVER, {"lookahead": 2}, {"max_episode_steps": 5}, 3),  # episodes of an iteration under way
    ("gorp", RIVER, {"episodes": 6}, {"max_episode_steps": 2}, 2),  # the only pass ends before the run does
    ("sqirl", RIVER, {"lookahead": 2}, {"max_episode_steps": 5}, 3),  # and some that are used again
    ("sqirl", RIVER, {"regressor": "ridge"}, {"max_episode_steps": 5}, 1),
    ("sqirl", RIVER, {"regressor": "shared-network", "lookahead": 2}, {"max_episode_steps": 5}, 2),  # with its replay
    ("bq-nco", "mdpzoo/TSP-v0", {"num_instances": 8, "size": 6, "imitation": {"tokens": 8}}, {"num_nodes": 6}, 2),
    ("qarl", LINEAR, GAME, {"max_cycles": 5}, 1),  # games, replay memories and temperatures of both players
    ("maximin", LINEAR, GAME | {"pool": 3}, {"max_cycles": 5}, 1),  # and earlier opponents
    ("unopposed-sac", LINEAR, GAME, {"max_cycles": 5}, 1),
    ("grpo-token", "mdpzoo/SumTarget-v0", TOKENS, {}, 2),
]
ANEW = [
    ("dqn", RIVER, {"learning_starts": 8}, {"max_episode_steps": 7}, 2),  # its replay buffer is not kept
    ("q-learning", "FrozenLake-v1", {}, {}, 1),  # Gymnasium's environment keeps a state of its own
]
LOOSE = {
    *("dqn", "qr-dqn", "sac", "td3"),  # replay buffers
    *("meme", "mec-b", "rl-perfect-receiver"),  # coders on both sides of a seat, which no run can name
}


class Killed(BaseException):
    """As SIGKILL would, nothing handles it."""


class Watch(BaseCallback):
    """Notes the steps of a run, and kills it at one of them."""

    def __init__(self, last=None):
        super().__init__()
        self.last, self.steps = last, []

    def _on_step(self):
        self.steps.append(self.model.num_timesteps)
        if self.last is not None and self.steps[-1] >= self.last:
            raise Killed
        return True


def table(path):
    with open(path, newline="") as file:
        return [{name: value for name, value in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def traces(folder):
    """What a run leaves, without times."""
    result = json.loads((folder / "result.json").read_text())
    tensors = {
        f"{part}.{name}": value
        for part, values in load_agent(folder).get_parameters().items()
        if "optimizer" not in part
        for name, value in values.items()
        if name != "_extra_state"
    }
    kept = {name: value for name, value in result.items() if name not in TIMES}
    return kept, table(folder / "progress.csv"), table(folder / "evaluations.csv"), tensors


def assert_equal(first, second):
    assert first[:3] == second[:3]
    assert first[3].keys() == second[3].keys()
    assert all(torch.equal(first[3][name], second[3][name]) for name in first[3])


def asked(agent, environment, settings, environment_settings, num_envs):
    return Run(
        agent=agent,
        environment=environment,
        steps=60,
        seed=3,
        num_envs=num_envs,
        settings=settings,
        environment_settings=environment_settings,
        evaluation_episodes=2,
        evaluate_every=20,
    )


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
@pytest.mark.parametrize(("which", "how"), [(each, "exact") for each in EXACT] + [(each, "anew") for each in ANEW])
def test_a_run_that_is_killed_twice_ends_as_if_nothing_had_happened(which, how, tmp_path):
    run = asked(*which)
    if which[0] in ("ucrl2", "oracle-restart") and "Lock" not in which[1]:
        run = Run(**{**run.as_json(), "environment_settings": run.environment_settings | {"max_episode_steps": 6}})
    train(run, tmp_path / "whole")
    for step in (25, 45):
        with pytest.raises(Killed):
            train(
                run,
                tmp_path / "killed",
                resume=(tmp_path / "killed").exists(),
                exactly=True,
                keep_every=0.0,
                callback=Watch(step),
            )
        assert not (tmp_path / "killed" / "result.json").exists()
    watch = Watch()
    trained = train(run, tmp_path / "killed", resume=True, exactly=True, callback=watch)
    assert trained.resumed == ("exact" if how == "exact" else "")
    assert (watch.steps[0] > 20) == (how == "exact")  # it goes on where it was, or from the first step
    assert_equal(traces(tmp_path / "whole"), traces(tmp_path / "killed"))
    assert json.loads((tmp_path / "killed" / "result.json").read_text())["resumes"] == (
        "exact" if how == "exact" else "from the beginning"
    )


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
@pytest.mark.parametrize("id", registry.agents())
def test_an_agent_resumes_exactly_unless_it_keeps_what_no_file_holds(id):
    subject = AgentSubject(id, {})
    try:
        agent = subject.make(mdpzoo.make_parallel(LINEAR) if subject.of_games else subject.env())
    except NotApplicable as reason:  # such as a seat, which no id names
        pytest.skip(str(reason))
    assert exact_state.says_exact(agent) == (id not in LOOSE)


def test_a_kill_between_the_agent_and_its_state_begins_anew(tmp_path, monkeypatch):
    run = asked(*EXACT[0])
    train(run, tmp_path / "whole")
    written, write = [], exact_state.write_state

    def die(*arguments):
        written.append(1)
        if len(written) == 5:
            raise Killed
        write(*arguments)

    monkeypatch.setattr(exact_state, "write_state", die)
    with pytest.raises(Killed):
        train(run, tmp_path / "killed", keep_every=0.0)
    train(run, tmp_path / "killed", resume=True, exactly=True)
    assert_equal(traces(tmp_path / "whole"), traces(tmp_path / "killed"))


@pytest.mark.parametrize("content", [b"", b"PK", b"rubbish" * 100])
def test_a_damaged_state_is_no_state(content, tmp_path):
    run = asked(*EXACT[0])
    train(run, tmp_path / "whole")
    with pytest.raises(Killed):
        train(run, tmp_path / "killed", keep_every=0.0, callback=Watch(30))
    (tmp_path / "killed" / exact_state.FILE).write_bytes(content)
    train(run, tmp_path / "killed", resume=True, exactly=True)
    assert_equal(traces(tmp_path / "whole"), traces(tmp_path / "killed"))


def test_a_state_of_another_run_does_not_fit():
    envs, others = (mdpzoo.make_sb3(RIVER, rows, max_episode_steps=7) for rows in (2, 3))
    agent, other = (mdpzoo.make_agent("q-learning", each, seed=0).learn(12) for each in (envs, others))
    with pytest.raises(CheckpointError, match="state.npz does not fit its run: this is the state"):
        exact_state.restore(agent, envs, exact_state.capture(other, others))


def test_a_state_is_read_as_it_was_written_and_holds_no_pickle(tmp_path):
    (tmp_path / "agent.zip").write_text("an agent")
    state = {"a": np.arange(3), "b": [(1, None), {"c": 2**100}], "d": np.float32(0.5), "e": "text"}
    exact_state.write_state(tmp_path, tmp_path / "agent.zip", state)
    found = exact_state.read_state(tmp_path, tmp_path / "agent.zip")
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"] == [(1, None), {"c": 2**100}]
    assert (found["d"], found["d"].dtype, found["e"]) == (0.5, np.float32, "text")
    with np.load(tmp_path / exact_state.FILE, allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
