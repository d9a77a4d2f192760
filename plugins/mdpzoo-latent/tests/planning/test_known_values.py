"""The known optimum of an episode is the planner's value, and belief-optimal earns it."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.experiments.evaluation import evaluate
from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo_latent.planning.planner import plan


def known(environment, **settings):
    return find_truth(Question(environment, settings, seeds=[1], episodes=2, steps=10))


def test_the_optimum_is_the_planners_value_and_random_play_does_worse():
    found = known("mdpzoo/LatentSignpost-v0", horizon=4)
    model = mdpzoo.make("mdpzoo/LatentSignpost-v0", horizon=4).unwrapped.rules
    assert (found.criterion, found.exact, found.interval) == ("return", True, None)
    assert found.optimum == pytest.approx(plan(model).value)
    assert found.random < found.optimum == pytest.approx(found.high)


@pytest.mark.parametrize(("agent", "which"), [("belief-optimal", "optimum"), ("random", "random")])
def test_agents_earn_what_is_known_up_to_chance(agent, which):
    envs = mdpzoo.make_sb3("mdpzoo/LatentSignpost-v0", 16, horizon=4)
    player = mdpzoo.make_agent(agent, envs, seed=0)
    envs.seed(3)
    returns = evaluate(player, envs, 1_600).returns
    expected = getattr(known("mdpzoo/LatentSignpost-v0", horizon=4), which)
    assert abs(returns.mean() - expected) < 4 * max(np.std(returns) / 40, 1e-9)


def test_a_time_limit_is_a_horizon_and_of_a_pomdp_random_play_is_unknown():
    assert known("mdpzoo/Tiger-v0", max_episode_steps=2).optimum < known("mdpzoo/Tiger-v0", horizon=4).optimum
    assert known("mdpzoo/Tiger-v0", horizon=2).random is None
