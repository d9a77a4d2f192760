"""The optimal reward per step is the mean of the segments' best gains, and the optimal agent earns it."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import PiecewiseMDP
from mdpzoo_nonstationary.environments import known_gains
from mdpzoo_nonstationary.environments.known_gains import segment_shares


def lever(low, high):
    """One state, two actions that pay so much."""
    return TabularMDP.from_arrays(np.ones((1, 2, 1)), [[float(low), float(high)]])


LEVERS = PiecewiseMDP((lever(0, 1), lever(2, 4)), [30], None)


@pytest.mark.parametrize(
    ("steps", "shares"),
    [
        (30, [1.0, 0.0]),  # the change comes right after the run
        (40, [0.75, 0.25]),
        (120, [0.25, 0.75]),
    ],
)
def test_each_segment_counts_by_its_length_within_the_run(steps, shares):
    assert segment_shares(LEVERS, steps).tolist() == shares


def test_models_that_come_again_are_added_up():
    again = PiecewiseMDP(LEVERS.models, [10, 20, 30], None)
    assert segment_shares(again, 40).tolist() == [0.5, 0.5]
    periodic = PiecewiseMDP(LEVERS.models, [10], None, period=20)
    assert segment_shares(periodic, 100).tolist() == [0.5, 0.5]


def test_the_gain_is_that_of_the_best_policy_in_each_segment(monkeypatch):
    monkeypatch.setattr(known_gains, "load", lambda code: lambda: LEVERS)
    found = known_gains.known_gain(rules="some:levers", steps=40)
    assert found.gain == pytest.approx(0.75 * 1 + 0.25 * 4)
    assert found.random == pytest.approx(0.75 * 0.5 + 0.25 * 3)


def test_a_time_limit_leaves_nothing_that_is_known():
    asked = {"environment": "mdpzoo/RiverSwimSwitch-v0", "seeds": [1], "episodes": 1, "steps": 1_000}
    assert find_truth(Question(settings={"max_episode_steps": 20}, **asked)) is None


def test_the_optimal_agent_earns_the_gain():
    asked = {"environment": "mdpzoo/RiverSwimSwitch-v0", "settings": {"length": 3, "changes": {"every": 2_000}}}
    found = find_truth(Question(seeds=[1], episodes=1, steps=20_000, **asked))
    envs = mdpzoo.make_sb3(asked["environment"], 1, **asked["settings"])
    earned = []
    mdpzoo.make_agent("optimal", envs, seed=0).learn(
        20_000, callback=lambda given, _: earned.append(float(given["rewards"][0])) or True
    )
    assert np.mean(earned) == pytest.approx(found.gain, abs=0.02)
    assert found.random < found.gain
