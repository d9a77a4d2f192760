import json

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import configure
from stable_baselines3.common.monitor import Monitor

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.network import PathNetworkSettings

SMALL = PathNetworkSettings(width=32, layers=2, heads=2)
QUICK = ImitationSettings(tokens=64)
FORMS = ["direct", "bq"]


@pytest.fixture(scope="module")
def agent():
    return BQNCO(network=SMALL, imitation=QUICK, num_nodes=8, num_instances=20, seed=1)


def make(form, nodes=8):
    return mdpzoo.make("mdpzoo/TSP-v0", num_nodes=nodes, form=form)


def trained(env=None, **settings):
    return BQNCO("BQPolicy", env, network=SMALL, imitation=QUICK, num_nodes=8, num_instances=20, seed=1, **settings)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("deterministic", [True, False])
def test_every_action_is_legal_until_the_tour_is_whole(agent, form, deterministic):
    env = make(form)
    observation, _ = env.reset(seed=3)
    for step in range(7):
        action, state = agent.predict(observation, deterministic=deterministic)
        assert action.shape == ()
        assert state is None
        assert observation["action_mask"][action]
        observation, _, terminated, truncated, _ = env.step(action)
        assert (terminated or truncated) == (step == 6)


def test_both_forms_visit_the_same_nodes_for_the_same_reward(agent):
    direct, path = make("direct"), make("bq")
    seen, short = direct.reset(seed=5)[0], path.reset(seed=5)[0]
    for _ in range(7):
        node, token = int(agent.predict(seen)[0]), int(agent.predict(short)[0])
        np.testing.assert_array_equal(seen["coordinates"][node], short["coordinates"][token])
        (seen, one, *_), (short, two, *_) = direct.step(node), path.step(token)
        assert one == pytest.approx(two)


@pytest.mark.parametrize("form", FORMS)
def test_a_batch_of_observations_is_answered_row_by_row(agent, form):
    env = make(form)
    rows = []
    for seed, steps in ((1, 0), (2, 3), (3, 5)):  # rows with different numbers of nodes left
        observation = env.reset(seed=seed)[0]
        for _ in range(steps):
            observation = env.step(agent.predict(observation)[0])[0]
        rows.append({name: np.array(part) for name, part in observation.items()})
    batch = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    actions, _ = agent.predict(batch)
    assert actions.tolist() == [int(agent.predict(row)[0]) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_the_episode_returns_what_solving_the_instance_costs(agent, form):
    env = make(form)
    observation, _ = env.reset(seed=9)
    places = observation["coordinates"][:8].astype(np.float64)
    total, over = 0.0, False
    while not over:
        observation, reward, over, _, _ = env.step(agent.predict(observation)[0])
        total += float(reward)
    assert -total == pytest.approx(agent.solve(places[None], "greedy").objective[0], rel=1e-5)


def test_drawn_actions_come_from_the_agents_own_seeded_generator(agent):
    observation, _ = make("direct", 30).reset(seed=2)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    runs = []
    for _ in range(2):
        agent.set_random_seed(11)
        runs.append([int(agent.predict(observation, deterministic=False)[0]) for _ in range(20)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 1
    assert torch.equal(torch.get_rng_state(), before)


def test_an_observation_without_a_mask_is_named(agent):
    with pytest.raises(SettingError, match="action_mask"):
        agent.predict({"coordinates": np.zeros((4, 2), np.float32)})
    with pytest.raises(SettingError, match="dictionary"):
        agent.predict(np.zeros(4))


@pytest.mark.parametrize("form", FORMS)
def test_the_shipped_agent_is_evaluated_by_stable_baselines(form):
    agent = mdpzoo.load_agent("bq-nco")
    mean, _ = evaluate_policy(agent, Monitor(make(form, 20)), n_eval_episodes=5)
    # a random tour of 20 nodes is about 10.4 long, an optimal one about 3.8
    assert -4.8 < mean < -3.0


def test_many_environments_are_evaluated_at_once():
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 4, num_nodes=12, form="bq")
    mean, _ = evaluate_policy(mdpzoo.load_agent("bq-nco", envs), envs, n_eval_episodes=4, warn=False)
    assert mean > -5.0


def test_learning_without_an_environment_counts_decisions():
    agent = trained().learn(300)
    assert 300 <= agent.num_timesteps < 300 + 64 // 4
    assert agent.progress.decisions == agent.num_timesteps


def test_stable_baselines_callbacks_save_and_evaluate(tmp_path):
    env = Monitor(make("direct"))
    agent = trained(env)
    often = CheckpointCallback(save_freq=5, save_path=str(tmp_path / "often"))
    best = EvalCallback(
        agent.env, best_model_save_path=str(tmp_path / "best"), eval_freq=5, n_eval_episodes=2, verbose=0, warn=False
    )
    agent.learn(200, [often, best])
    assert BQNCO.load(next((tmp_path / "often").iterdir())).num_timesteps > 0
    assert BQNCO.load(tmp_path / "best" / "best_model", Monitor(make("direct"))).num_timesteps > 0


def test_the_logger_gets_loss_accuracy_and_rate(tmp_path):
    agent = trained()
    agent.set_logger(configure(str(tmp_path), ["json"]))
    agent.learn(300, log_interval=5).logger.close()
    rows = [json.loads(line) for line in (tmp_path / "progress.json").read_text().splitlines()]
    assert len(rows) >= 2
    assert {"train/loss", "train/accuracy", "train/learning_rate", "time/fps"} <= rows[0].keys()
    assert 0.0 <= rows[-1]["train/accuracy"] <= 1.0


def test_tensorboard_gets_a_run_folder(tmp_path):
    trained(tensorboard_log=str(tmp_path)).learn(100, tb_log_name="imitation")
    assert list((tmp_path / "imitation_1").iterdir())


@pytest.mark.filterwarnings("ignore:rich is experimental")  # which SB3 ignores too, when it is imported
def test_a_progress_bar_is_shown_with_and_without_an_environment():
    trained().learn(100, progress_bar=True)
    trained(make("bq")).learn(100, progress_bar=True)


def test_a_callback_stops_the_fit():
    calls = []

    def stop(locals_, globals_):
        calls.append(locals_["self"].num_timesteps)
        return len(calls) < 3

    agent = trained().learn(10_000, stop)
    assert len(calls) == 3
    assert agent.num_timesteps == calls[-1]


def test_the_zoo_builds_an_agent_from_plain_settings():
    agent = mdpzoo.make_agent("bq-nco", make("direct", 15), width=32, layers=1, heads=2, tokens=64, seed=3)
    assert agent.num_nodes == 15
    assert agent.policy.network.settings == PathNetworkSettings(32, 1, 2)


def test_the_network_trains_for_the_nodes_of_either_form():
    assert BQNCO(env=make("direct", 9), network=SMALL).num_nodes == 9
    assert BQNCO(env=make("bq", 9), network=SMALL).num_nodes == 9


@pytest.mark.parametrize("settings", [{"num_nodes": 4}, {"num_instances": 0}, {"num_nodes": 7.5}])
def test_an_impossible_setting_is_named(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        BQNCO(network=SMALL, **settings)
