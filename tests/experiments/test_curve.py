"""The learning curve says how far a run has come and what its training episodes returned."""

import csv

import pytest

from mdpzoo.experiments.curve import drop_after
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
    assert all((row["mean_return"] == "") == (row["episodes"] == "0") for row in curve)
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


def test_the_total_reward_is_the_sum_of_all_rewards_and_goes_on_after_a_resume(tmp_path):
    asked, earned = {"agent": "q-learning", "environment": "mdpzoo/RiverSwim-v0", "num_envs": 2}, []

    def note(given, _):
        earned.append(float(given["rewards"].sum(dtype=float)))
        return True

    train(Run(**asked, steps=200), tmp_path, callback=note)
    train(Run(**asked, steps=400), tmp_path, resume=True, callback=note)
    assert len(earned) == 200
    totals = {int(row["steps"]): float(row["total_reward"]) for row in rows(tmp_path)}
    assert totals[200] == pytest.approx(sum(earned[:100]))
    assert totals[400] == pytest.approx(sum(earned))


def test_lines_beyond_a_checkpoint_and_lines_cut_short_are_dropped(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text("steps,x\n10,a\n20,b\n30,c\nrubbish\n40")
    drop_after(path, 20)
    assert path.read_text() == "steps,x\n10,a\n20,b\n"
    drop_after(tmp_path / "nothing", 20)
