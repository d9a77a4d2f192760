"""What SQIRL and GORP keep besides their file, so that a run resumes in the middle of an iteration."""

import numpy as np
import pytest
from gymnasium import spaces

import mdpzoo
from mdpzoo.errors import CheckpointError
from mdpzoo.experiments import exact_state
from mdpzoo.loading import load_agent
from mdpzoo_horizon.algorithms.episode_collection import Collection
from mdpzoo_horizon.algorithms.network_regressor import Network
from mdpzoo_horizon.algorithms.regressors import Ridge
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples
from mdpzoo_horizon.algorithms.shared_network import Replay
from mdpzoo_horizon.algorithms.timed_policy import StackOfValues


def lock(rows=2):
    return mdpzoo.make_sb3("mdpzoo/CombinationLock-v0", rows, horizon=3, max_episode_steps=3)


def resumed(agent, envs, folder):
    """The same agent as it comes out of its file and the state beside it."""
    agent.save(folder / "agent")
    found, fresh = load_agent(folder / "agent.zip", lock(envs.num_envs)), lock(envs.num_envs)
    found.set_env(fresh, force_reset=False)
    exact_state.restore(found, fresh, exact_state.capture(agent, envs))
    return found


@pytest.mark.parametrize(("id", "steps"), [("gorp", 11), ("gorp", 20), ("sqirl", 11), ("sqirl", 20)])
def test_an_agent_that_is_loaded_with_its_state_goes_on_in_the_same_episodes(id, steps, tmp_path):
    envs = lock()
    agent = mdpzoo.make_agent(id, envs, seed=1, episodes=4)
    agent.learn(steps)
    other = resumed(agent, envs, tmp_path)
    for each in (agent, other):
        each.learn(300, reset_num_timesteps=False)
    assert agent.num_timesteps == other.num_timesteps < 300  # the pass ends before
    assert agent.steps_of_episodes == other.steps_of_episodes
    assert agent.generator.bit_generator.state == other.generator.bit_generator.state


def test_an_agent_whose_only_pass_has_ended_takes_no_further_step_when_its_run_is_resumed(tmp_path):
    envs = lock()
    agent = mdpzoo.make_agent("gorp", envs, seed=1, episodes=4).learn(300)
    other = resumed(agent, envs, tmp_path)
    assert other.learn(300, reset_num_timesteps=False).num_timesteps == agent.num_timesteps
    assert other.learn(2, reset_num_timesteps=False).num_timesteps > agent.num_timesteps  # but when it is asked again


def test_episodes_of_another_shape_are_refused():
    saved = Collection(4, 2, 0, 1, 3, (), np.int64).state()
    with pytest.raises(
        CheckpointError, match=r"observations of the saved episodes has shape \(2, 4\), expected \(2, 5"
    ):
        Collection(5, 2, 0, 1, 3, (), np.int64).restore(saved)


@pytest.mark.parametrize("regressor", [Network(hidden=(7,), gradient_steps=20), Ridge()])
def test_values_that_were_saved_and_restored_are_equal_to_the_bit(regressor):
    generator, space = np.random.default_rng(0), spaces.Box(-1, 1, (3,), np.float32)
    seen = generator.uniform(-1, 1, (40, 3)).astype(np.float32)
    fitted = regressor.fit(Samples(seen, np.arange(40) % 2, generator.random(40)), space, 2, generator)
    stack, other = (StackOfValues(3, space, 2, regressor) for _ in range(2))
    stack.keep(1, fitted, generator)
    other.load_state_dict(stack.state_dict())
    assert np.array_equal(other._fitted(1).values(seen), fitted.values(seen))


def test_a_restored_replay_draws_the_same_steps():
    replay, other = Replay(2), Replay(2)
    replay._parts[1] = [(np.arange(3), np.arange(3)), (np.arange(5), np.arange(5))]
    replay._gather()
    other.restore(replay.state())
    drawn = [each.sample(6, np.random.default_rng(0)) for each in (replay, other)]
    assert np.array_equal(drawn[0], drawn[1])
