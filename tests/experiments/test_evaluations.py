"""Evaluations come at set steps, play the same episodes each time and leave the training alone."""

import csv
import random

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.experiments.evaluations import undisturbed
from mdpzoo.experiments.run import Run, evaluation_seed
from mdpzoo.experiments.training import train
from mdpzoo.loading import load_agent

RIVER = {"environment": "mdpzoo/RiverSwim-v0", "environment_settings": {"max_episode_steps": 9}, "num_envs": 2}


def lines(folder):
    with open(folder / "evaluations.csv", newline="") as file:
        return list(csv.DictReader(file))


def tensors(folder):
    return [value for part in load_agent(folder).get_parameters().values() for value in part.values()]


def test_a_run_is_evaluated_at_set_steps_and_at_its_end(tmp_path):
    run = Run(agent="q-learning", steps=70, evaluate_every=20, evaluation_episodes=3, **RIVER)
    trained = train(run, tmp_path)
    found = lines(tmp_path)
    assert [int(row["steps"]) for row in found] == [each for each in (20, 40, 60, 70) for _ in range(3)]
    assert [int(row["episode"]) for row in found] == [0, 1, 2] * 4
    assert all(int(row["length"]) == 9 for row in found)
    assert trained.final_return == pytest.approx(np.mean([float(row["return"]) for row in found[-3:]]))


def test_an_evaluation_on_the_way_tells_its_listener(tmp_path):
    told = []
    run = Run(agent="q-learning", steps=40, evaluate_every=20, **RIVER)
    train(run, tmp_path, on_evaluation=lambda *each: told.append(each))
    assert [steps for steps, _ in told] == [20, 40]
    assert run.evaluation_episodes == 10  # where only the interval is asked for


@pytest.mark.parametrize("agent", ["q-learning", "random", "ppo", "dqn"])
def test_what_is_learned_does_not_depend_on_evaluations(agent, tmp_path):
    settings = {"ppo": {"n_steps": 8, "batch_size": 16}, "dqn": {"learning_starts": 8}}.get(agent, {})
    run = {"agent": agent, "steps": 48, "seed": 5, "settings": settings, **RIVER}
    train(Run(**run), tmp_path / "without")
    train(Run(**run, evaluate_every=10), tmp_path / "with")
    pairs = zip(tensors(tmp_path / "without"), tensors(tmp_path / "with"), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs if isinstance(a, torch.Tensor))


def test_the_same_policy_returns_the_same_at_every_evaluation(tmp_path):
    settings = {"environment_settings": {"num_nodes": 6}, "environment": "mdpzoo/TSP-v0", "num_envs": 2}
    train(Run(agent="nearest-neighbour", steps=60, evaluate_every=30, **settings), tmp_path)
    found = [float(row["return"]) for row in lines(tmp_path)]
    assert found[:10] == found[10:]
    assert len(set(found[:10])) == 10  # ten instances


def test_seeds_have_evaluations_of_their_own():
    assert len({evaluation_seed(seed) for seed in range(1_000)}) == 1_000


def test_a_task_without_end_and_a_game_have_nothing_to_evaluate(tmp_path):
    run = Run(agent="q-learning", environment="mdpzoo/RandomMDP-v0", steps=40, evaluate_every=10)
    assert train(run, tmp_path).final_return is None
    assert not (tmp_path / "evaluations.csv").exists()


def test_what_is_played_undisturbed_leaves_no_trace():
    agent = mdpzoo.make_agent("random", mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2), seed=1)
    stream = agent.policy.stream.clone()
    with undisturbed(agent):
        agent.predict(np.zeros(2, np.int64))
        drawn = [np.random.random(), random.random(), torch.rand(1).item()]  # noqa: NPY002
    assert torch.equal(agent.policy.stream, stream)
    assert drawn == [np.random.random(), random.random(), torch.rand(1).item()]  # noqa: NPY002
