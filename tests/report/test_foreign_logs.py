"""What Stable-Baselines3, RL Baselines3 Zoo and TensorBoard write."""

import json
from pathlib import Path

import numpy as np
import pytest

from mdpzoo.report import read_results
from mdpzoo.report.reading import event_files
from mdpzoo.report.reading.sb3_logs import names_of, windowed

ZOO_ARGUMENTS = """!!python/object/apply:collections.OrderedDict
- - - algo
    - ppo
  - - env
    - CartPole-v1
  - - seed
    - 42
"""


def monitor(path, env_id, lengths, returns, start=0.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "#" + json.dumps({"t_start": start, "env_id": env_id})
    rows = [f"{earned},{length},{t}" for t, (earned, length) in enumerate(zip(returns, lengths, strict=True), 1)]
    path.write_text("\n".join([head, "r,l,t", *rows, ""]))


def test_monitors_of_several_environments_are_merged_in_the_order_of_their_ends(tmp_path):
    monitor(tmp_path / "ppo_1" / "0.monitor.csv", "CartPole-v1", [10, 10], [1.0, 3.0])
    monitor(tmp_path / "ppo_1" / "1.monitor.csv", "CartPole-v1", [5], [2.0], start=0.5)
    (run,) = read_results([tmp_path]).runs
    assert (run.agent, run.environment, run.seed, run.source) == ("ppo", "CartPole-v1", 1, "sb3")
    assert run.training.values.tolist() == [1.0, 2.0, 3.0]  # they ended at 1, 1.5 and 2 seconds
    assert run.training.steps.tolist() == [10, 15, 25]


def test_evaluations_of_sb3_are_read_without_unpickling(tmp_path):
    (tmp_path / "dqn_2").mkdir()
    results = np.array([[1.0, 2.0], [3.0, 5.0]])
    lengths = np.full((2, 2), 7)
    np.savez(tmp_path / "dqn_2" / "evaluations.npz", timesteps=[100, 200], results=results, ep_lengths=lengths)
    (run,) = read_results([tmp_path]).runs
    assert run.score() == 4.0
    assert run.learning_curve().values.tolist() == [1.5, 4.0]
    assert run.evaluations.lengths.tolist() == [7] * 4


def test_an_archive_with_objects_is_noted_and_not_unpickled(tmp_path):
    (tmp_path / "dqn_2").mkdir()
    evil = np.array([{"a": 1}, None], dtype=object)
    np.savez(tmp_path / "dqn_2" / "evaluations.npz", timesteps=[1, 2], results=evil)
    monitor(tmp_path / "dqn_2" / "monitor.csv", "CartPole-v1", [5, 5], [1.0, 2.0])
    found = read_results([tmp_path])
    assert any("never unpickled" in note for note in found.notes)
    assert found.runs[0].training.values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("shape", [(3, 2), (2,), (0, 0)])
def test_evaluations_of_wrong_shapes_are_noted(tmp_path, shape):
    (tmp_path / "dqn_2").mkdir()
    np.savez(tmp_path / "dqn_2" / "evaluations.npz", timesteps=[1, 2], results=np.zeros(shape))
    monitor(tmp_path / "dqn_2" / "monitor.csv", "CartPole-v1", [5], [1.0])
    assert "shapes" in read_results([tmp_path]).notes[0]


def test_a_real_monitor_and_evaluation_callback_of_sb3_are_read(tmp_path):
    """The files are written by SB3 itself, a short run of PPO."""
    sb3 = pytest.importorskip("stable_baselines3", reason="the extra sb3 writes the logs")
    import gymnasium
    from stable_baselines3.common.callbacks import EvalCallback
    from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat
    from stable_baselines3.common.monitor import Monitor

    folder = tmp_path / "ppo" / "CartPole-v1_3"
    folder.mkdir(parents=True)
    env = Monitor(gymnasium.make("CartPole-v1"), str(folder / "0"))
    callback = EvalCallback(Monitor(gymnasium.make("CartPole-v1")), log_path=str(folder), eval_freq=64, verbose=0)
    model = sb3.PPO("MlpPolicy", env, n_steps=64, batch_size=64, n_epochs=1, seed=0)
    pytest.importorskip("tensorboard", reason="writes event files")
    logger = Logger(None, [TensorBoardOutputFormat(str(tmp_path / "tb" / "PPO_1"))])
    model.set_logger(logger)
    model.learn(256, callback=callback)
    logger.close()
    for made in (model.get_env(), callback.eval_env):
        made.close()
    found = read_results([tmp_path])
    zoo = next(run for run in found.runs if run.source == "sb3")
    assert (zoo.agent, zoo.environment, zoo.seed) == ("ppo", "CartPole-v1", 3)
    assert zoo.evaluations.steps.max() == 256
    board = next(run for run in found.runs if run.source == "tensorboard")
    assert (board.agent, board.seed) == ("PPO", 1)
    last = zoo.evaluations.returns[zoo.evaluations.steps == 256].mean()
    assert board.score() == pytest.approx(last)


def test_a_folder_of_rl_zoo_has_the_seed_of_its_arguments(tmp_path):
    home = tmp_path / "ppo" / "CartPole-v1_1"
    monitor(home / "0.monitor.csv", "CartPole-v1", [5], [1.0])
    (home / "CartPole-v1").mkdir()
    (home / "CartPole-v1" / "args.yml").write_text(ZOO_ARGUMENTS)
    (home / "CartPole-v1" / "vecnormalize.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    (run,) = read_results([tmp_path]).runs
    assert (run.agent, run.environment, run.seed, run.source) == ("ppo", "CartPole-v1", 42, "rl-zoo3")


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("ppo/CartPole-v1_2", ("ppo", "CartPole-v1", 2)),
        ("PPO_1", ("PPO", "", 1)),
        ("CartPole-v1/dqn/seed-3", ("dqn", "CartPole-v1", 3)),
        ("CartPole/dqn/3", ("dqn", "CartPole", 3)),
        ("dqn", ("dqn", "", 0)),
        ("a2c/seed_7", ("a2c", "", 7)),
    ],
)
def test_names_are_guessed_from_folders(shown, names):
    assert names_of(Path("/anywhere") / shown, shown) == names


def test_many_episodes_become_windows_whose_weighted_mean_is_theirs():
    values = np.random.default_rng(0).normal(size=5_000)
    curve = windowed(np.arange(1, 5_001) * 3.0, values, 100)
    assert len(curve) == 100
    assert curve.values.mean() == pytest.approx(values.mean())  # windows of 50 episodes each
    assert (np.diff(curve.steps) > 0).all()


def test_event_files_without_tensorboard_are_noted(tmp_path, monkeypatch):
    (tmp_path / "PPO_1").mkdir()
    (tmp_path / "PPO_1" / "events.out.tfevents.1.host").write_bytes(b"")
    monitor(tmp_path / "dqn_1" / "monitor.csv", "CartPole-v1", [5], [1.0])
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.backend.event_processing.event_accumulator", None)
    assert "pip install tensorboard" in read_results([tmp_path]).notes[0]


def test_damaged_event_files_are_noted(tmp_path):
    pytest.importorskip("tensorboard", reason="reads event files")
    notes = []
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"\xff" * 1000)
    names = frozenset({"events.out.tfevents.1.host"})
    assert event_files.read_log(tmp_path, "PPO_1", names, notes) is None
    assert len(notes) == 1
