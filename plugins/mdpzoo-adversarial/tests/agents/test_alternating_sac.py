import json
import zipfile

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

import mdpzoo
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo_adversarial import AlternatingSAC
from mdpzoo_adversarial.agents.conditioned_policies import IdlePolicy

CART, LQ = "mdpzoo/AdversarialCartPole-v0", "mdpzoo/AdversarialLQ-v0"
OWN, OTHER = "protagonist", "adversary"
QUICK = {"learning_starts": 20, "batch_size": 16, "buffer_size": 2_000, "policy_kwargs": {"net_arch": [8]}}
SEEN = np.random.default_rng(0).normal(scale=0.1, size=(5, 4)).astype(np.float32)


def make(id="qarl", env=CART, **settings):
    return mdpzoo.make_agent(id, env, **{"seed": 0, "sac": QUICK, "episodes": 2, **settings})


def actions(agent, temperature=None):
    return {
        name: agent.policy_of(name, temperature).predict(SEEN, deterministic=True)[0].tolist() for name in agent.players
    }


@pytest.mark.parametrize("id", ["qarl", "rarl", "maximin", "unopposed-sac"])
def test_steps_of_both_players_are_counted(id):
    agent = make(id).learn(150)
    clocks = {name: player.model.num_timesteps for name, player in agent.players.items()}
    assert agent.num_timesteps == sum(clocks.values()) == 150
    assert clocks[OTHER] == 0 if id == "unopposed-sac" else min(clocks.values()) > 20
    assert agent.predict(SEEN)[0].shape == (5, 1)


@pytest.mark.parametrize("variant", ["gamma", "single", "homogeneous", "linear", "point", "force", "none"])
def test_every_variant_learns(variant):
    agent = make(variant=variant, teacher={"episodes_per_update": 4})
    before = actions(agent, 0.05)
    agent.learn(200)
    after = actions(agent, 0.05)
    assert before[OWN] != after[OWN]
    assert variant == "force" or before[OTHER] != after[OTHER]


def test_one_seed_one_agent():
    first, second, other = (make(seed=seed).learn(120) for seed in (3, 3, 4))
    assert actions(first) == actions(second) != actions(other)


def test_the_adversary_begins_and_turns_are_whole_episodes():
    agent = make(env=mdpzoo.make_parallel(LQ, max_cycles=5))
    agent.learn(14)
    assert (agent.turns.taken, agent.turns.learner, agent.turns.episodes_done) == (1, 0, 0)  # 2 episodes of 5, then 4
    clocks = [player.model.num_timesteps for player in agent.players.values()]
    assert clocks == [4, 10]
    agent.learn(6, reset_num_timesteps=False)
    assert (agent.turns.taken, agent.turns.learner) == (2, 1)
    assert len(agent.curriculum.pairs) == 4  # of both players' episodes


def test_both_players_observe_the_temperatures_of_the_plan():
    agent = make(env=mdpzoo.make_parallel(LQ, max_cycles=5))
    agent.learn(20)
    memory = agent.adversary.model.replay_buffer
    shown = memory.observations[:10, 0, -1]
    scale = agent.adversary.seat.scale
    temperatures = [each for each, _ in agent.curriculum.pairs[:2]]
    expected = np.repeat([scale.show(each) for each in temperatures], 5)
    np.testing.assert_allclose(shown, expected, rtol=1e-6)
    assert {each for each, _ in agent.curriculum.pairs[2:]} == set(temperatures)  # the protagonist's turn, same plan


def test_returns_are_discounted_and_the_protagonists():
    agent = make(env=mdpzoo.make_parallel(CART, max_cycles=5), sac={**QUICK, "gamma": 0.9})
    agent.learn(20)
    assert [each for _, each in agent.curriculum.pairs] == pytest.approx([1 + 0.9 + 0.81 + 0.729 + 0.6561] * 4)


def test_the_time_limit_is_no_end_of_the_game():
    agent = make(env=mdpzoo.make_parallel(CART, max_cycles=5))
    agent.learn(12)
    memory = agent.adversary.model.replay_buffer
    assert memory.dones[4, 0] == 1
    assert memory.timeouts[4, 0] == 1  # SB3 multiplies dones by 1 - timeouts


def test_the_two_seats_never_share_a_game():
    agent = make(env="mdpzoo/AdversarialInvertedPendulum-v0")
    games = [player.seat.env.unwrapped.game for player in agent.players.values()]
    assert games[0] is not games[1]
    assert games[0].env.data is not games[1].env.data
    agent.learn(60)
    assert agent.num_timesteps == 60


def test_evaluation_stays_at_a_temperature_of_the_training():
    agent = make(teacher={"episodes_per_update": 4, "threshold": 1e9}).learn(120)
    assert agent.curriculum.mean == 0.05  # frozen: the threshold is out of reach
    low, high = agent.curriculum.trained
    assert low <= agent.curriculum.evaluated <= high
    assert agent.policy_of(OWN).z == agent.protagonist.seat.scale.show(agent.curriculum.evaluated)
    moved = make(teacher={"episodes_per_update": 4}).learn(400)
    assert moved.curriculum.mean < 0.05
    scale = moved.protagonist.seat.scale
    z = moved.policy_of(OWN).z
    assert z == pytest.approx(scale.show(moved.curriculum.evaluated))
    memory = moved.protagonist.model.replay_buffer
    shown = memory.observations[: memory.size(), 0, -1]
    assert shown.min() - 1e-6 <= z <= shown.max() + 1e-6


def test_the_force_variant_uses_a_share_of_the_force():
    agent = make(variant="force", teacher={"threshold": 1e9}).learn(150)
    assert agent.policy_of(OTHER).share == pytest.approx(0.02)  # (0.051 - 0.05) / 0.05
    assert agent.adversary.seat.share == pytest.approx(0.02)
    assert agent.policy_of(OWN).share == 1.0


def test_self_play_meets_earlier_opponents():
    agent = make("maximin", env=mdpzoo.make_parallel(LQ, max_cycles=3), pool=4)
    agent.learn(200)
    assert len(agent._pools[OWN]) == len(agent._pools[OTHER]) == 4
    assert len({id(each) for each in agent._pools[OWN]}) == 4


def test_a_saved_agent_comes_back_and_goes_on(tmp_path):
    agent = make(teacher={"episodes_per_update": 4}).learn(300)
    agent.save(tmp_path / "agent.zip")
    again = mdpzoo.load_agent(tmp_path / "agent.zip")
    assert actions(again) == actions(agent)
    assert again.curriculum.state().tolist() == agent.curriculum.state().tolist()
    assert again.num_timesteps == 300
    assert [player.model.num_timesteps for player in again.players.values()] == [
        player.model.num_timesteps for player in agent.players.values()
    ]
    again.learn(60, reset_num_timesteps=False)
    assert again.num_timesteps == 360
    assert type(again).load(tmp_path / "agent.zip", CART).num_timesteps == 300


def test_optimisers_and_learned_temperatures_are_saved(tmp_path):
    agent = make("rarl").learn(200)
    agent.save(tmp_path / "agent.zip")
    again = mdpzoo.load_agent(tmp_path / "agent.zip")
    for name, player in agent.players.items():
        other = again.players[name].model
        learned = player.model.log_ent_coef.detach()
        assert other.log_ent_coef.item() == learned.item() != pytest.approx(np.log(0.005))
        mine, theirs = (each.actor.optimizer.state_dict()["state"] for each in (player.model, other))
        assert [float(each["step"]) for each in mine.values()] == [float(each["step"]) for each in theirs.values()]


def test_a_damaged_file_is_refused_in_one_sentence(tmp_path):
    agent = make().learn(50)
    agent.save(tmp_path / "agent.zip")
    with zipfile.ZipFile(tmp_path / "agent.zip") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    data = json.loads(parts["data"])
    data["mdpzoo"]["settings"]["variant"] = "nonsense"
    parts["data"] = json.dumps(data).encode()
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(CheckpointError, match="unknown variant 'nonsense'"):
        mdpzoo.load_agent(tmp_path / "bad.zip")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "agent.zip").read_bytes()[:2000])
    with pytest.raises(CheckpointError):
        mdpzoo.load_agent(tmp_path / "cut.zip")


def test_callbacks_see_the_agent_and_can_stop_it(tmp_path):
    class Counting(BaseCallback):
        calls = 0

        def _on_step(self):
            self.calls += 1
            assert self.model.num_timesteps == self.calls
            return self.calls < 30

    counting = Counting()
    agent = make().learn(500, callback=counting)
    assert agent.num_timesteps == counting.calls == 30
    game = mdpzoo.make_parallel(CART)
    idle = IdlePolicy(game.action_space(OTHER))
    evaluation = EvalCallback(Monitor(mdpzoo.seat(CART, OWN, idle, max_cycles=20)), eval_freq=40, n_eval_episodes=2)
    make().learn(100, callback=evaluation)
    assert np.isfinite(evaluation.last_mean_reward)
    assert evaluate_policy(agent.policy_of(OWN), Monitor(mdpzoo.seat(CART, OWN, idle, max_cycles=20)), 2)[0] > 0


def test_tensorboard_shows_temperature_returns_and_their_gap(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    make(tensorboard_log=str(tmp_path)).learn(250)
    events = EventAccumulator(str(next(tmp_path.iterdir())))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"curriculum/temperature", f"{OWN}/return", f"{OTHER}/return", "curriculum/exploitability_proxy"} <= tags
    assert f"{OTHER}/critic_loss" in tags


def test_a_run_of_the_command_line_can_be_resumed(tmp_path):
    settings = {"sac": QUICK, "episodes": 2}
    run = Run(agent="rarl", environment=CART, steps=100, settings=settings, environment_settings={"max_cycles": 20})
    train(run, tmp_path / "run")
    longer = Run(agent="rarl", environment=CART, steps=150, settings=settings, environment_settings={"max_cycles": 20})
    assert train(longer, tmp_path / "run", resume=True).steps == 150


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"variant": "gama"}, "Did you mean 'gamma'"),
        ({"episodes": 0}, "episodes must be at least 1, got 0"),
        ({"epsiodes": 3}, "Did you mean 'episodes'"),
        ({"pool": 1.5}, "must be an integer"),
        ({"policy": "CnnPolicy"}, "MlpPolicy"),
        ({"teacher": {"rate": -1.0}}, "rate must be"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(SettingError, match=words):
        make(**settings)


def test_games_that_sac_cannot_play_are_refused():
    with pytest.raises(SettingError, match="Box"):
        make(env="mdpzoo/MarkovSoccer-v0")
    with pytest.raises(SettingError, match="learns from a game"):
        make(env="CartPole-v1")
    with pytest.raises(SettingError, match="two players"):
        AlternatingSAC(env=None)
    with pytest.raises(SettingError, match="there are protagonist and adversary"):
        make().policy_of("advesary")
