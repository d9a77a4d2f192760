"""An environment in the form of rules."""

import gymnasium
import numpy as np

from mdpzoo.interop.shells.shell import Stream
from mdpzoo_coding.games.simulators import Simulator


def test_the_stream_seeds_the_environment():
    first, second = Simulator(gymnasium.make("CartPole-v1")), Simulator(gymnasium.make("CartPole-v1"))
    stream = Stream(0)
    number = stream.draw()
    assert (first.initial(lambda: number) == second.initial(lambda: number)).all()
    assert (first.initial(lambda: 0.25) != second.initial(lambda: 0.75)).any()


def test_a_step_is_the_environments_and_truncation_ends():
    rules, env = Simulator(gymnasium.make("CartPole-v1", max_episode_steps=2)), gymnasium.make("CartPole-v1")
    state = rules.initial(lambda: 0.5)
    assert (env.reset(seed=2**30)[0] == state).all()
    after, reward, ended = rules.step(state, 1, lambda: 0.5)
    expected, paid, *_ = env.step(1)
    assert (rules.observe(after) == expected).all()
    assert (reward, ended) == (paid, False)
    assert rules.step(after, 0, lambda: 0.5)[2]
    assert np.shape(rules.observe(after)) == (4,)
