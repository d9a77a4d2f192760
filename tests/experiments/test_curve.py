"""The learning curve says how far a run has come and what its training episodes returned."""

import csv

from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train


def rows(folder):
    with open(folder / "progress.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_curve_has_a_line_for_each_hundredth_and_the_mean_return_of_the_episodes_in_between(tmp_path):
    train(Run(agent="q-learning", environment="mdpzoo/RiverSwim-v0", steps=4_000, num_envs=2), tmp_path)
    curve = rows(tmp_path)
    assert list(curve[0]) == ["steps", "seconds", "cpu_seconds", "episodes", "mean_return", "total_reward"]
    assert [int(row["steps"]) for row in curve] == list(range(40, 4_001, 40))
    assert sum(int(row["episodes"]) for row in curve) == 2 * (2_000 // 200)  # two environments, 200 steps an episode
    assert all((row["mean_return", "total_reward"] == "") == (row["episodes"] == "0") for row in curve)
    seconds = [float(row["seconds"]) for row in curve]
    assert seconds == sorted(seconds)


def test_a_resumed_run_continues_its_curve(tmp_path):
    asked = {"agent": "q-learning", "environment": "mdpzoo/RiverSwim-v0", "num_envs": 2}
    train(Run(**asked, steps=400), tmp_path)
    train(Run(**asked, steps=800), tmp_path, resume=True)
    assert [int(row["steps"]) for row in rows(tmp_path)] == [*range(4, 401, 4), *range(408, 801, 8)]


def test_a_rollout_fits_a_small_number_of_steps(tmp_path):
    trained = train(Run(agent="ppo", environment="mdpzoo/RiverSwim-v0", steps=1_000, num_envs=8), tmp_path)
    assert trained.steps == 1_024  # 16 minibatches of 64
    own = Run(agent="ppo", environment="mdpzoo/RiverSwim-v0", steps=10, num_envs=2, settings={"n_steps": 32})
    assert train(own, tmp_path / "own").steps == 64  # what is set is kept
